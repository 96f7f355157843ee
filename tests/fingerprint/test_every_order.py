"""In whatever order answers, corrections, rulings, names, requests and days come, and however often, all ends alike."""

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.fingerprint import expiring
from services.fingerprint.actions import checks
from services.fingerprint.rules.check import Answer, Ruling, State
from services.fingerprint.rules.deciding import decide
from services.fingerprint.rules.saying import Told, news
from shared.events import Bureau
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.deciding import DAY, TERMS, some_answers

CLEAN = {"found": "N"}
ABOUT_CLEARANCE = {"ClearanceExpiring", "FingerprintCleared", "ClearanceEnded"}
REQUESTS: tuple[dict[str, object], ...] = (
    {"bureau": "fbi", "submissions": ["M1", "M2"]},
    {"bureau": "state", "submissions": ["M3"]},
)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(some_answers, max_size=5),
    st.lists(st.sampled_from(REQUESTS), max_size=2, unique_by=id),
    st.lists(st.sampled_from([0, 40, 95, 305, 340, 366, 500]), max_size=4),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_what_is_said_in_the_end_is_what_stands(
    answers: list[Answer],
    requests: list[dict[str, object]],
    days: list[int],
    clear: bool,
    chance: random.Random,
) -> None:
    """Everything comes in two orders, each thing perhaps twice; days pass between, in their order."""
    rulings = [Ruling(1, datetime.combine(DAY, time(23), UTC), clear, frozenset(one.id for one in answers[:3]))]
    ends = []
    for _ in range(2):
        come: list[object] = [*answers, *rulings, *requests]
        chance.shuffle(come)
        come += chance.sample(come, len(come) // 2)
        told, said = Told(), list[str]()
        known: list[object] = []
        for today, some in _between(come, [*sorted(days), 600], chance):
            known += [one for one in some if one not in known]
            told = replace(told, name_checks=tuple(one for one in known if isinstance(one, dict)))
            decision = decide(
                [one for one in known if isinstance(one, Answer)],
                [one for one in known if isinstance(one, Ruling)],
                replace(TERMS, day=today),
            )
            facts, told = news(told, decision, "2301", today)
            kinds = [one.fact.topic for one in facts]
            assert len(ABOUT_CLEARANCE.intersection(kinds)) == sum(kind in ABOUT_CLEARANCE for kind in kinds) <= 1
            assert (told.said_cleared_on, told.said_valid_until) == (
                decision.standing.cleared_on,
                decision.standing.valid_until,
            )
            assert told.due_on is None or told.due_on > today
            said += kinds
        standing = decision.standing.as_of(today, told.requested)
        assert standing.state is not State.CLEARED
        about = [kind for kind in said if kind in {"FingerprintCleared", "ClearanceEnded"}]
        # No clearance is left standing, whatever came of it.
        assert not about or about[-1] == "ClearanceEnded"
        ends.append((standing, told.said_cleared_on, told.due_on, decision.reprints, decision.causes))
    assert ends[0] == ends[1]


def _between(come: list[object], days: list[int], chance: random.Random) -> Iterator[tuple[date, list[object]]]:
    """What comes, split among the days; on the last one nothing does."""
    places = sorted(chance.randint(0, len(come)) for _ in days)
    start = 0
    for place, day in zip([*places[:-1], len(come)], days, strict=True):
        yield DAY + timedelta(day), come[start:place]
        start = place
    yield DAY + timedelta(days[-1]), []


def _stamp(day: date) -> dict[str, Any]:
    return {"dated": f"{day:%Y%m%d}", "stamped": f"{day:%Y%m%d}140501Z"}


@pytest.mark.parametrize("last", [CLEAN, {"kind": "ERRT"}], ids=["cleared", "by_name"])
async def test_every_order_of_files_and_days_ends_alike(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, last: dict[str, Any]
) -> None:
    """Two rejected sets of prints, then a third, a state answer and its correction; days pass at every place."""
    today = DAY

    def on(day: date) -> None:
        nonlocal today
        today = day

    for module in (checks, expiring):
        monkeypatch.setattr(module, "local_day", lambda moment: today)
    over = DAY + timedelta(500)
    ends = set()
    # Every order where a clearance comes of it, which has more to go wrong.
    for number, order in list(enumerate(permutations(range(4))))[:: 1 if last == CLEAN else 3]:
        educator = an_educator()
        await bench.know(educator)
        oca = f"2301-{educator}"
        files = [
            answer(STATE, oca, tcn=f"S{number:018d}", **_stamp(DAY)),
            answer(STATE, oca, tcn=f"S{number:018d}", **_stamp(DAY + timedelta(1))),
            answer(FBI, oca, kind="ERRT", **_stamp(DAY + timedelta(1))),
            answer(FBI, oca, **_stamp(DAY + timedelta(2)), **last),
        ]
        arrive = [DAY, DAY + timedelta(1), DAY + timedelta(1), DAY + timedelta(2)]
        passes = number % 5
        on(DAY + timedelta(2))
        for place, which in enumerate((*order, order[0])):
            if place == passes:
                on(over)
                await expiring.once(bench.database, bench.vault)
            await bench.take(files[which], at=datetime.combine(arrive[which], time(18), UTC))
        on(over)
        await expiring.once(bench.database, bench.vault)
        said = [topic for topic in await bench.topics(educator) if topic in {"FingerprintCleared", "ClearanceEnded"}]
        assert said in ([], ["FingerprintCleared", "ClearanceEnded"])
        standing = (await bench.standing(educator)).as_of(over)
        kept = await bench.rows(
            "SELECT said_cleared_on, due_on FROM checks WHERE educator_id = :id AND purpose = '2301'", id=educator
        )
        anonymous = [replace(one, rejected=()) for one in standing.name_checks]  # type: ignore[arg-type]
        ends.add(repr((replace(standing, name_checks=tuple(anonymous)), kept)))
    assert len(ends) == 1
    assert ("EXPIRED" in ends.pop()) is (last == CLEAN)


async def test_who_has_a_record_and_who_has_none_get_the_same_name_check(bench: Bench) -> None:
    """The bureau that could read the prints says what it says; the check by name of the other tells nothing of it."""
    ends = set()
    for found in ("N", "I"):
        educator = an_educator()
        await bench.know(educator)
        oca = f"2301-{educator}"
        await bench.take(answer(STATE, oca, found=found, **_stamp(DAY)))
        for day in (1, 2):
            await bench.take(answer(FBI, oca, kind="ERRT", **_stamp(DAY + timedelta(day))))
        standing = await bench.standing(educator)
        said = [
            fact.model_dump(exclude={"event_id", "occurred_at", "subject_id"}) for fact in await bench.said(educator)
        ]
        checks_by_name = [(one.bureau, one.by, [two.on for two in one.rejected]) for one in standing.name_checks]
        ends.add(repr((replace(standing, name_checks=()), checks_by_name, said)))
        assert standing.state is State.BY_NAME
        assert standing.waits_for is None
        assert {step.bureau for step in standing.steps} == set(Bureau)
    assert len(ends) == 1
