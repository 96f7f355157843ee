"""Whom an answer is for, by what it names: a number of ours, in this order.

The submission that it answers (EBTS 1.010 TCR), tied to a person; our case number (2.009 OCA), `NNNNNNNN` or
`CCCC-NNNNNNNN`; the user data of a Rap Back subscription (2.2064 RBUD). Where two of them name different people, a
person decides. Names decide nothing here: they are a check afterwards.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared import educator_id

_FORM: Final = re.compile(r"(?:([0-9]{4})-)?([0-9]{8})")
# Nine digits in a row, dashes or spaces between or not, could be a Social Security Number typed into the wrong box.
_NINE_DIGITS: Final = re.compile(r"(?<![0-9])[0-9](?:[- ]?[0-9]){8}(?![0-9])")


class Why(StrEnum):
    """Why an answer is not with an educator. Says nothing of what the answer holds."""

    NOT_YET_KNOWN = "not_yet_known"
    NO_NUMBER = "no_number"
    BAD_NUMBER = "bad_number"
    UNKNOWN_CODE = "unknown_code"
    UNKNOWN_SENDER = "unknown_sender"
    SUBMISSION = "submission"
    NOT_READ_BY_MACHINE = "not_read_by_machine"
    TWO_PEOPLE = "two_people"


class How(StrEnum):
    """By what an answer found its educator."""

    SUBMISSION = "submission"
    CASE_NUMBER = "case_number"
    SUBSCRIPTION = "subscription"


@dataclass(frozen=True, slots=True)
class Address:
    """An educator and what the check is for."""

    educator_id: str
    purpose: str
    how: How = How.CASE_NUMBER


@dataclass(frozen=True, slots=True)
class Submitted:
    """What is known of the copies of one submission.

    Attributes:
        people: whose they are; empty while that is not known.
        contradicts: one of them names two people, or one whom its birth date or name does not fit.
        purpose: the code that they mean, one of ours or not; empty where they mean none.
    """

    people: frozenset[str] = frozenset()
    contradicts: bool = False
    purpose: str = ""


NOT_SUBMITTED: Final = Submitted()


@dataclass(frozen=True, slots=True)
class Named:
    """All by which an answer may name somebody, as written; empty where absent."""

    oca: str = ""
    submitted: Submitted = NOT_SUBMITTED
    subscriber: str = ""


def whose(named: Named, purposes: Collection[str], default: str) -> Address | Why:
    """Whose answer it is, or why nobody can be named.

    Args:
        purposes: the codes that the state uses.
        default: the code where nothing says one.
    """
    code, number = case_number(named.oca)
    found = [(How.SUBMISSION, one) for one in sorted(named.submitted.people)]
    found += [(How.CASE_NUMBER, number)] if number else []
    found += [(How.SUBSCRIPTION, named.subscriber)] if educator_id.is_valid(named.subscriber) else []
    if named.submitted.contradicts or len({one for _, one in found}) > 1:
        return Why.TWO_PEOPLE
    if not found:
        return Why.BAD_NUMBER if named.oca else Why.NO_NUMBER
    how, person = found[0]
    purpose = code or named.submitted.purpose or default
    return Address(person, purpose, how) if purpose in purposes else Why.UNKNOWN_CODE


def case_number(oca: str) -> tuple[str, str]:
    """The code and the Educator ID in a case number; both empty where it is none of ours or its check digit is wrong,
    the code empty where it has none."""
    form = _FORM.fullmatch(oca)
    return (form[1] or "", form[2]) if form and educator_id.is_valid(form[2]) else ("", "")


def shown(oca: str) -> str:
    """The case number for people to read. Nine digits, which may be somebody's SSN, are covered."""
    return _NINE_DIGITS.sub("*********", oca)
