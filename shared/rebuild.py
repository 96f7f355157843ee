"""Empties what a service has learnt from others and learns it again, from the facts that Kafka still holds.

All in one transaction: readers see the old content until the new is complete, and a crash changes nothing. The new
content grows in temporary tables that stand before the real ones; in the end only rows that differ are written, so that
nobody who works meanwhile waits for a row. The service may run: its batches wait (`inbox.REBUILD_LOCK`) and go on
afterwards. Only facts that the service had taken before are replayed, with `replaying(session)` true, so that no letter
is made and nothing is said again; what it had not taken yet is left to it, and is handled the ordinary way.

What a service keeps of other tables by what it has learnt is written afresh afterwards, page by page, each in a
transaction of its own (`Consumers.rebuilt`).

Topics with personal data hold seven days only. Let their owners say them again first (`ecsctl say-again OWNER`).
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import inspect, text

from shared import inbox
from shared.bus import MAX_RECORDS, Consumers
from shared.db import Database, Session
from shared.intake import Intake, sort_out
from shared.outbox import REPLAYING

_UNLIMITED: Final = (
    text("SET LOCAL lock_timeout = '60s'"),
    text("SET LOCAL statement_timeout = 0"),
    text("SET LOCAL idle_in_transaction_session_timeout = 0"),
)
_LOCK: Final = text("SELECT pg_advisory_xact_lock(:lock)")
# What was seen is kept aside in the database: a month of a state's facts are more than a process should hold.
_ASIDE: Final = text("CREATE TEMPORARY TABLE seen (event_id uuid PRIMARY KEY) ON COMMIT DROP")
_FORGET: Final = text("""
WITH gone AS (DELETE FROM inbox WHERE topic = ANY(:topics) RETURNING event_id)
INSERT INTO seen SELECT event_id FROM gone
""")
_SEEN: Final = text("SELECT event_id FROM seen WHERE event_id = ANY(CAST(:ids AS uuid[]))")

# Where every service keeps its tables; an unqualified name is the temporary table, where there is one.
_SCHEMA: Final = "public"

_log = logging.getLogger(__name__)


async def rebuild(consumers: Consumers, database: Database, bootstrap: str) -> int:
    """Rebuild the read model of a service; the number of facts replayed."""
    topics = list(consumers.topics)
    async with database.transaction() as session, _reader(consumers, bootstrap) as kafka:
        for setting in _UNLIMITED:
            await session.execute(setting)
        await session.execute(_LOCK, {"lock": inbox.REBUILD_LOCK})
        await session.execute(_ASIDE)
        await session.execute(_FORGET, {"topics": topics})
        tables = [_Table(model) for model in consumers.read_model]
        for table in tables:
            await session.execute(table.shadow)
        session.info[REPLAYING] = True
        intake = Intake(_within(session), consumers.handle)
        replayed = 0
        done: dict[TopicPartition, int] = {}
        async for records in _all(kafka, topics):
            known = await _taken_before(session, kafka, records, done)
            await intake.take(known)
            replayed += len(known)
        for table in tables:
            for statement in table.take_over:
                await session.execute(statement)
    await _follow_up(consumers, database)
    return replayed


async def _follow_up(consumers: Consumers, database: Database) -> None:
    """Page by page, what follows from what was learnt."""
    after: str | None = ""
    while consumers.rebuilt is not None and after is not None:
        async with database.transaction() as session:
            after = await consumers.rebuilt(session, after)


class _Table:
    """A table of the read model: `shadow` makes an empty one that stands before it in this transaction, `take_over`
    makes the real one equal to that, without touching rows that are the same."""

    def __init__(self, model: Any) -> None:
        table = inspect(model).local_table
        keys = [column.name for column in table.primary_key]
        every = [column.name for column in table.columns]
        rest = [name for name in every if name not in keys]
        same = " AND ".join(f"old.{key} = new.{key}" for key in keys)
        real, new, columns = f"{_SCHEMA}.{table.name}", f"pg_temp.{table.name}", ", ".join(every)
        put = ", ".join(f"{name} = new.{name}" for name in rest)
        differs = " OR ".join(f"old.{name} IS DISTINCT FROM new.{name}" for name in rest)
        self.shadow = text(f"CREATE TEMPORARY TABLE {table.name} (LIKE {real} INCLUDING ALL) ON COMMIT DROP")
        # Put together of the names of our own tables and columns alone.
        missing = f"DELETE FROM {real} AS old WHERE NOT EXISTS (SELECT FROM {new} AS new WHERE {same})"  # noqa: S608
        changed = f"UPDATE {real} AS old SET {put} FROM {new} AS new WHERE {same} AND ({differs})"  # noqa: S608
        added = f"INSERT INTO {real} ({columns}) SELECT {columns} FROM {new} AS new"  # noqa: S608
        unknown = f"NOT EXISTS (SELECT FROM {real} AS old WHERE {same})"
        statements = (f"ANALYZE {new}", missing, *([changed] if rest else []), f"{added} WHERE {unknown}")
        self.take_over = [text(statement) for statement in statements]


@asynccontextmanager
async def _reader(consumers: Consumers, bootstrap: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that may ask for the service's offsets but is no member of its group: it neither joins nor commits."""
    kafka = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        client_id=f"{consumers.service}-rebuild",
        group_id=consumers.service,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await kafka.start()
    try:
        yield kafka
    finally:
        await kafka.stop()


async def _all(kafka: AIOKafkaConsumer, topics: Sequence[str]) -> AsyncIterator[list[Any]]:
    """Every record of these topics, from the first to the last that is there now."""
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        for number in sorted(kafka.partitions_for_topic(topic) or await _partitions(kafka, topic))
    ]
    if not partitions:
        return
    kafka.assign(partitions)
    ends = await kafka.end_offsets(partitions)
    await kafka.seek_to_beginning(*partitions)
    left = {where for where in partitions if await kafka.position(where) < ends[where]}
    while left:
        batches = await kafka.getmany(*left, timeout_ms=500, max_records=MAX_RECORDS)
        if records := [record for batch in batches.values() for record in batch]:
            yield records
        left = {where for where in left if await kafka.position(where) < ends[where]}


async def _partitions(kafka: AIOKafkaConsumer, topic: str) -> set[int]:
    found: set[int] = await kafka._client._wait_on_metadata(topic)
    return found


async def _taken_before(
    session: Session, kafka: AIOKafkaConsumer, records: Sequence[Any], done: dict[TopicPartition, int]
) -> list[Any]:
    """Those that the service had done with: below its committed offsets (`done`, asked for once), or in its inbox."""
    for where in {TopicPartition(record.topic, record.partition) for record in records} - done.keys():
        done[where] = await kafka.committed(where) or 0
    above = [record for record in records if record.offset >= done[TopicPartition(record.topic, record.partition)]]
    if not above:
        return list(records)
    heard, _ = sort_out(above)
    ids = [one.event.event_id for one in heard]
    seen = set((await session.execute(_SEEN, {"ids": ids})).scalars())
    fresh = {id(record) for record in above} - {id(one.record) for one in heard if one.event.event_id in seen}
    return [record for record in records if id(record) not in fresh]


def _within(session: Session) -> Callable[[], AbstractAsyncContextManager[Session]]:
    """Each batch as a savepoint of the one transaction."""

    @asynccontextmanager
    async def savepoint() -> AsyncIterator[Session]:
        async with session.begin_nested():
            yield session

    return savepoint
