"""Which processes take results in, and until when each may: their leases, by the database's clock.

An importer's first statement in every transaction is `fence`. It holds the importer's row until the commit, and whoever
looks for expired rows leaves out those that are held: so a transaction commits only while its importer is the holder of
what it takes in, however long it was frozen.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid4

from sqlalchemy import text

from shared.db import Session

_JOIN = text("""
INSERT INTO importers (id, host, since, until)
VALUES (:id, :host, now(), now() + make_interval(secs => :seconds))
""")
_FENCE = text("""
UPDATE importers SET until = clock_timestamp() + make_interval(secs => :seconds) WHERE id = :id RETURNING id
""")
_TROUBLES = text("UPDATE importers SET troubles = CAST(:troubles AS jsonb) WHERE id = :id")
_LEAVE = text("DELETE FROM importers WHERE id = :id")
_EXPIRE = text("""
DELETE FROM importers WHERE id IN (SELECT id FROM importers WHERE until < now() FOR UPDATE SKIP LOCKED) RETURNING id
""")
_LIVING = text("SELECT id FROM importers")
# Importers on one host may see the same folder: what several say of it is said once.
_COUNT = text("""
SELECT source, code, max(CAST(count AS integer)) AS count
FROM importers, jsonb_to_recordset(troubles) AS said (source text, code text, count integer)
WHERE until >= now()
GROUP BY source, code, host ORDER BY source, code
""")

_MARKS = text("SELECT claim, mark FROM files WHERE claim = ANY(CAST(:claims AS uuid[]))")


async def join(session: Session, host: str, seconds: float) -> UUID:
    """A new importer, whose lease ends in so many seconds."""
    importer_id = uuid4()
    await session.execute(_JOIN, {"id": importer_id, "host": host, "seconds": seconds})
    return importer_id


async def fence(session: Session, importer_id: UUID, seconds: float) -> bool:
    """Hold the importer's row until the transaction ends, with a new lease; False where its work was taken over."""
    return (await session.execute(_FENCE, {"id": importer_id, "seconds": seconds})).first() is not None


async def say(session: Session, importer_id: UUID, troubles: Mapping[tuple[str, str], int]) -> None:
    """Note what is wrong with an importer's folders and files: how often, by source and code. Nothing by name."""
    said = [{"source": source, "code": code, "count": count} for (source, code), count in sorted(troubles.items())]
    await session.execute(_TROUBLES, {"id": importer_id, "troubles": json.dumps(said)})


async def leave(session: Session, importer_id: UUID) -> None:
    """An importer ends; what it still holds is anybody's."""
    await session.execute(_LEAVE, {"id": importer_id})


async def expire(session: Session) -> Collection[UUID]:
    """Strike out the importers whose lease has run out; what they held is anybody's."""
    return (await session.scalars(_EXPIRE)).all()


async def living(session: Session) -> frozenset[UUID]:
    """Every importer that may work."""
    return frozenset(await session.scalars(_LIVING))


async def troubles(session: Session) -> list[tuple[str, str, int]]:
    """What is wrong with folders and files: source, code, how often."""
    return [(source, code, count) for source, code, count in await session.execute(_COUNT)]


async def kept(session: Session, claims: Sequence[UUID]) -> dict[UUID, bytes]:
    """Of those of these claims that are in the ledger, the mark of the bytes that were taken in."""
    return {row.claim: row.mark for row in await session.execute(_MARKS, {"claims": list(claims)})}
