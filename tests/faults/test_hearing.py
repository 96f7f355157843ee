"""The side that hears facts, killed, frozen and fed with poison (faults 4, 5, 17)."""

import json
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record._crecords.default_records import DefaultRecordBatchBuilder

from shared.db import Database
from shared.ecsctl import redrive
from tests.faults import small
from tests.faults.conftest import Place
from tests.faults.harness import Worker, producing, until
from tests.faults.small import GRANTED, granted


async def committed(place: Place, worker: Worker, subject: str = "end") -> None:
    """Everything said before was handled and its offset committed: a fact of its own went through after it."""
    await worker.do("say", subject=subject, note="end")

    async def handled() -> bool:
        return len(await place.hearing("SELECT 1 FROM heard WHERE note = 'end' AND subject_id = $1", subject)) > 0

    await until(handled, "the last fact is handled")


async def test_4_killed_after_its_commit_and_before_the_offsets_the_repeat_is_dropped(place: Place) -> None:
    speaker = await place.says()
    await speaker.do("load", writers=2, each=10, subjects=3)
    await place.drained()
    first = await place.hears(stall="consumer.commit")
    await first.stalled()
    before = await place.hearing.count("heard")
    assert before > 0
    await first.kill()
    await place.hears()
    await place.heard(20)
    for subject in ("end-1", "end-2", "end-3", "end-4", "end-5"):  # whatever their partitions
        await committed(place, speaker, subject)
    effects = await place.hearing("SELECT event_id FROM heard WHERE note = ''")
    assert len(effects) == len(set(effects)) == 20


async def test_4_killed_in_the_middle_of_its_work_nothing_is_lost(place: Place) -> None:
    speaker = await place.says()
    await speaker.do("say", subject="a", note="slow")
    first = await place.hears(slow="60")
    await place.drained()

    async def at_work() -> bool:
        return bool(
            await place.hearing(
                "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        )

    await until(at_work, "the consumer works")
    await first.kill()
    await place.hears()
    await place.heard(1)
    assert await place.hearing("SELECT note FROM heard") == ["slow"]


async def test_5_frozen_in_the_middle_of_a_transaction_it_neither_blocks_its_successor_nor_does_harm(
    place: Place,
) -> None:
    timeouts = json.dumps({"idle_in_transaction_session_timeout": "3000", "lock_timeout": "2000"})
    speaker = await place.says()
    first = await place.hears(slow="8", timeouts=timeouts)
    await committed(place, speaker, "start")
    await speaker.do("say", subject="a", note="slow")

    async def at_work() -> bool:
        return bool(
            await place.hearing(
                "SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()"
            )
        )

    await until(at_work, "the consumer works")
    first.freeze()
    await place.hears(timeouts=timeouts)

    async def taken_over() -> bool:
        return "slow" in await place.hearing("SELECT note FROM heard")

    await until(taken_over, "the successor has done the work")
    first.thaw()
    await speaker.do("load", writers=1, each=20, subjects=8)
    await place.heard(22)
    for subject in ("end-1", "end-2", "end-3", "end-4", "end-5"):
        await committed(place, speaker, subject)
    effects = await place.hearing("SELECT event_id FROM heard")
    assert len(effects) == len(set(effects)) == 27
    assert await place.hearing.count("parked") == 0


def record(fact: Any, sequence: int = 1) -> bytes:
    """A fact as it lies on the topic."""
    return json.dumps({**json.loads(fact.model_dump_json()), "sequence": sequence}).encode()


GOOD = 10_000


async def test_17_poison_among_ten_thousand_is_set_aside_and_the_others_pass(place: Place) -> None:
    await place.hears()
    bug = granted("buggy", "bug")
    odd_headers: list[Any] = [granted(f"odd-{number}") for number in range(6)]
    headers: list[Any] = [
        [("traceparent", None)],
        [("ce_id", b"\xff\xfe\x00")],
        [("", b"")],
        [("a\x00b", b"\x00")],
        [("correlation_id", b"\xc3\x28"), ("correlation_id", None)],
        [("content-type", b"application/pdf"), ("reply_to", GRANTED.encode())],
    ]
    poison: list[tuple[bytes | None, bytes | None, list[Any]]] = [
        (b"a", b"not JSON at all", []),
        (b"a", b"\xff\xfe\x00\x01", []),
        (b"a", b'{"event_id": 7}', []),
        (None, record(granted("no-key")), []),
        (b"a", None, []),
        (b"", None, []),
        (b"other", record(granted("wrong-key")), []),
        (b"\xff\xfe", record(granted("foreign-key")), []),
        (b"a", b"[" * 100_000, []),
        (b"a", b"{}", [("ce_id", None)]),
        (b"buggy", record(bug), []),
    ]
    async with producing(place.kafka) as producer:
        for number in range(GOOD):
            fact = granted(f"subject-{number % 500}", f"good-{number}")
            await producer.send(GRANTED, record(fact, number // 500 + 1), fact.subject_id.encode())
            if number % 909 == 0 and poison:
                key, value, with_headers = poison.pop()
                await _send(producer, key, value, with_headers)
            if number % 1500 == 0 and headers:
                odd = odd_headers.pop()
                await _send(producer, odd.subject_id.encode(), record(odd), headers.pop())
        await producer.flush()
    assert not poison
    assert not headers

    async def all_heard() -> bool:
        return await place.hearing.count("heard") >= GOOD + 6

    await until(all_heard, "all good facts are handled")
    notes = await place.hearing("SELECT note FROM heard")
    assert sorted(note for note in notes if note.startswith("good-")) == sorted(f"good-{n}" for n in range(GOOD))

    async def all_parked() -> bool:
        return await place.hearing.count("parked") == 11

    await until(all_parked, "the poison is set aside")
    errors = await place.hearing("SELECT error FROM parked ORDER BY error")
    assert errors == ["Bug"] + ["NotAFact"] * 5 + ["ValidationError"] * 5
    assert "bug" not in notes, "what the handler did before it failed was not undone"

    consumers = small.consumers_named(place.group)
    database = Database(place.hearing_url)
    try:
        numbers = await place.hearing("SELECT id FROM parked WHERE error = 'Bug'")
        assert len(await redrive(consumers, database, (*numbers,))) == 1, "it is not yet mended"
        assert (await place.hearing("SELECT tries FROM parked WHERE error = 'Bug'")) == [4]
        small.Behaviour.bug = False
        assert await redrive(consumers, database, (*numbers,)) == []
    finally:
        small.Behaviour.bug = True
        await database.dispose()
    assert await place.hearing("SELECT count(*) FROM heard WHERE note = 'bug'") == [1]
    assert await place.hearing.count("parked") == 10


async def _send(producer: AIOKafkaProducer, key: bytes | None, value: bytes | None, headers: list[Any]) -> None:
    """Send what the client's own `send` refuses to: null keys and values together, null headers."""
    batch = producer.create_batch()
    assert batch.append(key=key, value=value, timestamp=None, headers=headers) is not None
    await (await producer.send_batch(batch, GRANTED, partition=uuid4().int % 3))


async def test_what_the_world_does_parks_nothing(place: Place) -> None:
    """A table that is locked for long, a deadlock, a server that ends connections: the batch is held, not set aside."""
    speaker = await place.says()
    timeouts = json.dumps({"lock_timeout": "500"})
    await place.hears(timeouts=timeouts)
    await committed(place, speaker)
    connection = await place.lock("heard")
    await speaker.do("say", subject="a")

    tries: set[Any] = set()

    async def waits_again() -> bool:
        tries.update(
            await place.hearing(
                "SELECT query_start FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
        )
        return len(tries) > 3

    await until(waits_again, "the consumer tries for the lock more often than a bad record is tried")
    await speaker.do("load", writers=2, each=20, subjects=4)
    await connection.close()
    await place.hearing("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user"
                        " AND datname = current_database() AND pid <> pg_backend_pid()")  # fmt: skip
    await place.heard(42)
    assert await place.hearing.count("parked") == 0


async def test_sigterm_ends_what_is_under_way_and_no_more(place: Place) -> None:
    speaker = await place.says()
    listener = await place.hears()
    load = speaker.order("load", writers=4, each=40, subjects=5, hold=0.005)
    await place.heard(20)
    await listener.stop()
    assert (await load)["number"]
    await speaker.stop()
    assert await place.saying.count("outbox") == 0, "what was committed was sent before the end"
    await place.hears()
    await place.heard(160)
    effects = await place.hearing("SELECT event_id FROM heard")
    assert len(effects) == len(set(effects)) == 160


@pytest.fixture(autouse=True, scope="module")
def _builder() -> None:
    """The client's compiled writer takes null headers; its Python one, a fallback, would not."""
    assert DefaultRecordBatchBuilder
