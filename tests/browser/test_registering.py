"""The first page, Login and "Register": what people meet before they have an account."""

import asyncio
from typing import Final

from playwright.async_api import expect

from deploy.local.system import System
from tests.browser import steps
from tests.browser.cast.desks import Cast
from tests.browser.steps import PASSWORD, Person
from tests.browser.walker import Walker
from tests.flow import people

REFUSED: Final = {
    "maple grove": "A password has at least 15 characters. Add more; a few words with spaces work well.",
    "x" * 257: "A password has at most 256 characters. Shorten it.",
    "sunshineprincess": (
        "This password is a common one, which is tried first. Choose a few words that do not belong together."
    ),
    "robin example 1999": (
        "This password is built on your own name, username or e-mail address, which are tried first."
        " Choose words that have nothing to do with them."
    ),
}


async def test_the_first_page_leads_to_login_and_printed_addresses_do_too(walker: Walker) -> None:
    await walker.open("/")
    await expect(walker.page.locator("ol > li > strong")).to_have_count(4)
    await walker.follow("Web Applications")
    await walker.is_at("Login", "/login")
    await walker.open("/weblogin/login.aspx")
    await walker.is_at("Login", "/login")
    form = await walker.page.get_by_role("button", name="Login", exact=True).bounding_box()
    for link in ("Register", "Forgot Username/Password?"):
        below = await walker.page.get_by_role("link", name=link, exact=True).bounding_box()
        assert form
        assert below
        assert below["y"] > form["y"], f"{link} stands below the form"


async def test_without_a_registration_the_title_says_what_the_heading_says(walker: Walker) -> None:
    await walker.open("/register/done")
    heading = "We cannot see a registration in this browser"
    await walker.is_at(heading)
    assert (await walker.page.title()).startswith(heading)


async def test_the_finder_tells_only_the_mailbox_whether_there_is_an_account(walker: Walker, cast: Cast) -> None:
    pages = []
    for address in (cast.nobody.email, "nobody.at.all@example.edu"):
        await walker.open("/register")
        await walker.sees("Registered before?")
        await walker.fill("Address used before", address)
        await walker.press("Find my account")
        await walker.is_at("Check your e-mail", "/forgot")
        pages.append(await walker.page.locator("main").inner_text())
    assert pages[0] == pages[1]
    reminder = await steps.letter(cast.system, cast.nobody.email, "username")
    assert cast.nobody.username in reminder["text"]


async def test_a_free_username_is_suggested_and_a_taken_one_replaced(walker: Walker, cast: Cast) -> None:
    person = Person("Kim", "Park")
    await walker.open("/register")
    await walker.fill("Legal first name", person.first)
    await walker.fill("Legal last name", person.last)
    await walker.press("Suggest a free username")
    await walker.is_at("Register")
    await expect(walker.field("Username")).to_have_value("kim.park")
    await expect(walker.field("Username")).to_be_focused()
    await expect(walker.field("Legal first name")).to_have_value("Kim")

    await steps.fill_registration(walker, person)
    await walker.fill("Username", cast.nobody.username)
    await walker.press("Create User")
    await walker.sees("That username is taken.", "is free, so we have put it in for you.")
    assert await walker.field("Username").input_value() != cast.nobody.username
    await expect(walker.field("E-mail address")).to_have_value(person.email)
    await expect(walker.field("Password")).to_have_value("")


async def test_bad_passwords_are_refused_with_the_reason_and_long_ones_with_spaces_welcome(walker: Walker) -> None:
    person = Person()
    await walker.open("/register")
    for password, reason in REFUSED.items():
        person.password = password
        await steps.fill_registration(walker, person)
        await walker.press("Create User")
        await walker.is_told(reason)
        assert password not in await walker.page.content()
    person.password = (" the heron stands in the shallow water and waits " * 6)[:256]
    await steps.fill_registration(walker, person)
    await walker.field("Password").press("Enter")
    await walker.is_at("Confirm your e-mail address", "/register/done")


async def test_the_letter_can_be_sent_again_and_the_address_corrected(walker: Walker, system: System) -> None:
    person, right = Person(), Person()
    await steps.register(walker, person)
    await walker.sees(person.username, "r•••@example.edu", "What comes next")
    await walker.press("Send again")
    await expect(walker.page.get_by_role("status")).to_have_text("We have sent the letter again.")
    await walker.fill("Correct e-mail address", right.email)
    await walker.press("Correct the address")
    await expect(walker.page.get_by_role("status")).to_have_text("We have sent the letter to the new address.")
    await walker.follow("Return to DESE Login page")
    await walker.is_at("Login", "/login")

    # a scanner follows the link, which changes nothing: Login still explains, and writes again
    link = people.link_in(await steps.letter(system, right.email, "confirm"), "/register/confirm/")
    await walker.open(link)
    await walker.is_at("Confirm your e-mail address")
    await walker.open("/login")
    await steps.try_to_log_in(walker, person.username, PASSWORD)
    await walker.is_at("Confirm your e-mail address", "/register/done")
    await expect(walker.page.get_by_role("status")).to_have_text(
        "Your e-mail address is not confirmed yet. We have sent the letter again."
    )
    await walker.open(link)
    await walker.fill("Password", "not what was chosen")
    await walker.press("Confirm")
    await walker.is_told(
        "This is not the password that was chosen with this username. Check it and try again; capital letters count."
        " If you did not register, do nothing."
    )
    await walker.fill("Password", PASSWORD)
    await walker.press("Confirm")
    await expect(walker.page.get_by_role("status")).to_contain_text("your account is ready")
    await steps.log_in(walker, person.username)


async def test_a_known_address_gets_the_same_page_and_a_letter_that_names_its_account(
    walker: Walker, cast: Cast
) -> None:
    known = cast.account()
    again = Person(address=known.email)
    await steps.register(walker, again)
    await walker.sees(again.username, "We have written to", "What comes next")
    named = await asyncio.to_thread(people.letter, cast.system, known.email, "already")
    assert known.username in named["text"]
    assert again.username not in named["text"]
