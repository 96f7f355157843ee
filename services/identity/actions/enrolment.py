"""Accounts made by an operator, not by a registration: the first administrator, demonstration people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from services.identity.actions import access, accounts, sessions
from services.identity.rules import usernames
from services.identity.rules.people import Address
from services.identity.tables import Account, Username
from shared import audit
from shared.db import Session
from shared.events import Role
from shared.outbox import publish


@dataclass(frozen=True)
class NewAccount:
    """Whose account it will be, checked by the rules."""

    username: str
    first_name: str
    last_name: str
    address: Address
    language: str = "en"


class Taken(Exception):
    """The username or the address has an account already; the transaction must be undone."""


async def create(
    session: Session,
    wanted: NewAccount,
    password_hash: str,
    roles: Sequence[tuple[Role, str | None]],
    reason: str,
    now: datetime,
) -> UUID:
    """Make an account with roles.

    Raises:
        Taken: its username or address has an account.
    """
    account_id, name_key = uuid4(), usernames.key(wanted.username)
    claim = insert(Username).values(name_key=name_key, account_id=account_id)
    # An operator's word counts more than a registration that nobody has confirmed.
    taken = claim.on_conflict_do_update(
        index_elements=[Username.name_key],
        set_={"account_id": account_id, "registration_id": None, "held_until": None},
        where=Username.account_id.is_(None),
    )
    if (await session.execute(taken.returning(Username.name_key))).first() is None:
        raise Taken
    made = await session.scalars(
        insert(Account)
        .values(
            account_id=account_id,
            name_key=name_key,
            username=usernames.written(wanted.username),
            email=wanted.address.email,
            email_key=wanted.address.key,
            first_name=wanted.first_name,
            last_name=wanted.last_name,
            last_name_key=wanted.last_name.casefold(),
            language=wanted.language,
            password_hash=password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=[Account.email_key], index_where=Account.closed_at.is_(None))
        .returning(Account)
    )
    account = made.one_or_none()
    if account is None:
        raise Taken
    await publish(session, accounts.registered(account))
    await audit.record(session, action="account.created", subject=f"account:{account_id}", actor=None, reason=reason)
    for role, institution in roles:
        await access.grant(session, account_id, role, institution, now, actor=None, reason=reason)
    return account_id


async def set_password(session: Session, account_id: UUID, password_hash: str, reason: str) -> None:
    """Give an account another password; its sessions end."""
    await session.execute(update(Account).where(Account.account_id == account_id).values(password_hash=password_hash))
    await sessions.end_all(session, account_id)
    await audit.record(session, action="password.set", subject=f"account:{account_id}", actor=None, reason=reason)
