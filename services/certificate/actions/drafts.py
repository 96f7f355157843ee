"""Applications that are being written: begun, saved at each step, found again, submitted, deleted, dropped with time.

An educator has one draft for each class. It is written to only at the version it was read at, so of two windows on one
draft the second is told, and nothing is overwritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, select, text, update
from sqlalchemy.dialects.postgresql import insert

from services.certificate.actions import applications, cases
from services.certificate.actions.applications import AT_ONCE, Office
from services.certificate.actions.cases import Found
from services.certificate.rules.case import Submission
from services.certificate.rules.classes import Rulebook, Terms
from services.certificate.rules.deeds import Acting
from services.certificate.rules.standing import State
from services.certificate.tables import Draft
from shared.db import Session
from shared.events import DraftDropped, DraftExpiring
from shared.outbox import publish
from shared.policy import last_day, local_day

_ONE: Final = (
    select(Draft)
    .where(Draft.educator_id == bindparam("educator_id"), Draft.class_code == bindparam("class_code"))
    .execution_options(populate_existing=True)
)
_OF_EDUCATOR: Final = select(Draft).where(Draft.educator_id == bindparam("educator_id")).order_by(Draft.saved_at.desc())
# `drop_on`, counted by PostgreSQL as it is below: August 31 and six months are February 28. Beyond the end of an array
# is NULL, which GREATEST leaves out.
_DROP_ON: Final = """GREATEST(
    (saved_on + make_interval(months => CAST(:months AS integer)))::date,
    warned_on + (CAST(:warnings AS integer[]))[warned]
)"""
_DROP: Final = text(f"""
DELETE FROM drafts WHERE id IN (
    SELECT id FROM drafts
    WHERE saved_on < :before AND warned >= cardinality(CAST(:warnings AS integer[])) AND {_DROP_ON} < :day
    ORDER BY saved_on LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING educator_id, class_code
""")  # noqa: S608 - the only thing put in is the constant above
_WARN: Final = text(f"""
UPDATE drafts SET warned = warned + 1, warned_on = :day WHERE id IN (
    SELECT id FROM drafts
    WHERE saved_on < :before AND {_DROP_ON} - (CAST(:warnings AS integer[]))[warned + 1] <= :day
    ORDER BY saved_on LIMIT :most FOR UPDATE SKIP LOCKED
) RETURNING educator_id, class_code, saved_on, warned, warned_on
""")  # noqa: S608 - as above


@dataclass
class Overtaken(Exception):
    """The draft was saved, submitted or deleted in another window meanwhile. Nothing was done.

    Attributes:
        draft: as it is now; None where there is none any more.
    """

    draft: Draft | None


class CorrectionEnded(Exception):
    """What the draft was to correct has ended, or there is something to correct now: it would become another thing."""


async def find(session: Session, educator_id: str, class_code: str) -> Draft | None:
    """An educator's draft of a class."""
    return await session.scalar(_ONE, {"educator_id": educator_id, "class_code": class_code})


async def of_educator(session: Session, educator_id: str) -> Sequence[Draft]:
    """An educator's drafts, the last saved first."""
    return (await session.scalars(_OF_EDUCATOR, {"educator_id": educator_id})).all()


async def begin(session: Session, educator_id: str, class_code: str, answers: Mapping[str, Any], now: datetime) -> None:
    """Begin a draft with these answers; where there is one already it stays as it is.

    Raises:
        AlreadyOpen: an application of this class is open, and is not with the educator to be corrected.
    """
    await cases.hold(session, educator_id)
    open_one = await applications.open_one(session, educator_id, class_code)
    if open_one and open_one.state != State.RETURNED:
        raise applications.AlreadyOpen(open_one.id)
    await session.execute(
        insert(Draft)
        .values(
            id=uuid4(),
            educator_id=educator_id,
            class_code=class_code,
            answers=dict(answers),
            saved_at=now,
            saved_on=local_day(now),
        )
        .on_conflict_do_nothing()
    )


async def save(
    session: Session, educator_id: str, class_code: str, version: int, answers: Mapping[str, Any], now: datetime
) -> int:
    """Keep these answers.

    Returns:
        The draft's new version.

    Raises:
        Overtaken: it is not at `version` any more.
    """
    saved = await session.scalar(
        update(Draft)
        .where(Draft.educator_id == educator_id, Draft.class_code == class_code, Draft.version == version)
        .values(
            answers=dict(answers),
            saved_at=now,
            saved_on=local_day(now),
            version=Draft.version + 1,
            warned=0,
            warned_on=None,
        )
        .returning(Draft.version)
    )
    if saved is None:
        raise Overtaken(await find(session, educator_id, class_code))
    return int(saved)


async def remove(session: Session, educator_id: str, class_code: str, version: int) -> None:
    """Delete a draft that its educator has seen at this version; one that is gone already stays gone.

    Raises:
        Overtaken: it was saved again meanwhile.
    """
    removed = await session.scalar(
        delete(Draft)
        .where(Draft.educator_id == educator_id, Draft.class_code == class_code, Draft.version == version)
        .returning(Draft.id)
    )
    if removed is None and (left := await find(session, educator_id, class_code)):
        raise Overtaken(left)


async def submit(
    session: Session,
    office: Office,
    acting: Acting,
    draft: Draft,
    corrects: UUID | None,
    submission: Submission,
    now: datetime,
) -> Found:
    """Submit what a draft became: as the correction of the application that was returned, else as a new one.

    Raises:
        AlreadyOpen: an application of this class is open, and is not with the educator to be corrected.
        Overtaken: the draft is not as it was read.
        CorrectionEnded: the application it corrects has ended. Nothing was done.
        Refused: the application it corrects is not with the educator any more, or the form lacks something.
    """
    await cases.hold(session, draft.educator_id)
    corrected = await applications.open_one(session, draft.educator_id, draft.class_code)
    if corrected and corrected.state != State.RETURNED:
        raise applications.AlreadyOpen(corrected.id)
    if (corrected.id if corrected else None) != corrects:
        # Whoever corrects an application that was withdrawn in another window does not mean to begin a new one.
        raise CorrectionEnded
    # Of two who press "Submit" the second finds no draft: the first took it with it.
    taken = await session.scalar(
        delete(Draft).where(Draft.id == draft.id, Draft.version == draft.version).returning(Draft.id)
    )
    if taken is None:
        raise Overtaken(await find(session, draft.educator_id, draft.class_code))
    if corrected:
        return await applications.resubmit(session, office, acting, corrected.id, submission, now)
    return await applications.submit(session, office, acting, draft.class_code, submission, now)


async def pass_time(session: Session, book: Rulebook, now: datetime) -> int:
    """Warn educators whose drafts will be dropped, and drop those of which they were warned as often as is promised.

    A warning that comes late, because nothing ran meanwhile, moves the last day: who reads it has the days it names.

    Returns:
        How many drafts were touched; call again while it is `AT_ONCE` or more.
    """
    day = local_day(now)
    terms = book.terms(day)
    # Near enough to be found by index: no month is more than three days shorter than another.
    edge = last_day(day + timedelta(days=max(terms.draft_warnings, default=0) + 4), -terms.draft_months)
    given = {"months": terms.draft_months, "warnings": list(terms.draft_warnings), "day": day, "before": edge}
    dropped = (await session.execute(_DROP, given | {"most": AT_ONCE})).all()
    warned = (await session.execute(_WARN, given | {"most": AT_ONCE})).all()
    await publish(
        session,
        *(DraftDropped.now(one.educator_id, classification=_title(book, one.class_code, day)) for one in dropped),
        *(
            DraftExpiring.now(
                one.educator_id,
                classification=_title(book, one.class_code, day),
                drop_on=drop_on(terms, one.saved_on, one.warned, one.warned_on),
            )
            for one in warned
        ),
    )
    return len(dropped) + len(warned)


def drop_on(terms: Terms, saved_on: date, warned: int, warned_on: date | None) -> date:
    """The last day of a draft: so many months after it was saved, and never sooner than its newest warning said."""
    last = last_day(saved_on, terms.draft_months)
    if warned_on is None:
        return last
    return max(last, *(warned_on + timedelta(days=days) for days in terms.draft_warnings[warned - 1 : warned]))


def _title(book: Rulebook, class_code: str, day: date) -> str:
    """A class as people know it; one that is gone meanwhile by its code."""
    kind = book.find(class_code, day)
    return kind.title if kind else class_code
