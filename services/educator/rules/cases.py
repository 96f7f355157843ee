"""Identity cases: whose move it is, how long they take, which ends they have.

A case is open while an account cannot be linked to a record without a person's decision: its number belongs to a record
already (`number_in_use`, whether or not the birth date fits), or it has no number (`no_number`).
"""

import hashlib
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final
from uuid import UUID

from services.educator.rules.reading import Refused, tidy
from shared import ssn
from shared.text import Text, text

# Below this many ended cases, the policy says what is usual; a handful of cases would mislead.
ENOUGH_CASES: Final = 5
LONGEST_REASON: Final = 1000
# A sealed reason is at most 8192 characters on the topic; this leaves room for the envelope (base64 takes 4/3).
_LARGEST_REASON_BYTES: Final = 5500


class Kind(StrEnum):
    """Why a person must decide."""

    NUMBER_IN_USE = "number_in_use"
    NO_NUMBER = "no_number"


class Decision(StrEnum):
    """What an administrator may do with an open case. All but the third end it."""

    SAME_PERSON = "same_person"
    RECORD_MOVED = "record_moved"
    DOCUMENTS = "documents"
    PERSON_MADE = "person_made"


class Turn(StrEnum):
    """Who acts next."""

    STAFF = "staff"
    EDUCATOR = "educator"


@dataclass(frozen=True)
class Shown:
    """A record as the administrator saw it beside the case: which one, and whose it was."""

    educator_id: str
    account_id: UUID


def turn(documents_asked_at: datetime | None, documents_sent_at: datetime | None) -> Turn:
    """The educator acts from the moment documents are asked for until they are said to be sent."""
    return Turn.EDUCATOR if documents_asked_at and not documents_sent_at else Turn.STAFF


def usual_days(taken: Sequence[timedelta], policy_days: int) -> int:
    """How many days a case usually takes: the median of past ones, rounded up, or the policy's number until there are
    enough of them."""
    if len(taken) < ENOUGH_CASES:
        return policy_days
    return max(1, math.ceil(median(time / timedelta(days=1) for time in taken)))


def needs_record(decision: Decision) -> bool:
    """Whether this decision is about one of the records shown beside the case."""
    return decision in (Decision.SAME_PERSON, Decision.RECORD_MOVED)


def mark(records: Iterable[Shown]) -> str:
    """A short mark of what was shown beside a case, so that a decision made on an older sight is noticed."""
    seen = sorted(f"{record.educator_id}:{record.account_id}" for record in records)
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()[:16]


def reason(typed: str) -> str:
    """The reason for a decision, or the words that ask for documents.

    Raises:
        Refused: empty, too long, or with a Social Security Number in it.
    """
    return _written(typed, missing=text("Write the reason. It is kept with the decision."))


def purpose(typed: str) -> str:
    """Why somebody looks at last four digits and birth dates.

    Raises:
        Refused: empty, too long, or with a Social Security Number in it.
    """
    return _written(typed, missing=text("Write why you need to see them. It is kept in the audit trail."))


def _written(typed: str, *, missing: Text) -> str:
    lines = "\n".join(line for part in typed.splitlines() if (line := tidy(part)))
    if not lines:
        raise Refused(missing)
    if len(lines) > LONGEST_REASON or len(json.dumps(lines)) > _LARGEST_REASON_BYTES:
        raise Refused(text("Shorten this to at most {count} characters.", count=LONGEST_REASON))
    if ssn.stands_in(lines):
        raise Refused(ssn.REFUSAL)
    return lines


def decision(typed: str) -> Decision:
    """The chosen decision.

    Raises:
        Refused: none was chosen.
    """
    try:
        return Decision(typed)
    except ValueError:
        raise Refused(text("Select what you decide.")) from None
