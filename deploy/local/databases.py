"""Databases and roles in a PostgreSQL server that we administer: one of each per service."""

from typing import Final

import asyncpg

# Every name in UTF-8, sorted the same on every machine. As in `deploy/postgres/databases.sh`.
_NEW: Final = "TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
_LOCK: Final = 8170


def address(host: str, port: int, role: str, password: str, database: str) -> str:
    """The URL of a database."""
    return f"postgresql://{role}:{password}@{host}:{port}/{database}"


async def ensure(admin: str, *, role: str, password: str, database: str, template: str = "") -> None:
    """Make the role and its database if they are missing; set the password.

    Nobody but the owner may connect to the database.

    Args:
        admin: URL of a database in that server, as a superuser.
        role: a plain name.
        password: letters and digits.
        database: a plain name.
        template: the database that a new one is a copy of; it is empty if none is named.
    """
    for name in (role, password, database, template or "none"):
        if not name.replace("_", "").isalnum():
            raise ValueError("a role, a password and a database are made of letters, digits and _")
    connection = await asyncpg.connect(admin, timeout=10)
    try:
        there = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if there else "CREATE"
        # One at a time, in one transaction: PostgreSQL refuses two that change a role at once, as two operators would.
        await connection.execute(
            f"SELECT pg_advisory_xact_lock({_LOCK}); {verb} ROLE {role} LOGIN PASSWORD '{password}'"
        )
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            kind = f"TEMPLATE {template}" if template else _NEW
            await connection.execute(f"CREATE DATABASE {database} OWNER {role} {kind}")
            await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    finally:
        await connection.close()
