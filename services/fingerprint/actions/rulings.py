"""What adjudicators decided about a check, sealed with the educator's key."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, select

from services.fingerprint import tables
from services.fingerprint.actions import archive
from services.fingerprint.rules.check import Ruling
from services.fingerprint.vault import Vault
from shared.audit import Actor
from shared.db import Session

_OF_CHECKS = (
    select(tables.Ruling)
    # Of one whose key was destroyed, nothing is left to read.
    .where(tables.Ruling.educator_id == any_(bindparam("ids", type_=ARRAY(Text))), tables.Ruling.sealed != b"")
    .order_by(tables.Ruling.number)
)


@dataclass(frozen=True)
class Recorded:
    """A ruling with what is shown of it in the compartment."""

    rule: Ruling
    at: datetime
    by: str
    reason: str


async def add(
    session: Session,
    vault: Vault,
    educator_id: str,
    purpose: str,
    *,
    clear: bool,
    reason: str,
    basis: Collection[UUID],
    heard: int,
    actor: Actor,
) -> None:
    """Record a ruling. What it says and why is criminal history as much as what it is about.

    Args:
        heard: the number of the fact that gave the present name, as the adjudicator saw it.
    """
    at = datetime.now(UTC)
    content = {"clear": clear, "reason": reason, "by": actor.username, "basis": sorted(map(str, basis)), "heard": heard}
    key = await archive.key_of_person(session, vault, educator_id)
    sealed = vault.seal(key, place(educator_id, purpose, at), json.dumps(content).encode())
    session.add(
        tables.Ruling(educator_id=educator_id, purpose=purpose, at=at, account_id=actor.account_id, sealed=sealed)
    )
    await session.flush()


async def of(session: Session, vault: Vault, educator_id: str, purpose: str) -> list[Recorded]:
    """Every ruling on a check, oldest first."""
    return (await of_all(session, vault, [(educator_id, purpose)])).get((educator_id, purpose), [])


async def of_all(
    session: Session, vault: Vault, checks: Collection[tuple[str, str]]
) -> dict[tuple[str, str], list[Recorded]]:
    """The rulings on each of these checks (Educator ID, purpose), oldest first; a check without any is not in it."""
    rows = (await session.scalars(_OF_CHECKS, {"ids": list({educator_id for educator_id, _ in checks})})).all()
    keys = await archive.keys_of_persons(session, vault, {row.educator_id for row in rows}) if rows else {}
    found: dict[tuple[str, str], list[Recorded]] = {}
    for row in rows:
        where = place(row.educator_id, row.purpose, row.at)
        content = json.loads(vault.open(keys[row.educator_id], where, row.sealed))
        basis = frozenset(map(UUID, content["basis"]))
        rule = Ruling(row.number, row.at, content["clear"], basis, content.get("heard", 0))
        recorded = Recorded(rule, row.at, content["by"], content["reason"])
        found.setdefault((row.educator_id, row.purpose), []).append(recorded)
    return found


def place(educator_id: str, purpose: str, at: datetime) -> str:
    """Where a ruling lies, for the additional data of its ciphertext."""
    return f"rulings|sealed|{educator_id}|{purpose}|{at.isoformat()}"
