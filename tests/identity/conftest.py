"""What identity's tests stand on: a fresh database, keys, people, and a running service for its pages."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import RowMapping, text

from deploy.local.parts import Valkey
from deploy.local.process import Part
from services.identity.actions import enrolment, errands, login, registration
from services.identity.actions.enrolment import NewAccount
from services.identity.actions.login import Refusal, Unconfirmed, Welcome
from services.identity.actions.registration import Answers
from services.identity.passwords import Passwords
from services.identity.post import Post
from services.identity.rules.people import Address
from services.identity.tables import Base
from services.identity.tokens import new
from shared import keys as key_files
from shared.db import Database
from shared.events import BY_TOPIC, Event, Role
from shared.keys import KeyRing, Keys
from shared.sealed import Opener
from tests.databases import DatabaseMaker
from tests.ports import free_port
from tests.visitor import Visitor

NOW = datetime(2026, 8, 4, 15, 0, tzinfo=UTC)
PASSWORD = "three blue shoes dancing"
MINUTE = timedelta(minutes=1)


async def always(recipient: str) -> bool:
    """No limit on letters."""
    return True


@dataclass
class House:
    """identity's database, with shortcuts through its actions, each in a transaction of its own."""

    database: Database
    keys: Keys
    passwords: Passwords
    hashed: str
    index: KeyRing = field(init=False)
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.index = self.keys.ring("index")
        self.post = Post(self.keys, "http://localhost:8080")

    def answers(self, username: str = "jordan.rivera", email: str = "", **changes: Any) -> Answers:
        """What a person answers who registers."""
        email = email or f"{username}@example.edu"
        given: dict[str, Any] = {
            "first_name": "Jordan",
            "last_name": "Rivera",
            "address": Address(email),
            "username": username,
            "language": "en",
            "password_hash": self.hashed,
        }
        return Answers(**(given | changes))

    async def register(self, username: str = "jordan.rivera", email: str = "", now: datetime = NOW) -> str:
        """A registration; its browser's token."""
        browser = new()
        async with self.database.transaction() as session:
            assert await registration.register(session, browser, self.answers(username, email), now)
        return browser

    async def account(
        self,
        username: str = "jordan.rivera",
        *roles: Role,
        email: str = "",
        institution: str | None = None,
        now: datetime = NOW,
    ) -> UUID:
        """An account with roles."""
        last = "Office" if Role.ADMINISTRATOR in roles else "Rivera"
        wanted = NewAccount(username, "Jordan", last, Address(email or f"{username}@example.edu"))
        async with self.database.transaction() as session:
            held = [(role, institution) for role in roles]
            return await enrolment.create(session, wanted, self.hashed, held, "a test", now)

    async def log_in(
        self, name: str, password: str = PASSWORD, now: datetime = NOW, passwords: Any = None
    ) -> Welcome | Unconfirmed | Refusal:
        """The three steps of a login, each as the page takes it."""
        checks = passwords or self.passwords
        async with self.database.transaction() as session:
            begun = await login.begin(session, self.index, name, now)
        if isinstance(begun, Refusal):
            return begun
        checked = await login.check(checks, begun, password)
        async with self.database.transaction() as session:
            return await login.finish(session, checks, begun, checked, password, now)

    async def run_errands(self, now: datetime = NOW) -> list[Event]:
        """Look into all errands; the facts that follow."""
        before = len(await self.said())
        async with self.database.transaction() as session:
            while await errands.run(session, self.post, always, now):
                pass
        return (await self.said())[before:]

    async def errands_are_run(self) -> None:
        """Return when the running service has looked into every errand."""
        async with asyncio.timeout(60):
            while await self.count("errands"):  # noqa: ASYNC110 - another process runs them
                await asyncio.sleep(0.05)

    async def somebody_waits(self) -> None:
        """Return when a statement in this database waits for another transaction."""
        query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        async with asyncio.timeout(60):
            while not await self.rows(query):  # noqa: ASYNC110 - PostgreSQL does not say when a wait begins
                await asyncio.sleep(0.02)

    async def said(self) -> list[Event]:
        """Every fact in the outbox, oldest first."""
        rows = await self.rows("SELECT topic, body FROM outbox ORDER BY id")
        return [BY_TOPIC[row["topic"]].model_validate_json(row["body"]) for row in rows]

    async def topics(self) -> list[str]:
        """The names of the facts in the outbox."""
        return [event.topic for event in await self.said()]

    async def rows(self, query: str, **values: Any) -> Sequence[RowMapping]:
        """What the database holds."""
        async with self.database.reading() as session:
            return (await session.execute(text(query), values)).mappings().all()

    async def count(self, table: str) -> int:
        """How many rows a table holds."""
        return int((await self.rows(f"SELECT count(*) AS n FROM {table}"))[0]["n"])  # noqa: S608 - our own names

    def opened(self, fact: Any) -> dict[str, str]:
        """What was sealed in a fact, as the notifier reads it."""
        return Opener(Keys(self.keys.folder, "notifier")).open(fact.sealed)

    def token(self, fact: Any) -> str:
        """The token of the link in a letter."""
        return self.opened(fact)["link"].rsplit("/", 1)[1]


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key_files.create_all(folder)
    return folder


@pytest.fixture(scope="session")
def passwords() -> Iterator[Passwords]:
    passwords = Passwords()
    yield passwords
    passwords.close()


@pytest.fixture(scope="session")
async def hashed(passwords: Passwords) -> str:
    """The hash of PASSWORD, made once."""
    return await passwords.hash(PASSWORD)


@pytest.fixture(scope="session")
async def kept_house(
    lasting_database: DatabaseMaker, key_folder: Path, passwords: Passwords, hashed: str
) -> AsyncIterator[House]:
    database = Database(lasting_database("identity"), pool_size=20)
    yield House(database, Keys(key_folder, "identity"), passwords, hashed)
    await database.dispose()


@pytest.fixture
async def house(kept_house: House) -> House:
    """An empty identity. One database for all tests, emptied before each: a new one takes ten times as long."""
    tables = ", ".join(f'"{name}"' for name in Base.metadata.tables)
    async with kept_house.database.transaction() as session:
        await session.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        await session.execute(text(f"TRUNCATE {tables}"))
        await session.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
    return kept_house


class RunningIdentity(Part):
    """The service as it runs, without a broker: what it says stays in its outbox."""

    name = "identity"

    def __init__(self, home: Path, url: str, redis: str, keys: Path, *, demo: bool = True) -> None:
        super().__init__(home, free_port())
        self.origin = f"http://localhost:{self.port}"
        self._given = {
            "ECS_POSTGRES_IDENTITY": url,
            "ECS_REDIS": redis,
            "ECS_KAFKA": f"127.0.0.1:{free_port()}",
            "ECS_KEYS": str(keys),
            "ECS_HOME": str(home),
            "ECS_PORT": str(self.port),
            "ECS_ORIGIN": self.origin,
            "ECS_DEMO": "on" if demo else "off",
            "ECS_URL_IDENTITY": f"http://127.0.0.1:{self.port}",
            "ECS_URL_EDUCATOR": f"http://127.0.0.1:{free_port()}",
        }

    def command(self) -> Sequence[str | Path]:
        return [
            sys.executable,
            *("-m", "uvicorn", "services.identity.main:app"),
            *("--host", "127.0.0.1", "--port", str(self.port), "--log-level", "warning"),
        ]

    def environment(self) -> dict[str, str]:
        return dict(os.environ) | self._given

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=20).status_code == 200
        except httpx.HTTPError:
            return False


@dataclass
class Site:
    """A running identity, its database beside it, and visitors to its pages."""

    service: RunningIdentity
    house: House
    visitors: list[Visitor] = field(default_factory=list)

    def visitor(self) -> Visitor:
        """Somebody at a browser of their own."""
        self.visitors.append(Visitor(self.service.origin))
        return self.visitors[-1]

    def logged_in(self, username: str, password: str = PASSWORD) -> Visitor:
        """Somebody who has logged in."""
        visitor = self.visitor().open("/login")
        return visitor.fill("Username", username).fill("Password", password).press("Login")


@pytest.fixture(scope="session")
async def site(
    tmp_path_factory: pytest.TempPathFactory,
    lasting_database: DatabaseMaker,
    valkey: Valkey,
    key_folder: Path,
    passwords: Passwords,
    hashed: str,
) -> AsyncIterator[Site]:
    """One running service for all tests of its pages; each test brings people of its own."""
    url = lasting_database("identity")
    service = RunningIdentity(tmp_path_factory.mktemp("identity"), url, valkey.url, key_folder)
    service.start()
    database = Database(url)
    found = Site(service, House(database, Keys(key_folder, "identity"), passwords, hashed))
    yield found
    await database.dispose()
    service.stop()
