"""An administrator decides who may act in which role."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import Row
from starlette.responses import Response

from services.identity import sentences
from services.identity.actions import access, sessions, twins
from services.identity.actions.access import Decision
from services.identity.pages.applications import institution_name
from services.identity.pages.asking import ReadsAdministrator, WritesAdministrator, now, sessions_changed
from services.identity.parts import parts
from services.identity.rules.access import STAFF, approval_needs_reason
from services.identity.tables import AccessRequest, Account
from shared import ssn
from shared.events import Role
from shared.text import Text, text
from shared.web import Page

router = APIRouter()

LONGEST_REASON = 1000


@dataclass(frozen=True)
class Shown:
    """A request as an administrator sees it."""

    request_id: UUID
    account_id: UUID
    name: str
    username: str
    email: str
    role: Text
    institution: str
    asked_at: datetime
    state: str
    decided_at: datetime | None
    reason: str


@router.get("/staff/access")
async def show_all(page: ReadsAdministrator) -> Response:
    """What waits for a decision, and the latest decisions."""
    waiting = [_shown(row) for row in await access.waiting(page.db)]
    decided = [_shown(row) for row in await access.decided(page.db)]
    return page.render("access_requests.html", waiting=waiting, decided=decided)


@router.get("/staff/access/{request_id}")
async def show(page: ReadsAdministrator, request_id: UUID) -> Response:
    """One request."""
    return await _one(page, request_id)


@router.post("/staff/access/{request_id}")
async def decide(page: WritesAdministrator, request_id: UUID) -> Response:
    """ "Approve" or "Refuse"."""
    reason = page.form.get("reason", "").strip()
    decision = page.form.get("decision", "")
    if len(reason) > LONGEST_REASON:
        return await _one(page, request_id, {"reason": sentences.REASON_LONG})
    if ssn.stands_in(reason):
        return await _one(page, request_id, {"reason": ssn.REFUSAL})
    if decision == "approve":
        outcome = await access.approve(page.db, request_id, page.me, reason, now(), shown=_shown_twins(page))
    elif decision == "refuse":
        outcome = await access.refuse(page.db, request_id, page.me, reason, parts(page.request).keys, now())
    else:
        return await _one(page, request_id, {"": text("Choose Approve or Refuse.")})
    if outcome is Decision.REASON:
        refused = text("Say why you refuse. The person is sent your words.")
        approved = text("Say why you approve: this role opens other people's records. It is kept with your decision.")
        return await _one(page, request_id, {"reason": approved if decision == "approve" else refused})
    if outcome is Decision.TWIN:
        return await _one(page, request_id, {"": sentences.TWIN})
    if outcome is Decision.ALIKE:
        return await _one(page, request_id, {"": sentences.ALIKE_ACCOUNT})
    if outcome is Decision.OWN:
        return await _one(page, request_id, {"": sentences.OWN_ACCOUNT})
    if outcome is Decision.GONE:
        if await access.request(page.db, request_id) is None:
            page.deny(404)
        page.deny(409, text("Somebody else has decided this request meanwhile, so your decision was not carried out."))
    row = await access.request(page.db, request_id)
    assert row is not None  # noqa: S101 - it was decided a moment ago
    done = text("Access is granted. The person gets an e-mail.")
    page.flash(done if decision == "approve" else text("The request is refused. The person is sent your reason."))
    hashes = await sessions.of_account(page.db, row[1].account_id)
    return await sessions_changed(page, page.redirect("/staff/access"), hashes)


async def _one(page: Page, request_id: UUID, errors: dict[str, Text | str] | None = None) -> Response:
    row = await access.request(page.db, request_id)
    if row is None:
        page.deny(404)
    role = Role(row[0].role)
    same = await twins.of_staff(page.db, row[1].account_id) if role in STAFF and row[0].state == "waiting" else []
    return page.render(
        "access_request.html",
        status=422 if errors else 200,
        errors=errors,
        form={"reason": page.form.get("reason", "")},
        request=_shown(row),
        own=row[1].account_id == page.me.account_id,
        twins=[(one, await _roles(page, one)) for one in same],
        alike=await twins.alike(page.db, row[1].account_id, page.me),
        why_alike=sentences.ALIKE_ACCOUNT,
        reasoned=approval_needs_reason(role),
        longest=LONGEST_REASON,
    )


def _shown_twins(page: Page) -> set[UUID]:
    """The accounts that the form named beside the one that asks."""
    try:
        return {UUID(one) for one in page.form.get("twins", "").split()}
    except ValueError:
        return set()


async def _roles(page: Page, account: Account) -> list[Text]:
    return [sentences.ROLE[one.role] for one in await sessions.roles(page.db, account.account_id)]


def _shown(row: Row[AccessRequest, Account]) -> Shown:
    request, account = row
    return Shown(
        request.request_id,
        account.account_id,
        f"{account.first_name} {account.last_name}",
        account.username,
        account.email,
        sentences.ROLE[Role(request.role)],
        institution_name(request.institution),
        request.asked_at,
        request.state,
        request.decided_at,
        request.reason,
    )
