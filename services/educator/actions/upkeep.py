"""Forgets what no longer counts: addresses that nobody confirmed, and accounts that are closed."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select

from services.educator.rules.cases import Decision
from services.educator.tables import IdentityCase, KnownAccount, PendingAddress
from shared.db import Session

# How long the profile offers to send a link again that has expired.
EXPIRED_STAYS: Final = timedelta(days=7)
# How long a closed account can be looked up beside its case, which keeps what was decided.
CLOSED_STAYS: Final = timedelta(days=30)


async def forget_what_is_over(session: Session, now: datetime) -> None:
    """Delete addresses whose link expired, and what is known of accounts that a case closed, after a while."""
    await session.execute(delete(PendingAddress).where(PendingAddress.expires_at <= now - EXPIRED_STAYS))
    closed = select(IdentityCase.account_id).where(
        IdentityCase.outcome == Decision.SAME_PERSON, IdentityCase.ended_at <= now - CLOSED_STAYS
    )
    await session.execute(
        delete(KnownAccount).where(KnownAccount.account_id.in_(closed)).execution_options(synchronize_session=False)
    )
