"""Hashing: argon2id at the stated cost, the same work for nobody, and a bounded queue."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from services.identity.passwords import Busy, Passwords
from services.identity.rules.passwords import MAX_LENGTH
from tests.identity.conftest import PASSWORD


async def test_a_hash_is_argon2id_with_19_mib_two_passes_and_one_lane(hashed: str) -> None:
    parameters = extract_parameters(hashed)
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)


async def test_only_the_right_password_is_right(passwords: Passwords, hashed: str) -> None:
    assert (await passwords.check(hashed, PASSWORD)).right
    assert not (await passwords.check(hashed, PASSWORD + " ")).right
    assert not (await passwords.check(hashed, PASSWORD.upper())).right


async def test_nobodys_password_is_never_right(passwords: Passwords) -> None:
    assert not (await passwords.check(None, PASSWORD)).right
    assert not (await passwords.check(None, "")).right


async def test_what_is_no_hash_lets_nobody_in(passwords: Passwords) -> None:
    assert not (await passwords.check("", PASSWORD)).right


async def test_a_hash_of_other_cost_is_made_anew_at_the_next_login(passwords: Passwords, hashed: str) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    verdict = await passwords.check(cheap, PASSWORD)
    assert verdict.right
    assert verdict.new_hash is not None
    assert (await passwords.check(verdict.new_hash, PASSWORD)) == (await passwords.check(hashed, PASSWORD))


async def test_composed_and_decomposed_letters_are_the_same_password(passwords: Passwords) -> None:
    kept = await passwords.hash("caf\N{LATIN SMALL LETTER E WITH ACUTE} au lait, twice")
    assert (await passwords.check(kept, "cafe\N{COMBINING ACUTE ACCENT} au lait, twice")).right


async def test_beyond_the_queue_people_are_asked_to_come_back(hashed: str) -> None:
    passwords = Passwords(threads=1, most_waiting=3)
    found = await asyncio.gather(*(passwords.check(hashed, PASSWORD) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, Busy) for one in found) == 5
    assert (await passwords.check(hashed, PASSWORD)).right
    passwords.close()


async def test_a_million_characters_are_refused_without_hashing_them(
    passwords: Passwords, hashed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify, given = PasswordHasher.verify, list[int]()

    def noted(self: PasswordHasher, kept: str, typed: str) -> object:
        given.append(len(typed))
        return verify(self, kept, typed)

    monkeypatch.setattr(PasswordHasher, "verify", noted)
    assert not (await passwords.check(hashed, "a" * 1_000_000)).right
    assert given == [MAX_LENGTH + 1]


@pytest.mark.parametrize("typed", ["\x00", "\ud7ff", "😀" * 40])
async def test_any_character_can_be_checked(passwords: Passwords, hashed: str, typed: str) -> None:
    assert not (await passwords.check(hashed, typed)).right
