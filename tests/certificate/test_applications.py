"""From an application to a certificate: what each person does, and what is said of it."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.certificate import consumers as heard
from services.certificate.actions import applications, cases, certificates, worklog
from services.certificate.actions.applications import AlreadyOpen, Overtaken, Refused
from services.certificate.actions.cases import Found
from services.certificate.rules.case import Submission
from services.certificate.rules.deeds import (
    Ask,
    Issue,
    Note,
    Pay,
    Recommend,
    Record,
    Return,
    Review,
    Withdraw,
)
from services.certificate.rules.refusals import NOT_YOURS, OVER, OWN
from services.certificate.rules.requirements import Met, Party
from services.certificate.rules.standing import State, class_of
from shared.events import (
    ApplicationReminded,
    CertificateIssued,
    ClearanceEnded,
    DraftDropped,
    Event,
    FingerprintCleared,
    RequirementRecorded,
)
from shared.outbox import REPLAYING, publish
from tests.certificate.conftest import DAY, ROBIN, Bench, at, days, professional, substitute
from tests.faults.harness import until

CLEARED: dict[str, Any] = {"cleared_on": date(2026, 7, 1), "valid_until": date(2027, 7, 1)}


async def ready(bench: Bench, conduct: dict[str, str] | None = None) -> Found:
    """A substitute application to which everything came but the review of conduct, where one is needed."""
    found = await bench.submit("substitute", substitute(conduct=conduct))
    await bench.act(found, bench.analyst, Record("transcript", "seen", "Official transcript, by mail", 36))
    await bench.act(found, bench.analyst, Pay(50, "check 1001"))
    await bench.hear(FingerprintCleared, purpose="2301", **CLEARED)
    return await bench.find(found)


async def issued(bench: Bench) -> list[Event]:
    """The certificates that were said to be issued."""
    return [fact for fact in await bench.said() if isinstance(fact, CertificateIssued)]


async def test_a_substitute_certificate_is_issued_once_everything_is_there(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    assert (found.standing.state, found.standing.move) == (State.INCOMPLETE, Party.EDUCATOR)
    await bench.act(found, bench.analyst, Record("transcript", "seen", "Official transcript, by mail", 36))
    await bench.act(found, bench.analyst, Pay(50, "check 1001"))
    await bench.hear(FingerprintCleared, purpose="2301", **CLEARED)
    ready = await bench.find(found)
    assert (ready.standing.state, ready.row.state) == (State.READY, "ready")
    done = await bench.act(found, bench.analyst, Issue())
    assert done.standing.state is State.ISSUED
    issued = [fact for fact in await bench.said() if isinstance(fact, CertificateIssued)]
    assert [(one.classification, one.effective_on, one.expires_on) for one in issued] == [
        ("Content Substitute", DAY, date(2030, 8, 3))
    ]
    with pytest.raises(Refused):
        await bench.act(found, bench.analyst, Issue())


async def test_a_professional_certificate_goes_through_the_institution(bench: Bench) -> None:
    found = await bench.submit("ipc", professional())
    assert (found.standing.state, found.standing.move) == (State.AT_INSTITUTION, Party.INSTITUTION)
    back = await bench.act(found, bench.official, Return("The program named is not yours."))
    assert back.standing.state is State.RETURNED
    with pytest.raises(Refused):
        await bench.act(found, bench.official, Recommend("bachelor", date(2026, 5, 15)))


async def test_another_of_the_same_kind_leads_to_the_open_one(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    with pytest.raises(AlreadyOpen) as caught:
        await bench.submit("substitute", substitute("training"))
    assert caught.value.application_id == found.row.id


async def test_a_clearance_that_ends_before_issue_holds_the_application_back(bench: Bench) -> None:
    found = await ready(bench)
    await bench.hear(ClearanceEnded, purpose="2301", ended_on=DAY)
    with pytest.raises(Refused) as caught:
        await bench.act(found, bench.analyst, Issue())
    assert "The clearance holds no longer since August 3, 2026." in str(caught.value.sentence)
    assert await issued(bench) == []


async def test_of_two_analysts_the_second_is_told_and_nothing_is_overwritten(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    await bench.act(found, bench.analyst, Pay(50, "check 1001"), version=1)
    with pytest.raises(Overtaken):
        await bench.act(found, bench.reviewer, Pay(50, "check 1001"), version=1)
    assert (await bench.find(found)).case.version == 2


async def test_what_is_missing_after_the_last_day_ends_the_application_and_reminders_come_before(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    for after in (29, 30, 30, 60, 80, 90):
        await bench.pass_time(DAY + days(after))
    assert (await bench.find(found, DAY + days(90))).standing.open
    await bench.pass_time(DAY + days(91))
    assert (await bench.find(found, DAY + days(91))).standing.state is State.CLOSED
    facts = await bench.said()
    said = [type(fact).__name__ for fact in facts]
    assert said == ["ApplicationReceived", *["ApplicationReminded"] * 3, "ApplicationClosed"]
    assert {getattr(fact, "wanting", None) for fact in facts} == {
        (
            "36 semester hours from an accredited college or university",
            "A background check, cleared within the last 12 months",
            "The fee",
        )
    }


async def test_a_reminder_names_what_the_educator_or_the_institution_must_do_and_nothing_that_staff_must(
    bench: Bench,
) -> None:
    found = await bench.submit("substitute", substitute(conduct={"convicted": "Long ago."}))
    await bench.act(found, bench.analyst, Ask(("other",), "Which college was it?"), version=1)
    await bench.pass_time(DAY + days(30))
    (reminded,) = [fact for fact in await bench.said() if isinstance(fact, ApplicationReminded)]
    assert reminded.wanting[0] == "The answer to our question"
    assert "The questions about conduct" not in reminded.wanting
    assert "The fee" in reminded.wanting


async def test_of_two_who_issue_at_once_one_does(bench: Bench) -> None:
    found = await ready(bench)
    version = found.case.version
    both = (bench.act(found, who, Issue(), version=version) for who in (bench.analyst, bench.reviewer))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Found", "Overtaken"], done
    assert len(await issued(bench)) == 1


async def test_no_second_certificate_can_be_written_for_an_application(bench: Bench) -> None:
    found = await ready(bench)
    await bench.act(found, bench.analyst, Issue())
    kind = class_of(bench.office.book, found.case)
    with pytest.raises(IntegrityError, match="uq_certificates_application_id"):
        async with bench.database.transaction() as session:
            await certificates.issue(session, bench.office.book, found, kind, DAY)


async def test_after_the_end_nothing_happens_but_notes(bench: Bench) -> None:
    found = await ready(bench)
    await bench.act(found, bench.analyst, Issue())
    for doing in (Issue(), Pay(1, "check 2"), Record("transcript", "not_accepted", "A copy", None, "A copy")):
        with pytest.raises(Refused) as caught:
            await bench.act(found, bench.analyst, doing)
        assert caught.value.sentence == OVER
    after = await bench.act(found, bench.analyst, Note("Printed at the desk."))
    assert after.standing.state is State.ISSUED
    assert len(await issued(bench)) == 1


async def test_an_official_of_another_institution_does_nothing_and_learns_nothing(bench: Bench) -> None:
    found = await bench.submit("ipc", professional("river-bend"))
    other = replace(bench.official, institutions=frozenset({"ozark-hills"}))
    for doing in (Recommend("bachelor", date(2026, 5, 15)), Return("Not ours.")):
        for version in (1, 7):
            with pytest.raises(Refused) as caught:
                await bench.act(found, other, doing, version=version)
            assert caught.value.sentence == NOT_YOURS
    assert (await bench.find(found)).case.version == 1


async def test_nobody_works_on_their_own_application(bench: Bench) -> None:
    found = await ready(bench)
    mine = replace(bench.analyst, educator_id=bench.robin.educator_id)
    with pytest.raises(Refused) as caught:
        await bench.act(found, mine, Issue())
    assert caught.value.sentence == OWN


async def test_a_yes_needs_two_people(bench: Bench) -> None:
    found = await ready(bench, {"charged": "A charge of 2019 was dropped."})
    assert found.standing.state is State.IN_REVIEW
    with pytest.raises(Refused):
        await bench.act(found, bench.analyst, Issue())
    await bench.act(found, bench.analyst, Review(True, "The court's letter says so."))
    with pytest.raises(Refused):
        await bench.act(found, bench.analyst, Issue())
    done = await bench.act(found, bench.reviewer, Issue())
    assert done.standing.state is State.ISSUED


async def test_a_yes_that_was_on_its_way_while_another_was_reviewed_is_still_to_be_read(bench: Bench) -> None:
    found = await ready(bench, {"charged": "A charge of 2019 was dropped."})
    early, late = at(DAY), at(DAY) + timedelta(seconds=1)
    async with bench.database.transaction() as session:
        version = (await bench.find(found)).case.version
        review = Review(True, "The court's letter says so.")
        await applications.act(session, bench.office, bench.reviewer, found.row.id, version, review, late)
    # sent before the review was recorded, and taken in after it
    async with bench.database.transaction() as session:
        form = professional(conduct={"convicted": "A felony."})
        await applications.submit(session, bench.office, bench.robin, "ipc", form, early)
    assert (await bench.find(found)).standing.state is State.IN_REVIEW


async def test_a_yes_stays_one_in_a_corrected_form_and_in_every_other_application(bench: Bench) -> None:
    other = await ready(bench)
    assert other.standing.state is State.READY
    found = await bench.submit("ipc", professional(conduct={"charged": "A charge of 2019 was dropped."}))
    assert (await bench.find(other)).row.state == State.IN_REVIEW
    await bench.act(found, bench.official, Return("It names another program."))
    async with bench.database.transaction() as session:
        await applications.resubmit(session, bench.office, bench.robin, found.row.id, professional(), at(DAY))
    for one in (found, other):
        conduct = next(need for need in (await bench.find(one)).standing.requirements if need.code == "conduct")
        assert (conduct.state, conduct.move) == ("waiting", Party.DEPARTMENT)


@pytest.mark.parametrize(
    ("code", "form"),
    [
        ("substitute", substitute("")),
        ("substitute", substitute("luck")),
        ("substitute", replace(substitute(), signed={})),
        ("substitute", replace(substitute(), areas=("art.k-12",))),
        ("substitute", substitute(conduct={"charged": " "})),
        ("substitute", substitute(conduct={"weather": "Rain."})),
        ("ipc", professional("hogwarts")),
        ("ipc", replace(professional(), institution=None)),
        ("ipc", replace(professional(), program="")),
        ("ipc", replace(professional(), areas=())),
        ("ipc", replace(professional(), areas=("potions.9-12",))),
    ],
)
async def test_a_form_that_lacks_something_is_not_received_whoever_sends_it(
    bench: Bench, code: str, form: Submission
) -> None:
    with pytest.raises(Refused):
        await bench.submit(code, form)
    assert await bench.said() == []


async def test_a_fee_that_goes_back_is_due_again_and_is_written_about(bench: Bench) -> None:
    found = await ready(bench)
    await bench.act(found, bench.analyst, Pay(-50, "Check 1001 was not honoured."))
    assert (await bench.find(found)).standing.state is State.INCOMPLETE
    last = (await bench.said())[-1]
    assert isinstance(last, RequirementRecorded)
    assert (last.outcome, last.dollars, last.sealed is not None) == ("not_accepted", -50, True)
    with pytest.raises(Refused):
        await bench.act(found, bench.analyst, Pay(-1, "More than ever came."))


async def test_what_is_said_while_an_application_is_being_submitted_finds_it(bench: Bench) -> None:
    waits = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    soon_over: dict[str, Any] = {"cleared_on": date(2026, 7, 1), "valid_until": DAY + days(7)}
    async with bench.database.transaction() as session:
        found = await applications.submit(session, bench.office, bench.robin, "substitute", substitute(), at(DAY))
        hearing = asyncio.create_task(bench.hear(FingerprintCleared, purpose="2301", **soon_over))

        async def heard_or_held() -> bool:
            async with bench.database.reading() as other:
                return hearing.done() or bool(await other.scalar(waits))

        await until(heard_or_held, "the fact is taken in, or waits for the application")
    await hearing
    now = await bench.find(found)
    assert now.row.wakes_on == now.standing.wakes_on == DAY + days(8)


async def test_several_at_once_hold_nobodys_facts_back_while_they_wait_for_one_of_them(bench: Bench) -> None:
    waits = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    both = [await (await bench.another()).submit("ipc", professional()) for _ in range(2)]
    first, last = sorted(both, key=lambda one: one.row.id)

    async def return_both() -> None:
        async with bench.database.transaction() as session:
            picked = [(one.row.id, 1, Return("An area is missing.")) for one in both]
            await worklog.act_on_several(session, bench.office, bench.official, picked, at(DAY))

    async with bench.database.transaction() as session:
        await cases.find(session, bench.office.book, last.row.id, DAY, lock=True)
        returning = asyncio.create_task(return_both())

        async def held() -> bool:
            async with bench.database.reading() as other:
                return bool(await other.scalar(waits))

        await until(held, "the official waits for the second application")
        dropped = DraftDropped.now(first.row.educator_id, classification="Content Substitute")
        await publish(session, dropped)
    await returning
    assert {(await bench.find(one)).standing.state for one in both} == {State.RETURNED}


async def test_a_reminder_that_was_late_is_sent_once(bench: Bench) -> None:
    await bench.submit("substitute", substitute())
    for _ in range(3):
        await bench.pass_time(DAY + days(65))
    assert [fact.topic for fact in await bench.said()].count("ApplicationReminded") == 1


async def test_what_happened_is_never_changed(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    for change in ("UPDATE entries SET actor = 'nobody'", "DELETE FROM entries", "TRUNCATE entries"):
        with pytest.raises(DBAPIError, match="append-only"):
            async with bench.database.transaction() as session:
                await session.execute(text(change))
    assert (await bench.find(found)).case.version == 1
    async with bench.database.reading() as session:
        assert await cases.find(session, bench.office.book, found.row.id, DAY) is not None


async def test_an_ended_application_keeps_what_it_wanted_and_asks_nobody_for_it(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute())
    done = await bench.act(found, bench.robin, Withdraw())
    wanting = [one for one in done.standing.requirements if one.state is Met.MISSING]
    assert {one.code for one in wanting} == {"transcript", "clearance", "fee"}
    assert {(one.move, one.do) for one in wanting} == {(Party.NOBODY, None)}


async def test_a_clearance_whose_time_is_over_stands_alike_before_and_after_that_is_said(bench: Bench) -> None:
    last = DAY + days(5)
    await bench.hear(FingerprintCleared, purpose="2301", cleared_on=last - days(365), valid_until=last)
    found = await bench.submit("substitute", substitute())
    over = last + days(1)
    before = (await bench.find(found, over)).standing
    assert before.remind is not None
    await bench.hear(ClearanceEnded, day=over, purpose="2301", ended_on=over, reason="expired")
    assert (await bench.find(found, over)).standing == before


async def test_what_is_said_on_the_day_of_issue_after_it_changes_nothing_of_what_the_certificate_rested_on(
    bench: Bench,
) -> None:
    await bench.hear(FingerprintCleared, purpose="2301", cleared_on=DAY - days(9), valid_until=DAY + days(300))
    found = await bench.submit("substitute", substitute())
    for doing in (Record("transcript", "seen", "By mail", 36), Pay(50, "check 1001"), Issue()):
        found = await bench.act(found, bench.analyst, doing)
    ended = bench.say(ClearanceEnded, purpose="2301", ended_on=DAY)
    await bench.arrive(ended.model_copy(update={"occurred_at": ended.occurred_at + timedelta(minutes=1)}))
    assert (await bench.find(found)).standing.unmet == ()


async def test_during_a_rebuild_no_application_is_touched_and_afterwards_each_stands_as_it_is_known(
    bench: Bench,
) -> None:
    found = await bench.submit("substitute", substitute())
    other = await (await bench.another()).submit("substitute", substitute())
    cleared = bench.say(FingerprintCleared, purpose="2301", cleared_on=DAY - days(9), valid_until=DAY + days(300))
    async with bench.database.transaction() as session:
        session.info[REPLAYING] = True
        await heard.consumers.handle(session, [cleared])
        async with bench.database.transaction() as somebody:
            await somebody.execute(text("SELECT id FROM applications FOR UPDATE NOWAIT"))
    assert await wakes(bench, found) == DAY + days(30)
    after: str | None = ""
    pages = []
    while after is not None:
        async with bench.database.transaction() as session:
            after = await cases.refresh_page(session, bench.office.book, after, DAY + days(40))
        pages.append(after)
    assert pages == [max(ROBIN, other.row.educator_id), None]
    assert await wakes(bench, found) == DAY + days(40)


async def wakes(bench: Bench, found: Found) -> date | None:
    return (await bench.find(found)).row.wakes_on
