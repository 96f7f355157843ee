"""Databases for tests: copies of a service's tables, and emptied ones again, which takes a fifth of the time.

A database that a test gives back is ended for whoever is still connected, and emptied. It is given to the next test
only if it is then what a copy would be: the same tables, functions, settings, no statistics. Else it is removed.
"""

import asyncio
import secrets
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol, TypeVar

import asyncpg

from deploy.local import databases
from shared import migrate

PASSWORD: Final = "test"  # of roles that live as long as the run
# The first object id that PostgreSQL gives to what is not its own; a copy keeps the ids of what it is a copy of.
_FIRST: Final = 16384
# All that makes a database what it is, besides the rows of its tables.
_SHAPE: Final = f"""
WITH parts (part) AS (
    SELECT row(oid, relname, relkind, relowner, relacl, reloptions, relpersistence, relrowsecurity)::text
    FROM pg_class WHERE oid >= {_FIRST}
    UNION ALL SELECT a::text FROM pg_attribute a WHERE attrelid >= {_FIRST}
    UNION ALL SELECT d::text FROM pg_attrdef d
    UNION ALL SELECT c::text FROM pg_constraint c WHERE oid >= {_FIRST}
    UNION ALL SELECT i::text FROM pg_index i WHERE indexrelid >= {_FIRST}
    UNION ALL SELECT t::text FROM pg_trigger t
    UNION ALL SELECT p::text FROM pg_proc p WHERE oid >= {_FIRST}
    UNION ALL SELECT t::text FROM pg_type t WHERE oid >= {_FIRST}
    UNION ALL SELECT n::text FROM pg_namespace n
    UNION ALL SELECT row(extname, extversion)::text FROM pg_extension
    UNION ALL SELECT row(starelid, staattnum)::text FROM pg_statistic WHERE starelid >= {_FIRST}
    UNION ALL SELECT s::text FROM pg_db_role_setting s JOIN pg_database ON oid = setdatabase AND datname = $1
    UNION ALL SELECT row(datdba, datconnlimit, datallowconn, datacl)::text FROM pg_database WHERE datname = $1
    UNION ALL SELECT v::text FROM alembic_version v
)
SELECT md5(string_agg(part, ';' ORDER BY part)) FROM parts
"""  # noqa: S608 - a number of our own
_END_OTHERS: Final = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()
"""
_WRITTEN_TO: Final = f"""
SELECT oid::regclass::text AS name FROM pg_class
WHERE oid >= {_FIRST} AND relkind = 'r' AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""  # noqa: S608
_COUNTED: Final = """
SELECT format('%I.%I', schemaname, sequencename) AS name FROM pg_sequences WHERE last_value IS NOT NULL
"""

Result = TypeVar("Result")


class DatabaseMaker(Protocol):
    """Makes a database and gives its URL."""

    def __call__(self, service: str = "") -> str:
        """A new database with the tables of this service; an empty one if no service is named."""


class Server(Protocol):
    """What is needed of a PostgreSQL server."""

    port: int

    @property
    def url(self) -> str:
        """A superuser's URL of a database in it."""


class Databases:
    """Databases in one server, a service's tables copied from a template that is migrated once."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._templates: dict[str, str] = {}
        self._shapes: dict[str, str] = {}
        self._empty: dict[str, list[str]] = {}

    def make(self, service: str = "") -> str:
        """A new database, or an emptied one; its role is named like the service, `tester` if none is named."""
        if self._empty.get(service):
            return self._empty[service].pop()
        return _aside(self._make(service))

    def give_back(self, service: str, url: str) -> None:
        """Empty it for the next test, or remove it with whoever is still connected."""
        if service and _aside(self._emptied(service, _name(url))):
            self._empty.setdefault(service, []).append(url)
        else:
            _aside(self._drop(_name(url)))

    async def _make(self, service: str) -> str:
        if not service:
            return await self._new("tester")
        if service not in self._templates:
            template = await self._new(service)
            await migrate.upgrade(template, migrate.folder_of(service))
            self._templates[service] = template
            made = await self._new(service, _name(template))
            self._shapes[service] = await self._shape(_name(made))
            return made
        return await self._new(service, _name(self._templates[service]))

    async def _new(self, role: str, template: str = "") -> str:
        name = f"{role}_{secrets.token_hex(4)}"
        await databases.ensure(self._server.url, role=role, password=PASSWORD, database=name, template=template)
        return databases.address("127.0.0.1", self._server.port, role, PASSWORD, name)

    async def _shape(self, database: str) -> str:
        connection = await self._connect(database)
        try:
            return str(await connection.fetchval(_SHAPE, database))
        finally:
            await connection.close()

    async def _emptied(self, service: str, database: str) -> bool:
        """Empty it; False if it is not like a copy of the template then, or cannot be connected to any more."""
        try:
            connection = await self._connect(database)
        except asyncpg.PostgresError:
            return False
        try:
            await connection.execute("SET session_replication_role = replica")  # no trigger of ours stands in the way
            await connection.fetch(_END_OTHERS, database)
            if written := await connection.fetch(_WRITTEN_TO):
                names = ", ".join(row["name"] for row in written)
                await connection.execute(f"TRUNCATE {names} CASCADE")
            for row in await connection.fetch(_COUNTED):
                await connection.execute(f"ALTER SEQUENCE {row['name']} RESTART")
            return bool(await connection.fetchval(_SHAPE, database) == self._shapes[service])
        except asyncpg.UndefinedTableError:  # not even `alembic_version` is there
            return False
        finally:
            await connection.close()

    async def _drop(self, database: str) -> None:
        connection = await asyncpg.connect(self._server.url)
        try:
            await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        finally:
            await connection.close()

    async def _connect(self, database: str) -> asyncpg.Connection:
        return await asyncpg.connect(f"{self._server.url.rsplit('/', 1)[0]}/{database}")


def _name(url: str) -> str:
    return url.rsplit("/", 1)[1]


def _aside(work: Coroutine[None, None, Result]) -> Result:
    """Do it in an event loop of its own: the caller may be in one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
