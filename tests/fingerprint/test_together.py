"""Several importers at once: each file once, each clearance once, no version missed."""

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from services.fingerprint import awaited
from services.fingerprint.actions import people
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.rules.check import State
from shared.events import NameChanged
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench

ROUNDS = 8
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def _at_once(*work: Coroutine[Any, Any, Any]) -> list[Any]:
    return list(await asyncio.gather(*work))


async def test_the_same_bytes_at_once_are_read_once(bench: Bench) -> None:
    for _ in range(ROUNDS):
        educator = an_educator()
        await bench.know(educator)
        content = answer(FBI, educator)
        outcomes = await _at_once(*(bench.take(content) for _ in range(4)))
        assert sorted(outcomes) == [Outcome.DUPLICATE] * 3 + [Outcome.READ]
        assert await bench.topics(educator) == ["ResultReceived"]


async def test_state_and_fbi_at_once_clear_once(bench: Bench) -> None:
    for _ in range(ROUNDS):
        educator = an_educator()
        await bench.know(educator)
        await _at_once(bench.take(answer(STATE, educator)), bench.take(answer(FBI, educator)))
        assert sorted(await bench.topics(educator)) == ["FingerprintCleared", "ResultReceived", "ResultReceived"]


async def test_two_versions_at_once_end_with_the_newer(bench: Bench) -> None:
    for _ in range(ROUNDS):
        educator = an_educator()
        await bench.know(educator)
        await bench.take(answer(STATE, educator))
        tcn = f"V{educator}"
        await _at_once(
            bench.take(answer(FBI, educator, tcn=tcn, stamped="20260901000000Z")),
            bench.take(answer(FBI, educator, tcn=tcn, found="I", stamped="20260902000000Z")),
        )
        assert (await bench.standing(educator)).state is State.BEING_CHECKED


async def test_versions_for_different_educators_at_once_belong_to_one(bench: Bench) -> None:
    for _ in range(ROUNDS):
        one, other = an_educator(), an_educator()
        await bench.know(one)
        await bench.know(other)
        tcn = f"W{one}"
        await _at_once(
            bench.take(answer(FBI, one, tcn=tcn, stamped="20260901000000Z")),
            bench.take(answer(FBI, other, tcn=tcn, stamped="20260902000000Z")),
        )
        assert (await bench.standing(one)).state is State.NOTHING_YET
        assert (await bench.standing(other)).state is State.ONE_IN


async def test_an_answer_and_its_educator_at_once_meet(bench: Bench) -> None:
    for _ in range(ROUNDS):
        educator = an_educator()
        await _at_once(bench.take(answer(STATE, educator)), bench.identify(educator), bench.name(educator))
        await _at_once(*(awaited.once(bench.database, bench.vault) for _ in range(2)))
        assert await bench.topics(educator) == ["ResultReceived"]


async def test_a_name_heard_while_its_answer_is_taken_is_not_missed(bench: Bench) -> None:
    for _ in range(ROUNDS):
        educator = an_educator()
        before = datetime.now(UTC)
        await bench.know(educator)
        await bench.take(answer(STATE, educator))
        await _at_once(
            bench.take(answer(FBI, educator, name="MAIDEN,JORDAN")),
            bench.name(educator, "Jordan", "Rivera", "Maiden", sequence=3, at=before),
        )
        await awaited.once(bench.database, bench.vault)
        assert (await bench.standing(educator)).state is State.CLEARED


async def test_a_name_heard_while_its_checks_are_decided_waits_for_nobody_who_waits_for_it(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.name(educator, "Jordan", "Miles", sequence=3)
    fact = NameChanged.now(educator, first_name="Jordan", last_name="Brook").model_copy(update={"sequence": 4})
    async with bench.database.transaction() as hearing:
        await hearing.execute(text("SELECT FROM persons WHERE educator_id = :id FOR UPDATE"), {"id": educator})
        deciding = asyncio.create_task(awaited.once(bench.database, bench.vault))
        async with asyncio.timeout(60):
            while not await bench.one(_WAITING):  # noqa: ASYNC110 - a backend of the database waits, no task of ours
                await asyncio.sleep(0.01)
        await people.named(hearing, [fact])
    assert await deciding == 1
    assert await bench.rows("SELECT educator_id FROM due") == []
