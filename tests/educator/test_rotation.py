"""Keys rotate while people use the vault: a run may stop anywhere, and one number stays one person throughout."""

import secrets
from dataclasses import replace

import pytest

from services.educator.actions import persons, rotation
from services.educator.vault import Vault
from shared.keys import KeyRing, MissingKey
from tests.educator.conftest import BORN, Account, House

KEY = {version: secrets.token_bytes(32) for version in (1, 2)}
INDEX = {version: secrets.token_bytes(32) for version in (1, 2)}
OLD = Vault(KeyRing({1: KEY[1]}), KeyRing({1: INDEX[1]}))
BOTH = Vault(KeyRing(KEY), KeyRing(INDEX))
NEW = Vault(KeyRing({2: KEY[2]}), KeyRing({2: INDEX[2]}))


async def rotate(house: House, steps: int = 1000) -> int:
    rows, after = 0, ""
    for _ in range(steps):
        async with house.database.transaction() as session:
            done = await rotation.step(session, BOTH, after=after, limit=2)
        if done is None:
            break
        rows, after = rows + done.rows, done.last_owner
    return rows


async def retire(house: House, steps: int = 100) -> int:
    """Drop what is found by the old index key, for two owners at a time."""
    rows, after = 0, ""
    for _ in range(steps):
        async with house.database.transaction() as session:
            done = await rotation.retire(session, BOTH, after=after, limit=2)
        if done is None:
            break
        rows, after = rows + done.rows, done.last_owner
    return rows


@pytest.fixture
async def filled(house: House) -> House:
    """Five persons and one open case without a number, all under the old keys."""
    house.vault = OLD
    for n in range(5):
        await house.linked(Account(f"person{n}", "Ana", "Lopez"), f"51234567{n}")
    await house.identify(Account("ana", "Ana", "Lopez"), None)
    return house


async def test_a_run_that_was_stopped_goes_on_where_it_stopped(filled: House) -> None:
    assert await rotate(filled, steps=1) == 2
    assert await rotate(filled) == 4
    assert await rotate(filled) == 0
    assert await retire(filled) == 11
    for row in await filled.rows("SELECT owner FROM vault"):
        async with filled.database.reading() as session:
            entry = await persons.entry(session, row.owner)
        assert NEW.birth_date(row.owner, entry) == BORN
        if entry.ssn is not None:
            assert NEW.ssn(row.owner, entry).startswith("51234567")
        with pytest.raises(MissingKey):
            OLD.birth_date(row.owner, entry)


@pytest.mark.parametrize("knowing", [OLD, BOTH])
async def test_in_the_middle_of_a_run_a_known_number_is_found_by_old_and_new_processes(
    filled: House, knowing: Vault
) -> None:
    await rotate(filled, steps=1)
    filled.vault = knowing
    for n in range(5):
        assert (await filled.identify(Account(f"second{n}"), f"51234567{n}")).case is not None
    assert len(await filled.rows("SELECT 1 FROM persons")) == 5


async def test_an_old_and_a_new_process_do_not_make_two_persons_of_one_new_number(filled: House) -> None:
    filled.vault = OLD
    assert (await filled.identify(Account("one"), "512345699")).educator_id
    filled.vault = BOTH
    assert (await filled.identify(Account("two"), "512345699")).case is not None
    assert (await filled.identify(Account("three"), "512345698")).educator_id
    filled.vault = OLD
    assert (await filled.identify(Account("four"), "512345698")).case is not None


async def test_old_index_entries_stay_while_any_row_is_found_by_them_alone(filled: House) -> None:
    await rotate(filled, steps=1)
    async with filled.database.reading() as session:
        assert not await rotation.all_found_by_newest(session, BOTH)
    assert await retire(filled) < 11
    found = await filled.rows("SELECT owner FROM vault EXCEPT SELECT owner FROM blind_index")
    assert found == []
    await rotate(filled)
    async with filled.database.reading() as session:
        assert await rotation.all_found_by_newest(session, BOTH)


async def test_old_index_entries_are_dropped_for_some_owners_at_a_time(filled: House) -> None:
    await rotate(filled)
    first = await retire(filled, steps=1)
    assert 2 <= first <= 4
    assert first + await retire(filled) == 11


async def test_indexing_anew_opens_values_and_says_so_while_rewrapping_opens_none(filled: House) -> None:
    only_rewrap = Vault(KeyRing(KEY), KeyRing({1: INDEX[1]}))
    before = len(await filled.trail())
    async with filled.database.transaction() as session:
        done = await rotation.step(session, only_rewrap, after="", limit=100)
    assert done
    assert done.rows == 6
    assert len(await filled.trail()) == before
    await rotate(filled)
    read = [row[0] for row in (await filled.trail())[before:]]
    assert (read.count("ssn.read"), read.count("birth_date.read")) == (5, 6)


async def test_rows_swapped_in_the_database_do_not_open(filled: House) -> None:
    async with filled.database.reading() as session:
        owners = [row.owner for row in await filled.rows("SELECT owner FROM vault WHERE ssn IS NOT NULL LIMIT 2")]
        mine, yours = [await persons.entry(session, owner) for owner in owners]
    with pytest.raises(Exception, match="does not open"):
        OLD.ssn(owners[0], replace(mine, ssn=yours.ssn, data_key=yours.data_key))
