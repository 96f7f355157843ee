"""Whoever makes the databases, they hold every name and sort alike, whatever the server makes by itself."""

import asyncio
import os
import subprocess
from pathlib import Path

import asyncpg
import pytest

from deploy.local import databases
from deploy.local.parts import Postgres
from deploy.local.parts.postgres import programs
from shared import migrate
from tests.conftest import OwnParts

SCRIPT = Path("deploy/postgres/databases.sh").resolve()
KIND = """
SELECT pg_encoding_to_char(encoding), datlocprovider::text, datlocale
FROM pg_database WHERE datname = current_database()
"""
UNICODE = ("UTF8", "b", "C.UTF-8")


async def asked(url: str, query: str) -> list[tuple[object, ...]]:
    """What a database answers."""
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


@pytest.fixture
async def ascii_server(own_parts: OwnParts) -> Postgres:
    """A server that was set up on a machine without a language: what it makes by itself knows ASCII only."""
    server = own_parts.postgres()
    for statement in (
        "UPDATE pg_database SET datistemplate = false WHERE datname = 'template1'",
        "DROP DATABASE template1",
        "CREATE DATABASE template1 TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'",
    ):
        await asked(server.url, statement)
    return server


async def test_those_of_make_up_hold_every_name(ascii_server: Postgres) -> None:
    assert await asked(ascii_server.database("educator"), KIND) == [UNICODE]


async def test_those_of_docker_hold_every_name_and_let_nobody_else_in(ascii_server: Postgres) -> None:
    environment = {
        **os.environ,
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(ascii_server.port),
        "PGPASSWORD": ascii_server.password("postgres"),
        "POSTGRES_USER": "postgres",
        "POSTGRES_DB": "postgres",
        "ECS_DATABASE_PASSWORD": "demonstration",
    }
    await asyncio.to_thread(subprocess.run, [SCRIPT], check=True, env=environment, capture_output=True)

    def url(role: str, database: str) -> str:
        return databases.address("127.0.0.1", ascii_server.port, role, "demonstration", database)

    assert await asked(url("educator", "educator"), KIND) == [UNICODE]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asked(url("educator", "notifier"), "SELECT 1")


async def test_one_that_knows_ascii_only_is_refused_with_what_to_do(ascii_server: Postgres) -> None:
    await asked(ascii_server.url, "CREATE DATABASE own TEMPLATE template1")
    url = ascii_server.url.rsplit("/", 1)[0] + "/own"
    with pytest.raises(migrate.NotUnicode, match=r"database own keeps text as SQL_ASCII.*ENCODING 'UTF8'"):
        await migrate.upgrade(url, migrate.folder_of("fingerprint"))
    assert await asked(url, "SELECT to_regclass('outbox')::text") == [(None,)]
