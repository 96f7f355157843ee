"""Bringing the vault under the newest keys, some rows at a time, so that it can stop anywhere and go on later."""

from dataclasses import dataclass

from sqlalchemy import Exists, delete, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from services.educator.actions import persons
from services.educator.tables import BlindIndex, VaultEntry
from services.educator.vault import BIRTH_DATE, SSN, Vault
from shared import audit
from shared.db import Session


@dataclass(frozen=True)
class Rotated:
    """What one step did."""

    rows: int
    last_owner: str


async def step(session: Session, vault: Vault, *, after: str, limit: int) -> Rotated | None:
    """Bring the next rows up to date: data keys wrapped under the newest key, values found under the newest index key.

    Rows already up to date are passed over, so a run that was interrupted goes on where it stopped. Rewrapping opens no
    value; indexing anew does, and each row so opened stands in the trail.

    Returns:
        None where no row after `after` (in order of owners) is left behind.
    """
    indexed = exists().where(BlindIndex.owner == VaultEntry.owner, BlindIndex.version == vault.index_version)
    behind = (
        await session.scalars(
            select(VaultEntry)
            .where(VaultEntry.owner > after, or_(VaultEntry.key_version < vault.key_version, ~indexed))
            .order_by(VaultEntry.owner)
            .limit(limit)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    ).all()
    if not behind:
        return None
    owners = [row.owner for row in behind]
    done = set(
        await session.scalars(
            select(BlindIndex.owner).where(BlindIndex.owner.in_(owners), BlindIndex.version == vault.index_version)
        )
    )
    for row in behind:
        entry = persons.as_entry(row)
        if row.owner not in done:
            await _index(session, vault, row.owner)
        if row.key_version < vault.key_version:
            rewrapped = vault.rewrapped(row.owner, entry)
            row.key_version, row.data_key = rewrapped.key_version, rewrapped.data_key
    return Rotated(len(behind), owners[-1])


async def _index(session: Session, vault: Vault, owner: str) -> None:
    entry = await persons.entry(session, owner)
    subject = f"vault:{owner}"
    found_by = vault.digests(BIRTH_DATE, vault.birth_date(owner, entry).isoformat())
    await audit.record(session, action="birth_date.read", actor=None, subject=subject, reason="index key changed")
    if entry.ssn is not None:
        found_by += vault.digests(SSN, vault.ssn(owner, entry))
        await audit.record(session, action="ssn.read", actor=None, subject=subject, reason="index key changed")
    await persons.add_digests(session, owner, found_by)


async def all_found_by_newest(session: Session, vault: Vault) -> bool:
    """Whether every row is found by the newest index key, so that what older ones find can be dropped."""
    behind = select(VaultEntry.owner).where(~_found_by_newest(vault, VaultEntry.owner)).limit(1)
    return await session.scalar(behind) is None


async def retire(session: Session, vault: Vault, *, after: str, limit: int) -> Rotated | None:
    """Drop what the next owners are found by under older index keys; of an owner whom the newest finds, and no other.

    To be done only when every process knows the newest key: one that does not would miss numbers it should find.

    Returns:
        How many were dropped; None where there is no owner after `after`.
    """
    owners = (
        await session.scalars(
            select(VaultEntry.owner).where(VaultEntry.owner > after).order_by(VaultEntry.owner).limit(limit)
        )
    ).all()
    if not owners:
        return None
    dropped = await session.execute(
        delete(BlindIndex)
        .where(
            BlindIndex.owner.in_(owners),
            BlindIndex.version < vault.index_version,
            _found_by_newest(vault, BlindIndex.owner),
        )
        .returning(BlindIndex.owner)
        .execution_options(synchronize_session=False)
    )
    return Rotated(len(dropped.all()), owners[-1])


def _found_by_newest(vault: Vault, owner: InstrumentedAttribute[str]) -> Exists:
    newest = aliased(BlindIndex)
    return exists().where(newest.owner == owner, newest.version == vault.index_version)
