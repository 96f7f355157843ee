"""A fingerprint database with the few things its tests do to it."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import text

from services.fingerprint import regulations, tables
from services.fingerprint.actions import archive, checks, people, results
from services.fingerprint.actions.entering import Arrival, Outcome
from services.fingerprint.ebts import Unreadable
from services.fingerprint.rules.check import Standing, State
from services.fingerprint.vault import Vault, vault_of
from shared.db import Database
from shared.events import BY_TOPIC, EducatorIdentified, Event, NameChanged
from shared.keys import KEY_BYTES, KeyRing
from shared.policy import local_day
from tests.conftest import ValkeyPart
from tests.databases import DatabaseMaker
from tests.fingerprint.office import Office, opened
from tests.fingerprint.site import Site, serving

KEY = bytes(range(KEY_BYTES))


def arrival(content: bytes, name: str = "answer.eft", at: datetime | None = None, **more: Any) -> Arrival:
    """A file as the spool hands it over."""
    received_at, message = at or datetime.now(UTC), results.understood(content)
    origin = "" if isinstance(message, Unreadable) else message.origin
    bureau = regulations.bureau(origin, local_day(received_at))
    digest = hashlib.sha256(content).digest()
    return Arrival(name, received_at, digest, message, content, bureau=bureau, **more)


@dataclass
class Bench:
    """The service without its edges."""

    database: Database
    vault: Vault

    async def take(
        self, content: bytes, name: str = "answer.eft", held: float = 0.0, at: datetime | None = None
    ) -> Outcome:
        """A file arrives, now or `at` another moment."""
        (outcome,) = await self.take_all((content, name), held=held, at=at)
        return outcome

    async def take_all(
        self, *files: tuple[bytes, str], held: float | None = 0.0, at: datetime | None = None
    ) -> list[Outcome]:
        """Files arrive together, each its bytes and its name."""
        async with self.database.transaction() as session:
            arrivals = [arrival(content, name, at=at) for content, name in files]
            return await results.take(session, self.vault, arrivals, held)

    async def every_content(self) -> list[bytes]:
        """The bytes of every file, and on the way everything else that is sealed."""
        async with self.database.transaction() as session:
            rows = await self.rows("SELECT id FROM files WHERE key_id IS NOT NULL ORDER BY id")
            files = [await session.get_one(tables.File, row["id"]) for row in rows]
            for row in await self.rows("SELECT id FROM answers"):
                await archive.evidence(session, self.vault, await session.get_one(tables.Answer, row["id"]))
            return [(await archive.content(session, self.vault, file))[1] for file in files]

    async def identify(self, educator_id: str, account_id: UUID | None = None, sequence: int = 1) -> UUID:
        """EducatorIdentified arrives."""
        account_id = account_id or uuid4()
        fact = EducatorIdentified.now(educator_id, account_id=account_id).model_copy(update={"sequence": sequence})
        async with self.database.transaction() as session:
            await people.identified(session, [fact])
        return account_id

    async def name(
        self,
        educator_id: str,
        first: str = "Jordan",
        last: str = "Rivera",
        *former: str,
        sequence: int = 2,
        at: datetime | None = None,
    ) -> None:
        """NameChanged arrives; it was said `at` another moment than now, if given."""
        fact = NameChanged.now(educator_id, first_name=first, last_name=last, former_last_names=former)
        fact = fact.model_copy(update={"sequence": sequence, "occurred_at": at or fact.occurred_at})
        async with self.database.transaction() as session:
            await people.named(session, [fact])

    async def know(self, educator_id: str, first: str = "Jordan", last: str = "Rivera") -> UUID:
        """The educator is known by account and name."""
        await self.name(educator_id, first, last)
        return await self.identify(educator_id)

    async def standing(self, educator_id: str, purpose: str = "2301") -> Standing:
        """What the educator may see."""
        async with self.database.reading() as session:
            found = dict(await checks.standings(session, educator_id))
        return found.get(purpose, Standing(State.NOTHING_YET))

    async def said(self, educator_id: str) -> list[Event]:
        """The facts about an educator, in order."""
        rows = await self.rows("SELECT topic, body FROM outbox WHERE subject_id = :id ORDER BY id", id=educator_id)
        return [BY_TOPIC[row["topic"]].model_validate_json(row["body"]) for row in rows]

    async def topics(self, educator_id: str) -> list[str]:
        """The names of the facts about an educator, in order."""
        return [fact.topic for fact in await self.said(educator_id)]

    async def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """What a query finds."""
        async with self.database.reading() as session:
            return [dict(row) for row in (await session.execute(text(query), values)).mappings()]

    async def do(self, statement: str, **values: Any) -> None:
        """Change something behind the service's back."""
        async with self.database.transaction() as session:
            await session.execute(text(statement), values)

    async def one(self, query: str, **values: Any) -> Any:
        """The single value that a query finds."""
        (row,) = await self.rows(query, **values)
        (value,) = row.values()
        return value


@pytest_asyncio.fixture
async def bench(fresh_database: DatabaseMaker) -> AsyncIterator[Bench]:
    """A database of its own for one test."""
    database = Database(fresh_database("fingerprint"), pool_size=4)
    yield Bench(database, Vault(KeyRing({1: KEY})))
    await database.dispose()


@pytest_asyncio.fixture
async def other_bench(fresh_database: DatabaseMaker) -> AsyncIterator[Bench]:
    """Another one, to compare with."""
    database = Database(fresh_database("fingerprint"), pool_size=4)
    yield Bench(database, Vault(KeyRing({1: KEY})))
    await database.dispose()


@pytest.fixture
def site(bench: Bench, valkey: ValkeyPart, tmp_path: Path) -> Iterator[Site]:
    """The pages over the bench's database; from then on the bench seals with the keys that they read."""
    with serving(bench.database.engine.url.render_as_string(hide_password=False), valkey.url, tmp_path) as found:
        bench.vault = vault_of(found.service.keys)
        yield found


@pytest_asyncio.fixture
async def office(bench: Bench, tmp_path: Path) -> AsyncIterator[Office]:
    """Submissions over the bench's database; what educator answers is the test's to say."""
    async with opened(bench, tmp_path) as found:
        yield found
