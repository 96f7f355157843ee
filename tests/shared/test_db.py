"""Transactions commit or undo as a whole; reads open none; nothing typed shows in an error; timeouts are set."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import faults
from shared.copying import copy
from shared.db import LONE_IDLE, Database, address
from shared.logs import described
from tests.conftest import OwnParts
from tests.databases import DatabaseMaker


@pytest.fixture
async def database(fresh_database: DatabaseMaker) -> Any:
    database = Database(fresh_database())
    async with database.transaction() as session:
        await session.execute(text("CREATE TABLE thing (name text PRIMARY KEY)"))
    yield database
    await database.dispose()


async def do(database: Database, *statements: str, **told: Any) -> None:
    """Execute all in one transaction."""
    async with database.transaction() as session:
        for one in statements:
            await session.execute(text(one), told)


async def names(database: Database) -> list[str]:
    async with database.reading() as session:
        return list((await session.execute(text("SELECT name FROM thing ORDER BY name"))).scalars())


async def test_a_transaction_commits_when_its_block_ends(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO thing VALUES ('a')"))
    assert await names(database) == ["a"]


async def test_a_transaction_whose_block_raises_is_undone(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO thing VALUES ('a')"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    assert await names(database) == []


async def test_a_read_opens_no_transaction(database: Database) -> None:
    async with database.reading() as session:
        first = (await session.execute(text("SELECT now()"))).scalar_one()
        second = (await session.execute(text("SELECT now()"))).scalar_one()
    assert first != second, "now() stands still within a transaction"


async def test_rows_are_found_without_a_session(database: Database) -> None:
    await do(database, "INSERT INTO thing VALUES ('a'), ('b')")
    found = await database.rows(text("SELECT name FROM thing WHERE name < :before"), {"before": "b"})
    assert [row.name for row in found] == ["a"]


async def _read(database: Database, statement: str) -> None:
    async with database.reading() as session:
        await session.execute(text(statement))


async def _rows(database: Database, statement: str) -> None:
    await database.rows(text(statement), {})


@pytest.mark.parametrize("read", [_read, _rows])
async def test_whoever_fails_or_gives_up_keeps_no_connection(
    database: Database, read: Callable[[Database, str], Awaitable[None]]
) -> None:
    with pytest.raises(DBAPIError):
        await read(database, "SELECT 1/0")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await read(database, "SELECT pg_sleep(10)")
    assert database.readers.pool.status().endswith("Current Checked out connections: 0")
    await database.ping()


async def test_every_connection_has_the_timeouts(database: Database) -> None:
    async with database.reading() as session:
        for name, value in (
            ("idle_in_transaction_session_timeout", "10s"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "30s"),
        ):
            assert (await session.execute(text(f"SHOW {name}"))).scalar_one() == value
    async with database.alone() as connection:
        assert await connection.fetchval("SHOW idle_session_timeout") == f"{LONE_IDLE}s"


async def test_what_was_typed_is_not_in_what_is_logged_of_an_error(database: Database) -> None:
    with pytest.raises(DBAPIError) as raised:
        await do(database, "INSERT INTO thing VALUES (CAST(:it AS integer)::text)", it="123-45-6789")
    assert "123-45-6789" not in json.dumps(described(raised.value))


@pytest.mark.parametrize(
    ("statement", "of_the_world"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SET LOCAL statement_timeout = '10ms'; SELECT pg_sleep(1)", True),
        ("INSERT INTO thing VALUES ('a'), ('a')", False),
        ("SELECT 1/0", False),
        ("SELECT nothing_like_it()", False),
        ("SELECT repeat('a', 10)::date", False),
    ],
)
async def test_faults_of_the_world_are_told_from_faults_of_the_message(
    database: Database, statement: str, of_the_world: bool
) -> None:
    with pytest.raises(DBAPIError) as raised:
        await do(database, *statement.split("; "))
    assert faults.is_of_the_world(raised.value) is of_the_world


async def test_a_connection_that_ends_between_two_statements_is_of_the_world(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def tripped(*_: Any) -> None:
        # What asyncpg says where the server's "terminating connection" came before the end of the connection.
        raise asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress")

    monkeypatch.setattr(asyncpg.prepared_stmt.PreparedStatement, "fetch", tripped)
    with pytest.raises(DBAPIError) as raised:
        await names(database)
    assert faults.is_of_the_world(raised.value)


@pytest.mark.parametrize(
    ("statement", "key", "of_the_world"),
    [("SET LOCAL statement_timeout = 1", "late", True), ("SELECT 1", "long" * 100_000, False)],
)
async def test_faults_of_the_world_are_told_in_a_copy_as_well(
    database: Database, statement: str, key: str, of_the_world: bool
) -> None:
    def rows() -> Iterator[tuple[str]]:
        time.sleep(0.05)
        yield (key,)

    async def copied() -> None:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE short (key varchar(10))"))
            await session.execute(text(statement))
            await copy(session, "short", ("key",), rows())

    with pytest.raises(asyncpg.PostgresError) as raised:
        await copied()
    assert faults.is_of_the_world(raised.value) is of_the_world


async def test_a_connection_that_the_server_closed_is_given_to_nobody(own_parts: OwnParts) -> None:
    postgres = own_parts.postgres()
    database = Database(postgres.database("identity"), pool_size=3)
    await database.ping()
    await asyncio.to_thread(postgres.stop)
    await asyncio.to_thread(postgres.start)
    await database.ping()
    await database.dispose()


def test_addresses_are_taken_as_people_write_them() -> None:
    assert address("postgres://a:b@h/d")[0].drivername == "postgresql+asyncpg"
    url, arguments = address("postgresql://a:b@h/d?sslmode=require")
    assert arguments == {"ssl": "require"}
    assert "sslmode" not in url.query
