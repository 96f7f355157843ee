"""Waiting until what was said has arrived: facts at all who hear them, letters in the mailbox.

A page shows what its own service has heard. Whoever acts at one service and looks at another in the next moment sees
the state before; a test waits for the condition, here, and looks then.
"""

import asyncio
import json
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from deploy.local.ports import SERVICES
from deploy.local.system import System
from shared.contracts import documents
from shared.events import BY_TOPIC
from shared.topics import PARTITIONS
from tests.waiting import wait_until

SECONDS: Final = 60.0
EVERYWHERE: Final = tuple(TopicPartition(name, part) for name in BY_TOPIC for part in range(PARTITIONS))

T = TypeVar("T")


@dataclass(frozen=True)
class Fact:
    """A record of a topic."""

    topic: str
    key: str
    value: dict[str, Any]
    size: int
    headers: tuple[tuple[str, bytes], ...]


def rows(system: System, service: str, query: str, *values: object) -> list[dict[str, Any]]:
    """What a service's database answers."""
    return aside(_rows(system, service, query, *values))


def settle(system: System) -> None:
    """Wait until every fact that was said is on its topic, and heard by all who hear it."""
    ear = _ear(system)
    wait_until(lambda: aside(ear.all_is_heard()), SECONDS, lambda: f"not heard yet: {ear.unheard}")


def facts(system: System) -> list[Fact]:
    """Everything that was said."""
    settle(system)
    return list(_ear(system).facts)


def deliver(system: System) -> None:
    """Wait until nothing is on its way: errands are run, facts are heard, letters are sent or have failed for good."""
    wait_until(lambda: not rows(system, "identity", "SELECT 1 FROM errands LIMIT 1"), SECONDS)
    settle(system)
    open_letters = "SELECT kind FROM letters WHERE state IN ('waiting', 'ready')"
    wait_until(
        lambda: not rows(system, "notifier", open_letters),
        SECONDS,
        lambda: f"not sent yet: {rows(system, 'notifier', open_letters)}",
    )


def aside(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a thread of its own: the caller may be in an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def _rows(system: System, service: str, query: str, *values: object) -> list[dict[str, Any]]:
    url = system.environment(service)[f"ECS_POSTGRES_{service.upper()}"].replace("+asyncpg", "")
    connection = await asyncpg.connect(url)
    try:
        return [dict(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


class _Ear:
    """Reads along on every topic of a system, and remembers what was said and who has not heard it."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._listeners = documents.listeners()
        self._read: dict[TopicPartition, int] = {}
        self.facts: list[Fact] = []
        self.unheard: dict[str, set[str]] = {service: set() for service in SERVICES}

    async def all_is_heard(self) -> bool:
        """Whether nothing is on its way at this moment: what is heard may lead to something that is said."""
        if await self._anything_unsaid():
            return False
        await self._listen()
        await asyncio.gather(*map(self._ask, SERVICES))
        return not any(self.unheard.values()) and not await self._anything_unsaid()

    async def _anything_unsaid(self) -> bool:
        looks = (_rows(self._system, service, "SELECT 1 FROM outbox LIMIT 1") for service in SERVICES)
        return any(await asyncio.gather(*looks))

    async def _listen(self) -> None:
        """Read what is new on the topics."""
        assert self._system.kafka
        consumer = AIOKafkaConsumer(bootstrap_servers=self._system.kafka.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(EVERYWHERE)
            ends = await consumer.end_offsets(EVERYWHERE)
            for one in EVERYWHERE:
                consumer.seek(one, self._read.get(one, 0))
            while any([await consumer.position(one) < ends[one] for one in EVERYWHERE]):
                for batch in (await consumer.getmany(timeout_ms=200)).values():
                    for record in batch:
                        self._note(record)
            self._read = {one: await consumer.position(one) for one in EVERYWHERE}
        finally:
            await consumer.stop()

    def _note(self, record: Any) -> None:
        value = json.loads(record.value)
        self.facts.append(Fact(record.topic, record.key.decode(), value, len(record.value), tuple(record.headers)))
        for service in self._listeners[record.topic]:
            self.unheard[service].add(value["event_id"])

    async def _ask(self, service: str) -> None:
        """Forget what this service has in its inbox by now."""
        if waiting := list(self.unheard[service]):
            query = "SELECT event_id::text FROM inbox WHERE event_id = ANY($1::text[]::uuid[])"
            heard = await _rows(self._system, service, query, waiting)
            self.unheard[service] -= {row["event_id"] for row in heard}


@cache
def _ear(system: System) -> _Ear:
    return _Ear(system)
