"""Applications as rows and as cases: reading them, and writing down where they stand."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from services.certificate.actions import checks
from services.certificate.rules import case as cases
from services.certificate.rules.case import HANDS, Case, Deed
from services.certificate.rules.classes import Rulebook
from services.certificate.rules.standing import Standing, standing
from services.certificate.tables import Application, Educator, Entry
from shared.db import Session

_ENTRIES: Final = (
    select(Entry)
    .where(Entry.application_id.in_(bindparam("ids", expanding=True)))
    .order_by(Entry.application_id, Entry.number)
)
_HOLD: Final = (
    select(Educator.educator_id)
    .where(Educator.educator_id.in_(bindparam("ids", expanding=True)))
    .order_by(Educator.educator_id)
    .with_for_update()
)
_OPEN: Final = (
    select(Application)
    .where(Application.educator_id.in_(bindparam("ids", expanding=True)), Application.ended_on.is_(None))
    .order_by(Application.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)


AT_ONCE: Final = 200
_FOLLOWING: Final = (
    select(Application.educator_id)
    .distinct()
    .where(Application.educator_id > bindparam("after"), Application.ended_on.is_(None))
    .order_by(Application.educator_id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Found:
    """An application: its row, what happened to it, and where it stands."""

    row: Application
    case: Case
    standing: Standing


def shown(number: int) -> str:
    """An application number as people are told it."""
    return f"A{number}"


async def find(session: Session, book: Rulebook, application_id: UUID, on: date, *, lock: bool = False) -> Found | None:
    """One application, where there is one. With `lock` nobody else changes it until the transaction ends."""
    statement = select(Application).where(Application.id == application_id)
    # What the session read before it had the lock may be old, and then a change would be taken for none.
    again = statement.with_for_update().execution_options(populate_existing=True)
    row = await session.scalar(again if lock else statement)
    return (await derived(session, book, [row], on))[0] if row else None


async def derived(session: Session, book: Rulebook, rows: Sequence[Application], on: date) -> list[Found]:
    """Where each of these applications stands on a day; the same number of statements however many there are."""
    known = await checks.known(session, {row.educator_id for row in rows})
    entries = await _entries(session, [row.id for row in rows])
    found = []
    for row in rows:
        one = Case(row.class_code, tuple(entries[row.id]))
        found.append(Found(row, one, standing(book, one, known.of(row.educator_id, row.id), on)))
    return found


async def refresh(session: Session, book: Rulebook, educator_ids: Collection[str], on: date) -> None:
    """Write down where the open applications of these educators stand, now that something about them became known."""
    ids = {"ids": sorted(set(educator_ids))}
    await session.execute(_HOLD, ids)
    rows = (await session.scalars(_OPEN, ids)).all()
    for one in await derived(session, book, rows, on):
        write_down(one)


async def refresh_page(session: Session, book: Rulebook, after: str, on: date) -> str | None:
    """The same for the educators with open applications that follow this one, so many at once.

    Returns:
        The last of them; None where none followed.
    """
    ids = (await session.scalars(_FOLLOWING, {"after": after, "most": AT_ONCE})).all()
    await refresh(session, book, ids, on)
    return ids[-1] if ids else None


async def hold(session: Session, educator_id: str) -> None:
    """Nobody submits for this educator, and no fact about them is taken in, until the transaction ends.

    Without it, an application that is being submitted and a fact that is being taken in would not see each other.
    """
    await session.execute(_HOLD, {"ids": [educator_id]})


def write_down(found: Found) -> None:
    """Put where it stands into its row, for lists; with the session's next statement it is in the database."""
    row, case, at = found.row, found.case, found.standing
    row.version = case.version
    row.state, row.move, row.since = at.state, at.move, at.since
    row.due_on, row.wakes_on = at.due_on, at.wakes_on
    row.ended_on = case.end.day if case.end else None
    row.held = bool(at.held)
    row.institution = case.submission.institution
    if row.institution is not None:
        handed, (sent, form) = case.last(*HANDS), case.submissions[-1]
        row.handed, row.handed_on = handed.deed, handed.day
        row.submitted_on, row.program = sent.day, form.program
    assigned = case.newest(Deed.ASSIGNED)
    row.assigned_to = UUID(assigned.details["to"]) if assigned and assigned.details["to"] else None
    row.assigned_name = assigned.details["name"] if assigned and assigned.details["to"] else ""


async def add(session: Session, application_id: UUID, entry: cases.Entry) -> None:
    """Add an entry. Of two that would have the same number, the unique key lets one through."""
    await session.execute(
        insert(Entry).values(
            application_id=application_id,
            number=entry.number,
            deed=entry.deed,
            at=entry.at,
            day=entry.day,
            actor_id=entry.actor_id,
            actor=entry.actor,
            details=dict(entry.details),
        )
    )


async def _entries(session: Session, ids: Sequence[UUID]) -> Mapping[UUID, list[cases.Entry]]:
    found: dict[UUID, list[cases.Entry]] = defaultdict(list)
    for row in await session.scalars(_ENTRIES, {"ids": ids}):
        found[row.application_id].append(
            cases.Entry(row.number, Deed(row.deed), row.at, row.day, row.actor_id, row.actor, row.details)
        )
    return found
