"""What of certificate waits for a person."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import func, select

from services.certificate.rules.requirements import Party
from services.certificate.tables import Application
from shared.attention import Attention
from shared.db import Session
from shared.events import Role
from shared.text import text

_READERS: Final = frozenset({Role.ANALYST, Role.ADMINISTRATOR})
_OURS: Final = (
    select(func.count())
    .select_from(Application)
    .where(Application.ended_on.is_(None), Application.move == Party.DEPARTMENT, Application.held.is_(False))
)


async def count(session: Session) -> Sequence[Attention]:
    """Applications of which the department has the next move, and nobody set them aside."""
    label = text("Applications that wait for the department")
    return (Attention(label, await session.scalar(_OURS) or 0, "/staff/queue?move=department&held=no", _READERS),)
