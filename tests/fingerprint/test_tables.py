"""The database that migrations make is the one that the code describes."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from services.fingerprint.tables import Base
from tests.fingerprint.conftest import Bench


async def test_migrations_and_tables_agree(bench: Bench) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [one for one in compare_metadata(context, Base.metadata) if "alembic_version" not in str(one)]

    async with bench.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
