"""What staff ask for above a list, how a reason is typed, and how a list leaves as a file: the same on every page."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode

from starlette.responses import Response

from services.fingerprint.actions.ledger import Wanted
from services.fingerprint.settings import Settings
from shared import export, ssn
from shared.events import Role
from shared.policy import today
from shared.text import Text, text
from shared.web import Page

STAFF: Final = (Role.ANALYST, Role.ADJUDICATOR, Role.ADMINISTRATOR)
LONGEST_REASON: Final = 1000
FURTHEST: Final = 10_000

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A list is asked for up to the day after the last.
_LAST_DAY: Final = date(8999, 12, 31)
_NO_REASON: Final = text("Write the reason. It is kept with what you do.")
_NO_DAY: Final = text("Enter a date as year, month and day, for example 2026-09-01.")


def wanted(
    asked: Mapping[str, str], sources: Mapping[str, object], states: Mapping[str, object], codes: Mapping[str, object]
) -> tuple[Wanted, dict[str, Text]]:
    """What the filter asks for; a choice that is none of ours asks for nothing."""
    errors: dict[str, Text] = {}

    def one(name: str, known: Mapping[str, object]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    since, until = day(asked, "since", errors), day(asked, "until", errors)
    if since and until and since > until:
        errors["until"] = text("The last day lies before the first. Correct one of them.")
    return Wanted(one("source", sources), one("state", states), one("code", codes), since, until), errors


def day(asked: Mapping[str, str], name: str, errors: dict[str, Text]) -> date | None:
    """A day as it is typed, or as a browser's calendar sends it; None where none is asked for."""
    typed = asked.get(name, "").strip()
    if not typed:
        return None
    try:
        if not _DAY.fullmatch(typed) or (found := date.fromisoformat(typed)) > _LAST_DAY:
            raise ValueError
        return found
    except ValueError:
        errors[name] = _NO_DAY
        return None


def typed(asked: Mapping[str, str], fields: tuple[str, ...]) -> dict[str, str]:
    """What stands in the filter's fields again. A field for a day cannot hold what is none."""
    nothing: dict[str, Text] = {}
    return {
        name: "" if name in {"since", "until"} and day(asked, name, nothing) is None else asked.get(name, "")
        for name in fields
    }


def query(asked: Mapping[str, str], fields: tuple[str, ...]) -> str:
    """The filter as an address holds it, without the page."""
    return urlencode({name: asked[name] for name in fields if asked.get(name)})


def number_of(page: Page) -> int:
    """The page of a list that is asked for; the first where that is no number."""
    typed = page.request.query_params.get("page", "1")
    return min(max(int(typed), 1), FURTHEST) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1


def last_of(count: int, at_once: int) -> int:
    """The number of the last page of a list."""
    return max(1, -(-count // at_once))


def reason(page: Page, field: str, errors: dict[str, Text], missing: Text = _NO_REASON) -> str:
    """The reason that was typed; what is wrong with it is added to the errors: `missing`, where there is none."""
    typed = page.form.get(field, "").strip()
    if not typed:
        errors[field] = missing
    elif len(typed) > LONGEST_REASON:
        errors[field] = text("Shorten this to at most {count} characters.", count=LONGEST_REASON)
    elif ssn.stands_in(typed):
        errors[field] = ssn.REFUSAL
    return typed


def reads_all(page: Page) -> bool:
    """Whether this person may read criminal history, and so may be told where in a file something is wrong."""
    return page.me.has(Role.ADJUDICATOR)


def settings_of(page: Page) -> Settings:
    """Fingerprint's own settings."""
    settings = page.service.settings
    if not isinstance(settings, Settings):
        raise TypeError("these pages need fingerprint's settings")
    return settings


def as_file(name: str, titles: list[str], rows: list[list[Any]]) -> Response:
    """A list that leaves."""
    headers = {"Content-Disposition": f'attachment; filename="{name}-{today().isoformat()}.csv"'}
    return Response(export.as_csv(titles, rows), media_type=export.CSV, headers=headers)
