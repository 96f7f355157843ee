"""A service starts whatever else is away, says how it is, and ends its work in good order."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest

from shared import app as app_module
from shared import keys as key_files
from shared.app import Loop, build
from shared.attention import Attention
from shared.auth import service_token
from shared.db import Session
from shared.events import PasswordChanged, Role
from shared.keys import Keys
from shared.outbox import publish
from shared.service import Service
from shared.settings import ServiceSettings
from shared.text import text
from tests.databases import DatabaseMaker
from tests.ports import free_port
from tests.waiting import Clock

Client = tuple[httpx.AsyncClient, Service]
Running = Callable[..., AbstractAsyncContextManager[Client]]


class Settings(ServiceSettings):
    service: ClassVar[str] = "certificate"


async def waiting(session: Session) -> list[Attention]:
    """Something that waits for staff."""
    return [Attention(text("Letters not sent"), 3, "/staff/mail", frozenset({Role.ANALYST}))]


@pytest.fixture
def running(fresh_database: DatabaseMaker, tmp_path: Path) -> Running:
    """A service without broker and Redis; its database may be away too."""
    key_files.create_all(tmp_path / "keys")

    @asynccontextmanager
    async def run(*loops: Loop, database: bool = True) -> AsyncIterator[Client]:
        away = f"127.0.0.1:{free_port()}"
        settings = Settings(
            postgres=fresh_database("certificate") if database else f"postgresql://nobody@{away}/none",
            kafka=away,
            redis=f"redis://{away}/0",
            home=tmp_path,
            log=tmp_path / "log",
            urls={"certificate": "http://127.0.0.1:1", "notifier": f"http://{away}"},
        )
        app = build("certificate", settings=settings, routers=[], loops=loops, attention=waiting)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://certificate") as client,
        ):
            yield client, app.state.service

    return run


async def test_it_starts_and_is_ready_while_broker_and_redis_are_away(running: Running) -> None:
    async with running() as (client, _):
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "parts": {"database": "ok"}})


async def test_without_its_database_it_lives_and_is_not_ready(running: Running) -> None:
    async with running(database=False) as (client, _):
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["ready"] is False


async def test_the_whole_system_is_told_part_by_part_without_addresses(running: Running) -> None:
    async with running() as (client, _):
        answer = await client.get("/health/system")
    told = answer.json()
    assert answer.status_code == 503
    assert told["parts"]["certificate"] == "ok"
    assert {name for name, state in told["parts"].items() if state != "ok"} == {"kafka", "redis", "notifier"}
    assert "127.0.0.1" not in answer.text


async def test_metrics_tell_what_waits(running: Running) -> None:
    async with running() as (client, service):
        async with service.database.transaction() as session:
            await publish(session, PasswordChanged.now("a"))
        answer = await client.get("/metrics")
        again = await client.get("/metrics")
    assert "ecs_outbox_rows 1.0" in answer.text
    assert "ecs_parked_rows 0.0" in answer.text
    assert 'route="/metrics"' in again.text


async def test_identity_alone_may_ask_what_needs_a_person(running: Running, tmp_path: Path) -> None:
    def token(who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {service_token(Keys(tmp_path / 'keys', who), 'certificate')}"}

    async with running() as (client, _):
        assert (await client.get("/internal/attention")).status_code == 401
        assert (await client.get("/internal/attention", headers=token("educator"))).status_code == 401
        answer = await client.get("/internal/attention", headers=token("identity"))
    assert answer.json() == {
        "parked": 0,
        "outbox": 0,
        "oldest_outbox_seconds": 0.0,
        "other": [{"label": "Letters not sent", "count": 3, "href": "/staff/mail", "roles": ["analyst"]}],
    }


async def test_a_loop_that_fails_is_started_again_and_ends_with_the_app(running: Running) -> None:
    began: list[int] = []
    second = asyncio.Event()
    ended = asyncio.Event()

    async def loop(service: Service) -> None:
        began.append(1)
        if len(began) == 1:
            raise LookupError
        second.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running(loop):
        await asyncio.wait_for(second.wait(), 60)
    assert ended.is_set()


async def test_a_loop_that_had_recovered_is_started_again_soon(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[dict[str, Any]] = []
    monkeypatch.setattr(app_module._log, "error", lambda _, **told: said.append(told["extra"]))
    monkeypatch.setattr(app_module, "LONGEST_PAUSE", 0.5)
    monkeypatch.setattr(app_module, "FIRST_PAUSE", 0.01)
    clock = Clock()
    monkeypatch.setattr(app_module, "monotonic", clock)
    enough = asyncio.Event()
    starts = 0

    async def loop(service: Service) -> None:
        nonlocal starts
        starts += 1
        if starts == 9:
            enough.set()
            await asyncio.Event().wait()
        if starts == 8:
            clock.passes(0.6)  # longer than the longest pause: it works
        raise LookupError

    async with running(loop):
        await asyncio.wait_for(enough.wait(), 60)
    *growing, last, recovered = [one["seconds"] for one in said]
    assert growing == sorted(growing)
    assert last == 0.5
    assert recovered == 0.01
