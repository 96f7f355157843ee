"""One person, one number, one record, one Educator ID, whoever asks at the same time; all else is one case."""

import asyncio
from datetime import date, timedelta
from itertools import pairwise

import pytest

from services.educator.actions import identification
from shared import educator_id
from shared.events import ContactChanged, EducatorIdentified, IdentityCaseOpened, NameChanged
from tests.educator.conftest import BORN, NOW, Account, House

NUMBER = "512345678"


async def test_a_first_account_gets_a_record_with_what_registration_knew(house: House) -> None:
    jordan = Account("jordan.rivera")
    found = await house.linked(jordan, NUMBER)
    assert educator_id.is_valid(found)
    identified, name, contact = await house.said()
    assert isinstance(identified, EducatorIdentified)
    assert (identified.subject_id, identified.account_id) == (found, jordan.account_id)
    assert isinstance(name, NameChanged)
    assert (name.first_name, name.last_name) == ("Jordan", "Rivera")
    assert isinstance(contact, ContactChanged)
    assert contact.email == jordan.email
    assert [fact.sequence for fact in (identified, name, contact)] == [1, 2, 3]


async def test_asking_twice_changes_nothing(house: House) -> None:
    jordan = Account("jordan.rivera")
    found = await house.linked(jordan, NUMBER)
    assert (await house.identify(jordan, "512345679")).educator_id == found
    assert len(await house.rows("SELECT 1 FROM persons")) == 1
    assert len(await house.said()) == 3


async def test_the_same_number_again_opens_one_case_and_leaves_the_first_account_alone(house: House) -> None:
    first, second = Account("jordan.rivera"), Account("jrivera2")
    found = await house.linked(first, NUMBER)
    await house.hears_of(second)
    before = await house.rows("SELECT * FROM persons")
    standing = await house.identify(second, NUMBER)
    assert standing.educator_id is None
    assert standing.case is not None
    assert await house.rows("SELECT * FROM persons") == before
    assert (await house.standing(first)).educator_id == found
    [opened] = await house.said(IdentityCaseOpened)
    assert isinstance(opened, IdentityCaseOpened)
    assert opened.subject_id == str(second.account_id)
    assert opened.holder_account_id == first.account_id
    assert opened.kind == "number_in_use"


async def test_a_wrong_birth_date_for_a_known_number_opens_the_very_same_kind_of_case(house: House) -> None:
    first, second, third = Account("first"), Account("second"), Account("third")
    await house.linked(first, NUMBER)
    right = (await house.identify(second, NUMBER)).case
    wrong = (await house.identify(third, NUMBER, date(1970, 1, 1))).case
    assert right is not None
    assert wrong is not None
    assert (right.kind, right.record_id) == (wrong.kind, wrong.record_id)


async def test_no_number_opens_a_case_of_its_own_kind_that_names_no_holder(house: House) -> None:
    ana = Account("ana")
    standing = await house.identify(ana, None)
    assert standing.case is not None
    [opened] = await house.said(IdentityCaseOpened)
    assert isinstance(opened, IdentityCaseOpened)
    assert (opened.kind, opened.holder_account_id) == ("no_number", None)


async def test_eight_accounts_with_one_number_at_once_become_one_person_and_seven_cases(house: House) -> None:
    racers = [Account(f"racer{n}") for n in range(8)]
    await house.hears_of(*racers)
    standings = await asyncio.gather(*(house.identify(racer, NUMBER) for racer in racers))
    assert sum(standing.educator_id is not None for standing in standings) == 1
    assert sum(standing.case is not None for standing in standings) == 7
    assert len(await house.rows("SELECT 1 FROM persons")) == 1
    assert len(await house.said(EducatorIdentified)) == 1
    assert len(await house.said(IdentityCaseOpened)) == 7


async def test_one_account_that_sends_eight_times_at_once_becomes_one_person(house: House) -> None:
    jordan = Account("jordan.rivera")
    await house.hears_of(jordan)
    await asyncio.gather(*(house.identify(jordan, NUMBER) for _ in range(8)))
    assert len(await house.rows("SELECT 1 FROM persons")) == 1
    assert len(await house.said()) == 3


@pytest.mark.parametrize("number", [NUMBER, None])
async def test_one_account_that_sends_eight_times_at_once_opens_one_case(house: House, number: str | None) -> None:
    await house.linked(Account("holder"), NUMBER)
    second = Account("second")
    await asyncio.gather(*(house.identify(second, number) for _ in range(8)))
    assert len(await house.rows("SELECT 1 FROM identity_cases")) == 1
    assert len(await house.said(IdentityCaseOpened)) == 1


async def test_one_account_with_eight_numbers_at_once_becomes_one_person(house: House) -> None:
    jordan = Account("jordan.rivera")
    await asyncio.gather(*(house.identify(jordan, f"51234567{n}") for n in range(8)))
    assert len(await house.rows("SELECT 1 FROM persons")) == 1
    assert len(await house.said(EducatorIdentified)) == 1


async def test_educator_ids_come_in_no_order_that_could_be_guessed(house: House) -> None:
    made = [await house.linked(Account(f"person{n}"), f"51234{n:04d}") for n in range(1, 13)]
    numbers = [int(one[:-1]) for one in made]
    assert numbers != sorted(numbers)
    assert all(abs(a - b) > 1 for a, b in pairwise(numbers))


async def test_a_record_made_before_identitys_word_arrives_gets_its_address_then(house: House) -> None:
    jordan = Account("jordan.rivera")
    found = (await house.identify(jordan, NUMBER)).educator_id
    assert await house.said(ContactChanged) == []
    await house.hears_of(jordan)
    [contact] = await house.said(ContactChanged)
    assert isinstance(contact, ContactChanged)
    assert (contact.subject_id, contact.email) == (found, jordan.email)
    await house.hears_of(jordan)
    assert len(await house.said(ContactChanged)) == 1


async def test_an_account_has_so_many_attempts_in_a_window_and_then_more(house: House) -> None:
    jordan = Account("jordan.rivera")
    window = timedelta(hours=1)

    async def attempt(minutes: int) -> object:
        async with house.database.transaction() as session:
            return await identification.count_attempt(
                session, jordan.account_id, most=3, window=window, now=NOW + timedelta(minutes=minutes)
            )

    assert [await attempt(minutes) for minutes in (0, 1, 2)] == [None, None, None]
    assert await attempt(3) == NOW + window
    assert await attempt(59) == NOW + window
    assert await attempt(60) is None


async def test_attempts_at_once_are_all_counted(house: House) -> None:
    jordan = Account("jordan.rivera")

    async def attempt() -> object:
        async with house.database.transaction() as session:
            return await identification.count_attempt(
                session, jordan.account_id, most=5, window=timedelta(hours=1), now=NOW
            )

    answers = await asyncio.gather(*(attempt() for _ in range(8)))
    assert answers.count(None) == 5


async def test_nothing_in_the_database_shows_a_number_or_a_birth_date(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    await house.identify(Account("second"), NUMBER)
    await house.identify(Account("third"), None)
    written = (NUMBER, "512-34-5678", NUMBER.encode().hex(), BORN.isoformat(), BORN.isoformat().encode().hex())
    for row in await house.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"):
        content = "\n".join(str(found) for [found] in await house.rows(f"SELECT t::text FROM {row.table_name} t"))  # noqa: S608
        assert not [one for one in written if one in content], row.table_name
