"""What an administrator decides in an identity case, carried out."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text

from services.educator.actions import accounts, persons
from services.educator.actions.cases import Beside, sight
from services.educator.rules import cases as rules
from services.educator.rules.cases import Decision
from services.educator.rules.names import LegalName, after_move
from services.educator.tables import IdentityCase, PendingAddress, Person
from services.educator.vault import Vault
from shared import audit, sealed
from shared.audit import Actor
from shared.db import Session
from shared.events import ContactChanged, EducatorIdentified, Event, IdentityCaseClosed, IdentityDocumentsRequested
from shared.keys import Keys
from shared.outbox import publish


class Stale(Exception):
    """The case, or a record beside it, is no longer as the administrator saw it."""


class NotOne(Exception):
    """The decision needs one of the records beside the case, and none was chosen."""


class OwnCase(Exception):
    """Nobody decides a case of their own."""


class AddressUnknown(Exception):
    """identity's word on the second account has not arrived, so letters about the record would go to the first."""


@dataclass(frozen=True)
class Deciding:
    """An administrator's decision, and the sight it was made on."""

    decision: Decision
    reason: str
    record: str
    version: int
    mark: str


async def decide(
    session: Session, vault: Vault, keys: Keys, actor: Actor, case_id: UUID, deciding: Deciding, now: datetime
) -> None:
    """Carry out a decision; the first of two administrators is heard, the second told.

    Raises:
        Stale: the case or a record beside it changed since it was seen.
        NotOne: the decision is about a record, and none of those beside the case was chosen.
        OwnCase: the administrator's own account is in the case.
        AddressUnknown: the record cannot move before identity's word on the account has arrived.
    """
    if deciding.decision is Decision.PERSON_MADE:
        await _one_maker_at_a_time(session, case_id)
    seen = await sight(session, case_id, lock=True)
    if seen is None or seen.case.ended_at is not None or seen.case.version != deciding.version:
        raise Stale
    if seen.mark != deciding.mark:
        raise Stale
    if actor.account_id in (seen.case.account_id, *(record.account_id for record in seen.records)):
        raise OwnCase
    record = next((record for record in seen.records if record.educator_id == deciding.record), None)
    if rules.needs_record(deciding.decision) and record is None:
        raise NotOne

    case = seen.case
    case.version += 1
    await audit.record(
        session,
        action=f"identity_case.{deciding.decision}",
        actor=actor,
        subject=f"identity_case:{case_id}",
        reason=deciding.reason,
        old={"account": str(case.account_id), "holder": str(record.account_id) if record else None},
        new={"record": record.educator_id if record else None},
    )
    if deciding.decision is Decision.DOCUMENTS:
        await _ask(session, keys, case, deciding.reason, now)
        return
    case.ended_at, case.outcome = now, deciding.decision
    case.ended_by, case.end_reason = actor.username, deciding.reason
    said: list[Event] = []
    holder = record.account_id if record is not None else None
    if deciding.decision is Decision.PERSON_MADE:
        # Who has the number was told that the case opened, and is told that nothing came of it.
        holder = next((record.account_id for record in seen.records if record.same_number), None)
        await _make(session, vault, actor, case, deciding.reason, now)
    elif record is not None:
        case.end_record_id, case.end_holder_account_id = record.educator_id, record.account_id
        if deciding.decision is Decision.RECORD_MOVED:
            said = await _move(session, vault, actor, case, record, deciding.reason, now)
    await persons.forget(session, str(case_id))
    said.append(
        IdentityCaseClosed.now(
            case.account_id,
            case_id=case_id,
            outcome=deciding.decision.value,
            holder_account_id=holder,
        )
    )
    await publish(session, *said)


async def _one_maker_at_a_time(session: Session, case_id: UUID) -> None:
    """Two cases with one birth date do not become two records unseen: the second maker sees the first one's record."""
    await session.execute(
        text(
            "SELECT pg_advisory_xact_lock(CAST(CAST('x' || left(encode(digest, 'hex'), 16) AS bit(64)) AS bigint))"
            " FROM (SELECT digest FROM blind_index WHERE owner = :owner AND field = 'birth_date'"
            " ORDER BY version LIMIT 1) AS oldest"
        ),
        {"owner": str(case_id)},
    )


async def _ask(session: Session, keys: Keys, case: IdentityCase, words: str, now: datetime) -> None:
    case.documents_asked_at, case.documents_asked_for, case.documents_sent_at = now, words, None
    await publish(
        session,
        IdentityDocumentsRequested.now(
            case.account_id, case_id=case.case_id, sealed=sealed.seal(keys, {"reason": words})
        ),
    )


async def _claimed_birth_date(session: Session, vault: Vault, actor: Actor, case: IdentityCase, reason: str) -> date:
    owner = str(case.case_id)
    await audit.record(session, action="birth_date.read", actor=actor, subject=f"identity_case:{owner}", reason=reason)
    return vault.birth_date(owner, await persons.entry(session, owner))


async def _make(session: Session, vault: Vault, actor: Actor, case: IdentityCase, reason: str, now: datetime) -> None:
    birth_date = await _claimed_birth_date(session, vault, actor, case, reason)
    account = await accounts.known_for_record(session, case.account_id)
    educator_id = await persons.make(
        session,
        vault,
        persons.Holder(case.account_id, account.email if account else None, case.language),
        name=LegalName(case.first_name, "", case.last_name),
        birth_date=birth_date,
        number=None,
        now=now,
    )
    case.end_record_id = educator_id
    await audit.record(
        session,
        action="record.made",
        actor=actor,
        subject=f"educator:{educator_id}",
        reason=reason,
        new={"account": str(case.account_id)},
    )


async def _move(
    session: Session,
    vault: Vault,
    actor: Actor,
    case: IdentityCase,
    record: Beside,
    reason: str,
    now: datetime,
) -> list[Event]:
    """The record is the second account's from now on, with its name, address and birth date; nothing by which the
    first could be reached or recognised stays in sight."""
    account = await accounts.known(session, case.account_id)
    if account is None:
        raise AddressUnknown
    person = await session.get_one(Person, record.educator_id)
    old = record.name
    new = after_move(old, LegalName(case.first_name, "", case.last_name))
    person.account_id, person.linked_at = case.account_id, now
    person.first_name, person.middle_name, person.last_name = new.first, new.middle, new.last
    person.former_last_names = list(new.former_lasts)
    person.profile_version += 1
    person.email, person.language = account.email, account.language
    person.phone = person.street = person.city = person.state = person.zip_code = ""
    person.contact_version += 1
    pending = await session.get(PendingAddress, record.educator_id)
    if pending is not None:
        await session.delete(pending)
    if not record.same_birth_date:
        await _correct_birth_date(session, vault, actor, case, record, reason)
    await audit.record(
        session,
        action="record.moved",
        actor=actor,
        subject=f"educator:{record.educator_id}",
        reason=reason,
        old={"account": str(record.account_id)},
        new={"account": str(case.account_id)},
    )
    facts: list[Event] = [EducatorIdentified.now(record.educator_id, account_id=case.account_id)]
    if new != old:
        facts.append(persons.name_changed(record.educator_id, new))
    facts.append(ContactChanged.now(record.educator_id, email=account.email, language=account.language))
    return facts


async def _correct_birth_date(
    session: Session, vault: Vault, actor: Actor, case: IdentityCase, record: Beside, reason: str
) -> None:
    """The record takes the birth date that the second account claimed and the administrator has now believed."""
    birth_date = await _claimed_birth_date(session, vault, actor, case, reason)
    subject = f"educator:{record.educator_id}"
    old = await persons.entry(session, record.educator_id)
    number = None
    if old.ssn is not None:
        await audit.record(session, action="ssn.read", actor=actor, subject=subject, reason=reason)
        number = vault.ssn(record.educator_id, old)
    new = vault.seal(record.educator_id, birth_date=birth_date, ssn=number, version=old.version + 1)
    await persons.put(session, vault, record.educator_id, new, birth_date, number)
    await audit.record(session, action="birth_date.changed", actor=actor, subject=subject, reason=reason)
