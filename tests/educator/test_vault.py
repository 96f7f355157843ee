"""The vault opens a row only in its own place, under its own key; equal values are found without being held."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.educator.vault import BIRTH_DATE, SSN, Entry, Vault
from shared.keys import KeyRing, MissingKey, Undecipherable

BORN = date(1999, 4, 28)
OLD = KeyRing({1: bytes(32)})
NEW = KeyRing({1: bytes(32), 2: bytes([2]) * 32})
INDEX = KeyRing({1: bytes([9]) * 32})
VAULT = Vault(OLD, INDEX)

owners = st.from_regex(r"[0-9]{8}", fullmatch=True)
numbers = st.from_regex(r"[0-9]{9}", fullmatch=True)


@given(owners, numbers, st.dates())
def test_what_is_sealed_comes_back(owner: str, number: str, born: date) -> None:
    entry = VAULT.seal(owner, birth_date=born, ssn=number)
    assert VAULT.ssn(owner, entry) == number
    assert VAULT.birth_date(owner, entry) == born


@given(numbers)
def test_no_byte_of_a_row_shows_the_number(number: str) -> None:
    entry = VAULT.seal("04172298", birth_date=BORN, ssn=number)
    for field in fields(Entry):
        assert number not in repr(getattr(entry, field.name))


def test_two_rows_of_one_number_share_nothing() -> None:
    one, two = (VAULT.seal("04172298", birth_date=BORN, ssn="512345678") for _ in range(2))
    assert not {one.data_key, one.ssn, one.birth_date} & {two.data_key, two.ssn, two.birth_date}


@given(st.sampled_from(["data_key", "ssn", "birth_date"]), st.integers(0, 200), st.integers(1, 255))
def test_a_changed_bit_is_noticed(column: str, place: int, change: int) -> None:
    entry = VAULT.seal("04172298", birth_date=BORN, ssn="512345678")
    changed = bytearray(getattr(entry, column))
    changed[place % len(changed)] ^= change
    content: dict[str, Any] = {column: bytes(changed)}
    broken = replace(entry, **content)
    reads: dict[str, list[Callable[[str, Entry], object]]] = {
        "ssn": [VAULT.ssn],
        "birth_date": [VAULT.birth_date],
        "data_key": [VAULT.ssn, VAULT.birth_date],
    }
    for read in reads[column]:
        with pytest.raises(Undecipherable):
            read("04172298", broken)


def test_a_row_copied_to_another_owner_does_not_open() -> None:
    entry = VAULT.seal("04172298", birth_date=BORN, ssn="512345678")
    with pytest.raises(Undecipherable):
        VAULT.ssn("00000019", entry)


def test_a_value_swapped_between_rows_columns_or_versions_does_not_open() -> None:
    mine = VAULT.seal("04172298", birth_date=BORN, ssn="512345678")
    yours = VAULT.seal("00000019", birth_date=BORN, ssn="512345679")
    earlier = VAULT.seal("04172298", birth_date=BORN, ssn="512345670", version=1)
    for wrong in (
        replace(mine, ssn=yours.ssn),
        replace(mine, ssn=mine.birth_date),
        replace(mine, data_key=yours.data_key),
        replace(mine, version=2),
        replace(VAULT.seal("04172298", birth_date=BORN, ssn="512345678", version=2), ssn=earlier.ssn),
    ):
        with pytest.raises(Undecipherable):
            VAULT.ssn("04172298", wrong)


def test_a_person_without_a_number_has_none_to_read() -> None:
    entry = VAULT.seal("04172298", birth_date=BORN, ssn=None)
    with pytest.raises(ValueError, match="no number"):
        VAULT.ssn("04172298", entry)


def test_rewrapping_moves_the_data_key_alone() -> None:
    entry = VAULT.seal("04172298", birth_date=BORN, ssn="512345678")
    moved = Vault(NEW, INDEX).rewrapped("04172298", entry)
    assert (moved.ssn, moved.birth_date, moved.version) == (entry.ssn, entry.birth_date, entry.version)
    assert moved.key_version == 2
    only_new = Vault(KeyRing({2: NEW.get(2)}), INDEX)
    assert only_new.ssn("04172298", moved) == "512345678"
    with pytest.raises(MissingKey):
        only_new.ssn("04172298", entry)


def test_equal_values_are_found_under_every_version_and_only_in_their_own_column() -> None:
    both = Vault(OLD, KeyRing({1: INDEX.get(1), 2: bytes([7]) * 32}))
    newest_first = both.digests(SSN, "512345678")
    assert [found.version for found in newest_first] == [2, 1]
    assert VAULT.digests(SSN, "512345678")[0] in newest_first
    assert VAULT.digests(SSN, "512345678")[0].digest != VAULT.digests(SSN, "512345679")[0].digest
    assert VAULT.digests(SSN, "19990428")[0].digest != VAULT.digests(BIRTH_DATE, "19990428")[0].digest
