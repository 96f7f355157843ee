"""`/staff/applications/{id}`: one application as the department sees it, and what analysts do to it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy import bindparam, select
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import cases, certificates, names, queue
from services.certificate.actions.applications import Overtaken, Refused, act
from services.certificate.actions.cases import Found, shown
from services.certificate.pages import deeds, sentences
from services.certificate.pages.acting import acting, office
from services.certificate.pages.dossier import Dossier, admissions
from services.certificate.pages.draft import version
from services.certificate.pages.queue import READERS
from services.certificate.pages.submitted import submitted
from services.certificate.pages.wording import LONGEST, Errors
from services.certificate.rules.classes import CertificateClass, Kind
from services.certificate.rules.deeds import Acting, Ask, Doing, Issue, Review, done_already
from services.certificate.rules.refusals import OWN, refusal
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State, class_of
from services.certificate.rules.validity import Held, another, expires_on, unneeded
from services.certificate.tables import Application
from shared import educator_id as educator_ids
from shared.events import Role
from shared.policy import today
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(*READERS), scope="function")]
Deciding = Annotated[Page, Depends(reads(Role.ANALYST), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.ANALYST), scope="function")]

_OF_EDUCATOR: Final = (
    select(Application).where(Application.educator_id == bindparam("educator_id")).order_by(Application.number)
)
_OVERTAKEN: Final = text(
    "Somebody worked on this application since you opened it, so nothing was done. What happened stands below."
)
_OVERTAKEN_TYPING: Final = text(
    "Somebody worked on this application since you opened it, so nothing was done. What happened stands below; what"
    " you typed is kept. Look at both, and send it again if it still fits."
)
# Forms that are a button alone.
_BUTTONS: Final = frozenset({"assign", "release", "issue"})
# Fields in which several can be ticked.
_MANY: Final = ("codes", "areas")


@router.get("/staff/applications/{application_id}")
async def show(application_id: UUID, page: Shown) -> Response:
    """Everything the department knows of it."""
    return await _show(page, await _found(page, application_id))


@router.get("/staff/applications/{application_id}/issue")
async def confirm(application_id: UUID, page: Deciding) -> Response:
    """What would be issued, before it is."""
    found = await _found(page, application_id)
    refused = await _why_not(page, found)
    if refused is not None:
        return await _show(page, found, 409, {"": refused})
    kind, day = class_of(regulations.BOOK, found.case), today()
    titles = regulations.BOOK.choices("areas", found.case.received.day)
    first, last = await names.of_educator(page.db, found.row.educator_id)
    held = await certificates.held(page.db, found.row.educator_id)
    await queue.viewed(page.db, found, page.me)
    return page.render(
        "working_issue.html",
        found=found,
        number=shown(found.row.number),
        name=f"{first} {last}".strip(),
        educator_id=educator_ids.shown(found.row.educator_id),
        kind=kind,
        areas=[titles.get(code, code) for code in found.case.submission.areas],
        effective_on=day,
        expires_on=expires_on(kind, held, day),
        besides=_besides(kind, held, day),
    )


@router.post("/staff/applications/{application_id}/{deed}")
async def do(application_id: UUID, deed: str, page: Sent) -> Response:
    """One of the forms: `rules.deeds` says what each may do and when."""
    errors: Errors = {}
    doing: Doing
    if deed == "assign":
        colleagues = dict(await queue.colleagues(page.db))
        doing = to = deeds.assign(page.form, errors, page.me, colleagues)
        said = deeds.ASSIGNED
        if to.to and await queue.is_own(page.db, to.to, application_id):
            errors["to"] = text("This application is their own. Somebody else must work on it.")
    elif deed in deeds.READ:
        read, said = deeds.READ[deed]
        doing = read(page.form, errors)
        if isinstance(doing, Review) and not doing.fit:
            said = deeds.NOT_SETTLED
    else:
        page.deny(404)
    if errors:
        return await _show(page, await _found(page, application_id), 422, errors, deed)
    person = await acting(page, Party.DEPARTMENT)
    try:
        async with page.db.begin_nested():
            await _done(page, person, application_id, doing)
    except LookupError:
        page.deny(404)
    except Overtaken as overtaken:
        if not done_already(overtaken.found.case, version(page), person, doing):
            kept = deed == "note" or (overtaken.found.standing.open and deed not in _BUTTONS)
            why = _OVERTAKEN_TYPING if kept else _OVERTAKEN
            return await _show(page, overtaken.found, 409, {"": why}, deed, since=version(page))
    except Refused as refused:
        found = await _found(page, application_id)
        return await _show(page, found, 422, {deeds.FIRST.get(deed, ""): refused.sentence}, deed)
    page.flash(said)
    return page.redirect(f"/staff/applications/{application_id}")


async def _done(page: Page, person: Acting, application_id: UUID, doing: Doing) -> None:
    now, rules = datetime.now(UTC), office(page.service)
    if isinstance(doing, Ask):
        await queue.ask(page.db, rules, person, application_id, version(page), doing, now)
    else:
        await act(page.db, rules, person, application_id, version(page), doing, now)


async def _found(page: Page, application_id: UUID) -> Found:
    found = await cases.find(page.db, regulations.BOOK, application_id, today())
    if found is None:
        page.deny(404)
    return found


async def _why_not(page: Page, found: Found) -> Text | None:
    """Why this analyst cannot issue it now; None where they can."""
    person = await acting(page, Party.DEPARTMENT)
    day = today()
    return refusal(Issue(), regulations.BOOK, found.case, found.standing, person, found.row.educator_id, day)


async def _show(
    page: Page,
    found: Found,
    status: int = 200,
    errors: Errors | None = None,
    deed: str = "",
    since: int | None = None,
) -> Response:
    """The page; of a form that was sent, what was typed. Nobody sees their own application here."""
    person = await acting(page, Party.DEPARTMENT)
    if person.educator_id == found.row.educator_id:
        page.deny(403, OWN)
    await queue.viewed(page.db, found, page.me)
    acts = page.me.has(Role.ANALYST)
    kind, at = class_of(regulations.BOOK, found.case), found.standing
    told = Dossier(regulations.BOOK, found, kind, confidential=acts)
    first, last = await names.of_educator(page.db, found.row.educator_id)
    meanwhile = [entry for entry in found.case.entries if since is not None and entry.number > since]
    return page.render(
        "working.html",
        status=status,
        errors=errors,
        form={**page.form, **{name: page.form.all(name) for name in _MANY}} if deed else dict.fromkeys(_MANY, ()),
        deed=deed,
        found=found,
        at=at,
        kind=kind,
        number=shown(found.row.number),
        name=f"{first} {last}".strip(),
        educator_id=educator_ids.shown(found.row.educator_id),
        state=sentences.STATES_TO_STAFF[at.state],
        tag=sentences.TAGS_TO_STAFF[at.state],
        party=sentences.PARTIES_TO_STAFF[at.move],
        steps=told.steps(found.case.entries),
        meanwhile=told.steps(meanwhile),
        acts=acts,
        asking=at.state is State.QUESTION,
        longest=LONGEST,
        longest_question=deeds.LONGEST_QUESTION,
        submitted=submitted(found),
        **(await _choices(page, found, person) if acts else {}),
        conduct=await _admissions(page, found),
        besides=_besides(kind, await certificates.held(page.db, found.row.educator_id), today()) if at.open else None,
    )


def _besides(kind: CertificateClass, held: Sequence[Held], day: date) -> Text | None:
    """What whoever decides must know of the certificates that the educator has."""
    has = another(kind, held, day)
    if has and kind.shares_expiration:
        return text(
            "The educator holds a valid {certificate} certificate until {day}. What is added ends with it.",
            certificate=text(kind.title),
            day=has.expires_on,
        )
    if has := has or unneeded(kind, held, day):
        found = regulations.BOOK.find(has.class_code, day)
        return text(
            "The educator holds a valid {certificate} certificate until {day}. Look whether another is needed.",
            certificate=text(found.title if found else has.class_code),
            day=has.expires_on,
        )
    return None


async def _choices(page: Page, found: Found, person: Acting) -> dict[str, Any]:
    """What an analyst can choose from."""
    kind = class_of(regulations.BOOK, found.case)
    needs, areas = kind.needed(found.case.submission.route), found.case.submission.areas
    review = [one for one in found.standing.requirements if one.kind is Kind.CONDUCT]
    return {
        "refused": await _why_not(page, found) if found.standing.open else None,
        "documents": [
            (one.code, text(one.rule.title), one.rule.measure) for one in needs if one.rule.kind is Kind.DOCUMENT
        ],
        "by_area": [
            (one.named(), [(area, one.listed([area])) for area in areas])
            for one in needs
            if one.rule.for_areas and len(areas) > 1
        ],
        "dollars": kind.dollars,
        "questions": [(code, text(title)) for code, title in regulations.BOOK.choices("questions", today()).items()],
        "reviewing": bool(review),
        "mine": found.row.assigned_to == person.account_id,
        "colleagues": [one for one in await queue.colleagues(page.db) if one[0] != person.account_id],
    }


async def _admissions(page: Page, found: Found) -> list[Any]:
    """Every Yes about conduct that this educator ever submitted."""
    rows = (await page.db.scalars(_OF_EDUCATOR, {"educator_id": found.row.educator_id})).all()
    every = await cases.derived(page.db, regulations.BOOK, rows, today())
    return admissions(regulations.BOOK, [(shown(one.row.number), one) for one in every])
