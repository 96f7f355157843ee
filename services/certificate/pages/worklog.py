"""`/program/worklog`: the applications sent to an official's institution: "Recommend" or "Return", one or several."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, cast
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import worklog
from services.certificate.actions.applications import Overtaken, Refused, act
from services.certificate.actions.worklog import Line, Sort, State, Wanted
from services.certificate.pages import sentences
from services.certificate.pages.acting import acting, office
from services.certificate.pages.dossier import Dossier, of_institutions
from services.certificate.pages.draft import version
from services.certificate.pages.wording import LONGEST, Errors, picked, words
from services.certificate.rules.case import Deed
from services.certificate.rules.deeds import Acting, Recommend, Return, TakeBack, done_already, meanwhile
from services.certificate.rules.refusals import OWN, incredible, refusal
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import class_of
from shared import ssn
from shared.events import Role
from shared.forms import BadForm, Form, parse
from shared.policy import institutions, today
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(Role.PROGRAM), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.PROGRAM), scope="function")]

FURTHEST: Final = 10_000
LONGEST_SEARCH: Final = 100
_STATES: Final[Mapping[str, Text]] = {
    "with_us": text("With us"),
    "recommended": text("Recommended"),
    "returned": text("Returned"),
    "all": text("All"),
}
_COLUMNS: Final[Mapping[Sort, Text]] = {
    "number": text("Application"),
    "name": text("Educator"),
    "program": text("Program"),
    "submitted": text("Submitted"),
    "state": text("State"),
}
_HANDED: Final[Mapping[Deed, Text]] = {
    Deed.RECEIVED: text("With us"),
    Deed.RESUBMITTED: text("With us, corrected"),
    Deed.RECOMMENDED: text("Recommended"),
    Deed.TAKEN_BACK: text("With us, recommendation taken back"),
    Deed.RETURNED: text("Returned"),
}
_FIELDS: Final = ("q", "state", "program", "sort", "falling")
_OVERTAKEN: Final = text(
    "Something happened to this application since you opened it, so nothing was done. It stands below as it is now."
)
_SEVERAL: Final[Mapping[str, Text]] = {"recommend": text("Recommend several"), "return": text("Return several")}


@router.get("/program/worklog")
async def show(page: Shown) -> Response:
    """The work log."""
    return await _list(page, page.request.query_params)


@router.get("/program/worklog/several")
async def confirm(page: Shown) -> Response:
    """What was ticked, before it is recommended or returned."""
    asked = _asked(page)
    if asked.get("do") not in _SEVERAL or not asked.all("pick"):
        return await _list(page, asked, {"pick": text("Tick the applications first, then press one of the buttons.")})
    return await _several(page, asked)


@router.post("/program/worklog/several")
async def act_on_several(page: Sent) -> Response:
    """Each by itself: one that cannot be done keeps no other back."""
    chosen, do = _picked(page, page.form), page.form.get("do", "")
    if do not in _SEVERAL or not chosen:
        page.deny(422)
    errors: Errors = {}
    completed_on = _completed(page.form, errors) if do == "recommend" else None
    reason = _reason(page.form, errors) if do == "return" else ""
    if errors:
        return await _several(page, page.form, 422, errors)
    person = await acting(page, Party.INSTITUTION)
    lines = await _ours(page, person, [key for key, _ in chosen])
    doings: list[tuple[UUID, int, Recommend | Return]] = []
    for key, seen in chosen:
        if key in lines:
            program = lines[key].found.case.submission.program
            doings.append((key, seen, Recommend(program, completed_on) if completed_on else Return(reason)))
    await worklog.act_on_several(page.db, office(page.service), person, doings, datetime.now(UTC))
    query = urlencode([("do", do), *(("pick", f"{key}.{seen}") for key, seen in chosen)])
    return page.redirect(f"/program/worklog/several/done?{query}")


@router.get("/program/worklog/several/done")
async def done(page: Shown) -> Response:
    """Of each what was done, or why not: read from what is written."""
    asked = _asked(page)
    chosen = _picked(page, asked)
    if not chosen:
        return page.redirect("/program/worklog")
    person = await acting(page, Party.INSTITUTION)
    lines = await _ours(page, person, [key for key, _ in chosen])
    deed = Deed.RECOMMENDED if asked.get("do") == "recommend" else Deed.RETURNED
    results = [(lines[key], *_became(lines[key], seen, deed, person)) for key, seen in chosen if key in lines]
    if not results:
        page.deny(404)
    return page.render(
        "worklog_done.html",
        results=results,
        done=sum(one[1] for one in results),
        recommended=deed is Deed.RECOMMENDED,
    )


@router.get("/program/worklog/{application_id}")
async def show_one(application_id: UUID, page: Shown) -> Response:
    """What an institution may see of an application that was sent to it."""
    return await _one(page, application_id)


@router.post("/program/worklog/{application_id}/recommend")
async def recommend(application_id: UUID, page: Sent) -> Response:
    """ "Recommend", with the program and the day it was completed."""
    errors: Errors = {}
    program = page.form.get("program", "")
    if not program:
        errors["program"] = text("Select the program from the list.")
    completed_on = _completed(page.form, errors)
    if completed_on is None or errors:
        return await _one(page, application_id, 422, errors)
    said = text("The application is recommended. The educator and the department are told.")
    return await _do(page, application_id, Recommend(program, completed_on), said, "program")


@router.post("/program/worklog/{application_id}/return")
async def give_back(application_id: UUID, page: Sent) -> Response:
    """ "Return", with a reason that the educator reads."""
    errors: Errors = {}
    reason = _reason(page.form, errors)
    if errors:
        return await _one(page, application_id, 422, errors)
    said = text("The application is returned. The educator reads your reason and can submit it again.")
    return await _do(page, application_id, Return(reason), said, "reason")


@router.post("/program/worklog/{application_id}/take-back")
async def take_back(application_id: UUID, page: Sent) -> Response:
    """ "Take back the recommendation", with a reason that the educator and the department read."""
    errors: Errors = {}
    missing = text("Write why you take it back. The educator and the department read this.")
    reason = words(page.form, "reason", missing, errors)
    if errors:
        return await _one(page, application_id, 422, errors)
    said = text("The recommendation is taken back. The application is with your institution again.")
    return await _do(page, application_id, TakeBack(reason), said, "reason")


async def _do(
    page: Page, application_id: UUID, doing: Recommend | TakeBack | Return, said: Text, field: str
) -> Response:
    person, seen = await acting(page, Party.INSTITUTION), version(page)
    if application_id not in await _ours(page, person, [application_id]):
        page.deny(404)
    try:
        await act(page.db, office(page.service), person, application_id, seen, doing, datetime.now(UTC))
    except LookupError:
        page.deny(404)
    except Overtaken as overtaken:
        if not done_already(overtaken.found.case, seen, person, doing):
            return await _one(page, application_id, 409, {"": _OVERTAKEN})
    except Refused as refused:
        return await _one(page, application_id, 422, {field: refused.sentence})
    page.flash(said)
    return page.redirect("/program/worklog")


async def _list(page: Page, asked: Mapping[str, str], errors: Errors | None = None) -> Response:
    wanted, wrong = _wanted(page, asked)
    errors = errors or wrong
    book, day = regulations.BOOK, today()
    count = 0 if wrong else await worklog.count(page.db, wanted)
    last = max(1, -(-count // worklog.AT_ONCE))
    typed = asked.get("page", "")
    number = min(max(int(typed), 1), last) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1
    lines = [] if wrong else await worklog.listed(page.db, book, wanted, number, day)
    own = (await acting(page, Party.INSTITUTION)).educator_id
    kept = {name: asked[name] for name in _FIELDS if asked.get(name)}
    sorts = []
    for sort, label in _COLUMNS.items():
        falling = sort == wanted.sort and not wanted.falling
        query = urlencode({**kept, "sort": sort, "falling": "yes" if falling else ""})
        order = "" if sort != wanted.sort else "descending" if wanted.falling else "ascending"
        sorts.append((label, f"/program/worklog?{query}", order))
    return page.render(
        "worklog.html",
        status=422 if errors else 200,
        errors=errors,
        form={"q": asked.get("q", ""), "state": wanted.state, "program": wanted.program},
        lines=[(line, line.found.row.educator_id == own, *_said(line)) for line in lines],
        count=count,
        number=number,
        last=last,
        query=urlencode(kept),
        kept=kept,
        columns=sorts,
        states=_STATES,
        programs=book.choices("programs", day),
        areas=book.choices("areas", day),
        places=_places(page),
        ticking=any(line.with_us for line in lines),
        empty=text("No application waits for your institution now.")
        if not wanted.words and not wanted.program and wanted.state == "with_us"
        else text("No application fits."),
        longest=LONGEST_SEARCH,
    )


async def _one(page: Page, application_id: UUID, status: int = 200, errors: Errors | None = None) -> Response:
    person = await acting(page, Party.INSTITUTION)
    lines = await _ours(page, person, [application_id])
    if application_id not in lines:
        page.deny(404)
    line = lines[application_id]
    found, book = line.found, regulations.BOOK
    if person.educator_id == found.row.educator_id:
        page.deny(403, OWN)
    kind, day, form = class_of(book, found.case), found.case.received.day, found.case.submission
    told = Dossier(book, found, kind, confidential=False)
    tag, state = _said(line)
    return page.render(
        "worklog_one.html",
        status=status,
        errors=errors,
        form={"program": form.program, **page.form},
        line=line,
        found=found,
        kind=kind,
        tag=tag,
        state=state,
        program=book.choices("programs", day).get(form.program, form.program),
        programs=list(book.choices("programs", today()).items()),
        areas=[book.choices("areas", day).get(code, code) for code in form.areas],
        institution=institutions(day).get(form.institution or "", form.institution or ""),
        steps=told.steps(of_institutions(found, person.institutions)),
        longest=LONGEST,
    )


async def _several(page: Page, asked: Form, status: int = 200, errors: Errors | None = None) -> Response:
    chosen, person = _picked(page, asked), await acting(page, Party.INSTITUTION)
    lines = await _ours(page, person, [key for key, _ in chosen])
    if not lines:
        page.deny(404)
    do, programs = asked["do"], regulations.BOOK.choices("programs", today())
    return page.render(
        "worklog_several.html",
        status=status,
        errors=errors,
        form=page.form,
        do=do,
        title=_SEVERAL[do],
        lines=[(lines[key], seen, _said(lines[key])[1]) for key, seen in chosen if key in lines],
        programs=programs,
        longest=LONGEST,
    )


async def _ours(page: Page, person: Acting, ids: Sequence[UUID]) -> dict[UUID, Line]:
    """Of these applications those that were sent to the official's institutions."""
    lines = await worklog.some(page.db, regulations.BOOK, person.institutions, ids, today())
    return {line.found.row.id: line for line in lines}


def _became(line: Line, seen: int, deed: Deed, person: Acting) -> tuple[bool, Text | None]:
    """Whether it was done, and if not why: something happened first, or the rules refuse it."""
    found, day = line.found, today()
    following = meanwhile(found.case, seen, person.party)
    if following and following[0].deed is deed and following[0].actor_id == person.account_id:
        return True, None
    if following and person.educator_id != found.row.educator_id:
        return False, text("Something happened to it since you opened the list. Open it and look at it as it is now.")
    doing = Recommend(found.case.submission.program, day) if deed is Deed.RECOMMENDED else Return("any")
    why = refusal(doing, regulations.BOOK, found.case, found.standing, person, found.row.educator_id, day)
    return False, why or text("Nothing was done to it. Open it and try again.")


def _said(line: Line) -> tuple[str, Text]:
    """The tag and the words for where it stands, as an institution sees it."""
    if line.with_us:
        return "act", _HANDED[line.handed]
    if line.handed is Deed.RECOMMENDED:
        return "done", _HANDED[line.handed]
    if line.found.standing.open:
        return "waiting", _HANDED[line.handed]
    return "ended", sentences.STATES_TO_STAFF[line.found.standing.state]


def _wanted(page: Page, asked: Mapping[str, str]) -> tuple[Wanted, Errors]:
    found = " ".join(unicodedata.normalize("NFC", asked.get("q", "")).split())
    errors: Errors = {}
    if ssn.stands_in(found):
        errors["q"] = text("Search by application number, Educator ID or last name; never by Social Security Number.")
    elif len(found) > LONGEST_SEARCH or not found.isprintable():
        errors["q"] = text("Search by application number, Educator ID or last name.")
    state, sort, program = asked.get("state", ""), asked.get("sort", ""), asked.get("program", "")
    wanted = Wanted(
        frozenset(page.me.institutions(Role.PROGRAM)),
        cast(State, state if state in _STATES else "with_us"),
        program if program in regulations.BOOK.choices("programs", today()) else "",
        found,
        cast(Sort, sort if sort in _COLUMNS else "submitted"),
        asked.get("falling") == "yes",
    )
    return wanted, errors


def _asked(page: Page) -> Form:
    """The address's fields, of which a name may stand there often."""
    try:
        return parse(page.request.url.query.encode())
    except BadForm:
        page.deny(422)


def _picked(page: Page, asked: Form) -> list[tuple[UUID, int]]:
    """What was ticked; what no page of ours offers is refused."""
    chosen = picked(asked.all("pick"))
    if len(chosen) > worklog.AT_ONCE:
        page.deny(422)
    try:
        return [(UUID(key), seen) for key, seen in chosen]
    except ValueError:
        page.deny(422)


def _completed(form: Form, errors: Errors) -> date | None:
    completed_on = form.day("completed_on")
    if completed_on is None:
        errors["completed_on"] = text("Enter the day on which the program was completed: month, day and year.")
    elif (wrong := incredible(completed_on, today())) is not None:
        errors["completed_on"] = wrong
    return completed_on


def _reason(form: Form, errors: Errors) -> str:
    return words(form, "reason", text("Write why you return it. The educator reads this."), errors)


def _places(page: Page) -> list[Any]:
    names = institutions(today())
    return sorted(names.get(code, code) for code in page.me.institutions(Role.PROGRAM))
