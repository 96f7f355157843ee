"""One application on an analyst's desk: what is seen of it, each thing that is done, and what is refused."""

import asyncio
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.certificate.actions.cases import Found
from services.certificate.rules.case import Deed
from services.certificate.rules.deeds import Answer as Answers
from services.certificate.rules.deeds import Hold, Note, Pay, Record, Review, Withdraw
from services.certificate.rules.standing import State
from shared.auth import Grant
from shared.events import (
    CertificateIssued,
    EducatorIdentified,
    FingerprintCleared,
    InformationRequested,
    RequirementRecorded,
    Role,
)
from shared.policy import last_day, today
from shared.text import long_date
from tests.certificate.applying import certificate
from tests.certificate.conftest import Bench, days, professional, substitute
from tests.certificate.portal import Answer, Portal

DAY = today()
YES = {"convicted": "In 2011 I took a bag from a store."}


@pytest.fixture
async def found(bench: Bench) -> Found:
    return await bench.submit("substitute", substitute(), DAY - days(1))


def desk(found: Found) -> str:
    return f"/staff/applications/{found.row.id}"


async def does(portal: Portal, who: str, found: Found, deed: str, version: Any = None, **fields: Any) -> Answer:
    """Send one of the forms, with the version that is there now unless another is given."""
    seen = (await portal.bench.find(found, DAY)).case.version if version is None else version
    return await portal.post(f"{desk(found)}/{deed}", who, {"version": str(seen), **fields})


async def ready(bench: Bench, found: Found) -> None:
    """Everything a substitute certificate needs."""
    await bench.act(found, bench.analyst, Record("transcript", "seen", "Official transcript", 36), DAY)
    await bench.act(found, bench.analyst, Pay(50, "check 1001"), DAY)
    until = last_day(DAY, 12)
    await bench.hear(FingerprintCleared, purpose="2301", cleared_on=DAY, valid_until=until, day=DAY)


async def audited(bench: Bench, action: str) -> list[Any]:
    async with bench.database.reading() as session:
        query = text("SELECT actor_name, subject, new FROM audit WHERE action = :action")
        return list(await session.execute(query, {"action": action}))


async def deeds(bench: Bench, found: Found) -> list[Deed]:
    return [entry.deed for entry in (await bench.find(found, DAY)).case.entries]


async def test_an_analyst_sees_who_applied_for_what_and_what_is_needed(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    found = await bench.submit("ipc", professional(conduct=YES), DAY)
    page = await portal.get(desk(found), analyst)
    for words in (
        "Robin Example",
        "0417 2298",
        "Initial Professional",
        "River Bend Teachers College",
        "Bachelor's program in teacher education",
        "Mathematics, grades 9 to 12",
        "A bachelor's degree",
        "5 CSR 20-400.500",
        "In 2011 I took a bag from a store.",
        "I swear.",
        "wording of 2020-01-01",
        "It cannot be issued now",
    ):
        assert words in page.text
    assert "Issue" not in page.links
    assert len(await audited(bench, "application.viewed")) == 1


async def test_an_administrator_reads_all_but_the_words_about_conduct_and_does_nothing(
    portal: Portal, bench: Bench, administrator: str, analyst: str
) -> None:
    found = await bench.submit("substitute", substitute(conduct=YES), DAY)
    await does(portal, analyst, found, "question", codes="conduct", question="Was the bag given back?")
    await bench.act(found, bench.robin, Answers("The bag was given back."), DAY)
    await bench.act(found, bench.reviewer, Review(True, "A bag, long ago."), DAY)
    page = await portal.get(desk(found), administrator)
    assert "Have you ever pleaded guilty" in page.text
    assert " bag" not in page.text
    assert page.tree is not None
    assert page.tree.xpath("//main//form") == []
    assert (await does(portal, administrator, found, "note", note="Hello")).status == 403


@pytest.mark.parametrize("role", [Role.PROGRAM, Role.DISTRICT, Role.ADJUDICATOR, Role.EDUCATOR])
async def test_nobody_else_comes_near(portal: Portal, found: Found, role: Role) -> None:
    other = portal.sign_in(uuid4(), "other", Grant(role=role, institution="river-bend"))
    assert (await portal.get(desk(found), other)).status == 403
    assert (await does(portal, other, found, "note", note="Hello")).status == 403


async def test_an_analysts_own_application_is_closed_to_them(portal: Portal, bench: Bench, found: Found) -> None:
    own = portal.sign_in(bench.robin.account_id, "robin.example", Grant(role=Role.ANALYST))
    await ready(bench, found)
    assert (await portal.get(desk(found), own)).status == 403
    assert (await portal.get(f"{desk(found)}/issue", own)).status == 403
    version = (await bench.find(found, DAY)).case.version
    for deed, fields in (("issue", {}), ("note", {"note": "Mine"}), ("assign", {"to": "me"}), ("fee", {})):
        assert (await does(portal, own, found, deed, **fields)).status == 403
    assert (await bench.find(found, DAY)).case.version == version


async def test_what_is_nobodys_is_not_found(portal: Portal, analyst: str, found: Found) -> None:
    for path in (f"/staff/applications/{uuid4()}", f"/staff/applications/{uuid4()}/issue", "/staff/applications/x"):
        assert (await portal.get(path, analyst)).status == 404
    assert (await portal.post(f"/staff/applications/{uuid4()}/note", analyst, {"note": "x"})).status == 404
    assert (await does(portal, analyst, found, "answered")).status == 404


async def test_each_thing_is_recorded_by_whom_and_on_what(portal: Portal, analyst: str, found: Found) -> None:
    seen = {"requirement": "transcript", "outcome": "seen", "basis": "Transcript of Ozark Hills, by mail"}
    answer = await does(portal, analyst, found, "document", amount="36", **seen)
    assert (answer.status, answer.to) == (303, desk(found))
    await does(portal, analyst, found, "fee", dollars="$50", fee_basis="check 1001")
    await does(portal, analyst, found, "hold", hold_reason="Waits for the court")
    page = await portal.get(desk(found), analyst)
    assert "On hold: Waits for the court" in page.text
    await does(portal, analyst, found, "release")
    await does(portal, analyst, found, "note", note="Called; all well.")
    page = await portal.get(desk(found), analyst)
    for words in ("Transcript of Ozark Hills, by mail", "36 semester hours", "avery.analyst", "check 1001", "Called"):
        assert words in page.text
    kinds = [Deed.RECEIVED, Deed.DOCUMENT, Deed.PAID, Deed.HELD, Deed.RELEASED, Deed.NOTED]
    assert await deeds(portal.bench, found) == kinds


async def test_a_document_that_is_not_accepted_is_missing_for_its_reason(
    portal: Portal, analyst: str, found: Found
) -> None:
    fields = {"requirement": "transcript", "outcome": "not_accepted", "basis": "A copy, by e-mail"}
    assert (await does(portal, analyst, found, "document", **fields)).status == 422
    assert (await does(portal, analyst, found, "document", document_reason="Not official", **fields)).status == 303
    page = await portal.get(desk(found), analyst)
    assert "What came was not accepted: Not official" in page.text


FAULTY = {
    "document": {"requirement": "diploma", "outcome": "seen", "basis": "A diploma"},
    "fee": {"dollars": "fifty", "fee_basis": "check"},
    "question": {"question": "Why?"},
    "answer": {"answer": "No question is open"},
    "review": {"fit": "yes", "review_reason": "There is nothing to review"},
    "assign": {"to": str(uuid4())},
    "hold": {"hold_reason": " "},
    "release": {},
    "note": {"note": "x" * 1001},
    "issue": {},
}


@pytest.mark.parametrize("deed", FAULTY)
async def test_what_is_wrong_is_said_and_nothing_is_done(portal: Portal, analyst: str, found: Found, deed: str) -> None:
    answer = await does(portal, analyst, found, deed, **FAULTY[deed])
    assert answer.status == 422
    assert len(answer.problems) == 1
    assert await deeds(portal.bench, found) == [Deed.RECEIVED]


@pytest.mark.parametrize(
    ("deed", "field", "others"),
    [
        ("document", "basis", {"requirement": "transcript", "outcome": "seen", "amount": "36"}),
        ("document", "document_reason", {"requirement": "transcript", "outcome": "not_accepted", "basis": "A copy"}),
        ("fee", "fee_basis", {"dollars": "50"}),
        ("question", "question", {"codes": "other"}),
        ("answer", "answer", {}),
        ("review", "review_reason", {"fit": "yes"}),
        ("hold", "hold_reason", {}),
        ("note", "note", {}),
    ],
)
async def test_no_text_takes_what_may_be_a_social_security_number(
    portal: Portal, analyst: str, found: Found, deed: str, field: str, others: dict[str, str]
) -> None:
    answer = await does(portal, analyst, found, deed, **others, **{field: "It is 512-34-5678"})
    assert answer.status == 422
    assert answer.problems[0].startswith("Take the nine digits out")
    assert await deeds(portal.bench, found) == [Deed.RECEIVED]


async def test_what_is_wrong_is_said_in_the_order_of_the_form(portal: Portal, analyst: str, found: Found) -> None:
    answer = await does(portal, analyst, found, "document")
    assert [one.split()[0:2] for one in answer.problems] == [
        ["Select", "the"],
        ["Select", "whether"],
        ["Write", "on"],
    ]


async def test_a_review_that_settles_nothing_is_not_said_to_lead_to_a_certificate(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    found = await bench.submit("substitute", substitute(conduct={"convicted": "In 2011 I took a bag."}), DAY)
    for fit, said in (("no", "It is not settled"), ("yes", "Somebody else issues the certificate.")):
        fields = {"fit": fit, "review_reason": "Read.", "read": "1"}
        answer = await does(portal, analyst, found, "review", **fields)
        assert answer.status == 303
        assert said in answer.note


async def test_nothing_is_said_to_be_on_hold_that_has_ended(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    await bench.act(found, bench.analyst, Hold("Until the court answers."), DAY)
    assert "On hold: Until the court answers." in (await portal.get(desk(found), analyst)).text
    await bench.act(found, bench.robin, Withdraw(), DAY)
    assert "On hold" not in (await portal.get(desk(found), analyst)).text
    assert not (await bench.find(found, DAY)).row.held


async def test_a_button_that_comes_too_late_is_not_said_to_keep_what_was_typed(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    await bench.act(found, bench.reviewer, Note("Called."), DAY)
    late = await portal.post(f"{desk(found)}/issue", analyst, {"version": "1"})
    assert late.status == 409
    assert "what you typed" not in late.text
    typed = await portal.post(f"{desk(found)}/note", analyst, {"version": "1", "note": "Called too."})
    assert "what you typed is kept" in typed.text


async def test_an_amount_that_is_needed_is_asked_for(portal: Portal, analyst: str, found: Found) -> None:
    fields = {"requirement": "transcript", "outcome": "seen", "basis": "Transcript"}
    answer = await does(portal, analyst, found, "document", **fields)
    assert (answer.status, answer.problems) == (
        422,
        ["Enter how many semester hours the document shows, as a whole number."],
    )
    assert answer.value("basis") == "Transcript"


async def test_a_document_that_each_content_area_needs_is_recorded_for_those_that_it_shows(
    portal: Portal, bench: Bench, analyst: str, robin: str
) -> None:
    areas = ("mathematics.9-12", "physics.9-12")
    found = await bench.submit("ipc", replace(professional(), areas=areas), DAY)
    page = await portal.get(desk(found), analyst)
    assert "Only with: The state's assessment for each content area, passed" in page.text
    sent: dict[str, Any] = {"version": page.value("version"), "requirement": "assessment"}
    sent |= {"outcome": "seen", "basis": "Scores"}
    wrong: tuple[dict[str, Any], ...] = ({}, {"areas": ["history.9-12"]})
    for none in wrong:
        refused = await portal.post(f"{desk(found)}/document", analyst, sent | none)
        assert (refused.status, refused.problems) == (422, ["Tick the content areas that it is for."])
    assert (await portal.post(f"{desk(found)}/document", analyst, sent | {"areas": ["physics.9-12"]})).status == 303
    for reader, path in ((analyst, desk(found)), (robin, f"/ecs/applications/{found.row.id}")):
        told = (await portal.get(path, reader)).text
        assert "It has not been seen yet for: Mathematics, grades 9 to 12." in told
        assert "The state's assessment for each content area, passed: Physics, grades 9 to 12" in told
    (said,) = [fact for fact in await bench.said() if isinstance(fact, RequirementRecorded)]
    assert said.areas == ("Physics, grades 9 to 12",)


async def test_where_hours_are_counted_an_analyst_reads_that_they_are_those_of_all_documents(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    assert "of all accepted documents together" in (await portal.get(desk(found), analyst)).text


async def test_a_question_comes_back_to_whoever_asked(
    portal: Portal, bench: Bench, analyst: str, reviewer: str, found: Found
) -> None:
    await does(portal, reviewer, found, "assign", to="me")
    await does(portal, analyst, found, "question", codes=["transcript", "other"], question="Whose transcript is it?")
    asked = await bench.find(found, DAY)
    assert (asked.standing.state, asked.row.assigned_name) == (State.QUESTION, "avery.analyst")
    assert any(isinstance(fact, InformationRequested) for fact in await bench.said())
    await bench.act(found, bench.robin, Answers("Mine, under my birth name."), DAY)
    assert (await bench.find(found, DAY)).row.assigned_to == bench.analyst.account_id
    assert "Mine, under my birth name." in (await portal.get(desk(found), analyst)).text


async def test_a_question_answered_elsewhere_is_closed(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    await does(portal, analyst, found, "question", codes="other", question="Where do you live?")
    assert (await does(portal, analyst, found, "answer", answer="In Rolla, by telephone.")).status == 303
    assert (await bench.find(found, DAY)).standing.state is not State.QUESTION


async def test_it_is_assigned_to_whoever_worked_here_and_to_nobody(
    portal: Portal, bench: Bench, analyst: str, reviewer: str, found: Found
) -> None:
    await does(portal, reviewer, found, "note", note="I was here.")
    page = await portal.get(desk(found), analyst)
    assert "riley.reviewer" in page.text
    assert (await does(portal, analyst, found, "assign", to=str(bench.reviewer.account_id))).status == 303
    assert (await bench.find(found, DAY)).row.assigned_name == "riley.reviewer"
    await does(portal, analyst, found, "assign", to="nobody")
    assert (await bench.find(found, DAY)).row.assigned_to is None


async def test_issue_is_offered_only_when_the_rules_agree(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    early = await portal.get(f"{desk(found)}/issue", analyst)
    assert early.status == 409
    assert "36 semester hours from an accredited college or university: It has not been seen yet." in early.text
    assert "(5 CSR 20-400.220)" in early.text
    await ready(bench, found)
    page = await portal.get(desk(found), analyst)
    confirm = await portal.get(page.links["Issue"], analyst)
    for words in ("Content Substitute", long_date(DAY), long_date(last_day(DAY, 48)), "Robin Example"):
        assert words in confirm.text
    fields = {"version": confirm.value("version")}
    answer = await portal.post(f"{desk(found)}/issue", analyst, fields)
    assert (answer.status, answer.to) == (303, desk(found))
    # pressed twice: the same answer, one certificate
    assert (await portal.post(f"{desk(found)}/issue", analyst, fields)).status == 303
    assert sum(isinstance(fact, CertificateIssued) for fact in await bench.said()) == 1
    after = await portal.get(desk(found), analyst)
    assert "Certificate issued" in after.text
    assert "Issue" not in after.links
    assert (await does(portal, analyst, found, "fee", dollars="50", fee_basis="check")).status == 422
    assert (await does(portal, analyst, found, "note", note="Sent by post too.")).status == 303


async def test_whoever_reviewed_conduct_does_not_issue(
    portal: Portal, bench: Bench, analyst: str, reviewer: str
) -> None:
    found = await bench.submit("substitute", substitute(conduct=YES), DAY - days(1))
    await ready(bench, found)
    refused = await does(portal, analyst, found, "issue")
    assert (refused.status, "A question was answered Yes." in refused.problems[0]) == (422, True)
    await does(portal, reviewer, found, "review", fit="yes", review_reason="Long ago, and told.", read="1")
    page = await portal.get(desk(found), reviewer)
    assert "You recorded the review of conduct" in page.text
    assert "Issue" not in page.links
    assert (await does(portal, reviewer, found, "issue")).status == 422
    assert (await does(portal, analyst, found, "issue")).status == 303


async def test_a_yes_in_another_application_is_shown_here_too(portal: Portal, bench: Bench, analyst: str) -> None:
    await bench.submit("ipc", professional(conduct=YES), DAY)
    found = await bench.submit("substitute", substitute(), DAY)
    assert "In 2011 I took a bag" in (await portal.get(desk(found), analyst)).text


async def test_questions_answered_yes_stand_in_the_order_of_the_form(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    yes = {"license": "Third.", "convicted": "First.", "charged": "Second."}
    found = await bench.submit("substitute", substitute(conduct=yes), DAY)
    shown = (await portal.get(desk(found), analyst)).text
    assert shown.index("First.") < shown.index("Second.") < shown.index("Third.")


async def test_whoever_decides_reads_which_name_signed(portal: Portal, bench: Bench, analyst: str) -> None:
    signed = {code: {**one, "name": "Somebody Else"} for code, one in substitute().signed.items()}
    found = await bench.submit("substitute", replace(substitute(), signed=signed), DAY)
    needed = (await portal.get(desk(found), analyst)).text.partition("Issue the certificate")[0]
    assert needed.count("Signed by Somebody Else on ") == len(signed)


@pytest.mark.parametrize("read", ["1", "", "9"])
async def test_a_review_says_nothing_of_a_yes_that_was_not_there_to_be_read(
    portal: Portal, bench: Bench, analyst: str, reviewer: str, read: str
) -> None:
    found = await bench.submit("substitute", substitute(conduct=YES), DAY - days(1))
    await ready(bench, found)
    opened = await portal.get(desk(found), reviewer)
    assert opened.value("read") == "1"
    await bench.submit("ipc", professional(conduct={"charged": "A felony, last week."}), DAY - days(1))
    told = await does(portal, reviewer, found, "review", fit="yes", review_reason="Long ago, and told.", read=read)
    assert (told.status, "submitted another Yes" in told.problems[0]) == (422, True)
    assert "A felony, last week." in told.text
    assert (await does(portal, analyst, found, "issue")).status == 422
    assert told.value("read") == "2"
    await does(portal, reviewer, found, "review", fit="yes", review_reason="Read both.", read="2")
    assert (await does(portal, analyst, found, "issue")).status == 303


STALE = {
    "document": {"requirement": "transcript", "outcome": "seen", "basis": "Kept words", "amount": "36"},
    "fee": {"dollars": "50", "fee_basis": "Kept words"},
    "question": {"codes": "other", "question": "Kept words"},
    "hold": {"hold_reason": "Kept words"},
    "note": {"note": "Kept words"},
    "assign": {"to": "nobody"},
    "issue": {},
}


@pytest.mark.parametrize("deed", STALE)
async def test_whoever_comes_second_is_told_what_happened_and_keeps_what_they_typed(
    portal: Portal, bench: Bench, analyst: str, found: Found, deed: str
) -> None:
    await ready(bench, found)
    seen = (await bench.find(found, DAY)).case.version
    await bench.act(found, bench.reviewer, Note("I have it on my desk."), DAY)
    answer = await does(portal, analyst, found, deed, version=seen, **STALE[deed])
    assert answer.status == 409
    assert "What happened meanwhile" in answer.text
    assert "I have it on my desk." in answer.text
    assert answer.tree is not None
    if "Kept words" in STALE[deed].values():
        kept = answer.tree.xpath("//main//textarea/text() | //main//input/@value")
        assert any("Kept words" in one for one in kept)
    # sent again from this page it is done
    assert answer.value("version") == str(seen + 1)
    assert (await bench.find(found, DAY)).case.version == seen + 1


@pytest.mark.parametrize("deed", STALE)
async def test_pressed_twice_at_once_is_done_once(
    portal: Portal, bench: Bench, analyst: str, found: Found, deed: str
) -> None:
    await ready(bench, found)
    before = await bench.find(found, DAY)
    version = before.case.version
    answers = await asyncio.gather(
        *(does(portal, analyst, found, deed, version=version, **STALE[deed]) for _ in range(2))
    )
    assert {answer.status for answer in answers} == {303}
    added = (await bench.find(found, DAY)).case.entries[version:]
    assert [entry.deed for entry in added] == [
        added[0].deed,
        *([Deed.ASSIGNED] if deed == "question" else []),
    ]


async def test_of_two_analysts_at_once_one_acts_and_one_is_told(
    portal: Portal, bench: Bench, analyst: str, reviewer: str, found: Found
) -> None:
    await ready(bench, found)
    version = (await bench.find(found, DAY)).case.version
    answers = await asyncio.gather(*(does(portal, who, found, "issue", version=version) for who in (analyst, reviewer)))
    assert sorted(answer.status for answer in answers) == [303, 409]
    assert sum(isinstance(fact, CertificateIssued) for fact in await bench.said()) == 1


async def test_an_analyst_is_not_given_their_own_application(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    account = uuid4()
    own = portal.sign_in(account, "own.analyst", Grant(role=Role.ANALYST))
    await does(portal, own, found, "note", note="I was here.")
    another = await bench.another()
    theirs = await another.submit("substitute", substitute(), DAY)
    await another.hear(EducatorIdentified, account_id=account)
    answer = await does(portal, analyst, theirs, "assign", to=str(account))
    assert answer.status == 422
    assert (await another.find(theirs, DAY)).row.assigned_to is None


@pytest.mark.parametrize(
    ("held", "applied", "says"),
    [
        ("substitute", "substitute", "a valid Content Substitute certificate until January 5, 2090. Look whether"),
        ("ipc", "substitute", "a valid Initial Professional certificate until January 5, 2090. Look whether"),
        ("ipc", "ipc", "a valid Initial Professional certificate until January 5, 2090. What is added ends with it."),
    ],
)
async def test_the_analyst_is_told_of_a_valid_certificate_that_is_there_already(
    portal: Portal, bench: Bench, analyst: str, held: str, applied: str, says: str
) -> None:
    found = await bench.submit(applied, professional() if applied == "ipc" else substitute(), DAY)
    assert "A certificate is there already" not in (await portal.get(desk(found), analyst)).text
    await certificate(bench, held, date(2026, 1, 5), date(2090, 1, 5))
    assert says in (await portal.get(desk(found), analyst)).text


async def test_before_a_second_certificate_is_issued_the_first_is_named(
    portal: Portal, bench: Bench, analyst: str, found: Found
) -> None:
    await certificate(bench, "substitute", date(2026, 1, 5), date(2090, 1, 5))
    await ready(bench, found)
    assert "Look whether another is needed." in (await portal.get(f"{desk(found)}/issue", analyst)).text
