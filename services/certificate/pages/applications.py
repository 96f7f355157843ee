"""`/ecs/applications`: Application Status: what happened and is needed, whose move it is; answer, correct, withdraw."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import bindparam, select
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import applications, cases, drafts, educators
from services.certificate.actions.applications import AlreadyOpen, Overtaken, Refused
from services.certificate.actions.cases import Found, shown
from services.certificate.actions.usual import Usual, usual
from services.certificate.pages import sentences
from services.certificate.pages.acting import acting, office
from services.certificate.pages.dossier import admissions
from services.certificate.pages.draft import version
from services.certificate.pages.history import history
from services.certificate.pages.submitted import submitted
from services.certificate.rules import filling
from services.certificate.rules.case import Deed
from services.certificate.rules.classes import Kind
from services.certificate.rules.deeds import Answer, Withdraw, done_already
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State, class_of
from services.certificate.rules.words import say_nothing
from services.certificate.tables import Application
from shared import policy, ssn
from shared.events import Role
from shared.policy import today
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]

MOST_WORDS: Final = 4_000
_SENT: Final = frozenset({Kind.DOCUMENT, Kind.FEE})
_OF_EDUCATOR: Final = (
    select(Application)
    .where(Application.educator_id == bindparam("educator_id"))
    .order_by(Application.received_on.desc(), Application.number.desc())
)
_OVERTAKEN: Final = text(
    "Something happened to this application meanwhile, so nothing was done. Look at it as it is now, then decide."
)


@router.get("/ecs/applications")
async def overview(page: Shown) -> Response:
    """Every application and every draft."""
    educator_id = await educators.of_account(page.db, page.me.account_id)
    book, day = regulations.BOOK, today()
    rows = (await page.db.scalars(_OF_EDUCATOR, {"educator_id": educator_id})).all() if educator_id else []
    found = await cases.derived(page.db, book, rows, day) if rows else []
    known = {code: await usual(page.db, code) for code in {one.row.class_code for one in found if one.standing.open}}
    begun = await drafts.of_educator(page.db, educator_id) if educator_id else []
    terms = book.terms(day)
    return page.render(
        "applications.html",
        educator_id=educator_id,
        open=[_line(one, known[one.row.class_code]) for one in found if one.standing.open],
        ended=[_line(one) for one in found if not one.standing.open],
        drafts=[
            (
                text(policy.applying(day)[one.class_code]),
                one,
                drafts.drop_on(terms, one.saved_on, one.warned, one.warned_on),
            )
            for one in begun
            if one.class_code in policy.applying(day)
        ],
        applying=[(f"/ecs/apply/{code}", text(label)) for code, label in policy.applying(day).items()],
    )


@router.get("/ecs/applications/{application_id}")
async def show(page: Shown, application_id: str) -> Response:
    """One application."""
    return await _show(page, await _own(page, application_id))


@router.get("/ecs/applications/{application_id}/received")
async def received(page: Shown, application_id: str) -> Response:
    """After submitting: the number, what happens next, whose move it is."""
    found = await _own(page, application_id)
    kind = class_of(regulations.BOOK, found.case)
    return page.render(
        "application_received.html",
        found=found,
        number=shown(found.row.number),
        kind=kind,
        institution=_institution(found),
        party=sentences.PARTIES[found.standing.move],
        send_to=_send_to(found),
        usual=sentences.usual_whole(await usual(page.db, found.row.class_code)),
    )


@router.post("/ecs/applications/{application_id}")
async def answer(page: Sent, application_id: str) -> Response:
    """Answer the question that is open."""
    found = await _own(page, application_id)
    words = page.form.get("answer", "").strip()
    errors: dict[str, Text] = {}
    if say_nothing(words):
        errors["answer"] = text("Write your answer.")
    elif ssn.stands_in(words):
        errors["answer"] = ssn.REFUSAL
    elif len(words) > MOST_WORDS:
        errors["answer"] = text("Shorten your answer to {most} characters.", most=MOST_WORDS)
    if errors:
        return await _show(page, found, 422, errors)
    return await _do(page, found, Answer(words), text("Your answer is with the department."))


@router.get("/ecs/applications/{application_id}/withdraw")
async def ask_to_withdraw(page: Shown, application_id: str) -> Response:
    """What withdrawing means."""
    found = await _own(page, application_id)
    if not found.standing.open:
        return page.redirect(_href(found))
    kind = class_of(regulations.BOOK, found.case)
    return page.render("application_withdraw.html", found=found, number=shown(found.row.number), kind=kind)


@router.post("/ecs/applications/{application_id}/withdraw")
async def withdraw(page: Sent, application_id: str) -> Response:
    """ "Withdraw this application"."""
    found = await _own(page, application_id)
    return await _do(page, found, Withdraw(), text("Your application is withdrawn."))


@router.post("/ecs/applications/{application_id}/correct")
async def correct(page: Sent, application_id: str) -> Response:
    """ "Correct and submit again": a draft with what was submitted last, unless one is begun already."""
    found = await _own(page, application_id)
    if found.standing.state is not State.RETURNED:
        page.flash(text("This application is not with you to correct."), "info")
        return page.redirect(_href(found))
    kind = class_of(regulations.BOOK, found.case)
    asked = filling.paper(regulations.BOOK, kind, found.case.received.day, today())
    answers = filling.from_submission(found.case.submission, asked)
    try:
        await drafts.begin(page.db, found.row.educator_id, kind.code, answers, datetime.now(UTC))
    except AlreadyOpen:
        return page.redirect(_href(found))
    return page.redirect(f"/ecs/apply/{kind.code}/{filling.CHECK}")


async def _own(page: Page, application_id: str) -> Found:
    """The application, where it is this educator's; else there is none."""
    educator_id = await educators.of_account(page.db, page.me.account_id)
    try:
        found = await cases.find(page.db, regulations.BOOK, UUID(application_id), today())
    except ValueError:
        page.deny(404)
    if found is None or found.row.educator_id != educator_id:
        page.deny(404)
    return found


async def _do(page: Page, found: Found, doing: Answer | Withdraw, said: Text) -> Response:
    person = await acting(page, Party.EDUCATOR)
    unsent = doing.words if isinstance(doing, Answer) else ""
    try:
        await applications.act(
            page.db, office(page.service), person, found.row.id, version(page), doing, datetime.now(UTC)
        )
    except Overtaken as overtaken:
        if not done_already(overtaken.found.case, version(page), person, doing):
            return await _show(page, overtaken.found, 409, {"": _OVERTAKEN}, unsent)
    except Refused as refused:
        return await _show(page, found, 409, {"": refused.sentence}, unsent)
    page.flash(said)
    return page.redirect(_href(found))


async def _show(
    page: Page, found: Found, status: int = 200, errors: dict[str, Text] | None = None, unsent: str = ""
) -> Response:
    """The application; `unsent` is an answer that came when nothing was asked any more."""
    kind = class_of(regulations.BOOK, found.case)
    at = found.standing
    asked = found.case.newest(Deed.ASKED) if at.state is State.QUESTION else None
    titles = regulations.BOOK.choices("questions", found.case.received.day)
    steps = history(found, kind, page.me.account_id)
    if at.open:
        steps = [*steps[:-1], replace(steps[-1], state="current")]
    returned = found.case.newest(Deed.RETURNED) if at.state is State.RETURNED else None
    return page.render(
        "application.html",
        status=status,
        errors=errors,
        form={"answer": page.form.get("answer", "")},
        found=found,
        at=at,
        kind=kind,
        number=shown(found.row.number),
        steps=steps,
        institution=_institution(found),
        state=sentences.STATES[at.state],
        tag=sentences.TAGS[at.state],
        party=sentences.PARTIES[at.move],
        usual=sentences.usual_now(at.state, await usual(page.db, found.row.class_code)) if at.open else None,
        send_to=_send_to(found),
        asked=asked,
        unsent="" if asked else unsent,
        reasons=[text(titles.get(code, code)) for code in asked.details["codes"]] if asked else [],
        returned=returned,
        submitted=submitted(found),
        conduct=admissions(regulations.BOOK, [(shown(found.row.number), found)]),
        begun=await drafts.find(page.db, found.row.educator_id, kind.code) if returned else None,
        most_words=MOST_WORDS,
    )


def _line(found: Found, known: Usual | None = None) -> dict[str, object]:
    """An application as it stands in the list."""
    at = found.standing
    return {
        "href": _href(found),
        "number": shown(found.row.number),
        "title": text(class_of(regulations.BOOK, found.case).title),
        "tag": sentences.TAGS[at.state],
        "state": sentences.STATES[at.state],
        "party": sentences.PARTIES[at.move],
        "since": at.since,
        "usual": sentences.usual_now(at.state, known) if known else None,
    }


def _href(found: Found) -> str:
    return f"/ecs/applications/{found.row.id}"


def _send_to(found: Found) -> str:
    """Where to send what the educator still has to; empty where that is nothing."""
    sends = any(one.move is Party.EDUCATOR and one.kind in _SENT for one in found.standing.requirements)
    return regulations.BOOK.terms(today()).send_to if sends else ""


def _institution(found: Found) -> str:
    code = found.case.submission.institution
    return policy.institutions(found.case.received.day).get(code, code) if code else ""
