"""Whose Social Security Number stands in a fingerprint submission: asked by fingerprint for many at once.

Nothing is opened: numbers and birth dates are found by their blind indexes. Each comparison is a use of the index and
stands in the trail, found or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import text

from services.educator.vault import BIRTH_DATE, SSN, Vault
from shared import audit
from shared.db import Session

_COMPARE = text("""
SELECT asked.place, p.educator_id, EXISTS (
    SELECT FROM unnest(CAST(:birth_places AS int[]), CAST(:births AS bytea[])) AS born (place, digest)
    JOIN blind_index b ON b.owner = p.educator_id AND b.field = 'birth_date' AND b.digest = born.digest
    WHERE born.place = asked.place
) AS fits
FROM unnest(CAST(:number_places AS int[]), CAST(:numbers AS bytea[])) AS asked (place, digest)
JOIN blind_index n ON n.field = 'ssn' AND n.digest = asked.digest
JOIN persons p ON p.educator_id = n.owner
GROUP BY asked.place, p.educator_id
ORDER BY asked.place, p.educator_id
""")


@dataclass(frozen=True)
class Comparison:
    """What one submission says: which it is, its numbers of nine digits each, and its birth date where it has one."""

    submission: UUID
    numbers: tuple[str, ...] = field(repr=False)
    born_on: date | None = field(repr=False)


@dataclass(frozen=True)
class Match:
    """An educator who has one of the numbers, and whether the birth date is theirs too."""

    educator_id: str
    born: bool


async def compare(session: Session, vault: Vault, asked: Sequence[Comparison]) -> list[list[Match]]:
    """Who has a number of each submission, in the order asked; nearly always nobody or one."""
    numbers = [
        (place, digest.digest)
        for place, one in enumerate(asked)
        for number in one.numbers
        for digest in vault.digests(SSN, number)
    ]
    births = [
        (place, digest.digest)
        for place, one in enumerate(asked)
        if one.born_on
        for digest in vault.digests(BIRTH_DATE, one.born_on.isoformat())
    ]
    rows = await session.execute(
        _COMPARE,
        {
            "number_places": [place for place, _ in numbers],
            "numbers": [digest for _, digest in numbers],
            "birth_places": [place for place, _ in births],
            "births": [digest for _, digest in births],
        },
    )
    found: list[list[Match]] = [[] for _ in asked]
    for place, educator_id, fits in rows:
        found[place].append(Match(educator_id, fits))
    await _record(session, asked, found)
    return found


async def _record(session: Session, asked: Sequence[Comparison], found: Sequence[Sequence[Match]]) -> None:
    """One row for each comparison, and one for each educator who was found, by whom a person's uses are looked up."""
    await audit.record_all(
        session,
        action="ssn.compared",
        subjects=[f"submission:{one.submission}" for one in asked],
        new=[
            {"by": "fingerprint", "numbers": len(one.numbers), "found": len(matches)}
            for one, matches in zip(asked, found, strict=True)
        ],
    )
    hits = [(one.submission, match) for one, matches in zip(asked, found, strict=True) for match in matches]
    await audit.record_all(
        session,
        action="ssn.found",
        subjects=[f"educator:{match.educator_id}" for _, match in hits],
        new=[
            {"by": "fingerprint", "submission": str(submission), "birth_date_fits": match.born}
            for submission, match in hits
        ],
    )
