"""The department's list of applications: found, counted, taken up; and who looked at what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, text

from services.certificate.actions import educators
from services.certificate.actions.applications import Office, Overtaken, Refused, act
from services.certificate.actions.cases import Found, shown
from services.certificate.rules.deeds import Acting, Ask, Assign
from services.certificate.rules.requirements import Party
from services.certificate.tables import Application, Name, letters_of
from shared import audit, educator_id
from shared.audit import Actor
from shared.db import Session

AT_ONCE: Final = 50
MOST_EXPORTED: Final = 20_000

Show = Literal["open", "ended", "all"]
Whose = Literal["", "me", "nobody"]

_NUMBER: Final = re.compile(r"[Aa]?([0-9]{1,18})")
# One probe of the index for each who ever worked here, however much they did.
_WORKED: Final = text("""
WITH RECURSIVE worked AS (
    (SELECT actor_id, actor FROM entries
     WHERE deed IN ('document', 'paid', 'asked', 'reviewed', 'assigned', 'held', 'released', 'noted', 'issued')
     ORDER BY actor_id LIMIT 1)
    UNION ALL
    SELECT following.actor_id, following.actor FROM worked, LATERAL (
        SELECT actor_id, actor FROM entries
        WHERE deed IN ('document', 'paid', 'asked', 'reviewed', 'assigned', 'held', 'released', 'noted', 'issued')
            AND actor_id > worked.actor_id
        ORDER BY actor_id LIMIT 1
    ) AS following
)
SELECT actor_id, actor FROM worked WHERE actor_id IS NOT NULL ORDER BY actor
""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications a list shows; an empty field asks for nothing.

    Attributes:
        words: an application number, an Educator ID, or how a last name begins.
    """

    show: Show = "open"
    class_code: str = ""
    state: str = ""
    move: str = ""
    assigned: Whose = ""
    held: Literal["", "yes", "no"] = ""
    institution: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An application as lists show it; its row's columns alone, for a list may be long."""

    row: Row[Any]
    first_name: str
    last_name: str

    @property
    def number(self) -> str:
        """As people are told it."""
        return shown(self.row.number)

    @property
    def shown_id(self) -> str:
        """The Educator ID as people read it aloud."""
        return educator_id.shown(self.row.educator_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many applications a list has, and how many of them wait for the department."""

    all: int
    ours: int


async def listed(session: Session, wanted: Wanted, me: UUID, number: int) -> list[Listed]:
    """A page of the list: open ones and all the oldest first, ended ones the newest first."""
    return await _rows(session, _ordered(wanted, me).limit(AT_ONCE).offset((number - 1) * AT_ONCE))


async def every(session: Session, wanted: Wanted, me: UUID) -> list[Listed]:
    """The whole list for an export, and one row more where it is longer than may be exported."""
    return await _rows(session, _ordered(wanted, me).limit(MOST_EXPORTED + 1))


async def count(session: Session, wanted: Wanted, me: UUID) -> Counts:
    """How long the list is."""
    ours = func.count().filter(Application.move == Party.DEPARTMENT, Application.held.is_(False))
    statement = select(func.count(), ours).select_from(Application)
    if wanted.words:
        statement = statement.outerjoin(Name, Name.educator_id == Application.educator_id)
    row = (await session.execute(statement.where(*_conditions(wanted, me)))).one()
    return Counts(row[0], row[1])


async def colleagues(session: Session) -> list[tuple[UUID, str]]:
    """Everybody who ever worked on an application for the department, by username."""
    return [(row.actor_id, row.actor) for row in await session.execute(_WORKED)]


async def is_own(session: Session, account_id: UUID, application_id: UUID) -> bool:
    """Whether this account holds the record of the educator whose application it is."""
    holder = await educators.of_account(session, account_id)
    applicant = select(Application.educator_id).where(Application.id == application_id)
    return holder is not None and holder == await session.scalar(applicant)


async def ask(
    session: Session, office: Office, acting: Acting, application_id: UUID, version: int, doing: Ask, now: datetime
) -> Found:
    """Ask the educator; the answer comes back to whoever asked, so it is their work from now on.

    Raises:
        LookupError, Overtaken, Refused: as `act`.
    """
    found = await act(session, office, acting, application_id, version, doing, now)
    if found.row.assigned_to == acting.account_id:
        return found
    mine = Assign(acting.account_id, acting.username)
    return await act(session, office, acting, application_id, found.case.version, mine, now)


async def take(
    session: Session, office: Office, acting: Acting, picked: Sequence[tuple[UUID, int]], now: datetime
) -> int:
    """Assign several to the one who acts, each as it was seen.

    Returns:
        How many were not assigned: they have ended, somebody worked on them meanwhile, or they are the analyst's own.
    """
    left = 0
    for application_id, version in sorted(picked):
        try:
            async with session.begin_nested():
                mine = Assign(acting.account_id, acting.username)
                await act(session, office, acting, application_id, version, mine, now)
        except Overtaken as overtaken:
            # Pressed twice, it is theirs already.
            left += overtaken.found.row.assigned_to != acting.account_id
        except (Refused, LookupError):
            left += 1
    return left


async def viewed(session: Session, found: Found, actor: Actor) -> None:
    """Keep that somebody looked at this application."""
    await audit.record(
        session,
        action="application.viewed",
        subject=f"educator:{found.row.educator_id}",
        actor=actor,
        new={"application": shown(found.row.number)},
    )


async def exported(session: Session, wanted: Wanted, kind: str, rows: int, actor: Actor) -> None:
    """Keep that somebody took the list along: which, and how long it was."""
    chosen = {name: value for name in Wanted.__slots__ if (value := getattr(wanted, name))}
    await audit.record(
        session,
        action="applications.exported",
        subject=f"export:{kind}",
        actor=actor,
        new={"filter": chosen, "rows": rows},
    )


async def _rows(session: Session, statement: Select[Any]) -> list[Listed]:
    rows = (await session.execute(statement)).all()
    return [Listed(row, row.first_name or "", row.last_name or "") for row in rows]


def _ordered(wanted: Wanted, me: UUID) -> Select[Any]:
    columns: tuple[Any, ...] = (*Application.__table__.columns, Name.first_name, Name.last_name)
    statement: Select[Any] = (
        select(*columns).outerjoin(Name, Name.educator_id == Application.educator_id).where(*_conditions(wanted, me))
    )
    if wanted.show == "ended":
        return statement.order_by(Application.ended_on.desc(), Application.number.desc())
    return statement.order_by(Application.received_on, Application.number)


def _conditions(wanted: Wanted, me: UUID) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.show != "all":
        found.append(Application.ended_on.is_(None) if wanted.show == "open" else Application.ended_on.is_not(None))
    columns = {
        Application.class_code: wanted.class_code,
        Application.state: wanted.state,
        Application.move: wanted.move,
        Application.institution: wanted.institution,
    }
    found += [column == value for column, value in columns.items() if value]
    if wanted.assigned:
        found.append(Application.assigned_to == (me if wanted.assigned == "me" else None))
    if wanted.held:
        found.append(Application.held.is_(wanted.held == "yes"))
    if wanted.words:
        found.append(matches(wanted.words))
    return found


def matches(words: str) -> ColumnElement[bool]:
    """An application number, an Educator ID, or how a last name begins; needs `Name` beside `Application`."""
    number = _NUMBER.fullmatch(words)
    educator = educator_id.parse(words)
    if number or educator:
        by_number = Application.number == int(number[1]) if number else None
        by_id = Application.educator_id == educator if educator else None
        return or_(*(one for one in (by_number, by_id) if one is not None))
    letters = letters_of(literal(words))
    return and_(letters != "", letters_of(Name.last_name.expression).startswith(letters))
