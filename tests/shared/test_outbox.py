"""Facts are numbered per subject, written with their change, and go nowhere during a rebuild."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from shared import inbox, parked
from shared.db import Database, Session
from shared.events import AccessGranted, Event, PasswordChanged, Role
from shared.intake import Held, Intake, NotAFact, read, sort_out
from shared.outbox import REPLAYING, backlog, publish, replaying
from shared.parked import Record
from shared.relay import partition_of
from tests.databases import DatabaseMaker
from tests.faults.small import create_tables


@pytest.fixture
async def database(fresh_database: DatabaseMaker) -> AsyncIterator[Database]:
    url = fresh_database()
    await create_tables(url)
    database = Database(url)
    yield database
    await database.dispose()


async def bodies(database: Database) -> list[dict[str, Any]]:
    async with database.reading() as session:
        return [
            json.loads(body) for body in (await session.execute(text("SELECT body FROM outbox ORDER BY id"))).scalars()
        ]


def fact(subject: str, **more: Any) -> Event:
    return AccessGranted.now(subject, application="ecs", role=Role.ANALYST, **more)


async def test_facts_of_one_call_are_numbered_per_subject_in_their_order(database: Database) -> None:
    async with database.transaction() as session:
        await publish(session, fact("a"), fact("b"), fact("a"), PasswordChanged.now("a"), fact("b"))
    found = [(one["subject_id"], one["sequence"]) for one in await bodies(database)]
    assert found == [("a", 1), ("b", 1), ("a", 2), ("a", 3), ("b", 2)]


async def test_numbers_go_on_across_transactions_and_leave_no_gap_after_a_rollback(database: Database) -> None:
    async with database.transaction() as session:
        await publish(session, fact("a"))

    async def fail() -> None:
        async with database.transaction() as session:
            await publish(session, fact("a"), fact("a"))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()
    async with database.transaction() as session:
        await publish(session, fact("a"))
    assert [one["sequence"] for one in await bodies(database)] == [1, 2]


async def test_the_body_reads_back_as_the_fact_with_its_number(database: Database) -> None:
    told = fact("a", institution='Line\n"quoted" \\ : é \U0001f393')
    async with database.transaction() as session:
        await publish(session, told)
    [body] = await bodies(database)
    assert AccessGranted.model_validate_json(json.dumps(body)) == told.model_copy(update={"sequence": 1})


async def test_two_that_say_things_about_the_same_subjects_in_different_order_do_not_block_each_other(
    database: Database,
) -> None:
    names = [f"s{number}" for number in range(50)]

    async def say(order: list[str]) -> None:
        for _ in range(10):
            async with database.transaction() as session:
                await publish(session, *(fact(name) for name in order))

    await asyncio.gather(say(names), say(names[::-1]), say(names[25:] + names[:25]))
    found = await bodies(database)
    assert len(found) == 1500
    for name in names:
        assert [one["sequence"] for one in found if one["subject_id"] == name] == list(range(1, 31))


async def test_nothing_is_said_during_a_rebuild(database: Database) -> None:
    async with database.transaction() as session:
        session.info[REPLAYING] = True
        assert replaying(session)
        await publish(session, fact("a"))
    assert await bodies(database) == []


async def test_the_backlog_says_how_old_the_oldest_fact_is(database: Database) -> None:
    async with database.reading() as session:
        assert await backlog(session) == (0.0, 0)
    async with database.transaction() as session:
        await publish(session, fact("a"))
        await session.execute(text("UPDATE outbox SET written_at = :then"), {"then": datetime.now(UTC) - timedelta(60)})
        seconds, count = await backlog(session)
    assert count == 1
    assert 60 * 86400 <= seconds < 60 * 86400 + 60


async def test_old_rows_of_the_inbox_are_forgotten_and_new_ones_kept(database: Database) -> None:
    old, new = fact("a"), fact("a")
    async with database.transaction() as session:
        assert await inbox.repeats(session, [old]) == set()
        await session.execute(text("UPDATE inbox SET seen_at = now() - interval '31 days'"))
        await inbox.repeats(session, [new])
        await inbox.prune(session)
        assert await inbox.repeats(session, [old, new]) == {new.event_id}


async def test_the_inbox_forgets_a_few_at_a_time_however_many_there_are(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "PRUNED_AT_ONCE", 2)
    async with database.transaction() as session:
        await inbox.repeats(session, [fact("a") for _ in range(5)])
        await session.execute(text("UPDATE inbox SET seen_at = now() - interval '31 days'"))
        assert [await inbox.prune(session) for _ in range(3)] == [True, True, False]
        assert (await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one() == 0


async def test_a_parked_record_is_kept_as_it_came_and_once(database: Database) -> None:
    record = Record("AccessGranted", 2, 7, b"\xff", [("a\x00b", None), ("c", b"\x00\xff")], b"\x00not JSON")
    async with database.transaction() as session:
        assert await parked.park(session, record, NotAFact(), 1)
        assert not await parked.park(session, record, NotAFact(), 1)
        [one] = await parked.listed(session)
        assert (one.record, one.error, one.tries) == (record, "NotAFact", 1)
        assert await parked.count(session) == 1


def test_of_a_refused_body_only_place_and_kind_are_kept() -> None:
    record = Record("AccessGranted", 0, 0, b"a", [], b'{"subject_id": "a", "role": "123-45-6789"}')
    [(_, refused)] = sort_out([record])[1]
    detail = parked.detail_of(refused)
    assert {"loc": ["role"], "type": "enum"} in detail
    assert "123-45" not in json.dumps(detail)


def test_a_key_that_is_not_the_subject_is_no_fact() -> None:
    body = fact("a").model_dump_json().encode()
    assert read(Record("AccessGranted", 0, 0, b"a", [], body))
    with pytest.raises(NotAFact):
        read(Record("AccessGranted", 0, 0, b"b", [], body))


def test_a_fact_that_comes_twice_in_a_batch_is_taken_once_and_in_its_first_place() -> None:
    first, second = fact("a"), fact("a")
    records = [
        Record("AccessGranted", 0, number, b"a", [], one.model_dump_json().encode())
        for number, one in enumerate((first, second, first))
    ]
    assert [one.event.event_id for one in sort_out(records)[0]] == [first.event_id, second.event_id]


async def test_a_batch_with_something_nobody_foresaw_comes_again(database: Database) -> None:
    class Odd:
        @property
        def value(self) -> bytes:
            raise RuntimeError

    async def handle(session: Session, events: Sequence[Event]) -> None:
        raise AssertionError

    with pytest.raises(Held):
        await Intake(database.transaction, handle).take([Odd()])


async def test_a_batch_of_which_nothing_can_be_handled_is_parked_in_time(database: Database) -> None:
    async def handle(session: Session, events: Sequence[Event]) -> None:
        raise LookupError

    facts = [fact("a").model_copy(update={"sequence": 1}) for _ in range(100)]
    records = [
        Record(one.topic, 0, offset, b"a", [], one.model_dump_json().encode()) for offset, one in enumerate(facts)
    ]
    async with asyncio.timeout(60):
        await Intake(database.transaction, handle).take(records)
    async with database.reading() as session:
        assert await parked.count(session) == 100


def test_a_subject_has_one_partition() -> None:
    assert {partition_of("04172298", 3) for _ in range(3)} == {partition_of("04172298", 3)}
    assert {partition_of(f"s{number}", 3) for number in range(50)} == {0, 1, 2}
