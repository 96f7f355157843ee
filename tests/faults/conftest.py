"""One place for each test: databases for the side that says and the side that hears, empty topics, workers."""

import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.forking import Nursery
from tests.conftest import KafkaPart
from tests.databases import DatabaseMaker
from tests.faults.harness import Rows, Worker, facts, new_topics, records, until
from tests.faults.small import create_tables


@dataclass
class Place:
    """What a test has to itself."""

    nursery: Nursery
    kafka: str
    saying_url: str
    hearing_url: str
    group: str = field(default_factory=lambda: f"small-{secrets.token_hex(4)}")
    workers: list[Worker] = field(default_factory=list)

    @property
    def saying(self) -> Rows:
        """The database of the side that says."""
        return Rows(self.saying_url)

    @property
    def hearing(self) -> Rows:
        """The database of the side that hears."""
        return Rows(self.hearing_url)

    async def says(self, **environment: str) -> Worker:
        """Start a process that says facts."""
        return await self._start("says", self.saying_url, environment)

    async def hears(self, **environment: str) -> Worker:
        """Start a process that hears them."""
        return await self._start("hears", self.hearing_url, environment)

    async def said(self, *topics: str) -> list[dict[str, Any]]:
        """The facts on the topics."""
        return facts(await records(self.kafka, *topics))

    async def drained(self, seconds: float = 60) -> None:
        """Wait until the outbox is empty."""

        async def empty() -> bool:
            return await self.saying.count("outbox") == 0

        await until(empty, "the outbox is empty", seconds)

    async def heard(self, count: int, seconds: float = 60) -> None:
        """Wait until this many facts were handled."""

        async def enough() -> bool:
            return await self.hearing.count("heard") >= count

        await until(enough, f"{count} facts are heard", seconds)

    async def lock(self, table: str) -> asyncpg.Connection:
        """Hold a table of the hearing side until the connection is closed."""
        connection = await asyncpg.connect(self.hearing_url)
        await connection.execute("BEGIN")
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        return connection

    async def _start(self, side: str, url: str, environment: dict[str, str]) -> Worker:
        worker = await Worker.start(self.nursery, side, postgres=url, kafka=self.kafka, group=self.group, **environment)
        self.workers.append(worker)
        return worker


@pytest.fixture(scope="session")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """What our programs are forked from: each would take seconds to import what they have in common."""
    started = Nursery(tmp_path_factory.mktemp("nursery"))
    yield started
    started.stop()


@pytest_asyncio.fixture
async def place(nursery: Nursery, kafka: KafkaPart, fresh_database: DatabaseMaker) -> AsyncIterator[Place]:
    """Two databases, two empty topics, and no process yet."""
    await new_topics(kafka.bootstrap)
    place = Place(nursery, kafka.bootstrap, fresh_database(), fresh_database())
    await create_tables(place.saying_url)
    await create_tables(place.hearing_url)
    yield place
    for worker in place.workers:
        await worker.kill()
