"""What a check is decided from (answers, rulings, terms) and what comes of it (a standing, a decision). Pure values.

The terms of the trade are explained in `deciding`, which takes these.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.fingerprint.messages import Finding, Kind
from services.fingerprint.rules.by_name import NameCheck, Requested, Rule, Stage
from shared.events import Bureau

ONE_DAY: Final = timedelta(days=1)
# A bureau's clock may be a little off, and its day may be the next one already.
MOST_AHEAD: Final = timedelta(days=7)


class State(StrEnum):
    """Where a check stands, as everybody may see it. It never tells why a check is being checked."""

    NOTHING_YET = "nothing_yet"
    ONE_IN = "one_in"
    ACT = "act"
    BY_NAME = "by_name"
    BEING_CHECKED = "being_checked"
    CLEARED = "cleared"
    EXPIRED = "expired"


class Cause(StrEnum):
    """Why a person must look. Kept in the compartment, shown to nobody but an adjudicator."""

    RECORD = "record"
    EXCEPTION = "exception"
    NAME = "name"
    BY_HAND = "by_hand"
    HELD = "held"
    TIE = "tie"
    APART = "apart"
    REFUSED = "refused"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, as far as deciding needs it.

    Attributes:
        ours: whether it is matched to this educator and purpose; a newer version may be somebody else's.
        received_at: the moment at which it was read; the moments order what waits and what clears.
        foreign: where its name shares nothing with the educator's present one, the number of the fact that gave that
            name; a later ruling has seen it.
        submission: the number (TCN) of the submission that it answers, where it gives one.
        codes: why the prints could not be used, as `L0008`.
    """

    id: UUID
    bureau: Bureau
    origin: str
    tcn: str
    kind: Kind
    dated: date
    stamped: datetime | None
    received_at: datetime
    finding: Finding | None = None
    contradicts: bool = False
    by_hand: bool = False
    held: bool = False
    ours: bool = True
    foreign: int | None = None
    submission: str = ""
    codes: frozenset[str] = frozenset()

    @property
    def moment(self) -> datetime:
        """When the bureau made it, for comparing different replies."""
        return self.stamped or datetime.combine(self.dated, time(), UTC)

    def newer_than(self, other: "Answer") -> bool:
        """Whether the bureau made this after the other: by 1.014, else by 1.005."""
        if self.stamped and other.stamped:
            return self.stamped > other.stamped
        return self.dated > other.dated

    def supersedes(self, other: "Answer") -> bool:
        """Whether this is the newer of two versions of a reply. A date that was still to come orders nothing."""
        return self.newer_than(other) and not self.ahead and not other.ahead

    @property
    def ahead(self) -> bool:
        """Whether it was made long after it came: its date is wrong, and would outdo every correction until then."""
        return self.moment - self.received_at > MOST_AHEAD

    @property
    def is_plain(self) -> bool:
        """Whether it is this educator's, says that there is no record, and nothing in it is for a person to look at."""
        odd = self.contradicts or self.by_hand or self.held or self.foreign is not None or not self.ours
        return self.kind is Kind.ANSWER and self.finding is Finding.NO_RECORD and not odd

    @property
    def causes(self) -> frozenset[Cause]:
        """Why a person must look at it."""
        if self.kind is Kind.NOTICE:
            return frozenset({Cause.NOTICE})
        if self.kind is Kind.UNREADABLE:
            return frozenset()
        found = {
            Cause.RECORD: self.finding is Finding.RECORD,
            Cause.EXCEPTION: self.finding is Finding.EXCEPTION,
            Cause.NAME: self.contradicts or self.foreign is not None,
            Cause.BY_HAND: self.by_hand,
            Cause.HELD: self.held,
        }
        return frozenset(cause for cause, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class Ruling:
    """An adjudicator's decision: on which answers (`basis`), when, with which result. Numbers grow.

    Attributes:
        heard: the number of the fact that gave the name which was the present one for the adjudicator.
    """

    number: int
    at: datetime
    clear: bool
    basis: frozenset[UUID]
    heard: int = 0

    def covers(self, answers: Iterable[Answer]) -> bool:
        """Whether it was made on all of these."""
        return all(answer.id in self.basis for answer in answers)

    def outdated_by_name(self, answers: Iterable[Answer]) -> bool:
        """Whether it cleared answers before their name became foreign to the educator's: nobody has looked at that."""
        return self.clear and any(answer.foreign is not None and answer.foreign > self.heard for answer in answers)


@dataclass(frozen=True, slots=True)
class Terms:
    """The state's rules, and the day on which they are asked.

    Attributes:
        months: how long a clearance holds.
        days_apart: how many days may lie between its two answers.
        day: the state's day; a clearance whose last day is before it is over.
        reminders: how many days before its last day the educator is told, the most first.
        by_name: the bureaus that search by name when prints cannot be read, and on what terms.
    """

    months: int
    days_apart: int
    day: date
    reminders: tuple[int, ...] = ()
    by_name: Mapping[Bureau, Rule] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the timeline: a bureau's reply came, and could be used or not."""

    on: date
    bureau: Bureau
    readable: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """What everybody may see of a check. The same for a record and for every innocent cause.

    Attributes:
        waits_for: the bureau that has not answered, where one has.
        reprint: the bureaus for which new prints must be taken.
        expired_on: the last day of the newest clearance, where that is over.
        name_checks: what two sets of prints that a bureau could not use lead to; the first deadline first.
    """

    state: State
    since: date | None = None
    steps: tuple[Step, ...] = ()
    reprint: tuple[Bureau, ...] = ()
    cleared_on: date | None = None
    valid_until: date | None = None
    waits_for: Bureau | None = None
    expired_on: date | None = None
    name_checks: tuple[NameCheck, ...] = ()

    def as_of(self, day: date, requested: Requested = ()) -> "Standing":
        """The same on a later day, when nothing but time has passed and staff have asked for these checks by name."""
        late = [one.bureau for one in self.name_checks if one.stage(requested, day) is Stage.OVERDUE]
        reprint = tuple(bureau for bureau in Bureau if bureau in late or bureau in self.reprint)
        now = replace(self, reprint=reprint)
        if late and self.state is State.BY_NAME:
            return replace(now, state=State.ACT)
        if self.valid_until and self.valid_until < day:
            over = self.valid_until
            return replace(
                now, state=State.EXPIRED, since=over + ONE_DAY, cleared_on=None, valid_until=None, expired_on=over
            )
        return now


@dataclass(frozen=True, slots=True)
class Decision:
    """The standing, and what only the compartment knows.

    Attributes:
        causes: what an adjudicator must look at now, with the answers concerned; empty: no review is open.
        basis: every answer in force; a ruling is about these.
        reprints: the replies (origin, TCN) that ask for new prints, or for a check by name.
        terms: the rules by which it was made.
    """

    standing: Standing
    terms: Terms
    causes: frozenset[tuple[Cause, UUID]] = frozenset()
    basis: frozenset[UUID] = frozenset()
    reprints: frozenset[tuple[str, str, Bureau]] = frozenset()
