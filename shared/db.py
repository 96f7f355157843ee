"""The service's own PostgreSQL: transactions, reads, and the connection the relay keeps for itself.

Only the edges (pages, api, consumers, loops) open a transaction; nothing inside commits. Timeouts are set on every
connection, so that a frozen process cannot hold locks that its successor waits for.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg
from pydantic_core import from_json
from sqlalchemy import Executable, MetaData, Row, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool
from sqlalchemy.util import greenlet_spawn

from shared import plumbing

Session = AsyncSession

# Milliseconds. A transaction that waits for its client longer than the first is ended by the server (its client is
# frozen or gone); a statement waits for a lock no longer than the second and runs no longer than the third.
TIMEOUTS: Final = {
    "idle_in_transaction_session_timeout": "10000",
    "lock_timeout": "5000",
    "statement_timeout": "30000",
}
# Seconds: the server notices within this time that the host of a lone connection is gone or its process frozen.
LONE_IDLE: Final = 10

_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def new_metadata() -> MetaData:
    """The tables of one service: empty but for the plumbing that every service has."""
    metadata = MetaData(naming_convention=_NAMES)
    plumbing.add_tables(metadata)
    return metadata


def address(url: str) -> tuple[URL, dict[str, Any]]:
    """The URL as SQLAlchemy wants it for asyncpg, and the arguments that asyncpg takes apart from it.

    Accepts what people write: `postgres://`, `postgresql://`, and libpq's `sslmode`.
    """
    parsed = make_url(url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+asyncpg")
    mode = parsed.query.get("sslmode")
    if mode is None:
        return parsed, {}
    parsed = parsed.difference_update_query(["sslmode"])
    if mode in {"verify-full", "verify-ca"}:
        return parsed, {"ssl": ssl.create_default_context()}
    return parsed, {"ssl": mode}


def _refuse_closed(connection: Any, *_: Any) -> None:
    """Give nobody a connection that the server has closed meanwhile; the driver knows, without asking over the wire."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """One service's database."""

    # No overflow: a connection beyond the pool's size is closed when it is given back, and made anew for the next page.
    def __init__(self, url: str, *, pool_size: int = 16, max_overflow: int = 0, pool_timeout: float = 10) -> None:
        self._url, self._arguments = address(url)
        self.engine = self._engine(pool_size, max_overflow, pool_timeout)
        self._writing = async_sessionmaker(self.engine, expire_on_commit=False)
        # Connections of their own: to make one of the others read alone, and undo that, costs a sixth of a small page.
        self.readers = self._engine(pool_size, max_overflow, pool_timeout, isolation_level="AUTOCOMMIT")
        self._reading = async_sessionmaker(self.readers, expire_on_commit=False, autoflush=False)

    def _engine(self, pool_size: int, max_overflow: int, pool_timeout: float, **options: Any) -> AsyncEngine:
        # hide_parameters: what people typed never reaches an error text, and so never a log
        engine = create_async_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=max_overflow,
            pool_timeout=pool_timeout,
            pool_recycle=1800,
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={**self._arguments, "timeout": 5, "server_settings": TIMEOUTS},
            **options,
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        return engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A session whose work is committed when the block ends, and undone if it raises."""
        async with self._writing() as session, session.begin():
            yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Session]:
        """A session for reads alone, each statement by itself: no BEGIN and ROLLBACK around one select."""
        session = self._reading()
        try:
            yield session
        finally:
            # Shielded: whoever gives up meanwhile keeps no connection. A session that asked nothing holds nothing.
            if session.in_transaction():
                await asyncio.shield(session.close())

    async def rows(self, statement: Executable, values: Mapping[str, Any]) -> Sequence[Row[Any]]:
        """What one select finds. Without a session, and with one switch to the driver in place of three.

        For the pages that most people open: it takes half the time that the same select takes in `reading`.
        """

        def read() -> Sequence[Row[Any]]:
            with self.readers.sync_engine.connect() as connection:
                return connection.execute(statement, values).all()

        return await greenlet_spawn(read)

    @asynccontextmanager
    async def alone(self, **settings: str) -> AsyncIterator["asyncpg.Connection"]:
        """A driver connection outside the pool, for session locks and LISTEN, with these settings of PostgreSQL.

        The server ends it when it has heard nothing for `LONE_IDLE` seconds: the host is gone (TCP keepalive) or the
        process frozen (idle session). Whoever holds it must use it more often than that.
        """
        engine = create_async_engine(
            self._url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            connect_args={
                **self._arguments,
                "timeout": 5,
                "command_timeout": 30,
                "server_settings": {
                    **TIMEOUTS,
                    **settings,
                    "idle_session_timeout": str(LONE_IDLE * 1000),
                    "tcp_keepalives_idle": "4",
                    "tcp_keepalives_interval": "2",
                    "tcp_keepalives_count": "3",
                },
            },
        )
        try:
            async with engine.connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                assert isinstance(raw, asyncpg.Connection)  # noqa: S101 - tells the type
                yield raw
        finally:
            await engine.dispose()

    async def ping(self) -> None:
        """Return if the database answers; raise what the driver says if not."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def dispose(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()
        await self.readers.dispose()
