"""`/ecs/apply/{code}/check`: check your answers, and submit."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import cases, drafts
from services.certificate.actions.applications import AlreadyOpen, Refused
from services.certificate.actions.drafts import CorrectionEnded, Overtaken
from services.certificate.pages.acting import acting, office
from services.certificate.pages.answers import summary
from services.certificate.pages.draft import Begun, begun, lead_to_open, lead_to_start, now, version
from services.certificate.rules import filling
from services.certificate.rules.case import Deed
from services.certificate.rules.requirements import Party
from shared import policy
from shared.events import Role
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter(include_in_schema=False)
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]

_CORRECTION_ENDED: Final = text(
    "The application that you were correcting has ended meanwhile, so nothing was submitted. What stands here would"
    " become a new application."
)


@router.get("/ecs/apply/{code}/check")
async def check(page: Shown, code: str) -> Response:
    """Check your answers: all of them, what is missing, and the button that submits."""
    found = await begun(page, code)
    return await _render(page, found) if isinstance(found, Begun) else found


@router.post("/ecs/apply/{code}/check")
async def submit(page: Sent, code: str) -> Response:
    """ "Submit to DESE", "Submit to Institution"."""
    found = await begun(page, code)
    if not isinstance(found, Begun):
        return found
    if page.form.get("corrects", "") != (str(found.corrects.id) if found.corrects else ""):
        return await _render(page, found, 409, {"": _CORRECTION_ENDED})
    if found.draft.version != version(page):
        return await _changed(page, found)
    if filling.missing(found.draft.answers, found.paper):
        return await _render(page, found, 422, {"": text("Something is missing, so nothing was submitted. See below.")})
    sent = filling.submission(found.draft.answers, found.paper)
    person, corrects = await acting(page, Party.EDUCATOR), found.corrects.id if found.corrects else None
    try:
        done = await drafts.submit(page.db, office(page.service), person, found.draft, corrects, sent, now())
    except AlreadyOpen as other:
        return lead_to_open(page, other.application_id)
    except Overtaken as overtaken:
        return await _changed(page, found) if overtaken.draft else lead_to_start(page, found)
    except CorrectionEnded:
        page.deny(409, _CORRECTION_ENDED)
    except Refused as refused:
        page.deny(409, refused.sentence)
    return page.redirect(f"/ecs/applications/{done.row.id}/received")


async def _changed(page: Page, found: Begun) -> Response:
    said = text(
        "This draft was changed in another window meanwhile, so nothing was submitted."
        " Check the answers as they are now."
    )
    return await _render(page, found, 409, {"": said})


async def _render(page: Page, found: Begun, status: int = 200, errors: Mapping[str, Text] | None = None) -> Response:
    institution = found.draft.answers.get("institution") or ""
    return page.render(
        "apply_check.html",
        status=status,
        errors=errors,
        apply=found,
        answers=summary(found.draft.answers, found.paper),
        left=filling.missing(found.draft.answers, found.paper),
        returned=await _why_returned(page, found),
        to=policy.institutions(policy.today()).get(institution, ""),
        number=len(found.paper.steps) + 1,
    )


async def _why_returned(page: Page, found: Begun) -> str:
    """What the institution wrote, where this corrects an application that it returned; else empty."""
    if found.corrects is None:
        return ""
    corrected = await cases.find(page.db, regulations.BOOK, found.corrects.id, policy.today())
    returned = corrected.case.newest(Deed.RETURNED) if corrected else None
    return str(returned.details["reason"]) if returned else ""
