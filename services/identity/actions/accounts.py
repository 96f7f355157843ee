"""Accounts: found, released, closed, said again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update

from services.identity.actions import login, sessions
from services.identity.actions.access import Decision
from services.identity.rules import access as rules
from services.identity.rules.access import READS_HISTORY
from services.identity.rules.people import sign_in_key
from services.identity.tables import AccessRequest, Account, Granted, HistoryReaderFailure, Link
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.events import AccessRevoked, AccountClosed, Event, Role, UserRegistered
from shared.keys import KeyRing
from shared.outbox import publish

MOST_FOUND: Final = 50
_AT_ONCE: Final = 1000
_BEFORE_ALL: Final = UUID(int=0)


async def find(session: Session, asked_for: str) -> Sequence[Account]:
    """Accounts whose username, address or last name begins with this; one more than are shown, if there are more."""
    key = sign_in_key(asked_for)
    if not key:
        return []
    last_name = " ".join(asked_for.split()).casefold()
    return (
        await session.scalars(
            select(Account)
            .where(
                Account.name_key.startswith(key, autoescape=True)
                | Account.email_key.startswith(key, autoescape=True)
                | Account.last_name_key.startswith(last_name, autoescape=True)
            )
            .order_by(Account.last_name_key, Account.first_name, Account.account_id)
            .limit(MOST_FOUND + 1)
        )
    ).all()


async def locked(session: Session) -> Sequence[Account]:
    """Accounts that only an administrator can release, the longest locked first."""
    return (
        await session.scalars(
            select(Account)
            .where(Account.locked_at.is_not(None), Account.closed_at.is_(None))
            .order_by(Account.locked_at)
            .limit(MOST_FOUND)
        )
    ).all()


async def release(session: Session, index: KeyRing, account_id: UUID, actor: Actor, reason: str) -> Decision:
    """End an account's lock, for a reason; its failures no longer count, nor do the delays that came of them."""
    problem = rules.decision_problem(own=account_id == actor.account_id, reason=reason, reason_needed=True)
    if problem is not None:
        return Decision(problem)
    released = await session.execute(
        update(Account)
        .where(Account.account_id == account_id, Account.locked_at.is_not(None))
        .values(locked_at=None)
        .returning(Account)
        .execution_options(synchronize_session=False)
    )
    account = released.scalars().first()
    if account is None:
        return Decision.GONE
    await login.forget_failures(session, index, account)
    await session.execute(delete(HistoryReaderFailure).where(HistoryReaderFailure.account_id == account_id))
    await audit.record(session, action="account.released", subject=f"account:{account_id}", actor=actor, reason=reason)
    return Decision.DONE


async def close(session: Session, account_id: UUID, kept_account_id: UUID, now: datetime) -> Sequence[str] | None:
    """Close an account whose person keeps another; its sessions, links, roles and open requests end.

    Returns:
        The hashes of the sessions that ended; None where it was closed before.

    Raises:
        LookupError: there is no such account.
    """
    account = await session.get(Account, account_id, with_for_update=True)
    if account is None or await session.get(Account, kept_account_id) is None:
        raise LookupError("an account that an identity case names is not here")
    if account.closed_at is not None:
        return None
    await session.execute(
        update(Account)
        .where(Account.account_id == account_id)
        .values(closed_at=now, kept_account_id=kept_account_id)
        .execution_options(synchronize_session=False)
    )
    ended = await sessions.end_all(session, account_id)
    await session.execute(delete(Link).where(Link.account_id == account_id))
    await session.execute(
        delete(AccessRequest).where(AccessRequest.account_id == account_id, AccessRequest.state == "waiting")
    )
    # Said of each role, so that whoever writes to officials, or lets them in, knows that this one is none any more.
    taken = await session.execute(
        delete(Granted).where(Granted.account_id == account_id).returning(Granted.role, Granted.institution)
    )
    roles = sorted((role, institution) for role, institution in taken)
    await publish(
        session,
        *(
            AccessRevoked.now(
                account_id, application="ecs", role=Role(role), institution=institution, with_account=True
            )
            for role, institution in roles
        ),
        AccountClosed.now(account_id, kept_account_id=kept_account_id),
    )
    await audit.record(
        session,
        action="account.closed",
        subject=f"account:{account_id}",
        actor=None,
        reason="the same person has another account",
        old={"roles": [role if institution is None else f"{role} {institution}" for role, institution in roles]},
        new={"kept_account_id": str(kept_account_id)},
    )
    return ended


async def history_readers(session: Session) -> int:
    """How many accounts may read criminal history."""
    readers = await session.scalars(
        select(Granted.account_id)
        .join(Account, Account.account_id == Granted.account_id)
        .where(Granted.role.in_([*map(str, READS_HISTORY)]), Account.closed_at.is_(None))
    )
    return len(set(readers))


async def say_again(session: Session, after: str) -> Sequence[Event]:
    """UserRegistered of the next open accounts, as they are now (see `shared.say_again`)."""
    page = await session.scalars(
        select(Account)
        .where(Account.account_id > (UUID(after) if after else _BEFORE_ALL), Account.closed_at.is_(None))
        .order_by(Account.account_id)
        .limit(_AT_ONCE)
    )
    return [registered(account) for account in page]


def registered(account: Account) -> UserRegistered:
    """The fact that this account exists."""
    return UserRegistered.now(
        account.account_id,
        username=account.username,
        first_name=account.first_name,
        last_name=account.last_name,
        email=account.email,
        language=account.language,
    )
