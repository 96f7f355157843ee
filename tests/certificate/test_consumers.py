"""Clearances end in the same state whatever the order in which facts arrive, and however often."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import permutations
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.certificate.actions import clearances, educators
from services.certificate.consumers import consumers
from shared.db import Database
from shared.events import ClearanceEnded, EducatorIdentified, Event, FingerprintCleared
from tests.databases import DatabaseMaker

ROBIN = "04172298"
FIRST, SECOND = uuid4(), uuid4()


def cleared(sequence: int, day: date, purpose: str = "2301") -> FingerprintCleared:
    until = day.replace(year=day.year + 1)
    fact = FingerprintCleared.now(ROBIN, purpose=purpose, cleared_on=day, valid_until=until)
    return fact.model_copy(update={"sequence": sequence})


def ended(sequence: int, day: date, purpose: str = "2301") -> ClearanceEnded:
    return ClearanceEnded.now(ROBIN, purpose=purpose, ended_on=day).model_copy(update={"sequence": sequence})


def identified(sequence: int, account: object) -> EducatorIdentified:
    return EducatorIdentified.now(ROBIN, account_id=account).model_copy(update={"sequence": sequence})


@pytest.fixture
async def database(fresh_database: DatabaseMaker) -> AsyncIterator[Database]:
    made = Database(fresh_database("certificate"))
    yield made
    await made.dispose()


async def after(database: Database, facts: tuple[Event, ...]) -> list[tuple[str, date | None]]:
    """The clearances that stand after these facts, each arriving by itself."""
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE clearances, educators"))
    for fact in facts:
        async with database.transaction() as session:
            await consumers.handle(session, [fact])
    async with database.reading() as session:
        return [(one.purpose, one.cleared_on) for one in await clearances.standing(session, ROBIN)]


HISTORY = (
    cleared(1, date(2026, 3, 2)),
    ended(2, date(2026, 4, 1)),
    cleared(3, date(2026, 5, 4)),
    cleared(4, date(2026, 5, 4), "2300"),
    ended(5, date(2026, 6, 1), "2300"),
)


async def test_every_order_and_repetition_ends_alike(database: Database) -> None:
    for order in permutations(HISTORY):
        assert await after(database, (*order, order[0])) == [("2301", date(2026, 5, 4))]


async def test_a_batch_ends_like_its_facts_one_by_one(database: Database) -> None:
    async with database.transaction() as session:
        await consumers.handle(session, HISTORY[::-1])
    async with database.reading() as session:
        assert [one.purpose for one in await clearances.standing(session, ROBIN)] == ["2301"]


async def test_a_record_that_moved_belongs_to_the_second_account(database: Database) -> None:
    for order in permutations((identified(1, FIRST), identified(2, SECOND))):
        await after(database, order)
        async with database.reading() as session:
            assert await educators.of_account(session, FIRST) is None
            assert await educators.of_account(session, SECOND) == ROBIN
