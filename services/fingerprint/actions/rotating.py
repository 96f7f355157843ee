"""Changing keys while results come in: each step is a short transaction, and whoever goes on begins where it stopped.

*Rotation*, after a new version of the ring `chri` was added and every process restarted: data keys are wrapped under
the newest version, and files are marked under it, so that the older versions can leave the ring. Nothing that the data
keys sealed changes. From `begin` on, new files are marked under the newest version too (see `marking`).

*Renewal*: a new data key for a person, or for a file that is nobody's yet, and everything sealed anew under it. The new
key has another id, so whoever read the old one meanwhile cannot commit what they sealed with it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.fingerprint.actions import archive, marking, people, submissions
from services.fingerprint.actions.rulings import place as place_of_ruling
from services.fingerprint.vault import DataKey, Vault, WrappedKey, digest_of
from shared import audit
from shared.audit import Actor
from shared.db import Session

_START: Final = str(UUID(int=0))
# Bytes of so many pieces are held at a time.
_PIECES_AT_ONCE: Final = 8

_OLD_KEYS: Final = text("""
SELECT id, version, wrapped FROM data_keys WHERE version < :newest AND version > 0
ORDER BY version LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_WRAP: Final = text("""
UPDATE data_keys k SET version = :newest, wrapped = n.wrapped
FROM unnest(CAST(:ids AS uuid[]), CAST(:wrapped AS bytea[])) AS n (id, wrapped) WHERE k.id = n.id
""")
_COUNT_OLD_KEYS: Final = text("SELECT count(*) FROM data_keys WHERE version < :newest AND version > 0")
_STAND: Final = text("SELECT after, done FROM rotations WHERE what = :what FOR UPDATE")
_GO_ON: Final = text("""
INSERT INTO rotations (what, version, after, done) VALUES (:what, 0, :after, :done)
ON CONFLICT (what) DO UPDATE SET after = excluded.after, done = excluded.done
""")
_MARKED: Final = text(
    "SELECT coalesce(bool_and(done AND version = :newest), false) FROM rotations WHERE what = 'marks'"
)
# A duplicate is not looked for by its mark, and what lies under a destroyed key cannot be read to be marked.
_FILES: Final = text("""
SELECT f.id, f.state, k.id AS key_id, k.version, k.wrapped
FROM files f LEFT JOIN data_keys k ON k.id = f.key_id
WHERE f.id > CAST(:after AS uuid) ORDER BY f.id LIMIT :limit
""")
_FIRST_PIECES: Final = text("""
SELECT file_id, sealed FROM pieces WHERE file_id = ANY(CAST(:ids AS uuid[])) AND number = 0
""")
_MORE_PIECES: Final = text("""
SELECT number, sealed FROM pieces WHERE file_id = :id AND number > :after ORDER BY number LIMIT :limit
""")
_LONG: Final = text("SELECT DISTINCT file_id FROM pieces WHERE file_id = ANY(CAST(:ids AS uuid[])) AND number > 0")
_MARK: Final = text("""
UPDATE files f SET mark = n.mark
FROM unnest(CAST(:ids AS uuid[]), CAST(:marks AS bytea[])) AS n (id, mark) WHERE f.id = n.id AND f.state <> 'duplicate'
""")
_PERSONS: Final = text("""
SELECT educator_id FROM data_keys WHERE educator_id > :after ORDER BY educator_id LIMIT :limit
""")
_NOBODYS: Final = text("""
SELECT f.id, f.key_id FROM files f JOIN data_keys k ON k.id = f.key_id
WHERE f.id > CAST(:after AS uuid) AND k.educator_id IS NULL AND k.version > 0 ORDER BY f.id LIMIT :limit
""")
_BATCHES: Final = text("""
SELECT id, key_id FROM batches WHERE id > CAST(:after AS uuid) AND key_id IS NOT NULL ORDER BY id LIMIT :limit
""")
# Whoever places, assigns or matches an answer holds it, as does whoever asks about a submission.
_HOLD_ANSWER: Final = text("SELECT 1 FROM answers WHERE file_id = :id FOR UPDATE")
_HOLD_SUBMISSION: Final = text("SELECT 1 FROM submissions WHERE file_id = :id FOR UPDATE")
_HOLD_CHECKS: Final = text("SELECT 1 FROM checks WHERE educator_id = :id ORDER BY purpose FOR UPDATE")
_KEY: Final = text("SELECT id, educator_id, version, wrapped FROM data_keys WHERE id = :id FOR UPDATE")
_KEY_OF_PERSON: Final = text("SELECT id FROM data_keys WHERE educator_id = :id")
_NOBODYS_NOW: Final = text("UPDATE data_keys SET educator_id = NULL WHERE id = :id")
_ADD: Final = text("""
INSERT INTO data_keys (id, educator_id, version, wrapped) VALUES (:id, :educator_id, :version, :wrapped)
""")
_TO: Final = (
    text("UPDATE files SET key_id = :new WHERE key_id = :old"),
    text("UPDATE batches SET key_id = :new WHERE key_id = :old"),
    text("DELETE FROM data_keys WHERE id = :old"),
)
# All that lies under a key but rulings: the place of each value as its owner writes it, and where it is kept.
_SEALED: Final = (
    (
        text("""
        SELECT a.id, 'answers|sealed|' || a.id AS place, a.sealed
        FROM answers a JOIN files f ON f.id = a.file_id WHERE f.key_id = :key
        """),
        text("UPDATE answers SET sealed = :sealed WHERE id = :id"),
    ),
    (
        text("""
        SELECT r.id, 'reviews|note|' || r.id AS place, r.note AS sealed
        FROM reviews r JOIN answers a ON a.id = r.answer_id JOIN files f ON f.id = a.file_id
        WHERE f.key_id = :key AND r.note IS NOT NULL
        """),
        text("UPDATE reviews SET note = :sealed WHERE id = :id"),
    ),
    (
        text("""
        SELECT s.file_id AS id, 'submissions|sealed|' || s.file_id AS place, s.sealed
        FROM submissions s JOIN files f ON f.id = s.file_id WHERE f.key_id = :key AND s.sealed IS NOT NULL
        """),
        text("UPDATE submissions SET sealed = :sealed WHERE file_id = :id"),
    ),
    (
        text("SELECT id, 'batches|name|' || id AS place, name AS sealed FROM batches WHERE key_id = :key"),
        text("UPDATE batches SET name = :sealed WHERE id = :id"),
    ),
)
_FILES_UNDER: Final = text("SELECT id FROM files WHERE key_id = :key ORDER BY id")
_PUT_PIECE: Final = text("UPDATE pieces SET sealed = :sealed WHERE file_id = :id AND number = :number")
_RULINGS: Final = text("""
SELECT number AS id, educator_id, purpose, at, sealed FROM rulings WHERE educator_id = :id AND sealed <> ''
""")
_PUT_RULING: Final = text("UPDATE rulings SET sealed = :sealed WHERE number = :id")
_DESTROY: Final = (
    text("UPDATE data_keys SET educator_id = NULL, version = 0, wrapped = '' WHERE id = :key"),
    text("UPDATE rulings SET sealed = '' WHERE educator_id = :id"),
    # What a person assigned cannot be taken back any more, nor can its place be found anew.
    text("UPDATE answers SET by_hand = false, assigned_by = NULL WHERE educator_id = :id AND by_hand"),
    text("DELETE FROM second_looks l USING answers a WHERE a.id = l.answer_id AND a.educator_id = :id"),
    text("UPDATE reviews SET closed_at = now() WHERE educator_id = :id AND closed_at IS NULL"),
)


class What(StrEnum):
    """What a pass goes through, each kept apart in `rotations`."""

    MARKS = "marks"
    PERSONS = "persons"
    FILES = "files"
    BATCHES = "batches"


RENEWED: Final = (What.PERSONS, What.FILES, What.BATCHES)


@dataclass(frozen=True, slots=True)
class Left:
    """What still keeps an older version in the ring. `keys`: data keys under one; `marked`: whether no file is."""

    keys: int
    marked: bool


async def begin(session: Session, vault: Vault) -> None:
    """From now on new files are marked under the newest version."""
    await marking.begin(session, vault.newest)


async def left(session: Session, vault: Vault) -> Left:
    """What is still to be done until an older version may leave the ring."""
    keys = await session.scalar(_COUNT_OLD_KEYS, {"newest": vault.newest})
    return Left(int(keys or 0), bool(await session.scalar(_MARKED, {"newest": vault.newest})))


async def wrap_again(session: Session, vault: Vault, limit: int) -> int:
    """Wrap so many data keys under the newest version; how many there were."""
    rows = (await session.execute(_OLD_KEYS, {"newest": vault.newest, "limit": limit})).all()
    wrapped = [vault.rewrapped(WrappedKey(*row)).wrapped for row in rows]
    await session.execute(_WRAP, {"newest": vault.newest, "ids": [row.id for row in rows], "wrapped": wrapped})
    return len(rows)


async def mark_again(session: Session, vault: Vault, limit: int) -> int | None:
    """Mark the next files under the newest version; how many were looked at, None where all are done."""
    after = await _stand(session, What.MARKS)
    if after is None:
        return None
    rows = (await session.execute(_FILES, {"after": after, "limit": limit})).all()
    readable = [row for row in rows if row.state != "duplicate" and row.wrapped]
    digests = await _digests(session, vault, readable)
    marks = [vault.mark(digest, vault.newest) for digest in digests.values()]
    await session.execute(_MARK, {"ids": list(digests), "marks": marks})
    await submissions.mark_again(session, vault, digests)
    await _go_on(session, What.MARKS, str(rows[-1].id) if rows else after, done=not rows)
    return len(rows)


async def start_renewal(session: Session, reason: str) -> None:
    """Begin to renew every data key; a pass that was stopped goes on instead."""
    stands = [await _stand(session, what) for what in RENEWED]
    if all(one is None for one in stands):
        await audit.record(session, action="keys.renewed", actor=None, subject="keys", reason=reason)
        for what in RENEWED:
            await _go_on(session, what, _START if what is not What.PERSONS else "", done=False)


async def renew_next(session: Session, vault: Vault, what: What, limit: int) -> int | None:
    """Renew the keys of the next persons, files or batches; how many, None where all are done."""
    after = await _stand(session, what)
    if after is None:
        return None
    values = {"after": after, "limit": limit}
    if what is What.PERSONS:
        found = list((await session.scalars(_PERSONS, values)).all())
        for educator_id in found:
            await _renew_person(session, vault, educator_id)
        last = found[-1] if found else after
    else:
        rows = (await session.execute(_NOBODYS if what is What.FILES else _BATCHES, values)).all()
        for row in rows:
            if what is What.FILES:
                await session.execute(_HOLD_SUBMISSION, {"id": row.id})
                await session.execute(_HOLD_ANSWER, {"id": row.id})
            await _renew(session, vault, row.key_id)
        found, last = [str(row.id) for row in rows], str(rows[-1].id) if rows else after
    await _go_on(session, what, last, done=not found)
    return len(found)


async def renew_person(session: Session, vault: Vault, educator_id: str, actor: Actor | None, reason: str) -> bool:
    """Renew one person's data key; False where they have none."""
    if not await _renew_person(session, vault, educator_id):
        return False
    await audit.record(session, action="key.renewed", actor=actor, subject=f"educator:{educator_id}", reason=reason)
    return True


async def destroy(session: Session, educator_id: str, actor: Actor | None, reason: str) -> bool:
    """Destroy a person's data key: nothing that came so far can be read again, by anybody. False where nobody is known.

    What everybody may see of their checks stays, and what comes from now on gets a key of its own. A backup of the
    database brings the key back; it must not outlive this. Where there is no key it is as good as destroyed: that one
    was there tells of a Rap Back notice, if nothing else came.
    """
    if not await people.hold(session, [educator_id]):
        return False
    key_id = await session.scalar(_KEY_OF_PERSON, {"id": educator_id})
    if key_id is not None:
        await session.execute(_KEY, {"id": key_id})
        await session.execute(_HOLD_CHECKS, {"id": educator_id})
        for statement in _DESTROY:
            await session.execute(statement, {"id": educator_id, "key": key_id})
    await audit.record(session, action="key.destroyed", actor=actor, subject=f"educator:{educator_id}", reason=reason)
    return True


async def _renew_person(session: Session, vault: Vault, educator_id: str) -> bool:
    """Locks as whoever takes results in: the person, the key, the checks."""
    await people.hold(session, [educator_id])
    key_id = await session.scalar(_KEY_OF_PERSON, {"id": educator_id})
    return key_id is not None and await _renew(session, vault, key_id)


async def _renew(session: Session, vault: Vault, key_id: UUID) -> bool:
    """Put everything under a new key, and the old one away; False where it is gone, or destroyed."""
    kept = (await session.execute(_KEY, {"id": key_id})).one_or_none()
    if kept is None or not kept.wrapped:
        return False
    old = vault.open_key(WrappedKey(kept.id, kept.version, kept.wrapped))
    new, wrapped = vault.new_key()
    if kept.educator_id is not None:
        await session.execute(_HOLD_CHECKS, {"id": kept.educator_id})
        await session.execute(_NOBODYS_NOW, {"id": old.id})
    row = {"id": new.id, "educator_id": kept.educator_id, "version": wrapped.version, "wrapped": wrapped.wrapped}
    await session.execute(_ADD, row)
    for select, put in _SEALED:
        for one in (await session.execute(select, {"key": old.id})).all():
            await session.execute(put, {"id": one.id, "sealed": vault.resealed(old, new, one.place, one.sealed)})
    for file_id in (await session.scalars(_FILES_UNDER, {"key": old.id})).all():
        await _reseal_pieces(session, vault, old, new, file_id)
    if kept.educator_id is not None:
        for one in (await session.execute(_RULINGS, {"id": kept.educator_id})).all():
            place = place_of_ruling(one.educator_id, one.purpose, one.at)
            await session.execute(_PUT_RULING, {"id": one.id, "sealed": vault.resealed(old, new, place, one.sealed)})
    for statement in _TO:
        await session.execute(statement, {"old": old.id, "new": new.id})
    return True


async def _reseal_pieces(session: Session, vault: Vault, old: DataKey, new: DataKey, file_id: UUID) -> None:
    number = -1
    while rows := await _pieces(session, file_id, number):
        for row in rows:
            number = row.number
            sealed = vault.resealed(old, new, f"{archive.file_place(file_id)}|{number}", row.sealed)
            await session.execute(_PUT_PIECE, {"id": file_id, "number": number, "sealed": sealed})


async def _digests(session: Session, vault: Vault, files: Sequence[Row[Any]]) -> dict[UUID, bytes]:
    """The SHA-256 of each file's bytes: of the short ones all in one statement."""
    ids = [row.id for row in files]
    firsts = {row.file_id: row.sealed for row in await session.execute(_FIRST_PIECES, {"ids": ids})}
    long = set((await session.scalars(_LONG, {"ids": ids})).all())
    found: dict[UUID, bytes] = {}
    for row in files:
        key = vault.open_key(WrappedKey(row.key_id, row.version, row.wrapped))
        place = archive.file_place(row.id)
        beginning = archive.without_name(vault.open(key, f"{place}|0", firsts[row.id]))
        if row.id not in long:
            found[row.id] = digest_of(beginning)
            continue
        hashed, number = hashlib.sha256(beginning), 0
        while more := await _pieces(session, row.id, number):
            for piece in more:
                number = piece.number
                hashed.update(vault.open(key, f"{place}|{number}", piece.sealed))
        found[row.id] = hashed.digest()
    return found


async def _pieces(session: Session, file_id: UUID, after: int) -> Sequence[Row[Any]]:
    values = {"id": file_id, "after": after, "limit": _PIECES_AT_ONCE}
    return (await session.execute(_MORE_PIECES, values)).all()


async def _stand(session: Session, what: What) -> str | None:
    """After which row a pass goes on; None where it has not begun or is done."""
    row = (await session.execute(_STAND, {"what": what})).one_or_none()
    if row is None or row.done:
        return None
    return str(row.after) or ("" if what is What.PERSONS else _START)


async def _go_on(session: Session, what: What, after: str, *, done: bool) -> None:
    await session.execute(_GO_ON, {"what": what, "after": after, "done": done})
