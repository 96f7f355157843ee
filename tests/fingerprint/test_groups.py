"""Many files in one transaction come to what they come to one by one."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.fingerprint import standing
from services.fingerprint.actions import results
from services.fingerprint.actions.entering import Arrival, Outcome
from services.fingerprint.ebts import Unreadable
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice
from tests.fingerprint.conftest import Bench, arrival

PEOPLE = 12
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def _story(seed: int, educators: Sequence[str]) -> list[bytes]:
    """Answers of every kind about these people: twice, corrected, of nobody, damaged, shuffled."""
    drawn = random.Random(seed)
    files: list[bytes] = []
    for number, educator in enumerate(educators):
        purpose = drawn.choice(["2301-", "2300-", ""])
        first = answer(STATE, f"{purpose}{educator}", found=drawn.choice("NNNIE"))
        files += [first, first] if drawn.random() < 0.3 else [first]
        files.append(
            answer(FBI, f"{purpose}{educator}", kind="ERRT")
            if drawn.random() < 0.2
            else answer(FBI, f"{purpose}{educator}", tcn=f"S{seed}N{number}", found=drawn.choice("NNNNI"))
        )
        if drawn.random() < 0.3:
            whose = drawn.choice(educators)
            files.append(answer(FBI, f"{purpose}{whose}", tcn=f"S{seed}N{number}", stamped="20260905000000Z"))
        if drawn.random() < 0.2:
            files.append(notice(educator))
    files += [answer(FBI, "12345678"), answer(FBI), answer("XXMHP0000", educators[0]), b"nothing", b""]
    drawn.shuffle(files)
    return files


def _groups(seed: int, files: list[bytes]) -> Iterator[list[bytes]]:
    drawn, left = random.Random(seed), list(files)
    while left:
        size = drawn.choice([1, 2, 5, len(left)])
        yield left[:size]
        del left[:size]


async def _all(bench: Bench, arrivals: Sequence[Arrival]) -> list[Outcome]:
    async with bench.database.transaction() as session:
        return await results.take(session, bench.vault, arrivals, 0.0)


async def _end(bench: Bench, educators: Sequence[str]) -> tuple[Any, ...]:
    checks = await bench.rows("SELECT educator_id, purpose, standing, said_reprints FROM checks")
    reviews = await bench.rows("SELECT educator_id, purpose FROM reviews WHERE closed_at IS NULL")
    return (
        Counter(str(file) for file in await bench.rows("SELECT state, reason, field, errors FROM files")),
        Counter(str(one) for one in await bench.rows("SELECT origin, tcn, place, why, educator_id FROM answers")),
        {(one["educator_id"], one["purpose"]): standing.read(one["standing"]) for one in checks},
        Counter(str(row) for row in reviews),
        await bench.one("SELECT count(*) FROM data_keys WHERE educator_id IS NULL"),
        await bench.one("SELECT count(*) FROM pieces"),
    )


@pytest.mark.parametrize("seed", range(4))
async def test_groups_of_any_size_and_two_importers_end_as_one_by_one(
    bench: Bench, other_bench: Bench, seed: int
) -> None:
    educators = [an_educator() for _ in range(PEOPLE)]
    files = _story(seed, educators)
    for one in (bench, other_bench):
        for educator in educators[:-2]:
            await one.know(educator)
    for content in files:
        await bench.take(content)

    async def importer(half: list[bytes]) -> None:
        for group in _groups(seed, half):
            await other_bench.take_all(*((content, "answer.eft") for content in group))

    await asyncio.gather(importer(files[::2]), importer(files[1::2]))
    alone, together = await _end(bench, educators), await _end(other_bench, educators)
    assert together == alone
    for educator in educators:
        assert (await other_bench.topics(educator)).count("ResultReceived") == (await bench.topics(educator)).count(
            "ResultReceived"
        )


async def test_the_same_bytes_twice_in_one_group_are_read_once(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    content = answer(FBI, educator)
    outcomes = await bench.take_all((content, "first.eft"), (b"no message", "odd.eft"), (content, "again.eft"))
    assert outcomes == [Outcome.READ, Outcome.QUARANTINED, Outcome.DUPLICATE]
    (first,) = await bench.rows("SELECT id FROM files WHERE state = 'read'")
    assert await bench.one("SELECT first_id FROM files WHERE state = 'duplicate'") == first["id"]
    assert await bench.topics(educator) == ["ResultReceived"]


async def test_of_the_same_bytes_in_one_group_those_that_can_be_read_are(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    good = arrival(answer(FBI, educator))
    wrapped = replace(good, message=Unreadable("member_twice"))
    assert await _all(bench, [wrapped, good, wrapped]) == [Outcome.DUPLICATE, Outcome.READ, Outcome.DUPLICATE]
    assert await bench.topics(educator) == ["ResultReceived"]


async def test_what_another_importer_is_just_noting_as_unreadable_is_read(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    good = arrival(answer(FBI, educator))
    async with bench.database.transaction() as session:
        noted = await results.take(session, bench.vault, [replace(good, message=Unreadable("bundle_unknown"))], 0.0)
        reading = asyncio.create_task(_all(bench, [good, arrival(answer(STATE, educator))]))
        while not await bench.one(_WAITING):  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.01)
    assert (noted, await reading) == ([Outcome.QUARANTINED], [Outcome.READ, Outcome.READ])
    assert await bench.one("SELECT count(*) FROM files WHERE state = 'duplicate'") == 1
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]


async def test_what_is_read_at_last_and_the_renewal_of_its_key_do_not_wait_for_each_other(bench: Bench) -> None:
    good = arrival(answer(FBI, an_educator()))
    assert await _all(bench, [replace(good, message=Unreadable("bundle_unknown"))]) == [Outcome.QUARANTINED]
    async with bench.database.transaction() as session:
        await session.execute(text("SELECT id FROM data_keys FOR UPDATE"))
        reading = asyncio.create_task(_all(bench, [good]))
        while not await bench.one(_WAITING):  # noqa: ASYNC110 - only the database knows
            await asyncio.sleep(0.01)
        await session.execute(text("UPDATE files SET key_id = key_id"))
    assert await reading == [Outcome.READ]


async def test_both_answers_in_one_group_clear_once(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take_all((answer(FBI, educator), "fbi.eft"), (answer(STATE, educator), "state.eft"))
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]


async def test_what_is_in_the_ledger_already_is_taken_in_no_second_time(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    claim = uuid4()
    loose = arrival(answer(FBI, educator), claim=claim)
    assert await _all(bench, [loose]) == [Outcome.READ]
    await bench.do(
        "INSERT INTO batches (id, kind, source, state, mark, received_at)"
        " VALUES (:id, 'zip', 'spool', 'running', 'mark', now())",
        id=claim,
    )
    member = arrival(answer(STATE, educator), batch_id=claim, member=0)
    assert await _all(bench, [loose, member]) == [Outcome.TAKEN, Outcome.READ]
    assert await _all(bench, [member, loose]) == [Outcome.TAKEN, Outcome.TAKEN]
    assert await bench.one("SELECT count(*) FROM files") == 2
    assert await bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]


async def test_a_group_is_taken_in_whole_or_not_at_all(bench: Bench) -> None:
    educator = an_educator()
    await bench.know(educator)
    good = arrival(answer(FBI, educator))
    with pytest.raises(DBAPIError):
        await _all(bench, [good, arrival(answer(STATE, educator), batch_id=uuid4(), member=0)])
    assert await bench.one("SELECT count(*) FROM files") == 0
    assert await bench.one("SELECT count(*) FROM data_keys") == 0
    assert await bench.topics(educator) == []


async def test_all_that_is_wrong_with_a_file_is_in_the_ledger(bench: Bench) -> None:
    content = answer(FBI, an_educator()).replace(b"2.059:N", b"2.059:7").replace(b"1.005:20260901", b"1.005:20261301")
    assert await bench.take(content) is Outcome.QUARANTINED
    errors = await bench.one("SELECT errors FROM files")
    assert sorted((code, field) for code, field, _ in errors) == [("value", "1.005"), ("value", "2.059")]
    assert all(offset > 0 for _, _, offset in errors)
