"""Accounts that may be one person's: the same name, or the same mailbox.

Where two people are asked for, one person with two accounts would be both.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, text

from services.identity.rules.access import STAFF
from services.identity.rules.people import Address
from services.identity.tables import Account, Granted
from shared.audit import Actor
from shared.db import Session

_ONE_AT_A_TIME: Final = text("SELECT pg_advisory_xact_lock(7231466)")


async def alike(session: Session, account_id: UUID, actor: Actor) -> bool:
    """Whether an account bears the name or the address of the person who acts."""
    theirs, mine = await session.get(Account, account_id), await session.get(Account, actor.account_id)
    return theirs is not None and mine is not None and _one_person(theirs, mine)


async def of_staff(session: Session, account_id: UUID) -> Sequence[Account]:
    """Other open accounts with a role of staff that may be the same person's as this one, in order of username."""
    account = await session.get_one(Account, account_id)
    staff = await session.scalars(
        select(Account)
        .where(
            Account.account_id != account_id,
            Account.closed_at.is_(None),
            Account.account_id.in_(select(Granted.account_id).where(Granted.role.in_([*map(str, STAFF)]))),
        )
        .order_by(Account.username)
    )
    return [one for one in staff if _one_person(account, one)]


async def hold(session: Session) -> None:
    """Let nobody else give a role of staff until this transaction ends: each is to see what the other gave."""
    await session.execute(_ONE_AT_A_TIME)


def _one_person(one: Account, other: Account) -> bool:
    return _name(one) == _name(other) or Address(one.email).mailbox == Address(other.email).mailbox


def _name(account: Account) -> tuple[str, str]:
    return account.first_name.casefold(), account.last_name_key
