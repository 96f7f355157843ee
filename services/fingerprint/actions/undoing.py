"""A batch is undone: its answers are set aside, while nothing later rests on any of them.

Something rests on an answer, when after it

- staff said by hand whose it is, or set it aside;
- another version of the same reply (ORI and TCN) came in another way;
- the same bytes came in another way, and were noted as a duplicate of it;
- an adjudicator opened or closed the case that it is part of, or decided on it;
- a clearance was said that stands on it together with an answer of another batch or file;
- or, for the copy of a submission, an answer from elsewhere bears its number.

A clearance that stands on the batch alone ends with it, and whoever heard of it is told. What was quarantined stays so.
What only adjudicators are told of stays with them, Rap Back notices that found their educator too: everybody would see
what follows where one goes, and so that there was one. An adjudicator decides whether it means anything. All reasons
but the first are told alike, and an adjudicator's look counts as their decision does, so that a refusal says nothing of
what an answer holds, nor of "Do not clear".
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, delete, select, text

from services.fingerprint import tables
from services.fingerprint.actions import archive, batches, checks, matching
from services.fingerprint.messages import FOR_ADJUDICATORS
from services.fingerprint.rules.deciding import decide
from services.fingerprint.vault import Vault
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.text import Text
from shared.text import text as sentence

# Why a batch that may be undone was not.
REFUSALS: Final[Mapping[str, Text]] = {
    "by_hand": sentence(
        "Somebody has assigned or set aside an answer of this import. Undo that first, then the import."
        " Nothing was done."
    ),
    "rested_on": sentence(
        "Something that came or was decided later rests on an answer of this import, so it cannot be undone."
        " Nothing was done. What is wrong must be set right answer by answer."
    ),
}

# Checks that are decided, and answers that are opened, at a time: others get their turn in between.
_AT_ONCE: Final = 500
_TAKE_UP = (
    select(tables.Batch)
    .join(tables.Undoing, tables.Undoing.batch_id == tables.Batch.id)
    .where(tables.Batch.state == batches.UNDOING, tables.Batch.id.not_in(bindparam("leave", expanding=True)))
    .order_by(tables.Undoing.asked_at)
    .limit(1)
    .with_for_update(of=tables.Batch, skip_locked=True)
    .execution_options(populate_existing=True)
)
_ANSWERS = (
    select(tables.Answer)
    .join(tables.File, tables.File.id == tables.Answer.file_id)
    .order_by(tables.Answer.id)
    .with_for_update(of=tables.Answer)
    .execution_options(populate_existing=True)
)
_OWN: Final = """
WITH own AS (
    SELECT a.* FROM answers a JOIN files f ON f.id = a.file_id
    WHERE f.batch_id = :batch_id AND a.id <> ALL(CAST(:staying AS uuid[]))
)
"""
_MATCHED: Final = text("""
SELECT a.id, a.sealed, k.id AS key_id, k.version, k.wrapped
FROM answers a JOIN files f ON f.id = a.file_id JOIN data_keys k ON k.id = f.key_id
WHERE f.batch_id = :batch_id AND a.place = 'matched'
""")
# What came in another way: versions of the same replies, and what bears the number of one of its submissions.
_ELSEWHERE: Final = text(f"""{_OWN}
SELECT o.id, o.sealed, k.id AS key_id, k.version, k.wrapped
FROM (
    SELECT o.id FROM own JOIN answers o USING (origin, tcn)
    WHERE o.received_at >= own.received_at AND o.place <> 'set_aside' AND o.id NOT IN (SELECT id FROM own)
    UNION ALL
    SELECT a.id FROM submissions s JOIN files f ON f.id = s.file_id JOIN answers a ON a.tcr = s.tcn AND a.tcr <> ''
    WHERE f.batch_id = :batch_id AND a.file_id NOT IN (SELECT id FROM files WHERE batch_id = :batch_id)
) AS found
JOIN answers o USING (id) JOIN files f ON f.id = o.file_id JOIN data_keys k ON k.id = f.key_id
WHERE o.place <> 'adjudicator'
""")  # noqa: S608 - constants make it up
_RESTS: Final = text("""
SELECT EXISTS (
    SELECT FROM files first JOIN files again ON again.first_id = first.id
    WHERE first.batch_id = :batch_id AND again.batch_id IS DISTINCT FROM :batch_id
)
""")
# Checks on which something may rest: an adjudicator looked at or decided on them since, or a clearance was said.
_CONCERNED: Final = text(f"""{_OWN}
SELECT educator_id, purpose, looked, cleared FROM (
    SELECT c.educator_id, c.purpose, c.said_cleared_on IS NOT NULL AND c.basis ?| o.ids AND EXISTS (
        SELECT FROM jsonb_array_elements_text(c.basis) AS b (id) WHERE b.id <> ALL(o.ids)
    ) AS cleared, EXISTS (
        SELECT FROM reviews r JOIN looks l ON l.review_id = r.id
        WHERE (r.educator_id, r.purpose) = (c.educator_id, c.purpose) AND l.at >= o.since
    ) OR EXISTS (
        SELECT FROM rulings r WHERE (r.educator_id, r.purpose) = (c.educator_id, c.purpose) AND r.at >= o.since
    ) AS looked
    FROM checks c JOIN (
        SELECT educator_id, purpose, min(received_at) AS since, array_agg(CAST(id AS text)) AS ids FROM own
        WHERE educator_id IS NOT NULL GROUP BY 1, 2
    ) AS o USING (educator_id, purpose)
) AS concerned
WHERE looked OR cleared ORDER BY 1, 2
""")  # noqa: S608


class NotDone(Exception):
    """The batch has not been taken in to its end, or is being undone, or was."""


class _Refused(Exception):
    """The batch is not undone. `code`: of `REFUSALS`."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.code = code


async def ask(session: Session, batch_id: UUID, actor: Actor, reason: str) -> None:
    """Staff want a batch undone. `undo` does it: that takes a minute for a hundred thousand answers.

    Raises:
        NotDone: it cannot be undone now.
    """
    batch = await batches.begun(session, batch_id)
    if batch.state != batches.DONE:
        raise NotDone
    batch.state = batches.UNDOING
    asking = tables.Undoing(
        batch_id=batch_id,
        account_id=actor.account_id,
        username=actor.username,
        reason=reason,
        asked_at=datetime.now(UTC),
        refused="",
        answers=0,
    )
    await session.merge(asking)
    await audit.record(session, action="batch.undo_asked", actor=actor, subject=f"batch:{batch_id}", reason=reason)


async def asked(session: Session, batch_id: UUID) -> tables.Undoing | None:
    """What staff said of a batch, and what came of that."""
    return await session.get(tables.Undoing, batch_id)


async def take_up(session: Session, leave: Collection[UUID]) -> tables.Batch | None:
    """The batch that has waited longest to be undone, held until the transaction ends; none of those to be left."""
    return (await session.scalars(_TAKE_UP, {"leave": list(leave)})).first()


async def undo(session: Session, vault: Vault, batch: tables.Batch) -> None:
    """Set aside the answers of a batch for which somebody asked, or say why not."""
    asking = await session.get_one(tables.Undoing, batch.id)
    record = partial(audit.record, session, actor=asking, subject=f"batch:{batch.id}", reason=asking.reason)
    answers = await _held(session, batch.id)
    try:
        staying = await _unless_rested_on(session, vault, answers, batch.id)
    except _Refused as refused:
        asking.refused, batch.state = refused.code, batches.DONE
        await record(action="batch.undo_refused", new={"refused": refused.code})
        return
    before = await matching.checks_of(session, {(answer.origin, answer.tcn) for answer in answers})
    places = {"matched", "waiting", "unmatched"}
    counting = [answer for answer in answers if answer.place in places and answer.id not in staying]
    of_persons = [answer for answer in counting if answer.educator_id is not None]
    keys = await archive.own_keys(session, vault, len(of_persons))
    await archive.hand_over(session, vault, list(zip(of_persons, keys, strict=True)))
    for answer in counting:
        answer.place, answer.educator_id, answer.purpose = "set_aside", None, None
    files = select(tables.File.id).where(tables.File.batch_id == batch.id)
    await session.execute(delete(tables.Submission).where(tables.Submission.file_id.in_(files)))
    await batches.end(session, batch, batches.UNDONE)
    concerned = sorted(before)
    for start in range(0, len(concerned), _AT_ONCE):
        await checks.decide_again(session, vault, concerned[start : start + _AT_ONCE])
    # Those that stay too: how many there are is not to be reckoned.
    asking.answers = sum(answer.place != "kept" for answer in answers)
    await record(action="batch.undone", new={"answers": asking.answers})


async def _unless_rested_on(
    session: Session, vault: Vault, answers: Sequence[tables.Answer], batch_id: UUID
) -> set[UUID]:
    """The answers of a batch that adjudicators alone are told of.

    Raises:
        _Refused: something rests on the batch.
    """
    if any(answer.by_hand or answer.place == "set_aside" for answer in answers):
        raise _Refused("by_hand")
    staying = await _staying(session, vault, answers, batch_id)
    own = {"batch_id": batch_id, "staying": list(staying)}
    if await session.scalar(_RESTS, {"batch_id": batch_id}) or await _is_told_elsewhere(session, vault, own):
        raise _Refused("rested_on")
    if await _decided_on(session, vault, own, {one.id for one in answers}):
        raise _Refused("rested_on")
    return staying


async def _is_told_elsewhere(session: Session, vault: Vault, own: Mapping[str, Any]) -> bool:
    """Whether an answer that came in another way rests on one of these, or on a submission. A notice rests on nothing,
    whatever number it bears: nobody else sees that it is there."""
    rows = await session.stream(_ELSEWHERE, own)
    try:
        async for row in rows:
            if archive.kind_of(vault, row) not in FOR_ADJUDICATORS:
                return True
    finally:
        await rows.close()
    return False


async def _decided_on(session: Session, vault: Vault, own: Mapping[str, Any], ids: Set[UUID]) -> bool:
    """Whether a clearance stands on these answers with another's, or an adjudicator had something in them to look at.

    Notices are left out: nobody else sees that they are there, so nobody may see it by this.
    """
    for educator_id, purpose, looked, cleared in (await session.execute(_CONCERNED, own)).all():
        decision, held = await checks.decided(session, vault, educator_id, purpose)
        seen = [one for one in held if one.evidence.kind not in FOR_ADJUDICATORS]
        if cleared and any(one.row.id in decision.basis and one.row.id not in ids for one in seen):
            return True
        if looked and decide([one.as_answer(educator_id, purpose) for one in seen], [], decision.terms).causes:
            return True
    return False


async def _staying(session: Session, vault: Vault, answers: Sequence[tables.Answer], batch_id: UUID) -> set[UUID]:
    """The answers of a batch that adjudicators alone are told of.

    Raises:
        _Refused: what one says cannot be read any more, since its key was destroyed.
    """
    found = {answer.id for answer in answers if answer.place == "adjudicator"}
    for number, row in enumerate(await session.execute(_MATCHED, {"batch_id": batch_id})):
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
        kind = archive.kind_of(vault, row)
        if kind is None:
            raise _Refused("rested_on")
        if kind in FOR_ADJUDICATORS:
            found.add(row.id)
    return found


async def _held(session: Session, batch_id: UUID) -> Sequence[tables.Answer]:
    """The answers of a batch, they and their numbers held until the transaction ends."""
    await matching.hold_all_numbers(session)
    return (await session.scalars(_ANSWERS.where(tables.File.batch_id == batch_id))).all()
