"""What staff do with answers that wait or match nobody. They see where an answer came from, never what it says."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, text

from services.fingerprint import tables
from services.fingerprint.actions import archive, candidates, matching
from services.fingerprint.messages import FOR_ADJUDICATORS
from services.fingerprint.rules.addressing import Address, Why, shown
from services.fingerprint.rules.candidates import Candidate
from services.fingerprint.vault import Vault
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.events import Bureau

AT_ONCE = 50
_OPEN = tables.Answer.place.in_(("waiting", "unmatched"))
_BY_HAND = or_(tables.Answer.place == "set_aside", tables.Answer.by_hand)

_COUNT = select(func.count()).select_from(tables.Answer).where(_OPEN)
_LISTED = (
    select(tables.Answer)
    .where(_OPEN)
    .order_by(tables.Answer.received_at, tables.Answer.id)
    .limit(AT_ONCE)
    .offset(bindparam("skip"))
)
_DONE = select(tables.Answer).where(_BY_HAND).order_by(tables.Answer.received_at.desc()).limit(AT_ONCE)
_TWINS = text("""
SELECT a.id, a.sealed, k.id AS key_id, k.version, k.wrapped
FROM answers a JOIN files f ON f.id = a.file_id JOIN data_keys k ON k.id = f.key_id
WHERE a.origin = :origin AND a.tcn = :tcn AND a.place = 'matched'
""")
_COUNT_QUARANTINED = select(func.count()).select_from(tables.File).where(tables.File.state == "quarantined")


@dataclass(frozen=True)
class Seen:
    """An answer as staff see it. `number` is the case number as written, nine digits in a row covered.

    Attributes:
        candidates: who may be meant, the likeliest first; of a single answer that waits for a person alone.
    """

    id: UUID
    received_at: datetime
    bureau: Bureau | None
    origin: str
    tcn: str
    number: str
    why: str
    place: str
    educator_id: str | None
    purpose: str | None
    candidates: tuple[Candidate, ...] = ()

    @property
    def assignable(self) -> bool:
        """Whether it can be somebody's answer at all."""
        return self.bureau is not None and self.why != Why.SUBMISSION


async def count(session: Session) -> int:
    """How many answers wait or match nobody."""
    return int(await session.scalar(_COUNT) or 0)


async def listed(session: Session, vault: Vault, page: int) -> list[Seen]:
    """The answers that wait or match nobody, oldest first."""
    rows = (await session.scalars(_LISTED, {"skip": (page - 1) * AT_ONCE})).all()
    return [await _seen(session, vault, row) for row in rows]


async def done(session: Session, vault: Vault) -> list[Seen]:
    """What people assigned or set aside, newest first."""
    return [await _seen(session, vault, row) for row in (await session.scalars(_DONE)).all()]


async def one(session: Session, vault: Vault, answer_id: UUID) -> Seen | None:
    """An answer that staff may work on, or did."""
    row = await session.get(tables.Answer, answer_id)
    if row is None or not (row.place in {"waiting", "unmatched", "set_aside"} or row.by_hand):
        return None
    seen = await _seen(session, vault, row)
    if seen.place not in {"waiting", "unmatched"} or not seen.assignable:
        return seen
    evidence = await archive.evidence(session, vault, row)
    found = await candidates.of(session, [(row.id, row.received_at, evidence)])
    return replace(seen, candidates=tuple(found[row.id]))


async def count_quarantined(session: Session) -> int:
    """How many files could not be read."""
    return int(await session.scalar(_COUNT_QUARANTINED) or 0)


async def assign(
    session: Session, vault: Vault, answer: tables.Answer, address: Address, actor: Actor, reason: str
) -> None:
    """An answer is this educator's, says a person."""
    evidence = await archive.evidence(session, vault, answer)
    await matching.give_by_hand(session, vault, answer, evidence, address, actor.account_id)
    new = {"educator_id": address.educator_id, "purpose": address.purpose}
    await audit.record(
        session, action="answer.assigned", actor=actor, subject=f"answer:{answer.id}", reason=reason, new=new
    )
    await audit.record(
        session, action="answer.received", actor=actor, subject=f"educator:{address.educator_id}", reason=reason
    )


async def is_version_of_matched(session: Session, vault: Vault, answer: tables.Answer) -> bool:
    """Whether another version of the same reply (ORI and TCN) is with an educator: then it is not nobody's.

    A notice is none, whatever number it bears: nobody but adjudicators is told that it is there.
    """
    twins = (await session.execute(_TWINS, {"origin": answer.origin, "tcn": answer.tcn})).all()
    return any(archive.kind_of(vault, twin) not in FOR_ADJUDICATORS for twin in twins)


async def concerns(session: Session, answer: tables.Answer, educator_id: str | None) -> bool:
    """Whether an answer, or another version of it, is or claims to be of this educator."""
    if educator_id is None:
        return False
    theirs = select(tables.Answer.id).where(
        tables.Answer.origin == answer.origin,
        tables.Answer.tcn == answer.tcn,
        or_(tables.Answer.educator_id == educator_id, tables.Answer.claimed_id == educator_id),
    )
    return await session.scalar(theirs.limit(1)) is not None


async def put_aside(session: Session, vault: Vault, answer: tables.Answer, actor: Actor, reason: str) -> None:
    """An answer is nobody's, says a person."""
    old = {"place": answer.place}
    await matching.set_aside(session, vault, answer)
    await audit.record(
        session, action="answer.set_aside", actor=actor, subject=f"answer:{answer.id}", reason=reason, old=old
    )


async def undo(session: Session, vault: Vault, answer: tables.Answer, actor: Actor, reason: str) -> None:
    """What a person did with this answer is undone."""
    old = {"place": answer.place, "educator_id": answer.educator_id, "purpose": answer.purpose}
    await matching.take_back(session, vault, answer)
    await audit.record(
        session,
        action="answer.taken_back",
        actor=actor,
        subject=f"answer:{answer.id}",
        reason=reason,
        old=old,
        new={"place": answer.place},
    )


async def _seen(session: Session, vault: Vault, row: tables.Answer) -> Seen:
    evidence = await archive.evidence(session, vault, row)
    return Seen(
        id=row.id,
        received_at=row.received_at,
        bureau=Bureau(row.bureau) if row.bureau else None,
        origin=row.origin,
        tcn=row.tcn,
        number=shown(evidence.oca),
        why=row.why,
        place=row.place,
        educator_id=row.educator_id,
        purpose=row.purpose,
    )
