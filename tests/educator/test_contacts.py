"""A new contact address counts once its own link is confirmed, once, in time; until then the old one stays."""

import asyncio
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest

from services.educator.actions import contacts
from services.educator.actions.contacts import Links
from services.educator.actions.profiles import Overtaken
from services.educator.rules.contacts import Contact
from shared.events import ContactChanged, ContactConfirmationRequested
from shared.keys import Keys
from shared.sealed import Opener
from tests.educator.conftest import JORDAN, NOW, House

NEW = Contact("new@example.edu", "", "", "", "", "")
HOME = Contact(JORDAN.email, "+15735550100", "205 Jefferson St", "Jefferson City", "MO", "65101")


def links(house: House) -> Links:
    return Links("http://localhost:8080", timedelta(hours=24), house.keys)


async def save(house: House, contact: Contact, version: int = 1, now: datetime = NOW) -> str | None:
    async with house.database.transaction() as session:
        return await contacts.save(session, JORDAN, contact, version, links(house), now)


async def confirm(house: House, token: str, now: datetime = NOW) -> str | None:
    async with house.database.transaction() as session:
        return await contacts.confirm(session, token, now)


async def tokens(house: House) -> list[str]:
    """The tokens of all links sent, as the notifier would read them."""
    opener = Opener(Keys(house.keys.folder, "notifier"))
    sent = await house.said(ContactConfirmationRequested)
    opened = [opener.open(fact.sealed) for fact in sent if isinstance(fact, ContactConfirmationRequested)]
    assert all(one["email"] == NEW.email for one in opened)
    return [urlsplit(one["link"]).path.rsplit("/", 1)[1] for one in opened]


async def address(house: House) -> str:
    [row] = await house.rows("SELECT email FROM persons")
    return str(row.email)


async def test_a_postal_address_is_saved_at_once_and_sends_no_link(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    assert await save(house, HOME) == ""
    assert await house.said(ContactConfirmationRequested) == []
    [row] = await house.rows("SELECT * FROM audit WHERE action = 'contact.changed'")
    assert row.new["city"] == "Jefferson City"


async def test_a_new_address_waits_sealed_and_the_old_one_stays(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    assert await save(house, NEW) == NEW.email
    assert await address(house) == JORDAN.email
    assert len(await house.said(ContactChanged)) == 1
    [fact] = await house.said(ContactConfirmationRequested)
    assert isinstance(fact, ContactConfirmationRequested)
    assert NEW.email not in fact.model_dump_json()
    assert fact.expires_at == NOW + timedelta(hours=24)
    [token] = await tokens(house)
    assert token not in str(await house.rows("SELECT p::text FROM pending_addresses p"))


async def test_confirming_puts_it_in_use_and_says_so_once(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    assert await confirm(house, token) == NEW.email
    assert await confirm(house, token) is None
    assert await address(house) == NEW.email
    said = [fact.email for fact in await house.said(ContactChanged) if isinstance(fact, ContactChanged)]
    assert said == [JORDAN.email, NEW.email]


async def test_eight_confirmations_at_once_are_one(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    answers = await asyncio.gather(*(confirm(house, token) for _ in range(8)))
    assert sorted(answers, key=str) == [None] * 7 + [NEW.email]
    assert len(await house.said(ContactChanged)) == 2


async def test_looking_at_a_link_changes_nothing(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    for _ in range(3):
        async with house.database.reading() as session:
            assert await contacts.find_link(session, token, NOW)
    assert await address(house) == JORDAN.email


async def test_a_link_holds_24_hours(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    assert await confirm(house, token, NOW + timedelta(hours=24)) is None
    assert await confirm(house, token, NOW + timedelta(hours=23, minutes=59)) == NEW.email


async def test_sending_again_replaces_the_link(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    async with house.database.transaction() as session:
        assert await contacts.send_again(session, JORDAN, links(house), NOW + timedelta(days=2)) == NEW.email
    first, second = await tokens(house)
    assert await confirm(house, first, NOW + timedelta(days=2)) is None
    assert await confirm(house, second, NOW + timedelta(days=2)) == NEW.email


async def test_cancelling_keeps_the_old_address_and_kills_the_link(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    for _ in range(2):
        async with house.database.transaction() as session:
            await contacts.cancel(session, JORDAN)
    assert await confirm(house, token) is None
    assert await address(house) == JORDAN.email


async def test_the_second_window_is_told_and_overwrites_nothing(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, HOME)
    with pytest.raises(Overtaken):
        await save(house, Contact(JORDAN.email, "+15735550199", "", "", "", ""))
    assert await save(house, HOME) == ""


async def test_a_form_opened_before_the_new_address_was_confirmed_does_not_bring_the_old_one_back(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    [token] = await tokens(house)
    await confirm(house, token)
    with pytest.raises(Overtaken):
        await save(house, HOME, version=1)
    assert await address(house) == NEW.email


async def test_a_guessed_link_confirms_nothing(house: House) -> None:
    await house.linked(JORDAN, "512345678")
    await save(house, NEW)
    assert await confirm(house, "x" * 43) is None
