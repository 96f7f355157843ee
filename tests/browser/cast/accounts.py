"""People who have an account, made once over HTTP, whose sessions are lent to real browsers."""

import json
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from playwright.async_api import BrowserContext

from deploy.local.system import System
from tests.flow import hearing, people
from tests.visitor import Visitor


@dataclass
class Member:
    """Somebody with an account, signed in."""

    browser: Visitor
    username: str
    email: str
    educator_id: str = ""


async def lend(context: BrowserContext, visitor: Visitor) -> None:
    """Give a real browser the cookies of this one: who is signed in there is signed in here."""
    await context.clear_cookies()
    host = urlsplit(visitor.origin).hostname
    await context.add_cookies(
        [
            {
                "name": name,
                "value": value,
                "domain": host,
                "path": "/",
                "secure": True,
                "httpOnly": True,
                "sameSite": "Lax",
            }
            for name, value in visitor.cookies.items()
        ]
    )


class Accounts:
    """People with an account, each made when first asked for and kept for all tests, which leave them as they are."""

    def __init__(self, system: System) -> None:
        self.system = system

    # --- people without a record ---

    def account(self, first: str = "Robin", last: str = "Example") -> Member:
        """A new person with an account of which everybody has heard, signed in."""
        visitor, username, email = people.newcomer(self.system)
        people.register(visitor, username, email, first=first, last=last)
        people.confirm(self.system, visitor, email)
        hearing.settle(self.system)
        people.log_in(visitor, username)
        assert visitor.heading == "User Applications", visitor.text
        return Member(visitor, username, email)

    def demonstration(self, role: str, which: int = 0) -> Member:
        """One of the demonstration's people: the first of this role, or a later one."""
        found = [one for one in json.loads(self.system.home.people.read_text()) if one["role"] == role][which]
        visitor = Visitor(self.system.origin)
        people.log_in(visitor, found["username"], found["password"])
        assert visitor.heading == "User Applications", visitor.text
        return Member(visitor, found["username"], found["email"], found.get("educator_id", ""))

    @cached_property
    def nobody(self) -> Member:
        """Signed in, no access."""
        return self.account()

    @cached_property
    def unidentified(self) -> Member:
        """Has access, has not told the number."""
        member = self.account()
        people.request_access(member.browser)
        return member

    @cached_property
    def registering(self) -> Visitor:
        """Has registered, has not confirmed."""
        visitor, username, email = people.newcomer(self.system)
        people.register(visitor, username, email)
        assert visitor.path == "/register/done"
        return visitor

    # --- people in the middle of something ---

    @cached_property
    def leaving(self) -> Member:
        """Is about to log off."""
        return self.account()

    @cached_property
    def impatient(self) -> Member:
        """Will try to be identified too often."""
        member = self.account()
        people.request_access(member.browser)
        return member

    # --- staff ---

    @cached_property
    def administrator(self) -> Member:
        """An administrator."""
        return self.demonstration("administrator")

    @cached_property
    def adjudicator(self) -> Member:
        """An adjudicator."""
        return self.demonstration("adjudicator")

    @cached_property
    def analyst(self) -> Member:
        """An analyst."""
        return self.demonstration("analyst")

    @cached_property
    def second_analyst(self) -> Member:
        """Another analyst."""
        return self.demonstration("analyst", 1)

    @cached_property
    def program(self) -> Member:
        """An official of an educator preparation program."""
        return self.demonstration("program")

    def row(self, path: str, who: Member, text: str) -> str:
        """Where the row of a staff list leads that holds this text."""
        rows = who.browser.open(path).tree.xpath("//tr[contains(normalize-space(.), $text)]//a/@href", text=text)
        assert rows, f"{path} has no row with {text!r}: {who.browser.text}"
        return str(rows[0])

    @property
    def letter_page(self) -> str:
        """A letter in the Mailroom."""
        return f"/mailroom/{people.letter(self.system, self.nobody.email, 'confirm')['id']}"
