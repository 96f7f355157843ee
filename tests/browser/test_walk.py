"""The walk from the first page to "Cleared", in each way that people have: wide, narrow, without scripts, by keys."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from deploy.local.system import System
from tests.browser import steps
from tests.browser.conftest import Checked, NewPage
from tests.browser.steps import Person
from tests.browser.walker import KeyboardWalker, Walker
from tests.flow import hearing, result_files

MENU = ("Profile", "Fingerprint Information", "Certificate Status", "Application Status", "Messages")


async def _open_menu(walker: Walker) -> None:
    """On a narrow window the menu is folded."""
    if walker.page.viewport_size and walker.page.viewport_size["width"] < 1000:
        await walker.page.get_by_text("Educator menu").click()


async def test_from_the_first_page_to_cleared(system: System, page: Page, checked: Checked) -> None:
    walker, person = Walker(page, system.origin), Person()

    await steps.register(walker, person)
    await walker.sees(person.username)
    await walker.sees_not(person.email)
    await checked(page, "walk-registered")
    await steps.confirm(system, walker, person)

    await steps.log_in(walker, person.username)
    await checked(page, "walk-applications")
    await steps.request_access(walker)
    await expect(page.get_by_role("link", name=steps.REQUEST)).to_have_count(0)

    educator_id = await steps.identify(walker, person)
    await expect(walker.field("First name")).to_have_value("Robin")
    await expect(walker.field("Last name")).to_have_value("Example")
    await asyncio.to_thread(hearing.settle, system)
    await walker.open("/ecs/profile")
    await expect(walker.field("E-mail address")).to_have_value(person.email)
    await walker.sees("Profile information", "Contact Information", "Fingerprint Information")
    await checked(page, "walk-profile")

    await walker.pick("Educator preparation program", "Ozark Hills University")
    await walker.press("Save Profile")
    await expect(page.get_by_role("status")).to_have_text("Your profile is saved.")
    await walker.fill("Phone", "573 555 0123")
    await walker.press("Save")
    await expect(page.get_by_role("status")).to_have_text("Your contact information is saved.")
    await expect(walker.field("Educator preparation program")).to_have_value("ozark-hills")

    await _open_menu(walker)
    await walker.follow("Fingerprint Information", among="Educator menu")
    await walker.is_at("Fingerprint Information", "/ecs/fingerprints")
    await walker.choose("Work as a substitute teacher")
    await walker.choose("I have read and understood this notice")
    await walker.press("Show my code")
    await walker.sees("Code to give at the vendor", "2301", f"2301-{educator_id}", "$41.75")
    await checked(page, "walk-code")

    home = system.home.folder
    result_files.drop(home, result_files.answer("state", oca=f"2301-{educator_id}", name="EXAMPLE,ROBIN"))
    await walker.until("/ecs/fingerprints", "State result received")
    await walker.sees_not("Cleared")
    result_files.drop(home, result_files.answer("fbi", oca=f"2301-{educator_id}", name="EXAMPLE,ROBIN"))
    await walker.until("/ecs/fingerprints", "Cleared")
    await walker.sees("State result received", "FBI result received", "Valid for new applications until")
    await checked(page, "walk-cleared")
    await walker.until("/ecs/profile", "FBI and state background check cleared on")

    cleared = await steps.letter(system, person.email, "cleared")
    await walker.until("/ecs/messages", cleared["subject"])
    await walker.follow(cleared["subject"])
    await walker.is_at(cleared["subject"])

    for entry in MENU:
        await _open_menu(walker)
        await walker.follow(entry, among="Educator menu")
        await walker.is_at({"Profile": "Educator Profile"}.get(entry, entry))
    await walker.press("Log off")
    await walker.is_at("Login", "/login")
    await walker.open("/ecs/profile")
    await walker.is_at("Login", "/login")


@pytest.mark.parametrize(("width", "javascript"), [(1280, True), (320, False)], ids=["1280-js", "320-plain"])
async def test_by_keyboard_alone(system: System, new_page: NewPage, width: int, javascript: bool) -> None:
    page = await new_page(width, javascript)
    walker, person = KeyboardWalker(page, system.origin), Person()
    await steps.register(walker, person)
    await steps.confirm(system, walker, person)
    await steps.log_in(walker, person.username)
    await steps.request_access(walker)
    await steps.identify(walker, person)
    await asyncio.to_thread(hearing.settle, system)
    await walker.fill("Middle name", "Quinn")
    await walker.press("Save Profile")
    await expect(page.get_by_role("status")).to_have_text("Your profile is saved.")
    await expect(walker.field("Middle name")).to_have_value("Quinn")
    await walker.follow("Fingerprint Information: details and what to do")
    await walker.is_at("Fingerprint Information")
    await walker.choose("My initial certificate")
    await walker.choose("I have read and understood this notice")
    await walker.press("Show my code")
    await walker.sees("Code to give at the vendor", "2300")
    await walker.press("Log off")
    await walker.is_at("Login", "/login")
