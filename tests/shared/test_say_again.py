"""Saying the present state again never leaves anybody with an older state, whatever changes meanwhile."""

import json
from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import text

from shared.db import Database, Session
from shared.events import ContactChanged, Event
from shared.outbox import publish
from shared.say_again import say_again
from tests.databases import DatabaseMaker

ROBIN = "04172298"


@pytest.fixture
async def database(fresh_database: DatabaseMaker) -> AsyncIterator[Database]:
    """A database with the plumbing of a service, and a table of what it owns."""
    made = Database(fresh_database("certificate"))
    async with made.transaction() as session:
        await session.execute(text("CREATE TABLE owned (educator_id text PRIMARY KEY, email text NOT NULL)"))
        await session.execute(text("INSERT INTO owned VALUES (:id, 'old@example.edu')"), {"id": ROBIN})
    yield made
    await made.dispose()


def fact(educator_id: str, email: str) -> ContactChanged:
    return ContactChanged.now(educator_id, email=email, language="en")


async def change(database: Database, email: str) -> None:
    """What an action of the owner does: change and fact together."""
    async with database.transaction() as session:
        await session.execute(text("UPDATE owned SET email = :email"), {"email": email})
        await publish(session, fact(ROBIN, email))


async def said(database: Database) -> list[str]:
    """The addresses on the outbox, in the order of their sequence."""
    async with database.reading() as session:
        bodies = [json.loads(body) for body in await session.scalars(text("SELECT body FROM outbox"))]
    return [body["email"] for body in sorted(bodies, key=lambda body: body["sequence"])]


async def test_a_change_between_reading_and_publishing_has_the_last_word(database: Database) -> None:
    changes = iter(["new@example.edu"])

    async def next_page(session: Session, after: str) -> Sequence[Event]:
        if after:
            return []
        email = await session.scalar(text("SELECT email FROM owned"))
        for newer in changes:
            await change(database, newer)
        return [fact(ROBIN, str(email))]

    assert await say_again(database, next_page) == 1
    assert (await said(database))[-1] == "new@example.edu"


async def test_every_page_is_said_once(database: Database) -> None:
    async def next_page(session: Session, after: str) -> Sequence[Event]:
        number = int(after or 0) + 1
        return [fact(f"{number:08d}", f"{number}@example.edu")] if number <= 3 else []

    assert await say_again(database, next_page) == 3
    assert sorted(await said(database)) == ["1@example.edu", "2@example.edu", "3@example.edu"]
