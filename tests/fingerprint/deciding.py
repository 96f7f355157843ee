"""Answers, rulings and decisions for tests of the one decision; what decides is tried in every order."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules.by_name import Rule
from services.fingerprint.rules.check import Answer, Cause, Decision, Ruling, State, Terms
from services.fingerprint.rules.deciding import decide
from shared.events import Bureau

DAY = date(2026, 9, 1)
BY_NAME = {Bureau.FBI: Rule("L0008", 90), Bureau.STATE: Rule("", 90)}
# On the day of most answers; no clearance that they make is over.
TERMS = Terms(months=12, days_apart=90, day=DAY, reminders=(60, 30), by_name=BY_NAME)


def an_answer(
    bureau: Bureau = Bureau.FBI,
    tcn: str = "",
    *,
    finding: Finding | None = Finding.NO_RECORD,
    kind: Kind = Kind.ANSWER,
    at: datetime | None = datetime(2026, 9, 1, 14, tzinfo=UTC),
    on: date = DAY,
    hour: int = 18,
    dated: date = DAY,
    **more: Any,
) -> Answer:
    return Answer(
        id=uuid4(),
        bureau=bureau,
        origin=bureau,
        tcn=tcn or f"{bureau}-1",
        kind=kind,
        dated=at.date() if at else dated,
        stamped=at,
        received_at=datetime.combine(on, time(hour), UTC),
        finding=finding if kind is Kind.ANSWER else None,
        **more,
    )


def state_says(**more: object) -> Answer:
    return an_answer(Bureau.STATE, **more)  # type: ignore[arg-type]


def unreadable(tcn: str = "fbi-0", **more: object) -> Answer:
    return an_answer(Bureau.FBI, tcn, kind=Kind.UNREADABLE, **more)  # type: ignore[arg-type]


def clear(*basis: Answer, number: int = 1, day: date = DAY, yes: bool = True, heard: int = 0) -> Ruling:
    at = datetime.combine(day, time(22), UTC)
    return Ruling(number, at, yes, frozenset(answer.id for answer in basis), heard)


def decided(*answers: Answer, rulings: Iterable[Ruling] = (), on: date = DAY) -> Decision:
    """The decision on a day, the same for every permutation and repetition of the answers."""
    terms = replace(TERMS, day=on)
    first, *others = [decide(order, list(rulings), terms) for order in permutations(answers)]
    assert all(other == first for other in others)
    return first


def state_of(*answers: Answer, rulings: Iterable[Ruling] = ()) -> State:
    return decided(*answers, rulings=rulings).standing.state


def causes_of(*answers: Answer, rulings: Iterable[Ruling] = ()) -> set[Cause]:
    return {cause for cause, _ in decided(*answers, rulings=rulings).causes}


CAUSES = {
    Cause.RECORD: {"finding": Finding.RECORD},
    Cause.EXCEPTION: {"finding": Finding.EXCEPTION},
    Cause.NAME: {"contradicts": True},
    Cause.BY_HAND: {"by_hand": True},
    Cause.HELD: {"held": True},
}


YEAR_LATER = date(2027, 9, 2)
OLD = (state_says(), an_answer())


def later(tcn: str, on: date, bureau: Bureau = Bureau.FBI, **more: Any) -> Answer:
    """An answer to new prints, made and read on a day."""
    return an_answer(bureau, tcn, at=datetime.combine(on, time(9), UTC), on=on, **more)


def rejects(number: int, *codes: str, submission: str = "", **more: Any) -> Answer:
    """The FBI could not use the prints of a submission."""
    at = datetime(2026, 9, number, 9, tzinfo=UTC)
    return unreadable(f"fbi-{number}", at=at, submission=submission or f"M{number}", codes=frozenset(codes), **more)


moments = st.sampled_from([None, *(datetime(2026, 9, day, 12, tzinfo=UTC) for day in (1, 2, 3))])
some_answers = st.builds(
    lambda bureau, number, finding, kind, at, on, flags, ours, submission, codes, foreign: an_answer(
        bureau,
        f"{bureau}-{number}",
        finding=finding,
        kind=kind,
        at=at,
        on=DAY + timedelta(on),
        contradicts=flags[0],
        held=flags[1],
        by_hand=flags[2],
        ours=ours,
        submission=submission,
        codes=frozenset(codes),
        foreign=foreign,
    ),
    st.sampled_from(Bureau),
    st.integers(1, 3),
    st.sampled_from(Finding),
    st.sampled_from([Kind.ANSWER, Kind.ANSWER, Kind.UNREADABLE, Kind.NOTICE]),
    moments,
    st.integers(0, 4),
    st.sampled_from([(False, False, False)] * 3 + [(True, False, False), (False, True, False), (False, False, True)]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["", "M1", "M2", "M3"]),
    st.sets(st.sampled_from(["L0008", "L0117"])),
    st.sampled_from([None, None, None, 4]),
)
some_days = st.sampled_from([DAY, date(2026, 12, 1), YEAR_LATER, date(2028, 1, 1)])
