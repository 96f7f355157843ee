"""Where an application stands: read from all that happened and all that is known, as of a day. Never set.

The same for every order in which things happened to become known: a clearance before or after the application, the
recommendation before or after either.
"""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from services.certificate.rules.case import HANDS, Case, Checks, Deed, admissions
from services.certificate.rules.classes import CertificateClass, Rulebook, Terms
from services.certificate.rules.requirements import ONE_DAY, Met, Party, Requirement, requirements


class State(StrEnum):
    """What to call where it stands."""

    AT_INSTITUTION = "at_institution"
    RETURNED = "returned"
    QUESTION = "question"
    INCOMPLETE = "incomplete"  # something is missing
    IN_REVIEW = "in_review"  # the department looks at something
    READY = "ready"  # every requirement is met
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    ISSUED = "issued"


# After one of these the department has read what the educator had answered before.
_READS: Final = frozenset({Deed.DOCUMENT, Deed.PAID, Deed.ASKED, Deed.REVIEWED, Deed.HELD, Deed.RELEASED, Deed.NOTED})
_ENDED: Final = {Deed.WITHDRAWN: State.WITHDRAWN, Deed.CLOSED: State.CLOSED, Deed.ISSUED: State.ISSUED}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an application stands on a day.

    Attributes:
        since: the day from which it stands so.
        due_on: the last day on which what is missing may come.
        wakes_on: the first day on which time alone may change something; None where it cannot.
        overdue: it ends now for want of what is missing.
        remind: the newest reminder that is due and was not sent, in days after receipt; None where there is none.
        held: why staff set it aside; empty where they did not. Nothing is issued and nothing ends meanwhile.
        admissions: how many forms of the educator hold a Yes about conduct; a review says how many it has read.
    """

    state: State
    move: Party
    since: date
    requirements: tuple[Requirement, ...]
    due_on: date
    wakes_on: date | None
    overdue: bool
    remind: int | None
    held: str
    admissions: int

    @property
    def open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.state not in _ENDED.values()

    @property
    def wanting(self) -> bool:
        """Whether something is wanting for which it ends after its last day: never where only the department acts."""
        return self.state is State.QUESTION or any(one.closes for one in self.requirements)

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What stands between it and a certificate."""
        return tuple(one for one in self.requirements if one.state is not Met.MET)


def class_of(book: Rulebook, case: Case) -> CertificateClass:
    """The class as it was on the day the application was received: that day's rules govern it to its end.

    Raises:
        LookupError: there was no such class on that day.
    """
    found = book.find(case.class_code, case.received.day)
    if found is None:
        raise LookupError(f"the policy has no class {case.class_code} on {case.received.day}")
    return found


def standing(book: Rulebook, case: Case, checks: Checks, on: date) -> Standing:
    """Where this application stands at the end of a day, or stood: what came later does not count.

    Raises:
        LookupError: it had not been received by then.
    """
    case, checks = case.until(on), checks.until(on)
    kind = class_of(book, case)
    terms = book.terms(case.received.day)
    ended = case.end
    if ended:
        # As it stood when it ended, whatever was said of the educator since, be it on the same day.
        on, checks = ended.day, checks.at(ended.at)
    found = requirements(kind.needed(case.submission.route), case, checks, on)
    if ended:
        # It keeps what it rested on or wanted, and nobody has to do anything about it any more.
        found = tuple(replace(one, move=Party.NOBODY, do=None) for one in found)
    state, move, since = (_ENDED[ended.deed], Party.NOBODY, ended.day) if ended else _open(case, found)
    lacks = [] if ended else _lacks(case, found)
    due_on = _due_on(case, terms, lacks)
    held = "" if ended else _held(case)
    reminders = _reminders(case, terms, found)
    overdue = bool(lacks) and on > due_on and not held and not _unread(case)
    remind = None if held or on > due_on else _remind(case, reminders, lacks, on)
    ahead = [*reminders, due_on + ONE_DAY, *(one.holds_until + ONE_DAY for one in found if one.holds_until)]
    if ended:
        wakes_on = None
    elif overdue or remind is not None:
        wakes_on = on
    else:
        wakes_on = min((day for day in ahead if day > on), default=None)
    return Standing(state, move, since, found, due_on, wakes_on, overdue, remind, held, admissions(case, checks))


def _open(case: Case, found: tuple[Requirement, ...]) -> tuple[State, Party, date]:
    """What to call it, whose move it is, and from which day: of an open application."""
    if case.question:
        return State.QUESTION, Party.EDUCATOR, case.question.day
    # It was somebody else's move before this day.
    turn = max([case.last(*HANDS, Deed.ANSWERED).day, *_read(case)])
    unmet = [one for one in found if one.state is not Met.MET]
    complete = max([turn, *(one.since for one in found if one.state is Met.MET)])
    if not unmet:
        return State.READY, Party.DEPARTMENT, complete
    if case.last(*HANDS).deed is Deed.RETURNED:
        return State.RETURNED, Party.EDUCATOR, turn
    if unread := _unread(case):
        return State.IN_REVIEW, Party.DEPARTMENT, unread
    theirs = {party: [one.since for one in unmet if one.move is party] for party in Party}
    if theirs[Party.INSTITUTION]:
        return State.AT_INSTITUTION, Party.INSTITUTION, max(turn, min(theirs[Party.INSTITUTION]))
    if theirs[Party.EDUCATOR]:
        return State.INCOMPLETE, Party.EDUCATOR, max(turn, min(theirs[Party.EDUCATOR]))
    return State.IN_REVIEW, Party.DEPARTMENT, max(complete, min(theirs[Party.DEPARTMENT]))


def _unread(case: Case) -> date | None:
    """The day of an answer to a question that nobody has gone on from since: it is the department's move."""
    last = case.newest(Deed.ANSWERED, *_READS)
    return last.day if last and last.deed is Deed.ANSWERED else None


def _read(case: Case) -> list[date]:
    """The days on which the department went on from an answer."""
    of_these = [one for one in case.entries if one.deed is Deed.ANSWERED or one.deed in _READS]
    return [after.day for before, after in pairwise(of_these) if before.deed is Deed.ANSWERED]


def _lacks(case: Case, found: tuple[Requirement, ...]) -> list[date]:
    """Since when each thing is wanting for which an open application ends."""
    asked = [case.question.day] if case.question else []
    return asked + [one.since for one in found if one.closes]


def _due_on(case: Case, terms: Terms, lacks: list[date]) -> date:
    """The last day on which what is wanting may come: so many days after receipt; and whoever was asked for something
    late, or set aside meanwhile, has the days that an answer may take."""
    late = [*lacks, *_read(case), *(one.day for one in case.entries if one.deed in {Deed.ANSWERED, Deed.RELEASED})]
    last = case.received.day + timedelta(days=terms.due_days)
    return max([last, *(day + timedelta(days=terms.answer_days) for day in late)])


def _reminders(case: Case, terms: Terms, found: tuple[Requirement, ...]) -> list[date]:
    """The days of reminders: so many days after receipt, and when time alone ended what was met."""
    received = case.received.day
    return sorted(
        [received + timedelta(days=after) for after in terms.reminders] + [one.since for one in found if one.lapsed]
    )


def _remind(case: Case, reminders: list[date], lacks: list[date], on: date) -> int | None:
    """The newest reminder that is due and was not sent, in days after receipt."""
    due = [day for day in reminders if lacks and min(lacks) <= day <= on]
    if not due or any(entry.deed is Deed.REMINDED and entry.day >= due[-1] for entry in case.entries):
        return None
    return (due[-1] - case.received.day).days


def _held(case: Case) -> str:
    last = case.newest(Deed.HELD, Deed.RELEASED)
    return str(last.details["reason"]) if last and last.deed is Deed.HELD else ""
