"""Sends the rows of the outbox to Kafka, oldest first, and removes each only after the broker has it.

One relay per database leads at a time: it holds an advisory lock on a connection of its own, which the server ends when
the leader's host or process is gone. A row may therefore be sent twice (killed between the broker's ack and the
removal), never lost; consumers drop the second by its id.

Order per subject holds because every read takes, in id order, all visible rows that are not at the broker now (reading
on from the last id would pass over rows that commit late), because the batches of a partition are sent one after
another, and because after a failed one nothing of that partition is sent until its rows are read again.

Rows of a topic that the broker does not have wait, and hold up nothing else: order holds within a topic only.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from zlib import crc32

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared import faults
from shared.db import Database
from shared.metrics import RELAYED
from shared.outbox import CHANNEL

LOCK: Final = 7231461
READ_ROWS: Final = 2000
BATCH_BYTES: Final = 256 * 1024
# Seconds: how long to sleep without a notice; how long to let rows gather after a batch neither empty nor full; how
# often to give a sign of life while the broker is silent; the pauses after a failure; what a stop may take, and the
# closing of connections after it; how long to wait for a client that neither delivers nor fails.
NET: Final = 1.0
GATHER: Final = 0.020
SIGN_OF_LIFE: Final = 2.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
STOP: Final = 10.0
CLOSE: Final = 2.0
PATIENCE: Final = 20.0
# Milliseconds that a request to the broker may take: less than our patience, so that its own errors come first.
REQUEST: Final = 15_000
# Seconds until the broker is asked again for a topic that it does not have.
ASK_AGAIN: Final = 5.0

_READ: Final = """
SELECT id, topic, subject_id, event_id::text, body, traceparent
FROM outbox WHERE id <> ALL($1::bigint[]) AND topic <> ALL($3::text[]) ORDER BY id LIMIT $2
"""
# The table is empty at one moment and long at the next, so its statistics are always wrong: only ever go by the index.
# A list is looked up by hash only where the plan is made for this very list.
_PLAN: Final = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "plan_cache_mode": "force_custom_plan",
}
_REMOVE: Final = "DELETE FROM outbox WHERE id = ANY($1::bigint[])"

_log = logging.getLogger(__name__)


class Partition(NamedTuple):
    """Where a fact goes."""

    topic: str
    number: int


@dataclass
class Sent:
    """Rows that are on their way to the broker."""

    ids: list[int]
    # per partition: what is being sent, in order
    ways: list[asyncio.Task[list[int]]] = field(default_factory=list)


class Relay:
    """The relay of one service's database; as many may run as the service has processes."""

    def __init__(self, database: Database, bootstrap: str, service: str) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._notice = asyncio.Event()
        self._stopping = False
        self._stopped = asyncio.Event()
        self._heads = _headers_of(service)
        self._under_way = Sent([])
        self._missing: dict[str, float] = {}  # topics that the broker does not have, and when it is asked again

    async def run(self) -> None:
        """Lead when it is our turn, until stopped. What cannot be sent then stays in the outbox."""
        pause = FIRST_PAUSE
        while not self._stopping:
            began = time.monotonic()
            try:
                await self._lead()
            except Exception as error:
                if faults.is_of_the_world(error) or isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
                    _log.warning("the relay pauses", extra={"error": type(error).__name__, "seconds": pause})
                else:
                    _log.exception("the relay failed and starts again", extra={"seconds": pause})
                if time.monotonic() - began > PATIENCE:
                    pause = FIRST_PAUSE
                await self._wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        self._stopped.set()

    async def stop(self) -> None:
        """Wait, within a bound, until what was committed before is acked and removed (of a backlog, one read)."""
        self._stopping = True
        self._notice.set()
        try:
            async with asyncio.timeout(STOP):
                await self._stopped.wait()
        except TimeoutError:
            _log.warning("the relay stops with facts still under way; they will be sent again")

    async def _lead(self) -> None:
        async with self._database.alone(**_PLAN) as connection:
            await connection.add_listener(CHANNEL, self._hear)
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
                await self._wait(NET)
                if self._stopping:
                    return
            producer = await self._started_producer(connection)
            if producer is None:
                return
            self._under_way = Sent([])
            try:
                await self._send_all(connection, producer)
            finally:
                for way in self._under_way.ways:
                    way.cancel()
                await _stopped(producer)

    def _hear(self, *_: Any) -> None:
        self._notice.set()

    async def _started_producer(self, connection: asyncpg.Connection) -> AIOKafkaProducer | None:
        """A connected producer, however long that takes; None if we are to stop."""
        while not self._stopping:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                client_id=f"{self._service}-relay",
                acks="all",
                enable_idempotence=True,
                linger_ms=0,
                max_batch_size=BATCH_BYTES,
                request_timeout_ms=REQUEST,
                metadata_max_age_ms=60_000,
            )
            try:
                async with asyncio.timeout(PATIENCE):
                    await producer.start()
                return producer
            except BaseException as error:
                await _stopped(producer)
                if not isinstance(error, KafkaError | OSError):
                    raise
                _log.warning("the broker is away, facts wait in the outbox", extra={"error": type(error).__name__})
            await self._wait(NET)
            await connection.execute("SELECT 1")
        return None

    async def _send_all(self, connection: asyncpg.Connection, producer: AIOKafkaProducer) -> None:
        over = False  # whether everything has been read that was committed before the stop
        while True:
            self._notice.clear()
            stopping = self._stopping
            rows = [] if over else await self._read(connection)
            over = stopping
            acked, failed = await self._landed(connection, self._under_way)
            self._under_way = Sent([]) if failed else await self._send(producer, rows)
            await self._remove(connection, acked)
            if failed:
                raise failed
            if over and not self._under_way.ids:
                return
            if not rows:
                await self._wait(NET)
            elif len(rows) < READ_ROWS:
                await asyncio.sleep(GATHER)

    async def _read(self, connection: asyncpg.Connection) -> Sequence[asyncpg.Record]:
        now = time.monotonic()
        missing = [topic for topic, until in self._missing.items() if until > now]
        rows: Sequence[asyncpg.Record] = await connection.fetch(_READ, self._under_way.ids, READ_ROWS, missing)
        return rows

    async def _wait(self, seconds: float) -> None:
        """Until there is something new, at most this long."""
        try:
            async with asyncio.timeout(seconds):
                await self._notice.wait()
        except TimeoutError:
            return

    async def _landed(self, connection: asyncpg.Connection, sent: Sent) -> tuple[list[int], BaseException | None]:
        """The ids that the broker has, and what went wrong with the rest.

        An idempotent client never gives a batch up: it tries again with what it knows of the cluster, be that right or
        not. So after `PATIENCE` seconds the rest counts as not taken, and whoever leads begins with a new client.
        """
        waiting: set[asyncio.Task[list[int]]] = set(sent.ways)
        deadline = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < deadline:
            _, waiting = await asyncio.wait(waiting, timeout=min(SIGN_OF_LIFE, PATIENCE))
            if waiting:
                await connection.execute("SELECT 1")
        acked = [taken for way in sent.ways if way not in waiting for taken in way.result()]
        return acked, None if len(acked) == len(sent.ids) else KafkaError("some rows were not taken")

    async def _remove(self, connection: asyncpg.Connection, ids: list[int]) -> None:
        if ids:
            await connection.execute(_REMOVE, ids)
            RELAYED.inc(len(ids))

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[asyncpg.Record]) -> Sent:
        ways: dict[Partition, list[asyncpg.Record]] = {}
        partitions = await self._partitions(producer, {row["topic"] for row in rows})
        rows = [row for row in rows if row["topic"] in partitions]
        for row in rows:
            topic = row["topic"]
            way = Partition(topic, partition_of(row["subject_id"], partitions[topic]))
            if way in ways:
                ways[way].append(row)
            else:
                ways[way] = [row]
        return Sent(
            [row["id"] for row in rows],
            [asyncio.create_task(self._send_in_order(producer, way, sent)) for way, sent in ways.items()],
        )

    async def _partitions(self, producer: AIOKafkaProducer, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions each of these topics has; those that the broker does not have are left out."""
        found: dict[str, int] = {}
        all_topics: Any = None
        for topic in topics:
            # The client would wait for a topic that is not there until its request times out, and everybody with it.
            if producer.client.cluster.partitions_for_topic(topic) is None:
                all_topics = all_topics or await producer.client.fetch_all_metadata()
                if not all_topics.partitions_for_topic(topic):
                    _log.error("the broker lacks a topic, its facts wait", extra={"topic": topic, "seconds": ASK_AGAIN})
                    self._missing[topic] = time.monotonic() + ASK_AGAIN
                    continue
            found[topic] = len(await producer.partitions_for(topic))
            self._missing.pop(topic, None)
        return found

    async def _send_in_order(self, producer: AIOKafkaProducer, way: Partition, rows: list[asyncpg.Record]) -> list[int]:
        """Send the rows of one partition batch by batch; the ids that the broker took before anything failed."""
        taken: list[int] = []
        rest = rows
        while rest:
            batch = producer.create_batch()
            count = 0
            for row in rest:
                headers = self._headers(row["topic"], row["event_id"], row["traceparent"])
                key, value = row["subject_id"].encode(), row["body"].encode()
                if batch.append(key=key, value=value, timestamp=None, headers=headers) is None:
                    break
                count += 1
            batch.close()
            try:
                await (await producer.send_batch(batch, way.topic, partition=way.number))
            except (KafkaError, OSError, TimeoutError) as error:
                told = {"topic": way.topic, "error": type(error).__name__}
                _log.warning("the broker did not take a batch", extra=told)
                return taken
            taken += [row["id"] for row in rest[:count]]
            rest = rest[count:]
        return taken

    def _headers(self, topic: str, event_id: str, traceparent: str | None) -> list[tuple[str, bytes]]:
        """CloudEvents 1.0 attributes in Kafka's binary mode, and the trace. Subject and time are key and body."""
        headers = [*self._heads, ("ce_type", topic.encode()), ("ce_id", event_id.encode())]
        if traceparent is not None:
            headers.append(("traceparent", traceparent.encode()))
        return headers


def _headers_of(service: str) -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_source", f"/{service}".encode()),
        ("content-type", b"application/json"),
    ]


def partition_of(subject_id: str, partitions: int) -> int:
    """The partition of everything about this subject (as librdkafka's `consistent`; Kafka's own hash is slow here)."""
    return crc32(subject_id.encode()) % partitions


async def _stopped(producer: AIOKafkaProducer) -> None:
    """Stop within a bound; what was not acked is still in the outbox."""
    try:
        async with asyncio.timeout(STOP):
            await producer.stop()
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning("the producer did not stop cleanly", extra={"error": type(error).__name__})
        await _end(producer)


async def _end(producer: AIOKafkaProducer) -> None:
    """End a producer that does not stop: left alone, it would go on trying, and send old rows after newer ones."""
    sending: asyncio.Task[None] | None = producer._sender.sender_task if producer._sender else None
    if sending is not None:
        sending.cancel()
    try:
        async with asyncio.timeout(CLOSE):
            await producer.client.close()  # its connections, and what keeps them up to date
    except (TimeoutError, KafkaError, OSError) as error:
        _log.warning("a producer's connections did not close", extra={"error": type(error).__name__})
