"""Migrations end in the tables that the code describes, once, however many start at the same time."""

import asyncio
import importlib
from importlib.util import find_spec

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared import migrate
from shared.commands import services
from shared.db import Database
from tests.databases import DatabaseMaker

MIGRATED = [service for service in services() if find_spec(f"services.{service}.tables")]


@pytest.mark.parametrize("service", MIGRATED)
async def test_the_migrated_database_is_what_the_code_describes(service: str, fresh_database: DatabaseMaker) -> None:
    metadata = importlib.import_module(f"services.{service}.tables").Base.metadata

    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    database = Database(fresh_database(service))
    async with database.engine.connect() as connection:
        found = await connection.run_sync(differences)
    await database.dispose()
    assert [one for one in found if "alembic_version" not in str(one)] == []


async def test_two_that_start_at_once_migrate_once(fresh_database: DatabaseMaker) -> None:
    url, folder = fresh_database(), migrate.folder_of("certificate")
    await asyncio.gather(*(migrate.upgrade(url, folder) for _ in range(3)))
    database = Database(url)
    async with database.reading() as session:
        assert len((await session.execute(text("SELECT * FROM alembic_version"))).all()) == 1
    await database.dispose()


@pytest.mark.parametrize("statement", ["UPDATE audit SET reason = ''", "DELETE FROM audit", "TRUNCATE audit"])
async def test_the_audit_trail_refuses_to_be_changed(statement: str, fresh_database: DatabaseMaker) -> None:
    database = Database(fresh_database("certificate"))
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    await database.dispose()
