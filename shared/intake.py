"""From a batch of Kafka records to committed work: one transaction for all of it, unless one record stands in the way.

Bulk first. If a handler fails on a message, the batch is undone and redone in halves until the bad record stands alone;
the good ones pass in order, the bad one is tried three times and then parked. If the world fails, nothing is parked:
`Held` is raised, the same records come again.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple

from shared import faults, inbox, metrics, parked, traces
from shared.db import Session
from shared.events import BY_TOPIC, Event
from shared.parked import Record

TRIES: Final = 3
BETWEEN_TRIES: Final = 0.1
# So many records of a batch are worth pauses between their tries. Where a handler refuses hundreds, pausing for each
# would take longer than the group waits for a member (`bus.BATCH_LIMIT_MS`).
WORTH_A_PAUSE: Final = 5

Transaction = Callable[[], AbstractAsyncContextManager[Session]]
Handle = Callable[[Session, Sequence[Event]], Any]

_log = logging.getLogger(__name__)


class Held(Exception):
    """Something the batch needs is away; it must be tried again later. `__cause__` says what."""


class NotAFact(Exception):
    """The record is not a fact of its topic, whatever else it may be."""


class Heard(NamedTuple):
    """A record and the fact in it."""

    record: Any
    event: Event


def read(record: Any) -> Event:
    """The fact in a record.

    Raises:
        NotAFact: no body, or a key that is not the subject.
        pydantic.ValidationError: not JSON, or not of the topic's form.
    """
    if record.value is None:
        raise NotAFact
    event = BY_TOPIC[record.topic].model_validate_json(record.value)
    if record.key != event.subject_id.encode():
        raise NotAFact
    return event


class Intake:
    """Takes batches into one service's database."""

    def __init__(self, transaction: Transaction, handle: Handle) -> None:
        self._transaction = transaction
        self._handle = handle
        self._refused = 0  # of this batch, alone and again

    async def take(self, records: Sequence[Any]) -> None:
        """Handle every fact of the batch once, in order per key, and park what cannot be handled.

        Raises:
            Held: nothing more can be done now; what was committed so far will not be done twice.
        """
        began = time.perf_counter()
        self._refused = 0
        try:
            heard, refused = sort_out(records)
            with traces.span("kafka.batch", links=_causes(heard)):
                for record, error in refused:
                    await self._park(record, error, tries=1)
                if heard:
                    await self._whole_or_halves(heard)
        except Exception as error:
            # Only faults of the world come as far as this. Whatever else it were, the batch must come again: FastStream
            # passes over what is raised here, and reads on.
            metrics.HELD.inc()
            raise Held from error
        metrics.BATCH_SECONDS.observe(time.perf_counter() - began)

    async def _whole_or_halves(self, heard: list[Heard]) -> None:
        try:
            await self._at_once(heard)
        except Exception as error:
            if faults.is_of_the_world(error):
                raise
            if len(heard) == 1:
                await self._again(heard[0], error)
            else:
                middle = len(heard) // 2
                await self._whole_or_halves(heard[:middle])
                await self._whole_or_halves(heard[middle:])

    async def _at_once(self, heard: list[Heard]) -> None:
        events = [one.event for one in heard]
        async with self._transaction() as session:
            if repeats := await inbox.repeats(session, events):
                events = [event for event in events if event.event_id not in repeats]
            if events:
                await self._handle(session, events)
        metrics.REPEATED.inc(len(heard) - len(events))
        for topic, count in Counter([event.topic for event in events]).items():
            metrics.HEARD.labels(topic).inc(count)

    async def _again(self, one: Heard, error: Exception) -> None:
        self._refused += 1
        for tried in range(1, TRIES):
            await asyncio.sleep(BETWEEN_TRIES * tried if self._refused <= WORTH_A_PAUSE else 0)
            try:
                return await self._at_once([one])
            except Exception as again:
                if faults.is_of_the_world(again):
                    raise
                error = again
        await self._park(one.record, error, tries=TRIES, event=one.event)
        return None

    async def _park(self, record: Any, error: Exception, tries: int, event: Event | None = None) -> None:
        async with self._transaction() as session:
            if event is not None and await inbox.repeats(session, [event]):
                return
            if not await parked.park(session, record, error, tries):
                return
        metrics.PARKED.labels(record.topic).inc()
        where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        _log.error("a record was parked", extra={**where, "error": parked.name_of(error)}, exc_info=error)


def sort_out(records: Iterable[Any]) -> tuple[list[Heard], list[tuple[Any, Exception]]]:
    """Facts, each once and in order, and records that are none with the reason."""
    heard: dict[Any, Heard] = {}
    refused: list[tuple[Any, Exception]] = []
    for record in records:
        try:
            event = read(record)
        except (ValueError, NotAFact) as error:  # pydantic's ValidationError is a ValueError
            refused.append((record, error))
        else:
            heard.setdefault(event.event_id, Heard(record, event))
    return list(heard.values()), refused


async def redrive(session: Session, handle: Handle, record: Record) -> None:
    """Handle a parked record again. It was recorded as seen when it was parked, unless it was no fact then."""
    event = read(record)
    await inbox.repeats(session, [event])
    await handle(session, [event])


def _causes(heard: Sequence[Heard], most: int = 8) -> tuple[str, ...]:
    """The traces that led here, a few of them."""
    found: set[str] = set()
    for one in heard[:most]:
        for name, value in one.record.headers:
            if name == "traceparent" and isinstance(value, bytes):
                found.add(value.decode("ascii", "replace"))
    return tuple(found)
