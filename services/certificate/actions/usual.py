"""How long things usually take, from our own data: the last applications of a class that ended with a certificate."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from shared.db import Session

# Fewer say nothing of the next one.
FEWEST: Final = 5

_LAST_ISSUED: Final = text("""
WITH last AS (
    SELECT id, received_on, ended_on FROM applications
    WHERE class_code = :class_code AND ended_on IS NOT NULL AND state = 'issued'
    ORDER BY ended_on DESC LIMIT 100
)
SELECT count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY ended_on - received_on),
    percentile_disc(0.5) WITHIN GROUP (ORDER BY answered.on_day - received_on)
FROM last LEFT JOIN LATERAL (
    SELECT min(day) AS on_day FROM entries
    WHERE application_id = last.id AND deed IN ('recommended', 'returned')
) AS answered ON true
""")


@dataclass(frozen=True, slots=True)
class Usual:
    """Medians in days.

    Attributes:
        count: of how many certificates; with fewer than `FEWEST` nothing is said.
        days: from receipt to the certificate.
        institution_days: from receipt to the institution's first answer; None where none is asked.
    """

    count: int
    days: int | None = None
    institution_days: int | None = None


async def usual(session: Session, class_code: str) -> Usual:
    """What is usual for a class."""
    count, days, institution_days = (await session.execute(_LAST_ISSUED, {"class_code": class_code})).one()
    return Usual(count, days, institution_days) if count >= FEWEST else Usual(count)
