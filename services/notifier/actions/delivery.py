"""Which letters are to be sent now, and what became of those that were tried.

A claim counts the attempt and holds the letter for a while, in a transaction of its own that is over before the mail
server is spoken to. Whatever happens then, the letter is free again when the hold ends; only who holds it may mark it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import text

from shared.db import Session

HOLD: Final = timedelta(seconds=90)

_ANY: Final = text("SELECT EXISTS (SELECT FROM letters WHERE state = 'ready' AND due_at <= now())")
_CLAIM: Final = text("""
WITH due AS (
    SELECT id FROM letters WHERE state = 'ready' AND due_at <= now() ORDER BY due_at LIMIT :most
    FOR UPDATE SKIP LOCKED
), held AS (
    UPDATE letters l SET attempts = attempts + 1, due_at = now() + CAST(:hold AS interval)
    FROM due WHERE l.id = due.id
    RETURNING l.*
)
SELECT l.id, l.kind, l.language, l.subject, l.body, l.sealed, l.expires_at, l.attempts, l.deferred_since,
    coalesce(l.address, c.email, a.email) AS address
FROM held l
LEFT JOIN accounts a ON a.account_id = l.account_id AND l.educator_id IS NULL
LEFT JOIN LATERAL (
    SELECT email FROM contacts WHERE educator_id = l.educator_id ORDER BY sequence DESC LIMIT 1
) c ON true
ORDER BY l.occurred_at, l.id
""")
_END: Final = text("""
UPDATE letters l SET state = t.state, ended_at = now(), sealed = NULL, reply = coalesce(t.reply, l.reply)
FROM unnest(CAST(:ids AS uuid[]), CAST(:attempts AS integer[]), CAST(:states AS text[]), CAST(:replies AS integer[]))
    AS t (id, attempts, state, reply)
WHERE l.id = t.id AND l.attempts = t.attempts AND l.state = 'ready'
""")
_LATER: Final = text("""
UPDATE letters SET due_at = now() + CAST(:pause AS interval), reply = coalesce(:reply, reply),
    deferred_since = CASE WHEN CAST(:deferred AS boolean) THEN coalesce(deferred_since, now()) ELSE deferred_since END
WHERE id = :id AND attempts = :attempts AND state = 'ready'
""")
_RELEASE: Final = text("""
UPDATE letters SET due_at = now(), attempts = attempts - 1
WHERE id = :id AND attempts = :attempts AND state = 'ready'
""")


@dataclass(frozen=True)
class Claimed:
    """A letter that this sender holds."""

    id: UUID
    kind: str
    language: str
    subject: str
    body: Sequence[dict[str, Any]]
    sealed: str | None
    expires_at: datetime | None
    attempts: int
    deferred_since: datetime | None
    # None where the recipient's tables were emptied and are not filled again yet.
    address: str | None


class Ended(NamedTuple):
    """What became of a letter: `sent`, `failed` or `expired`, and what the mail server replied."""

    letter: Claimed
    state: str
    reply: int | None


async def any_due(session: Session) -> bool:
    """Whether there is something to send now."""
    return bool(await session.scalar(_ANY))


async def claim(session: Session, most: int) -> list[Claimed]:
    """Hold letters that are due, and count the attempt."""
    rows = await session.execute(_CLAIM, {"most": most, "hold": HOLD})
    return [Claimed(**row._mapping) for row in rows]


async def end(session: Session, ended: Sequence[Ended]) -> None:
    """These letters are sent, failed or expired; their links are gone from here. One statement for all."""
    await session.execute(
        _END,
        {
            "ids": [one.letter.id for one in ended],
            "attempts": [one.letter.attempts for one in ended],
            "states": [one.state for one in ended],
            "replies": [one.reply for one in ended],
        },
    )


async def later(
    session: Session, letter: Claimed, pause: timedelta, *, reply: int | None = None, deferred: bool = False
) -> None:
    """Try again after a pause. `deferred`: the mail server asked for it, which it may not do for ever."""
    await session.execute(_LATER, {**_mine(letter), "pause": pause, "reply": reply, "deferred": deferred})


async def release(session: Session, letter: Claimed) -> None:
    """The letter was not tried after all."""
    await session.execute(_RELEASE, _mine(letter))


def _mine(letter: Claimed) -> dict[str, Any]:
    return {"id": letter.id, "attempts": letter.attempts}
