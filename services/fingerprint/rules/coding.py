"""Whether prints were taken with the code that they needed. Pure; what an answer says has no part in it."""

from collections.abc import Iterable, Mapping, Sequence, Set
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


def lines_since(day: date, standings: Iterable[tuple[str, Standing]]) -> dict[str, int]:
    """How many lines each timeline has from this day on, by the code of its check; none is left out."""
    found = {code: sum(step.on >= day for step in standing.steps) for code, standing in standings}
    return {code: lines for code, lines in found.items() if lines}


def came_since(asked_on: date, before: Mapping[str, int], standings: Iterable[tuple[str, Standing]]) -> frozenset[str]:
    """The codes under which answers came since the educator asked for one.

    A line of a timeline has a day and no hour, so what stood there on the day of asking is told by its number.

    Args:
        asked_on: the day on which the educator asked.
        before: `lines_since` that day, at the moment of asking.
        standings: every check of the educator, by its code.
    """
    now = lines_since(asked_on, standings)
    return frozenset(code for code, lines in now.items() if lines > before.get(code, 0))


def other_than_asked(wanted: str, came: Set[str]) -> tuple[str, ...]:
    """The codes under which answers came, while none came under the one that the educator asked for last."""
    return () if wanted in came else tuple(sorted(came))


def newest_of_each(found: Sequence[Strange]) -> tuple[Strange, ...]:
    """One for each code, the newest first: two bureaus answer the same mistake."""
    newest: dict[str, Strange] = {}
    for one in sorted(found, key=lambda one: (one.on, one.bureau)):
        newest[one.code] = one
    return tuple(sorted(newest.values(), key=lambda one: (one.on, one.code), reverse=True))
