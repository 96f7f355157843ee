"""Whose move an identity case waits for, what is usual, and what a reason may hold."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.educator.rules import cases
from services.educator.rules.cases import Decision, Shown, Turn
from services.educator.rules.reading import Refused

MONDAY = datetime(2025, 8, 4, 9, tzinfo=UTC)


def test_the_educator_acts_from_asking_until_sending() -> None:
    assert cases.turn(None, None) is Turn.STAFF
    assert cases.turn(MONDAY, None) is Turn.EDUCATOR
    assert cases.turn(MONDAY, MONDAY + timedelta(days=1)) is Turn.STAFF


def test_what_is_usual_is_ours_once_there_are_enough_cases_and_the_policys_before() -> None:
    few = [timedelta(days=1)] * 4
    assert cases.usual_days(few, 5) == 5
    assert cases.usual_days([*few, timedelta(days=40)], 5) == 1
    assert cases.usual_days([timedelta(hours=h) for h in (1, 30, 31, 32, 99)], 5) == 2
    assert cases.usual_days([timedelta(seconds=1)] * 9, 5) == 1


def test_the_mark_of_a_sight_changes_with_any_record_or_holder_and_not_with_their_order() -> None:
    one, two = Shown("04172298", UUID(int=1)), Shown("00000019", UUID(int=2))
    assert cases.mark([one, two]) == cases.mark([two, one])
    assert (
        len({cases.mark([]), cases.mark([one]), cases.mark([one, two]), cases.mark([Shown("04172298", UUID(int=2))])})
        == 4
    )


def test_a_reason_is_tidied_line_by_line() -> None:
    assert cases.reason("  Saw the   passport. \n\n Same photo.\u200b ") == "Saw the passport.\nSame photo."


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "Write the reason"),
        (" \n ", "Write the reason"),
        ("x" * 1001, "at most 1000"),
        ("😀" * 900, "at most 1000"),
        ("The card says 512-34-5678.", "Social Security Number"),
    ],
)
def test_a_reason_that_cannot_be_kept_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        cases.reason(typed)


def test_a_decision_must_be_one_of_four() -> None:
    names = ("same_person", "record_moved", "documents", "person_made")
    assert {cases.decision(name) for name in names} == set(Decision)
    with pytest.raises(Refused):
        cases.decision("")
