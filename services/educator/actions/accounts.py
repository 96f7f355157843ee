"""What identity says of accounts, kept for the carry-over into a record."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from services.educator.tables import KnownAccount, Person
from shared.db import Session
from shared.events import ContactChanged, UserRegistered
from shared.outbox import publish, replaying

# Of a word that comes and a record that is made for the account in the same moment, one must see the other: words hold
# the account's slot for sharing, records made without a word alone. Slots, since PostgreSQL bounds how many locks it
# holds at a time.
_HEAR: Final = text(
    "SELECT pg_advisory_xact_lock_shared(7231463, hashtext(id) & 63) FROM unnest(CAST(:ids AS text[])) AS t (id)"
)
_MAKE: Final = text("SELECT pg_advisory_xact_lock(7231463, hashtext(:id) & 63)")

_KEEP = insert(KnownAccount)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[KnownAccount.account_id],
    set_={
        column: _KEEP.excluded[column]
        for column in ("username", "first_name", "last_name", "email", "language", "sequence")
    },
    where=KnownAccount.sequence < _KEEP.excluded.sequence,
)


async def keep(session: Session, registered: Sequence[UserRegistered]) -> None:
    """Keep the newest word on each account. A record that was made before it came gets its address now."""
    newest: dict[UUID, UserRegistered] = {}
    for fact in registered:
        account_id = UUID(fact.subject_id)
        if account_id not in newest or newest[account_id].sequence < fact.sequence:
            newest[account_id] = fact
    if not replaying(session):
        await session.execute(_HEAR, {"ids": [str(account_id) for account_id in newest]})
    await session.execute(
        _KEEP,
        [
            {
                "account_id": account_id,
                "username": fact.username,
                "first_name": fact.first_name,
                "last_name": fact.last_name,
                "email": fact.email,
                "language": fact.language,
                "sequence": fact.sequence,
            }
            for account_id, fact in newest.items()
        ],
    )
    if not replaying(session):
        await _give_addresses(session, list(newest))


async def _give_addresses(session: Session, accounts: list[UUID]) -> None:
    waiting = (
        await session.execute(
            select(Person, KnownAccount)
            .join(KnownAccount, KnownAccount.account_id == Person.account_id)
            .where(Person.account_id.in_(accounts), Person.email.is_(None))
            .with_for_update(of=Person)
        )
    ).all()
    for person, account in waiting:
        person.email = account.email
        person.contact_version += 1
    await publish(
        session,
        *(
            ContactChanged.now(person.educator_id, email=account.email, language=person.language)
            for person, account in waiting
        ),
    )


async def known(session: Session, account_id: UUID) -> KnownAccount | None:
    """What identity said of an account, if it has arrived."""
    return await session.get(KnownAccount, account_id)


async def known_for_record(session: Session, account_id: UUID) -> KnownAccount | None:
    """As `known`, for a record that is made now: where nothing has arrived, what does will see the record."""
    found = await known(session, account_id)
    if found is None:
        await session.execute(_MAKE, {"id": str(account_id)})
        found = await known(session, account_id)
    return found
