"""Finding who may be meant by answers that match nobody: by index alone, never by going through all educators."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from services.fingerprint import tables
from services.fingerprint.actions import people
from services.fingerprint.evidence import Evidence
from services.fingerprint.rules.candidates import Candidate, Clues, Possible, numbers, ranked
from services.fingerprint.rules.naming import Said
from services.fingerprint.rules.receipts import plain
from shared.db import Session

# Of a name that hundreds share, those who asked for a code last.
OF_A_NAME: Final = 50
SHOWN: Final = 10

POSSIBLE = text(f"""
WITH clue AS (
    SELECT * FROM unnest(
        CAST(:answers AS uuid[]), CAST(:tcrs AS text[]), CAST(:lasts AS text[]), CAST(:firsts AS text[])
    ) AS c (answer_id, tcr, last, first)
), meant AS (
    SELECT answer_id, educator_id FROM unnest(CAST(:meant_for AS uuid[]), CAST(:meant AS text[]))
        AS m (answer_id, educator_id)
), found AS (
    SELECT answer_id, educator_id, NULL::timestamptz AS typed_at, false AS submission FROM meant
    UNION ALL
    SELECT c.answer_id, t.educator_id, t.typed_at, false FROM clue c JOIN typed_numbers t ON t.tcn = c.tcr
    WHERE c.tcr <> ''
    UNION ALL
    SELECT c.answer_id, p.id, NULL, true
    FROM clue c JOIN submissions s ON s.tcn = c.tcr
    CROSS JOIN LATERAL unnest(array_remove(s.possible || s.educator_id::text, NULL)) AS p (id)
    WHERE c.tcr <> ''
    UNION ALL
    SELECT c.answer_id, n.educator_id, NULL, false
    FROM clue c CROSS JOIN LATERAL (
        SELECT k.educator_id FROM known_names k LEFT JOIN preparations a USING (educator_id)
        WHERE k.name_key = {tables.NAME_KEY.format(last="c.last", first="c.first")}
        GROUP BY k.educator_id ORDER BY max(a.acknowledged_at) DESC NULLS LAST, k.educator_id LIMIT :of_a_name
    ) AS n
    WHERE c.last <> '' AND c.first <> ''
)
SELECT f.answer_id, f.educator_id, max(f.typed_at) AS typed_at, bool_or(f.submission) AS submission,
       max(a.acknowledged_at) AS asked_at, max(a.purpose) AS purpose
FROM found f JOIN persons USING (educator_id) LEFT JOIN preparations a USING (educator_id)
GROUP BY f.answer_id, f.educator_id
""")  # noqa: S608 - the expression is a constant of ours


async def of(session: Session, answers: Sequence[tuple[UUID, datetime, Evidence]]) -> dict[UUID, list[Candidate]]:
    """Who may be meant by each of these answers (id, when it was received, what it says), the likeliest first."""
    clues = {
        answer_id: Clues(evidence.case_number, evidence.name, received_at)
        for answer_id, received_at, evidence in answers
    }
    meant = [(answer_id, number) for answer_id, clue in clues.items() for number in numbers(clue.oca)]
    names = {answer_id: clue.name.partition(",") for answer_id, clue in clues.items()}
    rows = await session.execute(
        POSSIBLE,
        {
            "answers": list(clues),
            "tcrs": [plain(evidence.tcr) for _, _, evidence in answers],
            "lasts": [last for last, _, _ in names.values()],
            "firsts": [first.strip() for _, _, first in names.values()],
            "meant_for": [answer_id for answer_id, _ in meant],
            "meant": [number for _, number in meant],
            "of_a_name": OF_A_NAME,
        },
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.answer_id].append(row)
    known = await people.heard_names(session, {row.educator_id for several in found.values() for row in several})
    return {
        answer_id: ranked(clue, [_possible(row, known) for row in found[answer_id]])[:SHOWN]
        for answer_id, clue in clues.items()
    }


def _possible(row: Any, known: dict[str, tuple[Said, ...]]) -> Possible:
    names = known.get(row.educator_id, ())
    return Possible(row.educator_id, names, row.submission, row.typed_at, row.asked_at, row.purpose or "")
