"""Names and addresses: real ones are accepted as people write them, others refused with the reason."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.rules import people
from services.identity.rules.people import Address, AddressProblem, NameProblem


@pytest.mark.parametrize(
    "name",
    [
        *("Jordan", "María José", "O’Neill", "D'Angelo", "Smith-Jones", "St. Clair", "King Jr.", "李", "Nguyễn"),
        *("O`Brien", "O´Brien", "Smith‐Jones", "Smith\u2011Jones", "Smith\u2013Jones", "Gal·la"),
    ],
)
def test_legal_names_are_accepted(name: str) -> None:
    assert people.name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["www.evil.example", "http://x", "a@b", "Jordan\x00", "<b>", "4ever", "Rob\u202e", "-", "."]
)
def test_what_is_no_legal_name_is_refused(name: str) -> None:
    assert people.name_problem(name) is NameProblem.CHARACTERS


def test_an_absent_or_endless_name_is_refused() -> None:
    assert people.name_problem(" \t ") is NameProblem.MISSING
    assert people.name_problem("a" * 101) is NameProblem.LONG
    assert people.name_problem("a" * 100) is None


def test_a_name_is_kept_with_single_spaces() -> None:
    assert people.name("  Mary   Ann ") == "Mary Ann"


@pytest.mark.parametrize("typed", ["Jordan.Rivera@Example.edu", " jordan.rivera@example.edu "])
def test_an_address_is_compared_without_regard_to_case(typed: str) -> None:
    found = people.address(typed, demonstration=False)
    assert isinstance(found, Address)
    assert found.key == "jordan.rivera@example.edu"


@pytest.mark.parametrize(
    "typed", ["jordan", "@example.edu", "a@b", "a@b..c", "a b@example.edu", "a@example.edu\nBcc: x@y.z", "x" * 255]
)
def test_what_cannot_be_written_to_is_refused(typed: str) -> None:
    assert people.address(typed, demonstration=False) is AddressProblem.FORM


def test_an_absent_address_is_said_to_be_missing() -> None:
    assert people.address("  ", demonstration=False) is AddressProblem.MISSING


def test_test_addresses_exist_in_a_demonstration_only() -> None:
    assert people.address("a@b.test", demonstration=False) is AddressProblem.FORM
    assert isinstance(people.address("a@b.test", demonstration=True), Address)


def test_a_masked_address_shows_its_first_letter_and_its_domain() -> None:
    assert Address("jordan.rivera@example.edu").masked == "j•••@example.edu"


@given(st.text(max_size=300))
def test_any_text_gets_an_answer(typed: str) -> None:
    assert isinstance(people.address(typed, demonstration=True), Address | AddressProblem)
    assert people.name_problem(typed) in {None, *NameProblem}
