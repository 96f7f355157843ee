"""Policy values hold from their date, with their citation, or the start stops with a sentence."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from shared import policy

GOOD = """
clearance:
  months:
    - {from: 2012-01-01, value: 6, citation: first rule}
    - {from: 2020-07-01, value: 12, citation: second rule}
"""


def written(folder: Path, content: str, name: str = "a.yaml") -> Path:
    (folder / name).write_text(content)
    return folder


def test_a_value_is_read_as_of_a_day(tmp_path: Path) -> None:
    rules = policy.load(written(tmp_path, GOOD))
    assert rules.value("clearance.months", as_of=date(2020, 6, 30)) == 6
    assert rules.value("clearance.months", as_of=date(2020, 7, 1)) == 12
    assert rules.holding("clearance.months", as_of=date(2026, 1, 1)).citation == "second rule"


@pytest.mark.parametrize(
    ("key", "day", "sentence"),
    [
        ("clearance.years", date(2026, 1, 1), "has no 'clearance.years'"),
        ("clearance.months", date(2011, 1, 1), "first date is 2012-01-01"),
    ],
)
def test_what_does_not_hold_is_said(tmp_path: Path, key: str, day: date, sentence: str) -> None:
    rules = policy.load(written(tmp_path, GOOD))
    with pytest.raises(policy.BadPolicy, match=sentence):
        rules.value(key, as_of=day)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a: [", "is not YAML"),
        ("a: 3", "'a' must be a list"),
        ("a: []", "'a' must be a list"),
        ("a: [{from: 2020-01-01, value: 1}]", "citation is missing or wrong"),
        ("a: [{from: soon, value: 1, citation: x}]", "from is missing or wrong"),
        ("a: [{from: 2020-01-01, value: 1, citation: x, note: y}]", "note is missing or wrong"),
        ("a: [{from: 2021-01-01, value: 1, citation: x}, {from: 2021-01-01, value: 2, citation: x}]", "must grow"),
    ],
)
def test_a_bad_file_is_refused_with_what_is_wrong(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(policy.BadPolicy, match=sentence):
        policy.load(written(tmp_path, content))


def test_a_key_in_two_files_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(policy.BadPolicy, match="no policy values"):
        policy.load(tmp_path)
    written(tmp_path, GOOD)
    written(tmp_path, GOOD, "b.yaml")
    with pytest.raises(policy.BadPolicy, match="stands in another file"):
        policy.load(tmp_path)


def test_the_states_day_begins_at_midnight_in_chicago() -> None:
    assert policy.local_day(datetime(2026, 1, 1, 5, 59, tzinfo=UTC)) == date(2025, 12, 31)
    assert policy.local_day(datetime(2026, 1, 1, 6, 0, tzinfo=UTC)) == date(2026, 1, 1)


def test_the_shipped_policy_names_institutions_and_districts() -> None:
    assert policy.institutions(date(2026, 1, 1))["example-state"] == "Example State University"
    assert policy.districts(date(2026, 1, 1))
