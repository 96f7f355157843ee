"""An application as plain values: everything that happened to it, and what is known of its educator's checks.

An application is the list of its entries, in order, and nothing else: where it stands is read from them by
`services.certificate.rules.standing`, never written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.policy import local_day


class Deed(StrEnum):
    """What can happen to an application."""

    RECEIVED = "received"  # signed and submitted
    RESUBMITTED = "resubmitted"  # corrected and submitted again, after it was returned
    RECOMMENDED = "recommended"
    TAKEN_BACK = "taken_back"  # the institution takes its recommendation back
    RETURNED = "returned"
    DOCUMENT = "document"  # staff saw a document, or did not accept it
    PAID = "paid"
    ASKED = "asked"
    ANSWERED = "answered"
    REVIEWED = "reviewed"  # somebody read the conduct answers
    ASSIGNED = "assigned"
    HELD = "held"
    RELEASED = "released"
    NOTED = "noted"
    REMINDED = "reminded"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"  # incomplete after its last day
    ISSUED = "issued"


ENDS = frozenset({Deed.WITHDRAWN, Deed.CLOSED, Deed.ISSUED})
# In whose hands it is, of the educator, an institution and the department, is the newest of these.
HANDS = frozenset({Deed.RECEIVED, Deed.RESUBMITTED, Deed.RECOMMENDED, Deed.TAKEN_BACK, Deed.RETURNED})
# What staff do among themselves: its educator sees nothing of it.
AMONG_STAFF = frozenset({Deed.ASSIGNED, Deed.HELD, Deed.RELEASED, Deed.NOTED})
# An institution has it to recommend or to return.
WITH_INSTITUTION = frozenset({Deed.RECEIVED, Deed.RESUBMITTED, Deed.TAKEN_BACK})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened.

    Attributes:
        number: 1, 2, 3 ... within the application: its version after this entry.
        day: the state's calendar day of `at`.
        actor_id: None where the system itself acted.
        details: what belongs to the deed (see `services.certificate.rules.deeds`).
    """

    number: int
    deed: Deed
    at: datetime
    day: date
    actor_id: UUID | None
    actor: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Submission:
    """What the educator submitted last."""

    route: str
    institution: str | None
    program: str
    areas: tuple[str, ...]
    # Question -> explanation; only those answered Yes.
    conduct: Mapping[str, str]
    # Statement -> {"wording", "language", "edition", "name"} as it was signed.
    signed: Mapping[str, Mapping[str, str]]

    def to_json(self) -> dict[str, Any]:
        """As it is kept in an entry's details."""
        return {
            "route": self.route,
            "institution": self.institution,
            "program": self.program,
            "areas": list(self.areas),
            "conduct": dict(self.conduct),
            "signed": {code: dict(one) for code, one in self.signed.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Submission":
        """From an entry's details."""
        return cls(
            kept["route"],
            kept["institution"],
            kept["program"],
            tuple(kept["areas"]),
            dict(kept["conduct"]),
            dict(kept["signed"]),
        )


class Word(StrEnum):
    """What fingerprint says of a check."""

    ANSWERED = "answered"  # a bureau answered, whatever it says
    REPRINT = "reprint"  # the prints could not be read
    CLEARED = "cleared"
    ENDED = "ended"  # a clearance said before holds no longer


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that fingerprint said of an educator's checks.

    Attributes:
        number: fingerprint's own count for this educator: it orders what was said, in whatever order it arrived.
        at: when it was said.
        cleared_on: of a clearance, its first day; `valid_until` its last.
        ended_on: of an end, the first day on which the clearance holds no longer.
    """

    number: int
    word: Word
    purpose: str
    at: datetime
    cleared_on: date | None = None
    valid_until: date | None = None
    ended_on: date | None = None

    @property
    def day(self) -> date:
        """The state's calendar day on which it was said."""
        return local_day(self.at)


@dataclass(frozen=True, slots=True)
class Checks:
    """What is known of an educator beside the application itself.

    Attributes:
        said: all that fingerprint said of checks, oldest first; nothing in it tells what an answer says.
        admitted: when other applications of the educator were submitted with a Yes about conduct.
    """

    said: tuple[Said, ...] = ()
    admitted: tuple[datetime, ...] = ()

    def until(self, on: date) -> "Checks":
        """What was known by the end of a day."""
        return Checks(
            tuple(one for one in self.said if one.day <= on),
            tuple(moment for moment in self.admitted if local_day(moment) <= on),
        )

    def at(self, moment: datetime) -> "Checks":
        """What had been said and submitted at a moment, with what came in that very moment."""
        return Checks(
            tuple(one for one in self.said if one.at <= moment),
            tuple(admitted for admitted in self.admitted if admitted <= moment),
        )

    def newest(self, purpose: str, *words: Word) -> Said | None:
        """The newest of these words on checks of a purpose, where there is one."""
        return next((one for one in reversed(self.said) if one.purpose == purpose and one.word in words), None)


@dataclass(frozen=True, slots=True)
class Case:
    """An application: its class and all that happened, oldest first; the first entry is `RECEIVED`."""

    class_code: str
    entries: tuple[Entry, ...]

    @property
    def received(self) -> Entry:
        """The day that governs: the rules of this day hold for the whole application."""
        return self.entries[0]

    def until(self, on: date) -> "Case":
        """What had happened by the end of a day.

        Raises:
            LookupError: it had not been received yet.
        """
        known = tuple(entry for entry in self.entries if entry.day <= on)
        if not known:
            raise LookupError(f"the application was received on {self.received.day}, after {on}")
        return Case(self.class_code, known)

    @property
    def version(self) -> int:
        """How much has happened."""
        return self.entries[-1].number

    @property
    def submission(self) -> Submission:
        """The form as it was submitted last."""
        return self.submissions[-1][1]

    @property
    def submissions(self) -> tuple[tuple[Entry, Submission], ...]:
        """The form each time it was submitted, oldest first."""
        return tuple(
            (entry, Submission.from_json(entry.details["submission"]))
            for entry in self.entries
            if entry.deed in {Deed.RECEIVED, Deed.RESUBMITTED}
        )

    def last(self, *deeds: Deed) -> Entry:
        """The newest entry of these deeds; there must be one."""
        return next(entry for entry in reversed(self.entries) if entry.deed in deeds)

    def newest(self, *deeds: Deed) -> Entry | None:
        """The newest entry of these deeds, where there is one."""
        return next((entry for entry in reversed(self.entries) if entry.deed in deeds), None)

    @property
    def question(self) -> Entry | None:
        """The question that waits for its answer."""
        found = self.newest(Deed.ASKED, Deed.ANSWERED)
        return found if found and found.deed is Deed.ASKED else None

    @property
    def end(self) -> Entry | None:
        """The entry that ended it; only notes come after it."""
        return self.newest(*ENDS)


def admissions(case: Case, checks: Checks) -> int:
    """How many forms, of this application and of the educator's others, were submitted with a Yes about conduct."""
    return sum(bool(form.conduct) for _, form in case.submissions) + len(checks.admitted)
