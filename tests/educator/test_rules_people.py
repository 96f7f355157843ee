"""Birth dates, names and contact answers: taken as people write them, refused with one sentence that helps."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.educator.rules import births, contacts, names
from services.educator.rules.names import LegalName
from services.educator.rules.reading import Refused
from shared import ssn

TODAY = date(2025, 8, 4)


def born(month: str, day: str, year: str) -> date:
    return births.read(month, day, year, today=TODAY, youngest=14, oldest=110)


@given(st.dates(date(1916, 1, 1), date(2011, 8, 3)))
def test_every_birth_date_of_a_living_adult_is_read(day: date) -> None:
    assert born(str(day.month), f"{day.day:02d}", str(day.year)) == day


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        (("", "", ""), "month, day and year"),
        (("4", "", "1999"), "month, day and year"),
        (("4", "x", "1999"), "in digits"),
        (("4", "28", "99"), "4 digits"),
        (("2", "30", "1999"), "no such day"),
        (("13", "1", "1999"), "no such day"),
        (("0", "1", "1999"), "no such day"),
        (("8", "5", "2025"), "future"),
        (("8", "5", "2011"), "Check the year"),
        (("1", "1", "1899"), "Check the year"),
        (("4", "28", "0000"), "no such day"),
        (("4", "٢٨", "1999"), "in digits"),
    ],
)
def test_an_impossible_birth_date_is_refused_with_its_reason(parts: tuple[str, str, str], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        born(*parts)


@pytest.mark.parametrize(
    "name", ["Ana", "O'Neill", "D’Angelo", "Núñez-Ortiz", "de la Cruz", "Wm. Henry", "Nguyễn", "Мария", "St. John III"]
)
def test_legal_names_of_every_kind_are_taken_as_they_are(name: str) -> None:
    read, errors = names.read({"first_name": f"  {name} ", "last_name": name})
    assert (read.first, read.last, errors) == (name, name, {})


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "Enter your legal first name"),
        ("\u200b", "Enter your legal first name"),
        ('Robert "Bob"', "no nicknames"),
        ("Robert (Bob)", "no nicknames"),
        ("R2D2", "only letters"),
        ("512-34-5678", "only letters"),
        ("<b>", "only letters"),
        ("x" * 101, "at most 100"),
    ],
)
def test_what_is_no_legal_name_is_refused_with_its_reason(name: str, reason: str) -> None:
    _, errors = names.read({"first_name": name, "last_name": "Rivera"})
    assert reason in str(errors["first_name"])


def test_former_last_names_are_separated_and_named_once() -> None:
    read, _ = names.read({"first_name": "A", "last_name": "B", "former_last_names": "Smith,  Jones ; Smith,"})
    assert read.former_lasts == ("Smith", "Jones")


@given(st.text(max_size=200))
def test_a_name_that_is_taken_is_one_line_that_every_letter_can_carry(typed: str) -> None:
    read, errors = names.read({"first_name": typed, "last_name": "Rivera", "former_last_names": typed})
    for name in (read.first, *read.former_lasts) if not errors else ():
        assert name.isprintable()
        assert 0 < len(name) <= 100
        assert name == " ".join(name.split())


def test_names_may_be_one_persons_across_marriage_accents_and_case() -> None:
    ana = LegalName("Ana", "", "Núñez-Ortiz", ("Lopez",))
    assert names.may_be_one(ana, LegalName("Anna", "", "NUNEZ ORTIZ"))
    assert names.may_be_one(ana, LegalName("Ana", "", "Miller"))
    assert names.may_be_one(ana, LegalName("A.", "", "Lopez"))
    assert not names.may_be_one(ana, LegalName("Maria", "", "Miller"))


def test_a_record_that_moves_keeps_nothing_of_a_stranger_and_remembers_a_former_name() -> None:
    jordan = LegalName("Jordan", "Lee", "Rivera", ("Stone",))
    assert names.after_move(jordan, LegalName("Jordan", "", "Miles")) == LegalName(
        "Jordan", "Lee", "Miles", ("Rivera", "Stone")
    )
    assert names.after_move(jordan, LegalName("Sam", "", "Okafor")) == LegalName("Sam", "", "Okafor")


ADDRESS = {"street": "205 Jefferson St", "city": "Jefferson City", "state": "MO", "zip_code": "65101"}


def test_contact_information_needs_only_an_address_for_letters() -> None:
    contact, errors = contacts.read({"email": " jordan@Example.EDU "})
    assert errors == {}
    assert contact.email == "jordan@example.edu"


@pytest.mark.parametrize("missing", list(ADDRESS))
def test_a_postal_address_is_given_whole_or_not_at_all(missing: str) -> None:
    _, errors = contacts.read({"email": "a@example.edu", **ADDRESS, missing: " "})
    assert set(errors) == {missing}
    _, errors = contacts.read({"email": "a@example.edu", **ADDRESS})
    assert errors == {}


@pytest.mark.parametrize("field", ["street", "city"])
@pytest.mark.parametrize("typed", ["512-34-5678", "512 34 5678 Main St", "512345678"])
def test_a_social_security_number_is_no_part_of_an_address(field: str, typed: str) -> None:
    contact, errors = contacts.read({"email": "robin@example.edu", **ADDRESS, field: typed})
    assert errors == {field: ssn.REFUSAL}
    assert getattr(contact, field) == ""


@pytest.mark.parametrize(
    ("state", "code", "good"),
    [
        ("MO", "65101", True),
        ("MO", "65101-0480", True),
        ("MO", "651010480", True),
        ("MO", "6510", False),
        ("MO", "00000", False),
        ("MO", "10001", False),
        ("MO", "ABCDE", False),
        ("NY", "06390", True),
        ("TX", "88510", True),
        ("AE", "09012", True),
        ("PR", "00901", True),
        ("PR", "65101", False),
        ("XX", "65101", False),
    ],
)
def test_a_zip_code_has_its_form_and_lies_in_its_state(state: str, code: str, good: bool) -> None:
    _, errors = contacts.read({"email": "a@example.edu", **ADDRESS, "state": state, "zip_code": code})
    assert (not errors) is good


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("573-555-0100", "+15735550100", "573-555-0100"),
        ("(573) 555 0100", "+15735550100", "573-555-0100"),
        ("1.573.555.0100", "+15735550100", "573-555-0100"),
        ("+44 20 7946 0000", "+442079460000", "+442079460000"),
        ("", "", ""),
    ],
)
def test_a_phone_number_is_taken_as_people_write_it(typed: str, kept: str, shown: str) -> None:
    assert contacts.phone(typed) == kept
    assert contacts.shown_phone(kept) == shown


@pytest.mark.parametrize("typed", ["555-0100", "5735550100123", "call me", "+1", "512-34-5678"])
def test_what_is_no_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Refused):
        contacts.phone(typed)


@pytest.mark.parametrize(
    "typed", ["", "jordan", "jordan@", "@example.edu", "a b@example.edu", "a@b@c.edu", "a@localhost"]
)
def test_what_is_no_address_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(Refused, match="Enter an e-mail address"):
        contacts.email(typed)


def test_an_address_is_masked_for_whoever_holds_the_link() -> None:
    assert contacts.masked("jordan.rivera@example.edu") == "j•••@example.edu"
