"""Identity cases as staff see them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from services.educator.actions import persons
from services.educator.rules import cases as rules
from services.educator.rules.cases import Shown, Turn
from services.educator.rules.names import LegalName, may_be_one
from services.educator.tables import BlindIndex, IdentityCase, KnownAccount, Person
from services.educator.vault import BIRTH_DATE, Vault
from shared import audit
from shared.audit import Actor
from shared.db import Session

# The median of this long is what people are told is usual.
_USUAL_OVER = timedelta(days=365)


@dataclass(frozen=True)
class Beside:
    """A record that may be the same person's, beside a case. What staff may see without a stated reason.

    Attributes:
        username: of the account that holds it; None while identity's word on it has not arrived.
        same_number: it has the number that was typed.
        same_birth_date: its birth date is the one that was typed (compared by digest, not opened).
        has_number: it has an SSN at all.
    """

    educator_id: str
    account_id: UUID
    username: str | None
    name: LegalName
    made_at: datetime
    same_number: bool
    same_birth_date: bool
    has_number: bool


@dataclass(frozen=True)
class Sight:
    """A case with what lies beside it."""

    case: IdentityCase
    records: tuple[Beside, ...]
    others: tuple[IdentityCase, ...]

    @property
    def mark(self) -> str:
        """What a decision repeats, so that one made on an older sight is refused."""
        return rules.mark(Shown(record.educator_id, record.account_id) for record in self.records)

    @property
    def turn(self) -> Turn:
        """Who acts next."""
        return turn(self.case)


@dataclass(frozen=True)
class Opened:
    """What was shown once, for a stated reason, of a claim or a record. `last_four` is None without an SSN."""

    whose: str
    last_four: str | None
    birth_date: date


def turn(case: IdentityCase) -> Turn:
    """Who acts next in an open case."""
    return rules.turn(case.documents_asked_at, case.documents_sent_at)


async def queue(session: Session, *, ended: bool, offset: int, limit: int) -> tuple[list[IdentityCase], int]:
    """Cases in order of age, the open ones oldest first and the ended ones newest first; and how many there are."""
    which = IdentityCase.ended_at.is_not(None) if ended else IdentityCase.ended_at.is_(None)
    order = IdentityCase.ended_at.desc() if ended else IdentityCase.opened_at
    found = await session.scalars(
        select(IdentityCase).where(which).order_by(order, IdentityCase.case_id).offset(offset).limit(limit)
    )
    return list(found), await session.scalar(select(func.count()).select_from(IdentityCase).where(which)) or 0


async def waiting_for_staff(session: Session) -> int:
    """How many open cases a member of staff has to act on."""
    return (
        await session.scalar(
            select(func.count())
            .select_from(IdentityCase)
            .where(
                IdentityCase.ended_at.is_(None),
                IdentityCase.documents_asked_at.is_(None) | IdentityCase.documents_sent_at.is_not(None),
            )
        )
        or 0
    )


async def usual_days(session: Session, now: datetime, policy_days: int) -> int:
    """How many days cases usually take, from our own data."""
    rows = await session.execute(
        select(IdentityCase.opened_at, IdentityCase.ended_at).where(IdentityCase.ended_at > now - _USUAL_OVER)
    )
    return rules.usual_days([ended - opened for opened, ended in rows if ended], policy_days)


async def sight(session: Session, case_id: UUID, *, lock: bool = False) -> Sight | None:
    """A case with the records that may be the same person's, the one with the same number first.

    A record is a candidate where its birth date is the one claimed and the names may be one person's; birth dates are
    compared by their digests. Locked, nothing shown changes until the transaction ends.
    """
    statement = select(IdentityCase).where(IdentityCase.case_id == case_id)
    case = await session.scalar(statement.with_for_update() if lock else statement)
    if case is None:
        return None
    if case.ended_at is not None:
        return Sight(case, (), ())
    mine = aliased(BlindIndex)
    twins = set(
        await session.scalars(
            select(BlindIndex.owner)
            .join(mine, mine.digest == BlindIndex.digest)
            .where(mine.owner == str(case_id), mine.field == BIRTH_DATE, BlindIndex.owner != mine.owner)
        )
    )
    wanted = twins | ({case.record_id} if case.record_id else set())
    people = (
        select(Person, KnownAccount.username)
        .outerjoin(KnownAccount, KnownAccount.account_id == Person.account_id)
        .where(Person.educator_id.in_(wanted))
        .order_by(Person.educator_id)
    )
    claimed = LegalName(case.first_name, "", case.last_name)
    records = []
    for person, username in await session.execute(people.with_for_update(of=Person) if lock else people):
        same_number = person.educator_id == case.record_id
        if same_number or may_be_one(claimed, persons.name_of(person)):
            entry = await persons.entry(session, person.educator_id)
            records.append(
                Beside(
                    educator_id=person.educator_id,
                    account_id=person.account_id,
                    username=username,
                    name=persons.name_of(person),
                    made_at=person.made_at,
                    same_number=same_number,
                    same_birth_date=person.educator_id in twins,
                    has_number=entry.ssn is not None,
                )
            )
    others = await session.scalars(
        select(IdentityCase)
        .where(
            IdentityCase.ended_at.is_(None),
            IdentityCase.case_id != case_id,
            IdentityCase.case_id.in_([UUID(owner) for owner in twins if len(owner) == 36])
            | (IdentityCase.record_id.is_not(None) & (IdentityCase.record_id == case.record_id)),
        )
        .order_by(IdentityCase.opened_at)
    )
    return Sight(case, tuple(sorted(records, key=lambda record: not record.same_number)), tuple(others))


async def open_values(session: Session, vault: Vault, actor: Actor, seen: Sight, reason: str) -> list[Opened]:
    """Last four digits and birth dates of the claim and the records beside it, each read a row of the trail."""
    owners = [str(seen.case.case_id), *(record.educator_id for record in seen.records)]
    shown = []
    for owner in owners:
        entry = await persons.entry(session, owner)
        subject = f"identity_case:{owner}" if owner == owners[0] else f"educator:{owner}"
        await audit.record(session, action="birth_date.read", actor=actor, subject=subject, reason=reason)
        number = None
        if entry.ssn is not None:
            await audit.record(session, action="ssn.read", actor=actor, subject=subject, reason=reason)
            number = vault.ssn(owner, entry)[-4:]
        shown.append(Opened("" if owner == owners[0] else owner, number, vault.birth_date(owner, entry)))
    return shown
