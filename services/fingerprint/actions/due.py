"""The checks of which the calendar, and nothing else, gives something to say: found by an index, never by a scan."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy import text

from services.fingerprint.actions.checks import CheckKey
from shared.db import Session

# On from the last one seen, so that what cannot be decided now holds up nothing behind it.
_DUE: Final = text("""
SELECT due_on, educator_id, purpose FROM checks
WHERE due_on <= :today AND (due_on, educator_id, purpose) > (:due_on, :educator_id, :purpose)
ORDER BY due_on, educator_id, purpose LIMIT :limit
""")

# A place in that order: the day, and whose check for what.
Place = tuple[date, str, str]
START: Final[Place] = (date.min, "", "")


async def checks(session: Session, today: date, after: Place, limit: int) -> tuple[Sequence[CheckKey], Place]:
    """The next checks of which something is due by a day, and the place of the last."""
    values = {"today": today, "due_on": after[0], "educator_id": after[1], "purpose": after[2], "limit": limit}
    rows = (await session.execute(_DUE, values)).all()
    last = (rows[-1].due_on, rows[-1].educator_id, rows[-1].purpose) if rows else after
    return [(row.educator_id, row.purpose) for row in rows], last
