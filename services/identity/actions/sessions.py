"""Sessions: begun at login, kept alive by use, ended by the person, by time or by a change of password."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update

from services.identity import tokens
from services.identity.rules import sessions as rules
from services.identity.tables import Account, Granted, SignedIn
from shared.auth import Caller, Grant
from shared.db import Session
from shared.events import Role

_FIND = (
    select(
        SignedIn.started_at,
        SignedIn.touched_at,
        Account.account_id,
        Account.username,
        Account.language,
    )
    .join(Account, Account.account_id == SignedIn.account_id)
    .where(SignedIn.session_hash == bindparam("hash"), Account.closed_at.is_(None), Account.locked_at.is_(None))
)
_ROLES = (
    select(Granted.role, Granted.institution)
    .where(Granted.account_id == bindparam("account"))
    .order_by(Granted.role, Granted.institution)
)
# A late look-up never sets the time back.
_TOUCH = (
    update(SignedIn)
    .where(SignedIn.session_hash == bindparam("hash"), SignedIn.touched_at < bindparam("now"))
    .values(touched_at=bindparam("now"))
)


async def start(session: Session, account_id: UUID, now: datetime) -> str:
    """Begin a session; its token, which only the browser keeps."""
    token = tokens.new()
    await session.execute(
        insert(SignedIn).values(session_hash=tokens.kept(token), account_id=account_id, started_at=now, touched_at=now)
    )
    return token


async def resolve(session: Session, session_hash: str, now: datetime) -> Caller | None:
    """Whose session this is, None where it has ended; asking keeps it from going idle."""
    found = (await session.execute(_FIND, {"hash": session_hash})).one_or_none()
    if found is None:
        return None
    grants = await roles(session, found.account_id)
    held = [grant.role for grant in grants]
    if rules.ends_at(found.started_at, found.touched_at, held) <= now:
        return None
    await session.execute(_TOUCH, {"hash": session_hash, "now": now})
    return Caller(
        account_id=found.account_id,
        username=found.username,
        roles=tuple(grants),
        session_hash=session_hash,
        language=found.language,
        idle_ends_at=rules.ends_at(found.started_at, max(now, found.touched_at), held),
    )


async def roles(session: Session, account_id: UUID) -> Sequence[Grant]:
    """The roles that an account holds."""
    rows = await session.execute(_ROLES, {"account": account_id})
    return [Grant(role=Role(row.role), institution=row.institution) for row in rows]


async def end(session: Session, session_hash: str) -> None:
    """End one session."""
    await session.execute(delete(SignedIn).where(SignedIn.session_hash == session_hash))


async def end_all(session: Session, account_id: UUID) -> Sequence[str]:
    """End every session of an account; their hashes, for the caches that know them."""
    ended = await session.scalars(
        delete(SignedIn).where(SignedIn.account_id == account_id).returning(SignedIn.session_hash)
    )
    return ended.all()


async def of_account(session: Session, account_id: UUID) -> Sequence[str]:
    """The hashes of an account's sessions."""
    return (await session.scalars(select(SignedIn.session_hash).where(SignedIn.account_id == account_id))).all()
