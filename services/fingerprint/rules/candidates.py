"""Who may be meant by an answer that matches nobody, and why each: for a person to judge, never to match by. Pure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from services.fingerprint.rules.naming import Said, contradicts, present
from shared import educator_id
from shared.policy import local_day

# Days between asking for a code and an answer within which the one is likely to have led to the other.
LIKELY_DAYS: Final = 120

_DIGITS: Final = re.compile(r"(?:([0-9]{4})[- ]?)?([0-9]{8})")


class Reason(StrEnum):
    """Why somebody may be meant."""

    SUBMISSION = "submission"
    CASE_NUMBER = "case_number"
    TYPED = "typed"
    SWAPPED = "swapped"
    ONE_DIGIT = "one_digit"
    NAME = "name"
    FORMER_NAME = "former_name"
    ASKED = "asked"
    OTHER_NAME = "other_name"


# What each reason weighs. Only their order means something: a number outweighs a name, and two reasons nearly any one.
_WEIGHTS: Final = {
    Reason.SUBMISSION: 60,
    Reason.CASE_NUMBER: 60,
    Reason.TYPED: 45,
    Reason.SWAPPED: 40,
    Reason.ONE_DIGIT: 30,
    Reason.NAME: 30,
    Reason.FORMER_NAME: 25,
    Reason.ASKED: 10,
    # A friend's receipt, a twin's number.
    Reason.OTHER_NAME: -35,
}


@dataclass(frozen=True, slots=True)
class Clues:
    """What an unmatched answer says of its person.

    Attributes:
        oca: 2.009 as written.
        name: 2.018 as written; empty where it says none.
        received_at: when it was read.
    """

    oca: str
    name: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Possible:
    """Somebody who may be meant, and what is known of them.

    Attributes:
        names: every legal name, present and former.
        submission: their number stands in the submission that is answered.
        typed_at: when they typed the answered number (TCN) from their receipt.
        asked_at: when they asked for a code.
        purpose: that code.
    """

    educator_id: str
    names: tuple[Said, ...]
    submission: bool = False
    typed_at: datetime | None = None
    asked_at: datetime | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant, with the reasons, the weightiest first. `days`: since they asked for a code."""

    educator_id: str
    name: str
    reasons: tuple[Reason, ...]
    days: int | None = None


def numbers(oca: str) -> dict[str, Reason]:
    """Right Educator IDs that a case number may mean: itself, and what one mistake of typing makes of it."""
    form = _DIGITS.fullmatch(oca.strip())
    if form is None:
        return {}
    written = form[2]
    found = dict.fromkeys(_one_digit(written), Reason.ONE_DIGIT)
    found |= dict.fromkeys(_swapped(written), Reason.SWAPPED)
    found[written] = Reason.CASE_NUMBER
    return {number: reason for number, reason in found.items() if educator_id.is_valid(number)}


def ranked(clues: Clues, possible: Collection[Possible]) -> list[Candidate]:
    """Those who may be meant, the likeliest first. Whom more speaks against than for is not among them."""
    meant = numbers(clues.oca)
    form = _DIGITS.fullmatch(clues.oca.strip())
    code = form[1] if form else None
    weighed = [_weighed(clues, meant, code, one) for one in possible]
    weighed.sort(key=lambda pair: (-pair[0], _or_last(pair[1].days), pair[1].educator_id))
    return [candidate for weight, candidate in weighed if weight > 0]


def _weighed(clues: Clues, meant: dict[str, Reason], code: str | None, one: Possible) -> tuple[int, Candidate]:
    now = present(one.names)
    reasons = []
    if one.submission:
        reasons.append(Reason.SUBMISSION)
    if one.typed_at:
        reasons.append(Reason.TYPED)
    if one.educator_id in meant:
        reasons.append(meant[one.educator_id])
    if clues.name and now:
        if not contradicts(clues.name, [now.name]):
            reasons.append(Reason.NAME)
        elif not contradicts(clues.name, [said.name for said in one.names]):
            reasons.append(Reason.FORMER_NAME)
        else:
            reasons.append(Reason.OTHER_NAME)
    days = _days(clues, code, one)
    if days is not None:
        reasons.append(Reason.ASKED)
    reasons.sort(key=lambda reason: -_WEIGHTS[reason])
    name = f"{now.name.first} {now.name.last}" if now else ""
    return sum(_WEIGHTS[reason] for reason in reasons), Candidate(one.educator_id, name, tuple(reasons), days)


def _days(clues: Clues, code: str | None, one: Possible) -> int | None:
    """How many days before the answer came they asked for this code, or, where it has none, for any."""
    if one.asked_at is None or (code and code != one.purpose):
        return None
    days = (local_day(clues.received_at) - local_day(one.asked_at)).days
    return days if 0 <= days <= LIKELY_DAYS else None


def _or_last(days: int | None) -> int:
    return LIKELY_DAYS + 1 if days is None else days


def _one_digit(written: str) -> Iterable[str]:
    for place in range(len(written)):
        for digit in "0123456789":
            yield written[:place] + digit + written[place + 1 :]


def _swapped(written: str) -> Iterable[str]:
    for place in range(len(written) - 1):
        yield written[:place] + written[place + 1] + written[place] + written[place + 2 :]
