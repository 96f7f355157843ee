"""Databases that tests share one after the other: each is as new to whoever gets it."""

import asyncio

import asyncpg
import pytest

from deploy.local.databases import ensure
from tests.conftest import PostgresPart
from tests.databases import Databases

COUNT = "SELECT nextval(pg_get_serial_sequence('outbox', 'id'))"


@pytest.fixture
def databases(postgres: PostgresPart) -> Databases:
    """None given back yet."""
    return Databases(postgres)


async def run(url: str, *statements: str) -> None:
    """Do this in a database."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def found(url: str, query: str) -> object:
    """A single value."""
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_a_test_wrote_is_gone_for_the_next(databases: Databases) -> None:
    url = databases.make("educator")
    first = await found(url, COUNT)
    await run(
        url,
        "INSERT INTO inbox (event_id, topic) VALUES (gen_random_uuid(), 'Something')",
        "INSERT INTO audit (at, actor_name, action, subject, reason) VALUES (now(), 'nobody', 'did', 'it', 'why')",
    )
    databases.give_back("educator", url)
    assert databases.make("educator") == url
    for table in ("inbox", "audit"):
        assert await found(url, f"SELECT count(*) FROM {table}") == 0  # noqa: S608
    assert await found(url, COUNT) == first
    with pytest.raises(asyncpg.PostgresError):  # what guards it is in its place again
        await run(url, "TRUNCATE audit")


async def test_two_who_make_sure_of_a_role_at_once_do_not_trip_over_each_other(postgres: PostgresPart) -> None:
    await ensure(postgres.url, role="often", password="often", database="often")
    await asyncio.gather(
        *(ensure(postgres.url, role="often", password="often", database="often") for _ in range(40)),
    )


async def test_whoever_is_still_connected_is_cut_off(databases: Databases) -> None:
    url = databases.make("educator")
    left = await asyncpg.connect(url)
    await left.execute("BEGIN; LOCK TABLE inbox")
    databases.give_back("educator", url)
    assert databases.make("educator") == url
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await left.execute("SELECT 1")


@pytest.mark.parametrize(
    "change",
    [
        "CREATE TABLE more (id int)",
        "ALTER TABLE inbox ADD COLUMN more int",
        "ALTER TABLE inbox DISABLE TRIGGER USER; DROP INDEX ix_inbox_seen_at",
        "ALTER TABLE audit DISABLE TRIGGER USER",
        "ALTER TABLE outbox ALTER COLUMN topic SET DEFAULT 'x'",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "INSERT INTO inbox (event_id, topic) SELECT gen_random_uuid(), 'x' FROM generate_series(1, 9); ANALYZE inbox",
        "UPDATE alembic_version SET version_num = 'other'",
        "DROP SCHEMA public CASCADE",
    ],
)
async def test_one_that_a_test_changed_is_given_to_nobody(databases: Databases, change: str) -> None:
    url = databases.make("educator")
    await run(url, change)
    databases.give_back("educator", url)
    assert databases.make("educator") != url
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await asyncpg.connect(url)
