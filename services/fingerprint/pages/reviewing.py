"""`/staff/review`: adjudicators' cases, the only pages that show criminal history; each look is stated and recorded."""

from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint import tables
from services.fingerprint.actions import people, reviews
from services.fingerprint.messages import Finding
from services.fingerprint.pages import filters
from services.fingerprint.rules.addressing import shown
from services.fingerprint.rules.check import Cause
from services.fingerprint.vault import vault_of
from shared import educator_id as educator_ids
from shared.events import Role
from shared.policy import purposes, today
from shared.text import Text, text
from shared.web import Page, reads, writes

router = APIRouter()
Shown = Annotated[Page, Depends(reads(Role.ADJUDICATOR), scope="function")]
Sent = Annotated[Page, Depends(writes(Role.ADJUDICATOR), scope="function")]

_CAUSES: Final[dict[Cause, Text]] = {
    Cause.RECORD: text("A record was found"),
    Cause.EXCEPTION: text("The answer is neither a plain record nor a plain no record"),
    Cause.NAME: text(
        "The name is not one of the educator's legal names, or has nothing in common with the present one"
    ),
    Cause.BY_HAND: text("It was matched by hand"),
    Cause.HELD: text("It was drawn by chance for a second look"),
    Cause.TIE: text("Two versions of this answer cannot be put in order"),
    Cause.APART: text("The two answers lie too far apart to go together"),
    Cause.REFUSED: text("It came after the check was not cleared"),
    Cause.NOTICE: text("A Rap Back notice"),
}
_FINDINGS: Final[dict[Finding | None, Text]] = {
    Finding.NO_RECORD: text("No record"),
    Finding.RECORD: text("Record found"),
    Finding.EXCEPTION: text("Exception: read it"),
    None: text("Not an answer about a record"),
}
_OUTDATED: Final = text(
    "This case has changed since you opened it: an answer or a name came, or somebody else decided. Nothing was"
    " done. Open it again and decide on what is there now."
)
_ASSIGNED: Final = text("You assigned an answer of this case by hand. Another adjudicator must decide about it.")
_OWN: Final = text("This case is about you. Another adjudicator must look at it.")


@router.get("/staff/review")
async def show(page: Shown) -> Response:
    """The open cases, the oldest first, or the closed ones; all causes mixed."""
    closed = page.request.query_params.get("show") == "closed"
    count = await reviews.count(page.db, closed=closed)
    last = filters.last_of(count, reviews.AT_ONCE)
    number = min(filters.number_of(page), last)
    titles = {code: text(title) for code, title in purposes(today()).items()}
    cases = await reviews.listed(page.db, number, closed=closed)
    return page.render("review.html", cases=cases, count=count, number=number, last=last, titles=titles, closed=closed)


@router.get("/staff/review/{review_id}")
async def show_one(review_id: UUID, page: Shown) -> Response:
    """One case: asks for the purpose first; then an open one shows its answers, a closed one what was decided."""
    review = await _found(page, review_id)
    return await _render(page, review)


@router.post("/staff/review/{review_id}/open")
async def open_one(review_id: UUID, page: Sent) -> Response:
    """ "Open the case", with the purpose stated."""
    review = await _found(page, review_id)
    errors: dict[str, Text] = {}
    purpose = filters.reason(
        page, "purpose", errors, text("Write why you open this case. It is kept in the audit trail.")
    )
    if errors:
        return await _render(page, review, 422, errors, page.form)
    await reviews.state_purpose(page.db, review, page.me, purpose)
    return page.redirect(f"/staff/review/{review_id}")


@router.post("/staff/review/{review_id}")
async def decide(review_id: UUID, page: Sent) -> Response:
    """ "Clear" or "Do not clear"; "Close" for a message that belongs to no check."""
    review = await _found(page, review_id)
    if await reviews.stated_purpose(page.db, review, page.me) is None:
        return page.redirect(f"/staff/review/{review_id}")
    errors: dict[str, Text] = {}
    reason = filters.reason(
        page, "reason", errors, text("Write the reason for your decision. It is kept with the case.")
    )
    decision = page.form.get("decision", "")
    fitting = {"close"} if review.answer_id else {"clear", "not_clear"}
    if decision not in fitting:
        errors[""] = text("Press one of the buttons under the reason.")
    if errors:
        return await _render(page, review, 422, errors, page.form)
    vault = vault_of(page.service.keys)
    try:
        if decision == "close":
            await reviews.close(page.db, vault, review, page.me, reason)
        else:
            await reviews.rule(
                page.db,
                vault,
                review,
                page.me,
                version=page.form.get("version", ""),
                clear=decision == "clear",
                reason=reason,
            )
    except reviews.AssignedBySame:
        page.deny(403, _ASSIGNED)
    except reviews.Outdated:
        page.deny(409, _OUTDATED)
    page.flash(text("Your decision is kept."))
    return page.redirect("/staff/review")


async def _found(page: Page, review_id: UUID) -> tables.Review:
    review = await reviews.find(page.db, review_id)
    if review is None:
        page.deny(404)
    about = await reviews.about(page.db, review)
    if about and about == await people.educator_of(page.db, page.me.account_id):
        page.deny(403, _OWN)
    return review


async def _render(
    page: Page,
    review: tables.Review,
    status: int = 200,
    errors: Mapping[str, Text] | None = None,
    form: Mapping[str, str] | None = None,
) -> Response:
    """The case. Criminal history is opened only where its purpose was stated, and only while it is open."""
    purpose = await reviews.stated_purpose(page.db, review, page.me)
    opened = decided = None
    if purpose is not None and review.closed_at is None:
        opened = await reviews.look(page.db, vault_of(page.service.keys), review, page.me, purpose)
    elif purpose is not None:
        decided = await reviews.decided(page.db, vault_of(page.service.keys), review, page.me, purpose)
    titles = purposes(today())
    return page.render(
        "review_one.html",
        status=status,
        errors=errors,
        form=form,
        case=await reviews.listing_of(page.db, review),
        shown_id=educator_ids.shown(review.educator_id) if review.educator_id else "",
        title=text(titles.get(review.purpose or "", review.purpose or "")),
        purpose=purpose,
        opened=opened,
        decided=decided,
        causes=_CAUSES,
        findings=_FINDINGS,
        oca=shown,
        assigned=_ASSIGNED,
    )
