"""PostgreSQL killed under load: what was said to be committed is there, and its facts with it (fault 12)."""

import asyncio

import pytest

from deploy.local.forking import Nursery
from tests.conftest import KafkaPart, OwnParts
from tests.faults.conftest import Place
from tests.faults.harness import assert_in_order, new_topics, records
from tests.faults.small import create_tables


async def test_12_postgres_killed_under_load_loses_no_acknowledged_commit(
    nursery: Nursery, own_parts: OwnParts, kafka: KafkaPart, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres = own_parts.postgres()
    await new_topics(kafka.bootstrap)
    place = Place(nursery, kafka.bootstrap, postgres.database("says"), postgres.database("hears"))
    await create_tables(place.saying_url)
    await create_tables(place.hearing_url)
    try:
        speaker, _ = await place.says(), await place.hears()
        load = speaker.order("load", writers=8, each=80, subjects=40, hold=0.01, patient=True)
        await place.heard(50)
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)
        async with asyncio.timeout(120):
            done = await load
        assert done["unknown"], "nobody was disturbed"
        more = await speaker.do("load", writers=2, each=10, subjects=40)
        await place.drained()
        said = [str(event_id) for event_id in await place.saying("SELECT event_id FROM said")]
        lost = set(done["ok"] + more["ok"]) - set(said)
        assert not lost, f"{len(lost)} acknowledged commits are gone"
        found = await place.said()
        assert {fact["event_id"] for fact in found} == set(said), "a row without its fact, or a fact without its row"
        assert_in_order(await records(place.kafka), doubles=True)
        await place.heard(len(said))
        heard = [str(event_id) for event_id in await place.hearing("SELECT event_id FROM heard")]
        assert sorted(heard) == sorted(said)
        assert await place.hearing.count("parked") == 0
    finally:
        for one in place.workers:
            await one.kill()
