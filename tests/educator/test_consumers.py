"""Whatever the order and however often identity's word arrives, educator ends with the newest of it."""

import asyncio
from itertools import permutations

import pytest

from services.educator.actions import identification
from services.educator.actions.identification import Claim
from services.educator.consumers import consumers
from services.educator.rules.names import LegalName
from services.educator.tables import Base
from shared.events import ContactChanged, UserRegistered
from shared.outbox import REPLAYING
from tests.educator.conftest import BORN, JORDAN, NOW, House

WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"

WORDS = [
    JORDAN.registered(1),
    JORDAN.registered(2, email="second@example.edu"),
    JORDAN.registered(3, last_name="Miles", email="third@example.edu"),
]


async def hear(house: House, *facts: UserRegistered) -> None:
    async with house.database.transaction() as session:
        await consumers.handle(session, facts)


@pytest.mark.parametrize("order", list(permutations(WORDS)))
async def test_the_newest_word_stays_in_every_order_one_by_one_and_doubled(
    house: House, order: tuple[UserRegistered, ...]
) -> None:
    for fact in (*order, *order):
        await hear(house, fact)
    [row] = await house.rows("SELECT * FROM known_accounts")
    assert (row.sequence, row.last_name, row.email) == (3, "Miles", "third@example.edu")


async def test_the_newest_word_stays_from_one_batch(house: House) -> None:
    await hear(house, WORDS[2], WORDS[0], WORDS[1])
    [row] = await house.rows("SELECT * FROM known_accounts")
    assert row.sequence == 3


async def test_a_later_word_does_not_touch_an_address_that_is_in_use(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await hear(house, WORDS[1])
    assert len(await house.said(ContactChanged)) == 1
    [row] = await house.rows("SELECT email FROM persons")
    assert row.email == JORDAN.email


async def test_a_word_that_comes_while_its_record_is_made_gives_it_its_address(house: House) -> None:
    claim = Claim("512345678", BORN, LegalName("Jordan", "", "Rivera"))
    async with house.database.transaction() as session:
        await identification.identify(session, house.vault, JORDAN, claim, NOW)
        hearing = asyncio.create_task(hear(house, WORDS[0]))
        async with asyncio.timeout(60):
            while not hearing.done() and not await house.rows(WAITING):  # noqa: ASYNC110 - a backend waits
                await asyncio.sleep(0.01)
    await hearing
    [row] = await house.rows("SELECT email FROM persons")
    assert row.email == JORDAN.email
    assert len(await house.said(ContactChanged)) == 1


async def test_a_rebuild_leaves_records_alone(house: House) -> None:
    await house.identify(JORDAN, "512345678")
    async with house.database.transaction() as session:
        session.info[REPLAYING] = True
        await consumers.handle(session, [WORDS[0]])
    [row] = await house.rows("SELECT email FROM persons")
    assert row.email is None, "nobody would be told of the address"


async def test_the_migrated_database_is_the_one_the_code_describes(house: House) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import Connection

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_object": lambda _, name, kind, *rest: name != "alembic_version",
            },
        )
        return list(compare_metadata(context, Base.metadata))

    async with house.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
