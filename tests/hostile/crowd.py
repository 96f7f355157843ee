"""One browser for each kind of person, all of whom came in by the front door: nobody else's tests depend on them."""

import json
import secrets
from dataclasses import dataclass
from typing import Final

from deploy.local.system import System
from shared import csrf
from shared.auth import session_cookie, session_hash
from shared.events import Role
from tests.access.cells import NOBODY, VISITOR
from tests.flow import hearing, people
from tests.visitor import Visitor

STAFF: Final = (Role.ANALYST, Role.ADJUDICATOR, Role.ADMINISTRATOR, Role.PROGRAM, Role.DISTRICT)
ANYBODY: Final = VISITOR
SECOND: Final = "second educator"
WHO: Final = (ANYBODY, NOBODY, "educator", SECOND, *(role.value for role in STAFF))


@dataclass(frozen=True)
class Member:
    """Somebody of the crowd."""

    browser: Visitor
    username: str
    email: str
    educator_id: str = ""


@dataclass(frozen=True)
class Crowd:
    """Everybody, by kind."""

    system: System
    members: dict[str, Member]

    def __getitem__(self, who: str) -> Visitor:
        return self.members[who].browser

    def fresh(self, who: str) -> Visitor:
        """Another window of the same person: the same cookies, nothing opened yet."""
        return Visitor(self.system.origin, cookies=dict(self[who].cookies))

    def token(self, who: str) -> str:
        """The token of this person's forms."""
        return token_of(self.system, self[who])


def token_of(system: System, visitor: Visitor) -> str:
    """The token of a browser's forms: of its session, else of its visit."""
    port = system.ports.origin
    cookie = visitor.cookies.get(session_cookie(port)) or visitor.cookies.get(csrf.visit_cookie(port), "")
    return csrf.token_for(session_hash(cookie))


def session_of(system: System, visitor: Visitor) -> str:
    """A browser's session token."""
    return visitor.cookies[session_cookie(system.ports.origin)]


def demonstration(system: System, role: str) -> Visitor:
    """One of the demonstration's people, logged in."""
    person = next(one for one in json.loads(system.home.people.read_text()) if one["role"] == role)
    visitor = Visitor(system.origin)
    people.log_in(visitor, person["username"], person["password"])
    assert visitor.heading == "User Applications", visitor.text
    return visitor


def account(system: System, first: str = "Robin", last: str = "Example") -> Member:
    """A person with an account, of which everybody has heard, and nothing else; signed in."""
    visitor, username, email = people.newcomer(system)
    people.register(visitor, username, email, first=first, last=last)
    people.confirm(system, visitor, email)
    hearing.settle(system)
    people.log_in(visitor, username)
    assert visitor.heading == "User Applications", visitor.text
    return Member(visitor, username, email)


def educator(system: System, first: str = "Robin", last: str = "Example") -> Member:
    """A person with a record of which everybody has heard."""
    member = account(system, first, last)
    people.request_access(member.browser)
    people.identify(member.browser, people.new_ssn())
    hearing.settle(system)
    return Member(member.browser, member.username, member.email, people.educator_id(member.browser))


def staff(system: System, role: Role, administrator: Visitor) -> Member:
    """A person who asked for a role and was given it."""
    member = account(system, last=_a_name())
    asking = member.browser.open("/applications/ecs/role")
    form = {"csrf": token_of(system, asking), "role": role.value, "program": "", "district": ""}
    if role in (Role.PROGRAM, Role.DISTRICT):
        options = asking.tree.xpath(f"//select[@name='{role.value}']/option/@value")
        form[role.value] = next(str(value) for value in options if value)
    assert asking.send("POST", "/applications/ecs/role", fields=form).status == 303
    row = administrator.open("/staff/access").tree.xpath(f"//tr[contains(., '{member.username}')]//a/@href")
    administrator.open(str(row[0])).fill("Reason", "Works with us").press("Approve")
    assert administrator.heading == "Access requests", administrator.text
    return member


def _a_name() -> str:
    """A last name that no other person has."""
    return secrets.token_hex(4).translate(str.maketrans("0123456789", "ghijklmnop")).title()


def gather(system: System) -> Crowd:
    """One of each kind."""
    members = {ANYBODY: Member(Visitor(system.origin), "", ""), NOBODY: account(system)}
    members["educator"], members[SECOND] = educator(system), educator(system, "Kim", "Other")
    administrator = demonstration(system, "administrator")
    for role in STAFF:
        members[role.value] = staff(system, role, administrator)
    return Crowd(system, members)
