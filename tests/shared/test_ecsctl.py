"""The operator's commands on a real database: parked records, say again, keys, migrations."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from shared import commands, ecsctl, parked
from shared.commands import Offered
from shared.db import Database, Session
from shared.events import ClearanceEnded, Event, FingerprintCleared
from shared.intake import NotAFact
from shared.parked import Record
from tests.databases import DatabaseMaker
from tests.ports import free_port

Run = Callable[..., Result]

GOOD = {
    "event_id": str(uuid4()),
    "occurred_at": "2026-08-04T15:04:05Z",
    "subject_id": "04172298",
    "sequence": 1,
    "purpose": "2301",
    "cleared_on": "2026-08-04",
    "valid_until": "2027-08-04",
}


@pytest.fixture
def url(fresh_database: DatabaseMaker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    url = fresh_database("certificate")
    for name, value in {
        "ECS_POSTGRES_CERTIFICATE": url,
        "ECS_KAFKA": f"127.0.0.1:{free_port()}",
        "ECS_REDIS": "redis://127.0.0.1:1/0",
        "ECS_HOME": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    return url


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    yield database
    await database.dispose()


@pytest.fixture
def run(url: str) -> Run:
    """Run a command as an operator does; each runs an event loop of its own, so in a thread."""

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(ecsctl.ecsctl, arguments)

    return run


async def aside(run: Run, *arguments: str) -> Result:
    return await asyncio.to_thread(run, *arguments)


async def park(database: Database, body: bytes, key: bytes = b"04172298", offset: int = 0) -> None:
    record = Record("FingerprintCleared", 0, offset, key, [("ce_id", b"x")], body)
    async with database.transaction() as session:
        await parked.park(session, record, NotAFact("123-45-6789"), 3)


async def test_parked_records_are_listed_and_shown_without_their_content(database: Database, run: Run) -> None:
    await park(database, b'{"ssn": "123-45-6789"}')
    listed = await aside(run, "parked", "list", "certificate")
    assert "FingerprintCleared/0/0" in listed.output
    assert "NotAFact" in listed.output
    number = listed.output.split("\t")[0]
    shown = await aside(run, "parked", "show", "certificate", number)
    assert "123-45-6789" not in shown.output
    assert "123-45-6789" in (await aside(run, "parked", "show", "certificate", number, "--body")).output
    missing = await aside(run, "parked", "show", "certificate", "999")
    assert missing.exit_code == 1
    assert "has no parked record 999" in missing.output


async def test_redriving_handles_what_can_be_handled_and_keeps_the_rest(database: Database, run: Run) -> None:
    await park(database, json.dumps(GOOD).encode(), offset=1)
    await park(database, b"no JSON", offset=2)
    done = await aside(run, "parked", "redrive", "certificate")
    assert done.exit_code == 1
    assert "stays parked, ValidationError" in done.output
    async with database.reading() as session:
        assert [one.record.offset for one in await parked.listed(session)] == [2]
        assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 1
    again = await aside(run, "parked", "redrive", "certificate", "12345")
    assert "there is no such record" in again.output


async def test_an_owner_says_its_present_state_again(
    database: Database, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def page(session: Session, after: str) -> Sequence[Event]:
        first = int(after or "-1") + 1
        fields: dict[str, Any] = {"purpose": "2301", "ended_on": "2026-08-04"}
        return [ClearanceEnded.now(f"{number:08d}", **fields) for number in range(first, min(first + 500, 1100))]

    monkeypatch.setattr(ecsctl, "offered", lambda: [Offered("certificate", say_again=page)])
    done = await aside(run, "say-again", "certificate")
    assert done.output == "1100 facts are said again.\n"
    async with database.reading() as session:
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 1100
    assert "has nothing to say again" in (await aside(run, "say-again", "notifier")).output


async def test_keys_and_tables_are_made_once_and_again_without_harm(run: Run, tmp_path: Path) -> None:
    for _ in range(2):
        assert (await aside(run, "keys", "create")).exit_code == 0
        assert (await aside(run, "migrate", "certificate")).exit_code == 0
    assert (tmp_path / "keys" / "educator" / "ssn.json").exists()


async def test_a_service_that_is_not_there_is_named_with_those_that_are(run: Run) -> None:
    done = await aside(run, "parked", "list", "nobody")
    assert done.exit_code == 1
    assert "There is no service named nobody. There are: certificate, educator" in done.output


def test_every_service_offers_what_can_be_run() -> None:
    for one in commands.offered():
        assert all(isinstance(command, click.Command) for command in (*one.commands, *one.demo.values()))
    assert FingerprintCleared in commands.consumers_of("certificate").handlers


def test_a_rebuild_that_would_lose_names_is_refused_with_what_to_do_first(run: Run) -> None:
    refused = run("rebuild", "notifier")
    assert refused.exit_code == 1
    assert "`ecsctl say-again educator` and `ecsctl say-again identity` first" in refused.output
    assert "ecsctl rebuild notifier --said-again" in refused.output
