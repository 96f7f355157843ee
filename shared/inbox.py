"""Which facts this service has already taken: the guard against doing anything twice."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import CursorResult, text

from shared.db import Session
from shared.events import Event

KEPT_DAYS: Final = 30

# The shared lock lets `ecsctl rebuild` wait for batches under way and hold off later ones. Ids are put in one order, so
# that two consumers that hear the same facts in different order never wait for each other. Answers with the repeats,
# of which there are hardly ever any, rather than with the fresh ones.
REBUILD_LOCK: Final = 7231462
_TAKE: Final = text("""
WITH held AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(:lock) IS NULL AS ignored
), heard AS (
    SELECT f.* FROM held, unnest(CAST(:ids AS uuid[]), CAST(:topics AS text[])) AS f (event_id, topic)
), fresh AS (
    INSERT INTO inbox (event_id, topic) SELECT event_id, topic FROM heard ORDER BY event_id
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
)
SELECT event_id FROM heard EXCEPT SELECT event_id FROM fresh
""")
# What was seen within an hour, a rebuild or a large import, is to be forgotten within one: too much for one statement.
PRUNED_AT_ONCE: Final = 50_000
_PRUNE: Final = text("""
DELETE FROM inbox WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM inbox WHERE seen_at < now() - make_interval(days => :days)
    LIMIT :most FOR UPDATE SKIP LOCKED
))
""")


async def repeats(session: Session, events: Sequence[Event]) -> set[UUID]:
    """Record these facts as seen, in the transaction that handles them; the ids of those that were seen before."""
    told = {
        "lock": REBUILD_LOCK,
        "ids": [event.event_id for event in events],
        "topics": [event.topic for event in events],
    }
    return set((await session.execute(_TAKE, told)).scalars())


async def prune(session: Session) -> bool:
    """Forget some of what was seen longer ago than any repeat can come; True if there may be more."""
    pruned = await session.execute(_PRUNE, {"days": KEPT_DAYS, "most": PRUNED_AT_ONCE})
    assert isinstance(pruned, CursorResult)  # noqa: S101 - tells the type
    return pruned.rowcount == PRUNED_AT_ONCE
