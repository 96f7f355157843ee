"""Facts on their way out: a row in the transaction that made them true, later sent by `shared.relay`.

No fact without its change, no change without its fact: both commit or neither does.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import text

from shared import traces
from shared.db import Session
from shared.events import Event

CHANNEL: Final = "outbox"
REPLAYING: Final = "replaying"
_NUMBER: Final = {"sequence"}

# One statement, however many facts. `taken` locks each subject's row until the transaction ends and says its new last
# number; the rows are numbered and given ids after that (a sort stands between), so per subject the order of ids is the
# order of sequences is the order of commits. The body is serialised once, by pydantic, without its number; the number
# is set in front of it here. Subjects are locked in one order, so that two statements never wait for each other.
_PUBLISH: Final = text(r"""
WITH fact AS (
    SELECT * FROM unnest(
        CAST(:topics AS text[]), CAST(:subjects AS text[]), CAST(:ids AS uuid[]), CAST(:bodies AS text[])
    ) WITH ORDINALITY AS f (topic, subject_id, event_id, body, place)
), taken AS (
    INSERT INTO outbox_sequences AS s (subject_id, sequence)
    SELECT subject_id, count(*) FROM fact GROUP BY subject_id ORDER BY subject_id
    ON CONFLICT (subject_id) DO UPDATE SET sequence = s.sequence + excluded.sequence
    RETURNING subject_id, sequence
), numbered AS (
    SELECT fact.*, sequence + 1 - row_number() OVER (PARTITION BY subject_id ORDER BY place DESC) AS sequence
    FROM fact JOIN taken USING (subject_id)
    ORDER BY place
), written AS (
    INSERT INTO outbox (topic, subject_id, event_id, traceparent, body)
    SELECT topic, subject_id, event_id, CAST(:traceparent AS text),
        '{"sequence"\:' || sequence || ',' || substr(body, 2)
    FROM numbered ORDER BY place
    RETURNING id
)
SELECT pg_notify(:channel, '') FROM written LIMIT 1
""")

_OLDEST: Final = text(
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - min(written_at)), 0), count(*) FROM outbox"
)


def replaying(session: Session) -> bool:
    """True during `ecsctl rebuild`: what the facts brought about then is done, only what we know is read again."""
    return bool(session.info.get(REPLAYING))


async def publish(session: Session, *events: Event) -> None:
    """Say these facts when, and only if, the caller's transaction commits. During a rebuild nothing is said."""
    if not events or replaying(session):
        return
    await session.execute(_PUBLISH, _columns(events))


def _columns(events: tuple[Event, ...]) -> Mapping[str, Any]:
    return {
        "topics": [event.topic for event in events],
        "subjects": [event.subject_id for event in events],
        "ids": [event.event_id for event in events],
        "bodies": [event.model_dump_json(exclude=_NUMBER) for event in events],
        "traceparent": traces.current(),
        "channel": CHANNEL,
    }


async def backlog(session: Session) -> tuple[float, int]:
    """The age in seconds of the oldest fact not yet sent (0 where there is none), and how many wait."""
    seconds, count = (await session.execute(_OLDEST)).one()
    return float(seconds), int(count)
