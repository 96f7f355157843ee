"""One decision from all answers, whatever the order they came in."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations, product
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules import deciding
from services.fingerprint.rules.by_name import Rule
from services.fingerprint.rules.check import Answer, Cause, Decision, Ruling, State, Step, Terms
from services.fingerprint.rules.deciding import decide
from shared.events import Bureau
from shared.policy import last_day

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


CAUSES = {
    Cause.RECORD: {"finding": Finding.RECORD},
    Cause.EXCEPTION: {"finding": Finding.EXCEPTION},
    Cause.NAME: {"contradicts": True},
    Cause.BY_HAND: {"by_hand": True},
    Cause.HELD: {"held": True},
}


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


def test_a_notice_goes_to_a_person_and_changes_nothing_by_itself() -> None:
    notice = an_answer(tcn="fbi-n", kind=Kind.NOTICE, hour=19)
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


YEAR_LATER = date(2027, 9, 2)
OLD = (state_says(), an_answer())


def later(tcn: str, on: date, bureau: Bureau = Bureau.FBI, **more: Any) -> Answer:
    """An answer to new prints, made and read on a day."""
    return an_answer(bureau, tcn, at=datetime.combine(on, time(9), UTC), on=on, **more)


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


def rejects(number: int, *codes: str, submission: str = "", **more: Any) -> Answer:
    """The FBI could not use the prints of a submission."""
    at = datetime(2026, 9, number, 9, tzinfo=UTC)
    return unreadable(f"fbi-{number}", at=at, submission=submission or f"M{number}", codes=frozenset(codes), **more)


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
