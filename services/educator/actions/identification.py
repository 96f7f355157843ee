"""Connecting an account with its record, once per person; where that needs a person's decision, opening a case."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy import case, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.educator.actions import accounts, persons
from services.educator.rules.cases import Decision, Kind
from services.educator.rules.names import LegalName
from services.educator.tables import Attempts, IdentityCase, Person
from services.educator.vault import SSN, Vault
from shared import audit
from shared.db import Session
from shared.events import IdentityCaseOpened
from shared.outbox import publish

# An account's own submissions go one after another, so that a double click is no second account. Between accounts the
# unique index decides.
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:account, 0))")


class Claimant(Protocol):
    """The signed-in person whose account is to be connected."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def username(self) -> str: ...

    @property
    def language(self) -> str: ...


@dataclass(frozen=True)
class Claim:
    """What a person says of themselves. `number` is None where they have no SSN."""

    number: str | None
    birth_date: date
    name: LegalName


@dataclass(frozen=True)
class Standing:
    """Where an account is: it holds a record, waits in a case, or neither.

    Attributes:
        educator_id: of the record that the account holds.
        case: the open case, or the last one that ended.
        lost: the case by which the account's record went to another account, if nothing came after.
    """

    educator_id: str | None = None
    case: IdentityCase | None = None
    lost: IdentityCase | None = None

    @property
    def closed(self) -> bool:
        """The account itself is closed or about to be: its person has a record under another one."""
        return self.case is not None and self.case.outcome == Decision.SAME_PERSON

    @property
    def may_identify(self) -> bool:
        """Neither holds a record nor waits for a decision."""
        return self.educator_id is None and not self.closed and (self.case is None or self.case.ended_at is not None)


async def standing(session: Session, account_id: UUID) -> Standing:
    """Where an account is."""
    educator_id = await session.scalar(select(Person.educator_id).where(Person.account_id == account_id))
    if educator_id:
        return Standing(educator_id=educator_id)
    own = await session.scalar(
        select(IdentityCase)
        .where(IdentityCase.account_id == account_id)
        .order_by(IdentityCase.ended_at.desc().nulls_first())
        .limit(1)
    )
    lost = await session.scalar(
        select(IdentityCase)
        .where(IdentityCase.end_holder_account_id == account_id, IdentityCase.outcome == Decision.RECORD_MOVED)
        .order_by(IdentityCase.ended_at.desc())
        .limit(1)
    )
    if lost and own and (own.ended_at is None or own.opened_at > lost.opened_at):
        lost = None
    return Standing(case=own, lost=lost)


async def count_attempt(
    session: Session, account_id: UUID, *, most: int, window: timedelta, now: datetime
) -> datetime | None:
    """Count one submission; PostgreSQL keeps the count, so it survives a flushed Redis.

    Returns:
        None while the account may try; else the moment from which it may again.
    """
    began_long_ago = Attempts.window_began_at <= now - window
    statement = (
        insert(Attempts)
        .values(account_id=account_id, count=1, window_began_at=now)
        .on_conflict_do_update(
            index_elements=[Attempts.account_id],
            set_={
                "count": case((began_long_ago, 1), else_=Attempts.count + 1),
                "window_began_at": case((began_long_ago, now), else_=Attempts.window_began_at),
            },
        )
        .returning(Attempts.count, Attempts.window_began_at)
    )
    count, began_at = (await session.execute(statement)).one()
    return None if count <= most else began_at + window


async def identify(session: Session, vault: Vault, claimant: Claimant, claim: Claim, now: datetime) -> None:
    """Give the account its record, or open a case. Does nothing where it has either already.

    A number that a record has already opens the same kind of case whether or not the birth date fits that record; the
    birth date is not even looked at. So nobody learns from the answer, or from the time it takes, which it was.
    """
    await session.execute(_ONE_AT_A_TIME, {"account": str(claimant.account_id)})
    if not (await standing(session, claimant.account_id)).may_identify:
        return
    if claim.number is None:
        await _open(session, vault, claimant, claim, Kind.NO_NUMBER, None, now)
        return
    digests = vault.digests(SSN, claim.number)
    record_id = await persons.with_number(session, digests)
    if record_id is None:
        if await _link(session, vault, claimant, claim, now):
            return
        # Somebody was faster between the look and the insert; the unique index has said so.
        record_id = await persons.with_number(session, digests)
    if record_id is not None:
        await _open(session, vault, claimant, claim, Kind.NUMBER_IN_USE, record_id, now)


async def _link(session: Session, vault: Vault, claimant: Claimant, claim: Claim, now: datetime) -> bool:
    account = await accounts.known_for_record(session, claimant.account_id)
    holder = persons.Holder(
        claimant.account_id, account.email if account else None, account.language if account else claimant.language
    )
    try:
        async with session.begin_nested():
            educator_id = await persons.make(
                session, vault, holder, name=claim.name, birth_date=claim.birth_date, number=claim.number, now=now
            )
    except IntegrityError:
        return False
    await audit.record(
        session,
        action="record.made",
        actor=claimant,
        subject=f"educator:{educator_id}",
        new={"account": str(claimant.account_id)},
    )
    return True


async def _open(
    session: Session,
    vault: Vault,
    claimant: Claimant,
    claim: Claim,
    kind: Kind,
    record_id: str | None,
    now: datetime,
) -> None:
    case_id = uuid4()
    opened = await session.scalar(
        insert(IdentityCase)
        .values(
            case_id=case_id,
            account_id=claimant.account_id,
            kind=kind,
            username=claimant.username,
            first_name=claim.name.first,
            last_name=claim.name.last,
            language=claimant.language,
            record_id=record_id,
            opened_at=now,
            version=1,
            documents_asked_for="",
            ended_by="",
            end_reason="",
        )
        .on_conflict_do_nothing(index_elements=[IdentityCase.account_id], index_where=IdentityCase.ended_at.is_(None))
        .returning(IdentityCase.case_id)
    )
    if opened is None:
        return
    # The number itself is not kept a second time: it is the record's own, or there is none.
    owner = str(case_id)
    await persons.put(session, vault, owner, vault.seal(owner, birth_date=claim.birth_date, ssn=None), claim.birth_date)
    holder = (
        None
        if record_id is None
        else await session.scalar(select(Person.account_id).where(Person.educator_id == record_id))
    )
    await audit.record(
        session,
        action="identity_case.opened",
        actor=claimant,
        subject=f"identity_case:{case_id}",
        new={"kind": kind, "record": record_id},
    )
    await publish(
        session,
        IdentityCaseOpened.now(claimant.account_id, case_id=case_id, kind=kind, holder_account_id=holder),
    )


async def documents_sent(session: Session, claimant: Claimant, now: datetime) -> None:
    """The person says that the documents are on their way: staff act next. Pressing twice changes nothing more."""
    waiting = await session.scalar(
        select(IdentityCase)
        .where(IdentityCase.account_id == claimant.account_id, IdentityCase.ended_at.is_(None))
        .with_for_update()
    )
    if waiting is None or waiting.documents_asked_at is None or waiting.documents_sent_at is not None:
        return
    waiting.documents_sent_at = now
    waiting.version += 1
    await audit.record(
        session,
        action="identity_case.documents_sent",
        actor=claimant,
        subject=f"identity_case:{waiting.case_id}",
    )
