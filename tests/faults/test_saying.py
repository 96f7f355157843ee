"""The side that says facts, killed at every step (faults 1, 2, 3, 7, 8, 10)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from deploy.local.forking import Nursery
from shared import relay
from shared.db import Database
from shared.relay import Relay
from tests.conftest import OwnParts
from tests.databases import DatabaseMaker
from tests.faults.conftest import Place
from tests.faults.harness import assert_in_order, new_topics, records, until
from tests.faults.small import REVOKED, create_tables


async def test_1_killed_before_the_commit_there_is_neither_row_nor_fact(place: Place) -> None:
    worker = await place.says()
    worker.order("say", subject="a", stall=True)
    await worker.stalled()
    await worker.kill()
    second = await place.says()
    await second.do("say", subject="b")
    await place.drained()
    assert await place.saying("SELECT subject_id FROM said") == ["b"]
    assert [fact["subject_id"] for fact in await place.said()] == ["b"]


async def test_2_killed_after_the_commit_and_before_sending_the_fact_is_sent_once_after_the_restart(
    place: Place,
) -> None:
    worker = await place.says(stall="relay.send")
    await worker.do("say", subject="a")
    await worker.kill()
    await place.says()

    async def sent() -> bool:
        return len(await place.said()) > 0

    await until(sent, "the fact is on the topic")
    await place.drained()
    assert len(await place.said()) == 1


async def test_3_killed_after_the_ack_and_before_the_removal_there_are_two_records_and_one_effect(
    place: Place,
) -> None:
    await place.hears()
    worker = await place.says(stall="relay.remove")
    await worker.do("say", subject="a")
    await worker.stalled()
    await place.heard(1)
    await worker.kill()
    await place.says()
    await place.drained()
    first, second = await place.said()
    assert first == second
    await worker_done(place)
    assert await place.hearing.count("heard") == 1


async def worker_done(place: Place) -> None:
    """A later fact of the same subject was handled, so everything before it was."""
    worker = await place.says()
    await worker.do("say", subject="a", note="end")

    async def handled() -> bool:
        return "end" in await place.hearing("SELECT note FROM heard")

    await until(handled, "the last fact is handled")
    await place.hearing("DELETE FROM heard WHERE note = 'end'")


async def test_7_eight_writers_that_commit_late_lose_nothing_and_keep_the_order(place: Place) -> None:
    worker = await place.says()
    done = await worker.do("load", writers=8, each=60, subjects=5, hold=0.03)
    await place.drained()
    found = await records(place.kafka)
    assert sorted(done["ok"]) == sorted(fact["event_id"] for fact in await place.said())
    assert len(found) == await place.saying.count("said") == 480
    assert_in_order(found)


async def test_8_of_two_relays_one_leads_and_the_other_takes_over(place: Place) -> None:
    first, second = await place.says(), await place.says()
    done = await asyncio.gather(
        *(worker.do("load", writers=4, each=60, subjects=5, hold=0.01) for worker in (first, second))
    )
    await place.drained()
    found = await records(place.kafka)
    assert len(found) == sum(len(one["ok"]) for one in done) == 480
    assert_in_order(found)
    await first.kill()
    await second.do("load", writers=4, each=10, subjects=5)
    await second.kill()
    third = await place.says()
    await third.do("load", writers=4, each=10, subjects=5)
    await place.drained()
    assert_in_order(await records(place.kafka), doubles=True)
    assert len({fact["event_id"] for fact in await place.said()}) == await place.saying.count("said") == 560


async def test_10_with_the_broker_down_commands_are_accepted_and_the_outbox_drains_after(
    nursery: Nursery, own_parts: OwnParts, fresh_database: DatabaseMaker
) -> None:
    kafka = own_parts.kafka()
    await new_topics(kafka.bootstrap)
    place = Place(nursery, kafka.bootstrap, fresh_database(), fresh_database())
    await create_tables(place.saying_url)
    try:
        worker = await place.says()
        await worker.do("load", writers=2, each=10, subjects=3)
        await place.drained()
        await asyncio.to_thread(kafka.kill)
        done = await worker.do("load", writers=4, each=50, subjects=3)
        assert len(done["ok"]) == 200
        assert await place.saying.count("outbox") == 200
        late = await place.says()  # one that starts while the broker is away works too
        await late.do("load", writers=2, each=10, subjects=3)
        await asyncio.to_thread(kafka.start)
        await place.drained(60)
        found = await records(place.kafka)
        assert_in_order(found, doubles=True)
        assert len({fact["event_id"] for fact in await place.said()}) == 240
    finally:
        for one in place.workers:
            await one.kill()


async def test_a_topic_that_the_broker_lacks_holds_up_no_other_and_its_facts_go_out_when_it_is_there(
    place: Place,
) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=place.kafka)
    await admin.start()
    try:
        await admin.delete_topics([REVOKED])
        worker = await place.says()
        await worker.do("say", subject="a", topic=REVOKED)
        for number in range(5):
            await worker.do("say", subject="a", note=str(number))

        async def others_sent() -> bool:
            return await place.saying("SELECT topic FROM outbox") == [REVOKED]

        await until(others_sent, "the facts of the topic that is there are sent", 20)  # the client would wait for 30
        assert len(await place.said()) == 5
        await new_topics(place.kafka)
        await place.drained()
        assert [fact["subject_id"] for fact in await place.said(REVOKED)] == ["a"]
    finally:
        await admin.close()


async def test_what_is_committed_before_sigterm_is_sent_before_the_end(place: Place) -> None:
    """The last of several is committed while the relay lets rows gather."""
    worker = await place.says()
    await worker.do("load", writers=1, each=5, subjects=1)
    await worker.stop()
    assert await place.saying.count("outbox") == 0
    assert len(await place.said()) == 5


@asynccontextmanager
async def relaying(place: Place) -> AsyncIterator[None]:
    """A relay in this process, with a fact to send."""
    row = "INSERT INTO outbox (topic, subject_id, event_id, body) VALUES ($1, 'a', $2, '{}')"
    await place.saying(row, REVOKED, uuid4())
    database = Database(place.saying_url)
    leading = Relay(database, place.kafka, "small")
    running = asyncio.create_task(leading.run())
    try:
        yield
    finally:
        await leading.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await database.dispose()


async def test_a_client_that_neither_delivers_nor_fails_is_given_up_for_a_new_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that goes on asking a broker for what it does not lead."""
    send, asked = AIOKafkaProducer.send_batch, list[AIOKafkaProducer]()

    async def silent_at_first(self: AIOKafkaProducer, *given: Any, **named: Any) -> Any:
        asked.append(self)
        return asyncio.Future() if len(asked) == 1 else await send(self, *given, **named)

    monkeypatch.setattr(relay, "PATIENCE", 0.5)
    monkeypatch.setattr(AIOKafkaProducer, "send_batch", silent_at_first)
    async with relaying(place):
        await place.drained()
    assert len(await records(place.kafka, REVOKED)) == 1
    assert len(set(asked)) == 2


async def test_a_client_that_does_not_get_ready_is_given_up_for_a_new_one(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, asked = AIOKafkaProducer.start, list[AIOKafkaProducer]()

    async def silent_at_first(self: AIOKafkaProducer) -> None:
        asked.append(self)
        await start(self)
        if len(asked) == 1:
            await asyncio.Future()

    monkeypatch.setattr(relay, "PATIENCE", 2.0)
    monkeypatch.setattr(AIOKafkaProducer, "start", silent_at_first)
    async with relaying(place):
        await place.drained()
    assert len(set(asked)) == 2


async def test_a_client_that_is_given_up_sends_nothing_later(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its queue is full of what a new client has sent meanwhile."""
    producer = AIOKafkaProducer(bootstrap_servers=place.kafka, enable_idempotence=True)
    await producer.start()
    producer._sender._muted_partitions.update(  # the client's way of holding a partition back
        {TopicPartition(REVOKED, number) for number in await producer.partitions_for(REVOKED)}
    )
    await producer.send(REVOKED, b"{}", b"a")
    monkeypatch.setattr(relay, "STOP", 0.2)
    sending = producer._sender.sender_task
    await relay._stopped(producer)
    await asyncio.wait([sending], timeout=20)
    assert sending.done()
    assert not await records(place.kafka, REVOKED)
