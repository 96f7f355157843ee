"""Login: the same work and the same answer for every name, known or not, until the password is right."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.identity.actions import sessions
from services.identity.passwords import Passwords, Verdict
from services.identity.rules import attempts
from services.identity.rules.access import READS_HISTORY
from services.identity.rules.people import sign_in_key
from services.identity.tables import Account, Failure, Granted, HistoryReaderFailure, Registration
from shared import audit
from shared.db import Session
from shared.events import AccountLocked
from shared.keys import KeyRing, blind
from shared.outbox import publish

_READS_HISTORY = [str(role) for role in READS_HISTORY]


class Refused(StrEnum):
    """Why somebody was not let in."""

    WRONG = "wrong"
    WAIT = "wait"
    LOCKED = "locked"
    CLOSED = "closed"


@dataclass(frozen=True)
class Welcome:
    """Let in, with a new session."""

    account_id: UUID
    username: str
    token: str


@dataclass(frozen=True)
class Unconfirmed:
    """The right password of a registration whose address is not confirmed yet."""

    registration: Registration


@dataclass(frozen=True)
class Refusal:
    """Not let in. `wait` is how long no attempt with this name is looked at."""

    why: Refused
    wait: timedelta = timedelta(0)


@dataclass(frozen=True)
class Subject:
    """Who did something, for the trail."""

    account_id: UUID
    username: str


@dataclass(frozen=True)
class Attempt:
    """A counted attempt, and what its password is to be checked against."""

    counter: bytes
    by_address: bool
    account: Account | None
    registration: Registration | None


@dataclass(frozen=True)
class Checked:
    """What checking came to: for the account, and for the registration that waits."""

    verdict: Verdict
    pending: Verdict


async def begin(session: Session, index: KeyRing, name: str, now: datetime) -> Attempt | Refusal:
    """The first of three steps: count an attempt, and look up whose name it is.

    Each is counted, and that committed, before its password is looked at: many at once are as slow as one after
    another. Then `check` needs no connection to the database, and `finish` takes the count back where it is right.
    """
    key = sign_in_key(name)
    counter = name_index(index, key)
    wait = await count_attempt(session, counter, now)
    if wait > timedelta(0):
        return Refusal(Refused.WAIT, wait)
    account, registration = await _known(session, key, now)
    return Attempt(counter, "@" in key, account, registration)


async def check(passwords: Passwords, attempt: Attempt, password: str) -> Checked:
    """The second step: the work of it, the same for every name.

    Raises:
        Busy: too many people at this moment.
    """
    account, registration = attempt.account, attempt.registration
    if attempt.by_address:
        # An address can have both, and whether it has an account must not show: both are checked, always.
        return Checked(
            await passwords.check(account.password_hash if account else None, password),
            await passwords.check(registration.password_hash if registration else None, password),
        )
    holder = account or registration
    verdict = await passwords.check(holder.password_hash if holder else None, password)
    return Checked(verdict, verdict)


async def finish(
    session: Session, passwords: Passwords, attempt: Attempt, checked: Checked, password: str, now: datetime
) -> Welcome | Unconfirmed | Refusal:
    """The third step: let in or refuse."""
    # The counter before the account, in the order in which a reset holds them.
    await _hold(session, attempt.counter, now)
    account, verdict = attempt.account, checked.verdict
    if account is not None and verdict.right:
        account, verdict = await _still_right(session, passwords, account, password, verdict)
    if account is not None and verdict.right:
        return await _right(session, account, verdict.new_hash, attempt.counter, now)
    if attempt.registration is not None and checked.pending.right:
        await session.execute(delete(Failure).where(Failure.name_index == attempt.counter))
        return Unconfirmed(attempt.registration)
    await _wrong(session, account, attempt.counter, now)
    return Refusal(Refused.WRONG)


def name_index(index: KeyRing, key: str) -> bytes:
    """What failures are counted under: tells nothing of what was typed."""
    return blind(index.current[1], f"login:{key}")


async def forget_failures(session: Session, index: KeyRing, who: Account | Registration) -> None:
    """End the delays of somebody, under their username and their address."""
    counters = [name_index(index, who.name_key), name_index(index, who.email_key)]
    await session.execute(delete(Failure).where(Failure.name_index.in_(counters)))


async def count_attempt(session: Session, counter: bytes, now: datetime) -> timedelta:
    """Count an attempt under a `name_index`; if it comes too early, only say how long to wait."""
    failures, last = await _hold(session, counter, now)
    failures = attempts.counted(failures, last, now)
    wait = attempts.wait(failures, last, now)
    if wait == timedelta(0):
        await session.execute(
            update(Failure)
            .where(Failure.name_index == counter)
            .values(failures=failures + 1, last_failed_at=func.greatest(Failure.last_failed_at, now))
        )
    return wait


async def uncount(session: Session, counter: bytes) -> None:
    """Take back the count of an attempt whose password nobody had the time to look at."""
    await session.execute(
        update(Failure).where(Failure.name_index == counter, Failure.failures > 0).values(failures=Failure.failures - 1)
    )


async def _hold(session: Session, counter: bytes, now: datetime) -> tuple[int, datetime]:
    """The count of a name and its time, held until the transaction ends, whether there was one or not."""
    row = upsert(Failure).values(name_index=counter, failures=0, last_failed_at=now)
    locked = row.on_conflict_do_update(index_elements=[Failure.name_index], set_={"failures": Failure.failures})
    failures, last = (await session.execute(locked.returning(Failure.failures, Failure.last_failed_at))).one()
    return failures, last


async def _known(session: Session, key: str, now: datetime) -> tuple[Account | None, Registration | None]:
    """The account and the newest unconfirmed registration of this username or address."""
    by_address = "@" in key
    account = await session.scalar(
        select(Account)
        .where((Account.email_key if by_address else Account.name_key) == key)
        .order_by(Account.closed_at.desc().nulls_first())
        .limit(1)
    )
    registration = await session.scalar(
        select(Registration)
        .where(
            (Registration.email_key if by_address else Registration.name_key) == key,
            Registration.account_id.is_(None),
            Registration.expires_at > now,
        )
        .order_by(Registration.created_at.desc())
        .limit(1)
    )
    return account, registration


async def _still_right(
    session: Session, passwords: Passwords, checked: Account, password: str, verdict: Verdict
) -> tuple[Account, Verdict]:
    """Hold the account and see that nothing changed while the password was checked: a reset, which ends all sessions,
    must not be outlived by one that a login under way begins after it."""
    account = await session.get_one(Account, checked.account_id, with_for_update=True, populate_existing=True)
    if account.password_hash == checked.password_hash:
        return account, verdict
    return account, await passwords.check(account.password_hash, password)


async def _right(
    session: Session, account: Account, new_hash: str | None, counter: bytes, now: datetime
) -> Welcome | Refusal:
    actor = Subject(account.account_id, account.username)
    if account.closed_at is not None or account.locked_at is not None:
        why = Refused.CLOSED if account.closed_at else Refused.LOCKED
        await audit.record(session, action="login.refused", subject=_subject(account), actor=actor, reason=why)
        return Refusal(why)
    await session.execute(delete(Failure).where(Failure.name_index == counter))
    await session.execute(delete(HistoryReaderFailure).where(HistoryReaderFailure.account_id == account.account_id))
    if new_hash is not None:
        await session.execute(
            update(Account).where(Account.account_id == account.account_id).values(password_hash=new_hash)
        )
    token = await sessions.start(session, account.account_id, now)
    await audit.record(session, action="login.done", subject=_subject(account), actor=actor)
    return Welcome(account.account_id, account.username, token)


async def _wrong(session: Session, account: Account | None, counter: bytes, now: datetime) -> None:
    """Note the failure, and lock whom the law wants locked. The same statements run where there is no account."""
    account_id = account.account_id if account else UUID(int=0)
    subject = _subject(account) if account else f"name:{counter.hex()[:16]}"
    await audit.record(session, action="login.failed", subject=subject, actor=None)
    # The row of the account is locked, so that failures under its username and under its address add up.
    await session.execute(select(Account.account_id).where(Account.account_id == account_id).with_for_update())
    reader = select(literal(uuid4()), Granted.account_id, literal(now)).where(
        Granted.account_id == account_id, Granted.role.in_(_READS_HISTORY)
    )
    await session.execute(
        insert(HistoryReaderFailure).from_select(["failure_id", "account_id", "failed_at"], reader.limit(1))
    )
    recent = (
        select(func.count())
        .select_from(HistoryReaderFailure)
        .where(
            HistoryReaderFailure.account_id == account_id, HistoryReaderFailure.failed_at > now - attempts.LOCK_WINDOW
        )
        .scalar_subquery()
    )
    locked = await session.execute(
        update(Account)
        .where(Account.account_id == account_id, Account.locked_at.is_(None), recent >= attempts.LOCK_FAILURES)
        .values(locked_at=now)
        .returning(Account.account_id)
        .execution_options(synchronize_session=False)
    )
    if locked.first() is not None:
        await sessions.end_all(session, account_id)
        await publish(session, AccountLocked.now(account_id))
        await audit.record(session, action="account.locked", subject=f"account:{account_id}", actor=None)


def _subject(account: Account) -> str:
    return f"account:{account.account_id}"
