"""People, facts and days at random over thousands of steps, held against a model that is simple enough to believe.

The model keeps for each application a few plain values, and says in one function when a certificate may be issued.
After each step: a certificate was issued exactly when the model says so; each open application is somebody's move; what
lists show is what is derived; everything that an educator can see was said.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.certificate.actions import applications
from services.certificate.actions.applications import AlreadyOpen, Refused
from services.certificate.rules.case import Deed, Submission
from services.certificate.rules.deeds import (
    Answer,
    Ask,
    Assign,
    Doing,
    Hold,
    Issue,
    Note,
    Pay,
    Recommend,
    Record,
    Release,
    Return,
    Review,
    Settle,
    TakeBack,
    Withdraw,
)
from services.certificate.rules.standing import State
from shared.events import Bureau, ClearanceEnded, Event, FingerprintCleared, ReprintRequested, ResultReceived
from shared.policy import last_day
from tests.certificate.conftest import DAY, at, days, professional, set_up, substitute
from tests.certificate.department import Office
from tests.certificate.model import DOCUMENTS, FEES, Model
from tests.databases import DatabaseMaker

EXAMPLES: Final = 48
STEPS: Final = 60
AREAS: Final = ("mathematics.9-12", "physics.9-12")
ANALYSTS: Final = st.integers(0, 1)


class Department(Office):
    """One educator, two analysts, officials of two institutions, fingerprint, and the calendar."""

    @initialize(route=st.sampled_from(["hours", "training"]), yes=st.booleans(), first=st.booleans())
    def begin(self, route: str, yes: bool, first: bool) -> None:
        """A new educator, who applies at once."""
        self.bench = self.do(self.house.another())
        self.day = DAY
        self.admitted = 0
        self.models = []
        self.arrived: list[Event] = []
        self.on_the_way: list[Event] = []
        if first:
            self.submit("substitute", substitute(route, {"charged": "In 2019."} if yes else {}), yes)
        else:
            self.submit("ipc", replace(professional(conduct={"charged": "In 2019."} if yes else {}), areas=AREAS), yes)

    # --- the educator ---

    @rule(route=st.sampled_from(["hours", "training"]), yes=st.booleans())
    def apply_for_substitute(self, route: str, yes: bool) -> None:
        self.submit("substitute", substitute(route, {"charged": "In 2019."} if yes else {}), yes)

    @rule(
        areas=st.sampled_from([AREAS, AREAS[:1]]),
        college=st.sampled_from(["river-bend", "ozark-hills"]),
        yes=st.booleans(),
    )
    def apply_for_professional(self, areas: tuple[str, ...], college: str, yes: bool) -> None:
        form = replace(professional(college, {"charged": "In 2019."} if yes else {}), areas=areas)
        self.submit("ipc", form, yes)

    def submit(self, code: str, form: Submission, yes: bool) -> None:
        open_one = [one for one in self.models if one.code == code and not one.ended]
        if open_one:
            with pytest.raises(AlreadyOpen) as other:
                self.do(self.bench.submit(code, form, self.day))
            assert [one.found.row.id for one in open_one] == [other.value.application_id]
            return
        found = self.do(self.bench.submit(code, form, self.day))
        self.admitted += yes
        self.models.append(Model(found, code, form.route, self.day, form.institution, yes, form.areas))

    @precondition(lambda self: self.models)
    @rule(data=st.data(), areas=st.sampled_from([AREAS, AREAS[:1], AREAS[1:]]), yes=st.booleans())
    def correct(self, data: st.DataObject, areas: tuple[str, ...], yes: bool) -> None:
        one = self.one(data)
        form = replace(professional(one.sent_to or "river-bend", {"charged": "In 2019."} if yes else {}), areas=areas)

        async def again() -> None:
            async with self.bench.database.transaction() as session:
                await applications.resubmit(
                    session, self.bench.office, self.bench.robin, one.found.row.id, form, at(self.day)
                )

        try:
            self.do(again())
        except Refused:
            assert not one.returned or one.ended or one.asked
            return
        assert one.returned
        one.returned, one.recommended, one.review, one.areas = False, False, None, areas
        one.yes = one.yes or yes
        self.admitted += yes

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        one = self.one(data)
        if self.tries(one, self.bench.robin, Answer("River Bend.")):
            one.asked = False

    @precondition(lambda self: self.models)
    @rule(data=st.data(), sure=st.integers(0, 5))
    def withdraw(self, data: st.DataObject, sure: int) -> None:
        one = self.one(data)
        if sure == 0 and self.tries(one, self.bench.robin, Withdraw()):
            one.ended = "withdrawn"

    # --- the institutions ---

    @precondition(lambda self: self.models)
    @rule(data=st.data(), theirs=st.sampled_from([True, True, False]), recommends=st.booleans())
    def judge(self, data: st.DataObject, theirs: bool, recommends: bool) -> None:
        one = self.one(data)
        college = one.sent_to if theirs and one.sent_to else "gateway-college"
        official = replace(self.bench.official, institutions=frozenset({college}))
        doing: Doing = Recommend("bachelor", date(2026, 5, 15)) if recommends else Return("It names another program.")
        if self.tries(one, official, doing):
            assert one.sent_to == college
            one.recommended, one.returned = recommends, not recommends

    @precondition(lambda self: any(one.recommended and not one.ended for one in self.models))
    @rule()
    def take_back(self) -> None:
        one = next(one for one in self.models if one.recommended and not one.ended)
        official = replace(self.bench.official, institutions=frozenset({one.sent_to or ""}))
        if self.tries(one, official, TakeBack("It was another student.")):
            one.recommended = False

    # --- the department ---

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS, amount=st.sampled_from([10, 20, 36, 36, 36, -1]))
    def record(self, data: st.DataObject, analyst: int, amount: int) -> None:
        one = self.one(data)
        document = data.draw(st.sampled_from(sorted(DOCUMENTS[one.route])))
        areas = data.draw(st.sampled_from([one.areas, one.areas[:1], one.areas[1:] or one.areas]))
        if amount < 0:
            refused = Record(document, "not_accepted", "By mail", None, "A copy.", areas)
            if self.tries(one, self.analyst(analyst), refused):
                one.seen.pop(document, None)
                one.scores -= set(areas) if document == "assessment" else set()
        elif self.tries(one, self.analyst(analyst), Record(document, "seen", "By mail", amount, areas=areas)):
            one.seen[document] = amount
            one.scores |= set(areas) if document == "assessment" else set()

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS, dollars=st.sampled_from([50, 50, 35, 15, -20]))
    def pay(self, data: st.DataObject, analyst: int, dollars: int) -> None:
        one = self.one(data)
        if self.tries(one, self.analyst(analyst), Pay(dollars, "check 1001")):
            one.dollars += dollars
            assert one.dollars >= 0

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS)
    def ask(self, data: st.DataObject, analyst: int) -> None:
        one = self.one(data)
        if self.tries(one, self.analyst(analyst), Ask(("other",), "Which college?")):
            one.asked = True

    @precondition(lambda self: any(one.asked for one in self.models))
    @rule(analyst=ANALYSTS)
    def settle(self, analyst: int) -> None:
        one = next(one for one in self.models if one.asked)
        if self.tries(one, self.analyst(analyst), Settle("By telephone.")):
            one.asked = False

    @precondition(lambda self: any(one.yes for one in self.models))
    @rule(data=st.data(), analyst=ANALYSTS, fit=st.integers(0, 3))
    def review(self, data: st.DataObject, analyst: int, fit: int) -> None:
        one = self.one(data)
        if self.tries(one, self.analyst(analyst), Review(bool(fit), "Read.")):
            one.review, one.last_reviewer = (bool(fit), self.admitted), analyst

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS)
    def hold_or_release(self, data: st.DataObject, analyst: int) -> None:
        one = self.one(data)
        doing: Doing = Release() if one.held else Hold("The archive moves.")
        if self.tries(one, self.analyst(analyst), doing):
            one.held = not one.held

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS)
    def note_and_assign(self, data: st.DataObject, analyst: int) -> None:
        one, who = self.one(data), self.analyst(analyst)
        assert self.tries(one, who, Note("Called."))
        assert self.tries(one, who, Assign(who.account_id, who.username)) is not bool(one.ended)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), analyst=ANALYSTS, stale=st.integers(0, 4))
    def issue(self, data: st.DataObject, analyst: int, stale: int) -> None:
        self.issue_as(self.one(data), analyst, behind=1 if stale == 0 else 0)

    @precondition(lambda self: any(not one.ended for one in self.models))
    @rule(analyst=ANALYSTS, forgotten=st.integers(0, 9))
    def a_good_day(self, analyst: int, forgotten: int) -> None:
        """What chance alone brings about too seldom: all that an application wants comes on one day, but one thing."""
        one = next(one for one in reversed(self.models) if not one.ended)
        steps = (
            self.all_documents,
            self.the_fee,
            self.the_recommendation,
            self.the_review,
            self.the_answer,
            self.the_release,
            self.the_clearance,
        )
        for number, step in enumerate(steps):
            if number != forgotten:
                step(one, analyst)
        self.issue_as(one, analyst)

    def all_documents(self, one: Model, analyst: int) -> None:
        for document in DOCUMENTS[one.route]:
            if self.tries(one, self.analyst(analyst), Record(document, "seen", "By mail", 40, areas=one.areas)):
                one.seen[document] = 40
                one.scores |= set(one.areas) if document == "assessment" else set()

    def the_fee(self, one: Model, analyst: int) -> None:
        if one.dollars < FEES[one.code] and self.tries(one, self.analyst(analyst), Pay(50, "check 1001")):
            one.dollars += 50

    def the_recommendation(self, one: Model, analyst: int) -> None:
        official = replace(self.bench.official, institutions=frozenset({one.sent_to or ""}))
        if one.sent_to and self.tries(one, official, Recommend("bachelor", date(2026, 5, 15))):
            one.recommended = True

    def the_review(self, one: Model, analyst: int) -> None:
        other = 1 - analyst
        if self.tries(one, self.analyst(other), Review(True, "Read.")):
            one.review, one.last_reviewer = (True, self.admitted), other

    def the_answer(self, one: Model, analyst: int) -> None:
        if one.asked and self.tries(one, self.bench.robin, Answer("River Bend.")):
            one.asked = False

    def the_release(self, one: Model, analyst: int) -> None:
        if one.held and self.tries(one, self.analyst(analyst), Release()):
            one.held = False

    def the_clearance(self, one: Model, analyst: int) -> None:
        self.clearance_of(0)

    def issue_as(self, one: Model, analyst: int, behind: int = 0) -> None:
        may = one.may_be_issued(analyst, self.clear(one.code), self.admitted) and not behind
        done = self.tries(one, self.analyst(analyst), Issue(), behind)
        assert done == may, f"issued: {done}; by the model: {may}"
        if done:
            one.ended = "issued"
            self.counted["issued"] += 1

    # --- fingerprint, and the calendar ---

    @rule(word=st.integers(0, 3), purpose=st.sampled_from(["2300", "2301"]), age=st.sampled_from([0, 30, 300]))
    def fingerprint_says(self, word: int, purpose: str, age: int) -> None:
        cleared_on = self.day - days(age)
        said: list[tuple[type[Event], dict[str, Any]]] = [
            (ResultReceived, {"bureau": Bureau.FBI}),
            (ReprintRequested, {"bureau": Bureau.STATE}),
            (FingerprintCleared, {"cleared_on": cleared_on, "valid_until": last_day(cleared_on, 12)}),
            (ClearanceEnded, {"ended_on": self.day}),
        ]
        event, more = said[word]
        self.on_the_way.append(self.bench.say(event, day=self.day, purpose=purpose, **more))

    @precondition(lambda self: self.on_the_way)
    @rule(data=st.data(), twice=st.booleans())
    def a_fact_arrives(self, data: st.DataObject, twice: bool) -> None:
        fact = data.draw(st.sampled_from(self.on_the_way))
        if not twice:
            self.on_the_way.remove(fact)
        self.arrived.append(fact)
        self.do(self.bench.arrive(fact, day=self.day))

    @rule(age=st.sampled_from([0, 200, 350]))
    def a_clearance_comes(self, age: int) -> None:
        self.clearance_of(age)

    def clearance_of(self, age: int) -> None:
        begins = self.day - days(age)
        fact = self.bench.say(
            FingerprintCleared, day=self.day, purpose="2300", cleared_on=begins, valid_until=last_day(begins, 12)
        )
        self.arrived.append(fact)
        self.do(self.bench.arrive(fact, day=self.day))

    @rule(count=st.sampled_from([1, 7, 31, 61, 91]))
    def days_pass(self, count: int) -> None:
        self.day += days(count)
        self.do(self.bench.pass_time(self.day))
        for one in self.models:
            state = self.do(self.bench.find(one.found, self.day)).standing.state
            if state is State.CLOSED and not one.ended:
                assert self.day > one.received_on + days(90), "closed before its last day"
                assert not one.held, "closed while it was set aside"
                wanting = one.asked or not replace(one, last_reviewer=None).may_be_issued(
                    0, self.clear(one.code), admitted=0
                )
                assert wanting, "closed, and nothing was wanting"
                one.ended = "closed"
                self.counted["closed"] += 1


@pytest.fixture
def department(fresh_database: DatabaseMaker, tmp_path: Path) -> Iterator[type[Department]]:
    """A database for all runs, in an event loop of their own: `hypothesis` calls plain functions."""
    with asyncio.Runner() as runner:
        Department.runner = runner
        Department.house = runner.run(set_up(fresh_database("certificate"), tmp_path))
        Department.counted.clear()
        yield Department
        runner.run(Department.house.database.dispose())


def test_thousands_of_steps_lead_to_no_certificate_that_the_rules_would_not_give(department: type[Department]) -> None:
    run_state_machine_as_test(
        department,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    # The walk came everywhere: what never happens proves nothing.
    counted = department.counted
    assert counted["steps"] >= 2_000, counted
    assert set(Deed) - {Deed.RECEIVED, Deed.RESUBMITTED, Deed.CLOSED, Deed.REMINDED} <= counted.keys(), counted
    assert counted["issued"] >= 20, counted
    assert counted["closed"] >= 3, counted
