"""Registering: one username and one address each, whoever races, and nothing that tells which addresses are known."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from services.identity.actions import registration
from services.identity.actions.registration import Confirmation
from services.identity.rules.people import Address
from services.identity.tokens import new
from shared.events import EmailConfirmationRequested, RegistrationRepeated, UserRegistered
from tests.identity.conftest import MINUTE, NOW, House

DAY = timedelta(hours=24)


async def _confirm(house: House, token: str, now: datetime = NOW) -> Confirmation:
    async with house.database.transaction() as session:
        return await registration.confirm(session, token, house.hashed, now)


async def _register(house: House, browser: str, now: datetime = NOW, **answers: str) -> UUID | None:
    async with house.database.transaction() as session:
        return await registration.register(session, browser, house.answers(**answers), now)


async def _link(house: House) -> str:
    """The newest link that was sent."""
    facts = await house.run_errands()
    return house.token(next(fact for fact in reversed(facts) if isinstance(fact, EmailConfirmationRequested)))


async def test_of_eight_who_want_one_username_at_once_one_has_it(house: House) -> None:
    found = await asyncio.gather(
        *(_register(house, new(), username="Jordan.Rivera", email=f"jordan{n}@example.edu") for n in range(8))
    )
    assert sum(one is not None for one in found) == 1
    assert (await house.count("usernames"), await house.count("registrations")) == (1, 1)


async def test_of_eight_who_confirm_one_address_at_once_one_has_an_account(house: House) -> None:
    for n in range(8):
        await house.register(f"jordan{n}", "jordan@example.edu")
    links = [house.token(fact) for fact in await house.run_errands()]
    outcomes = await asyncio.gather(*(_confirm(house, link) for link in links))
    assert sorted(outcomes) == [*[Confirmation.ADDRESS_IN_USE] * 7, Confirmation.DONE]
    assert await house.count("accounts") == 1
    topics = await house.topics()
    assert topics.count("UserRegistered") == 1
    assert topics.count("RegistrationRepeated") == 7
    assert await house.count("usernames") == 1


async def test_of_eight_presses_of_one_confirm_button_one_makes_the_account(house: House) -> None:
    await house.register()
    link = await _link(house)
    outcomes = await asyncio.gather(*(_confirm(house, link) for _ in range(8)))
    assert sorted(outcomes) == [Confirmation.DONE, *[Confirmation.DONE_BEFORE] * 7]
    assert (await house.topics()).count("UserRegistered") == 1


async def test_the_same_form_pressed_eight_times_at_once_is_one_registration_and_one_letter(house: House) -> None:
    browser = new()
    found = await asyncio.gather(*(_register(house, browser) for _ in range(8)))
    assert len({one for one in found if one}) == 1
    assert None not in found
    assert len(await house.run_errands()) == 1


async def test_a_confirmed_registration_is_an_account_that_others_hear_of(house: House) -> None:
    await house.register()
    assert await _confirm(house, await _link(house)) is Confirmation.DONE
    (said,) = [fact for fact in await house.said() if isinstance(fact, UserRegistered)]
    (account,) = await house.rows("SELECT * FROM accounts")
    assert said.subject_id == str(account["account_id"])
    assert (said.username, said.email) == ("jordan.rivera", "jordan.rivera@example.edu")
    assert (said.first_name, said.last_name, said.language) == ("Jordan", "Rivera", "en")
    (left,) = await house.rows("SELECT password_hash FROM registrations")
    assert left["password_hash"] == ""


async def test_the_letter_holds_address_username_and_link_sealed(house: House) -> None:
    await house.register()
    (said,) = await house.run_errands()
    assert isinstance(said, EmailConfirmationRequested)
    assert "example.edu" not in said.model_dump_json()
    opened = house.opened(said)
    assert opened["email"] == "jordan.rivera@example.edu"
    assert (opened["first_name"], opened["username"]) == ("Jordan", "jordan.rivera")
    assert opened["link"].startswith("http://localhost:8080/register/confirm/")
    assert said.expires_at == NOW + DAY


async def test_a_known_and_an_unknown_address_leave_the_same_behind_until_the_errand_is_run(house: House) -> None:
    known = await house.account("taylor.brooks")
    before = await house.topics()
    await house.register("one", "taylor.brooks@example.edu")
    await house.register("two", "nobody@example.edu")
    assert await house.topics() == before
    one, two = await house.rows("SELECT * FROM registrations ORDER BY username")
    assert {name: type(value) for name, value in one.items()} == {name: type(value) for name, value in two.items()}
    assert (one["expires_at"], one["account_id"]) == (two["expires_at"], two["account_id"])
    held = await house.rows("SELECT held_until FROM usernames WHERE account_id IS NULL")
    assert [row["held_until"] for row in held] == [NOW + DAY, NOW + DAY]
    first, second = await house.run_errands()
    assert isinstance(first, RegistrationRepeated)
    assert first.subject_id == str(known)
    assert isinstance(second, EmailConfirmationRequested)


@pytest.mark.parametrize("email", ["TAYLOR.brooks@example.edu", "taylor.brooks@EXAMPLE.EDU"])
async def test_an_address_is_known_in_whatever_case_it_is_written(house: House, email: str) -> None:
    await house.account("taylor.brooks")
    await house.register("one", email)
    assert [type(fact) for fact in await house.run_errands()] == [RegistrationRepeated]


async def test_a_username_is_held_for_a_day_and_then_free(house: House) -> None:
    await house.register()
    assert await _register(house, new(), NOW + DAY - MINUTE, email="other@example.edu") is None
    assert await _register(house, new(), NOW + DAY, email="other@example.edu") is not None


async def test_a_username_of_an_account_is_never_free_again(house: House) -> None:
    await house.account()
    assert await _register(house, new(), NOW + 100 * DAY, email="other@example.edu") is None


async def test_a_link_confirms_nothing_after_a_day(house: House) -> None:
    await house.register()
    link = await _link(house)
    assert await _confirm(house, link, NOW + DAY) is Confirmation.EXPIRED
    assert await house.count("accounts") == 0


async def test_a_made_up_link_confirms_nothing(house: House) -> None:
    assert await _confirm(house, new()) is Confirmation.EXPIRED
    assert await _confirm(house, "../../etc/passwd") is Confirmation.EXPIRED


async def test_after_the_address_was_corrected_the_first_letters_link_confirms_nothing(house: House) -> None:
    browser = await house.register(email="wrong@example.edu")
    first = await _link(house)
    async with house.database.transaction() as session:
        pending = await registration.of_browser(session, browser)
        assert pending is not None
        await registration.correct_address(session, pending, Address("right@example.edu"), NOW + MINUTE)
    second = await _link(house)
    assert await _confirm(house, first) is Confirmation.EXPIRED
    assert await _confirm(house, second) is Confirmation.DONE
    (account,) = await house.rows("SELECT email FROM accounts")
    assert account["email"] == "right@example.edu"


async def test_an_address_corrected_before_the_first_letter_left_is_written_to_once(house: House) -> None:
    browser = await house.register(email="wrong@example.edu")
    async with house.database.transaction() as session:
        pending = await registration.of_browser(session, browser)
        assert pending is not None
        await registration.correct_address(session, pending, Address("right@example.edu"), NOW)
    assert [house.opened(fact)["email"] for fact in await house.run_errands()] == ["right@example.edu"]


async def test_errands_run_while_addresses_are_corrected_and_nobody_waits_for_ever(house: House) -> None:
    browsers = [await house.register(f"person{n}") for n in range(10)]

    async def correct(browser: str) -> None:
        async with house.database.transaction() as session:
            pending = await registration.of_browser(session, browser)
            assert pending is not None
            await registration.correct_address(session, pending, Address(f"{pending.username}@example.org"), NOW)

    await asyncio.gather(*(correct(browser) for browser in browsers), *(house.run_errands() for _ in range(4)))
    await house.run_errands()
    good = await house.rows("SELECT registration_id FROM links")
    assert len(good) == 10


async def test_sending_again_leaves_both_links_good_and_the_username_held_a_day_more(house: House) -> None:
    browser = await house.register()
    first = await _link(house)
    later = NOW + timedelta(hours=23)
    async with house.database.transaction() as session:
        pending = await registration.of_browser(session, browser)
        assert pending is not None
        await registration.send_again(session, pending, later)
    (again,) = await house.run_errands(later)
    assert house.token(again) != first
    (held,) = await house.rows("SELECT held_until FROM usernames")
    assert held["held_until"] == later + DAY
    assert await _confirm(house, house.token(again), later + MINUTE) is Confirmation.DONE


async def test_the_form_sent_again_with_another_username_gives_the_first_one_back(house: House) -> None:
    browser = new()
    await _register(house, browser, username="first.choice", email="jordan@example.edu")
    await _register(house, browser, username="second.choice", email="jordan@example.edu")
    assert await _register(house, new(), username="first.choice", email="other@example.edu") is not None
    assert await _register(house, new(), username="second.choice", email="third@example.edu") is None
    assert len(await house.run_errands()) == 2


async def test_a_taken_username_in_the_second_sending_leaves_the_first_as_it_was(house: House) -> None:
    await house.account("taken")
    browser = new()
    await _register(house, browser, username="mine", email="jordan@example.edu")
    assert await _register(house, browser, username="taken", email="jordan@example.edu") is None
    assert await _confirm(house, await _link(house)) is Confirmation.DONE


async def test_the_suggested_username_is_free(house: House) -> None:
    await house.account("jordan.rivera")
    await house.register("j.rivera")
    async with house.database.reading() as session:
        assert await registration.suggest_username(session, "Jordan", "Rivera", NOW) == "jordan.rivera2"


async def test_no_token_that_was_handed_out_is_kept(house: House) -> None:
    browser = await house.register()
    link = await _link(house)
    kept = [str(row) for row in await house.rows("SELECT * FROM registrations JOIN links USING (registration_id)")]
    assert not any(token in row for token in (browser, link) for row in kept)


async def test_a_link_pressed_while_the_address_is_corrected_does_not_confirm_the_new_address(house: House) -> None:
    browser = await house.register(email="first@example.edu")
    link = await _link(house)
    async with house.database.transaction() as session:
        pending = await registration.of_browser(session, browser)
        assert pending is not None
        await registration.correct_address(session, pending, Address("somebody.else@example.edu"), NOW)
        pressed = asyncio.create_task(_confirm(house, link))
        await house.somebody_waits()
    assert await pressed is Confirmation.EXPIRED
    assert await house.count("accounts") == 0


async def test_a_password_proven_before_it_was_changed_confirms_nothing(house: House) -> None:
    await house.register()
    link = await _link(house)
    for proven in (None, "", await house.passwords.hash("another one, long enough")):
        async with house.database.transaction() as session:
            assert await registration.confirm(session, link, proven, NOW) is Confirmation.WRONG
    assert await house.count("accounts") == 0


async def test_a_registration_that_was_confirmed_cannot_be_given_up(house: House) -> None:
    await house.register()
    link = await _link(house)
    assert await _confirm(house, link) is Confirmation.DONE
    async with house.database.transaction() as session:
        assert not await registration.give_up(session, link, NOW)
    assert (await house.count("accounts"), await house.count("usernames")) == (1, 1)
