"""What people may do to an application: each deed with what belongs to it (`refusals` says when it may not be done)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal
from uuid import UUID

from services.certificate.rules.case import AMONG_STAFF, ENDS, HANDS, Case, Deed, Entry
from services.certificate.rules.requirements import Party


@dataclass(frozen=True, slots=True)
class Acting:
    """Who does it: in which part, for which institutions, and whose own record they hold."""

    account_id: UUID
    username: str
    party: Party
    institutions: frozenset[str] = frozenset()
    educator_id: str | None = None


@dataclass(frozen=True, slots=True)
class Recommend:
    """The institution recommends the educator."""

    deed: ClassVar = Deed.RECOMMENDED
    by: ClassVar = Party.INSTITUTION
    program: str
    completed_on: date


@dataclass(frozen=True, slots=True)
class TakeBack:
    """The institution takes its recommendation back: it was a mistake, or holds no longer. Then it has it again."""

    deed: ClassVar = Deed.TAKEN_BACK
    by: ClassVar = Party.INSTITUTION
    reason: str


@dataclass(frozen=True, slots=True)
class Return:
    """The institution sends it back."""

    deed: ClassVar = Deed.RETURNED
    by: ClassVar = Party.INSTITUTION
    reason: str


@dataclass(frozen=True, slots=True)
class Record:
    """Staff saw a document, or did not accept it.

    Attributes:
        basis: on what: which document, from whom, when it came.
        areas: of one that is wanted for each content area, for which; empty: for all that were applied for.
    """

    deed: ClassVar = Deed.DOCUMENT
    by: ClassVar = Party.DEPARTMENT
    requirement: str
    outcome: Literal["seen", "not_accepted"]
    basis: str
    amount: int | None = None
    reason: str = ""
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pay:
    """The fee, or a part of it, came: US dollars, and how (`basis`: check number, receipt).

    Below zero: it went back, because a check was not honoured or too much had come; `basis` says why.
    """

    deed: ClassVar = Deed.PAID
    by: ClassVar = Party.DEPARTMENT
    dollars: int
    basis: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Staff ask the educator something: why (codes of the policy's `questions`), and in their own words."""

    deed: ClassVar = Deed.ASKED
    by: ClassVar = Party.DEPARTMENT
    codes: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The educator answers."""

    deed: ClassVar = Deed.ANSWERED
    by: ClassVar = Party.EDUCATOR
    words: str


@dataclass(frozen=True, slots=True)
class Settle:
    """Staff close a question that was answered elsewhere: by post, by telephone."""

    deed: ClassVar = Deed.ANSWERED
    by: ClassVar = Party.DEPARTMENT
    words: str


@dataclass(frozen=True, slots=True)
class Review:
    """A person read the explanations of conduct: whether they stand in the way, and why.

    `read`: in how many forms a Yes was there to be read; None where every one that is known was.
    """

    deed: ClassVar = Deed.REVIEWED
    by: ClassVar = Party.DEPARTMENT
    fit: bool
    reason: str
    read: int | None = None


@dataclass(frozen=True, slots=True)
class Assign:
    """Whose work it is; nobody's with None."""

    deed: ClassVar = Deed.ASSIGNED
    by: ClassVar = Party.DEPARTMENT
    to: UUID | None
    name: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Set aside: nothing is issued and nothing ends meanwhile."""

    deed: ClassVar = Deed.HELD
    by: ClassVar = Party.DEPARTMENT
    reason: str


@dataclass(frozen=True, slots=True)
class Release:
    """Taken up again."""

    deed: ClassVar = Deed.RELEASED
    by: ClassVar = Party.DEPARTMENT


@dataclass(frozen=True, slots=True)
class Note:
    """What staff tell each other."""

    deed: ClassVar = Deed.NOTED
    by: ClassVar = Party.DEPARTMENT
    words: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The educator no longer wants it."""

    deed: ClassVar = Deed.WITHDRAWN
    by: ClassVar = Party.EDUCATOR


@dataclass(frozen=True, slots=True)
class Issue:
    """The department issues the certificate."""

    deed: ClassVar = Deed.ISSUED
    by: ClassVar = Party.DEPARTMENT


Doing = (
    Recommend
    | TakeBack
    | Return
    | Record
    | Pay
    | Ask
    | Answer
    | Settle
    | Review
    | Assign
    | Hold
    | Release
    | Note
    | Withdraw
    | Issue
)


def meanwhile(case: Case, seen: int, party: Party) -> tuple[Entry, ...]:
    """What happened since the version that somebody saw, as far as their part sees it: nothing else overtakes them.

    A note of staff would keep an educator from answering, who could not learn why.
    """
    later = [entry for entry in case.entries if entry.number > seen]
    match party:
        case Party.EDUCATOR:
            return tuple(entry for entry in later if entry.deed not in AMONG_STAFF)
        case Party.INSTITUTION:
            return tuple(entry for entry in later if entry.deed in HANDS | ENDS)
        case _:
            return tuple(later)


def done_already(case: Case, seen: int, acting: Acting, doing: Doing) -> bool:
    """Whether the same person did the very same on the version they saw: a button pressed twice."""
    return any(
        entry.deed is doing.deed
        and entry.actor_id == acting.account_id
        and all(entry.details.get(name) == value for name, value in details(doing).items())
        for entry in meanwhile(case, seen, acting.party)[:1]
    )


def details(doing: Doing) -> Mapping[str, Any]:
    """What an entry keeps of it, as JSON takes it."""
    kept: dict[str, Any] = {}
    for name in doing.__slots__:
        value = getattr(doing, name)
        if isinstance(value, date | UUID):
            value = str(value)
        kept[name] = list(value) if isinstance(value, tuple) else value
    return kept
