"""What fingerprint says of checks: the newest word on each educator and purpose, whichever topic it came on.

`FingerprintCleared` and `ClearanceEnded` are numbered by one owner for one subject, so their `sequence` orders them
even where the end arrives before the beginning.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, text

from services.certificate.tables import Clearance
from shared.db import Session
from shared.events import ClearanceEnded, FingerprintCleared

_KEEP = text("""
INSERT INTO clearances AS c (educator_id, purpose, cleared_on, valid_until, ended_on, sequence)
SELECT DISTINCT ON (educator_id, purpose) educator_id, purpose, cleared_on, valid_until, NULL::date, sequence
FROM unnest(
    CAST(:ids AS text[]), CAST(:purposes AS text[]), CAST(:cleared AS date[]), CAST(:valid AS date[]),
    CAST(:sequences AS bigint[])
) AS said (educator_id, purpose, cleared_on, valid_until, sequence)
ORDER BY educator_id, purpose, sequence DESC
ON CONFLICT (educator_id, purpose) DO UPDATE
SET cleared_on = excluded.cleared_on, valid_until = excluded.valid_until, ended_on = NULL,
    sequence = excluded.sequence
WHERE c.sequence < excluded.sequence
""")
_END = text("""
INSERT INTO clearances AS c (educator_id, purpose, ended_on, sequence)
SELECT DISTINCT ON (educator_id, purpose) educator_id, purpose, ended_on, sequence
FROM unnest(
    CAST(:ids AS text[]), CAST(:purposes AS text[]), CAST(:ended AS date[]), CAST(:sequences AS bigint[])
) AS said (educator_id, purpose, ended_on, sequence)
ORDER BY educator_id, purpose, sequence DESC
ON CONFLICT (educator_id, purpose) DO UPDATE
SET cleared_on = NULL, valid_until = NULL, ended_on = excluded.ended_on, sequence = excluded.sequence
WHERE c.sequence < excluded.sequence
""")
_STANDING = (
    select(Clearance)
    .where(Clearance.educator_id == bindparam("educator_id"), Clearance.ended_on.is_(None))
    .order_by(Clearance.purpose)
)


async def keep(session: Session, cleared: Sequence[FingerprintCleared]) -> None:
    """Keep clearances, unless something newer was said of the same check."""
    await session.execute(
        _KEEP,
        {
            "ids": [fact.subject_id for fact in cleared],
            "purposes": [fact.purpose for fact in cleared],
            "cleared": [fact.cleared_on for fact in cleared],
            "valid": [fact.valid_until for fact in cleared],
            "sequences": [fact.sequence for fact in cleared],
        },
    )


async def end(session: Session, ended: Sequence[ClearanceEnded]) -> None:
    """End clearances, unless something newer was said of the same check."""
    await session.execute(
        _END,
        {
            "ids": [fact.subject_id for fact in ended],
            "purposes": [fact.purpose for fact in ended],
            "ended": [fact.ended_on for fact in ended],
            "sequences": [fact.sequence for fact in ended],
        },
    )


async def standing(session: Session, educator_id: str) -> Sequence[Clearance]:
    """The clearances of an educator that were not ended; they may have run out."""
    return (await session.scalars(_STANDING, {"educator_id": educator_id})).all()
