"""Reading a file again that could not be read: after the reader was mended, or a limit was raised.

Its archived bytes go the way of every file, under a row of the ledger of their own; the row that said it could not be
read goes when they are in. So the ledger has as many rows afterwards as before.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from services.fingerprint import ebts, regulations, tables
from services.fingerprint.actions import archive, results
from services.fingerprint.actions.entering import Arrival, Outcome
from services.fingerprint.ebts import DEFAULT_LIMITS, Unreadable
from services.fingerprint.messages import Message
from services.fingerprint.sources import Source
from services.fingerprint.vault import PIECE, Vault, digest_of
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.policy import local_day

# What is wrong with bytes that were read. Of the others, in bundles, the bytes are not what a reader could take.
READABLE: Final = frozenset({*ebts.SENTENCES, "refused"})

# The row must make room for the one that takes its place: of each file one is found by its mark, claim and member.
_STEP_ASIDE: Final = text("""
UPDATE files SET state = 'duplicate', claim = NULL, batch_id = NULL, member = NULL, key_id = NULL WHERE id = :id
""")
_IN_ITS_PLACE: Final = text("""
SELECT id FROM files WHERE mark = ANY(CAST(:marks AS bytea[])) AND state <> 'duplicate'
""")


class NotRead(Exception):
    """Its bytes were never kept, or its import was undone or is being undone: the sender must send it again."""


async def read_again(
    session: Session,
    vault: Vault,
    file_id: UUID,
    actor: Actor | None,
    reason: str,
    *,
    sources: Sequence[Source] = (),
    held_share: float | None = None,
) -> Outcome | None:
    """Read a quarantined file again; None where it is not (or no longer) one.

    Args:
        actor: None for an operator, whose account nobody knows.
        sources: the configured ones; they say who an ORI is.
        held_share: as for `results.take`.

    Raises:
        NotRead: there is nothing that could be read.
    """
    file = await session.get(tables.File, file_id, with_for_update=True, populate_existing=True)
    if file is None or file.state != "quarantined":
        return None
    batch = await session.get(tables.Batch, file.batch_id) if file.batch_id else None
    if file.reason not in READABLE or (batch is not None and batch.state in {"undoing", "undone"}):
        raise NotRead
    arrival = await _arrival(session, vault, file, sources)
    outcome = Outcome.QUARANTINED
    if isinstance(arrival.message, Unreadable):
        wrong = arrival.message
        file.reason, file.field = wrong.code, wrong.field
        file.errors = [[one.code, one.field, one.offset] for one in wrong.errors]
        await session.flush()
    else:
        outcome = await _take(session, vault, file, arrival, held_share)
    await audit.record(
        session,
        action="file.read_again",
        actor=actor,
        subject=f"file:{file_id}",
        reason=reason,
        new={"outcome": outcome},
    )
    return outcome


async def _take(
    session: Session, vault: Vault, file: tables.File, arrival: Arrival, held_share: float | None
) -> Outcome:
    """Let the file in as if it came now, and take away the row that it had."""
    key_id, number = file.key_id, file.id
    await session.execute(_STEP_ASIDE, {"id": number})
    session.expunge(file)
    (outcome,) = await results.take(session, vault, [arrival], held_share)
    instead = await session.scalar(_IN_ITS_PLACE, {"marks": list(vault.marks(arrival.digest))})
    await session.execute(update(tables.File).where(tables.File.first_id == number).values(first_id=instead))
    await session.execute(delete(tables.Piece).where(tables.Piece.file_id == number))
    await session.execute(delete(tables.File).where(tables.File.id == number))
    alone = tables.DataKey.educator_id.is_(None)
    await session.execute(delete(tables.DataKey).where(tables.DataKey.id == key_id, alone))
    return outcome


async def _arrival(session: Session, vault: Vault, file: tables.File, sources: Sequence[Source]) -> Arrival:
    pieces = select(func.count()).select_from(tables.Piece).where(tables.Piece.file_id == file.id)
    if (await session.scalar(pieces) or 0) > DEFAULT_LIMITS.submission // PIECE + 1:
        # It is larger than may be held, as it was then.
        return _found(file, "", b"", Unreadable("too_large"), None)
    name, content = await archive.content(session, vault, file)
    source = next((one for one in sources if one.name == file.source), None)
    return _found(file, name, content, results.understood(content), source)


def _found(
    file: tables.File, name: str, content: bytes, message: Message | Unreadable, source: Source | None
) -> Arrival:
    arrival = Arrival(
        name=name,
        received_at=file.received_at,
        digest=digest_of(content),
        message=message,
        content=content,
        source=file.source,
        claim=file.claim,
        batch_id=file.batch_id,
        member=file.member,
    )
    if isinstance(message, Unreadable):
        return arrival
    bureau = regulations.bureau(message.origin, local_day(file.received_at))
    if source is None:
        return replace(arrival, bureau=bureau)
    return replace(arrival, bureau=source.bureaus.get(message.origin, bureau), codes=source.purposes)
