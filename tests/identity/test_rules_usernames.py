"""Usernames compare without regard to case or form, and a suggestion can always be used."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.identity.rules import usernames
from services.identity.rules.usernames import UsernameProblem

NAMES = st.text(st.characters(categories=["L", "Mn", "Nd", "Pd", "Zs"]), max_size=60)


@given(st.text(max_size=40))
def test_the_key_of_a_key_is_itself(name: str) -> None:
    assert usernames.key(usernames.key(name)) == usernames.key(name)


@given(st.text(max_size=40))
def test_writing_a_name_another_way_gives_the_same_key(name: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert usernames.key(unicodedata.normalize(form, name)) == usernames.key(name)
    assert usernames.key(name.casefold()) == usernames.key(name)


@pytest.mark.parametrize("same", ["Jordan.Rivera", "JORDAN.RIVERA", "ｊｏｒｄａｎ．ｒｉｖｅｒａ", " jordan.rivera "])
def test_case_width_and_outer_spaces_make_no_other_username(same: str) -> None:
    assert usernames.key(same) == "jordan.rivera"


@pytest.mark.parametrize("good", ["jordan.rivera", "J_R-2", "muñoz", "李小龙", "x1y"])
def test_letters_digits_and_single_separators_are_a_username(good: str) -> None:
    assert usernames.problem(good) is None


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("", UsernameProblem.MISSING),
        ("   ", UsernameProblem.MISSING),
        ("ab", UsernameProblem.SHORT),
        ("a" * 65, UsernameProblem.LONG),
        ("ﷺ" * 10, UsernameProblem.LONG),
        ("jordan@example.edu", UsernameProblem.CHARACTERS),
        ("jordan＠example", UsernameProblem.CHARACTERS),
        ("two words", UsernameProblem.CHARACTERS),
        ("a..b", UsernameProblem.CHARACTERS),
        (".abc", UsernameProblem.CHARACTERS),
        ("abc-", UsernameProblem.CHARACTERS),
        ("abc\u200bdef", UsernameProblem.CHARACTERS),
        ("<script>", UsernameProblem.CHARACTERS),
        ("Admin", UsernameProblem.RESERVED),
        ("512345678", UsernameProblem.NUMBER),
        ("512-34-5678", UsernameProblem.NUMBER),
        ("５１２.３４.５６７８", UsernameProblem.NUMBER),
    ],
)
def test_anything_else_is_refused_with_its_reason(bad: str, why: UsernameProblem) -> None:
    assert usernames.problem(bad) is why


@given(NAMES, NAMES)
@example("1234567", "")
@example("1234", "5678")
@example("12345678", "")
@example("1" * 60, "")
def test_every_suggestion_is_a_username_that_may_be_chosen(first: str, last: str) -> None:
    suggested = list(usernames.suggestions(first, last))
    assert len(suggested) >= 18
    assert [usernames.problem(name) for name in suggested] == [None] * len(suggested)


def test_the_first_suggestion_is_the_plain_name() -> None:
    assert next(usernames.suggestions("Jordan", "Rivera")) == "jordan.rivera"


def test_a_long_name_makes_no_long_username() -> None:
    first, second, *_ = usernames.suggestions("Bartholomew Maximilian", "Featherstonehaugh-Cholmondeley")
    assert (first, second) == ("b.featherstonehaughcholmondele", "b.featherstonehaughcholmondele2")
    assert max(map(len, usernames.suggestions("a" * 60, "b" * 60))) == 32


@pytest.mark.parametrize(
    ("first", "last", "plain"),
    [
        ("Łukasz", "Đặng", "lukasz.dang"),
        ("Søren", "Weiß", "soren.weiss"),
        ("Þóra", "Æsdóttir", "thora.aesdottir"),
        ("Yıldız", "Œuvré", "yildiz.oeuvre"),
    ],
)
def test_no_letter_is_dropped_that_people_write_with_others(first: str, last: str, plain: str) -> None:
    assert next(usernames.suggestions(first, last)) == plain
    assert next(usernames.suggestions("María José", "Muñoz-Díaz")) == "mariajose.munozdiaz"


@given(st.text(max_size=10), st.sampled_from("@＠﹫"), st.text(max_size=10))
def test_no_username_holds_an_at_sign_so_login_can_tell_it_from_an_address(before: str, at: str, after: str) -> None:
    assert usernames.problem(before + at + after) is not None
