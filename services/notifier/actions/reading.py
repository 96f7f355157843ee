"""A person's own letters: those of the account, and those about the record that were written while it held it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from services.notifier.tables import Letter
from shared.db import Session


async def mine(session: Session, account_id: UUID, *, offset: int, limit: int) -> tuple[Sequence[Letter], int]:
    """A page of the letters, newest first, and how many there are."""
    own = (Letter.account_id == account_id, Letter.body.is_not(None))
    found = await session.scalars(
        select(Letter)
        .options(defer(Letter.body))
        .where(*own)
        .order_by(Letter.occurred_at.desc(), Letter.id)
        .offset(offset)
        .limit(limit)
    )
    return found.all(), await session.scalar(select(func.count()).select_from(Letter).where(*own)) or 0


async def undelivered(session: Session, account_id: UUID) -> Letter | None:
    """The newest letter, if it could not be delivered: an older failure is no news once a later letter arrived."""
    newest = await session.scalar(
        select(Letter)
        .where(Letter.account_id == account_id, Letter.state.in_(("sent", "failed")))
        .order_by(Letter.ended_at.desc())
        .limit(1)
    )
    return newest if newest is not None and newest.state == "failed" else None


async def one(session: Session, account_id: UUID, letter_id: UUID) -> Letter | None:
    """A letter, if it is this account's."""
    return await session.scalar(
        select(Letter).where(Letter.id == letter_id, Letter.account_id == account_id, Letter.body.is_not(None))
    )
