"""`/ecs/apply/{code}`: what a certificate needs, and where an application is begun, gone on with, or deleted."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import applications, certificates, drafts
from services.certificate.actions.drafts import Overtaken
from services.certificate.actions.usual import usual
from services.certificate.pages import sentences
from services.certificate.pages.draft import Opened, begun, lead_to_open, now, opened, version
from services.certificate.rules import filling
from services.certificate.rules.validity import another, unneeded
from shared.events import Role
from shared.policy import today
from shared.text import text
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]


@router.get("/ecs/apply/{code}")
async def start(page: Shown, code: str) -> Response:
    """What you need, the fee, how long it takes; "Start now", or "Go on with your draft"."""
    found = await opened(page, code)
    if not isinstance(found, Opened):
        return found
    if found.corrects:
        return page.redirect(f"/ecs/applications/{found.corrects.id}")
    terms, held = regulations.BOOK.terms(today()), await certificates.held(page.db, found.educator_id)
    return page.render(
        "apply.html",
        apply=found,
        kind=found.kind,
        usual=sentences.usual_whole(await usual(page.db, code)),
        covered_by=unneeded(found.kind, held, today()),
        has=another(found.kind, held, today()),
        classes={one.code: one.title for one in regulations.BOOK.all(today())},
        due_days=terms.due_days,
        draft_months=terms.draft_months,
        send_to=terms.send_to,
        go_on=_go_on(found),
    )


@router.post("/ecs/apply/{code}")
async def begin(page: Sent, code: str) -> Response:
    """ "Start now"."""
    found = await opened(page, code)
    if not isinstance(found, Opened):
        return found
    try:
        await drafts.begin(page.db, found.educator_id, code, {}, now())
    except applications.AlreadyOpen as other:
        return lead_to_open(page, other.application_id)
    return page.redirect(_go_on(found))


@router.get("/ecs/apply/{code}/delete")
async def ask_to_delete(page: Shown, code: str) -> Response:
    """What deleting a draft means."""
    found = await begun(page, code)
    if not isinstance(found, Opened):
        return found
    return page.render("apply_delete.html", apply=found, changed=False)


@router.post("/ecs/apply/{code}/delete")
async def delete(page: Sent, code: str) -> Response:
    """ "Delete this draft"."""
    found = await begun(page, code)
    if not isinstance(found, Opened):
        return found
    try:
        await drafts.remove(page.db, found.educator_id, code, version(page))
    except Overtaken:
        return page.render("apply_delete.html", status=409, apply=found, changed=True)
    page.flash(text("Your draft is deleted."))
    return page.redirect("/ecs/applications")


def _go_on(found: Opened) -> str:
    """Where a draft goes on: at the first page that is not done."""
    answers = found.draft.answers if found.draft else {}
    left = filling.missing(answers, found.paper)
    return found.href(next((step for step in found.paper.steps if step in left), filling.CHECK))
