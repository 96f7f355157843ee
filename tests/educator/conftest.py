"""What educator's tests stand on: a fresh database, keys, and people who sign in."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.educator.actions import accounts, identification
from services.educator.actions.identification import Claim
from services.educator.rules.names import LegalName
from services.educator.vault import Vault, vault_of
from shared import keys as key_files
from shared.db import Database, Session
from shared.events import BY_TOPIC, Event, UserRegistered
from shared.keys import Keys
from tests.educator.portal import Portal

NOW = datetime(2025, 8, 4, 15, 0, tzinfo=UTC)
BORN = date(1999, 4, 28)


@dataclass(frozen=True)
class Account:
    """A person's account, as the caller of a page."""

    username: str
    first_name: str = "Jordan"
    last_name: str = "Rivera"
    account_id: UUID = field(default_factory=uuid4)
    language: str = "en"

    @property
    def email(self) -> str:
        return f"{self.username}@example.edu"

    def registered(self, sequence: int = 1, **changes: str) -> UserRegistered:
        """What identity says of this account."""
        said = {
            "username": self.username,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "email": self.email,
            "language": self.language,
        } | changes
        return UserRegistered.now(self.account_id, **said).model_copy(update={"sequence": sequence})


JORDAN, SECOND, ADMIN = Account("jordan.rivera"), Account("jrivera2"), Account("admin.lee")


class House:
    """Educator's database with shortcuts through its actions, each in a transaction of its own."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database = database
        self.keys = keys
        self.vault: Vault = vault_of(keys)

    async def hears_of(self, *people: Account) -> None:
        """identity's word on these accounts arrives."""
        async with self.database.transaction() as session:
            await accounts.keep(session, [person.registered() for person in people])

    async def identify(
        self, person: Account, number: str | None, born: date = BORN, now: datetime = NOW
    ) -> identification.Standing:
        """The person gives number and birth date."""
        claim = Claim(number, born, LegalName(person.first_name, "", person.last_name))
        async with self.database.transaction() as session:
            await identification.identify(session, self.vault, person, claim, now)
        return await self.standing(person)

    async def standing(self, person: Account) -> identification.Standing:
        """Where the account is."""
        async with self.database.reading() as session:
            return await identification.standing(session, person.account_id)

    async def linked(self, person: Account, number: str | None, born: date = BORN) -> str:
        """The person registers and is connected at once; the Educator ID."""
        await self.hears_of(person)
        educator_id = (await self.identify(person, number, born)).educator_id
        assert educator_id
        return educator_id

    async def said(self, *kinds: type[Event]) -> list[Event]:
        """The facts in the outbox, in order, of these kinds or all."""
        rows = await self.rows("SELECT topic, body FROM outbox ORDER BY id")
        facts = [BY_TOPIC[row.topic].model_validate_json(row.body) for row in rows]
        return [fact for fact in facts if not kinds or isinstance(fact, kinds)]

    async def trail(self) -> list[tuple[str, str, str]]:
        """Action, actor and reason of each audit row."""
        return [(row.action, row.actor_name, row.reason) for row in await self.rows("SELECT * FROM audit ORDER BY id")]

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a plain statement."""
        async with self.database.reading() as session:
            return list((await session.execute(text(statement), values)).all())

    async def in_transaction(self, action: Callable[[Session], Any]) -> Any:
        """Run an action and commit."""
        async with self.database.transaction() as session:
            return await action(session)


@pytest.fixture(scope="session")
def key_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key_files.create_all(folder)
    return folder


@pytest.fixture(scope="session")
def educator_keys(key_folder: Path) -> Keys:
    return Keys(key_folder, "educator")


@pytest.fixture
async def house(fresh_database: Callable[[str], str], educator_keys: Keys) -> AsyncIterator[House]:
    database = Database(fresh_database("educator"), pool_size=10)
    yield House(database, educator_keys)
    await database.dispose()


@pytest.fixture
async def portal(house: House, key_folder: Path) -> AsyncIterator[Portal]:
    """The pages, over the house's database."""
    opened = Portal(house, key_folder)
    yield opened
    await opened.browser.aclose()
    await opened.service.close()
