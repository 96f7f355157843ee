"""A batch is undone: its answers are set aside, while nothing later rests on any of them.

Something rests on an answer, when after it

- staff said by hand whose it is, or set it aside;
- another version of the same reply (ORI and TCN) came in another way;
- the same bytes came in another way, and were noted as a duplicate of it;
- an adjudicator opened or closed the case of it, or decided on the check that it is part of;
- a clearance was said that stands on it together with an answer of another batch or file;
- or, for the copy of a submission, an answer from elsewhere bears its number.

A clearance that stands on the batch alone ends with it, and whoever heard of it is told. What was quarantined stays so,
and what only adjudicators see stays with them: it counts for nothing by itself. All but the first are told alike, so
that a refusal says nothing of what an answer holds.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, text

from services.fingerprint import tables
from services.fingerprint.actions import archive, batches, checks, matching
from services.fingerprint.vault import Vault
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.text import Text
from shared.text import text as sentence

_NOT_DONE: Final = sentence("Only a batch that has been taken in to its end can be undone. Nothing was done.")
_BY_HAND: Final = sentence(
    "Somebody has assigned or set aside an answer of this batch. Undo that first, then the batch. Nothing was done."
)
_RESTED_ON: Final = sentence(
    "Something that came or was decided later rests on an answer of this batch, so it cannot be undone. Nothing was"
    " done. What is wrong must be set right answer by answer."
)

# Checks that are decided at a time, so that others get their turn in between.
_AT_ONCE: Final = 500
_ANSWERS = (
    select(tables.Answer)
    .join(tables.File, tables.File.id == tables.Answer.file_id)
    .order_by(tables.Answer.id)
    .with_for_update(of=tables.Answer)
    .execution_options(populate_existing=True)
)
_RESTS: Final = text("""
WITH own AS (
    SELECT a.* FROM answers a JOIN files f ON f.id = a.file_id WHERE f.batch_id = :batch_id
), concerned AS (
    SELECT DISTINCT educator_id, purpose FROM own WHERE educator_id IS NOT NULL
)
SELECT EXISTS (
    SELECT FROM own JOIN answers o USING (origin, tcn)
    WHERE o.received_at >= own.received_at AND o.place <> 'set_aside' AND o.id NOT IN (SELECT id FROM own)
) OR EXISTS (
    SELECT FROM files first JOIN files again ON again.first_id = first.id
    WHERE first.batch_id = :batch_id AND again.batch_id IS DISTINCT FROM :batch_id
) OR EXISTS (
    SELECT FROM own JOIN reviews r ON r.answer_id = own.id
    WHERE r.note IS NOT NULL OR EXISTS (SELECT FROM looks l WHERE l.review_id = r.id)
) OR EXISTS (
    SELECT FROM own JOIN rulings r USING (educator_id, purpose) WHERE r.at >= own.received_at
) OR EXISTS (
    SELECT FROM concerned JOIN checks c USING (educator_id, purpose)
    WHERE c.said_cleared_on IS NOT NULL
      AND c.basis ?| ARRAY(SELECT CAST(id AS text) FROM own)
      AND EXISTS (
          SELECT FROM jsonb_array_elements_text(c.basis) AS b (id)
          WHERE b.id NOT IN (SELECT CAST(id AS text) FROM own)
      )
) OR EXISTS (
    SELECT FROM submissions s JOIN files f ON f.id = s.file_id JOIN answers a ON a.tcr = s.tcn AND a.tcr <> ''
    WHERE f.batch_id = :batch_id AND a.id NOT IN (SELECT id FROM own)
)
""")


class Refused(Exception):
    """The batch cannot be undone. `why`: a sentence for staff."""

    def __init__(self, why: Text) -> None:
        super().__init__()
        self.why = why


async def undo(session: Session, vault: Vault, batch_id: UUID, actor: Actor, reason: str) -> int:
    """Set aside the answers of a batch; how many.

    Raises:
        Refused: it is not done, or something rests on it.
    """
    batch = await batches.begun(session, batch_id)
    if batch.state != batches.DONE:
        raise Refused(_NOT_DONE)
    answers = await _held(session, batch_id)
    if any(answer.by_hand or answer.place == "set_aside" for answer in answers):
        raise Refused(_BY_HAND)
    if await session.scalar(_RESTS, {"batch_id": batch_id}):
        raise Refused(_RESTED_ON)
    before = await matching.checks_of(session, {(answer.origin, answer.tcn) for answer in answers})
    counting = [answer for answer in answers if answer.place in {"matched", "waiting", "unmatched"}]
    of_persons = [answer for answer in counting if answer.educator_id is not None]
    own = await archive.own_keys(session, vault, len(of_persons))
    await archive.hand_over(session, vault, list(zip(of_persons, own, strict=True)))
    for answer in counting:
        answer.place, answer.educator_id, answer.purpose = "set_aside", None, None
    files = select(tables.File.id).where(tables.File.batch_id == batch_id)
    await session.execute(delete(tables.Submission).where(tables.Submission.file_id.in_(files)))
    await batches.end(session, batch, batches.UNDONE)
    concerned = sorted(before)
    for start in range(0, len(concerned), _AT_ONCE):
        await checks.decide_again(session, vault, concerned[start : start + _AT_ONCE])
    new = {"answers": len(counting)}
    await audit.record(session, action="batch.undone", actor=actor, subject=f"batch:{batch_id}", reason=reason, new=new)
    return len(counting)


async def _held(session: Session, batch_id: UUID) -> Sequence[tables.Answer]:
    """The answers of a batch, they and their numbers held until the transaction ends."""
    await matching.hold_all_numbers(session)
    return (await session.scalars(_ANSWERS.where(tables.File.batch_id == batch_id))).all()
