"""Social Security Numbers are read as people write them, and impossible ones refused with a reason and no number."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.educator.rules import ssn
from services.educator.rules.reading import Refused


def possible(digits: str) -> bool:
    """The rule itself, written once more."""
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    forbidden = area in ("000", "666") or area[0] == "9" or group == "00" or serial == "0000"
    return not forbidden and digits not in ssn.PUBLISHED


numbers = st.from_regex(r"[0-9]{9}", fullmatch=True)
separators = st.sampled_from(["", "-", " ", "–", "\u2011", "\u00a0", "."])


@given(numbers, separators, separators)
def test_a_possible_number_is_read_however_it_is_written(digits: str, one: str, two: str) -> None:
    typed = f" {digits[:3]}{one}{digits[3:5]}{two}{digits[5:]} "
    if possible(digits):
        assert ssn.read(typed) == digits
    else:
        with pytest.raises(Refused):
            ssn.read(typed)


@pytest.mark.parametrize("unseen", ["\u200b", "\u00ad", "\ufeff", "\u202d", "\u2066"])
def test_what_nobody_sees_of_a_pasted_number_does_not_count(unseen: str) -> None:
    assert ssn.read(f"{unseen}512-34{unseen}-5671{unseen}") == "512345671"


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_or_refused_without_being_repeated(typed: str) -> None:
    try:
        assert re.fullmatch(r"\d{9}", ssn.read(typed), re.ASCII)
    except Refused as refused:
        said = str(refused)
        assert said.endswith(".")
        assert not (set(re.findall(r"\d{3,}", typed)) & set(re.findall(r"\d{3,}", said)) - {"000", "0000"})


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "Enter all 9 digits"),
        ("   ", "Enter all 9 digits"),
        ("12345678", "exactly 9 digits"),
        ("1234567890", "exactly 9 digits"),
        ("abc-de-fghi", "digits only"),
        ("000-12-3456", "begins with these three digits"),
        ("666-12-3456", "begins with these three digits"),
        ("900-12-3456", "begins with 9"),
        ("999-99-9999", "begins with 9"),
        ("512-00-3456", "never 00"),
        ("512-12-0000", "never 0000"),
        ("078-05-1120", "example number"),
        ("219-09-9999", "example number"),
        ("123-45-6789", "example number"),
    ],
)
def test_an_impossible_number_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        ssn.read(typed)


def test_digits_of_other_scripts_count_as_what_they_are_or_not_at_all() -> None:
    assert ssn.read("５１２-34-5678") == "512345678"  # full width, from an input method
    with pytest.raises(Refused):
        ssn.read("٥١٢-34-5678")
