"""What of identity waits for a person."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from services.identity.tables import AccessRequest, Account
from shared.attention import Attention
from shared.db import Session
from shared.events import Role
from shared.text import text

_ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR})
_REQUESTS = (
    select(func.count())
    .select_from(AccessRequest)
    .join(Account, Account.account_id == AccessRequest.account_id)
    .where(AccessRequest.state == "waiting", Account.closed_at.is_(None))
)
_LOCKED = select(func.count()).select_from(Account).where(Account.locked_at.is_not(None), Account.closed_at.is_(None))


async def count(session: Session) -> Sequence[Attention]:
    """Requests for a role, and accounts that only an administrator can release."""
    return (
        Attention(text("Requests for access"), await session.scalar(_REQUESTS) or 0, "/staff/access", _ADMINISTRATORS),
        Attention(
            text("Locked accounts"), await session.scalar(_LOCKED) or 0, "/staff/accounts?locked=1", _ADMINISTRATORS
        ),
    )
