"""Redis flushed, killed, frozen or away while a session ends: sessions and delays stay right (fault 15)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest_asyncio
from redis.asyncio import Redis

from deploy.local.forking import Nursery
from deploy.local.parts import Valkey
from deploy.local.process import Running
from services.identity.passwords import Passwords
from shared import keys as key_files
from shared.auth import CACHE_SECONDS
from shared.db import Database
from shared.events import Role
from shared.keys import Keys
from tests.conftest import OwnParts
from tests.databases import DatabaseMaker
from tests.faults.harness import ROOT
from tests.identity.conftest import PASSWORD, House, RunningIdentity
from tests.visitor import Visitor


class Identity(RunningIdentity):
    """identity as it runs, but for a guard that a sabotage switches off."""

    def __init__(self, nursery: Nursery, home: Path, url: str, redis: str, keys: Path) -> None:
        super().__init__(home, url, redis, keys)
        self._nursery = nursery

    def begin(self, log: IO[bytes]) -> Running:
        module = ["tests.faults.serve", "services.identity.main:app", str(self.port)]
        environment = {**self.environment(), "PYTHONPATH": str(ROOT)}
        return self._nursery.fork(module, environment, out=log.fileno(), errors=log.fileno())


@dataclass
class Site:
    """A running identity with a Valkey that may be treated badly."""

    service: Identity
    valkey: Valkey
    house: House

    async def log_in(self, username: str, password: str = PASSWORD) -> Visitor:
        """Somebody who fills in the form."""

        def go() -> Visitor:
            visitor = Visitor(self.service.origin).open("/login")
            return visitor.fill("Username", username).fill("Password", password).press("Login")

        return await asyncio.to_thread(go)

    async def is_in(self, visitor: Visitor) -> bool:
        """Whether the person still sees the page that is for those who are signed in."""
        answer = await asyncio.to_thread(visitor.send, "GET", "/applications")
        assert answer.status in {200, 303}, answer.status
        return answer.status == 200

    async def redis(self) -> Redis:
        """A client for the test itself."""
        return Redis.from_url(self.valkey.url)


@pytest_asyncio.fixture
async def site(
    nursery: Nursery, own_parts: OwnParts, fresh_database: DatabaseMaker, tmp_path: Path
) -> AsyncIterator[Site]:
    """One for each test."""
    url, valkey = fresh_database("identity"), own_parts.valkey()
    key_files.create_all(tmp_path / "keys")
    service = Identity(nursery, tmp_path, url, valkey.url, tmp_path / "keys")
    await asyncio.to_thread(service.start)
    passwords, database = Passwords(), Database(url)
    house = House(database, Keys(tmp_path / "keys", "identity"), passwords, await passwords.hash(PASSWORD))
    yield Site(service, valkey, house)
    await database.dispose()
    passwords.close()
    await asyncio.to_thread(service.kill)


async def test_15_a_session_outlives_a_flushed_a_killed_and_a_frozen_redis(site: Site) -> None:
    await site.house.account("jordan.rivera", Role.EDUCATOR)
    jordan = await site.log_in("jordan.rivera")
    assert await site.is_in(jordan)
    client = await site.redis()
    await client.flushall()
    assert await site.is_in(jordan)
    await client.aclose()
    await asyncio.to_thread(site.valkey.kill)
    assert await site.is_in(jordan)
    assert await site.is_in(await site.log_in("jordan.rivera")), "one can log in without Redis"
    await asyncio.to_thread(site.valkey.start)
    assert await site.is_in(jordan)
    site.valkey.freeze()
    assert await site.is_in(jordan)
    site.valkey.thaw()


async def test_15_a_session_that_ends_while_redis_is_away_is_dead_a_minute_later_at_most(site: Site) -> None:
    await site.house.account("jordan.rivera", Role.EDUCATOR)
    jordan = await site.log_in("jordan.rivera")
    assert await site.is_in(jordan)
    client = await site.redis()
    [key] = await client.keys("session:*")
    cached = await client.get(key)
    assert cached is not None
    assert 0 < await client.ttl(key) <= CACHE_SECONDS <= 60, "an entry lives a minute at most"

    site.valkey.freeze()
    await asyncio.to_thread(jordan.press, "Log off")
    assert not await site.is_in(jordan), "PostgreSQL decides while Redis is away"
    site.valkey.thaw()
    await client.delete(key)  # as Redis does when the rest of that minute is over
    assert not await site.is_in(jordan)
    assert await client.get(key) != cached, "nobody puts it back"
    await client.aclose()


async def test_15_a_session_that_ends_is_dead_at_once_for_everybody_who_reads_redis(site: Site) -> None:
    await site.house.account("jordan.rivera", Role.EDUCATOR)
    jordan = await site.log_in("jordan.rivera")
    assert await site.is_in(jordan)
    client = await site.redis()
    [key] = await client.keys("session:*")
    await asyncio.to_thread(jordan.press, "Log off")
    assert await client.get(key) == b"ended"
    await client.flushall()
    assert not await site.is_in(jordan)
    await client.aclose()


async def test_15_wrong_passwords_are_counted_and_the_lock_holds_whatever_happens_to_redis(site: Site) -> None:
    await site.house.account("sam.adjudicator", Role.ADJUDICATOR)
    for _ in range(3):
        await site.log_in("sam.adjudicator", "wrong")
    client = await site.redis()
    await client.flushall()
    await client.aclose()
    for _ in range(2):
        await site.log_in("sam.adjudicator", "wrong")
    await asyncio.to_thread(site.valkey.kill)
    assert await site.house.rows("SELECT 1 FROM accounts WHERE locked_at IS NOT NULL"), "five failures lock"
    assert not await site.is_in(await site.log_in("sam.adjudicator"))
    await asyncio.to_thread(site.valkey.start)
    assert not await site.is_in(await site.log_in("sam.adjudicator"))
