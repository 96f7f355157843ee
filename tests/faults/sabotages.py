"""Guards switched off, to see the tests that rest on them turn red. Nothing of this is in production code.

Each is a named patch of one function or setting. `python -m tests.sabotage` runs every one with its tests.
"""

import asyncio
import os
import secrets
from collections.abc import Callable
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from faststream.kafka import KafkaBroker
from pydantic import ConfigDict
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared import auth, bus, db, faults, inbox, intake, outbox, reading, rebuild, relay
from shared.bus import Listener
from shared.events import EVENTS, Event
from shared.relay import Relay
from tests.faults import small, unguarded, unguarded_results
from tests.faults.unguarded import put


def _session_elsewhere(session: AsyncSession) -> AsyncSession:
    """A session on another connection to the same database."""
    return AsyncSession(session.bind)


def publish_apart() -> None:
    """Facts are committed before their change is."""
    original = outbox.publish

    async def publish(session: AsyncSession, *events: Event) -> None:
        async with _session_elsewhere(session) as other, other.begin():
            await original(other, *events)

    put(outbox, "publish", publish)


def publish_in_memory() -> None:
    """Facts wait in the process instead of the outbox, and are sent from there."""
    tasks: set[asyncio.Task[None]] = set()

    async def publish(session: AsyncSession, *events: Event) -> None:
        task = asyncio.create_task(_send_later(*events))
        tasks.add(task)

    put(outbox, "publish", publish)


async def _send_later(*events: Event) -> None:
    await asyncio.sleep(1)
    producer = AIOKafkaProducer(bootstrap_servers=os.environ["FAULTS_KAFKA"])
    await producer.start()
    for event in events:
        await producer.send_and_wait(event.topic, event.model_dump_json().encode(), event.subject_id.encode())
    await producer.stop()


def publish_at_once() -> None:
    """A command waits for the broker."""

    async def publish(session: AsyncSession, *events: Event) -> None:
        async with asyncio.timeout(5):
            await _send_later(*events)

    put(outbox, "publish", publish)


def no_inbox() -> None:
    """Every fact counts as fresh."""

    async def repeats(session: AsyncSession, events: Any) -> set[Any]:
        return set()

    put(inbox, "repeats", repeats)


def offsets_first() -> None:
    """Offsets are committed before the work is done."""
    take = Listener._take

    async def commit_and_take(self: Listener, message: Any) -> None:
        await self._commit()
        await take(self, message)

    put(Listener, "_take", commit_and_take)


def no_idle_timeout() -> None:
    """A frozen process keeps its transaction open."""
    db.TIMEOUTS["idle_in_transaction_session_timeout"] = "0"


def by_last_id() -> None:
    """The relay reads on from the last id it saw."""
    put(
        relay,
        "_READ",
        """
        SELECT id, topic, subject_id, event_id::text, body, traceparent
        FROM outbox WHERE id > coalesce((SELECT last FROM relay_last), 0) AND $1::bigint[] IS NOT NULL
            AND $3::text[] IS NOT NULL
        ORDER BY id LIMIT $2
    """,
    )
    send = Relay._send

    async def remember(self: Relay, producer: Any, rows: Any) -> Any:
        if rows:
            async with self._database.transaction() as session:
                await session.execute(text("UPDATE relay_last SET last = :last"), {"last": rows[-1]["id"]})
        return await send(self, producer, rows)

    async def lead(self: Relay) -> None:
        async with self._database.transaction() as session:
            await session.execute(text("CREATE TABLE IF NOT EXISTS relay_last (last bigint)"))
            await session.execute(text("INSERT INTO relay_last VALUES (0)"))
        await original(self)

    original = Relay._lead
    put(Relay, "_lead", lead)
    put(Relay, "_send", remember)


def no_sequence_lock() -> None:
    """Numbers are looked up and counted on, without holding anybody off."""
    put(
        outbox,
        "_PUBLISH",
        text("""
        WITH fact AS (
            SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:subjects AS text[]), CAST(:ids AS uuid[]),
                CAST(:bodies AS text[])) AS f (topic, subject_id, event_id, body)
        ), written AS (
            INSERT INTO outbox_sequences (subject_id, sequence)
            SELECT subject_id || ':' || event_id, 1 FROM fact RETURNING subject_id
        ), numbered AS (
            SELECT fact.*, 1 + (SELECT count(*) FROM outbox_sequences s WHERE s.subject_id LIKE fact.subject_id || ':%')
                AS sequence FROM fact
        ), stored AS (
            INSERT INTO outbox (topic, subject_id, event_id, traceparent, body)
            SELECT topic, subject_id, event_id, CAST(:traceparent AS text),
                '{"sequence"\\:' || sequence || ',' || substr(body, 2) FROM numbered RETURNING id
        ) SELECT pg_notify(:channel, '') FROM stored LIMIT 1
    """),
    )


def no_leader() -> None:
    """Every relay thinks that it leads."""
    put(relay, "LOCK", secrets.randbelow(1 << 31))


def no_last_look() -> None:
    """A relay that is told to stop reads no more."""
    read = Relay._read

    async def none_at_the_end(self: Relay, connection: Any) -> Any:
        return [] if self._stopping else await read(self, connection)

    put(Relay, "_read", none_at_the_end)


def unsafe_commit() -> None:
    """PostgreSQL says "committed" before it is written."""
    db.TIMEOUTS["synchronous_commit"] = "off"


def ordinary_parser() -> None:
    """FastStream reads headers and bodies itself."""
    broker: Any = bus.__dict__["Broker"]

    def plain(*arguments: Any, **settings: Any) -> Any:
        settings.pop("parser")
        settings.pop("decoder")
        return broker(*arguments, **settings)

    put(bus, "Broker", plain)


def ordinary_consumer() -> None:
    """aiokafka's consumer loses what it had read when another partition cannot be read."""
    put(reading.Broker, "_connect", KafkaBroker._connect)


def no_parking() -> None:
    """A message that cannot be handled is tried for ever."""

    async def at_once(self: Any, heard: Any) -> None:
        await self._at_once(heard)

    put(intake.Intake, "_whole_or_halves", at_once)


def park_everything() -> None:
    """Faults of the world count as the message's."""
    put(faults, "is_of_the_world", lambda error: False)


def strict_reading() -> None:
    """A field that the reader does not know is refused."""
    for event in EVENTS:
        event.model_config = ConfigDict(frozen=True, extra="forbid")
        event.model_rebuild(force=True)


def loud_rebuild() -> None:
    """Handlers are not told that they replay."""
    put(rebuild, "REPLAYING", "ignored")


def long_cache() -> None:
    """Redis keeps sessions for an hour."""
    put(auth, "CACHE_SECONDS", 3600)


def no_count() -> None:
    """Wrong passwords are not written down."""
    from services.identity.actions import login

    async def wrong(*_: Any) -> None:
        return

    put(login, "_wrong", wrong)


def last_comes_wins() -> None:
    """What arrives last counts, whatever its number."""
    small.STANDS = small.STANDS.replace("WHERE s.sequence < excluded.sequence", "")


ALL: Final[dict[str, Callable[[], None]]] = (
    {
        function.__name__: function
        for function in (
            publish_apart,
            publish_in_memory,
            publish_at_once,
            no_inbox,
            offsets_first,
            no_idle_timeout,
            by_last_id,
            no_sequence_lock,
            no_leader,
            no_last_look,
            unsafe_commit,
            ordinary_parser,
            ordinary_consumer,
            no_parking,
            park_everything,
            strict_reading,
            loud_rebuild,
            last_comes_wins,
            long_cache,
            no_count,
        )
    }
    | unguarded.ALL
    | unguarded_results.ALL
)


def apply(name: str) -> None:
    """Switch a guard off in this process; none if the name is empty."""
    if name in ALL:
        ALL[name]()
