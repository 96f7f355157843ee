"""When a bureau may be asked for a check by name, for which two submissions and until when."""

from datetime import date
from itertools import permutations

import pytest

from services.fingerprint.rules.by_name import NameCheck, Rejected, Rule, Stage, name_check
from shared.events import Bureau

FBI = Rule("L0008", 90)
STATE = Rule("", 90)


def rejected(day: int, submission: str, *codes: str, number: str = "") -> Rejected:
    return Rejected(date(2026, 9, day), submission, number or f"E{day}", frozenset(codes))


def check(*found: Rejected, rule: Rule | None = FBI) -> NameCheck | None:
    """The same for every order and repetition."""
    results = {repr(name_check(Bureau.FBI, [*order, order[0]], rule)) for order in permutations(found)}
    assert len(results) == 1
    return name_check(Bureau.FBI, found, rule)


def submissions(found: NameCheck | None) -> list[str]:
    assert found is not None
    return [one.submission for one in found.rejected]


def test_one_rejection_asks_for_nothing() -> None:
    assert check(rejected(1, "M1", "L0008")) is None


def test_two_rejections_name_both_submissions_and_the_last_day() -> None:
    found = check(rejected(1, "M1", "L0008"), rejected(9, "M2", "L0117"))
    assert submissions(found) == ["M1", "M2"]
    assert found is not None
    assert found.by == date(2026, 12, 8)


def test_two_answers_to_one_submission_are_one_rejection() -> None:
    assert check(rejected(1, "M1", "L0008"), rejected(9, "M1", "L0117")) is None
    found = check(rejected(1, "M1", "L0008"), rejected(9, "M1", "L0117"), rejected(12, "M2"))
    assert found is not None
    assert (submissions(found), found.by) == (["M1", "M2"], date(2026, 12, 11))


def test_a_rejection_without_its_submissions_number_cannot_be_named() -> None:
    assert check(rejected(1, "M1", "L0008"), rejected(9, "", "L0008")) is None


def test_without_the_code_there_is_none_and_prints_are_taken_again() -> None:
    found = check(rejected(1, "M1", "L0117"), rejected(9, "M2"))
    assert found is not None
    assert (submissions(found), found.by) == (["M1", "M2"], None)
    assert found.stage((), date(2026, 9, 9)) is Stage.IMPOSSIBLE


def test_of_three_the_last_is_named_with_one_that_makes_it_possible() -> None:
    found = check(rejected(1, "M1", "L0008"), rejected(5, "M2"), rejected(9, "M3"))
    assert submissions(found) == ["M1", "M3"]
    assert submissions(check(rejected(1, "M1", "L0008"), rejected(5, "M2"), rejected(9, "M3", "L0008"))) == ["M2", "M3"]


def test_a_bureau_that_wants_no_code_takes_any_two() -> None:
    found = check(rejected(1, "M1"), rejected(9, "M2"), rule=STATE)
    assert found is not None
    assert found.by == date(2026, 12, 8)
    assert check(rejected(1, "M1"), rejected(9, "M2"), rule=None) is None


@pytest.mark.parametrize(
    ("day", "requested", "stage"),
    [
        (date(2026, 12, 8), set(), Stage.OPEN),
        (date(2026, 12, 9), set(), Stage.OVERDUE),
        (date(2026, 12, 9), {(Bureau.FBI, "M2")}, Stage.REQUESTED),
        (date(2026, 12, 9), {(Bureau.STATE, "M2")}, Stage.OVERDUE),
        (date(2026, 12, 9), {(Bureau.FBI, "M9")}, Stage.OVERDUE),
    ],
)
def test_how_far_it_is(day: date, requested: set[tuple[Bureau, str]], stage: Stage) -> None:
    found = check(rejected(1, "M1", "L0008"), rejected(9, "M2"))
    assert found is not None
    assert found.stage(requested, day) is stage
