"""An administrator finds an account, releases its lock, takes a role back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from services.identity import sentences
from services.identity.actions import access, accounts, sessions
from services.identity.actions.access import Decision
from services.identity.pages.access import LONGEST_REASON
from services.identity.pages.applications import institution_name
from services.identity.pages.asking import ReadsAdministrator, WritesAdministrator, now, sessions_changed
from services.identity.parts import parts
from services.identity.tables import Account
from shared import audit, ssn
from shared.auth import Grant
from shared.events import Role
from shared.text import Text, text
from shared.web import Page

router = APIRouter()


@router.get("/staff/accounts")
async def search(page: ReadsAdministrator) -> Response:
    """Accounts by the beginning of a username, an address or a last name; whom it showed is kept (RSMo 407.1500)."""
    asked = page.request.query_params.get("q", "")[:254]
    locked = "locked" in page.request.query_params
    found: Sequence[Account] = await accounts.locked(page.db) if locked else await accounts.find(page.db, asked)
    if found:
        shown = [str(account.account_id) for account in found[: accounts.MOST_FOUND]]
        searched = {"locked": True} if locked else {"asked": ssn.covered(asked)}
        await audit.record(
            page.db, action="accounts.searched", subject="accounts", actor=page.me, new=searched | {"shown": shown}
        )
    return page.render(
        "accounts.html",
        form={"q": ssn.covered(asked)},
        asked=ssn.covered(asked),
        locked=locked,
        accounts=found[: accounts.MOST_FOUND],
        more=len(found) > accounts.MOST_FOUND,
        most=accounts.MOST_FOUND,
    )


@router.get("/staff/accounts/{account_id}")
async def show(page: ReadsAdministrator, account_id: UUID) -> Response:
    """One account; that it was looked at is kept (RSMo 407.1500)."""
    response = await _one(page, account_id)
    await audit.record(page.db, action="account.read", subject=f"account:{account_id}", actor=page.me)
    return response


@router.post("/staff/accounts/{account_id}/release")
async def release(page: WritesAdministrator, account_id: UUID) -> Response:
    """ "Release account"."""
    reason = page.form.get("release_reason", "").strip()
    if len(reason) > LONGEST_REASON:
        return await _one(page, account_id, {"release_reason": sentences.REASON_LONG})
    if ssn.stands_in(reason):
        return await _one(page, account_id, {"release_reason": ssn.REFUSAL})
    outcome = await accounts.release(page.db, parts(page.request).index, account_id, page.me, reason)
    done = text("The account is released. Its person can log in again.")
    return await _answer(page, account_id, outcome, "release_reason", done)


@router.post("/staff/accounts/{account_id}/revoke")
async def revoke(page: WritesAdministrator, account_id: UUID) -> Response:
    """ "Revoke role"."""
    reason = page.form.get("revoke_reason", "").strip()
    role, _, institution = page.form.get("role", "").partition(":")
    if role not in set(Role):
        return await _one(page, account_id, {"role": text("Choose the role to revoke.")})
    if len(reason) > LONGEST_REASON:
        return await _one(page, account_id, {"revoke_reason": sentences.REASON_LONG})
    if ssn.stands_in(reason):
        return await _one(page, account_id, {"revoke_reason": ssn.REFUSAL})
    outcome = await access.revoke(page.db, account_id, Role(role), institution or None, page.me, reason, now())
    return await _answer(page, account_id, outcome, "revoke_reason", text("The role is revoked."))


async def _answer(page: Page, account_id: UUID, outcome: Decision, field: str, done: Text) -> Response:
    if outcome is Decision.REASON:
        return await _one(page, account_id, {field: sentences.REASON_MISSING})
    if outcome is Decision.OWN:
        return await _one(page, account_id, {"": sentences.OWN_ACCOUNT})
    if outcome is Decision.GONE:
        if await page.db.get(Account, account_id) is None:
            page.deny(404)
        page.deny(409)
    page.flash(done)
    hashes = await sessions.of_account(page.db, account_id)
    return await sessions_changed(page, page.redirect(f"/staff/accounts/{account_id}"), hashes)


async def _one(page: Page, account_id: UUID, errors: dict[str, Text | str] | None = None) -> Response:
    account = await page.db.get(Account, account_id)
    if account is None:
        page.deny(404)
    kept = await page.db.get(Account, account.kept_account_id) if account.kept_account_id else None
    roles = await sessions.roles(page.db, account_id)
    return page.render(
        "account.html",
        status=422 if errors else 200,
        errors=errors,
        form={name: page.form.get(name, "") for name in ("role", "revoke_reason", "release_reason")},
        account=account,
        kept=kept,
        roles=[_role(grant) for grant in roles],
        own=account_id == page.me.account_id,
        longest=LONGEST_REASON,
    )


def _role(grant: Grant) -> tuple[Any, ...]:
    """A role as a choice: its value, its name, its institution."""
    value = f"{grant.role}:{grant.institution or ''}"
    return value, sentences.ROLE[grant.role], institution_name(grant.institution)
