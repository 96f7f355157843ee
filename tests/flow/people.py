"""What people do in the walk, step by step, as functions that a test strings together."""

import json
import re
import secrets
from typing import Any, Final
from urllib.parse import quote

import httpx

from deploy.local.system import System
from tests.flow import hearing
from tests.visitor import Visitor
from tests.waiting import wait_until

PASSWORD: Final = "maple grove water tower"
LINK: Final = re.compile(r"https?://[^\s\"'<>)]+")


def letters(system: System, address: str) -> list[dict[str, Any]]:
    """What the Mailroom received for an address, newest first."""
    answer = httpx.get(f"{system.origin}/mailroom/messages.json?to={quote(address)}", trust_env=False)
    answer.raise_for_status()
    return list(answer.json())


def letter(system: System, address: str, about: str, *, seconds: float = 60, beyond: int = 0) -> dict[str, Any]:
    """The newest letter to an address whose subject holds these words, as soon as there are more than `beyond`."""

    def found() -> list[dict[str, Any]]:
        return [one for one in letters(system, address) if about.lower() in one["subject"].lower()]

    wait_until(
        lambda: len(found()) > beyond,
        seconds,
        lambda: f"no letter about {about!r}; there are {[x['subject'] for x in letters(system, address)]}",
    )
    return found()[0]


def link_in(one: dict[str, Any], path: str) -> str:
    """The link of a letter that leads to a path."""
    return next(str(found) for found in LINK.findall(one["text"]) if path in found)


def newcomer(system: System) -> tuple[Visitor, str, str]:
    """Somebody nobody knows yet: a browser, a username, an address."""
    mark = secrets.token_hex(4)
    return Visitor(system.origin), f"robin.{mark}", f"robin.{mark}@example.edu"


def register(visitor: Visitor, username: str, email: str, *, first: str = "Robin", last: str = "Example") -> None:
    """From the start page to "Create User"."""
    visitor.open("/").follow("Web Applications").follow("Register")
    visitor.fill("Legal first name", first).fill("Legal last name", last).fill("E-mail address", email)
    visitor.fill("Username", username).fill("Password", PASSWORD).press("Create User")


def confirm(system: System, visitor: Visitor, email: str) -> None:
    """Open the link in the letter, enter the password, and press "Confirm"."""
    visitor.open(link_in(letter(system, email, "confirm"), "/register/confirm/"))
    visitor.fill("Password", PASSWORD).press("Confirm")


def log_in(visitor: Visitor, username: str, password: str = PASSWORD) -> Visitor:
    """Through the login page."""
    return visitor.open("/login").fill("Username", username).fill("Password", password).press("Login")


def demonstration(system: System, who: str) -> Visitor:
    """One of the demonstration's people by username, or the first of a role, logged in."""
    known = json.loads(system.home.people.read_text())
    person = next(one for one in known if who in (one["username"], one["role"]))
    return log_in(Visitor(system.origin), person["username"], person["password"])


def request_access(visitor: Visitor) -> None:
    """From "User Applications" to the link of the system."""
    visitor.open("/applications").follow("Educator Certification System - Request Educator Access").press("Submit")


def identify(visitor: Visitor, ssn: str, born: tuple[str, str, str] = ("April", "28", "1999")) -> Visitor:
    """The two questions: number and date of birth."""
    visitor.open("/ecs")
    visitor.fill("Social Security Number", ssn)
    month, day, year = born
    return visitor.fill("Month", month).fill("Day", day).fill("Year", year).press("Submit")


def educator_id(visitor: Visitor) -> str:
    """The Educator ID on the profile, without its space."""
    visitor.open("/ecs/profile")
    found = re.search(r"Educator ID (\d{4}) (\d{4})", visitor.text)
    assert found, visitor.text
    return found[1] + found[2]


def new_ssn() -> str:
    """A number that could be somebody's, and is nobody's here."""
    return f"{secrets.randbelow(600) + 1:03d}{secrets.randbelow(99) + 1:02d}{secrets.randbelow(9999) + 1:04d}"


def become_educator(
    system: System, *, first: str = "Robin", last: str = "Example", ssn: str = ""
) -> tuple[Visitor, str]:
    """A person who did all of it: signed in, with a record of which everybody has heard.

    Returns the browser and the Educator ID.
    """
    visitor, username, email = newcomer(system)
    register(visitor, username, email, first=first, last=last)
    confirm(system, visitor, email)
    hearing.settle(system)
    log_in(visitor, username)
    request_access(visitor)
    identify(visitor, ssn or new_ssn())
    hearing.settle(system)
    return visitor, educator_id(visitor)
