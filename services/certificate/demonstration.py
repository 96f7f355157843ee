"""Applications and certificates of invented people, one on every step of the way; for systems where ECS_DEMO is on.

Each story is told with the actions that pages call, as of days in the past, in one transaction.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from services.certificate.actions import applications, clearances, drafts, educators
from services.certificate.actions.applications import Office
from services.certificate.actions.cases import Found
from services.certificate.rules.case import Submission
from services.certificate.rules.classes import CertificateClass
from services.certificate.rules.deeds import Acting, Ask, Assign, Doing, Issue, Pay, Recommend, Record, Return, Withdraw
from services.certificate.tables import Application
from shared.db import Session
from shared.policy import local_day

_INVENTED: Final = "invented for the demonstration"


@dataclass(frozen=True)
class Staff:
    """Who works on applications: an analyst, and an official with the institution."""

    analyst: Acting
    official: Acting
    institution: str


@dataclass
class Story:
    """What happens to one educator, with the shortcuts in which it is told; days are counted back from `now`."""

    session: Session
    office: Office
    staff: Staff
    educator: Acting
    name: str
    now: datetime
    _found: Found | None = field(default=None, init=False)

    async def begins(self, days: int, code: str, answers: Mapping[str, str]) -> None:
        """Begin a draft, and leave it."""
        educator_id = self.educator.educator_id or ""
        await drafts.begin(self.session, educator_id, code, answers, self._at(days))

    async def submits(
        self, days: int, code: str, *, route: str = "", areas: tuple[str, ...] = (), conduct: str = ""
    ) -> None:
        """Submit; `conduct` is the explanation of a Yes."""
        book, day = self.office.book, local_day(self._at(days))
        kind = book.find(code, day)
        if kind is None:
            raise LookupError(code)
        questions = book.choices("conduct.questions", day)
        submission = Submission(
            route=route,
            institution=self.staff.institution if kind.to_institution else None,
            program=next(iter(book.choices("programs", day))) if "program" in kind.asks else "",
            areas=areas,
            conduct={next(iter(questions)): conduct} if conduct else {},
            signed={code: self._signed(code, kind, days) for code in ("sworn", "release")},
        )
        self._found = await applications.submit(
            self.session, self.office, self.educator, code, submission, self._at(days)
        )

    async def does(self, days: int, acting: Acting, *doings: Doing) -> None:
        """Somebody acts on the application."""
        for doing in doings:
            found = self._application
            self._found = await applications.act(
                self.session, self.office, acting, found.row.id, found.case.version, doing, self._at(days)
            )

    async def sees(self, days: int, **amounts: int | None) -> None:
        """The analyst sees these documents, with what is counted on them."""
        for requirement, amount in amounts.items():
            await self.does(days, self.staff.analyst, Record(requirement, "seen", _INVENTED, amount))

    async def takes_fee(self, days: int) -> None:
        """The fee comes in full."""
        kind = self.office.book.find(self._application.case.class_code, local_day(self._at(days)))
        await self.does(days, self.staff.analyst, Pay(kind.dollars if kind else 0, _INVENTED))

    async def time_passes(self, *days: int) -> None:
        """The calendar does what it does on these days."""
        for one in days:
            await applications.pass_time(self.session, self.office, self._at(one))

    @property
    def _application(self) -> Found:
        if self._found is None:
            raise LookupError("nothing was submitted yet")
        return self._found

    def _at(self, days: int) -> datetime:
        return self.now - timedelta(days=days)

    def _signed(self, code: str, kind: CertificateClass, days: int) -> Mapping[str, str]:
        statement = self.office.book.statement(code, local_day(self._at(days)))
        return {
            "wording": statement.wording,
            "language": "en",
            "edition": statement.edition.isoformat(),
            "name": self.name,
        }


@dataclass(frozen=True)
class Told:
    """A person's story.

    Attributes:
        about: where it ends, for `make demo` and the README.
        cleared: whether a fingerprint clearance must be known before it can be told.
    """

    username: str
    about: str
    tell: Callable[[Story], Awaitable[None]]
    cleared: bool = False


async def _expired(story: Story) -> None:
    await story.submits(1515, "substitute", route="hours")
    await story.sees(1510, transcript=48)
    await story.takes_fee(1509)
    await story.does(1505, story.staff.analyst, Issue())


async def _area_added(story: Story) -> None:
    day = 785
    await story.submits(day, "ipc", areas=("mathematics.9-12",))
    program = next(iter(story.office.book.choices("programs", local_day(story.now))))
    completed = local_day(story.now - timedelta(days=day + 30))
    await story.does(780, story.staff.official, Recommend(program, completed))
    await story.sees(775, degree=None, assessment=None)
    await story.takes_fee(774)
    await story.does(770, story.staff.analyst, Issue())
    await story.submits(12, "ipc", areas=("physics.9-12",))


async def _valid(story: Story) -> None:
    await story.submits(238, "substitute", route="hours")
    await story.sees(233, transcript=120)
    await story.takes_fee(230)
    await story.does(225, story.staff.analyst, Issue())


async def _closed(story: Story) -> None:
    await story.submits(100, "substitute", route="training")
    await story.time_passes(70, 40, 20, 9)


async def _incomplete(story: Story) -> None:
    await story.submits(25, "substitute", route="training")
    await story.takes_fee(22)
    unreadable = Record(
        "diploma",
        "not_accepted",
        _INVENTED,
        reason="The copy is cut off: the school's name cannot be read. Please send the whole page.",
    )
    await story.does(20, story.staff.analyst, unreadable)
    await story.sees(20, training=20)


async def _withdrawn(story: Story) -> None:
    await story.submits(20, "substitute", route="hours")
    await story.does(15, story.educator, Withdraw())


async def _returned(story: Story) -> None:
    await story.submits(14, "ipc", areas=("elementary.1-6",))
    reason = "You finished the program for early childhood, not for elementary education. Please select that area."
    await story.does(6, story.staff.official, Return(reason))


async def _asked(story: Story) -> None:
    await story.submits(9, "substitute", route="hours")
    await story.takes_fee(7)
    analyst = story.staff.analyst
    question = "Your transcript shows another last name. Which name did you study under, and until when?"
    await story.does(2, analyst, Assign(analyst.account_id, analyst.username), Ask(("transcript",), question))


async def _ready(story: Story) -> None:
    await story.submits(6, "substitute", route="hours")
    await story.sees(4, transcript=64)
    await story.takes_fee(3)


async def _at_institution(story: Story) -> None:
    await story.submits(5, "ipc", areas=("mathematics.9-12", "physics.9-12"))
    await story.takes_fee(3)


async def _in_review(story: Story) -> None:
    explanation = "In 2011 I took a bag from a store. I paid a fine and did 20 hours of community service."
    await story.submits(4, "substitute", route="hours", conduct=explanation)
    await story.sees(2, transcript=90)
    await story.takes_fee(2)


async def _draft(story: Story) -> None:
    await story.begins(3, "substitute", {"route": "hours"})


# The oldest first, so that application numbers grow with the days.
STORIES: Final = (
    Told("morgan.shaw", "a substitute certificate that has expired", _expired, cleared=True),
    Told("logan.wells", "an Initial Professional Certificate, and another area at the institution", _area_added, True),
    Told("kendall.ross", "a valid substitute certificate", _valid, cleared=True),
    Told("parker.vance", "an application closed as incomplete", _closed),
    Told("emerson.hale", "a substitute application that is incomplete: a diploma was not accepted", _incomplete),
    Told("reese.dalton", "a withdrawn application", _withdrawn),
    Told("cameron.reed", "an IPC application that the institution returned", _returned),
    Told("devon.parks", "a substitute application with a question open", _asked),
    Told("harper.quinn", "a substitute application that is ready to be issued", _ready, cleared=True),
    Told("blake.turner", "an IPC application at the institution", _at_institution),
    Told("finley.grant", "a substitute application in review: a Yes about conduct", _in_review, cleared=True),
    Told("avery.lane", "a draft", _draft),
)


async def was_told(session: Session, educator_id: str) -> bool:
    """Whether this educator has an application or a draft already; then the story is not told again."""
    found = await session.scalar(select(Application.id).where(Application.educator_id == educator_id).limit(1))
    return found is not None or bool(await drafts.of_educator(session, educator_id))


async def can_be_told(session: Session, one: Told, educator: Acting) -> bool:
    """Whether certificate has heard of the record and, where the story needs it, of the clearance."""
    if educator.educator_id is None or await educators.of_account(session, educator.account_id) is None:
        return False
    return not one.cleared or bool(await clearances.standing(session, educator.educator_id))
