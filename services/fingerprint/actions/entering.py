"""The ledger as results are written into it, in the caller's transaction: what came, whether it came before, its row.

Staff read it in `ledger.py`.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.fingerprint.actions import archive, matching
from services.fingerprint.ebts import Unreadable
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import Message
from services.fingerprint.vault import DataKey, pieces_of
from shared.db import Session
from shared.events import Bureau, new_id

_TAKEN: Final = text("""
SELECT claim, batch_id, member FROM files WHERE claim = ANY(CAST(:claims AS uuid[]))
UNION ALL
SELECT f.claim, f.batch_id, f.member
FROM unnest(CAST(:batches AS uuid[]), CAST(:members AS int[])) AS m (batch_id, member)
JOIN files f USING (batch_id, member)
""")
_THERE: Final = text("""
SELECT mark, id, state FROM files WHERE mark = ANY(CAST(:marks AS bytea[])) AND state <> 'duplicate'
""")
# Bytes that could not be read where they came first, and now can: the row that says so makes room for the one that is
# read, and is a duplicate of it from then on.
_HOLD_KEYS_OF_FORMER: Final = text("""
SELECT k.id FROM data_keys k JOIN files f ON f.key_id = k.id
WHERE f.id = ANY(CAST(:ids AS uuid[])) AND f.state = 'quarantined' ORDER BY k.id FOR UPDATE OF k
""")
_HOLD_FORMER: Final = text("""
SELECT id, key_id FROM files WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'quarantined' ORDER BY mark FOR UPDATE
""")
_STEP_ASIDE: Final = text("""
UPDATE files SET state = 'duplicate', reason = '', field = '', errors = '[]', key_id = NULL
WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_POINT: Final = text("""
WITH moved AS (SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:firsts AS uuid[])) AS n (id, first_id))
UPDATE files f SET first_id = m.first_id
FROM (SELECT * FROM moved UNION ALL SELECT o.id, n.first_id FROM moved n JOIN files o ON o.first_id = n.id) AS m
WHERE f.id = m.id
""")
_DROP_PIECES: Final = text("DELETE FROM pieces WHERE file_id = ANY(CAST(:ids AS uuid[]))")
# In one order, so that two importers never wait for each other.
_ENTER: Final = text("""
INSERT INTO files
    (id, received_at, state, mark, reason, field, errors, source, claim, batch_id, member, first_id, key_id)
SELECT * FROM unnest(
    CAST(:ids AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:states AS text[]), CAST(:marks AS bytea[]),
    CAST(:reasons AS text[]), CAST(:fields AS text[]), CAST(:errors AS jsonb[]), CAST(:sources AS text[]),
    CAST(:claims AS uuid[]), CAST(:batches AS uuid[]), CAST(:members AS int[]), CAST(:firsts AS uuid[]),
    CAST(:keys AS uuid[])
) AS entry (id, received_at, state, mark, reason, field, errors, source, claim, batch_id, member, first_id, key_id)
ORDER BY mark
ON CONFLICT (mark) WHERE state <> 'duplicate' DO NOTHING
RETURNING id
""")
_DISCARD: Final = text("DELETE FROM data_keys WHERE id = ANY(CAST(:ids AS uuid[]))")


class Outcome(StrEnum):
    """What became of a file. All but `TAKEN` are states of the ledger; that one is in it from before."""

    READ = "read"
    DUPLICATE = "duplicate"
    QUARANTINED = "quarantined"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A complete file, from wherever it came.

    Attributes:
        digest: the SHA-256 of its bytes.
        message: what it says, or why it cannot be read.
        content: its bytes; None where they are too many to hold.
        chunks: where `content` is None, gives them in pieces as the vault takes them.
        source: the name of the source that it came through.
        bureau: who its origin (1.008) is for that source; None where it is nobody who answers us.
        codes: what that source writes for our codes in a case number; those it shares with us need not be in it.
        claim: the unique name under which it was held while it was read; None for a batch's member.
        batch_id: the batch that it is part of.
        member: its place in the batch, from 0.
    """

    name: str
    received_at: datetime
    digest: bytes
    message: Message | Unreadable
    content: bytes | None = None
    chunks: Callable[[], Iterable[bytes]] | None = None
    source: str = "spool"
    bureau: Bureau | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    claim: UUID | None = None
    batch_id: UUID | None = None
    member: int | None = None

    def pieces(self) -> Iterable[bytes]:
        """Its name and bytes, as the archive takes them."""
        if self.content is not None:
            return archive.archived(self.name, pieces_of(self.content))
        return archive.archived(self.name, self.chunks() if self.chunks else ())


@dataclass(slots=True)
class Entry:
    """A row of the ledger to be, and what goes with it. A duplicate has `first`, whatever else it has is dropped.

    `former`: the row of the same bytes that could not be read, which this one takes the place of.
    """

    arrival: Arrival
    marks: tuple[bytes, ...]
    mark: bytes
    id: UUID = field(default_factory=new_id)
    first: UUID | None = None
    former: UUID | None = None
    evidence: Evidence | None = None
    place: matching.Place | None = None
    key: DataKey | None = None
    answer_id: UUID = field(default_factory=new_id)

    # As `matching.Placeable` has them.
    @property
    def bureau(self) -> str | None:
        return self.arrival.bureau

    @property
    def received_at(self) -> datetime:
        return self.arrival.received_at

    @property
    def destination(self) -> str:
        return self.message.destination

    @property
    def message(self) -> Message:
        if isinstance(self.arrival.message, Unreadable):
            raise TypeError("this file cannot be read")
        return self.arrival.message

    @property
    def unreadable(self) -> bool:
        return isinstance(self.arrival.message, Unreadable)

    @property
    def number(self) -> matching.Number:
        return self.message.origin, self.message.tcn

    @property
    def outcome(self) -> Outcome:
        if self.first is not None:
            return Outcome.DUPLICATE
        return Outcome.QUARANTINED if self.evidence is None else Outcome.READ


async def taken(session: Session, arrivals: Sequence[Arrival]) -> set[int]:
    """The places of those that are in the ledger already: whoever took them in was stopped before they were removed."""
    members = [one for one in arrivals if one.batch_id is not None]
    rows = await session.execute(
        _TAKEN,
        {
            "claims": [one.claim for one in arrivals if one.claim is not None],
            "batches": [one.batch_id for one in members],
            "members": [one.member for one in members],
        },
    )
    there = {(claim, batch_id, member) for claim, batch_id, member in rows}
    if not there:
        return set()
    return {place for place, one in enumerate(arrivals) if (one.claim, one.batch_id, one.member) in there}


async def find_firsts(session: Session, entries: Sequence[Entry]) -> None:
    """Note which bytes came before, in the ledger or in this very group. What can be read goes before what cannot."""
    marks = [mark for entry in entries for mark in entry.marks]
    there = {row.mark: row for row in await session.execute(_THERE, {"marks": marks})}
    firsts: dict[bytes, UUID] = {}
    for entry in sorted(entries, key=lambda entry: entry.unreadable):
        entry.former = None
        entry.first = next((firsts[mark] for mark in entry.marks if mark in firsts), None)
        if entry.first is not None:
            continue
        before = next((there[mark] for mark in entry.marks if mark in there), None)
        if before is not None and (entry.unreadable or before.state != Outcome.QUARANTINED):
            entry.first = before.id
            continue
        entry.former = before.id if before is not None else None
        firsts |= dict.fromkeys(entry.marks, entry.id)


async def enter(session: Session, entries: Sequence[Entry]) -> None:
    """Write the ledger. Whose bytes another importer is just taking in turns out to be a duplicate here."""
    if not entries:
        return
    new = [one for one in entries if one.first is None]
    late: list[Entry] = []
    former: dict[UUID, UUID] = {}
    while new:
        former |= await _make_room(session, new)
        entered = set((await session.scalars(_ENTER, _columns(new))).all())
        came_late = [one for one in new if one.id not in entered]
        if came_late:
            await find_firsts(session, came_late)
        late += [one for one in came_late if one.first is not None]
        # What the other importer could not read makes room as well.
        new = [one for one in came_late if one.first is None]
    if late:
        own = [one.key.id for one in late if one.key and not (one.place and one.place.educator_id)]
        await session.execute(_DISCARD, {"ids": own})
    firsts = {one.id: one.first for one in late}
    again = [one for one in entries if one.first is not None]
    for one in again:
        one.first = firsts.get(one.first, one.first) if one.first else None
    if again:
        await session.execute(_ENTER, _columns(again))
    if former:
        instead = [firsts.get(entry_id) or entry_id for entry_id in former.values()]
        await session.execute(_POINT, {"ids": list(former), "firsts": instead})


async def _make_room(session: Session, entries: Sequence[Entry]) -> dict[UUID, UUID]:
    """Let rows of bytes that could not be read step aside: each with the entry that takes its place."""
    wanted = {one.former: one.id for one in entries if one.former is not None}
    if not wanted:
        return {}
    # Keys before rows, as whoever renews a key takes them.
    await session.execute(_HOLD_KEYS_OF_FORMER, {"ids": list(wanted)})
    rows = (await session.execute(_HOLD_FORMER, {"ids": list(wanted)})).all()
    ids = [row.id for row in rows]
    await session.execute(_STEP_ASIDE, {"ids": ids})
    await session.execute(_DROP_PIECES, {"ids": ids})
    await session.execute(_DISCARD, {"ids": [row.key_id for row in rows]})
    return {row.id: wanted[row.id] for row in rows}


def _columns(entries: Sequence[Entry]) -> dict[str, list[object]]:
    rows = [_row(entry) for entry in entries]
    names = ("ids", "moments", "states", "marks", "reasons", "fields", "errors")
    more = ("sources", "claims", "batches", "members", "firsts", "keys")
    return {name: list(column) for name, column in zip((*names, *more), zip(*rows, strict=True), strict=True)}


def _row(entry: Entry) -> tuple[object, ...]:
    arrival, first = entry.arrival, entry.first
    wrong = arrival.message if isinstance(arrival.message, Unreadable) and first is None else None
    return (
        entry.id,
        arrival.received_at,
        entry.outcome,
        entry.mark,
        wrong.code if wrong else "",
        wrong.field if wrong else "",
        json.dumps([[one.code, one.field, one.offset] for one in wrong.errors]) if wrong else "[]",
        arrival.source,
        arrival.claim,
        arrival.batch_id,
        arrival.member,
        first,
        entry.key.id if entry.key and first is None else None,
    )
