"""The applications that were sent to an institution: its officials' work log."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from services.certificate.actions.applications import Office, Overtaken, Refused, act
from services.certificate.actions.cases import Found, derived, shown
from services.certificate.actions.queue import matches
from services.certificate.rules.case import HANDS, WITH_INSTITUTION, Deed
from services.certificate.rules.classes import Kind, Rulebook
from services.certificate.rules.deeds import Acting, Recommend, Return
from services.certificate.rules.requirements import Met
from services.certificate.tables import Application, Name
from shared import educator_id
from shared.db import Session

AT_ONCE: Final = 50

State = Literal["with_us", "recommended", "returned", "all"]
Sort = Literal["number", "name", "program", "submitted", "state"]
_LOCK: Final = (
    select(Application.id, Application.educator_id)
    .where(Application.id.in_(bindparam("ids", expanding=True)))
    .order_by(Application.id)
    .with_for_update()
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which applications of these institutions a list shows, in which order."""

    institutions: frozenset[str]
    state: State = "with_us"
    program: str = ""
    words: str = ""
    sort: Sort = "submitted"
    falling: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """An application as its institution sees it."""

    found: Found
    first_name: str
    last_name: str

    @property
    def number(self) -> str:
        """As people are told it."""
        return shown(self.found.row.number)

    @property
    def name(self) -> str:
        """First and last."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def shown_id(self) -> str:
        """The Educator ID as people read it aloud."""
        return educator_id.shown(self.found.row.educator_id)

    @property
    def submitted_on(self) -> date:
        """When the institution got it, or got it again."""
        return self.found.case.submissions[-1][0].day

    @property
    def handed(self) -> Deed:
        """In whose hands it is: sent to the institution, recommended, taken back, returned."""
        return self.found.case.last(*HANDS).deed

    @property
    def handed_on(self) -> date:
        """Since when."""
        return self.found.case.last(*HANDS).day

    @property
    def cleared(self) -> bool:
        """Whether the check that the certificate needs is cleared; nothing else of it is an institution's to know."""
        checks = [one for one in self.found.standing.requirements if one.kind is Kind.CLEARANCE]
        return all(one.state is Met.MET for one in checks)

    @property
    def with_us(self) -> bool:
        """Whether the institution acts next."""
        return self.found.standing.open and self.handed in WITH_INSTITUTION


async def listed(session: Session, book: Rulebook, wanted: Wanted, number: int, on: date) -> list[Line]:
    """A page of the work log."""
    statement = _chosen(wanted).limit(AT_ONCE).offset((number - 1) * AT_ONCE)
    return await _lines(session, book, statement, on)


async def count(session: Session, wanted: Wanted) -> int:
    """How long it is."""
    statement = select(func.count()).select_from(Application)
    if wanted.words:
        statement = statement.outerjoin(Name, Name.educator_id == Application.educator_id)
    return await session.scalar(statement.where(*_conditions(wanted))) or 0


async def some(
    session: Session, book: Rulebook, institutions: Collection[str], ids: Collection[UUID], on: date
) -> list[Line]:
    """Of these applications those that were sent to these institutions, the oldest first."""
    everything = Wanted(frozenset(institutions), "all")
    return await _lines(session, book, _chosen(everything).where(Application.id.in_(ids)), on)


async def act_on_several(
    session: Session,
    office: Office,
    acting: Acting,
    picked: Sequence[tuple[UUID, int, Recommend | Return]],
    now: datetime,
) -> None:
    """Recommend or return each as it was seen; what cannot be done is left as it is, and keeps nothing else back.

    All are locked before anything is said, and facts are said educator by educator in one order, as
    `applications.pass_time` does: of two who have several at work none waits for the other in a circle.
    """
    rows = await session.execute(_LOCK, {"ids": [one[0] for one in picked]})
    held: dict[UUID, str] = {row.id: row.educator_id for row in rows}
    for application_id, version, doing in sorted(picked, key=lambda one: (held.get(one[0], ""), one[0])):
        try:
            async with session.begin_nested():
                await act(session, office, acting, application_id, version, doing, now)
        except (Overtaken, Refused, LookupError):
            continue  # the page of results says of each what became of it, from what is written


def _chosen(wanted: Wanted) -> Select[Any]:
    columns: tuple[Any, ...] = (Application, Name.first_name, Name.last_name)
    chosen: Select[Any] = select(*columns)
    with_names = chosen.outerjoin(Name, Name.educator_id == Application.educator_id)
    return with_names.where(*_conditions(wanted)).order_by(*_order(wanted))


async def _lines(session: Session, book: Rulebook, statement: Select[Any], on: date) -> list[Line]:
    rows = (await session.execute(statement)).all()
    found = await derived(session, book, [row[0] for row in rows], on) if rows else []
    return [Line(one, row[1] or "", row[2] or "") for one, row in zip(found, rows, strict=True)]


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        Application.institution.in_(wanted.institutions),
        Application.handed.is_not(None),
    ]
    if wanted.state == "with_us":
        found += [Application.ended_on.is_(None), Application.handed.in_(WITH_INSTITUTION)]
    elif wanted.state == "recommended":
        found.append(Application.handed == Deed.RECOMMENDED)
    elif wanted.state == "returned":
        found += [Application.ended_on.is_(None), Application.handed == Deed.RETURNED]
    if wanted.program:
        found.append(Application.program == wanted.program)
    if wanted.words:
        found.append(matches(wanted.words))
    return found


def _order(wanted: Wanted) -> list[ColumnElement[Any]]:
    columns: dict[Sort, list[ColumnElement[Any]]] = {
        "number": [],
        "name": [func.lower(Name.last_name), func.lower(Name.first_name)],
        "program": [Application.program.expression],
        "submitted": [Application.submitted_on.expression],
        "state": [Application.handed.expression],
    }
    order = [*columns[wanted.sort], Application.number.expression]
    return [one.desc() if wanted.falling else one.asc() for one in order]
