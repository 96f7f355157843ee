"""A certificate database with the people its tests are about, and the few things they do."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.certificate import consumers as heard
from services.certificate import regulations
from services.certificate.actions import applications, cases
from services.certificate.actions.applications import Office
from services.certificate.actions.cases import Found
from services.certificate.consumers import consumers
from services.certificate.rules.case import Submission
from services.certificate.rules.deeds import Acting, Doing
from services.certificate.rules.requirements import Party
from shared.auth import Grant
from shared.db import Database
from shared.events import BY_TOPIC, EducatorIdentified, Event, NameChanged, Role
from shared.keys import Keys, create_all
from tests.certificate.portal import Portal
from tests.databases import DatabaseMaker

ROBIN = "04172298"
DAY = date(2026, 8, 3)
NOON = time(18, 0, tzinfo=UTC)  # noon in Missouri, whatever the season

SIGNED: Mapping[str, Mapping[str, str]] = {
    "sworn": {"wording": "I swear.", "language": "en", "edition": "2020-01-01", "name": "Robin Example"},
    "release": {"wording": "I allow.", "language": "en", "edition": "2020-01-01", "name": "Robin Example"},
}


def at(day: date) -> datetime:
    """Noon of a day."""
    return datetime.combine(day, NOON)


def substitute(route: str = "hours", conduct: Mapping[str, str] | None = None) -> Submission:
    """What an educator submits for a substitute certificate."""
    return Submission(route, None, "", (), conduct or {}, SIGNED)


def professional(institution: str = "river-bend", conduct: Mapping[str, str] | None = None) -> Submission:
    """What an educator submits for the Initial Professional Certificate."""
    return Submission("", institution, "bachelor", ("mathematics.9-12",), conduct or {}, SIGNED)


@dataclass
class Bench:
    """The service without its edges."""

    database: Database
    office: Office
    robin: Acting
    analyst: Acting = field(default_factory=lambda: Acting(uuid4(), "avery.analyst", Party.DEPARTMENT))
    reviewer: Acting = field(default_factory=lambda: Acting(uuid4(), "riley.reviewer", Party.DEPARTMENT))
    official: Acting = field(
        default_factory=lambda: Acting(uuid4(), "parker.program", Party.INSTITUTION, frozenset({"river-bend"}))
    )
    numbers: dict[str, int] = field(default_factory=dict)

    async def another(self) -> "Bench":
        """The same database with an educator of whom nothing is known yet, in Robin's place."""
        account, educator_id = uuid4(), f"{uuid4().int % 10**8:08d}"
        new = replace(self, robin=Acting(account, "robin.example", Party.EDUCATOR, educator_id=educator_id))
        await new.hear(EducatorIdentified, account_id=account)
        return new

    def say(self, event: type[Event], educator_id: str = "", day: date = DAY, **fields: Any) -> Event:
        """A fact of this day, numbered as its owner would; it has not arrived yet."""
        educator_id = educator_id or self.robin.educator_id or ROBIN
        number = self.numbers[educator_id] = self.numbers.get(educator_id, 0) + 1
        return event.now(educator_id, **fields).model_copy(update={"sequence": number, "occurred_at": at(day)})

    async def arrive(self, *facts: Event, day: date = DAY) -> None:
        """Facts arrive together, on this day."""
        with patch.object(heard, "today", lambda: day):
            async with self.database.transaction() as session:
                await consumers.handle(session, facts)

    async def hear(self, event: type[Event], educator_id: str = "", day: date = DAY, **fields: Any) -> Event:
        """A fact is said and arrives."""
        fact = self.say(event, educator_id, day, **fields)
        await self.arrive(fact, day=day)
        return fact

    async def submit(self, code: str, submission: Submission, day: date = DAY) -> Found:
        """The educator submits."""
        async with self.database.transaction() as session:
            return await applications.submit(session, self.office, self.robin, code, submission, at(day))

    async def act(
        self, found: Found, acting: Acting, doing: Doing, day: date = DAY, version: int | None = None
    ) -> Found:
        """Somebody does one thing, having seen the newest version unless another is given."""
        async with self.database.transaction() as session:
            now = await cases.find(session, self.office.book, found.row.id, day)
            assert now is not None
            seen = now.case.version if version is None else version
            return await applications.act(session, self.office, acting, found.row.id, seen, doing, at(day))

    async def find(self, found: Found, day: date = DAY) -> Found:
        """The application as it stands on a day."""
        async with self.database.reading() as session:
            now = await cases.find(session, self.office.book, found.row.id, day)
        assert now is not None
        return now

    async def pass_time(self, day: date) -> None:
        """The calendar turns to this day."""
        async with self.database.transaction() as session:
            await applications.pass_time(session, self.office, at(day))

    async def said(self) -> list[Event]:
        """Everything certificate has said of the educator, oldest first."""
        query = text("SELECT topic, body FROM outbox WHERE subject_id = :educator_id ORDER BY id")
        async with self.database.reading() as session:
            rows = await session.execute(query, {"educator_id": self.robin.educator_id})
        return [BY_TOPIC[row.topic].model_validate_json(row.body) for row in rows]


async def set_up(url: str, home: Path) -> Bench:
    """A database of certificate's in which Robin has a record and a name."""
    create_all(home)
    account: UUID = uuid4()
    made = Bench(
        Database(url),
        Office(regulations.BOOK, Keys(home, "certificate")),
        Acting(account, "robin.example", Party.EDUCATOR, educator_id=ROBIN),
    )
    await made.hear(EducatorIdentified, account_id=account)
    await made.hear(NameChanged, first_name="Robin", last_name="Example")
    return made


@pytest.fixture
async def bench(fresh_database: DatabaseMaker, tmp_path: Path) -> AsyncIterator[Bench]:
    """A fresh database in which Robin has a record and a name."""
    made = await set_up(fresh_database("certificate"), tmp_path)
    yield made
    await made.database.dispose()


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)


@pytest.fixture
async def portal(bench: Bench, tmp_path: Path) -> AsyncIterator[Portal]:
    """The service's pages, and a browser for everybody."""
    opened = Portal(bench, tmp_path)
    yield opened
    await opened.close()


@pytest.fixture
def robin(portal: Portal, bench: Bench) -> str:
    """Robin's session."""
    return portal.sign_in(bench.robin.account_id)


@pytest.fixture
def analyst(portal: Portal, bench: Bench) -> str:
    """An analyst's session."""
    return portal.sign_in(bench.analyst.account_id, bench.analyst.username, Grant(role=Role.ANALYST))


@pytest.fixture
def reviewer(portal: Portal, bench: Bench) -> str:
    """Another analyst's session."""
    return portal.sign_in(bench.reviewer.account_id, bench.reviewer.username, Grant(role=Role.ANALYST))


@pytest.fixture
def administrator(portal: Portal) -> str:
    """An administrator's session."""
    return portal.sign_in(uuid4(), "alex.admin", Grant(role=Role.ADMINISTRATOR))
