"""The one decision, of any answers at all: what never is, in whatever order they came."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules import deciding
from services.fingerprint.rules.check import Answer, Ruling, State
from services.fingerprint.rules.deciding import decide
from shared.events import Bureau
from tests.fingerprint.deciding import (
    DAY,
    OLD,
    TERMS,
    YEAR_LATER,
    an_answer,
    clear,
    some_answers,
    some_days,
)


@given(st.lists(some_answers, max_size=7), some_days, st.data())
def test_every_order_ends_alike(answers: list[Answer], day: date, data: st.DataObject) -> None:
    """Arrivals, corrections, late answers, rulings, names, checks by name, and clearances that are over."""
    rulings = [
        Ruling(number, datetime.combine(DAY + timedelta(number), time(), UTC), yes, frozenset(basis), heard)
        for number, (yes, basis, heard) in enumerate(
            data.draw(st.lists(st.tuples(st.booleans(), _bases(answers), st.integers(3, 5)), max_size=3))
            if answers
            else []
        )
    ]
    terms = replace(TERMS, day=day)
    expected = decide(answers, rulings, terms)
    order = data.draw(st.permutations(answers))
    assert decide(order, data.draw(st.permutations(rulings)), terms) == expected
    # Of what was decided before, time alone makes the same, where nothing came after the clearance.
    before = decide(answers, rulings, TERMS).standing
    if before.state is State.CLEARED and expected.standing.state is State.EXPIRED:
        assert replace(before.as_of(day), name_checks=(), reprint=()) == replace(
            expected.standing, name_checks=(), reprint=()
        )


@given(st.lists(some_answers, max_size=6), some_days)
def test_nobody_is_shown_a_clearance_that_is_over(answers: list[Answer], day: date) -> None:
    standing = decide(answers, [], replace(TERMS, day=day)).standing
    assert standing.state is not State.CLEARED or (standing.valid_until and standing.valid_until >= day)
    assert standing.state is State.CLEARED or standing.cleared_on is None


@given(st.lists(some_answers, max_size=6), some_days)
def test_a_record_and_no_record_stand_alike_until_both_bureaus_answered(answers: list[Answer], day: date) -> None:
    terms = replace(TERMS, day=day)
    one_sided = [one for one in answers if one.bureau is Bureau.FBI or one.kind is Kind.UNREADABLE]
    records = [replace(one, finding=Finding.RECORD if one.finding else None) for one in one_sided]
    clean = [replace(one, finding=Finding.NO_RECORD if one.finding else None) for one in one_sided]
    assert decide(records, [], terms).standing == decide(clean, [], terms).standing


@given(st.lists(some_answers, max_size=4), st.booleans(), some_days)
def test_do_not_clear_shows_to_nobody_where_nothing_was_cleared(
    answers: list[Answer], after_a_clearance: bool, day: date
) -> None:
    """Whoever has a case open stands as before once an adjudicator has said "Do not clear"."""
    if after_a_clearance:
        answers, day = [*OLD, *_shifted(answers, (YEAR_LATER - DAY).days)], date(2028, 1, 1)
    terms = replace(TERMS, day=day)
    before = decide(answers, [], terms)
    no = Ruling(1, datetime.combine(day, time(20), UTC), False, before.basis)
    if before.causes and before.standing.state is not State.CLEARED:
        assert decide(answers, [no], terms).standing == before.standing


@given(st.lists(some_answers, max_size=4), st.booleans(), st.integers(0, 100))
def test_clear_shows_to_nobody_where_nobody_was_being_checked(
    answers: list[Answer], after_a_clearance: bool, days: int
) -> None:
    """What an adjudicator clears then, a notice for one, makes no clearance of what is there, and ends none again."""
    day = date(2026, 12, 1)
    if after_a_clearance:
        answers, day = [*OLD, *_shifted(answers, 300 + days)], YEAR_LATER + timedelta(days=days)
    terms = replace(TERMS, day=day)
    before = decide(answers, [], terms)
    yes = Ruling(1, datetime.combine(day, time(20), UTC), True, before.basis, heard=9)
    if before.causes and before.standing.state not in {State.BEING_CHECKED, State.CLEARED}:
        assert decide(answers, [yes], terms).standing == before.standing


def _shifted(answers: Iterable[Answer], days: int) -> list[Answer]:
    """The same answers so many days later."""
    by = timedelta(days=days)
    return [
        replace(
            one,
            dated=one.dated + by,
            stamped=one.stamped and one.stamped + by,
            received_at=one.received_at + by,
        )
        for one in answers
    ]


def _bases(answers: list[Answer]) -> st.SearchStrategy[set[UUID]]:
    return st.sets(st.sampled_from([answer.id for answer in answers]))


@given(st.lists(some_answers, max_size=6))
def test_nobody_is_cleared_while_something_waits_for_a_person_that_is_not_newer(answers: list[Answer]) -> None:
    decision = decide(answers, [], TERMS)
    if decision.standing.state is State.CLEARED:
        ours = [answer for answer in answers if answer.ours and answer.kind is Kind.ANSWER]
        assert {bureau for answer in ours if not answer.causes for bureau in [answer.bureau]} == set(Bureau)


def test_the_short_way_for_plain_checks_ends_where_the_long_one_does() -> None:
    days = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=TERMS.days_apart + 1)]
    made = [
        an_answer(bureau, f"{bureau}-{number}", on=day, at=at, **odd)  # type: ignore[arg-type]
        for bureau, day, at in product(Bureau, days, (None, datetime(2026, 8, 30, tzinfo=UTC)))
        for number, odd in enumerate([{}, {"held": True}, {"finding": Finding.RECORD}, {"ours": False}, {"foreign": 3}])
    ]
    short = 0
    for answers in (*((one,) for one in made), *product(made, made)):
        for on in (DAY, DAY + timedelta(days=400)):
            terms = replace(TERMS, day=on)
            plain = deciding._plain(answers, [], terms)
            if plain is not None:
                short += 1
                assert plain == deciding._in_full(answers, [], terms)
    assert short > 50
    assert deciding._plain(made[:1], [clear(made[0])], TERMS) is None
