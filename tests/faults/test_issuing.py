"""The connection to PostgreSQL is cut while a certificate is committed; the analyst presses again (fault 13)."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from redis.asyncio import Redis
from sqlalchemy import make_url

from deploy.local.forking import Nursery
from deploy.local.parts import Valkey
from deploy.local.process import Part, Running
from services.certificate.actions.cases import Found
from services.certificate.rules.deeds import Pay, Record
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.csrf import token_for
from shared.events import FingerprintCleared, Role
from shared.policy import last_day, today
from tests.certificate.conftest import Bench, set_up, substitute
from tests.databases import DatabaseMaker
from tests.faults.cutting import Cable, When
from tests.faults.harness import ROOT, Rows
from tests.ports import free_port

TOKEN = "A" * 43


class Certificate(Part):
    """certificate as it runs, without a broker: what it says stays in its outbox."""

    name = "certificate"

    def __init__(self, nursery: Nursery, home: Path, url: str, redis: str, keys: Path) -> None:
        super().__init__(home, free_port())
        self._nursery = nursery
        self.origin = f"http://localhost:{self.port}"
        self._given = {
            "ECS_POSTGRES_CERTIFICATE": url,
            "ECS_REDIS": redis,
            "ECS_KAFKA": f"127.0.0.1:{free_port()}",
            "ECS_KEYS": str(keys),
            "ECS_HOME": str(home),
            "ECS_PORT": str(self.port),
            "ECS_ORIGIN": self.origin,
            "ECS_URL_IDENTITY": f"http://127.0.0.1:{free_port()}",
        }

    def begin(self, log: IO[bytes]) -> Running:
        module = ["tests.faults.serve", "services.certificate.main:app", str(self.port)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **self._given}
        return self._nursery.fork(module, environment, out=log.fileno(), errors=log.fileno())

    def answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", timeout=20).status_code == 200
        except httpx.HTTPError:
            return False


@dataclass
class Desk:
    """A running certificate behind a cable that can be cut, and an analyst who is signed in."""

    service: Certificate
    cable: Cable
    bench: Bench
    rows: Rows

    async def ready(self) -> Found:
        """An application to which everything came."""
        day, bench = today(), await self.bench.another()
        found = await bench.submit("substitute", substitute(), day)
        await bench.act(found, bench.analyst, Record("transcript", "seen", "By mail", 36), day)
        await bench.act(found, bench.analyst, Pay(50, "check 1001"), day)
        await bench.hear(FingerprintCleared, purpose="2301", day=day, cleared_on=day, valid_until=last_day(day, 12))
        return await bench.find(found, day)

    async def press_issue(self, found: Found) -> httpx.Response:
        """Press "Issue" on the page that was opened once everything was there."""
        cookie = f"{session_cookie(self.service.port)}={TOKEN}"
        async with httpx.AsyncClient(base_url=self.service.origin, timeout=60) as browser:
            return await browser.post(
                f"/staff/applications/{found.row.id}/issue",
                headers={"cookie": cookie, "origin": self.service.origin, "sec-fetch-site": "same-origin"},
                data={"csrf": token_for(session_hash(TOKEN)), "version": str(found.case.version)},
            )


@pytest_asyncio.fixture
async def desk(nursery: Nursery, valkey: Valkey, fresh_database: DatabaseMaker, tmp_path: Path) -> AsyncIterator[Desk]:
    url = fresh_database("certificate")
    bench = await set_up(url, tmp_path / "keys")
    direct = make_url(url)
    cable = Cable("127.0.0.1", direct.port or 5432)
    through = direct.set(port=await cable.start()).render_as_string(hide_password=False)
    service = Certificate(nursery, tmp_path, through, valkey.url, tmp_path / "keys")
    await asyncio.to_thread(service.start)
    analyst = Caller(
        account_id=bench.analyst.account_id,
        username="avery.analyst",
        roles=(Grant(role=Role.ANALYST),),
        session_hash=session_hash(TOKEN),
        idle_ends_at=datetime.now(UTC) + timedelta(minutes=10),
    )
    redis = Redis.from_url(valkey.url)
    await redis.set(f"session:{analyst.session_hash}", analyst.model_dump_json(), ex=600)
    await redis.aclose()
    yield Desk(service, cable, bench, Rows(url))
    await asyncio.to_thread(service.kill)
    await cable.stop()
    await bench.database.dispose()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_13_a_connection_cut_during_commit_leaves_one_certificate_when_the_analyst_presses_again(
    desk: Desk, when: When
) -> None:
    for _ in range(3):
        found = await desk.ready()
        desk.cable.arm(when, found.row.id.bytes)
        first = await desk.press_issue(found)
        assert desk.cable.cut.is_set(), "nothing was cut"
        assert first.status_code >= 500, "nobody can know whether it is issued, and nobody says so"
        assert len(await issued(desk, found.row.id)) == (1 if when == "after" else 0)

        again = await desk.press_issue(found)
        assert again.status_code == 303, again.text
        await desk.press_issue(found)
        assert len(await issued(desk, found.row.id)) == 1
        said = await desk.rows(
            "SELECT count(*) FROM outbox WHERE topic = 'CertificateIssued' AND subject_id = $1", found.row.educator_id
        )
        entries = await desk.rows(
            "SELECT count(*) FROM entries WHERE deed = 'issued' AND application_id = $1", found.row.id
        )
        assert (said, entries) == ([1], [1])


async def issued(desk: Desk, application_id: UUID) -> list[object]:
    """The certificates of an application."""
    return await desk.rows("SELECT id FROM certificates WHERE application_id = $1", application_id)
