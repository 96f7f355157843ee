"""Roles: given, asked for, approved, refused, taken back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from services.identity.actions import twins
from services.identity.rules import access as rules
from services.identity.tables import AccessRequest, Account, Granted
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.events import AccessGranted, AccessRefused, AccessRevoked, Role
from shared.keys import Keys
from shared.outbox import publish
from shared.sealed import seal

_LATEST = 20


class Decision(StrEnum):
    """What an administrator's decision came to."""

    DONE = "done"
    GONE = "gone"  # decided by somebody else meanwhile, or never there
    OWN = "own"
    ALIKE = "alike"  # it bears the administrator's own name or address
    REASON = "reason"
    TWIN = "twin"  # another account of staff may be the same person's, and the administrator has not seen it


@dataclass(frozen=True)
class Standing:
    """Where a person stands with one role: granted, or the latest request for it."""

    role: Role
    institution: str | None
    state: str
    since: datetime
    reason: str = ""


async def grant(
    session: Session,
    account_id: UUID,
    role: Role,
    institution: str | None,
    now: datetime,
    *,
    actor: Actor | None,
    reason: str = "",
) -> bool:
    """Let an account act in a role.

    Returns:
        False where it did already, or the account is closed; then nothing is said.
    """
    if not await _is_open(session, account_id):
        return False
    granted = await session.execute(
        insert(Granted)
        .values(grant_id=uuid4(), account_id=account_id, role=role, institution=institution, granted_at=now)
        .on_conflict_do_nothing()
        .returning(Granted.grant_id)
    )
    if granted.first() is None:
        return False
    await publish(session, AccessGranted.now(account_id, application="ecs", role=role, institution=institution))
    await audit.record(
        session,
        action="access.granted",
        subject=f"account:{account_id}",
        actor=actor,
        reason=reason,
        new={"role": role, "institution": institution},
    )
    return True


async def ask(session: Session, account_id: UUID, role: Role, institution: str | None, now: datetime) -> bool:
    """Ask an administrator for a role.

    Returns:
        False where the same request waits already, or the account is closed.
    """
    if not await _is_open(session, account_id):
        return False
    asked = await session.execute(
        insert(AccessRequest)
        .values(
            request_id=uuid4(),
            account_id=account_id,
            role=role,
            institution=institution,
            asked_at=now,
            state="waiting",
        )
        .on_conflict_do_nothing()
        .returning(AccessRequest.request_id)
    )
    return asked.first() is not None


async def serve_self(session: Session, account_id: UUID, role: Role, actor: Actor, now: datetime) -> bool:
    """Give a role that people give themselves; after an administrator took it back, only ask for it.

    Returns:
        Whether it is given.
    """
    found = [one for one in await standings(session, account_id) if one.role is role]
    if any(one.state == "refused" for one in found):
        await ask(session, account_id, role, None, now)
    elif not found:
        await grant(session, account_id, role, None, now, actor=actor)
    return not any(one.state in {"refused", "waiting"} for one in found)


async def standings(session: Session, account_id: UUID) -> list[Standing]:
    """Every role a person holds, and the latest request for each that they do not hold."""
    held = await session.execute(
        select(Granted.role, Granted.institution, Granted.granted_at).where(Granted.account_id == account_id)
    )
    found = [Standing(Role(row.role), row.institution, "granted", row.granted_at) for row in held]
    asked = await session.execute(
        select(AccessRequest)
        .where(AccessRequest.account_id == account_id)
        .ext(distinct_on(AccessRequest.role, AccessRequest.institution))
        .order_by(
            AccessRequest.role,
            AccessRequest.institution,
            AccessRequest.asked_at.desc(),
            AccessRequest.decided_at.desc().nulls_first(),
        )
    )
    holds = {(standing.role, standing.institution) for standing in found}
    for request in asked.scalars():
        # Approved and not held: revoked since, which is no state of the request.
        if request.state != "approved" and (Role(request.role), request.institution) not in holds:
            since = request.decided_at or request.asked_at
            found.append(Standing(Role(request.role), request.institution, request.state, since, request.reason))
    return sorted(found, key=lambda standing: (standing.role, standing.institution or ""))


async def waiting(session: Session) -> Sequence[Row[AccessRequest, Account]]:
    """Requests that an administrator must decide, the oldest first."""
    return (
        await session.execute(
            select(AccessRequest, Account)
            .join(Account, Account.account_id == AccessRequest.account_id)
            .where(AccessRequest.state == "waiting", Account.closed_at.is_(None))
            .order_by(AccessRequest.asked_at)
            .limit(200)
        )
    ).all()


async def decided(session: Session) -> Sequence[Row[AccessRequest, Account]]:
    """The latest decisions."""
    return (
        await session.execute(
            select(AccessRequest, Account)
            .join(Account, Account.account_id == AccessRequest.account_id)
            .where(AccessRequest.state != "waiting")
            .order_by(AccessRequest.decided_at.desc())
            .limit(_LATEST)
        )
    ).all()


async def request(session: Session, request_id: UUID) -> Row[AccessRequest, Account] | None:
    """One request and who made it."""
    return (
        await session.execute(
            select(AccessRequest, Account)
            .join(Account, Account.account_id == AccessRequest.account_id)
            .where(AccessRequest.request_id == request_id)
        )
    ).one_or_none()


async def approve(
    session: Session, request_id: UUID, actor: Actor, reason: str, now: datetime, *, shown: Collection[UUID] = ()
) -> Decision:
    """Give the role that was asked for, for a reason where it is staff's. Who decides first, decides.

    Args:
        shown: other accounts of staff that the administrator has seen to be perhaps the same person's.
    """
    decision, asked = await _decide(session, request_id, actor, "approved", reason, now, shown)
    if asked is not None:
        await grant(session, asked.account_id, Role(asked.role), asked.institution, now, actor=actor, reason=reason)
    return decision


async def refuse(session: Session, request_id: UUID, actor: Actor, reason: str, keys: Keys, now: datetime) -> Decision:
    """Refuse the role that was asked for; the person is written the reason."""
    decision, asked = await _decide(session, request_id, actor, "refused", reason, now)
    if asked is not None:
        refused = AccessRefused.now(
            asked.account_id,
            application="ecs",
            role=asked.role,
            institution=asked.institution,
            sealed=seal(keys, {"reason": reason}),
        )
        await publish(session, refused)
        await audit.record(
            session,
            action="access.refused",
            subject=f"account:{asked.account_id}",
            actor=actor,
            reason=reason,
            new={"role": asked.role, "institution": asked.institution},
        )
    return decision


async def revoke(
    session: Session,
    account_id: UUID,
    role: Role,
    institution: str | None,
    actor: Actor,
    reason: str,
    now: datetime,
) -> Decision:
    """Take a role back, for a reason. One that people give themselves then needs an administrator to come back."""
    problem = rules.decision_problem(own=account_id == actor.account_id, reason=reason, reason_needed=True)
    if problem is not None:
        return Decision(problem)
    revoked = await session.execute(
        delete(Granted)
        .where(
            Granted.account_id == account_id,
            Granted.role == role,
            Granted.institution.is_not_distinct_from(institution),
        )
        .returning(Granted.grant_id)
    )
    if revoked.first() is None:
        return Decision.GONE
    if role in rules.SELF_SERVED:
        await session.execute(
            insert(AccessRequest).values(
                request_id=uuid4(),
                account_id=account_id,
                role=role,
                institution=institution,
                asked_at=now,
                state="refused",
                decided_at=now,
                decided_by=actor.account_id,
                reason=reason,
            )
        )
    await publish(session, AccessRevoked.now(account_id, application="ecs", role=role, institution=institution))
    await audit.record(
        session,
        action="access.revoked",
        subject=f"account:{account_id}",
        actor=actor,
        reason=reason,
        old={"role": role, "institution": institution},
    )
    return Decision.DONE


async def _is_open(session: Session, account_id: UUID) -> bool:
    """Whether it was not closed; nobody closes it until the transaction ends. A session may outlive it by a minute."""
    found = select(Account.account_id).where(Account.account_id == account_id, Account.closed_at.is_(None))
    return await session.scalar(found.with_for_update(read=True)) is not None


async def _decide(
    session: Session,
    request_id: UUID,
    actor: Actor,
    state: str,
    reason: str,
    now: datetime,
    shown: Collection[UUID] = (),
) -> tuple[Decision, AccessRequest | None]:
    asked = await session.get(AccessRequest, request_id)
    if asked is None:
        return Decision.GONE, None
    own = asked.account_id == actor.account_id
    needed = state == "refused" or rules.approval_needs_reason(Role(asked.role))
    same = await twins.alike(session, asked.account_id, actor)
    problem = rules.decision_problem(own=own, alike=same, reason=reason, reason_needed=needed)
    if problem is not None:
        return Decision(problem), None
    if state == "approved" and asked.role in rules.STAFF:
        await twins.hold(session)
        if {one.account_id for one in await twins.of_staff(session, asked.account_id)} - set(shown):
            return Decision.TWIN, None
    changed = await session.execute(
        update(AccessRequest)
        .where(AccessRequest.request_id == request_id, AccessRequest.state == "waiting")
        .values(state=state, decided_at=now, decided_by=actor.account_id, reason=reason)
        .returning(AccessRequest.request_id)
    )
    if changed.first() is None:
        return Decision.GONE, None
    return Decision.DONE, asked
