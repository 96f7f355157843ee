"""Invented people of every role, for systems where ECS_DEMO is on."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from services.identity.actions import access, enrolment
from services.identity.actions.enrolment import NewAccount
from services.identity.passwords import Passwords
from services.identity.rules import usernames
from services.identity.rules.people import Address
from services.identity.tables import Account
from shared import policy
from shared.db import Database
from shared.events import Role

_REASON: Final = "a demonstration person"
# No letter or digit that could be taken for another: these are typed by hand from a screen.
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS: Final = 5
_GROUP: Final = 5


@dataclass(frozen=True)
class Person:
    """One of them; `institution` says whether the role is bound to one, `about` what there is to do or to see."""

    username: str
    first_name: str
    last_name: str
    role: Role
    about: str = ""

    @property
    def email(self) -> str:
        """An address that reaches the Mailroom only (RFC 2606)."""
        return f"{self.username}@example.edu"

    @property
    def institution(self) -> str | None:
        """The first institution or district of the policy, for roles that are bound to one."""
        return min(self._institutions, default=None)

    @property
    def told(self) -> str:
        """What the list of people says of the person; empty where a service that knows more says it."""
        return self._institutions[self.institution] if self.institution else self.about

    @property
    def _institutions(self) -> dict[str, str]:
        today = policy.today()
        if self.role is Role.PROGRAM:
            return policy.institutions(today)
        return policy.districts(today) if self.role is Role.DISTRICT else {}


PEOPLE: Final = (
    Person("jordan.rivera", "Jordan", "Rivera", Role.EDUCATOR, "no fingerprint result yet; two files clear"),
    Person("casey.morgan", "Casey", "Morgan", Role.EDUCATOR, "no fingerprint result yet; one file holds a record"),
    Person("taylor.brooks", "Taylor", "Brooks", Role.EDUCATOR, "no fingerprint result yet; a file asks for new prints"),
    Person("dana.analyst", "Dana", "Whitfield", Role.ANALYST, "records what arrives, and issues"),
    Person("ari.adjudicator", "Ari", "Coleman", Role.ADJUDICATOR, "looks at answers with a record"),
    Person("alex.admin", "Alex", "Thornton", Role.ADMINISTRATOR, "decides requests for roles and identity cases"),
    Person("pat.program", "Pat", "Ellison", Role.PROGRAM),
    Person("drew.district", "Drew", "Hartman", Role.DISTRICT),
    # One analyst reviews what another issues.
    Person("sam.analyst", "Sam", "Okafor", Role.ANALYST, "issues what Dana reviewed"),
    # Each with an application somewhere on its way to a certificate.
    Person("avery.lane", "Avery", "Lane", Role.EDUCATOR),
    Person("blake.turner", "Blake", "Turner", Role.EDUCATOR),
    Person("cameron.reed", "Cameron", "Reed", Role.EDUCATOR),
    Person("devon.parks", "Devon", "Parks", Role.EDUCATOR),
    Person("emerson.hale", "Emerson", "Hale", Role.EDUCATOR),
    Person("finley.grant", "Finley", "Grant", Role.EDUCATOR),
    Person("harper.quinn", "Harper", "Quinn", Role.EDUCATOR),
    Person("kendall.ross", "Kendall", "Ross", Role.EDUCATOR),
    Person("logan.wells", "Logan", "Wells", Role.EDUCATOR),
    Person("morgan.shaw", "Morgan", "Shaw", Role.EDUCATOR),
    Person("parker.vance", "Parker", "Vance", Role.EDUCATOR),
    Person("reese.dalton", "Reese", "Dalton", Role.EDUCATOR),
)


async def make(database: Database, passwords: Passwords, person: Person, known: str | None) -> dict[str, str]:
    """Make this person, or find who is there, with a password that is `known` or new.

    Returns:
        What `var/demo.json` says of the person.
    """
    password = known or passphrase()
    now = datetime.now(UTC)
    async with database.transaction() as session:
        account = await session.scalar(select(Account).where(Account.name_key == usernames.key(person.username)))
        if account is None:
            wanted = NewAccount(person.username, person.first_name, person.last_name, Address(person.email))
            roles = [(person.role, person.institution)]
            account_id = await enrolment.create(session, wanted, await passwords.hash(password), roles, _REASON, now)
        else:
            account_id = account.account_id
            await access.grant(session, account_id, person.role, person.institution, now, actor=None, reason=_REASON)
            if not (await passwords.check(account.password_hash, password)).right:
                hashed = await passwords.hash(password)
                await enrolment.set_password(session, account_id, hashed, _REASON)
    found = {
        "username": person.username,
        "account_id": str(account_id),
        "password": password,
        "role": str(person.role),
        "name": f"{person.first_name} {person.last_name}",
        "email": person.email,
    }
    more = {"institution": person.institution or "", "about": person.told}
    return found | {name: value for name, value in more.items() if value}


def passphrase() -> str:
    """A random one that can be typed from a screen: five groups of five, 123 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
