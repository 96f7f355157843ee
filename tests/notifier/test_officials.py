"""Officials of an institution are written to in whatever order roles and requests arrive: each once, nobody else."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notifier.rules.officials import Word, acted
from shared.events import AccessGranted, Event, Role
from tests.notifier import people
from tests.notifier.conftest import House, numbered

NOW = datetime.now(UTC)
PARKER, QUINN, RILEY, SASHA, TORI = (UUID(int=number) for number in range(1, 6))


def at(hours: float, fact: Any) -> Any:
    """The same fact, so many hours from now."""
    return fact.model_copy(update={"occurred_at": NOW + timedelta(hours=hours)})


async def written_to(house: House, kind: str = "recommendation_requested_official") -> list[UUID]:
    rows = await house.rows("SELECT account_id FROM letters WHERE kind = :kind ORDER BY account_id", kind=kind)
    return [row.account_id for row in rows]


async def nothing_heard(house: House) -> None:
    """As before the first fact. Rows so few are deleted in a hundredth of the time that new tables take."""
    for table in ("letters", "officials", "requests"):
        await house.do(f"DELETE FROM {table}")  # noqa: S608 - our own names


async def every_order(house: House, facts: Iterable[Event]) -> set[tuple[UUID, ...]]:
    """To whom letters go, over all orders in which these facts can arrive, each of them twice."""
    found = set()
    for order in permutations(facts):
        for fact in order:
            await house.hears(fact)
            await house.hears(fact)
        found.add(tuple(await written_to(house)))
        await nothing_heard(house)
    return found


async def test_each_who_was_an_official_then_is_written_to_in_every_order(house: House) -> None:
    facts = [
        at(-3, people.official(PARKER)),  # before: is written to
        at(-3, people.official(QUINN)),  # before, and no more before the request
        at(-2, people.official(QUINN, 3, acts=False)),
        at(+1, people.official(RILEY)),  # only afterwards
        at(0, numbered(people.requested(), 1)),
    ]
    assert await every_order(house, facts) == {(PARKER,)}


async def test_a_role_taken_back_and_given_again_counts_as_it_was_then(house: House) -> None:
    facts = [
        at(-4, people.official(PARKER, 2)),
        at(-3, people.official(PARKER, 3, acts=False)),
        at(-1, people.official(PARKER, 4)),
        at(+1, people.official(PARKER, 5, acts=False)),  # after the request: the letter was right
        at(0, numbered(people.requested(), 1)),
    ]
    assert await every_order(house, facts) == {(PARKER,)}


async def test_other_institutions_and_other_roles_are_not_written_to(house: House) -> None:
    analyst = AccessGranted.now(TORI, application="ecs", role=Role.ANALYST)
    facts = [
        at(-1, people.official(PARKER)),
        at(-1, people.official(SASHA, institution="ozark-hills")),
        at(-1, numbered(analyst, 1)),
        at(0, numbered(people.requested(), 1)),
    ]
    assert await every_order(house, facts) == {(PARKER,)}


async def test_a_correction_sent_again_is_a_request_of_its_own(house: House) -> None:
    await house.hears(at(-1, people.official(PARKER)))
    await house.hears(at(0, numbered(people.requested(), 1)), at(2, numbered(people.requested(), 2)))
    assert await written_to(house) == [PARKER, PARKER]
    assert len(await written_to(house, "recommendation_requested")) == 2


async def test_a_letter_that_is_out_of_the_house_is_not_taken_back(house: House) -> None:
    await house.hears(people.registered(people.KIM), at(-2, people.official()), at(0, numbered(people.requested(), 1)))
    await house.post()
    assert house.mail.to == ["kim.other@example.edu"] * 2  # that the role was given, and that something waits
    await house.hears(at(-1, people.official(sequence=3, acts=False)))
    assert await written_to(house) == [people.KIM]


async def test_roles_and_requests_heard_side_by_side_miss_each_other_never(house: House) -> None:
    for _ in range(20):
        request = people.requested().model_copy(update={"event_id": uuid4()})
        await asyncio.gather(house.hears(at(-1, people.official(PARKER))), house.hears(at(0, numbered(request, 1))))
        assert await written_to(house) == [PARKER]
        await nothing_heard(house)


async def test_after_a_rebuild_late_roles_still_find_what_was_asked(house: House) -> None:
    await house.hears(at(0, numbered(people.requested(), 1)), at(-1, people.official(PARKER)), replaying=True)
    assert await house.letters() == []
    await house.hears(at(-1, people.official(QUINN)))
    assert await written_to(house) == [QUINN]


async def test_requests_are_forgotten_after_a_month(house: House) -> None:
    await house.hears(at(-24 * 31, numbered(people.requested(), 1)), at(-24 * 29, numbered(people.requested(), 2)))
    await house.sender().look()
    assert len(await house.rows("SELECT id FROM requests")) == 1


async def test_the_letter_names_the_institution_and_the_work_log_and_nobody(house: House) -> None:
    await house.hears(*people.known(), at(-1, people.official()), at(0, numbered(people.requested(), 1)))
    await house.post()
    [letter] = [m for m in house.mail.received if m["Subject"] == "Application A100001 waits for your institution"]
    body = letter.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert "River Bend Teachers College" in words
    assert "http://localhost:8080/program/worklog" in words
    assert "Robin" not in words
    assert people.ID not in words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], False),
        ([(1, 0, True)], True),
        ([(1, 1, True)], False),
        ([(1, -2, True), (2, 0, False)], False),
        ([(1, -2, True), (2, 1, False)], True),
        ([(2, 0, False), (1, 0, True)], False),  # both in one moment: the later word holds
        ([(3, -1, True), (2, -2, False), (1, -3, True)], True),
    ],
)
def test_the_last_word_until_then_decides(words: list[tuple[int, int, bool]], expected: bool) -> None:
    assert acted([Word(number, NOW + timedelta(hours=hours), acts) for number, hours, acts in words], NOW) is expected
