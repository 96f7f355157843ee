"""The clock of a host is one hour off: nothing that ended is taken for good, and the host is not ready (fault 16)."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
from joserfc import jwt
from sqlalchemy import text

from deploy.local.forking import Nursery
from deploy.local.parts import Valkey
from services.identity.passwords import Passwords
from services.identity.tokens import kept, new
from shared import keys as key_files
from shared.auth import ALGORITHM, RESOLVE_PATH, service_token, session_cookie, session_hash
from shared.clock import MOST_OFF, Clock
from shared.db import Database
from shared.events import Role
from shared.keys import Keys
from tests.databases import DatabaseMaker
from tests.faults.harness import until
from tests.faults.test_sessions import Identity
from tests.identity.conftest import PASSWORD, House

HOUR = 3600


class Turned(Identity):
    """identity on a host whose clock is set wrong, and right again, when the test says so."""

    def __init__(self, nursery: Nursery, home: Path, url: str, redis: str, keys: Path, seconds: int) -> None:
        super().__init__(nursery, home, url, redis, keys)
        self._given["FAULTS_CLOCK"] = str(seconds)

    def turn(self) -> None:
        """Set the clock."""
        os.kill(self.pid, signal.SIGUSR1)


@dataclass
class Site:
    """A running identity, with things that ended ten minutes ago."""

    service: Turned
    house: House
    keys: Path
    session: str
    link: str

    async def what_ended(self) -> dict[str, int]:
        """The status of a page with the session, of the link, and of another service's call with its token."""
        async with httpx.AsyncClient(base_url=self.service.origin, timeout=60) as browser:
            cookie = {"cookie": f"{session_cookie(self.service.port)}={self.session}"}
            page = await browser.get("/applications", headers=cookie)
            link = await browser.get(f"/reset/{self.link}")
            call = await self.call(browser, self.old_token())
            return {"session": page.status_code, "link": link.status_code, "token": call.status_code}

    async def call(self, browser: httpx.AsyncClient, token: str) -> httpx.Response:
        """educator asks whose session it is."""
        return await browser.post(
            RESOLVE_PATH,
            json={"hash": session_hash(self.session)},
            headers={"authorization": f"Bearer {token}", "accept": "application/json"},
        )

    def old_token(self) -> str:
        """A token of educator's that ended ten minutes ago."""
        keys = Keys(self.keys, "educator")
        made = int(time.time()) - 900
        claims: dict[str, Any] = {"iss": "educator", "aud": "identity", "iat": made, "exp": made + 300}
        claims["jti"] = str(uuid4())
        return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, keys.signing, algorithms=[ALGORITHM])

    async def ready(self) -> int:
        """What the service says of itself."""
        async with httpx.AsyncClient(base_url=self.service.origin, timeout=60) as browser:
            return (await browser.get("/health/ready")).status_code


@pytest_asyncio.fixture(params=[-HOUR, HOUR], ids=["behind", "ahead"])
async def site(
    request: pytest.FixtureRequest,
    nursery: Nursery,
    valkey: Valkey,
    fresh_database: DatabaseMaker,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    url, keys = fresh_database("identity"), tmp_path / "keys"
    key_files.create_all(keys)
    passwords, database = Passwords(), Database(url)
    house = House(database, Keys(keys, "identity"), passwords, await passwords.hash(PASSWORD))
    account_id = await house.account("jordan.rivera", Role.EDUCATOR)
    session, link = new(), new()
    async with database.transaction() as rows:
        await rows.execute(
            text(
                "INSERT INTO sessions (session_hash, account_id, started_at, touched_at)"
                " VALUES (:session, :account, now() - interval '30 min', now() - interval '30 min')"
            ).bindparams(session=session_hash(session), account=account_id)
        )
        await rows.execute(
            text(
                "INSERT INTO links (token_hash, account_id, expires_at)"
                " VALUES (:link, :account, now() - interval '10 min')"
            ).bindparams(link=kept(link), account=account_id)
        )
    service = Turned(nursery, tmp_path, url, valkey.url, keys, request.param)
    await asyncio.to_thread(service.start)
    yield Site(service, house, keys, session, link)
    await asyncio.to_thread(service.kill)
    await database.dispose()
    passwords.close()


async def test_16_what_ended_stays_ended_on_a_host_whose_clock_is_one_hour_off(site: Site) -> None:
    assert await site.what_ended() == {"session": 303, "link": 404, "token": 401}
    assert await site.ready() == 200

    site.service.turn()

    async def not_ready() -> bool:
        return await site.ready() == 503

    await until(not_ready, "the service notices that its clock was set")
    assert await site.what_ended() == {"session": 503, "link": 503, "token": 503}
    async with httpx.AsyncClient(base_url=site.service.origin, timeout=60) as browser:
        fresh = await site.call(browser, service_token(Keys(site.keys, "educator"), "identity"))
    assert fresh.status_code == 503, "what is good is not decided either: nobody knows what time it is"

    site.service.turn()

    async def is_ready() -> bool:
        return await site.ready() == 200

    await until(is_ready, "the service serves again once its clock is right")
    assert await site.what_ended() == {"session": 303, "link": 404, "token": 401}


async def test_16_a_clock_is_held_against_the_databases(
    fresh_database: DatabaseMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(fresh_database())
    clock, true = Clock(database), time.time
    assert clock.believed
    await clock.compare()
    assert abs(clock.off) < 1
    for seconds, believed in ((MOST_OFF - 1, True), (MOST_OFF + 1, False), (-MOST_OFF - 1, False), (-HOUR, False)):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: true() + seconds)
        assert clock.believed is believed, seconds
        await clock.compare()
        assert clock.believed is believed, "a clock that was wrong from the start is found too"
    await database.dispose()
