"""An adjudicator's cases: the list, the look with a stated purpose, the decision."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.fingerprint import standing, tables
from services.fingerprint.actions import archive, checks, people, rulings
from services.fingerprint.messages import Message, understand
from services.fingerprint.rules.check import Cause, Decision, Standing
from services.fingerprint.rules.naming import Said, present
from services.fingerprint.vault import Destroyed, Vault
from shared import audit
from shared.audit import Actor
from shared.auth import Caller
from shared.db import Session
from shared.events import Bureau

AT_ONCE = 50
_OPEN, _CLOSED = tables.Review.closed_at.is_(None), tables.Review.closed_at.is_not(None)
_COUNT = select(func.count()).select_from(tables.Review)
_LISTED = select(tables.Review).limit(AT_ONCE).offset(bindparam("skip"))
_OLDEST = (tables.Review.opened_at, tables.Review.id)
_NEWEST = (tables.Review.closed_at.desc(), tables.Review.id.desc())
_LOOK = select(tables.Look).where(
    tables.Look.review_id == bindparam("review_id"), tables.Look.session_hash == bindparam("session_hash")
)


@dataclass(frozen=True)
class Listed:
    """A case as it stands in the list: whose and since when, never why."""

    id: UUID
    opened_at: datetime
    closed_at: datetime | None
    educator_id: str | None
    name: str
    purpose: str | None


@dataclass(frozen=True)
class Shown:
    """One answer, opened for an adjudicator."""

    received_at: datetime
    bureau: Bureau | None
    message: Message
    causes: tuple[Cause, ...]
    in_force: bool
    by_hand: bool


@dataclass(frozen=True)
class Opened:
    """A case, opened. `version` is what a decision is made on: the answers, and the names."""

    version: str
    assigned_by_me: bool
    standing: Standing | None
    names: tuple[str, ...]
    answers: tuple[Shown, ...]
    rulings: tuple[rulings.Recorded, ...]


@dataclass(frozen=True)
class Decided:
    """What adjudicators decided, oldest first; of a message that belongs to no check, why it was closed.

    Empty where nobody decided, and where the key of whom it is about was destroyed.
    """

    rulings: tuple[rulings.Recorded, ...]
    note: str


class AssignedBySame(Exception):
    """Who said by hand whose an answer is does not decide about it too."""


class Outdated(Exception):
    """The case changed since it was shown: an answer or a name came, or another adjudicator decided."""


async def count(session: Session, *, closed: bool = False) -> int:
    """How many cases are open, or closed."""
    return int(await session.scalar(_COUNT.where(_CLOSED if closed else _OPEN)) or 0)


async def listed(session: Session, page: int, *, closed: bool = False) -> list[Listed]:
    """Open cases, the oldest first, or closed ones, the newest first; all causes mixed."""
    wanted = _LISTED.where(_CLOSED).order_by(*_NEWEST) if closed else _LISTED.where(_OPEN).order_by(*_OLDEST)
    rows = (await session.scalars(wanted, {"skip": (page - 1) * AT_ONCE})).all()
    names = await people.shown_names(session, [row.educator_id for row in rows if row.educator_id])
    return [_listed(row, names) for row in rows]


async def find(session: Session, review_id: UUID) -> tables.Review | None:
    """A case, open or closed."""
    return await session.get(tables.Review, review_id)


async def about(session: Session, review: tables.Review) -> str | None:
    """Whose case it is; of a message that belonged to nobody, whose it was found to be since."""
    if review.answer_id is None:
        return review.educator_id
    return (await session.get_one(tables.Answer, review.answer_id)).educator_id


async def listing_of(session: Session, review: tables.Review) -> Listed:
    """A case as the list shows it."""
    names = await people.shown_names(session, [review.educator_id] if review.educator_id else [])
    return _listed(review, names)


def _listed(review: tables.Review, names: Mapping[str, str]) -> Listed:
    name = names.get(review.educator_id or "", "")
    return Listed(review.id, review.opened_at, review.closed_at, review.educator_id, name, review.purpose)


async def state_purpose(session: Session, review: tables.Review, caller: Caller, purpose: str) -> None:
    """An adjudicator says why they open a case; it stays open to them for this session."""
    await session.execute(
        upsert(tables.Look)
        .values(
            review_id=review.id,
            session_hash=caller.session_hash,
            account_id=caller.account_id,
            purpose=purpose,
            at=datetime.now(UTC),
        )
        .on_conflict_do_update(
            index_elements=["review_id", "session_hash"], set_={"purpose": purpose, "at": datetime.now(UTC)}
        )
    )
    await audit.record(session, action="review.opened", actor=caller, subject=_subject(review), reason=purpose)


async def stated_purpose(session: Session, review: tables.Review, caller: Caller) -> str | None:
    """The purpose that this person stated for this case in this session."""
    found = await session.scalar(_LOOK, {"review_id": review.id, "session_hash": caller.session_hash})
    return found.purpose if found is not None and found.account_id == caller.account_id else None


async def look(session: Session, vault: Vault, review: tables.Review, actor: Actor, purpose: str) -> Opened:
    """Open everything in a case for a person to read. Each look is a row in the trail."""
    await audit.record(session, action="criminal_history.read", actor=actor, subject=_subject(review), reason=purpose)
    if review.answer_id is not None:
        answer = await session.get_one(tables.Answer, review.answer_id)
        shown = await _shown(session, vault, answer, frozenset(), in_force=True)
        return Opened("", False, None, (), (shown,), ())
    educator_id, purpose_of_check = review.educator_id or "", review.purpose or ""
    check = await checks.locked(session, educator_id, purpose_of_check)
    decision, held = await checks.decided(session, vault, educator_id, purpose_of_check)
    answers = [
        await _shown(
            session,
            vault,
            await session.get_one(tables.Answer, one.row.id),
            frozenset(cause for cause, answer_id in decision.causes if answer_id == one.row.id),
            in_force=one.row.id in decision.basis,
        )
        for one in held
        if one.row.educator_id == educator_id
    ]
    names = sorted(await people.names(session, educator_id), key=lambda one: -one.number)
    return Opened(
        version=_version(check, names),
        assigned_by_me=_assigned_by(actor, decision, held),
        standing=standing.read(check.standing),
        names=tuple(" ".join(filter(None, (one.name.first, one.name.middle, one.name.last))) for one in names),
        answers=tuple(answers),
        rulings=tuple(await rulings.of(session, vault, educator_id, purpose_of_check)),
    )


async def decided(session: Session, vault: Vault, review: tables.Review, actor: Actor, purpose: str) -> Decided:
    """What was decided in a closed case, without the answers. Reasons may hold criminal history: a row in the trail."""
    await audit.record(session, action="criminal_history.read", actor=actor, subject=_subject(review), reason=purpose)
    if review.educator_id is not None and review.purpose is not None:
        return Decided(tuple(await rulings.of(session, vault, review.educator_id, review.purpose)), "")
    if not review.note or review.answer_id is None:
        return Decided((), "")
    answer = await session.get_one(tables.Answer, review.answer_id)
    try:
        key = await archive.key_of_file(session, vault, answer.file_id)
    except Destroyed:
        return Decided((), "")
    return Decided((), vault.open(key, archive.note_place(review.id), review.note).decode())


async def rule(
    session: Session, vault: Vault, review: tables.Review, caller: Caller, *, version: str, clear: bool, reason: str
) -> None:
    """Decide an open case. "Do not clear" denies nothing by itself: the educator still sees "Being checked".

    Raises:
        Outdated: it is not what the adjudicator saw any more.
        AssignedBySame: an answer in it was assigned by this adjudicator.
    """
    educator_id, purpose = review.educator_id or "", review.purpose or ""
    check = await checks.locked(session, educator_id, purpose)
    await session.refresh(review)
    names = await people.names(session, educator_id)
    if review.closed_at is not None or _version(check, names) != version:
        raise Outdated
    decision, held = await checks.decided(session, vault, educator_id, purpose)
    if _assigned_by(caller, decision, held):
        raise AssignedBySame
    await rulings.add(
        session,
        vault,
        educator_id,
        purpose,
        clear=clear,
        reason=reason,
        basis=decision.basis,
        heard=_heard(names),
        actor=caller,
    )
    # The trail says that it was decided and by whom; what and why is sealed with the ruling.
    await audit.record(
        session, action="review.decided", actor=caller, subject=_subject(review), new={"purpose": purpose}
    )
    await checks.decide_again(session, vault, [(educator_id, purpose)])


async def close(session: Session, vault: Vault, review: tables.Review, caller: Caller, reason: str) -> None:
    """A message that belongs to no check needs nothing more, says an adjudicator.

    Raises:
        Outdated: somebody closed it already, or it found its educator.
    """
    await session.refresh(review, with_for_update=True)
    if review.closed_at is not None or review.answer_id is None:
        raise Outdated
    answer = await session.get_one(tables.Answer, review.answer_id)
    key = await archive.key_of_file(session, vault, answer.file_id)
    review.closed_at = datetime.now(UTC)
    review.note = vault.seal(key, archive.note_place(review.id), reason.encode())
    await audit.record(session, action="review.closed", actor=caller, subject=_subject(review))


async def _shown(
    session: Session, vault: Vault, answer: tables.Answer, causes: frozenset[Cause], *, in_force: bool
) -> Shown:
    file = await session.get_one(tables.File, answer.file_id)
    _, content = await archive.content(session, vault, file)
    bureau = Bureau(answer.bureau) if answer.bureau else None
    return Shown(answer.received_at, bureau, understand(content), tuple(sorted(causes)), in_force, answer.by_hand)


def _assigned_by(actor: Actor, decision: Decision, held: Collection[checks.Held]) -> bool:
    """Whether a match by hand that is to be looked at is this person's own."""
    by_hand = {answer_id for cause, answer_id in decision.causes if cause is Cause.BY_HAND}
    return any(one.row.id in by_hand and one.row.assigned_by == actor.account_id for one in held)


def _heard(names: Collection[Said]) -> int:
    now = present(names)
    return now.number if now else 0


def _version(check: Row[Any], names: Collection[Said]) -> str:
    return f"{check.version}.{_heard(names)}"


def _subject(review: tables.Review) -> str:
    return f"educator:{review.educator_id}" if review.educator_id else f"answer:{review.answer_id}"
