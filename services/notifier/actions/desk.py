"""What staff see of letters that did not arrive, and what they can do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.notifier.actions import post
from shared import audit
from shared.audit import Actor
from shared.db import Session

# A letter on its way is no news for staff until it has been so for this long.
SLOW_MINUTES: Final = 10


class Shown(StrEnum):
    """Which unsent letters are looked at: those that need a person, those on their way, those whose link was over."""

    STUCK = "stuck"
    UNDER_WAY = "under_way"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Unsent:
    """A letter that has not been sent, as staff see it: not its words, and its address not in full."""

    id: UUID
    kind: str
    state: str
    occurred_at: datetime
    ended_at: datetime | None
    attempts: int
    reply: int | None
    had_link: bool
    is_written: bool
    address: str | None

    @property
    def can_go_again(self) -> bool:
        """A failed letter goes again as it is, unless its one-time link is gone with the failure."""
        return self.state == "failed" and not self.had_link and self.is_written


# A failed letter whose link is over helps nobody any more: the person has to ask for a new one.
_OVER: Final = "(l.state = 'expired' OR l.state = 'failed' AND l.expires_at <= now())"
_WHICH: Final = {
    Shown.STUCK: f"l.state <> 'sent' AND NOT coalesce({_OVER}, false) AND"
    " (l.state = 'failed' OR l.made_at < now() - make_interval(mins => :slow))",
    Shown.UNDER_WAY: "l.state IN ('waiting', 'ready')",
    Shown.EXPIRED: f"l.state <> 'sent' AND {_OVER}",
}
_COUNTS: Final = {shown: text(f"SELECT count(*) FROM letters l WHERE {which}") for shown, which in _WHICH.items()}  # noqa: S608 - constants
_COLUMNS: Final = """
SELECT l.id, l.kind, l.state, l.occurred_at, l.ended_at, l.attempts, l.reply, l.expires_at IS NOT NULL AS had_link,
    l.body IS NOT NULL AS is_written, coalesce(l.address, c.email, a.email) AS address
FROM letters l
LEFT JOIN accounts a ON a.account_id = l.account_id AND l.educator_id IS NULL
LEFT JOIN LATERAL (
    SELECT email FROM contacts WHERE educator_id = l.educator_id ORDER BY sequence DESC LIMIT 1
) c ON true
"""
_LISTS: Final = {
    shown: text(f"{_COLUMNS} WHERE {which} ORDER BY l.occurred_at, l.id OFFSET :offset LIMIT :limit")
    for shown, which in _WHICH.items()
}
_ONE: Final = text(f"{_COLUMNS} WHERE l.id = :id AND l.state <> 'sent'")
_AGAIN: Final = text("""
UPDATE letters SET state = 'ready', due_at = now(), deferred_since = NULL, ended_at = NULL
WHERE id = :id AND state = 'failed' AND expires_at IS NULL AND body IS NOT NULL
RETURNING kind, attempts, reply
""")


async def unsent(session: Session, shown: Shown, *, offset: int, limit: int) -> Sequence[Unsent]:
    """A page of them, the oldest first."""
    rows = await session.execute(_LISTS[shown], {**_slow(shown), "offset": offset, "limit": limit})
    return [Unsent(**row._mapping) for row in rows]


async def count(session: Session, shown: Shown) -> int:
    """How many there are."""
    return int(await session.scalar(_COUNTS[shown], _slow(shown)) or 0)


async def one(session: Session, letter_id: UUID) -> Unsent | None:
    """One of them."""
    row = (await session.execute(_ONE, {"id": letter_id})).one_or_none()
    return Unsent(**row._mapping) if row else None


async def send_again(session: Session, letter_id: UUID, actor: Actor, reason: str) -> bool:
    """Let a failed letter go once more; False where it is not failed (any more), or its link is gone."""
    row = (await session.execute(_AGAIN, {"id": letter_id})).one_or_none()
    if row is None:
        return False
    await audit.record(
        session,
        action="letter.sent_again",
        actor=actor,
        subject=f"letter:{letter_id}",
        reason=reason,
        old={"state": "failed", "kind": row.kind, "attempts": row.attempts, "reply": row.reply},
        new={"state": "ready"},
    )
    await post.wake(session)
    return True


def _slow(shown: Shown) -> dict[str, Any]:
    return {"slow": SLOW_MINUTES} if shown is Shown.STUCK else {}
