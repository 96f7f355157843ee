"""Many files that came as one: begun once, gone on with by whoever takes over, ended or refused; one row each.

A batch's id is the claim of its file, so whoever holds the file knows its row. The name is sealed with a key of its
own. A bundle that cannot be taken at all is quarantined as any other file is, as the row of the ledger with the same
claim; of one that can, each member is a row of the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import bindparam, select, text

from services.fingerprint import tables
from services.fingerprint.actions import archive, marking
from services.fingerprint.vault import Vault
from shared.db import Session

RUNNING, DONE, QUARANTINED, DUPLICATE = "running", "done", "quarantined", "duplicate"
UNDOING, UNDONE = "undoing", "undone"

_LOCK_MARK = text("SELECT pg_advisory_xact_lock(hashtextextended(:mark, 8162))")
_SAME = select(tables.Batch.id).where(
    tables.Batch.mark.in_(bindparam("marks", expanding=True)), tables.Batch.state.in_((RUNNING, DONE, UNDOING))
)
_BEGUN = (
    select(tables.Batch)
    .where(tables.Batch.id == bindparam("id"))
    .with_for_update()
    .execution_options(populate_existing=True)
)
# Only from where it stood: whoever lost the batch meanwhile changes nothing.
_ADVANCE = text("""
UPDATE batches
SET done = :after, state = CASE WHEN :after = members THEN 'done' ELSE state END,
    ended_at = CASE WHEN :after = members THEN now() END
WHERE id = :id AND state = 'running' AND done = :before RETURNING id
""")


@dataclass(frozen=True)
class Arrived:
    """A file that holds many, as it came.

    Attributes:
        id: the claim of its file.
        kind: `zip`, `tar` or `upload`.
        digest: the SHA-256 of its bytes.
        members: how many files it holds; None where that cannot be told.
    """

    id: UUID
    kind: str
    source: str
    name: str
    digest: bytes
    members: int | None
    account_id: UUID | None = None


async def begin(session: Session, vault: Vault, arrived: Arrived) -> tables.Batch:
    """The row of a batch, held until the transaction ends; a new one, unless somebody had begun.

    The same bytes again are a duplicate, unless what came before was quarantined or undone.
    """
    if await exists(session, arrived.id):
        batch = await begun(session, arrived.id)
        if batch.members is None:
            batch.members = arrived.members
        await session.flush()
        return batch
    await session.execute(_LOCK_MARK, {"mark": arrived.digest.hex()})
    first = await same(session, vault, arrived.digest)
    (key,) = await archive.own_keys(session, vault, 1)
    now = datetime.now(UTC)
    batch = tables.Batch(
        id=arrived.id,
        kind=arrived.kind,
        source=arrived.source,
        state=RUNNING if first is None else DUPLICATE,
        mark=vault.mark(arrived.digest, await marking.version(session)),
        received_at=now,
        ended_at=None if first is None else now,
        members=arrived.members,
        done=0,
        account_id=arrived.account_id,
        first_id=first,
        key_id=key.id,
        name=vault.seal(key, _name_place(arrived.id), arrived.name.encode(errors="surrogateescape")),
    )
    session.add(batch)
    await session.flush()
    return batch


async def exists(session: Session, batch_id: UUID) -> bool:
    """Whether a batch was begun, or its upload confirmed."""
    return await session.get(tables.Batch, batch_id) is not None


async def begun(session: Session, batch_id: UUID) -> tables.Batch:
    """A batch that was begun, held until the transaction ends."""
    return (await session.scalars(_BEGUN, {"id": batch_id})).one()


async def same(session: Session, vault: Vault, digest: bytes) -> UUID | None:
    """The batch with the same bytes, unless it was quarantined or undone."""
    return (await session.scalars(_SAME, {"marks": vault.marks(digest)})).first()


async def advance(session: Session, batch_id: UUID, before: int, after: int) -> bool:
    """So many of its files are in the ledger now; with the last of them it is done. False if it is not as it was."""
    return (await session.execute(_ADVANCE, {"id": batch_id, "before": before, "after": after})).first() is not None


async def end(session: Session, batch: tables.Batch, state: str, reason: str = "") -> None:
    """A batch is refused (a code of reasons.SENTENCES) or undone."""
    batch.state, batch.reason, batch.ended_at = state, reason, datetime.now(UTC)
    await session.flush()


async def names(session: Session, vault: Vault, found: Iterable[tables.Batch]) -> dict[UUID, str]:
    """What the files of these batches were called."""
    opened: dict[UUID, str] = {}
    for batch in found:
        if batch.key_id is not None and batch.name is not None:
            key = await archive.key(session, vault, batch.key_id)
            opened[batch.id] = vault.open(key, _name_place(batch.id), batch.name).decode(errors="replace")
    return opened


def _name_place(batch_id: UUID) -> str:
    return f"batches|name|{batch_id}"
