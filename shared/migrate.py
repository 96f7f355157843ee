"""Bring a service's database to the shape its code expects: `python -m shared.migrate SERVICE`.

A step before the service starts, never at import. Several may start at once: an advisory lock lets one through at a
time. Each migration must suit the code that runs now, since old and new run side by side during a release.
"""

import argparse
import asyncio
import os
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared import plumbing
from shared.db import address, new_metadata

ROOT: Final = Path(__file__).resolve().parent.parent
LOCK: Final = 7231460  # any number, the same for all

_ENCODING: Final = text("SELECT current_database(), current_setting('server_encoding')")
_REFUSAL: Final = """
CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only';
END $$
"""
_APPEND_ONLY: Final = """
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()
"""


class NotUnicode(SystemExit):
    """The database cannot hold every name; the text says what to do."""


def create_plumbing(op: Any) -> None:
    """Create the tables every service has; the first line of each service's first migration.

    A later change to the plumbing is a function of its own beside this one, called by a new migration of each service.
    """
    metadata: MetaData = new_metadata()
    metadata.create_all(op.get_bind(), tables=[metadata.tables[name] for name in plumbing.NAMES])
    op.execute(_REFUSAL)
    op.execute(_APPEND_ONLY)


def configuration(folder: Path, connection: Connection) -> Config:
    """Alembic's configuration for the migrations in this folder, on this connection."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "shared" / "migrations"))
    config.set_main_option("version_locations", str(folder))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config


async def upgrade(url: str, folder: Path) -> None:
    """Run the migrations of this folder that the database has not seen.

    Raises:
        NotUnicode: the database does not keep its text as UTF-8; it is left as it was.
    """
    parsed, arguments = address(url)
    settings = {"lock_timeout": "10000"}
    engine = create_async_engine(
        parsed, poolclass=NullPool, connect_args={**arguments, "timeout": 10, "server_settings": settings}
    )
    try:
        async with engine.connect() as connection:
            name, kind = (await connection.execute(_ENCODING)).one()
            if kind != "UTF8":
                raise NotUnicode(
                    f"The database {name} keeps text as {kind}, and names need UTF8. Make it anew, and try again:"
                    f" CREATE DATABASE {name} OWNER ... TEMPLATE template0 ENCODING 'UTF8'."
                )
            await connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
            await connection.commit()
            await connection.run_sync(lambda sync: command.upgrade(configuration(folder, sync), "heads"))
            await connection.commit()
    finally:
        await engine.dispose()


def folder_of(service: str) -> Path:
    """Where a service keeps its migrations."""
    return ROOT / "services" / service / "migrations" / "versions"


def main() -> None:
    """Upgrade the database that `ECS_POSTGRES_<SERVICE>` names."""
    parser = argparse.ArgumentParser(description="Upgrade one service's database.")
    parser.add_argument("service")
    service = parser.parse_args().service
    variable = f"ECS_POSTGRES_{service.upper()}"
    if not (url := os.environ.get(variable)):
        raise SystemExit(f"Cannot migrate {service}: {variable} is not set. Set it to the URL of its database.")
    if not folder_of(service).is_dir():
        raise SystemExit(f"There is no service named {service} with migrations.")
    asyncio.run(upgrade(url, folder_of(service)))


if __name__ == "__main__":
    main()
