"""Certificates that were issued on a clearance which holds no longer, while they do.

A clearance was withdrawn, or its time is over; nothing here knows more of why. A certificate whose holder has a newer
clearance of the kind that it needed is not concerned.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import literal_column, text

from services.certificate.actions.cases import shown
from services.certificate.rules.classes import Rulebook
from services.certificate.tables import letters_of
from shared import educator_id as educator_ids
from shared.db import Session

AT_ONCE: Final = 50
Kind = Literal["withdrawn", "expired"]

_NUMBER: Final = re.compile(r"[Aa]?([0-9]{1,18})")
_NEEDED: Final = """
WITH needed AS (
    SELECT * FROM unnest(
        CAST(:codes AS text[]), CAST(:purposes AS text[]), CAST(:firsts AS date[]), CAST(:lasts AS date[])
    ) AS needed (class_code, purpose, first_day, last_day)
)
SELECT c.id, c.application_id, a.number, c.educator_id, c.class_code, c.classification, c.effective_on, c.expires_on,
    n.first_name, n.last_name, {ended} AS ended
FROM clearances k
JOIN certificates c ON c.educator_id = k.educator_id AND c.expires_on >= :today
JOIN applications a ON a.id = c.application_id
JOIN needed w ON w.class_code = c.class_code AND w.purpose = k.purpose
    AND a.received_on BETWEEN w.first_day AND w.last_day
LEFT JOIN names n ON n.educator_id = c.educator_id
WHERE {of_kind}
    AND {ended} BETWEEN c.effective_on AND c.expires_on
    -- one of the checks that it needed was cleared when it was issued
    AND EXISTS (
        SELECT FROM checks_said s JOIN needed o ON o.class_code = c.class_code AND o.purpose = s.purpose
            AND a.received_on BETWEEN o.first_day AND o.last_day
        WHERE s.educator_id = c.educator_id AND s.word = 'cleared'
            AND c.effective_on BETWEEN s.cleared_on AND s.valid_until
    )
    AND (:class_code = '' OR c.class_code = :class_code)
    AND {ended} BETWEEN :since AND :until
    AND (:words = '' OR c.educator_id = :educator_id OR a.number = :number
        OR {typed} <> '' AND {last_name} LIKE {typed} || '%')
    -- of several checks that it needed, the newest counts, and it stands here once
    AND NOT EXISTS (
        SELECT FROM clearances m JOIN needed o ON o.class_code = c.class_code AND o.purpose = m.purpose
            AND a.received_on BETWEEN o.first_day AND o.last_day
        WHERE m.educator_id = c.educator_id AND {instead}
    )
ORDER BY {order} DESC, c.id
LIMIT :limit OFFSET :skip
"""
_FOUND_BY: Final = {
    "typed": str(letters_of(literal_column(":words"))),
    "last_name": str(letters_of(literal_column("n.last_name"))),
}
_WITHDRAWN: Final = text(
    _NEEDED.format(
        **_FOUND_BY,
        ended="k.ended_on",
        of_kind="k.ended_on IS NOT NULL",
        instead="m.ended_on IS NOT NULL AND (m.ended_on, m.purpose) > (k.ended_on, k.purpose)",
        order="k.ended_on",
    )
)
_EXPIRED: Final = text(
    _NEEDED.format(
        **_FOUND_BY,
        ended="(k.valid_until + 1)",
        of_kind="k.ended_on IS NULL AND k.valid_until < :today",
        instead="(m.ended_on IS NOT NULL OR (m.valid_until, m.purpose) > (k.valid_until, k.purpose))",
        order="k.valid_until",
    )
)
# Of a kind, far more than were ever withdrawn at one time; of these the list is made whole.
_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which certificates a list shows; an empty field asks for nothing.

    Attributes:
        since, until: between which days the clearance ended, both included.
        words: an Educator ID, an application number, or how a last name begins.
    """

    kind: Kind | Literal[""] = ""
    class_code: str = ""
    since: date | None = None
    until: date | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Concerned:
    """A certificate, its holder, and when the clearance ended: `ended` is the first day without it."""

    id: UUID
    application_id: UUID
    number: str
    educator_id: str
    classification: str
    effective_on: date
    expires_on: date
    first_name: str
    last_name: str
    kind: Kind
    ended: date

    @property
    def shown_id(self) -> str:
        """The Educator ID as people read it aloud."""
        return educator_ids.shown(self.educator_id)


async def listed(
    session: Session, book: Rulebook, wanted: Wanted, today: date, page: int
) -> tuple[Sequence[Concerned], bool]:
    """A page of the list, those withdrawn first, the newest first; and whether more come after it."""
    values = _values(book, wanted, today)
    skip, limit = (page - 1) * AT_ONCE, AT_ONCE + 1
    found: list[Concerned] = []
    if wanted.kind != "expired":
        rows = await session.execute(_WITHDRAWN, values | {"limit": _MOST, "skip": 0})
        withdrawn = [_concerned(row, "withdrawn") for row in rows]
        found, skip = withdrawn[skip : skip + limit], max(0, skip - len(withdrawn))
    if wanted.kind != "withdrawn" and len(found) < limit:
        rows = await session.execute(_EXPIRED, values | {"limit": limit - len(found), "skip": skip})
        found += [_concerned(row, "expired") for row in rows]
    return found[:AT_ONCE], len(found) > AT_ONCE


def _values(book: Rulebook, wanted: Wanted, today: date) -> dict[str, Any]:
    needed = list(book.clearances())
    number = _NUMBER.fullmatch(wanted.words)
    return {
        "codes": [code for code, *_ in needed],
        "purposes": [purpose for _, purpose, *_ in needed],
        "firsts": [first for *_, first, _ in needed],
        "lasts": [last for *_, last in needed],
        "today": today,
        "class_code": wanted.class_code,
        "since": wanted.since or date.min,
        "until": wanted.until or date.max - timedelta(days=1),
        "words": wanted.words,
        "educator_id": educator_ids.parse(wanted.words) or "",
        "number": int(number[1]) if number else None,
    }


def _concerned(row: Any, kind: Kind) -> Concerned:
    return Concerned(
        id=row.id,
        application_id=row.application_id,
        number=shown(row.number),
        educator_id=row.educator_id,
        classification=row.classification,
        effective_on=row.effective_on,
        expires_on=row.expires_on,
        first_name=row.first_name or "",
        last_name=row.last_name or "",
        kind=kind,
        ended=row.ended,
    )
