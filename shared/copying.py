"""PostgreSQL's COPY within a session's transaction: many rows at the cost of a few."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import Any

import asyncpg

from shared.db import Session


async def copy(
    session: Session,
    table: str,
    columns: Sequence[str],
    records: Iterable[Sequence[Any]] | AsyncIterable[Sequence[Any]],
) -> None:
    """Add these rows when, and only if, the caller's transaction commits.

    Args:
        records: one value a column, as asyncpg takes them; they are asked for as they are sent.
    """
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    assert isinstance(raw, asyncpg.Connection)  # noqa: S101 - tells the type
    if not raw.is_in_transaction():
        raise RuntimeError("COPY needs a transaction that has begun: run a statement first")
    await raw.copy_records_to_table(table, columns=columns, records=records)
