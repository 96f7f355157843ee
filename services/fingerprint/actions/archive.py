"""Data keys and archived files: who holds the key of what, and moving a file from one holder to another."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text

from services.fingerprint import tables
from services.fingerprint.evidence import Evidence
from services.fingerprint.messages import Kind
from services.fingerprint.vault import DataKey, Vault, WrappedKey
from shared.copying import copy
from shared.db import Session

# Evidence is short. Whatever an answer says, what is kept of it here fills this many bytes.
EVIDENCE_BYTES = 512
_NAME_END = b"\0"

_OF_PERSONS = text(
    "SELECT id, educator_id, version, wrapped FROM data_keys WHERE educator_id = ANY(CAST(:ids AS text[]))"
)
_ADD = text("""
INSERT INTO data_keys (id, educator_id, version, wrapped)
SELECT * FROM unnest(
    CAST(:keys AS uuid[]), CAST(:educators AS text[]), CAST(:versions AS int[]), CAST(:wrapped AS bytea[])
) AS made (id, educator_id, version, wrapped)
ORDER BY educator_id
ON CONFLICT (educator_id) DO NOTHING
RETURNING id
""")
_PIECES = (
    select(tables.Piece.number, tables.Piece.sealed)
    .where(tables.Piece.file_id == bindparam("file_id"))
    .order_by(tables.Piece.number)
)
_FILES = (
    select(tables.File, tables.DataKey)
    .join(tables.DataKey, tables.DataKey.id == tables.File.key_id)
    .where(tables.File.id.in_(bindparam("ids", expanding=True)))
)
_NOTES = (
    select(tables.Review, tables.Answer.file_id)
    .join(tables.Answer, tables.Answer.id == tables.Review.answer_id)
    .where(tables.Answer.file_id.in_(bindparam("ids", expanding=True)), tables.Review.note.is_not(None))
)
_PIECES_OF = text("SELECT file_id, number, sealed FROM pieces WHERE file_id = ANY(CAST(:ids AS uuid[]))")
_PUT_PIECES = text("""
UPDATE pieces p SET sealed = n.sealed
FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS int[]), CAST(:sealed AS bytea[])) AS n (id, number, sealed)
WHERE p.file_id = n.id AND p.number = n.number
""")
# Of files at a time whose bytes are held.
_AT_ONCE = 50
# Bytes whose sealing takes longer than to hand them to a thread.
_LARGE = 100_000


def evidence_place(answer_id: UUID) -> str:
    """Where an answer's evidence lies, for the additional data of its ciphertext."""
    return f"answers|sealed|{answer_id}"


def file_place(file_id: UUID) -> str:
    """Where a file's pieces lie, likewise; the number of the piece comes after it."""
    return f"pieces|sealed|{file_id}"


def note_place(review_id: UUID) -> str:
    """Where an adjudicator's words on a message of no check lie, likewise."""
    return f"reviews|note|{review_id}"


async def own_keys(session: Session, vault: Vault, count: int) -> list[DataKey]:
    """Keys for things that belong to nobody yet."""
    made = [vault.new_key() for _ in range(count)]
    await _add(session, [(kept, None) for _, kept in made])
    return [key for key, _ in made]


async def keys_of_persons(session: Session, vault: Vault, ids: Collection[str]) -> dict[str, DataKey]:
    """Each educator's key, made at first need."""
    found = await _keys_there(session, vault, ids)
    missing = sorted(set(ids) - found.keys())
    if missing:
        made = {educator_id: vault.new_key() for educator_id in missing}
        added = await _add(session, [(kept, educator_id) for educator_id, (_, kept) in made.items()])
        found |= {educator_id: key for educator_id, (key, _) in made.items() if key.id in added}
        # Another importer may have been first: theirs is the key then.
        if late := [educator_id for educator_id in missing if educator_id not in found]:
            found |= await _keys_there(session, vault, late)
    return found


async def key_of_person(session: Session, vault: Vault, educator_id: str) -> DataKey:
    """The educator's key, made at first need."""
    return (await keys_of_persons(session, vault, [educator_id]))[educator_id]


async def key(session: Session, vault: Vault, key_id: UUID) -> DataKey:
    """The key with this id."""
    found = await session.get_one(tables.DataKey, key_id)
    return vault.open_key(WrappedKey(found.id, found.version, found.wrapped))


async def store(session: Session, vault: Vault, files: Iterable[tuple[UUID, DataKey, Iterable[bytes]]]) -> None:
    """Archive files: the id, the key and the bytes as `archived` gives them. The transaction has begun."""
    await copy(session, "pieces", ("file_id", "number", "sealed"), _sealed(vault, files))


async def content(session: Session, vault: Vault, file: tables.File) -> tuple[str, bytes]:
    """A file's name and bytes. The caller writes the audit row."""
    opened = await key_of_file(session, vault, file.id)
    pieces = (await session.execute(_PIECES, {"file_id": file.id})).all()
    place = file_place(file.id)
    first, *others = (vault.open(opened, f"{place}|{number}", sealed) for number, sealed in pieces)
    name, _, beginning = first.partition(_NAME_END)
    return name.decode(errors="surrogateescape"), b"".join((beginning, *others))


def without_name(first: bytes) -> bytes:
    """What a file's first piece holds of its bytes.

    Of files that came before names and bytes shared a piece, it is the name and nothing else.
    """
    return first.partition(_NAME_END)[2]


async def key_of_file(session: Session, vault: Vault, file_id: UUID) -> DataKey:
    """The key under which a file lies, with the answer that was read from it."""
    file = await session.get_one(tables.File, file_id)
    if file.key_id is None:
        raise LookupError("a duplicate has no bytes of its own")
    return await key(session, vault, file.key_id)


def sealed_evidence(vault: Vault, key: DataKey, answer_id: UUID, evidence: Evidence) -> bytes:
    """The sealed part of an answer, for its row."""
    return vault.seal(key, evidence_place(answer_id), evidence.written(), EVIDENCE_BYTES)


async def evidence(session: Session, vault: Vault, answer: tables.Answer) -> Evidence:
    """The sealed part of an answer."""
    opened = await key_of_file(session, vault, answer.file_id)
    return Evidence.read(vault.open(opened, evidence_place(answer.id), answer.sealed))


def kind_of(vault: Vault, row: Row[Any]) -> Kind | None:
    """What an answer is, from a row with its `id`, `sealed`, and its data key's `key_id`, `version` and `wrapped`.

    None where nobody can tell any more, its key being destroyed.
    """
    if not row.wrapped:
        return None
    opened = vault.open_key(WrappedKey(row.key_id, row.version, row.wrapped))
    return Evidence.read(vault.open(opened, evidence_place(row.id), row.sealed)).kind


async def hand_over(session: Session, vault: Vault, moves: Sequence[tuple[tables.Answer, DataKey]]) -> None:
    """Encrypt answers and their files anew under other keys; a key that was for one file alone goes."""
    for start in range(0, len(moves), _AT_ONCE):
        await _hand_over(session, vault, moves[start : start + _AT_ONCE])


async def _hand_over(session: Session, vault: Vault, moves: Sequence[tuple[tables.Answer, DataKey]]) -> None:
    new = {answer.file_id: key for answer, key in moves}
    found = (await session.execute(_FILES, {"ids": list(new)})).all()
    old = {file.id: vault.open_key(WrappedKey(key.id, key.version, key.wrapped)) for file, key in found}

    def anew(file_id: UUID, place: str, sealed: bytes) -> bytes:
        return vault.resealed(old[file_id], new[file_id], place, sealed)

    for answer, _ in moves:
        answer.sealed = anew(answer.file_id, evidence_place(answer.id), answer.sealed)
    pieces = (await session.execute(_PIECES_OF, {"ids": list(new)})).all()
    await session.execute(
        _PUT_PIECES,
        {
            "ids": [one.file_id for one in pieces],
            "numbers": [one.number for one in pieces],
            "sealed": [anew(one.file_id, f"{file_place(one.file_id)}|{one.number}", one.sealed) for one in pieces],
        },
    )
    for review, file_id in await session.execute(_NOTES, {"ids": list(new)}):
        review.note = anew(file_id, note_place(review.id), review.note or b"")
    for file, _ in found:
        file.key_id = new[file.id].id
    await session.flush()
    for former in {key for _, key in found}:
        if former.educator_id is None:
            await session.delete(former)
    await session.flush()


def archived(name: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A file as `store` takes it: its name, which holds no NUL, stands before its bytes."""
    head = name.replace("\0", "").encode(errors="surrogateescape") + _NAME_END
    for chunk in chunks:
        yield head + chunk
        head = b""
    if head:
        yield head


async def _sealed(
    vault: Vault, files: Iterable[tuple[UUID, DataKey, Iterable[bytes]]]
) -> AsyncIterator[tuple[UUID, int, bytes]]:
    """The rows of these files, sealed as they are asked for; while a large one is, others of this process go on."""
    for file_id, key, chunks in files:
        each = iter(chunks)
        number, chunk = 0, next(each, None)
        while chunk is not None:
            place = f"{file_place(file_id)}|{number}"
            if len(chunk) < _LARGE:
                yield file_id, number, vault.seal(key, place, chunk)
                chunk = next(each, None)
            else:
                yield file_id, number, await asyncio.to_thread(vault.seal, key, place, chunk)
                chunk = await asyncio.to_thread(next, each, None)
            number += 1


async def _keys_there(session: Session, vault: Vault, ids: Collection[str]) -> dict[str, DataKey]:
    rows = await session.execute(_OF_PERSONS, {"ids": list(ids)})
    return {
        educator_id: vault.open_key(WrappedKey(key_id, version, wrapped))
        for key_id, educator_id, version, wrapped in rows
    }


async def _add(session: Session, keys: Sequence[tuple[WrappedKey, str | None]]) -> set[UUID]:
    """Keep these keys; the ids of those that were kept: an educator who has a key gets no other."""
    if not keys:
        return set()
    added = await session.scalars(
        _ADD,
        {
            "keys": [kept.id for kept, _ in keys],
            "educators": [educator_id for _, educator_id in keys],
            "versions": [kept.version for kept, _ in keys],
            "wrapped": [kept.wrapped for kept, _ in keys],
        },
    )
    return set(added.all())
