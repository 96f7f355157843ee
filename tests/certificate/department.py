"""What every run of the state machine has: somebody to do things, and what holds after each step."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import date
from typing import Any, ClassVar, Final, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)
from sqlalchemy import text

from services.certificate.actions.applications import Overtaken, Refused
from services.certificate.rules.case import Deed
from services.certificate.rules.deeds import (
    Acting,
    Doing,
)
from services.certificate.rules.requirements import Party
from shared.events import Event
from tests.certificate.conftest import Bench
from tests.certificate.model import Model, clear

# What is said of each deed; the educator has a letter of each.
SAID: Final = {
    Deed.RECOMMENDED: ["ApplicationRecommended"],
    Deed.TAKEN_BACK: ["RecommendationTakenBack"],
    Deed.RETURNED: ["ApplicationReturned"],
    Deed.RESUBMITTED: ["RecommendationRequested"],
    Deed.DOCUMENT: ["RequirementRecorded"],
    Deed.PAID: ["RequirementRecorded"],
    Deed.REVIEWED: ["RequirementRecorded"],
    Deed.ASKED: ["InformationRequested"],
    Deed.ANSWERED: ["InformationReceived"],
    Deed.REMINDED: ["ApplicationReminded"],
    Deed.WITHDRAWN: ["ApplicationClosed"],
    Deed.CLOSED: ["ApplicationClosed"],
    Deed.ISSUED: ["CertificateIssued"],
}
INSIDE: Final = {Deed.ASSIGNED, Deed.HELD, Deed.RELEASED, Deed.NOTED}

Result = TypeVar("Result")


class Office(RuleBasedStateMachine):
    """One educator's applications beside what a card says of each."""

    runner: ClassVar[asyncio.Runner]
    house: ClassVar[Bench]
    counted: ClassVar[Counter[str]] = Counter()

    bench: Bench
    day: date
    models: list[Model]
    arrived: list[Event]
    admitted: int  # forms that were submitted with a Yes about conduct

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do it to the end."""
        return self.runner.run(work)

    # --- what always holds ---

    @invariant()
    def everything_holds(self) -> None:
        if not hasattr(self, "models"):
            return
        self.counted["steps"] += 1
        said = Counter(fact.topic for fact in self.do(self.bench.said()))
        expected: Counter[str] = Counter()
        for one in self.models:
            now = self.do(self.bench.find(one.found, self.day))
            row, stands = now.row, now.standing
            assert bool(row.ended_on) == bool(one.ended) == (not stands.open)
            assert (row.state, row.move, row.since, row.due_on) == (
                stands.state,
                stands.move,
                stands.since,
                stands.due_on,
            ), "what lists show is not what is derived"
            assert (row.wakes_on, row.held, row.version) == (stands.wakes_on, bool(stands.held), now.case.version)
            assert stands.open == (stands.move is not Party.NOBODY), "nobody's move"
            assert stands.open or stands.state.value == one.ended
            for entry in now.case.entries:
                if entry.deed is Deed.RECEIVED:
                    expected += Counter(["ApplicationReceived", *(["RecommendationRequested"] if one.sent_to else [])])
                elif entry.deed not in INSIDE:
                    expected += Counter(SAID[entry.deed])
        assert said == expected, "what happened is not what was said"
        issued = sum(one.ended == "issued" for one in self.models)
        assert (self.do(self.certificates()), said["CertificateIssued"]) == (issued, issued)

    async def certificates(self) -> int:
        query = text("SELECT count(*) FROM certificates WHERE educator_id = :id")
        async with self.bench.database.reading() as session:
            return int(await session.scalar(query, {"id": self.bench.robin.educator_id}) or 0)

    # --- shortcuts ---

    def one(self, data: st.DataObject) -> Model:
        return data.draw(st.sampled_from(self.models[-2:]))

    def analyst(self, which: int) -> Acting:
        return (self.bench.analyst, self.bench.reviewer)[which]

    def clear(self, code: str) -> bool:
        return clear(code, self.arrived, self.day)

    def tries(self, one: Model, who: Acting, doing: Doing, behind: int = 0) -> bool:
        """Whether it was done. Somebody who saw an older version never does anything."""
        try:
            seen = self.do(self.bench.find(one.found, self.day)).case.version - behind
            self.do(self.bench.act(one.found, who, doing, self.day, seen))
        except Refused:
            return False
        except Overtaken:
            if not behind:
                raise
            return False
        self.counted[doing.deed] += 1
        assert not behind, "an older version was acted on"
        assert not one.ended or doing.deed is Deed.NOTED, "something happened after the end"
        return True
