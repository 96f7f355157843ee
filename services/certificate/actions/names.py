"""Educators' legal names, as educator says them: for lists, and for what is signed."""

from collections.abc import Sequence

from sqlalchemy import text

from services.certificate.tables import Name
from shared.db import Session
from shared.events import NameChanged

_KEEP = text("""
INSERT INTO names AS n (educator_id, first_name, last_name, sequence)
SELECT DISTINCT ON (educator_id) educator_id, first_name, last_name, sequence
FROM unnest(CAST(:ids AS text[]), CAST(:firsts AS text[]), CAST(:lasts AS text[]), CAST(:sequences AS bigint[]))
    AS said (educator_id, first_name, last_name, sequence)
ORDER BY educator_id, sequence DESC
ON CONFLICT (educator_id) DO UPDATE
SET first_name = excluded.first_name, last_name = excluded.last_name, sequence = excluded.sequence
WHERE n.sequence < excluded.sequence
""")


async def keep(session: Session, named: Sequence[NameChanged]) -> None:
    """Keep the newest name of each educator."""
    await session.execute(
        _KEEP,
        {
            "ids": [fact.subject_id for fact in named],
            "firsts": [fact.first_name for fact in named],
            "lasts": [fact.last_name for fact in named],
            "sequences": [fact.sequence for fact in named],
        },
    )


async def of_educator(session: Session, educator_id: str) -> tuple[str, str]:
    """First and last name; empty where educator has not said one yet."""
    row = await session.get(Name, educator_id)
    return (row.first_name, row.last_name) if row else ("", "")
