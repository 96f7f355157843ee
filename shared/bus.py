"""Facts on their way in: which a service hears, what each starts, and the loop that reads them from Kafka.

    consumers = Consumers("certificate", read_model=(tables.Educator,))
    on = consumers.on

    @on(FingerprintCleared)
    async def note_clearances(facts: Sequence[FingerprintCleared], session: Session) -> None: ...

A handler gets the fresh facts of a batch, in order per key, and a session; it never commits. Order holds within a topic
only, so a handler must reach the same state whatever the order across topics.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from aiokafka import TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from shared import metrics
from shared.db import Database, Session
from shared.events import Event
from shared.intake import Held, Intake
from shared.reading import Broker

MAX_RECORDS: Final = 2000
# Milliseconds: how long to wait for records (after an empty poll FastStream sleeps as long again, so it is what an idle
# system adds); how soon the group notices that a member died; how long a batch may take before the member is out.
POLL_MS: Final = 20
SESSION_MS: Final = 10_000
BATCH_LIMIT_MS: Final = 120_000
# Seconds: the pause after a fault of the world grows up to here, well below the limit above.
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 10.0
# Seconds: under load, how long to let records gather after a batch that was not full, since each batch costs as much as
# a hundred facts; a fact that comes alone waits for nothing.
GATHER: Final = 0.015
DRAIN: Final = 15.0

E = TypeVar("E", bound=Event)
Handler = Callable[[Sequence[E], Session], Awaitable[None]]
Rebuilt = Callable[[Session, str], Awaitable[str | None]]

_log = logging.getLogger(__name__)


class Consumers:
    """What one service hears."""

    def __init__(self, service: str, *, read_model: Sequence[Any] = (), rebuilt: Rebuilt | None = None) -> None:
        """`read_model`: the mapped classes that `ecsctl rebuild` empties and fills again from the facts.

        `rebuilt`: writes down what follows from them, once that is done: a page after the key it is given (at first
        ""), and it returns the page's last key, or None after the last page. Handlers leave it out while `replaying`.
        """
        self.service = service
        self.rebuilt = rebuilt
        self.read_model = tuple(read_model)
        self.handlers: dict[type[Event], Handler[Any]] = {}

    def on(self, event: type[E]) -> Callable[[Handler[E]], Handler[E]]:
        """Call this function with facts of this class; one function per class and service."""
        if event in self.handlers:
            raise ValueError(f"{self.service} already hears {event.topic}")

        def register(handler: Handler[E]) -> Handler[E]:
            self.handlers[event] = handler
            return handler

        return register

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics that the service reads."""
        return tuple(sorted(event.topic for event in self.handlers))

    async def handle(self, session: Session, events: Sequence[Event]) -> None:
        """Give each handler its facts, all of a class at once."""
        by_class: dict[type[Event], list[Event]] = {}
        for event in events:
            by_class.setdefault(type(event), []).append(event)
        for kind, facts in by_class.items():
            await self.handlers[kind](facts, session)


class Listener:
    """Reads a service's topics and takes what it finds into the database, until stopped."""

    def __init__(self, consumers: Consumers, database: Database, bootstrap: str) -> None:
        self._consumers = consumers
        self._intake = Intake(database.transaction, consumers.handle)
        self._stopping = asyncio.Event()
        self._pause = FIRST_PAUSE
        self._broker = Broker(
            bootstrap,
            client_id=f"{consumers.service}-listener",
            consumer_only=True,
            allow_auto_create_topics=False,
            graceful_timeout=DRAIN,
            apply_types=False,
            logger=None,
            parser=_as_it_came,
            decoder=_undecoded,
        )
        self._subscriber = self._broker.subscriber(
            *consumers.topics,
            group_id=consumers.service,
            batch=True,
            max_records=MAX_RECORDS,
            batch_timeout_ms=POLL_MS,
            auto_offset_reset="earliest",
            ack_policy=AckPolicy.MANUAL,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            max_poll_interval_ms=BATCH_LIMIT_MS,
            fetch_max_wait_ms=500,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        self._subscriber(self._take)

    async def run(self) -> None:
        """Listen for ever; while the broker is away, try again."""
        while not self._stopping.is_set():
            try:
                await self._broker.start()
                break
            except (KafkaError, OSError) as error:
                _log.warning("the broker is away, nothing is heard", extra={"error": type(error).__name__})
                await self._broker.stop()
                await self._rest(1.0)
        await self._stopping.wait()

    async def stop(self) -> None:
        """Finish the batch at hand, within a bound, and leave the group."""
        self._stopping.set()
        await self._broker.stop()

    async def _take(self, message: KafkaMessage) -> None:
        records: Sequence[Any] = message.raw_message
        try:
            await self._intake.take(records)
        except Held as held:
            _log.warning("a batch is held", extra={"error": type(held.__cause__).__name__, "seconds": self._pause})
            self._measure(records)
            self._seek_back(records)
            await self._rest(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
            return
        self._pause = FIRST_PAUSE
        self._measure(records)
        await self._commit()
        if 1 < len(records) < MAX_RECORDS:
            await self._rest(GATHER)

    def _measure(self, records: Sequence[Any]) -> None:
        """How far behind the end these records stand, as the broker said with the last fetch."""
        last = {TopicPartition(record.topic, record.partition): record.offset for record in records}
        for where in last.keys() & self._consumer.assignment():
            end = self._consumer.highwater(where)
            if end is not None:
                metrics.LAG.labels(where.topic, str(where.partition)).set(max(0, end - last[where] - 1))

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    def _seek_back(self, records: Sequence[Any]) -> None:
        """Read these records again. A partition that went to another member meanwhile is theirs to read."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            where = TopicPartition(record.topic, record.partition)
            first[where] = min(record.offset, first.get(where, record.offset))
        for where, offset in first.items():
            try:
                self._consumer.seek(where, offset)
            except IllegalStateError:
                _log.info("a partition moved away", extra={"topic": where.topic, "partition": where.partition})

    async def _commit(self) -> None:
        """All records read so far are done. Should this fail, they come again and the inbox drops them."""
        try:
            await self._consumer.commit()
        except (KafkaError, IllegalStateError) as error:
            _log.info("offsets were not committed", extra={"error": type(error).__name__})

    @property
    def _consumer(self) -> Any:
        return self._subscriber.consumer


async def _as_it_came(records: tuple[Any, ...]) -> KafkaMessage:
    """FastStream's message around raw records.

    Its own parser decodes every header before the handler is called; one null or foreign byte there and the whole batch
    would be passed over.
    """
    return KafkaMessage(body=b"", raw_message=records, consumer=FAKE_CONSUMER)


async def _undecoded(message: KafkaMessage) -> KafkaMessage:
    """Nothing: the handler reads the records itself."""
    return message
