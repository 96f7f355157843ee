"""A Social Security Number among other words is seen, and other numbers are left alone."""

from datetime import date

import pytest

from shared import ssn


@pytest.mark.parametrize(
    "prose",
    [
        "It is 512-34-5678.",
        "512345678",
        "SSN:512 34 5678",
        "no５１２３４５６７８",
        "512 - 34 - 5678",
        "512 345 678",
        "512-345-678",
        "512.34.5678",
        "512/34/5678",
        "512_34_5678",
        "512\u221234\u22125678",
        "(512) 34 5678",
        "512-345678",
        "512 34 56 78",
        "5 1 2 3 4 5 6 7 8",
        "512\u200b345678",
    ],
)
def test_a_number_in_prose_is_found(prose: str) -> None:
    assert ssn.stands_in(prose)


@pytest.mark.parametrize(
    "prose",
    [
        "Educator ID 0417 2298",
        "call 573-555-0100",
        "call (573) 555 0100",
        "Jefferson City, MO 65101-0480",
        str(date(2025, 8, 4)),
        "12/31/2026",
        "case 12",
        "case number 2301-23383627",
        "applications A100011, A100012",
        "semester hours 120, 60 and 36",
        "grades 9 10 11 12",
    ],
)
def test_other_numbers_in_prose_are_left_alone(prose: str) -> None:
    assert not ssn.stands_in(prose)


def test_a_number_that_was_refused_goes_back_as_dots_and_the_other_words_as_they_were() -> None:
    assert ssn.covered("Call 573-555-0100: it is 512-34-5678.") == "Call 573-555-0100: it is •••-••-••••."
    assert ssn.covered("512\u200b345678") == "•••••••••"
    assert ssn.covered("Grades 9\u201312") == "Grades 9\u201312"
