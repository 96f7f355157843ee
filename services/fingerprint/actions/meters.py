"""How many there are of everything, and how old the oldest is: what operators watch. Tells nothing of records."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import TextClause, text

from shared.db import Session

FILES: Final = ("read", "duplicate", "quarantined")
ANSWERS: Final = ("matched", "waiting", "unmatched", "set_aside")
BATCHES: Final = ("running", "done", "quarantined", "duplicate", "undoing", "undone")

# What adjudicators alone are told of counts as matched whether or not its educator is known: or, at the moment in which
# somebody's profile is linked, one more that nothing is said of would be a Rap Back notice about that very person.
# These count all that there is: whoever asks keeps the answer for a while. The others go by an index.
_FILES: Final = text("SELECT state, count(*) FROM files GROUP BY state")
_ANSWERS: Final = text("""
SELECT place, count(*) FROM answers WHERE place IN ('waiting', 'unmatched', 'set_aside') GROUP BY place
UNION ALL
SELECT 'matched', (SELECT count(educator_id) FROM answers WHERE educator_id IS NOT NULL)
    + (SELECT count(*) FROM answers WHERE place = 'adjudicator')
""")
_BATCHES: Final = text("SELECT state, count(*) FROM batches GROUP BY state")
_OLDEST: Final = text("""
SELECT coalesce(extract(epoch FROM now() - min(received_at)), 0) FROM answers WHERE place = 'unmatched'
""")
_IMPORTERS: Final = text("SELECT count(*) FROM importers WHERE until >= now()")


@dataclass(frozen=True, slots=True)
class Meters:
    """How things are. `oldest_unmatched`: seconds since the oldest answer came that matches nobody."""

    files: Mapping[str, int]
    answers: Mapping[str, int]
    batches: Mapping[str, int]
    oldest_unmatched: float
    importers: int


async def read(session: Session) -> Meters:
    """How things are now; what there is none of is 0."""
    return Meters(
        files=await _counted(session, FILES, _FILES),
        answers=await _counted(session, ANSWERS, _ANSWERS),
        batches=await _counted(session, BATCHES, _BATCHES),
        oldest_unmatched=float(await session.scalar(_OLDEST) or 0),
        importers=int(await session.scalar(_IMPORTERS) or 0),
    )


async def _counted(session: Session, names: tuple[str, ...], statement: TextClause) -> dict[str, int]:
    found = {name: count for name, count in await session.execute(statement)}  # noqa: C416 - rows, not pairs
    return dict.fromkeys(names, 0) | found
