"""Letters that somebody asked for: left as errands by a request, looked into afterwards.

A request from outside says no more than "write to this address, if it is anybody's". Looking up whose it is, making the
link and saying the fact happen here, when the answer is long gone: so neither the answer nor the time it took can tell
a known address from an unknown one.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select

from services.identity import tokens
from services.identity.post import Post
from services.identity.tables import Account, Errand, Link, Registration
from shared.db import Session
from shared.events import (
    EmailConfirmationRequested,
    Event,
    PasswordResetRequested,
    RegistrationRepeated,
    UsernameReminderRequested,
)
from shared.outbox import publish

CONFIRMATION_LASTS: Final = timedelta(hours=24)
RESET_LASTS: Final = timedelta(minutes=30)
# How many letters of a kind go to one recipient, however often somebody asks for them.
LETTER_RATE: Final = "6/hour"
# How many are looked into in one transaction. Each asks Redis, within a bound (`shared.limits`): all together must be
# done before somebody who corrects an address meanwhile has waited too long for the registration (`lock_timeout`).
_TOGETHER: Final = 10

_TAKE = select(Errand).order_by(Errand.asked_at).limit(_TOGETHER).with_for_update(skip_locked=True)


Allows = Callable[[str], Awaitable[bool]]


class Kind(StrEnum):
    """What was asked for."""

    CONFIRM = "confirm"
    REMIND = "remind"
    RESET = "reset"


async def leave(
    session: Session, kind: Kind, now: datetime, *, registration_id: UUID | None = None, asked_for: str | None = None
) -> None:
    """Leave an errand: about a registration, or about a name or address somebody typed."""
    await session.execute(
        insert(Errand).values(
            errand_id=uuid4(), kind=kind, registration_id=registration_id, asked_for=asked_for, asked_at=now
        )
    )


async def drop(session: Session, registration_id: UUID) -> None:
    """Take back what is still to be written about a registration.

    Before the registration itself is changed: whoever runs errands locks them in this order, too.
    """
    await session.execute(delete(Errand).where(Errand.registration_id == registration_id))


async def run(session: Session, post: Post, allows: Allows, now: datetime) -> int:
    """Look into the oldest errands and say what follows.

    Args:
        allows: whether one more letter may go to this recipient now. Asked here rather than by the request, whose
            answer would otherwise differ after the sixth letter.

    Returns:
        How many were done; others may work on others at the same time.
    """
    errands = (await session.scalars(_TAKE)).all()
    facts: list[Event] = []
    # Asked for twice in one moment, by a second press, is asked for once: of two links only one would be good.
    once = {(errand.kind, errand.registration_id, errand.asked_for): errand for errand in errands}
    for errand in once.values():
        facts += await _look_into(session, errand, post, allows, now)
    await publish(session, *facts)
    await session.execute(delete(Errand).where(Errand.errand_id.in_([errand.errand_id for errand in errands])))
    return len(errands)


async def account_of(session: Session, key: str) -> Account | None:
    """Whose username or address this is. A closed account stands for the one that its person kept."""
    column = Account.email_key if "@" in key else Account.name_key
    found = await session.scalar(
        select(Account).where(column == key).order_by(Account.closed_at.desc().nulls_first()).limit(1)
    )
    while found is not None and found.kept_account_id is not None:
        found = await session.get(Account, found.kept_account_id)
    return found


async def _look_into(session: Session, errand: Errand, post: Post, allows: Allows, now: datetime) -> list[Event]:
    if errand.registration_id is not None:
        return await _confirmation(session, errand.registration_id, post, allows, now)
    account = await account_of(session, errand.asked_for or "")
    if account is None or not await allows(f"{errand.kind}:{account.account_id}"):
        return []
    if errand.kind == Kind.REMIND:
        return [UsernameReminderRequested.now(account.account_id)]
    token, expires_at = tokens.new(), now + RESET_LASTS
    await session.execute(
        insert(Link).values(token_hash=tokens.kept(token), account_id=account.account_id, expires_at=expires_at)
    )
    return [PasswordResetRequested.now(account.account_id, expires_at=expires_at, sealed=post.reset(token))]


async def _confirmation(
    session: Session, registration_id: UUID, post: Post, allows: Allows, now: datetime
) -> list[Event]:
    # Locked, so that a correction of the address comes wholly before (its new address gets the link) or wholly after
    # (it takes the link away again).
    registration = await session.get(Registration, registration_id, with_for_update=True)
    if registration is None or registration.account_id is not None or registration.expires_at <= now:
        return []
    if not await allows(f"{Kind.CONFIRM}:{registration.email_key}"):
        return []
    known = await session.scalar(
        select(Account.account_id).where(Account.email_key == registration.email_key, Account.closed_at.is_(None))
    )
    if known is not None:
        return [RegistrationRepeated.now(known)]
    token, expires_at = tokens.new(), registration.expires_at
    await session.execute(
        insert(Link).values(token_hash=tokens.kept(token), registration_id=registration_id, expires_at=expires_at)
    )
    sealed = post.confirmation(registration.email, registration.first_name, registration.username, token)
    return [
        EmailConfirmationRequested.now(
            registration_id, language=registration.language, expires_at=expires_at, sealed=sealed
        )
    ]
