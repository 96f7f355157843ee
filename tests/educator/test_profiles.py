"""A profile is saved once, never over what another window saved, and every change of name is told and kept."""

import asyncio

import pytest

from services.educator.actions import persons, profiles
from services.educator.actions.profiles import Overtaken
from services.educator.rules.names import LegalName
from shared.events import NameChanged
from tests.educator.conftest import JORDAN, Account, House

MARRIED = LegalName("Jordan", "Lee", "Miles", ("Rivera",))


async def save(house: House, name: LegalName, program: str, version: int, person: Account = JORDAN) -> bool:
    async with house.database.transaction() as session:
        return await profiles.save(session, person, name, program, version)


async def test_a_changed_name_is_told_with_former_names_and_stands_in_the_trail(house: House) -> None:
    educator_id = await house.linked(JORDAN, "512345678")
    assert await save(house, MARRIED, "example-state", 1)
    fact = (await house.said(NameChanged))[-1]
    assert isinstance(fact, NameChanged)
    assert (fact.middle_name, fact.last_name, fact.former_last_names) == ("Lee", "Miles", ("Rivera",))
    [row] = await house.rows("SELECT * FROM audit WHERE action = 'profile.changed'")
    assert (row.subject, row.actor_id) == (f"educator:{educator_id}", JORDAN.account_id)
    assert (row.old["last"], row.new["last"], row.new["program"]) == ("Rivera", "Miles", "example-state")


async def test_a_changed_program_alone_tells_nobody_a_name(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, LegalName("Jordan", "", "Rivera"), "example-state", 1)
    assert len(await house.said(NameChanged)) == 1


async def test_sending_the_same_again_changes_nothing_whatever_the_version(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, MARRIED, "", 1)
    assert await save(house, MARRIED, "", 1)
    assert len(await house.said(NameChanged)) == 2
    assert len(await house.rows("SELECT 1 FROM audit WHERE action = 'profile.changed'")) == 1


async def test_the_second_window_is_told_and_overwrites_nothing(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, MARRIED, "", 1)
    with pytest.raises(Overtaken):
        await save(house, LegalName("Jo", "", "Rivera"), "", 1)
    async with house.database.reading() as session:
        person = await persons.of_account(session, JORDAN.account_id)
    assert person
    assert persons.name_of(person) == MARRIED


async def test_of_eight_windows_at_once_one_is_saved(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    ends = await asyncio.gather(
        *(save(house, LegalName("Jordan", "", f"Miles{'i' * n}"), "", 1) for n in range(1, 9)), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["Overtaken"] * 7 + ["bool"]


async def test_an_account_without_a_record_saves_nothing(house: House) -> None:
    assert not await save(house, MARRIED, "", 1)
