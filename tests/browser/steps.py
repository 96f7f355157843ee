"""The steps of the walk at a real browser, as functions that a test strings together."""

import asyncio
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import expect

from deploy.local.system import System
from tests.browser.walker import Walker
from tests.flow import people

PASSWORD: Final = people.PASSWORD
REQUEST: Final = "Educator Certification System - Request Educator Access"


def _mark() -> str:
    return secrets.token_hex(4)


@dataclass
class Person:
    """Somebody nobody knows yet."""

    first: str = "Robin"
    last: str = "Example"
    mark: str = field(default_factory=_mark)
    ssn: str = field(default_factory=people.new_ssn)
    password: str = PASSWORD
    address: str = ""

    @property
    def username(self) -> str:
        """What they log in with."""
        return f"robin.{self.mark}"

    @property
    def email(self) -> str:
        """Where their letters go."""
        return self.address or f"robin.{self.mark}@example.edu"


async def letter(system: System, address: str, about: str) -> dict[str, Any]:
    """The newest letter to an address whose subject holds these words, as soon as it is there."""
    return await asyncio.to_thread(people.letter, system, address, about)


async def fill_registration(walker: Walker, person: Person) -> None:
    """Answer the registration questions."""
    await walker.fill("Legal first name", person.first)
    await walker.fill("Legal last name", person.last)
    await walker.fill("E-mail address", person.email)
    await walker.fill("Username", person.username)
    await walker.fill("Password", person.password)
    await walker.pick("Language of your letters", "English")


async def register(walker: Walker, person: Person) -> None:
    """From the start page to "Create User"."""
    await walker.open("/")
    await walker.follow("Web Applications")
    await walker.is_at("Login")
    await walker.follow("Register")
    await walker.is_at("Register")
    await fill_registration(walker, person)
    await walker.press("Create User")
    await walker.is_at("Confirm your e-mail address", "/register/done")


async def confirm(system: System, walker: Walker, person: Person) -> None:
    """Open the link in the letter, enter the password, and press "Confirm"."""
    received = await letter(system, person.email, "confirm")
    await walker.open(people.link_in(received, "/register/confirm/"))
    await walker.is_at("Confirm your e-mail address")
    await walker.fill("Password", person.password)
    await walker.press("Confirm")
    await walker.is_at("Login", "/login")


async def log_in(walker: Walker, username: str, password: str = PASSWORD) -> None:
    """Through the login page, to "User Applications"."""
    await walker.open("/login")
    await try_to_log_in(walker, username, password)
    await walker.is_at("User Applications")


async def try_to_log_in(walker: Walker, username: str, password: str) -> None:
    """Fill in the login page that is open."""
    await walker.fill("Username", username)
    await walker.fill("Password", password)
    await walker.press("Login")


async def log_in_when_it_may(walker: Walker, username: str) -> None:
    """As `log_in`, at a time when failed tries may still make everybody wait for a second or two."""
    for _ in range(100):
        await walker.open("/login")
        await try_to_log_in(walker, username, PASSWORD)
        await expect(walker.page.locator("h1")).to_be_visible()
        if walker.page.url.endswith("/applications"):
            return


async def request_access(walker: Walker) -> None:
    """From "User Applications" to the confirmation window, and close it."""
    await walker.open("/applications")
    await walker.follow(REQUEST)
    await walker.is_at("Request Educator Access")
    await walker.press("Submit")
    window = walker.page.get_by_role("dialog")
    await expect(window).to_be_visible()
    await walker.press("Close")
    await expect(window).to_have_count(0)
    await walker.is_at("User Applications", "/applications")


async def fill_identification(walker: Walker, ssn: str) -> None:
    """Answer the two questions."""
    await walker.is_at("Find your record", "/ecs/identify")
    await walker.fill("Social Security Number", ssn)
    await walker.pick("Month", "April")
    await walker.fill("Day", "28")
    await walker.fill("Year", "1999")
    await walker.press("Submit")


async def identify(walker: Walker, person: Person) -> str:
    """From "User Applications" to the profile; the Educator ID."""
    await walker.open("/applications")
    await walker.follow("Educator Certification System")
    await fill_identification(walker, person.ssn)
    await walker.is_at("Educator Profile", "/ecs/profile")
    found = re.search(r"Educator ID (\d{4}) (\d{4})", await walker.page.locator("main").inner_text())
    assert found
    return found[1] + found[2]
