"""The one decision where a clearance is over, and of prints that are old."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules.check import Cause, Ruling, State
from shared.events import Bureau
from tests.fingerprint.deciding import (
    CAUSES,
    DAY,
    OLD,
    YEAR_LATER,
    an_answer,
    clear,
    decided,
    later,
    state_says,
    unreadable,
)


def test_a_clearance_holds_on_its_last_day_and_is_over_on_the_next() -> None:
    assert decided(*OLD, on=date(2027, 9, 1)).standing.state is State.CLEARED
    standing = decided(*OLD, on=YEAR_LATER).standing
    assert (standing.state, standing.expired_on, standing.since) == (State.EXPIRED, date(2027, 9, 1), YEAR_LATER)
    assert (standing.cleared_on, standing.valid_until) == (None, None)


def test_time_alone_makes_of_a_standing_what_deciding_again_would() -> None:
    found = decided(*OLD)
    for day in (DAY, date(2027, 9, 1), YEAR_LATER, date(2029, 1, 1)):
        assert found.standing.as_of(day) == decided(*OLD, on=day).standing


def test_the_answers_after_a_clearance_that_is_over_stand_for_themselves() -> None:
    state = later("state-2", date(2027, 9, 10), Bureau.STATE)
    standing = decided(*OLD, state, on=date(2027, 9, 11)).standing
    assert (standing.state, standing.since, standing.waits_for) == (State.ONE_IN, date(2027, 9, 10), Bureau.FBI)
    assert standing.expired_on == date(2027, 9, 1)
    assert len(standing.steps) == 3
    clean = decided(*OLD, state, later("fbi-2", date(2027, 9, 12)), on=date(2027, 9, 12)).standing
    assert (clean.state, clean.valid_until, clean.expired_on) == (State.CLEARED, date(2028, 9, 12), None)


@pytest.mark.parametrize("cause", CAUSES)
def test_after_a_clearance_that_is_over_every_cause_looks_the_same(cause: Cause) -> None:
    state, fbi = later("state-2", YEAR_LATER, Bureau.STATE), later("fbi-2", YEAR_LATER, **CAUSES[cause])  # type: ignore[arg-type]
    record = replace(fbi, finding=Finding.RECORD, contradicts=False, by_hand=False, held=False)
    decision = decided(*OLD, state, fbi, on=YEAR_LATER)
    assert decision.standing == decided(*OLD, state, record, on=YEAR_LATER).standing
    assert (decision.standing.state, decision.standing.since) == (State.BEING_CHECKED, YEAR_LATER)
    assert {cause for cause, _ in decision.causes} == {cause}
    # Before the second one, nothing tells it from a clean one.
    assert (
        decided(*OLD, fbi, on=YEAR_LATER).standing == decided(*OLD, later("fbi-2", YEAR_LATER), on=YEAR_LATER).standing
    )


def test_answers_too_far_apart_go_to_a_person_once_the_clearance_before_them_is_over() -> None:
    apart = later("state-2", date(2027, 3, 1), Bureau.STATE), later("fbi-2", date(2027, 8, 1))
    before, after = decided(*OLD, *apart, on=date(2027, 8, 2)), decided(*OLD, *apart, on=YEAR_LATER)
    assert (before.standing.state, before.causes) == (State.CLEARED, frozenset())
    assert after.standing.state is State.BEING_CHECKED
    assert after.causes == {(Cause.APART, one.id) for one in apart}


def test_prints_that_cannot_be_read_after_a_clearance_that_is_over_ask_the_educator_to_act() -> None:
    standing = decided(*OLD, unreadable("fbi-2", at=datetime(2027, 9, 3, tzinfo=UTC)), on=date(2027, 9, 4)).standing
    assert (standing.state, standing.reprint) == (State.ACT, (Bureau.FBI,))


def test_do_not_clear_on_what_came_after_a_clearance_is_being_checked_and_not_expired() -> None:
    worse = later("fbi-2", date(2027, 8, 1), finding=Finding.RECORD)
    no = Ruling(1, datetime(2027, 8, 2, tzinfo=UTC), False, frozenset(one.id for one in (*OLD, worse)))
    assert decided(*OLD, worse, rulings=[no], on=YEAR_LATER).standing.state is State.BEING_CHECKED


@pytest.mark.parametrize("cause", CAUSES)
def test_after_a_clearance_that_is_over_no_case_is_open_before_the_second_answer(cause: Cause) -> None:
    """A case is looked at, and then its import cannot be undone: that would tell of it."""
    fbi = later("fbi-2", YEAR_LATER, **CAUSES[cause])  # type: ignore[arg-type]
    assert not decided(*OLD, fbi, on=YEAR_LATER).causes
    # What came while it stood, which it did until somebody looked, is still to be looked at.
    before = later("fbi-2", date(2027, 9, 1), **CAUSES[cause])  # type: ignore[arg-type]
    for on in (date(2027, 9, 1), YEAR_LATER):
        assert decided(*OLD, before, on=on).causes == {(cause, before.id)}


@pytest.mark.parametrize(("kind", "both"), [(Kind.ANSWER, True), (Kind.NOTICE, True), (Kind.NOTICE, False)])
def test_do_not_clear_after_a_clearance_that_is_over_changes_nothing_that_is_seen(kind: Kind, both: bool) -> None:
    """Neither "Expired", nor that the other bureau is awaited, nor that there was a clearance before."""
    worse = later("fbi-2", YEAR_LATER, finding=Finding.RECORD, kind=kind)
    answers = (*OLD, worse, later("state-2", YEAR_LATER, Bureau.STATE)) if both else (*OLD, worse)
    before = decided(*answers, on=YEAR_LATER)
    assert before.causes
    no = Ruling(1, datetime.combine(YEAR_LATER, time(22), UTC), False, before.basis)
    after = decided(*answers, rulings=[no], on=YEAR_LATER)
    assert (after.standing, after.causes) == (before.standing, frozenset())
    # What comes after it clears nothing, and a person sees it as soon as both bureaus have answered.
    month_later = YEAR_LATER + timedelta(days=30)
    new = later("state-3", month_later, Bureau.STATE), later("fbi-3", month_later)
    decision = decided(*answers, *new, rulings=[no], on=month_later)
    assert decision.standing.state is State.BEING_CHECKED
    assert {answer_id for cause, answer_id in decision.causes if cause is Cause.REFUSED} == {one.id for one in new}


def test_a_notice_that_is_cleared_changes_nothing_that_is_seen() -> None:
    """Neither does the state's old answer make a clearance with the FBI's new one, nor is that one taken for past."""
    for on in (date(2027, 6, 1), date(2027, 9, 10)):
        answers = (*OLD, later("fbi-2", on), later("fbi-n", on, kind=Kind.NOTICE))
        day = max(on, YEAR_LATER)
        before = decided(*answers, on=day)
        assert (before.standing.state, before.standing.waits_for) == (State.ONE_IN, Bureau.STATE)
        yes = Ruling(1, datetime.combine(day, time(22), UTC), True, before.basis)
        assert decided(*answers, rulings=[yes], on=day).standing == before.standing


def test_what_a_record_was_cleared_too_late_for_takes_no_clearance_away() -> None:
    answers = (*OLD, later("fbi-2", date(2027, 6, 1), finding=Finding.RECORD))
    before = decided(*answers, on=YEAR_LATER)
    yes = Ruling(1, datetime.combine(YEAR_LATER, time(22), UTC), True, before.basis)
    assert decided(*answers, rulings=[yes], on=YEAR_LATER).standing == before.standing
    # In time, it makes another clearance, as somebody said that it goes with the state's old answer.
    yes = Ruling(1, datetime(2027, 6, 2, tzinfo=UTC), True, before.basis)
    assert decided(*answers, rulings=[yes], on=date(2027, 6, 2)).standing.valid_until == date(2028, 6, 1)


def test_a_clearance_that_was_withdrawn_before_its_last_day_did_not_run_out() -> None:
    worse = later("fbi-2", date(2027, 8, 1), finding=Finding.RECORD)
    basis = frozenset(one.id for one in (*OLD, worse))
    first = Ruling(1, datetime(2027, 8, 2, tzinfo=UTC), False, basis)
    again = Ruling(2, datetime(2027, 10, 1, tzinfo=UTC), False, basis)
    for rulings in ([first], [first, again]):
        standing = decided(*OLD, worse, rulings=rulings, on=date(2027, 10, 2)).standing
        assert (standing.state, standing.expired_on) == (State.BEING_CHECKED, None)


def test_another_look_for_a_new_name_makes_old_prints_no_younger() -> None:
    foreign = replace(OLD[0], foreign=4), replace(OLD[1], foreign=4)
    again = Ruling(1, datetime(2027, 8, 1, tzinfo=UTC), True, frozenset(one.id for one in foreign), heard=4)
    standing = decided(*foreign, rulings=[again]).standing
    assert (standing.state, standing.cleared_on, standing.valid_until) == (State.CLEARED, DAY, date(2027, 9, 1))
    assert decided(*foreign, rulings=[again], on=YEAR_LATER).standing.state is State.EXPIRED


def test_a_ruling_that_confirms_another_does_not_move_the_date() -> None:
    answers = state_says(foreign=4), an_answer(foreign=4, held=True)
    first, second = clear(*answers), clear(*answers, number=2, day=date(2027, 3, 1), heard=4)
    assert decided(*answers, rulings=[first, second]).standing.cleared_on == DAY
    refused = clear(*answers, number=2, yes=False, day=date(2026, 12, 1))
    third = replace(second, number=3)
    assert decided(*answers, rulings=[first, refused, third]).standing.cleared_on == date(2027, 3, 1)


def test_prints_older_than_a_clearance_may_be_make_none_by_a_late_correction_or_ruling() -> None:
    state, record = state_says(), an_answer(finding=Finding.RECORD)
    corrected = an_answer(at=datetime(2027, 9, 1, tzinfo=UTC), on=date(2027, 9, 20))
    for on, expected in ((date(2027, 9, 1), State.CLEARED), (date(2027, 9, 20), State.EXPIRED)):
        late = replace(corrected, received_at=datetime.combine(on, time(18), UTC))
        assert decided(state, record, late, on=on).standing.state is expected
        ruled = clear(state, record, day=on)
        assert decided(state, record, rulings=[ruled], on=on).standing.state is expected
        assert not decided(state, record, rulings=[ruled], on=on).causes
    # Nor do they take the place of newer ones.
    newer = later("state-2", date(2027, 8, 1), Bureau.STATE), later("fbi-2", date(2027, 8, 1))
    standing = decided(state, record, corrected, *newer, on=date(2027, 9, 20)).standing
    assert (standing.state, standing.valid_until) == (State.CLEARED, date(2028, 8, 1))
