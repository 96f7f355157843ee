"""Databases and roles in a PostgreSQL server that we administer: one of each per service."""

import asyncpg


def address(host: str, port: int, role: str, password: str, database: str) -> str:
    """The URL of a database."""
    return f"postgresql://{role}:{password}@{host}:{port}/{database}"


async def ensure(admin: str, *, role: str, password: str, database: str, template: str = "template1") -> None:
    """Make the role and its database if they are missing; set the password.

    Nobody but the owner may connect to the database.

    Args:
        admin: URL of a database in that server, as a superuser.
        role: a plain name.
        password: letters and digits.
        database: a plain name.
        template: the database that a new one is a copy of.
    """
    for name in (role, password, database, template):
        if not name.replace("_", "").isalnum():
            raise ValueError("a role, a password and a database are made of letters, digits and _")
    connection = await asyncpg.connect(admin, timeout=10)
    try:
        there = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if there else "CREATE"
        await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD '{password}'")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
            await connection.execute(f"CREATE DATABASE {database} OWNER {role} TEMPLATE {template}")
            await connection.execute(f"REVOKE ALL ON DATABASE {database} FROM PUBLIC")
    finally:
        await connection.close()
