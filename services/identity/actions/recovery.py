"""A forgotten username or password: what is asked for from outside, and what the link in the letter does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select, tuple_, update
from sqlalchemy.orm import aliased

from services.identity import tokens
from services.identity.actions import errands, login, sessions
from services.identity.actions.errands import Kind
from services.identity.rules.people import sign_in_key
from services.identity.tables import Account, Link
from shared import audit
from shared.db import Session
from shared.events import PasswordChanged
from shared.keys import KeyRing
from shared.outbox import publish


@dataclass(frozen=True)
class Reset:
    """A password was changed; the hashes of the sessions that ended with it."""

    username: str
    ended: Sequence[str]


async def ask(session: Session, kind: Kind, typed: str, now: datetime) -> None:
    """Ask for a username reminder or a password reset. Whether there is such an account is found out later."""
    await errands.leave(session, kind, now, asked_for=sign_in_key(typed))


async def of_link(session: Session, token: str, now: datetime) -> Account | None:
    """The account whose password a link resets, while the link is good: in time, and none newer. Changes nothing."""
    if not tokens.is_token(token):
        return None
    newer = aliased(Link)
    # Of two that were made in the same moment one counts as the newer: never are both good.
    later = tuple_(newer.expires_at, newer.token_hash) > tuple_(Link.expires_at, Link.token_hash)
    outdated = exists().where(newer.account_id == Link.account_id, later)
    return await session.scalar(
        select(Account)
        .join(Link, Link.account_id == Account.account_id)
        .where(Link.token_hash == tokens.kept(token), Link.expires_at > now, ~outdated, Account.closed_at.is_(None))
    )


async def reset(session: Session, token: str, password_hash: str, index: KeyRing, now: datetime) -> Reset | None:
    """Set the new password, once: all links of the account are used up, all its sessions and delays end.

    A lock stays: it needs an administrator (CJIS Security Policy 5.9.4, AC-7).

    Returns:
        None where the link is used up or its time is over.
    """
    account = await of_link(session, token, now)
    if account is None:
        return None
    used = await session.execute(
        delete(Link).where(Link.token_hash == tokens.kept(token), Link.expires_at > now).returning(Link.token_hash)
    )
    if used.first() is None:  # used at this very moment in another window
        return None
    await session.execute(delete(Link).where(Link.account_id == account.account_id))
    # The counters before the account, in the order in which a login holds them; the sessions last, when no login that
    # checked the old password can begin one any more.
    await login.forget_failures(session, index, account)
    await session.execute(
        update(Account).where(Account.account_id == account.account_id).values(password_hash=password_hash)
    )
    ended = await sessions.end_all(session, account.account_id)
    await publish(session, PasswordChanged.now(account.account_id))
    subject = login.Subject(account.account_id, account.username)
    await audit.record(session, action="password.reset", subject=f"account:{account.account_id}", actor=subject)
    return Reset(account.username, ended)
