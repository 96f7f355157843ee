"""When prints cannot be read, and a bureau searches by name instead. Pure.

A bureau that could not use the prints of two submissions may be asked for a check by name: the request names both, and
must come in time. The FBI wants at least one of them rejected with a certain code. Whatever a record holds has no part
in it: a bureau that cannot read the prints has not searched.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from shared.events import Bureau


@dataclass(frozen=True, slots=True)
class Rule:
    """What a bureau asks of a request: a code that one of the rejections must carry, if any, and the days it has."""

    code: str
    days: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A submission whose prints a bureau could not use.

    Attributes:
        on: the bureau's day of the answer (1.005).
        submission: the number (TCN) under which the prints were sent.
        number: the bureau's own number (TCN) of its answer.
        codes: why, as `L0008`.
    """

    on: date
    submission: str
    number: str
    codes: frozenset[str] = frozenset()


class Stage(StrEnum):
    """How far a check by name is."""

    OPEN = "open"
    REQUESTED = "requested"
    OVERDUE = "overdue"
    IMPOSSIBLE = "impossible"


# A bureau and the number of a submission for which staff asked it.
Requested = Collection[tuple[Bureau, str]]


@dataclass(frozen=True, slots=True)
class NameCheck:
    """The prints of two submissions could not be used, and no later ones could.

    Attributes:
        rejected: the two that a request names, the older first.
        by: the last day for it; None where the bureau makes none of these two.
    """

    bureau: Bureau
    rejected: tuple[Rejected, Rejected]
    by: date | None

    def stage(self, requested: Requested, day: date) -> Stage:
        """How far it is on a day."""
        if any((self.bureau, one.submission) in requested for one in self.rejected):
            return Stage.REQUESTED
        if self.by is None:
            return Stage.IMPOSSIBLE
        return Stage.OPEN if day <= self.by else Stage.OVERDUE


def name_check(bureau: Bureau, rejected: Iterable[Rejected], rule: Rule | None) -> NameCheck | None:
    """What two rejections lead to; None while there are not two.

    Args:
        rejected: every answer of the bureau that could not use the prints, since the last that could.
        rule: the bureau's; None where it searches nobody by name.
    """
    if rule is None:
        return None
    submissions: dict[str, Rejected] = {}
    # Several answers to one submission are one rejection. Without its number nobody can ask, so it is none.
    for one in sorted(rejected, key=_order):
        if one.submission:
            before = submissions.get(one.submission)
            submissions[one.submission] = replace(one, codes=one.codes | before.codes) if before else one
    if len(submissions) < 2:
        return None
    *earlier, last = sorted(submissions.values(), key=_order)
    fitting = earlier if _fits(last, rule) else [one for one in earlier if _fits(one, rule)]
    if not fitting:
        return NameCheck(bureau, (earlier[-1], last), None)
    return NameCheck(bureau, (fitting[-1], last), last.on + timedelta(days=rule.days))


def _order(one: Rejected) -> tuple[date, str, str]:
    return one.on, one.number, one.submission


def _fits(one: Rejected, rule: Rule) -> bool:
    return not rule.code or rule.code in one.codes
