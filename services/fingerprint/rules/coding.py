"""Whether prints were taken with the code that they needed. Pure; what an answer says has no part in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from services.fingerprint.rules.check import Standing
from shared.events import Bureau


@dataclass(frozen=True, slots=True)
class Strange:
    """An answer that names an educator rightly, and a code that is none of the department's."""

    on: date
    bureau: Bureau
    code: str


def other_than_asked(wanted: str, asked_on: date, standings: Iterable[tuple[str, Standing]]) -> tuple[str, ...]:
    """The codes under which answers came since the educator asked for one, while none came under that.

    Args:
        wanted: the code that the educator asked for last.
        asked_on: the day of that.
        standings: every check of the educator, by its code.
    """
    came = [code for code, standing in standings if any(step.on >= asked_on for step in standing.steps)]
    return () if wanted in came else tuple(sorted(came))


def newest_of_each(found: Sequence[Strange]) -> tuple[Strange, ...]:
    """One for each code, the newest first: two bureaus answer the same mistake."""
    newest: dict[str, Strange] = {}
    for one in sorted(found, key=lambda one: (one.on, one.bureau)):
        newest[one.code] = one
    return tuple(sorted(newest.values(), key=lambda one: (one.on, one.code), reverse=True))
