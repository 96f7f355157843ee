"""Old code beside new, and a read model built anew while the service works (faults 18, 19)."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.db import Database, Session
from shared.events import Event
from shared.rebuild import rebuild
from tests.faults import small
from tests.faults.conftest import Place


@pytest.mark.parametrize(("saying", "hearing"), [("1", ""), ("", "1")], ids=["newer producer", "newer consumer"])
async def test_18_a_newer_producer_and_an_older_consumer_and_the_reverse_set_nothing_aside(
    place: Place, saying: str, hearing: str
) -> None:
    speaker = await place.says(newer=saying)
    await speaker.do("load", writers=2, each=20, subjects=4)
    await place.hears(newer=hearing)
    await place.heard(40)
    assert await place.hearing.count("parked") == 0
    carried = [fact for fact in await place.said() if "county" in fact]
    assert len(carried) == (40 if saying else 0), "the newer producer says more"


async def test_19_a_read_model_is_rebuilt_during_traffic_and_no_letter_is_made_again(place: Place) -> None:
    speaker = await place.says()
    await place.hears()
    await speaker.do("load", writers=4, each=50, subjects=20)
    await place.heard(200)
    await place.hearing("DELETE FROM standing WHERE subject_id IN ('subject-1', 'subject-2')")
    await place.hearing("UPDATE standing SET note = 'wrong', sequence = 1")
    load = speaker.order("load", writers=4, each=100, subjects=20, hold=0.01)
    database = Database(place.hearing_url)
    try:
        replayed = await rebuild(small.consumers_named(place.group), database, place.kafka)
    finally:
        await database.dispose()
    assert replayed >= 200
    assert len((await asyncio.wait_for(load, 60))["ok"]) == 400
    await place.heard(600)
    last = {fact["subject_id"]: fact["sequence"] for fact in sorted(await place.said(), key=lambda f: f["sequence"])}

    standing = await place.hearing("SELECT subject_id, sequence, note FROM standing")
    assert {subject: sequence for subject, sequence, _ in standing} == last
    assert {note for _, _, note in standing} == {""}
    letters = await place.hearing("SELECT event_id FROM letter")
    assert len(letters) == len(set(letters)) == 600
    assert await place.hearing.count("parked") == 0


async def test_19_what_was_not_yet_taken_is_left_to_the_service_and_has_its_letter(place: Place) -> None:
    speaker = await place.says()
    await speaker.do("load", writers=1, each=20, subjects=5)
    first = await place.hears()
    await place.heard(20)
    await first.stop()
    await speaker.do("load", writers=1, each=20, subjects=5)
    await place.drained()
    database = Database(place.hearing_url)
    try:
        assert await rebuild(small.consumers_named(place.group), database, place.kafka) == 20
    finally:
        await database.dispose()
    await place.hears()
    await place.heard(40)
    assert await place.hearing.count("letter") == 40


async def test_19_nobody_who_works_during_a_rebuild_waits_for_a_row_and_what_is_the_same_is_not_written(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = await place.says()
    service = await place.hears()
    await speaker.do("load", writers=1, each=40, subjects=8)
    await place.heard(40)
    await service.stop()
    await place.hearing("UPDATE standing SET note = 'wrong' WHERE subject_id = 'subject-1'")
    await place.hearing("INSERT INTO standing (subject_id, sequence, note) VALUES ('nobody', 1, '')")
    written = "SELECT subject_id, xmin::text FROM standing WHERE subject_id NOT IN ('subject-1', 'nobody')"
    before = await place.hearing(written)
    seen = []

    async def work(session: Session, facts: Sequence[Event]) -> None:
        """What somebody else can do while the facts are read again."""
        seen.append(await place.hearing("SELECT subject_id, note FROM standing FOR UPDATE NOWAIT"))

    consumers = small.consumers_named(place.group)
    handle = consumers.handle

    async def handle_and_look(session: Session, facts: Sequence[Event]) -> None:
        await handle(session, facts)
        await work(session, facts)

    followed: list[str] = []

    async def follow_up(session: Session, after: str) -> str | None:
        followed.append(after)
        return "last" if not after else None

    monkeypatch.setattr(consumers, "handle", handle_and_look)
    consumers.rebuilt = follow_up
    database = Database(place.hearing_url)
    try:
        assert await rebuild(consumers, database, place.kafka) == 40
    finally:
        await database.dispose()
    assert seen
    assert all(("subject-1", "wrong") in map(tuple, one) for one in seen), "the old content, until the new is complete"
    assert sorted(map(tuple, await place.hearing(written))) == sorted(map(tuple, before))
    left = {tuple(row) for row in await place.hearing("SELECT subject_id, note FROM standing")}
    assert left == {(f"subject-{number}", "") for number in range(8)}
    assert followed == ["", "last"]
