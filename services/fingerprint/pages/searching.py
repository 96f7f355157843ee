"""`/staff/results/search`: answers by number, Educator ID or day of receipt. Each search is a row in the trail."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint.actions import checks, people, searching
from services.fingerprint.actions.ledger import Wanted
from services.fingerprint.actions.searching import Hit, Hits, Sought
from services.fingerprint.pages import filters
from services.fingerprint.pages.filters import STAFF
from services.fingerprint.rules.check import Standing, State
from services.fingerprint.vault import vault_of
from shared import educator_id as educator_ids
from shared import ssn
from shared.events import Bureau
from shared.policy import purposes, today
from shared.text import Text, text
from shared.web import Page, reads

router = APIRouter()
Shown = Annotated[Page, Depends(reads(*STAFF), scope="function")]

PLACES: Final[Mapping[str, Text]] = {
    "matched": text("Matched"),
    "waiting": text("Waits for its educator's profile"),
    "unmatched": text("Unmatched"),
    "set_aside": text("Set aside"),
    "kept": text("Kept"),
}
TAGS: Final[Mapping[str, str]] = {
    "matched": "done",
    "waiting": "waiting",
    "unmatched": "act",
    "set_aside": "ended",
    "kept": "ended",
}
_FIELDS: Final = ("q", "since", "until")
_WHAT: Final = text("Search by the answer's or the submission's number (TCN), or by Educator ID.")
_NEVER: Final = text("Search by number (TCN) or Educator ID; never by Social Security Number.")
_WAITS_FOR: Final[Mapping[Bureau | None, Text]] = {
    Bureau.FBI: text("The FBI answers next"),
    Bureau.STATE: text("The state answers next"),
    None: text("One answer is in"),
}


@router.get("/staff/results/search")
async def show(page: Shown) -> Response:
    """The search, and what it found."""
    asked = page.request.query_params
    errors: dict[str, Text] = {}
    sought = _sought(asked, errors)
    found, standings, name, destroyed = Hits((), more=False), list[tuple[str, Standing]](), "", False
    if sought is not None:
        found = await searching.search(page.db, vault_of(page.service.keys), sought)
        if sought.educator_id:
            standings = await checks.standings(page.db, sought.educator_id)
            destroyed = await searching.is_destroyed(page.db, sought.educator_id)
            name = (await people.shown_names(page.db, [sought.educator_id])).get(sought.educator_id, "")
        subject = f"educator:{sought.educator_id}" if sought.educator_id else "results"
        kept = {field: asked[field] for field in _FIELDS if asked.get(field)}
        await searching.searched(page.db, subject, kept, len(found.rows), page.me)
    titles = {code: text(title) for code, title in purposes(today()).items()}
    return page.render(
        "results_search.html",
        status=422 if errors else 200,
        errors=errors,
        form=filters.typed(asked, _FIELDS),
        asked=sought is not None,
        sought=sought,
        found=found.rows,
        more=_more(asked, found),
        first=not asked.get("below"),
        query=filters.query(asked, _FIELDS),
        name=name,
        destroyed=destroyed,
        shown_id=educator_ids.shown(sought.educator_id) if sought and sought.educator_id else "",
        standings=[(code, titles.get(code, text(code)), *said(one)) for code, one in standings],
        places=PLACES,
        tags=TAGS,
        titles=titles,
        longest=searching.LONGEST_NUMBER,
    )


def said(standing: Standing) -> tuple[str, Text]:
    """A standing as staff see it: the kind of its tag, and the words, as neutral as the educator's own page."""
    match standing.state:
        case State.CLEARED if standing.cleared_on and standing.valid_until:
            return "done", text(
                "Cleared on {day}, valid until {until}", day=standing.cleared_on, until=standing.valid_until
            )
        case State.BEING_CHECKED:
            return "waiting", text("Being checked since {day}", day=standing.since)
        case State.ONE_IN:
            return "waiting", _WAITS_FOR[standing.waits_for]
        case State.ACT:
            return "act", text("New fingerprints are needed since {day}", day=standing.since)
        case State.BY_NAME:
            return "waiting", text("Checked by name since {day}", day=standing.since)
        case State.EXPIRED:
            return "ended", text("No longer valid since {day}", day=standing.since)
        case _:
            return "ended", text("Nothing has come yet")


def _sought(asked: Mapping[str, str], errors: dict[str, Text]) -> Sought | None:
    """What is asked for; None where nothing is, or what cannot be searched for."""
    words = " ".join(asked.get("q", "").split())
    since, until = filters.day(asked, "since", errors), filters.day(asked, "until", errors)
    if since and until and since > until:
        errors["until"] = text("The last day lies before the first. Correct one of them.")
    educator_id = educator_ids.parse(words)
    if educator_id is None and ssn.stands_in(words):
        errors["q"] = _NEVER
    elif len(words) > searching.LONGEST_NUMBER or not words.isprintable():
        errors["q"] = _WHAT
    if errors or not (words or since or until):
        return None
    before = _cursor(asked.get("below", "")) or Sought().before
    if words:
        return Sought(number="" if educator_id else words, educator_id=educator_id or "", before=before)
    days = Wanted(since=since or until, until=until or since)
    return Sought(begins=days.begins, ends=days.ends, before=before)


def _more(asked: Mapping[str, str], found: Hits) -> str:
    """The address of the next page."""
    if not found.more:
        return ""
    last: Hit = found.rows[-1]
    values: dict[str, Any] = {field: asked[field] for field in _FIELDS if asked.get(field)}
    return "/staff/results/search?" + urlencode({**values, "below": f"{last.received_at.isoformat()}~{last.id}"})


def _cursor(written: str) -> tuple[datetime, UUID] | None:
    at, _, number = written.partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(number)) if moment.utcoffset() == timedelta(0) else None
    except ValueError:
        return None
