"""What is done to applications: submitted, acted on, ended by time. One function is one change and its facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from services.certificate.actions import cases, certificates, facts
from services.certificate.actions.cases import Found, shown
from services.certificate.rules.case import Case, Checks, Deed, Entry, Submission
from services.certificate.rules.classes import CertificateClass, Rulebook
from services.certificate.rules.completeness import incomplete
from services.certificate.rules.deeds import Acting, Doing, Review, details, meanwhile
from services.certificate.rules.refusals import refusal
from services.certificate.rules.requirements import Party
from services.certificate.rules.standing import State, class_of, standing
from services.certificate.tables import Application
from shared import audit
from shared.db import Session
from shared.keys import Keys
from shared.outbox import publish
from shared.policy import local_day
from shared.text import Text, text

AT_ONCE: Final = 200


@dataclass(frozen=True)
class Office:
    """What acting needs beside the database: the rules, and the keys to seal what only the educator may read."""

    book: Rulebook
    keys: Keys


class AlreadyOpen(Exception):
    """The educator has an open application of this class: whoever begins another is led to it."""

    def __init__(self, application_id: UUID) -> None:
        super().__init__()
        self.application_id = application_id


class Overtaken(Exception):
    """Something happened to the application since the page was opened. Nothing was done."""

    def __init__(self, found: Found) -> None:
        super().__init__()
        self.found = found


class Refused(Exception):
    """The rules do not let this happen; `sentence` says why. Nothing was done."""

    def __init__(self, sentence: Text) -> None:
        super().__init__()
        self.sentence = sentence


async def open_one(session: Session, educator_id: str, class_code: str) -> Application | None:
    """The educator's open application of a class."""
    return await session.scalar(
        select(Application).where(
            Application.educator_id == educator_id,
            Application.class_code == class_code,
            Application.ended_on.is_(None),
        )
    )


async def submit(
    session: Session, office: Office, acting: Acting, class_code: str, submission: Submission, now: datetime
) -> Found:
    """Sign and submit: to the institution, or to the department.

    Raises:
        AlreadyOpen: there is an open one of this class.
        Refused: the form lacks something.
        LookupError: the policy has no such class today, or the account holds no record.
    """
    day = local_day(now)
    kind = office.book.find(class_code, day)
    if kind is None or acting.educator_id is None:
        raise LookupError(class_code)
    lack = incomplete(kind, office.book, submission, day)
    if lack is not None:
        raise Refused(lack)
    # One at a time per educator, so that what fingerprint says meanwhile is either read here or finds the application.
    await cases.hold(session, acting.educator_id)
    other = await open_one(session, acting.educator_id, class_code)
    if other:
        raise AlreadyOpen(other.id)
    entry = _entry(1, Deed.RECEIVED, now, acting, {"submission": submission.to_json()})
    first = Case(class_code, (entry,))
    at = standing(office.book, first, Checks(), day)
    application_id = uuid4()
    await session.execute(
        insert(Application).values(
            id=application_id,
            educator_id=acting.educator_id,
            class_code=class_code,
            received_on=day,
            version=1,
            state=at.state,
            move=at.move,
            since=day,
            due_on=at.due_on,
            held=False,
        )
    )
    await cases.add(session, application_id, entry)
    found = await _settled(session, office, application_id, day)
    await _admit(session, office, found, day)
    await _tell(session, office, found, kind, entry)
    return found


async def resubmit(
    session: Session,
    office: Office,
    acting: Acting,
    application_id: UUID,
    submission: Submission,
    now: datetime,
) -> Found:
    """Submit a returned application again, corrected.

    Raises:
        Refused: it is not with the educator, or the form lacks something.
        LookupError: there is none, or it is somebody else's.
    """
    day = local_day(now)
    if acting.educator_id is None:
        raise LookupError(application_id)
    await cases.hold(session, acting.educator_id)
    before = await cases.find(session, office.book, application_id, day, lock=True)
    if before is None or before.row.educator_id != acting.educator_id:
        raise LookupError(application_id)
    if before.standing.state is not State.RETURNED:
        raise Refused(text("This application is not with you to correct, so nothing was sent."))
    kind = class_of(office.book, before.case)
    lack = incomplete(kind, office.book, submission, before.case.received.day)
    if lack is not None:
        raise Refused(lack)
    entry = _entry(before.case.version + 1, Deed.RESUBMITTED, now, acting, {"submission": submission.to_json()})
    await cases.add(session, application_id, entry)
    found = await _settled(session, office, application_id, day)
    await _admit(session, office, found, day)
    await _tell(session, office, found, kind, entry)
    return found


async def act(
    session: Session,
    office: Office,
    acting: Acting,
    application_id: UUID,
    version: int,
    doing: Doing,
    now: datetime,
) -> Found:
    """Do one thing to an application that the person saw at `version`.

    Raises:
        LookupError: there is no such application.
        Overtaken: something happened to it meanwhile.
        Refused: the rules do not let it happen.
    """
    day = local_day(now)
    before = await cases.find(session, office.book, application_id, day, lock=True)
    if before is None:
        raise LookupError(application_id)
    why = refusal(doing, office.book, before.case, before.standing, acting, before.row.educator_id, day)
    # Whoever may not act on it at all learns nothing of what happened to it.
    overtaken = version > before.case.version or meanwhile(before.case, version, acting.party)
    if overtaken and _may_see(before, acting):
        raise Overtaken(before)
    if why is not None:
        raise Refused(why)
    kind = class_of(office.book, before.case)
    kept = dict(details(doing))
    if isinstance(doing, Review):
        kept["read"] = before.standing.admissions
    if doing.deed is Deed.ISSUED:
        kept |= await certificates.issue(session, office.book, before, kind, day)
    entry = _entry(before.case.version + 1, doing.deed, now, acting, kept)
    await cases.add(session, application_id, entry)
    found = await _settled(session, office, application_id, day)
    await _tell(session, office, found, kind, entry)
    await audit.record(
        session,
        action=f"application.{doing.deed}",
        subject=f"educator:{found.row.educator_id}",
        actor=acting,
        reason=str(kept.get("reason", "")),
        old={"application": shown(found.row.number), "state": before.standing.state},
        new={"version": entry.number, "state": found.standing.state},
    )
    return found


def _may_see(found: Found, acting: Acting) -> bool:
    """Whether this person may see the application: staff, its educator, an official of its institution."""
    match acting.party:
        case Party.DEPARTMENT:
            return True
        case Party.INSTITUTION:
            return found.case.submission.institution in acting.institutions
        case _:
            return found.row.educator_id == acting.educator_id


async def pass_time(session: Session, office: Office, now: datetime) -> int:
    """Do what the calendar brings: remind, close what is overdue, notice clearances that ran out.

    Returns:
        How many applications were looked at; call again while it is `AT_ONCE`.
    """
    day = local_day(now)
    rows = (
        await session.scalars(
            select(Application)
            .where(Application.wakes_on <= day)
            .order_by(Application.wakes_on, Application.id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
    ).all()
    # One educator after the other, as `worklog.act_on_several` does: to say a fact is to hold its educator's numbers.
    for found in sorted(await cases.derived(session, office.book, rows, day), key=lambda one: one.row.educator_id):
        kind = class_of(office.book, found.case)
        at = found.standing
        deed = Deed.CLOSED if at.overdue else Deed.REMINDED if at.remind is not None else None
        if deed is None:
            cases.write_down(found)
            continue
        entry = _entry(found.case.version + 1, deed, now, None, {"after_days": at.remind} if at.remind else {})
        await cases.add(session, found.row.id, entry)
        after = await _settled(session, office, found.row.id, day)
        await _tell(session, office, after, kind, entry)
    await session.flush()
    return len(rows)


async def _settled(session: Session, office: Office, application_id: UUID, day: date) -> Found:
    """The application as it stands after the change, written down."""
    found = await cases.find(session, office.book, application_id, day)
    if found is None:
        raise LookupError(application_id)
    cases.write_down(found)
    await session.flush()
    return found


async def _admit(session: Session, office: Office, found: Found, day: date) -> None:
    """A Yes about conduct counts in every open application of the educator.

    Done before anything is said: whoever holds one of them may be waiting to say something.
    """
    if found.case.submission.conduct:
        await cases.refresh(session, office.book, {found.row.educator_id}, day)
        await session.flush()


def _entry(number: int, deed: Deed, now: datetime, acting: Acting | None, kept: Mapping[str, Any]) -> Entry:
    return Entry(
        number,
        deed,
        now,
        local_day(now),
        acting.account_id if acting else None,
        acting.username if acting else "system",
        kept,
    )


async def _tell(session: Session, office: Office, found: Found, kind: CertificateClass, entry: Entry) -> None:
    await publish(session, *facts.told(office.keys, found, kind, entry))
