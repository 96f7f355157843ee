"""Whose a submission (NFUF) is: by the Social Security Numbers in it, with birth date and given name as checks. Pure.

Numbers are mistyped, and a twin's differs by one digit: a number alone ties nothing. What does not fit in every part
goes to a person together with the answers that come of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.fingerprint.rules.naming import Said, given_before, shares_first

# An educator who was identified just now is heard of within seconds, and somebody who has no profile may make one.
_FIRST: Final = timedelta(seconds=5)
_FIRST_NOBODY: Final = timedelta(minutes=10)
LONGEST_PAUSE: Final = timedelta(days=1)


class State(StrEnum):
    """How far a submission has come."""

    UNTIED = "untied"
    TIED = "tied"
    NOBODY = "nobody"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Match:
    """An educator who has one of the numbers in a submission, and whether its birth date is theirs."""

    educator_id: str
    born: bool


@dataclass(frozen=True, slots=True)
class Tie:
    """What became of a submission: whose it is, or, where it contradicts itself, who may be meant."""

    state: State
    educator_id: str | None = None
    possible: tuple[str, ...] = ()


def tie(
    matches: Collection[Match], name: str, claimed: str | None, names: Collection[Said], received_at: datetime
) -> Tie:
    """Whose submission it is.

    Args:
        matches: the educators who have one of its numbers.
        name: 2.018 as written.
        claimed: whom its case number names, if anybody.
        names: the legal names of the one educator whom its numbers name, as far as heard.
        received_at: the names given by then count.
    """
    people = sorted({match.educator_id for match in matches})
    if not people:
        return Tie(State.NOBODY)
    one = people[0]
    possible = tuple(dict.fromkeys((*people, claimed) if claimed else people))
    if len(possible) > 1 or not all(match.born for match in matches):
        return Tie(State.CONTRADICTION, possible=possible)
    if not names:
        return Tie(State.UNTIED)
    if not shares_first(name, given_before(received_at, names)):
        return Tie(State.CONTRADICTION, possible=possible)
    return Tie(State.TIED, one)


def pause(state: State, tries: int) -> timedelta:
    """How long a submission rests after it was asked for this many times: longer each time."""
    first = _FIRST_NOBODY if state is State.NOBODY else _FIRST
    return min(first * (1 << min(tries, 20)), LONGEST_PAUSE)
