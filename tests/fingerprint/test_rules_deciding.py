"""One decision from all answers, whatever the order they came in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules.check import Cause, State, Step
from shared.events import Bureau
from shared.policy import last_day
from tests.fingerprint.deciding import (
    CAUSES,
    DAY,
    an_answer,
    causes_of,
    clear,
    decided,
    rejects,
    state_of,
    state_says,
    unreadable,
)

NEXT_DAY = datetime(2026, 9, 2, 9, tzinfo=UTC)


def test_nothing_yet() -> None:
    assert decided().standing.state is State.NOTHING_YET


def test_one_answer_in_says_which_bureau_is_awaited() -> None:
    standing = decided(state_says()).standing
    assert (standing.state, standing.waits_for, standing.since) == (State.ONE_IN, Bureau.FBI, DAY)


def test_two_clean_answers_clear_on_the_day_of_the_second() -> None:
    standing = decided(state_says(), an_answer(on=date(2026, 9, 5))).standing
    assert (standing.state, standing.cleared_on, standing.valid_until) == (
        State.CLEARED,
        date(2026, 9, 5),
        date(2027, 9, 5),
    )


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_is_being_checked_and_looks_the_same(cause: Cause) -> None:
    state, fbi = state_says(), an_answer(on=date(2026, 9, 5), **CAUSES[cause])  # type: ignore[arg-type]
    standing = decided(state, fbi).standing
    record = decided(state, replace(fbi, finding=Finding.RECORD, contradicts=False, by_hand=False, held=False)).standing
    assert standing == record
    assert (standing.state, standing.since) == (State.BEING_CHECKED, date(2026, 9, 5))
    assert causes_of(state, fbi) == {cause}


@pytest.mark.parametrize("cause", CAUSES)
def test_before_the_second_answer_nothing_tells_a_cause_from_none(cause: Cause) -> None:
    caused = decided(an_answer(**CAUSES[cause]))  # type: ignore[arg-type]
    assert caused.standing == decided(an_answer()).standing
    assert not caused.causes


def test_an_unreadable_answer_asks_the_educator_to_act() -> None:
    decision = decided(unreadable(), state_says())
    assert (decision.standing.state, decision.standing.reprint) == (State.ACT, (Bureau.FBI,))
    assert decision.reprints == {("fbi", "fbi-0", Bureau.FBI)}


def test_a_later_readable_answer_replaces_an_unreadable_one() -> None:
    decision = decided(unreadable(), state_says(), an_answer(tcn="fbi-2", at=NEXT_DAY))
    assert decision.standing.state is State.CLEARED
    assert not decision.reprints
    assert Step(DAY, Bureau.FBI, False) in decision.standing.steps


def test_an_unreadable_answer_later_than_a_clearance_leaves_it_standing() -> None:
    decision = decided(state_says(), an_answer(), unreadable("fbi-2", at=NEXT_DAY))
    assert decision.standing.state is State.CLEARED
    assert decision.standing.reprint == (Bureau.FBI,)


def test_a_correction_supersedes() -> None:
    first, second = an_answer(finding=Finding.RECORD), an_answer(at=NEXT_DAY)
    assert state_of(state_says(), first, second) is State.CLEARED
    assert state_of(state_says(), replace(first, stamped=NEXT_DAY + timedelta(1)), second) is State.BEING_CHECKED


@pytest.mark.parametrize("at", [datetime(2062, 9, 1, 14, tzinfo=UTC), None])
def test_a_version_from_the_future_outdoes_no_correction(at: datetime | None) -> None:
    wrong = an_answer(at=at, dated=date(2062, 9, 1))
    right = an_answer(at=NEXT_DAY, finding=Finding.RECORD)
    assert state_of(state_says(), wrong) is State.CLEARED
    assert causes_of(state_says(), wrong, right) == {Cause.TIE, Cause.RECORD}
    assert state_of(state_says(), wrong, right) is State.BEING_CHECKED
    assert state_of(state_says(), wrong, right, rulings=[clear(wrong, right)]) is State.CLEARED


def test_a_correction_that_changes_nothing_does_not_move_the_date() -> None:
    again = an_answer(at=NEXT_DAY, on=date(2027, 3, 1))
    assert decided(state_says(), an_answer(), again).standing.cleared_on == DAY


def test_a_correction_to_clean_clears_on_the_day_it_came() -> None:
    first, second = an_answer(finding=Finding.RECORD), an_answer(at=NEXT_DAY, on=date(2026, 9, 9))
    assert decided(state_says(), first, second).standing.cleared_on == date(2026, 9, 9)


def test_versions_are_ordered_by_day_where_a_moment_is_missing() -> None:
    old = an_answer(at=None, finding=Finding.RECORD, dated=date(2026, 8, 31))
    assert state_of(state_says(), old, an_answer()) is State.CLEARED


@pytest.mark.parametrize("at", [None, datetime(2026, 9, 1, 14, tzinfo=UTC)])
def test_a_tie_goes_to_a_person(at: datetime | None) -> None:
    tied = an_answer(), an_answer(at=at)
    assert state_of(state_says(), *tied) is State.BEING_CHECKED
    assert causes_of(state_says(), *tied) == {Cause.TIE}


def test_a_newer_version_that_is_somebody_elses_takes_the_answer_away() -> None:
    assert state_of(state_says(), an_answer(), an_answer(at=NEXT_DAY, ours=False)) is State.ONE_IN


def test_clear_by_an_adjudicator_clears_on_that_day() -> None:
    answers = state_says(), an_answer(finding=Finding.RECORD)
    decision = decided(*answers, rulings=[clear(*answers, day=date(2026, 9, 20))])
    assert (decision.standing.state, decision.standing.cleared_on) == (State.CLEARED, date(2026, 9, 20))
    assert not decision.causes


def test_do_not_clear_still_shows_being_checked() -> None:
    answers = state_says(), an_answer(finding=Finding.RECORD)
    refused = decided(*answers, rulings=[clear(*answers, yes=False)])
    assert refused.standing == decided(*answers).standing
    assert not refused.causes


def test_the_last_ruling_counts() -> None:
    answers = state_says(), an_answer(finding=Finding.RECORD)
    no, yes = clear(*answers, yes=False), clear(*answers, number=2)
    assert state_of(*answers, rulings=[no, yes]) is state_of(*answers, rulings=[yes, no]) is State.CLEARED


def test_a_ruling_does_not_cover_what_came_after_it() -> None:
    answers = state_says(), an_answer(finding=Finding.RECORD)
    worse = an_answer(finding=Finding.RECORD, at=NEXT_DAY)
    assert causes_of(*answers, worse, rulings=[clear(*answers)]) == {Cause.RECORD}
    assert state_of(*answers, worse, rulings=[clear(*answers)]) is State.BEING_CHECKED


def test_new_prints_never_wash_an_open_record_away() -> None:
    clean = an_answer(tcn="fbi-2", at=NEXT_DAY)
    assert state_of(state_says(), an_answer(finding=Finding.RECORD), clean) is State.BEING_CHECKED


def test_a_clearance_stands_until_a_person_has_looked_at_what_came_after_it() -> None:
    later = an_answer(tcn="fbi-2", at=NEXT_DAY, hour=19, finding=Finding.RECORD)
    answers = state_says(), an_answer(), later
    assert state_of(*answers) is State.CLEARED
    assert causes_of(*answers) == {Cause.RECORD}
    assert state_of(*answers, rulings=[clear(*answers, yes=False)]) is State.BEING_CHECKED


@pytest.mark.parametrize("kind", [Kind.ANSWER, Kind.NOTICE])
@pytest.mark.parametrize("later", [{"on": date(2026, 9, 3)}, {"on": date(2026, 9, 2), "hour": 19}])
def test_no_clearance_begins_over_what_waited_for_a_person_before(kind: Kind, later: dict[str, Any]) -> None:
    """The FBI answered twice, the second time with a record; the state's answer, made in between, came last."""
    waits = an_answer(tcn="fbi-2", at=NEXT_DAY, on=date(2026, 9, 2), finding=Finding.RECORD, kind=kind)
    answers = an_answer(), waits, state_says(**later)
    assert state_of(*answers) is State.BEING_CHECKED
    assert state_of(*answers, rulings=[clear(*answers, day=date(2026, 9, 4))]) is State.CLEARED


@pytest.mark.parametrize("kind", [Kind.ANSWER, Kind.NOTICE])
def test_the_hour_orders_a_clearance_and_what_waits_for_a_person_since_the_same_day(kind: Kind) -> None:
    """After the answer that completes the pair, a record leaves the clearance standing until somebody has looked."""
    for hour, state in ((8, State.BEING_CHECKED), (18, State.BEING_CHECKED), (19, State.CLEARED)):
        waits = an_answer(tcn="fbi-2", at=NEXT_DAY, hour=hour, finding=Finding.RECORD, kind=kind)
        assert state_of(an_answer(hour=7), waits, state_says()) is state


def test_a_clearance_is_of_the_states_day() -> None:
    """Half past eleven in the evening of September 1, in Missouri."""
    late = state_says(on=date(2026, 9, 2), hour=4)
    assert decided(an_answer(), late).standing.cleared_on == DAY


def test_a_name_with_nothing_in_common_with_the_present_one_ends_a_clearance_until_a_person_has_looked() -> None:
    state, fbi = state_says(), an_answer()
    foreign = replace(state, foreign=4), replace(fbi, foreign=4)
    assert state_of(state, fbi) is State.CLEARED
    assert state_of(*foreign) is State.BEING_CHECKED
    assert causes_of(*foreign) == {Cause.NAME}
    record = decided(state, replace(fbi, finding=Finding.RECORD)).standing
    assert decided(*foreign).standing == record
    assert state_of(*foreign, rulings=[clear(*foreign, heard=4)]) is State.CLEARED
    assert not causes_of(*foreign, rulings=[clear(*foreign, yes=False, heard=3)])


def test_who_cleared_it_under_another_name_has_not_looked_at_the_present_one() -> None:
    answers = state_says(foreign=4), an_answer(foreign=4, held=True)
    before = clear(*answers, heard=3)
    assert state_of(*answers, rulings=[before]) is State.BEING_CHECKED
    assert causes_of(*answers, rulings=[before]) == {Cause.NAME, Cause.HELD}
    refused = clear(*answers, yes=False)
    assert causes_of(*answers, rulings=[refused, clear(*answers, number=2, heard=3)]) == {Cause.NAME, Cause.HELD}


def test_without_a_moment_an_open_record_of_the_same_day_is_not_newer() -> None:
    clean = {"at": None, "dated": DAY}
    record = an_answer(tcn="fbi-0", finding=Finding.RECORD)
    assert state_of(state_says(**clean), an_answer(**clean), record) is State.BEING_CHECKED  # type: ignore[arg-type]


def test_new_answers_after_do_not_clear_are_seen_by_a_person_and_clear_nothing_by_themselves() -> None:
    old = state_says(), an_answer(finding=Finding.RECORD)
    no = clear(*old, yes=False)
    new = state_says(tcn="state-2", at=NEXT_DAY), an_answer(tcn="fbi-2", at=NEXT_DAY)
    decision = decided(*old, *new, rulings=[no])
    assert decision.standing.state is State.BEING_CHECKED
    assert decision.causes == {(Cause.REFUSED, one.id) for one in new}
    assert state_of(*old, *new, rulings=[no, clear(*old, *new, number=2)]) is State.CLEARED
    assert not causes_of(*old, *new, rulings=[no, clear(*old, *new, number=2, yes=False)])


def test_a_new_pair_makes_a_new_clearance_and_half_a_pair_does_not() -> None:
    old = state_says(), an_answer()
    year_later = {"at": datetime(2027, 8, 1, tzinfo=UTC), "on": date(2027, 8, 1)}
    new_state, new_fbi = state_says(tcn="state-2", **year_later), an_answer(tcn="fbi-2", **year_later)  # type: ignore[arg-type]
    assert decided(*old, new_state).standing.cleared_on == DAY
    assert decided(*old, new_state, new_fbi).standing.cleared_on == date(2027, 8, 1)


def test_answers_too_far_apart_go_to_a_person() -> None:
    answers = state_says(), an_answer(on=date(2027, 1, 1))
    assert state_of(*answers) is State.BEING_CHECKED
    assert causes_of(*answers) == {Cause.APART}
    assert state_of(*answers, rulings=[clear(*answers, day=date(2027, 1, 3))]) is State.CLEARED


@pytest.mark.parametrize("at", [None, datetime(2026, 9, 1, 13, tzinfo=UTC), datetime(2026, 9, 1, 15, tzinfo=UTC)])
@pytest.mark.parametrize("tcn", ["fbi-n", an_answer().tcn])
def test_a_notice_goes_to_a_person_and_changes_nothing_by_itself(tcn: str, at: datetime | None) -> None:
    """Not even where it bears the number of an answer, which it is no version of."""
    notice = an_answer(tcn=tcn, kind=Kind.NOTICE, hour=19, at=at)
    with_notice, without = decided(state_says(), an_answer(), notice), decided(state_says(), an_answer())
    assert causes_of(state_says(), an_answer(), notice) == {Cause.NOTICE}
    assert with_notice.standing == without.standing
    answers = state_says(), an_answer(), notice
    assert state_of(*answers, rulings=[clear(*answers, yes=False)]) is State.BEING_CHECKED


@pytest.mark.parametrize(
    ("start", "last"),
    [
        (date(2026, 9, 5), date(2027, 9, 5)),
        (date(2028, 2, 29), date(2029, 2, 28)),
        (date(2027, 2, 28), date(2028, 2, 28)),
        (date(2026, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_clearance_is_valid_to_the_same_day_a_year_later(start: date, last: date) -> None:
    assert last_day(start, 12) == last


def test_prints_rejected_twice_are_searched_by_name_and_the_educator_need_not_act() -> None:
    standing = decided(state_says(), rejects(2, "L0008"), rejects(5, "L0117")).standing
    assert (standing.state, standing.reprint) == (State.BY_NAME, ())
    (check,) = standing.name_checks
    assert ([one.submission for one in check.rejected], check.by) == (["M2", "M5"], date(2026, 12, 4))


def test_rejected_twice_without_the_code_the_prints_are_taken_again() -> None:
    standing = decided(state_says(), rejects(2, "L0117"), rejects(5)).standing
    assert (standing.state, standing.reprint) == (State.ACT, (Bureau.FBI,))
    assert [one.by for one in standing.name_checks] == [None]


def test_rejected_twice_the_day_of_the_last_request_passes_and_the_educator_acts_unless_staff_asked() -> None:
    standing = decided(rejects(2, "L0008"), rejects(5)).standing
    late = date(2026, 12, 5)
    assert standing.as_of(date(2026, 12, 4)) == standing
    assert (standing.as_of(late).state, standing.as_of(late).reprint) == (State.ACT, (Bureau.FBI,))
    assert standing.as_of(late, {(Bureau.FBI, "M5")}) == standing


def test_a_later_readable_answer_ends_a_check_by_name() -> None:
    two = rejects(2, "L0008"), rejects(5, "L0008")
    by_name = an_answer(tcn="fbi-9", at=datetime(2026, 9, 20, tzinfo=UTC))
    assert decided(*two, by_name).standing.name_checks == ()
    assert decided(state_says(), *two, by_name).standing.state is State.CLEARED
    # Prints that could be read between the two do not: the run begins anew.
    between = an_answer(tcn="fbi-3", at=datetime(2026, 9, 3, tzinfo=UTC))
    assert decided(*two, between).standing.name_checks == ()


def test_a_correction_can_make_and_unmake_a_check_by_name() -> None:
    one, two = rejects(2, "L0008"), rejects(5, "L0008")
    readable = an_answer(tcn="fbi-5", at=datetime(2026, 9, 6, tzinfo=UTC))
    assert decided(state_says(), one, two, readable).standing.state is State.CLEARED
    other_code = replace(rejects(6), tcn="fbi-2", submission="M2")
    assert [check.by for check in decided(one, other_code, two).standing.name_checks] == [date(2026, 12, 5)]


def test_one_bureau_by_name_and_the_other_again_is_for_the_educator_to_act() -> None:
    state = replace(unreadable("s-1"), bureau=Bureau.STATE, origin="state", submission="M2")
    standing = decided(rejects(2, "L0008"), rejects(5), state).standing
    assert (standing.state, standing.reprint) == (State.ACT, (Bureau.STATE,))
    assert len(standing.name_checks) == 1
