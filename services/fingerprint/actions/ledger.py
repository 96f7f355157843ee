"""The ledger as staff read it: what came in, when and from where, and what could not be read. Nothing tells who."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, text

from services.fingerprint import tables
from shared import audit, policy
from shared.audit import Actor
from shared.db import Session

AT_ONCE: Final = 25
DAYS_AT_ONCE: Final = 14
MOST_EXPORTED: Final = 20_000

_ZONE: Final = str(policy.time_zone())
# One probe of the index for each source, and for each day of a source, however many files it has.
_SOURCES: Final = text("""
WITH RECURSIVE found AS (
    (SELECT source FROM files WHERE batch_id IS NULL ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT source FROM files WHERE batch_id IS NULL AND source > found.source ORDER BY source LIMIT 1)
    FROM found WHERE source IS NOT NULL
)
SELECT source FROM found WHERE source IS NOT NULL
""")
_DAYS: Final = text("""
WITH RECURSIVE found AS (
    SELECT source, begins, (
        SELECT (received_at AT TIME ZONE :zone)::date FROM files
        WHERE batch_id IS NULL AND files.source = wanted.source AND received_at >= begins AND received_at < ends
        ORDER BY received_at DESC LIMIT 1
    ) AS day, 1 AS number
    FROM unnest(CAST(:sources AS text[])) AS wanted (source),
        (SELECT CAST(:begins AS timestamptz) AS begins, CAST(:ends AS timestamptz) AS ends) AS bounds
    UNION ALL
    SELECT source, begins, (
        SELECT (received_at AT TIME ZONE :zone)::date FROM files
        WHERE batch_id IS NULL AND files.source = found.source AND received_at >= begins
            AND received_at < found.day::timestamp AT TIME ZONE :zone
        ORDER BY received_at DESC LIMIT 1
    ), number + 1
    FROM found WHERE day IS NOT NULL AND number < :most
)
SELECT DISTINCT day FROM found WHERE day IS NOT NULL ORDER BY day DESC LIMIT :most
""")
_COUNTED: Final = text("""
SELECT (received_at AT TIME ZONE :zone)::date AS day, source, state, count(*) AS files
FROM files
WHERE batch_id IS NULL AND source = ANY(CAST(:sources AS text[])) AND received_at >= :begins AND received_at < :ends
GROUP BY 1, 2, 3
""")
# Nearly all of a batch are read, so the others are counted and the read are what is left.
_REST: Final = text("""
SELECT batch_id, state, count(*) AS files FROM files
WHERE batch_id = ANY(CAST(:ids AS uuid[])) AND state <> 'read' GROUP BY 1, 2
""")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC"))
_END: Final = datetime(9000, 1, 1, tzinfo=ZoneInfo("UTC"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the ledger is shown; an empty field asks for nothing. Days are the state's, both included."""

    source: str = ""
    state: str = ""
    code: str = ""
    since: date | None = None
    until: date | None = None

    @property
    def begins(self) -> datetime | None:
        """The first moment."""
        return _midnight(self.since) if self.since else None

    @property
    def ends(self) -> datetime | None:
        """The first moment after."""
        return _midnight(self.until + timedelta(days=1)) if self.until else None

    def written(self) -> dict[str, str]:
        """What is asked for, for the trail."""
        return {name: str(value) for name in self.__slots__ if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class Counts:
    """How many files were read, came before, and could not be read."""

    read: int = 0
    duplicate: int = 0
    quarantined: int = 0

    @property
    def all(self) -> int:
        """How many files there were."""
        return self.read + self.duplicate + self.quarantined


@dataclass(frozen=True, slots=True)
class Shown:
    """An archive or upload as a list shows it."""

    row: tables.Batch
    counts: Counts


@dataclass(frozen=True, slots=True)
class Day:
    """The single files of one source on one day."""

    day: date
    source: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Days:
    """Days with files, the newest first. `older`: before which day there are more."""

    rows: tuple[Day, ...] = field(default_factory=tuple)
    older: date | None = None


async def sources(session: Session) -> list[str]:
    """Every source that single files came through."""
    return list((await session.scalars(_SOURCES)).all())


async def count_batches(session: Session, wanted: Wanted) -> int:
    """How many archives and uploads there are."""
    statement = select(func.count()).select_from(tables.Batch).where(*_batches(wanted))
    return int(await session.scalar(statement) or 0)


async def batches(session: Session, wanted: Wanted, number: int) -> list[Shown]:
    """A page of archives and uploads, the newest first."""
    statement = (
        select(tables.Batch)
        .where(*_batches(wanted))
        .order_by(tables.Batch.received_at.desc(), tables.Batch.id)
        .limit(AT_ONCE)
        .offset((number - 1) * AT_ONCE)
    )
    return await _shown(session, (await session.scalars(statement)).all())


async def batch(session: Session, batch_id: UUID) -> Shown | None:
    """One archive or upload."""
    row = await session.get(tables.Batch, batch_id)
    return (await _shown(session, [row]))[0] if row else None


async def days(session: Session, wanted: Wanted, known: Sequence[str], before: date | None = None) -> Days:
    """The single files, by source and day.

    Args:
        known: the sources there are.
        before: only days before this one.
    """
    ends = min(wanted.ends or _END, _midnight(before) if before else _END)
    bounds = {"begins": wanted.begins or _BEGINNING, "ends": ends}
    chosen = {"zone": _ZONE, "sources": [one for one in known if wanted.source in {"", one}]}
    found = (await session.scalars(_DAYS, {**chosen, **bounds, "most": DAYS_AT_ONCE + 1})).all()
    if not found:
        return Days()
    seen = found[:DAYS_AT_ONCE]
    bounds = {"begins": _midnight(seen[-1]), "ends": _midnight(seen[0] + timedelta(days=1))}
    counts: dict[tuple[date, str], dict[str, int]] = {}
    for row in await session.execute(_COUNTED, {**chosen, **bounds}):
        counts.setdefault((row.day, row.source), {})[row.state] = row.files
    rows = [Day(day, source, Counts(**one)) for (day, source), one in counts.items()]
    rows.sort(key=lambda one: (-one.day.toordinal(), one.source))
    return Days(tuple(rows), seen[-1] if len(found) > DAYS_AT_ONCE else None)


async def count_damaged(session: Session, wanted: Wanted) -> int:
    """How many files could not be read."""
    return int(await session.scalar(select(func.count()).select_from(tables.File).where(*_damaged(wanted))) or 0)


async def damaged(session: Session, wanted: Wanted, number: int) -> Sequence[tables.File]:
    """A page of the files that could not be read, the newest first."""
    return (await session.scalars(_newest(wanted).limit(AT_ONCE).offset((number - 1) * AT_ONCE))).all()


async def all_damaged(session: Session, wanted: Wanted) -> Sequence[tables.File]:
    """All of them for an export, and one more where there are more than may be exported."""
    return (await session.scalars(_newest(wanted).limit(MOST_EXPORTED + 1))).all()


async def damaged_of(session: Session, batch_id: UUID, number: int | None = None) -> Sequence[tables.File]:
    """The files of a batch that could not be read, in its order: a page, or all for an export."""
    statement = (
        select(tables.File)
        .where(tables.File.batch_id == batch_id, tables.File.state == "quarantined")
        .order_by(tables.File.member)
    )
    if number is None:
        return (await session.scalars(statement.limit(MOST_EXPORTED + 1))).all()
    return (await session.scalars(statement.limit(AT_ONCE).offset((number - 1) * AT_ONCE))).all()


async def one_damaged(session: Session, file_id: UUID) -> tables.File | None:
    """A file that could not be read."""
    row = await session.get(tables.File, file_id, populate_existing=True)
    return row if row is not None and row.state == "quarantined" else None


async def exported(session: Session, subject: str, wanted: Mapping[str, Any], rows: int, actor: Actor) -> None:
    """Keep that somebody took a list along: which, and how long it was."""
    await audit.record(
        session,
        action="results.exported",
        subject=f"export:{subject}",
        actor=actor,
        new={"filter": dict(wanted), "rows": rows},
    )


async def uploaded_by(session: Session, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Who uploaded each of these batches, by the trail."""
    subjects = {f"batch:{batch_id}": batch_id for batch_id in ids}
    rows = await session.execute(
        text("SELECT subject, actor_name FROM audit WHERE subject = ANY(CAST(:subjects AS text[])) ORDER BY at DESC"),
        {"subjects": list(subjects)},
    )
    return {subjects[row.subject]: row.actor_name for row in rows}


async def _shown(session: Session, rows: Sequence[tables.Batch]) -> list[Shown]:
    rest: dict[UUID, dict[str, int]] = {}
    for row in await session.execute(_REST, {"ids": [row.id for row in rows]}):
        rest.setdefault(row.batch_id, {})[row.state] = row.files
    return [Shown(row, _counts(row, rest.get(row.id, {}))) for row in rows]


def _counts(row: tables.Batch, rest: Mapping[str, int]) -> Counts:
    repeated, damaged = rest.get("duplicate", 0), rest.get("quarantined", 0)
    return Counts(max(0, row.done - repeated - damaged), repeated, damaged)


def _batches(wanted: Wanted) -> list[ColumnElement[bool]]:
    batch = tables.Batch
    found: list[ColumnElement[bool] | None] = [
        batch.source == wanted.source if wanted.source else None,
        batch.state == wanted.state if wanted.state else None,
        batch.received_at >= wanted.begins if wanted.begins else None,
        batch.received_at < wanted.ends if wanted.ends else None,
    ]
    return [one for one in found if one is not None]


def _damaged(wanted: Wanted) -> list[ColumnElement[bool]]:
    file = tables.File
    found: list[ColumnElement[bool] | None] = [
        file.state == "quarantined",
        file.source == wanted.source if wanted.source else None,
        file.reason == wanted.code if wanted.code else None,
        file.received_at >= wanted.begins if wanted.begins else None,
        file.received_at < wanted.ends if wanted.ends else None,
    ]
    return [one for one in found if one is not None]


def _newest(wanted: Wanted) -> Any:
    return select(tables.File).where(*_damaged(wanted)).order_by(tables.File.received_at.desc(), tables.File.id)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), policy.time_zone())
