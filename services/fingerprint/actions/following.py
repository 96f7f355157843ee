"""What became of files that an operator put into the spool, found by their bytes. Counts only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text

from services.fingerprint.vault import Vault
from shared.db import Session

_AT_ONCE: Final = 1000

_NOW: Final = text("SELECT clock_timestamp()")
_FILES: Final = text("""
SELECT mark, state, received_at >= :began AS fresh FROM files
WHERE mark = ANY(CAST(:marks AS bytea[])) AND state <> 'duplicate'
""")
_BATCH: Final = text("""
SELECT id, state, reason, members, done, received_at >= :began AS fresh FROM batches
WHERE mark = ANY(CAST(:marks AS bytea[])) ORDER BY received_at DESC LIMIT 1
""")


@dataclass(frozen=True, slots=True)
class Became:
    """What became of some bytes. `fresh`: they came since we began."""

    state: str
    fresh: bool


@dataclass(frozen=True, slots=True)
class Bundle:
    """How far an archive is."""

    id: UUID
    state: str
    reason: str
    members: int | None
    done: int
    fresh: bool


async def now(session: Session) -> datetime:
    """The moment, by the clock that the ledger goes by."""
    found: datetime = await session.scalar(_NOW)
    return found


async def of_files(session: Session, vault: Vault, digests: Sequence[bytes], began: datetime) -> Mapping[bytes, Became]:
    """What is known of files with these SHA-256; those that are not in the ledger are not in it."""
    found: dict[bytes, Became] = {}
    for start in range(0, len(digests), _AT_ONCE):
        of = {mark: digest for digest in digests[start : start + _AT_ONCE] for mark in vault.marks(digest)}
        for row in await session.execute(_FILES, {"marks": list(of), "began": began}):
            found[of[row.mark]] = Became(row.state, row.fresh)
    return found


async def of_bundle(session: Session, vault: Vault, digest: bytes, began: datetime) -> Bundle | None:
    """How far the archive with this SHA-256 is, the last time that it came."""
    row = (await session.execute(_BATCH, {"marks": list(vault.marks(digest)), "began": began})).one_or_none()
    return Bundle(row.id, row.state, row.reason, row.members, row.done, row.fresh) if row else None
