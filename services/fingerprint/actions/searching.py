"""Looking for answers by number, educator or day of receipt. What is found reads the same for every answer.

What only adjudicators are told of is left out: a Rap Back notice, matched or not, tells of a record by being there, and
a message that no machine reads may. Pages are filled up in their place, so that no page is shorter for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.fingerprint.actions import archive
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import FOR_ADJUDICATORS, Kind
from services.fingerprint.vault import Vault, WrappedKey
from shared import audit
from shared.audit import Actor
from shared.db import Session

AT_ONCE: Final = 50
LONGEST_NUMBER: Final = 40

_FOUND: Final = """
SELECT a.id, a.received_at, a.origin, a.bureau, a.tcn, a.place, a.educator_id, a.purpose, a.sealed,
    k.id AS key_id, k.version, k.wrapped
FROM answers a JOIN files f ON f.id = a.file_id JOIN data_keys k ON k.id = f.key_id
WHERE a.place <> 'adjudicator' AND (a.received_at, a.id) < (:before, :id) AND {which}
ORDER BY a.received_at DESC, a.id DESC LIMIT :most
"""
_BY_NUMBER: Final = text(_FOUND.format(which="(a.tcn = :number OR (a.tcr = :number AND a.tcr <> ''))"))
_BY_EDUCATOR: Final = text(_FOUND.format(which="a.educator_id = :educator_id"))
_BY_DAY: Final = text(_FOUND.format(which="a.received_at >= :begins AND a.received_at < :ends"))
# By the trail, and not by what can no longer be read: that may have been a notice alone.
_DESTROYED: Final = text("""
SELECT EXISTS (SELECT FROM audit WHERE action = 'key.destroyed' AND subject = 'educator:' || :educator_id)
""")


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for: one of a number (TCN or TCR), an educator, or the days of receipt.

    Attributes:
        ends: the first moment after.
        before: where the page begins that is asked for: below the last row of the one before it.
    """

    number: str = ""
    educator_id: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    before: tuple[datetime, UUID] = (datetime(9000, 1, 1, tzinfo=UTC), UUID(int=0))


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer as every member of staff may see it.

    Attributes:
        readable: whether the bureau could use the prints.
        submission: whether it is a copy of a submission and answers nothing.
    """

    id: UUID
    received_at: datetime
    origin: str
    bureau: str | None
    tcn: str
    place: str
    educator_id: str | None
    purpose: str | None
    readable: bool
    submission: bool


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of them, the newest first. `more`: whether there are others below."""

    rows: tuple[Hit, ...]
    more: bool


async def search(session: Session, vault: Vault, sought: Sought) -> Hits:
    """What is found."""
    found: list[Hit] = []
    at, before_id = sought.before
    while True:
        rows = (await _asked(session, sought, at, before_id)).all()
        found += [hit for row in rows if (hit := _hit(vault, row))]
        if len(found) > AT_ONCE or len(rows) <= AT_ONCE:
            return Hits(tuple(found[:AT_ONCE]), len(found) > AT_ONCE)
        at, before_id = rows[-1].received_at, rows[-1].id


async def searched(session: Session, subject: str, asked: Mapping[str, str], rows: int, actor: Actor) -> None:
    """Keep that somebody searched, for what, and how much was found on the page."""
    await audit.record(
        session, action="results.searched", subject=subject, actor=actor, new={"asked": dict(asked), "rows": rows}
    )


async def is_destroyed(session: Session, educator_id: str) -> bool:
    """Whether what came before can be read by nobody any more."""
    return bool(await session.scalar(_DESTROYED, {"educator_id": educator_id}))


async def _asked(session: Session, sought: Sought, before: datetime, before_id: UUID) -> Any:
    values = {"before": before, "id": before_id, "most": AT_ONCE + 1}
    if sought.number:
        return await session.execute(_BY_NUMBER, {**values, "number": sought.number})
    if sought.educator_id:
        return await session.execute(_BY_EDUCATOR, {**values, "educator_id": sought.educator_id})
    return await session.execute(_BY_DAY, {**values, "begins": sought.begins, "ends": sought.ends})


def _hit(vault: Vault, row: Row[Any]) -> Hit | None:
    if not row.wrapped:
        return None  # whether it may be shown cannot be told any more: its key was destroyed
    key = vault.open_key(WrappedKey(row.key_id, row.version, row.wrapped))
    kind = Evidence.read(vault.open(key, archive.evidence_place(row.id), row.sealed)).kind
    if kind in FOR_ADJUDICATORS:
        return None
    return Hit(
        id=row.id,
        received_at=row.received_at,
        origin=row.origin,
        bureau=row.bureau,
        tcn=row.tcn,
        place=row.place,
        educator_id=row.educator_id,
        purpose=row.purpose,
        readable=kind is not Kind.UNREADABLE,
        submission=kind is Kind.SUBMISSION,
    )
