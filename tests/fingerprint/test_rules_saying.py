"""What is said of a check: each fact once, and nothing that was said before."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fingerprint.rules.by_name import NameCheck, Rejected, Rule
from services.fingerprint.rules.check import Decision, Standing, State, Terms
from services.fingerprint.rules.saying import News, Told, news
from shared.events import (
    Bureau,
    ClearanceEnded,
    ClearanceExpiring,
    Event,
    FingerprintCleared,
    PrintsRejectedTwice,
    ReprintRequested,
)

TODAY = date(2026, 9, 8)
UNTIL = date(2027, 9, 5)
BY = date(2026, 12, 7)
TERMS = Terms(12, 90, TODAY, reminders=(60, 30), by_name={Bureau.FBI: Rule("L0008", 90)})
CLEARED = Decision(Standing(State.CLEARED, cleared_on=date(2026, 9, 5), valid_until=UNTIL), TERMS)
EXPIRED = Decision(Standing(State.EXPIRED, expired_on=UNTIL), TERMS)
CHECKED = Decision(Standing(State.BEING_CHECKED), TERMS)
E1, E2 = ("WVIAFIS0Z", "E1", Bureau.FBI), ("WVIAFIS0Z", "E2", Bureau.FBI)
AGAIN = Decision(Standing(State.ACT), TERMS, reprints=frozenset({E1}))
TWO = (Rejected(date(2026, 8, 8), "M1", "E1"), Rejected(TODAY, "M2", "E2"))
BY_NAME = Decision(
    Standing(State.BY_NAME, name_checks=(NameCheck(Bureau.FBI, TWO, BY),)), TERMS, reprints=frozenset({E2})
)


def topics(facts: tuple[News, ...]) -> list[type[Event]]:
    return [one.fact for one in facts]


def said(before: Told, decision: Decision, today: date = TODAY) -> tuple[list[type[Event]], Told]:
    """What is said on a day, and that a second time nothing is."""
    facts, after = news(before, decision, "2301", today)
    assert news(after, decision, "2301", today) == ((), after)
    assert all(one.fact.now("04172298", **one.content) for one in facts)
    return topics(facts), after


def told_of(decision: Decision, today: date = TODAY) -> Told:
    return said(Told(), decision, today)[1]


def test_nothing_is_said_of_what_leads_to_nothing() -> None:
    assert said(Told(), CHECKED) == ([], Told())
    assert said(Told(), EXPIRED) == ([], Told())


def test_a_clearance_is_said_with_its_days() -> None:
    facts, _ = news(Told(), CLEARED, "2301", TODAY)
    (cleared,) = (one.fact.now("04172298", **one.content) for one in facts)
    assert isinstance(cleared, FingerprintCleared)
    assert (cleared.purpose, cleared.cleared_on, cleared.valid_until) == ("2301", date(2026, 9, 5), UNTIL)


def test_a_clearance_that_is_withdrawn_is_said_to_have_ended_once() -> None:
    (end,), ended = news(told_of(CLEARED), CHECKED, "2301", TODAY)
    assert (end.fact, end.content["ended_on"], end.content["reason"]) == (ClearanceEnded, TODAY, "withdrawn")
    assert said(ended, CHECKED)[0] == []
    assert said(ended, CLEARED)[0] == [FingerprintCleared]


@pytest.mark.parametrize("late", [1, 200])
def test_a_clearance_whose_time_is_over_is_said_to_have_expired_on_the_day_after_however_late(late: int) -> None:
    today = UNTIL + timedelta(late)
    for standing in (EXPIRED, CHECKED):  # whatever came of it meanwhile
        (end,), after = news(told_of(CLEARED), standing, "2301", today)
        assert end.content == {"purpose": "2301", "ended_on": date(2027, 9, 6), "reason": "expired"}
        assert after.due_on is None
        assert said(after, EXPIRED, today)[0] == []


def test_a_newer_clearance_needs_no_end_of_the_older() -> None:
    later = replace(CLEARED, standing=replace(CLEARED.standing, cleared_on=UNTIL, valid_until=date(2028, 9, 5)))
    assert said(told_of(CLEARED), later, UNTIL + timedelta(1))[0] == [FingerprintCleared]


def test_reminders_go_out_on_their_days_and_once() -> None:
    told, heard = told_of(CLEARED), {}
    for days in range(365):
        today = TODAY + timedelta(days)
        facts, told = said(told, CLEARED, today)
        if facts:
            heard[(UNTIL - today).days] = facts
    assert heard == {60: [ClearanceExpiring], 30: [ClearanceExpiring]}


@pytest.mark.parametrize(("left", "expected"), [(61, []), (45, [ClearanceExpiring]), (29, [ClearanceExpiring])])
def test_after_a_standstill_only_the_reminder_goes_out_that_still_makes_sense(
    left: int, expected: list[type[Event]]
) -> None:
    today = UNTIL - timedelta(left)
    facts, told = said(told_of(CLEARED), CLEARED, today)
    assert facts == expected
    assert told.due_on == UNTIL - timedelta(60 if left > 60 else 30) or told.due_on == date(2027, 9, 6)


def test_a_clearance_said_late_has_no_reminder_in_the_same_moment() -> None:
    facts, told = said(Told(), CLEARED, UNTIL - timedelta(40))
    assert facts == [FingerprintCleared]
    assert said(told, CLEARED, UNTIL - timedelta(31))[0] == []
    assert said(told, CLEARED, UNTIL - timedelta(30))[0] == [ClearanceExpiring]


def test_the_calendar_is_looked_at_on_the_days_on_which_something_is_due() -> None:
    told = told_of(CLEARED)
    days = [told.due_on]
    while days[-1]:
        told = news(told, EXPIRED if days[-1] > UNTIL else CLEARED, "2301", days[-1])[1]
        days.append(told.due_on)
    assert days == [UNTIL - timedelta(60), UNTIL - timedelta(30), UNTIL + timedelta(1), None]


def test_new_prints_are_asked_for_once_for_each_reply() -> None:
    facts, asked = said(Told(), AGAIN)
    assert facts == [ReprintRequested]
    twice = replace(AGAIN, reprints=AGAIN.reprints | {("MOMHP0000", "E1", Bureau.STATE)})
    facts, after = said(asked, twice)
    assert facts == [ReprintRequested]
    assert said(after, AGAIN)[0] == []


def test_a_check_by_name_is_said_instead_of_new_prints() -> None:
    facts, told = said(told_of(AGAIN), BY_NAME)
    assert facts == [PrintsRejectedTwice]
    assert told.due_on == date(2026, 12, 8)


def test_after_the_last_day_new_prints_are_asked_for_once() -> None:
    told = told_of(BY_NAME)
    assert said(told, BY_NAME, BY)[0] == []
    facts, told = said(told, BY_NAME, date(2026, 12, 8))
    assert (facts, told.due_on) == ([ReprintRequested], None)


def test_whoever_was_told_to_be_printed_again_is_not_told_so_twice() -> None:
    again = replace(BY_NAME, standing=replace(BY_NAME.standing, name_checks=()))
    told = told_of(again)
    assert said(told, BY_NAME, BY + timedelta(1))[0] == []


def test_a_check_by_name_that_staff_asked_for_is_not_overdue() -> None:
    asked = replace(told_of(BY_NAME), name_checks=({"bureau": "fbi", "submissions": ["M1", "M2"]},))
    assert said(asked, BY_NAME, BY + timedelta(30))[0] == []
    other = replace(asked, name_checks=({"bureau": "state", "submissions": ["M1", "M2"]},))
    assert said(other, BY_NAME, BY + timedelta(30))[0] == [ReprintRequested]


def test_what_was_said_is_kept_as_columns_of_json() -> None:
    asked = replace(told_of(BY_NAME), name_checks=({"bureau": "fbi", "submissions": ["M1", "M2"]},))
    assert asked.columns() == {
        "said_cleared_on": None,
        "said_valid_until": None,
        "said_reprints": [["WVIAFIS0Z", "E2", "by_name"]],
        "said_reminded": None,
        "due_on": date(2026, 12, 8),
        "name_checks": [{"bureau": "fbi", "submissions": ["M1", "M2"]}],
    }
    assert Told.of(SimpleNamespace(**asked.columns())) == asked


decisions = st.sampled_from([CLEARED, EXPIRED, CHECKED, AGAIN, BY_NAME])


@given(st.lists(st.tuples(decisions, st.integers(0, 500)), max_size=8))
def test_what_is_due_is_always_ahead_and_nothing_is_said_twice(days: list[tuple[Decision, int]]) -> None:
    told, ends = Told(), 0
    for decision, after in sorted(days, key=lambda one: one[1]):
        today = TODAY + timedelta(after)
        standing = decision.standing.as_of(today, told.requested)
        facts, told = said(told, replace(decision, standing=standing), today)
        assert told.due_on is None or told.due_on > today
        assert facts.count(ClearanceExpiring) + facts.count(FingerprintCleared) <= 1
        ends += facts.count(ClearanceEnded) - facts.count(FingerprintCleared)
        assert ends in {0, -1}
