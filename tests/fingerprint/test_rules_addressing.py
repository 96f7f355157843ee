"""Whom a case number names."""

import pytest

from services.fingerprint.rules.addressing import Address, How, Named, Submitted, Why, shown, whose
from shared import educator_id

PURPOSES = {"2300": "", "2301": ""}


@pytest.mark.parametrize(
    ("oca", "expected"),
    [
        ("04172298", Address("04172298", "2301")),
        ("2300-04172298", Address("04172298", "2300")),
        ("2301-04172298", Address("04172298", "2301")),
        ("", Why.NO_NUMBER),
        ("04172299", Why.BAD_NUMBER),
        ("2301-04172299", Why.BAD_NUMBER),
        ("2301 04172298", Why.BAD_NUMBER),
        ("230104172298", Why.BAD_NUMBER),
        ("٠٤١٧٢٢٩٨", Why.BAD_NUMBER),
        ("04172298\n", Why.BAD_NUMBER),
        ("9999-04172298", Why.UNKNOWN_CODE),
    ],
)
def test_a_case_number_names_an_educator_or_says_why_not(oca: str, expected: Address | Why) -> None:
    assert whose(Named(oca), PURPOSES, "2301") == expected


@pytest.mark.parametrize("typed", ["123-45-6789", "123456789", "123 45 6789", "SSN 123-45-6789 X"])
def test_nine_digits_are_covered(typed: str) -> None:
    assert not any(digit in shown(typed) for digit in "23456789")


def test_other_numbers_are_shown() -> None:
    assert shown("2301-04172299") == "2301-04172299"


ME, OTHER = "04172298", educator_id.make(417233)
MINE = Submitted(frozenset({ME}))


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (Named(), Why.NO_NUMBER),
        (Named(submitted=MINE), Address(ME, "2301", How.SUBMISSION)),
        (Named(oca=f"2300-{ME}", submitted=MINE), Address(ME, "2300", How.SUBMISSION)),
        (Named(oca=f"2300-{ME}"), Address(ME, "2300", How.CASE_NUMBER)),
        (Named(subscriber=ME), Address(ME, "2301", How.SUBSCRIPTION)),
        (Named(oca=ME, subscriber=ME), Address(ME, "2301", How.CASE_NUMBER)),
        # a mistyped number names nobody, and hinders nobody
        (Named(oca="2300-04172299", submitted=MINE), Address(ME, "2301", How.SUBMISSION)),
        (Named(oca="04172299", subscriber=ME), Address(ME, "2301", How.SUBSCRIPTION)),
        (Named(oca="04172299"), Why.BAD_NUMBER),
        (Named(subscriber="04172299"), Why.NO_NUMBER),
    ],
)
def test_the_submission_comes_first_then_the_case_number_then_the_subscription(
    named: Named, expected: Address | Why
) -> None:
    assert whose(named, PURPOSES, "2301") == expected


@pytest.mark.parametrize(
    "named",
    [
        Named(oca=OTHER, submitted=MINE),
        Named(subscriber=OTHER, submitted=MINE),
        Named(oca=ME, subscriber=OTHER),
        Named(oca=f"9999-{OTHER}", submitted=MINE),
        Named(submitted=Submitted(frozenset({ME, OTHER}))),
        Named(oca=ME, submitted=Submitted(contradicts=True)),
        Named(oca=ME, submitted=Submitted(frozenset({ME}), contradicts=True)),
    ],
)
def test_where_two_people_are_named_a_person_decides(named: Named) -> None:
    assert whose(named, PURPOSES, "2301") is Why.TWO_PEOPLE


def test_the_purpose_is_the_case_numbers_then_the_submissions_then_the_usual_one() -> None:
    meant = Submitted(frozenset({ME}), purpose="2300")
    assert whose(Named(oca=f"2301-{ME}", submitted=meant), PURPOSES, "2301") == Address(ME, "2301", How.SUBMISSION)
    assert whose(Named(oca=ME, submitted=meant), PURPOSES, "2301") == Address(ME, "2300", How.SUBMISSION)
    assert whose(Named(submitted=MINE), PURPOSES, "2301") == Address(ME, "2301", How.SUBMISSION)
    strange = Submitted(frozenset({ME}), purpose="9999")
    assert whose(Named(submitted=strange), PURPOSES, "2301") is Why.UNKNOWN_CODE
    assert whose(Named(oca=f"9999-{ME}", submitted=MINE), PURPOSES, "2301") is Why.UNKNOWN_CODE
