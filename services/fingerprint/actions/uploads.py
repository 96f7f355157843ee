"""What staff upload: kept, checked, and if they say so handed to the importers; the same path as every other file.

A file that is kept and not yet handed over lies in clear, as one in `incoming` does, but for an hour at most. It is
found by an id that only its page knows, and its name is never a path.
"""

import asyncio
import hashlib
import os
import time
from collections import Counter
from collections.abc import AsyncIterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import text

from services.fingerprint import bundles, tables
from services.fingerprint.actions import batches, members
from services.fingerprint.actions.batches import Arrived
from services.fingerprint.bundles import Limits
from services.fingerprint.ebts import Unreadable
from services.fingerprint.sources import UPLOAD, Source
from services.fingerprint.vault import Vault
from shared import audit
from shared.audit import Actor
from shared.db import Session

KEPT_SECONDS: Final = 3600.0
_AT_ONCE: Final = 500
_THERE: Final = text("SELECT mark, state FROM files WHERE mark = ANY(CAST(:marks AS bytea[])) AND state <> 'duplicate'")


class TooLarge(Exception):
    """More bytes came than an upload may have; none are kept."""


@dataclass
class Checked:
    """What an import would do. Says nothing of what a message holds.

    Attributes:
        members: how many files there are.
        readable: how many of them can be read and were not there before.
        repeated: how many came before, or stand in the upload before.
        wrong: how many cannot be read, by code of reasons.SENTENCES.
        refused: why nothing of it can be taken, a code of reasons.SENTENCES; empty if it can.
        there: the batch that holds the same bytes already.
    """

    members: int = 0
    readable: int = 0
    repeated: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    refused: str = ""
    there: UUID | None = None


async def keep(source: Source, pieces: AsyncIterable[bytes], largest: int) -> UUID:
    """Keep the bytes of an upload until it is handed over or an hour is past; the id that it is found by.

    Raises:
        TooLarge: there are more than `largest`.
        OSError: they cannot be kept.
    """
    upload_id = uuid4()
    path = _kept(source, upload_id)
    await asyncio.to_thread(path.parent.mkdir, 0o700, parents=True, exist_ok=True)
    descriptor = await asyncio.to_thread(os.open, path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    size = 0
    try:
        try:
            async for piece in pieces:
                size += len(piece)
                if size > largest:
                    raise TooLarge
                await asyncio.to_thread(_write, descriptor, piece)
            await asyncio.to_thread(os.fsync, descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        path.unlink()
        raise
    return upload_id


async def check(session: Session, vault: Vault, source: Source, upload_id: UUID, name: str, limits: Limits) -> Checked:
    """What an import would do, without doing it.

    Raises:
        FileNotFoundError: it was handed over, discarded, or is past its hour.
    """
    found = Checked()
    descriptor = await asyncio.to_thread(os.open, _kept(source, upload_id), os.O_RDONLY | os.O_CLOEXEC)
    hashed = hashlib.sha256()
    try:
        folder = str(source.folder)
        try:
            bundle = await asyncio.to_thread(members.opened, descriptor, name, limits, folder, hashed.update)
        except bundles.Refused as refused:
            found.refused = refused.code
        found.there = await batches.same(session, vault, hashed.digest())
        if not found.refused:
            found.members = bundle.count
            seen: dict[bytes, bool] = {}
            each = bundle.members(0)
            while group := await asyncio.to_thread(_said, each):
                await _count(session, vault, group, seen, found)
    except bundles.Refused as refused:  # it is damaged where it could not be seen before
        found.refused = refused.code
    finally:
        os.close(descriptor)
    return found


async def checked(session: Session, upload_id: UUID, found: Checked, actor: Actor) -> None:
    """Keep that somebody looked what an import would do.

    Whoever knows all of an answer but its finding could make both, and look which of them came before.
    """
    new = {
        "files": found.members,
        "readable": found.readable,
        "repeated": found.repeated,
        "damaged": sum(found.wrong.values()),
        "refused": found.refused,
        "there": found.there is not None,
    }
    await audit.record(session, action="upload.checked", actor=actor, subject=f"upload:{upload_id}", new=new)


async def receive(
    session: Session, vault: Vault, source: Source, upload_id: UUID, name: str, actor: Actor
) -> tables.Batch:
    """Hand an upload to the importers, who begin when the caller has committed. The same bytes again are a duplicate.

    Raises:
        FileNotFoundError: it was handed over, discarded, or is past its hour.
    """
    path = _kept(source, upload_id)
    digest = await asyncio.to_thread(_digest, path)
    arrived = Arrived(upload_id, UPLOAD, UPLOAD, name, digest, None, actor.account_id)
    batch = await batches.begin(session, vault, arrived)
    await audit.record(
        session, action="batch.received", actor=actor, subject=f"batch:{batch.id}", new={"state": batch.state}
    )
    if batch.state == batches.RUNNING:
        await asyncio.to_thread(source.incoming.mkdir, 0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(path.rename, source.incoming / upload_id.hex)
    else:
        await asyncio.to_thread(path.unlink)
    return batch


async def discard(source: Source, upload_id: UUID) -> bool:
    """Whoever uploaded it does not want it taken in; False where it is not there any more."""
    try:
        await asyncio.to_thread(_kept(source, upload_id).unlink)
    except FileNotFoundError:
        return False
    return True


def drop_old(source: Source) -> None:
    """Remove what was kept for longer than an hour."""
    folder = source.folder / "checked"
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            if time.time() - path.stat().st_mtime > KEPT_SECONDS:
                path.unlink()
        except FileNotFoundError:
            continue


async def _count(
    session: Session, vault: Vault, group: list[tuple[bytes, str]], seen: dict[bytes, bool], found: Checked
) -> None:
    """Count the next members. `seen`: the digests before them, each with whether it could be read."""
    marks = {digest: vault.marks(digest) for digest, _ in group}
    rows = await session.execute(_THERE, {"marks": [mark for one in marks.values() for mark in one]})
    there = {row.mark: row.state == "read" for row in rows}
    for digest, code in group:
        before = [there[mark] for mark in marks[digest] if mark in there]
        before += [seen[digest]] if digest in seen else []
        # What could not be read where it came before, and can be here, is read.
        if any(before) or (code and before):
            found.repeated += 1
        elif code:
            found.wrong[code] += 1
        else:
            found.readable += 1
        seen[digest] = not code or any(before)


def _said(each: Iterator[bundles.Member]) -> list[tuple[bytes, str]]:
    """The next members' digests, each with what is wrong with it."""
    found = []
    for member in islice(each, _AT_ONCE):
        message = members.said_by(member)
        found.append((members.digest_of(member), message.code if isinstance(message, Unreadable) else ""))
    return found


def _kept(source: Source, upload_id: UUID) -> Path:
    return source.folder / "checked" / upload_id.hex


def _write(descriptor: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
