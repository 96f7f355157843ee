"""The Educator Profile: what is carried over, saved and refused, and the menu beside it."""

import asyncio

from playwright.async_api import expect

from deploy.local.system import System
from shared import educator_id
from tests.browser import steps
from tests.browser.cast.accounts import lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Comes, NewPage
from tests.browser.walker import Walker
from tests.flow import people

MENU = [
    "Profile",
    "Fingerprint Information",
    "Certificate Status",
    "Application Status",
    "Apply: Substitute",
    "Apply: Initial Professional (IPC)",
    "Messages",
]


async def test_the_left_menu_offers_every_page_and_folds_on_a_narrow_window(comes: Comes, cast: Cast) -> None:
    walker = await comes(cast.fresh)
    await walker.open("/ecs/profile")
    menu = walker.page.get_by_role("navigation", name="Educator menu")
    if walker.page.viewport_size == {"width": 320, "height": 800}:
        await expect(menu).to_have_count(0)
        await walker.page.get_by_text("Educator menu").click()
    await expect(menu.get_by_role("link")).to_have_text(MENU)
    await expect(menu.get_by_role("link", name="Profile", exact=True)).to_have_attribute("aria-current", "page")


async def test_the_legal_name_is_saved_and_a_wrong_one_named(comes: Comes, cast: Cast) -> None:
    member = cast.educator()
    walker = await comes(member)
    await walker.open("/ecs/profile")
    await walker.sees(f"Educator ID {educator_id.shown(member.educator_id)}", "Legal name. No nicknames.")
    await walker.fill("Last name", "")
    await walker.fill("First name", "Robyn")
    await walker.press("Save Profile")
    await walker.is_told("Enter your legal last name.")
    await expect(walker.field("First name")).to_have_value("Robyn")
    await walker.page.get_by_role("alert").get_by_role("link").click()
    await expect(walker.field("Last name")).to_be_focused()
    await walker.fill("Last name", "Example-Núñez")
    await walker.fill("Former last names", "Example")
    await walker.press("Save Profile")
    await expect(walker.page.get_by_role("status")).to_have_text("Your profile is saved.")
    await expect(walker.field("Last name")).to_have_value("Example-Núñez")
    await expect(walker.page.get_by_role("status")).to_be_visible()
    await walker.open("/ecs/profile")
    await expect(walker.page.get_by_role("status")).to_have_count(0)


async def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(comes: Comes, cast: Cast) -> None:
    member = cast.educator()
    new = member.email.replace("@", "@new.")
    walker = await comes(member)
    await walker.open("/ecs/profile")
    await expect(walker.field("E-mail address")).to_have_value(member.email)
    await walker.fill("E-mail address", "")
    await walker.press("Save")
    await walker.is_told("Enter an e-mail address. All letters about your certification go there.")
    await walker.fill("E-mail address", new)
    await walker.fill("Street address", "12 Maple Street")
    await walker.fill("City", "Columbia")
    await walker.pick("State", "Missouri")
    await walker.fill("ZIP code", "65201")
    await walker.press("Save")
    await expect(walker.page.get_by_role("status")).to_contain_text("The new address counts once you open the link")
    await walker.sees("Waiting for you to confirm")
    await expect(walker.field("E-mail address")).to_have_value(member.email)
    await expect(walker.field("City")).to_have_value("Columbia")

    link = people.link_in(await steps.letter(cast.system, new, "new contact address"), "/ecs/contact/confirm/")
    await walker.open(link)
    await walker.press("Confirm")
    await walker.is_at("Your e-mail address is confirmed")
    await walker.follow("Go to your profile")
    await expect(walker.field("E-mail address")).to_have_value(new)
    await walker.sees_not("Waiting for you to confirm")
    changed = await steps.letter(cast.system, member.email, "contact address was changed")
    assert new not in changed["text"]


async def test_while_fingerprint_is_away_the_rest_of_the_profile_is_there(
    new_page: NewPage, cast: Cast, system: System
) -> None:
    walker = Walker(await new_page(), system.origin)
    await lend(walker.page.context, cast.cleared.browser)
    await walker.open("/ecs/profile")
    await walker.sees("Valid for new applications until")
    program = system.parts()["fingerprint"]
    await asyncio.to_thread(program.stop)
    try:
        await walker.open("/ecs/profile")
        await walker.is_at("Educator Profile")
        await walker.sees("This section cannot be shown right now. Your results are safe.")
        await expect(walker.field("E-mail address")).to_have_value(cast.cleared.email)
    finally:
        await asyncio.to_thread(program.start)
    await walker.until("/ecs/profile", "Valid for new applications until")
