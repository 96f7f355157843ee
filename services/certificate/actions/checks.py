"""What is known of educators beside their applications: what fingerprint said of checks, and a Yes said elsewhere."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, text

from services.certificate.rules.case import Checks, Said, Word
from services.certificate.tables import CheckSaid
from shared.db import Session
from shared.events import ClearanceEnded, FingerprintCleared, ReprintRequested, ResultReceived

Fact = ResultReceived | ReprintRequested | FingerprintCleared | ClearanceEnded

_WORDS: Final[dict[type[Any], Word]] = {
    ResultReceived: Word.ANSWERED,
    ReprintRequested: Word.REPRINT,
    FingerprintCleared: Word.CLEARED,
    ClearanceEnded: Word.ENDED,
}
# A set of what was said, numbered by one owner: neither order of arrival nor repetition makes a difference.
_KEEP: Final = text("""
INSERT INTO checks_said (educator_id, number, word, purpose, at, cleared_on, valid_until, ended_on)
SELECT * FROM unnest(
    CAST(:ids AS text[]), CAST(:numbers AS bigint[]), CAST(:words AS text[]), CAST(:purposes AS text[]),
    CAST(:moments AS timestamptz[]), CAST(:cleared AS date[]), CAST(:valid AS date[]), CAST(:ended AS date[])
)
ON CONFLICT (educator_id, number) DO NOTHING
""")
_SAID: Final = (
    select(CheckSaid)
    .where(CheckSaid.educator_id.in_(bindparam("ids", expanding=True)))
    .order_by(CheckSaid.educator_id, CheckSaid.number)
)
_ADMITTED: Final = text("""
SELECT applications.educator_id, applications.id, entries.at
FROM applications JOIN entries ON entries.application_id = applications.id
WHERE applications.educator_id = ANY(CAST(:ids AS text[])) AND entries.deed IN ('received', 'resubmitted')
    AND entries.details -> 'submission' -> 'conduct' <> '{}'
""")

Admitted = Mapping[str, Sequence[tuple[UUID, datetime]]]


async def keep(session: Session, facts: Sequence[Fact]) -> None:
    """Keep what was said."""
    await session.execute(
        _KEEP,
        {
            "ids": [fact.subject_id for fact in facts],
            "numbers": [fact.sequence for fact in facts],
            "words": [_WORDS[type(fact)] for fact in facts],
            "purposes": [fact.purpose for fact in facts],
            "moments": [fact.occurred_at for fact in facts],
            "cleared": [getattr(fact, "cleared_on", None) for fact in facts],
            "valid": [getattr(fact, "valid_until", None) for fact in facts],
            "ended": [getattr(fact, "ended_on", None) for fact in facts],
        },
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of some educators."""

    said: Mapping[str, Sequence[Said]]
    admitted: Admitted

    def of(self, educator_id: str, application_id: UUID) -> Checks:
        """What is known of one, beside this application."""
        elsewhere = (moment for other, moment in self.admitted.get(educator_id, ()) if other != application_id)
        return Checks(tuple(self.said.get(educator_id, ())), tuple(sorted(elsewhere)))


async def known(session: Session, educator_ids: Collection[str]) -> Known:
    """What is known of these educators, in two statements however many they are."""
    ids = {"ids": sorted(educator_ids)}
    said: dict[str, list[Said]] = defaultdict(list)
    for one in await session.scalars(_SAID, ids):
        said[one.educator_id].append(
            Said(
                one.number,
                Word(one.word),
                one.purpose,
                one.at,
                cleared_on=one.cleared_on,
                valid_until=one.valid_until,
                ended_on=one.ended_on,
            )
        )
    admitted: dict[str, list[tuple[UUID, datetime]]] = defaultdict(list)
    for educator_id, application_id, at in await session.execute(_ADMITTED, ids):
        admitted[educator_id].append((application_id, at))
    return Known(said, admitted)
