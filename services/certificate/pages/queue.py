"""`/staff/queue`: the applications, found and filtered; several are taken up at once; the list leaves as a file."""

import asyncio
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import export, regulations
from services.certificate.actions import educators, queue
from services.certificate.actions.queue import Listed, Show, Wanted, Whose
from services.certificate.pages import sentences
from services.certificate.pages.acting import acting, office
from services.certificate.pages.wording import Errors, picked
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State
from shared import ssn
from shared.events import Role
from shared.policy import institutions, today
from shared.text import Text, plural, text, translate
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
READERS: Final = (Role.ANALYST, Role.ADMINISTRATOR)
Shown = Annotated[Page, Depends(reads(*READERS), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.ANALYST), scope="function")]

LONGEST_SEARCH: Final = 100
FURTHEST: Final = 10_000
_SHOWN: Final[Mapping[str, Text]] = {"open": text("Open"), "ended": text("Ended"), "all": text("All")}
_ASSIGNED: Final[Mapping[str, Text]] = {"me": text("Me"), "nobody": text("Nobody")}
_HELD: Final[Mapping[str, Text]] = {"yes": text("On hold"), "no": text("Not on hold")}
_COLUMNS: Final = (
    text("Application"),
    text("Educator ID"),
    text("Last name"),
    text("First name"),
    text("Certificate"),
    text("State"),
    text("Whose move"),
    text("Since"),
    text("Due"),
    text("Received"),
    text("Ended"),
    text("On hold"),
    text("Assigned to"),
    text("Institution"),
)


@router.get("/staff/queue")
async def show(page: Shown) -> Response:
    """The list."""
    return await _render(page, page.request.query_params)


@router.post("/staff/queue")
async def take(page: Sent) -> Response:
    """ "Assign to me": those that are ticked, and the same list again."""
    chosen = []
    for key, version in picked(page.form.all("pick")):
        try:
            chosen.append((UUID(key), version))
        except ValueError:
            page.deny(422)
    if not chosen:
        return await _render(page, page.form, {"pick": text("Tick the applications to assign to you.")})
    person = await acting(page, Party.DEPARTMENT)
    left = await queue.take(page.db, office(page.service), person, chosen, datetime.now(UTC))
    done = len(chosen) - left
    if done:
        page.flash(plural("{n} application is assigned to you.", "{n} applications are assigned to you.", n=done))
    if left:
        page.flash(
            plural(
                "{n} application was not assigned: somebody worked on it meanwhile, or it is your own."
                " Assigned: {done}.",
                "{n} applications were not assigned: somebody worked on them meanwhile, or they are your own."
                " Assigned: {done}.",
                n=left,
                done=done,
            ),
            "warning",
        )
    return page.redirect(f"/staff/queue?{_query(page.form)}")


@router.get("/staff/queue/export.csv")
async def as_csv(page: Shown) -> Response:
    """The list for any spreadsheet."""
    rows = await _exported(page, "csv")
    titles = [translate(column, page.language) for column in _COLUMNS]
    return _file(await asyncio.to_thread(export.as_csv, titles, rows), export.CSV, "csv")


@router.get("/staff/queue/export.xlsx")
async def as_xlsx(page: Shown) -> Response:
    """The list for Excel."""
    rows = await _exported(page, "xlsx")
    titles = [translate(column, page.language) for column in _COLUMNS]
    sheet = translate(text("Applications"), page.language)
    return _file(await asyncio.to_thread(export.as_xlsx, titles, rows, sheet), export.XLSX, "xlsx")


async def _render(page: Page, asked: Mapping[str, str], errors: Errors | None = None) -> Response:
    wanted, wrong = _wanted(asked)
    errors = errors or wrong
    me = page.me.account_id
    if wrong:
        counts, number, rows = queue.Counts(0, 0), 1, list[Listed]()
    else:
        counts = await queue.count(page.db, wanted, me)
        number = min(_number(asked.get("page", "")), _last(counts.all))
        rows = await queue.listed(page.db, wanted, me, number)
    query = _query(asked)
    return page.render(
        "queue.html",
        status=422 if errors else 200,
        errors=errors,
        form={name: asked.get(name, "") for name in _FIELDS} | {"show": wanted.show},
        rows=rows,
        counts=counts,
        number=number,
        last=_last(counts.all),
        query=query,
        filtered=wanted != Wanted(),
        shown=_SHOWN,
        assigned=_ASSIGNED,
        held=_HELD,
        classes=_classes(),
        states=sentences.STATES_TO_STAFF,
        tags=sentences.TAGS_TO_STAFF,
        parties=sentences.PARTIES_TO_STAFF,
        institutions=institutions(today()),
        acts=page.me.has(Role.ANALYST),
        own=await educators.of_account(page.db, me),
        today=today(),
        longest=LONGEST_SEARCH,
    )


async def _exported(page: Page, kind: str) -> list[list[export.Cell]]:
    """The rows of the list as it is filtered, in words; that they leave is kept before they do."""
    asked = page.request.query_params
    wanted, wrong = _wanted(asked)
    rows = [] if wrong else await queue.every(page.db, wanted, page.me.account_id)
    if wrong or len(rows) > queue.MOST_EXPORTED:
        page.deny(
            422,
            text(
                "Narrow the list first: at most {most} applications go into one file, and a search by the number of"
                " an application, an Educator ID or a last name.",
                most=queue.MOST_EXPORTED,
            ),
        )
    await queue.exported(page.db, wanted, kind, len(rows), page.me)
    classes, places = _classes(), institutions(today())
    states = {state: translate(said, page.language) for state, said in sentences.STATES_TO_STAFF.items()}
    parties = {party: translate(said, page.language) for party, said in sentences.PARTIES_TO_STAFF.items()}
    held = translate(_HELD["yes"], page.language)
    return [
        [
            one.number,
            one.row.educator_id,
            one.last_name,
            one.first_name,
            classes.get(one.row.class_code, one.row.class_code),
            states[State(one.row.state)],
            parties[Party(one.row.move)],
            one.row.since,
            one.row.due_on,
            one.row.received_on,
            one.row.ended_on,
            held if one.row.held else "",
            one.row.assigned_name,
            places.get(one.row.institution or "", one.row.institution or ""),
        ]
        for one in rows
    ]


def _file(body: bytes, kind: str, ending: str) -> Response:
    name = f"applications-{today().isoformat()}.{ending}"
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


_FIELDS: Final = ("q", "show", "class", "state", "move", "assigned", "held", "institution")


def _wanted(asked: Mapping[str, str]) -> tuple[Wanted, Errors]:
    """What the filter asks for; a choice that is none of ours asks for nothing."""

    def one(name: str, known: Mapping[str, object]) -> str:
        value = asked.get(name, "")
        return value if value in known else ""

    words = " ".join(unicodedata.normalize("NFC", asked.get("q", "")).split())
    errors: Errors = {}
    if ssn.stands_in(words):
        errors["q"] = text("Search by application number, Educator ID or last name; never by Social Security Number.")
    elif len(words) > LONGEST_SEARCH or not words.isprintable():
        errors["q"] = text("Search by application number, Educator ID or last name.")
    return (
        Wanted(
            show=cast(Show, one("show", _SHOWN) or "open"),
            class_code=one("class", _classes()),
            state=one("state", {str(state): None for state in State}),
            move=one("move", {str(party): None for party in Party}),
            assigned=cast(Whose, one("assigned", _ASSIGNED)),
            held="yes" if asked.get("held") == "yes" else "no" if asked.get("held") == "no" else "",
            institution=one("institution", institutions(today())),
            words=words,
        ),
        errors,
    )


def _query(asked: Mapping[str, str]) -> str:
    """The filter as an address holds it, without the page."""
    return urlencode({name: asked[name] for name in _FIELDS if asked.get(name)})


def _classes() -> dict[str, str]:
    """Every class there ever was: old applications are of old ones."""
    book, day = regulations.BOOK, today()
    return {code: kind.title if (kind := book.find(code, day)) else code for code in book.codes}


def _last(count: int) -> int:
    return max(1, -(-count // queue.AT_ONCE))


def _number(typed: str) -> int:
    return min(max(int(typed), 1), FURTHEST) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
