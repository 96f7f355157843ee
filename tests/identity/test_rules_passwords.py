"""Passwords: long ones of any kind are welcome, those that everybody tries are refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.identity.rules.passwords import MAX_LENGTH, MIN_LENGTH, PasswordProblem, own_words, problem, written

OWN = ("Jordan", "Rivera", "jordan.rivera", "jordan.rivera@mail.example.edu")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "my dog has three blue shoes",
        "blue window seven",
        "the river near jordan is cold in march",
        "  spaces at both ends  ",
        "xkq9-vbtr-27mw-plzd",
        "ñandú corre velozmente",
        "ありがとうございますおはようございます",
        "Tr0ub4dor&3 met a zebra",
    ],
)
def test_a_long_uncommon_password_is_welcome(password: str) -> None:
    assert problem(password, own=OWN) is None


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword",
        "thisisapassword",
        "princess princess",
        "Password12345678",
        "P@ssw0rdP@ssw0rd",
        "letmeinletmein12",
        "iloveyouforever1",
        "footballbaseball",
        "trustno1trustno1",
        "administrator123",
        "january february",
        "summer2025summer2025",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    assert problem(password, own=OWN) in {PasswordProblem.COMMON, PasswordProblem.PATTERN}


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaa",
        "abababababababab",
        "aabbccddeeffgghh",
        "a1b2c3d4e5f6g7h8",
        "abcdefghijklmnop",
        "123456789012345",
        "987654321098765",
        "qwertyuiopasdfgh",
        "1q2w3e4r5t6y7u8i",
        "1qaz2wsx3edc4rfv",
        "asdfghjkl;'zxcvb",
        "a" * 256,
        "qwertyuiop" * 25,
    ],
)
def test_repetitions_and_walks_over_the_keyboard_are_refused(password: str) -> None:
    assert problem(password, own=OWN) in {PasswordProblem.COMMON, PasswordProblem.PATTERN}


@pytest.mark.parametrize(
    "password",
    [
        "JordanRivera2025!!",
        "jordanriverajordan",
        "Jordan Rivera 2026",
        "r1v3r4 j0rd4n 1234",
        "arevir nadroj 2025",
        "jordan.rivera@mail.example.edu",
        "riverajordan12345",
    ],
)
def test_a_password_built_on_the_persons_own_names_is_refused_for_that_reason(password: str) -> None:
    assert problem(password, own=OWN) is PasswordProblem.OWN


def test_a_password_built_on_the_service_is_refused_for_that_reason() -> None:
    assert problem("MissouriTeacher2025", own=OWN) is PasswordProblem.SERVICE


def test_length_is_counted_in_characters_from_15_to_256() -> None:
    assert problem("", own=OWN) is PasswordProblem.MISSING
    assert problem("kz7#wq!m2ve9$t", own=OWN) is PasswordProblem.SHORT
    assert problem("kz7#wq!m2ve9$tx", own=OWN) is None
    unusual = "".join(chr(0x4E00 + 37 * n) for n in range(MAX_LENGTH))
    assert problem(unusual, own=OWN) is None
    assert problem(unusual + "x", own=OWN) is PasswordProblem.LONG


def test_the_same_keys_on_another_device_give_the_same_password() -> None:
    assert written("café au lait, twice") == written("cafe\N{COMBINING ACUTE ACCENT} au lait, twice")


def test_own_words_are_found_inside_names_and_addresses() -> None:
    assert {"jordan", "rivera", "mail", "example", "edu", "jordanrivera"} <= set(own_words(OWN))
    assert own_words(["Li"]) == []


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=MIN_LENGTH, max_size=300))
def test_any_text_gets_an_answer(password: str) -> None:
    assert problem(password, own=OWN) in {None, *PasswordProblem}
