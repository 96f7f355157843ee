"""aiokafka's consumer, from which nothing is lost when one partition cannot be read.

`getmany` drains one partition after another, and moves their positions. Raises a later one (its records are damaged, or
a header's name is not UTF-8), what was drained before is gone, and the next commit passes over it for good. So after
any error everything is read again from where it was committed. The partition itself is then read alone, record by
record up to the one that stands in the way, and left to rest there: the others go on.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import ConsumerStoppedError, CorruptRecordException, IllegalStateError, UnsupportedCodecError
from faststream.kafka import KafkaBroker

# What reading a record raises; everything else is the broker's or the group's.
UNREADABLE: Final = (CorruptRecordException, UnsupportedCodecError, ValueError)
# Seconds that partitions are read one by one, and a partition rests that cannot be read past a record.
REST: Final = 60.0

_log = logging.getLogger(__name__)
_Found = dict[TopicPartition, list[Any]]


class Reader(AIOKafkaConsumer):  # type: ignore[misc] # the client has no types
    """A consumer that hands out every record that can be read."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._astray = False
        self._apart_until = 0.0
        self._suspects: set[TopicPartition] = set()

    async def getmany(self, *partitions: TopicPartition, timeout_ms: int = 0, max_records: int | None = None) -> _Found:
        """As the client's; where a record cannot be read, the others all the same."""
        if self._astray:
            await self._go_back()
        if partitions or not await self._apart():
            try:
                found: _Found = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
            except ConsumerStoppedError:
                raise
            except Exception as error:
                self._astray = True
                if not isinstance(error, UNREADABLE):
                    raise
                self._apart_until = time.monotonic() + REST
                extra = {"error": type(error).__name__, "seconds": REST}
                _log.warning("a record cannot be read, each partition is read by itself", extra=extra)
                return {}
            return found
        found = await self._one_by_one(max_records)
        if not found:
            await asyncio.sleep(timeout_ms / 1000)
        return found

    async def _go_back(self) -> None:
        """To where everything before is done and committed; what was done since comes again, and the inbox drops it."""
        for where in self.assignment():
            committed = await self.committed(where)
            with suppress(IllegalStateError):  # it moved to another member meanwhile
                if committed is None:
                    await self.seek_to_beginning(where)
                else:
                    self.seek(where, committed)
        self._astray = False

    async def _apart(self) -> bool:
        """Whether partitions are still read one by one. When that ends, those that rested are tried again."""
        if time.monotonic() < self._apart_until:
            return True
        if self._apart_until:
            self._apart_until = 0.0
            self._suspects.clear()
            self.resume(*self.paused())
        return False

    async def _one_by_one(self, max_records: int | None) -> _Found:
        found: _Found = {}
        left = max_records or 1000
        for where in self.assignment() - self.paused():
            try:
                records = await self._of(where, left)
            except Exception:
                if found:  # it is raised again when nothing else is at stake
                    break
                raise
            if records:
                found[where] = records
                left -= len(records)
            if left <= 0:
                break
        return found

    async def _of(self, where: TopicPartition, most: int) -> list[Any]:
        """What one partition has, up to a record that cannot be read."""
        records: list[Any] = []
        each = 1 if where in self._suspects else most
        try:
            while len(records) < most:
                more = await super().getmany(where, timeout_ms=0, max_records=each)
                if not more:
                    break
                records += more[where]
        except UNREADABLE as error:
            if where not in self._suspects:
                self._suspects.add(where)
            elif not records:
                with suppress(IllegalStateError):
                    self.pause(where)
                extra = {"topic": where.topic, "partition": where.partition, "error": type(error).__name__}
                _log.error("a record cannot be read, its partition stands still", extra={**extra, "seconds": REST})
        return records


class Broker(KafkaBroker):
    """FastStream's broker with this consumer under it."""

    async def _connect(self) -> Callable[..., AIOKafkaConsumer]:
        build = await super()._connect()
        assert isinstance(build, partial)  # noqa: S101 - tells the type
        self.config.broker_config.builder = partial(Reader, **build.keywords)
        return self.config.broker_config.builder
