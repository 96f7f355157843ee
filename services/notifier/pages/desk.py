"""`/staff/mail`: letters that have not arrived, for staff."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.notifier.actions import desk
from services.notifier.actions.desk import Shown, Unsent
from services.notifier.pages.messages import PER_PAGE, number_of
from services.notifier.rules.masking import masked
from shared import ssn
from shared.attention import Attention
from shared.db import Session
from shared.events import Role
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
STAFF: Final = (Role.ANALYST, Role.ADMINISTRATOR)
Reading = Annotated[Page, Depends(reads(*STAFF), scope="function")]
Writing = Annotated[Page, Depends(writes(*STAFF), scope="function")]

LONGEST_REASON: Final = 1000

KINDS: Final[dict[str, Text]] = {
    "confirm_email": text("Confirm your e-mail address"),
    "account_exists": text("You already have an account"),
    "username_reminder": text("Username reminder"),
    "password_reset": text("Password reset"),
    "password_changed": text("Password changed"),
    "account_locked": text("Account locked"),
    "access_granted": text("Access granted"),
    "access_refused": text("Access refused"),
    "access_revoked": text("Access taken back"),
    "contact_confirm": text("Confirm a new contact address"),
    "contact_changed": text("Contact address changed"),
    "case_opened": text("Identity case opened"),
    "case_opened_holder": text("Identity case opened, to the holder"),
    "documents_requested": text("Documents requested"),
    "case_same_person": text("Identity case: second account closed"),
    "case_same_person_holder": text("Identity case: second account closed, to the holder"),
    "case_record_moved": text("Identity case: record given"),
    "case_record_moved_holder": text("Identity case: record given, to the former holder"),
    "case_person_made": text("Identity case: record made"),
    "case_person_made_holder": text("Identity case: record made, to the holder"),
    "result_received": text("Fingerprint result received"),
    "reprint": text("Needs to be printed again"),
    "prints_rejected_twice": text("Check by name instead of prints"),
    "cleared": text("Cleared"),
    "clearance_expiring": text("Clearance expires soon"),
    "clearance_expired": text("Clearance expired"),
    "clearance_ended": text("Clearance ended"),
    "application_received": text("Application received"),
    "recommendation_requested": text("Application with the institution"),
    "recommendation_requested_official": text("Application with the institution, to an official"),
    "application_recommended": text("Application recommended"),
    "recommendation_taken_back": text("Recommendation taken back"),
    "application_returned": text("Application returned"),
    "requirement_seen": text("Document seen"),
    "requirement_not_accepted": text("Document not accepted"),
    "requirement_received": text("Payment received"),
    "payment_went_back": text("Payment went back"),
    "requirement_reviewed": text("Explanation read"),
    "information_requested": text("Question about an application"),
    "information_received": text("Answer received"),
    "application_reminded": text("Reminder of an application"),
    "application_withdrawn": text("Application withdrawn"),
    "application_incomplete": text("Application closed as incomplete"),
    "draft_expiring": text("Unsubmitted application expires"),
    "draft_dropped": text("Unsubmitted application deleted"),
    "certificate_issued": text("Certificate issued"),
}


async def attention(session: Session) -> Sequence[Attention]:
    """Letters that failed or are on their way for too long, for the staff's first page."""
    stuck = await desk.count(session, Shown.STUCK)
    return [Attention(text("Unsent letters"), stuck, "/staff/mail", frozenset(STAFF))]


@router.get("/staff/mail")
async def show(page: Reading) -> Response:
    """Unsent letters, the oldest first."""
    asked = page.request.query_params.get("show", "")
    shown = Shown(asked) if asked in list(Shown) else Shown.STUCK
    number = number_of(page)
    count = await desk.count(page.db, shown)
    letters = await desk.unsent(page.db, shown, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
    return page.render(
        "mail.html",
        letters=letters,
        shown=shown.value,
        tabs=[
            (Shown.STUCK.value, text("Need attention")),
            (Shown.UNDER_WAY.value, text("Being sent")),
            (Shown.EXPIRED.value, text("Link over")),
        ],
        kinds=KINDS,
        masked=masked,
        count=count,
        number=number,
        last=max(1, -(-count // PER_PAGE)),
    )


@router.get("/staff/mail/{letter_id}")
async def one(letter_id: UUID, page: Reading) -> Response:
    """One unsent letter: what was tried, and "Send again"."""
    return _render(page, await _found(page, letter_id))


@router.post("/staff/mail/{letter_id}")
async def send_again(letter_id: UUID, page: Writing) -> Response:
    """Let it go once more, for a stated reason."""
    letter = await _found(page, letter_id)
    reason = page.form.get("reason", "").strip()
    if not reason or len(reason) > LONGEST_REASON:
        sentence = (
            text("Write why this letter should go again. It is kept in the audit trail.")
            if not reason
            else text("Shorten the reason to {most} characters.", most=LONGEST_REASON)
        )
        return _render(page, letter, 422, {"reason": sentence}, {"reason": reason[: LONGEST_REASON * 2]})
    if ssn.stands_in(reason):
        return _render(page, letter, 422, {"reason": ssn.REFUSAL}, {"reason": reason})
    if not await desk.send_again(page.db, letter_id, page.me, reason):
        page.deny(
            409,
            text("This letter cannot be sent again: it is on its way already, or its one-time link is gone."),
        )
    page.flash(text("The letter is being sent again."))
    return page.redirect("/staff/mail")


async def _found(page: Page, letter_id: UUID) -> Unsent:
    letter = await desk.one(page.db, letter_id)
    if letter is None:
        page.deny(404)
    return letter


def _render(
    page: Page,
    letter: Unsent,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    return page.render(
        "mail_one.html", status=status, errors=errors, form=form, letter=letter, kinds=KINDS, masked=masked
    )
