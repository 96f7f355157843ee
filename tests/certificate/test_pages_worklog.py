"""The work log of an institution's officials: theirs and no other's, one by one and several at once."""

from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import event

from services.certificate.actions import applications
from services.certificate.actions.cases import Found
from services.certificate.rules.case import Deed, Submission
from services.certificate.rules.deeds import Ask, Hold, Note, Recommend, Return, Withdraw
from shared.auth import Grant, session_hash
from shared.educator_id import make
from shared.events import (
    ApplicationRecommended,
    EducatorIdentified,
    FingerprintCleared,
    NameChanged,
    RecommendationTakenBack,
    Role,
)
from shared.policy import last_day, today
from tests.certificate.conftest import ROBIN, SIGNED, Bench, at, days, professional, substitute
from tests.certificate.portal import Answer, Portal

DAY = today()
YES = {"convicted": "In 2011 I took a bag from a store."}
OFFICIAL = Grant(role=Role.PROGRAM, institution="river-bend")
COMPLETED = {"completed_on_month": "5", "completed_on_day": "15", "completed_on_year": "2026"}


@pytest.fixture
def official(portal: Portal, bench: Bench) -> str:
    return portal.sign_in(bench.official.account_id, bench.official.username, OFFICIAL)


@pytest.fixture
def stranger(portal: Portal) -> str:
    return portal.sign_in(uuid4(), "other.official", Grant(role=Role.PROGRAM, institution="ozark-hills"))


def take_back(found: Found) -> str:
    return f"{log(found)}/take-back"


@pytest.fixture
async def found(bench: Bench) -> Found:
    return await bench.submit("ipc", professional(conduct=YES), DAY)


async def somebody(bench: Bench, number: int, last: str) -> Bench:
    """Another educator, with a name."""
    account, new = uuid4(), await bench.another()
    new.robin = type(bench.robin)(account, "sky", bench.robin.party, educator_id=make(number))
    await new.hear(EducatorIdentified, account_id=account)
    await new.hear(NameChanged, first_name="Sky", last_name=last)
    return new


def numbers(page: Answer) -> list[str]:
    assert page.tree is not None
    return [str(one.text_content()).strip() for one in page.tree.xpath("//tbody//th")]


def number(found: Found) -> str:
    return f"A{found.row.number}"


def log(found: Found) -> str:
    return f"/program/worklog/{found.row.id}"


def tick(found: Found, version: int = 1) -> str:
    return f"{found.row.id}.{version}"


async def handed(bench: Bench, found: Found) -> Deed:
    return (await bench.find(found, DAY)).case.entries[-1].deed


async def test_the_log_holds_what_was_sent_to_the_institution_and_nothing_else(
    portal: Portal, bench: Bench, official: str, stranger: str, found: Found
) -> None:
    other = await somebody(bench, 100, "Other")
    elsewhere = await other.submit("ipc", professional("ozark-hills"), DAY)
    await bench.submit("substitute", substitute(), DAY)
    page = await portal.get("/program/worklog?state=all", official)
    assert numbers(page) == [number(found)]
    for words in ("Example, Robin", "0417 2298", "Bachelor's program", "Mathematics, grades 9 to 12", "Not yet"):
        assert words in page.text
    assert numbers(await portal.get("/program/worklog?state=all", stranger)) == [number(elsewhere)]
    both = portal.sign_in(uuid4(), "both", OFFICIAL, Grant(role=Role.PROGRAM, institution="ozark-hills"))
    assert numbers(await portal.get("/program/worklog", both)) == [number(found), number(elsewhere)]


async def test_whoever_holds_the_role_for_no_institution_sees_none(portal: Portal, found: Found) -> None:
    bare = portal.sign_in(uuid4(), "bare", Grant(role=Role.PROGRAM))
    assert numbers(await portal.get("/program/worklog?state=all", bare)) == []
    assert (await portal.get(log(found), bare)).status == 404


async def test_an_official_reads_whether_the_check_is_cleared_and_nothing_of_conduct_or_of_the_department(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    await bench.act(found, bench.analyst, Note("Inside words."), DAY)
    await bench.act(found, bench.analyst, Hold("A court is asked."), DAY)
    await bench.act(found, bench.analyst, Ask(("conduct",), "What was it?"), DAY)
    page = await portal.get(log(found), official)
    assert "Not yet cleared" in page.text
    for words in ("bag", "pleaded", "Conduct", "Inside words", "court", "What was it", "fee"):
        assert words not in page.text
    await bench.hear(FingerprintCleared, purpose="2300", cleared_on=DAY, valid_until=last_day(DAY, 12), day=DAY)
    page = await portal.get(log(found), official)
    assert "Background check Cleared" in page.text
    assert "Cleared" in (await portal.get("/program/worklog", official)).text


async def test_another_institutions_application_is_not_found(
    portal: Portal, bench: Bench, stranger: str, found: Found
) -> None:
    assert (await portal.get(log(found), stranger)).status == 404
    recommend = {"version": "1", "program": "bachelor", **COMPLETED}
    assert (await portal.post(f"{log(found)}/recommend", stranger, recommend)).status == 404
    assert (await portal.post(f"{log(found)}/return", stranger, {"version": "1", "reason": "No"})).status == 404
    several = {"do": "return", "pick": tick(found), "reason": "No"}
    query = f"do=return&pick={tick(found)}"
    assert (await portal.get(f"/program/worklog/several?{query}", stranger)).status == 404
    await portal.post("/program/worklog/several", stranger, several)
    assert number(found) not in (await portal.get(f"/program/worklog/several/done?{query}", stranger)).text
    assert await handed(bench, found) is Deed.RECEIVED
    for nobodys in (uuid4(), "x"):
        assert (await portal.get(f"/program/worklog/{nobodys}", stranger)).status == 404


async def test_sent_to_another_institution_it_leaves_the_log(
    portal: Portal, bench: Bench, official: str, stranger: str, found: Found
) -> None:
    await bench.act(found, bench.official, Return("Not one of ours."), DAY)
    async with bench.database.transaction() as session:
        await applications.resubmit(
            session, bench.office, bench.robin, found.row.id, professional("ozark-hills"), at(DAY)
        )
    assert (await portal.get(log(found), official)).status == 404
    theirs = (await portal.get(log(found), stranger)).text
    assert "With us, corrected" in theirs
    assert "Corrected and submitted again" in theirs
    assert "Not one of ours." not in theirs


async def test_a_revoked_official_is_turned_away(portal: Portal, official: str, found: Found) -> None:
    caller = portal.people[session_hash(official)]
    portal.people[session_hash(official)] = caller.model_copy(update={"roles": (Grant(role=Role.DISTRICT),)})
    for path in ("/program/worklog", log(found), f"/program/worklog/several?do=return&pick={tick(found)}"):
        assert (await portal.get(path, official)).status == 403
    assert (await portal.post(f"{log(found)}/return", official, {"reason": "No"})).status == 403


async def test_an_official_does_not_act_on_their_own_application(portal: Portal, bench: Bench, found: Found) -> None:
    own = portal.sign_in(bench.robin.account_id, "robin.example", OFFICIAL)
    assert (await portal.get(log(found), own)).status == 403
    recommend = {"version": "1", "program": "bachelor", **COMPLETED}
    assert (await portal.post(f"{log(found)}/recommend", own, recommend)).status == 403
    several = {"do": "recommend", "pick": tick(found), **COMPLETED}
    answer = await portal.post("/program/worklog/several", own, several)
    assert "This application is your own." in (await portal.get(answer.to, own)).text
    listed = await portal.get("/program/worklog", own)
    assert listed.tree is not None
    assert numbers(listed) == [f"{number(found)}Your own: somebody else works on it"]
    assert not listed.tree.xpath("//tbody//a | //tbody//input")
    assert await handed(bench, found) is Deed.RECEIVED


async def test_it_is_recommended_once_however_often_the_button_is_pressed(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    page = await portal.get(log(found), official)
    fields = {"version": page.value("version"), "program": "bachelor", **COMPLETED}
    for _ in range(2):
        answer = await portal.post(f"{log(found)}/recommend", official, fields)
        assert (answer.status, answer.to) == (303, "/program/worklog")
    assert (await bench.find(found, DAY)).case.version == 2
    assert sum(isinstance(fact, ApplicationRecommended) for fact in await bench.said()) == 1
    page = await portal.get(log(found), official)
    assert "Nothing is asked of your institution now." in page.text
    assert page.tree is not None
    assert page.tree.xpath("//main//form/@action") == [f"{log(found)}/take-back"]
    again = await portal.post(f"{log(found)}/return", official, {"version": "2", "reason": "Too late"})
    assert (again.status, again.problems) == (
        422,
        ["This application is not with an institution, so it cannot be returned."],
    )


TOMORROW = DAY + days(1)
WRONG: list[tuple[str, dict[str, str], str]] = [
    ("recommend", {"program": "", **COMPLETED}, "Select the program from the list."),
    ("recommend", {"program": "none", **COMPLETED}, "Select the program from the list."),
    ("recommend", {"program": "bachelor"}, "Enter the day on which the program was completed"),
    ("recommend", {"program": "bachelor", **COMPLETED, "completed_on_day": "32"}, "Enter the day"),
    (
        "recommend",
        {
            "program": "bachelor",
            "completed_on_month": str(TOMORROW.month),
            "completed_on_day": str(TOMORROW.day),
            "completed_on_year": str(TOMORROW.year),
        },
        "The program's completion date lies in the future.",
    ),
    (
        "recommend",
        {"program": "bachelor", **COMPLETED, "completed_on_year": "1"},
        "The program's completion date lies too long ago.",
    ),
    ("return", {"reason": " "}, "Write why you return it."),
    ("return", {"reason": "\u200b\u2060"}, "Write why you return it."),
    ("return", {"reason": "x" * 1001}, "Shorten this to at most 1000 characters."),
    ("return", {"reason": "SSN 512-34-5678"}, "Take the nine digits out"),
]


@pytest.mark.parametrize(("deed", "fields", "sentence"), WRONG)
async def test_what_is_wrong_is_said_and_nothing_is_done(
    portal: Portal, bench: Bench, official: str, found: Found, deed: str, fields: dict[str, str], sentence: str
) -> None:
    answer = await portal.post(f"{log(found)}/{deed}", official, {"version": "1", **fields})
    assert (answer.status, len(answer.problems)) == (422, 1)
    assert answer.problems[0].startswith(sentence)
    if fields.get("program") != "none" and fields.get("program") != "":
        several = {"do": deed, "pick": tick(found), **fields}
        assert (await portal.post("/program/worklog/several", official, several)).status == 422
    assert await handed(bench, found) is Deed.RECEIVED


async def test_whoever_comes_second_is_told_and_keeps_what_they_typed(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    colleague = type(bench.official)(uuid4(), "quinn.program", bench.official.party, bench.official.institutions)
    await bench.act(found, colleague, Return("An area is missing."), DAY)
    answer = await portal.post(f"{log(found)}/return", official, {"version": "1", "reason": "Something else"})
    assert answer.status == 409
    assert "An area is missing." in answer.text
    assert (await bench.find(found, DAY)).case.version == 2


async def test_what_an_official_does_not_see_keeps_them_from_nothing(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    second = await somebody(bench, 100, "Second")
    two = await second.submit("ipc", professional(), DAY)
    for one in (found, two):
        await bench.act(one, bench.analyst, Note("The transcript is on its way."), DAY)
        await bench.act(one, bench.analyst, Hold("Until the transcript is here."), DAY)
    for _ in range(2):
        answer = await portal.post(f"{log(found)}/return", official, {"version": "1", "reason": "An area is missing."})
        assert (answer.status, answer.to) == (303, "/program/worklog")
    assert [entry.deed for entry in (await bench.find(found, DAY)).case.entries].count(Deed.RETURNED) == 1
    several: dict[str, Any] = {"do": "recommend", "pick": [tick(two)], **COMPLETED}
    done = await portal.get((await portal.post("/program/worklog/several", official, several)).to, official)
    assert "Recommended: 1 of 1." in done.text


async def test_an_error_in_one_form_leaves_the_other_as_it_was(portal: Portal, official: str, found: Found) -> None:
    page = await portal.post(f"{log(found)}/return", official, {"version": "1", "reason": ""})
    assert page.status == 422
    assert page.tree is not None
    assert page.tree.xpath("//select[@name='program']/option[@selected]/@value") == ["bachelor"]
    both = await portal.post(f"{log(found)}/recommend", official, {"version": "1", "program": ""})
    assert both.problems == [
        "Select the program from the list.",
        "Enter the day on which the program was completed: month, day and year.",
    ]


async def test_several_at_once_are_offered_only_where_one_can_be_ticked(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    assert "Return those ticked" in (await portal.get("/program/worklog?state=all", official)).text
    await bench.act(found, bench.official, Return("An area is missing."), DAY)
    assert "those ticked" not in (await portal.get("/program/worklog?state=all", official)).text
    assert "No application waits for your institution now." in (await portal.get("/program/worklog", official)).text
    assert "No application fits." in (await portal.get("/program/worklog?q=Nobody", official)).text


async def test_several_are_listed_then_done_each_by_itself(
    portal: Portal, bench: Bench, official: str, found: Found
) -> None:
    second = await somebody(bench, 100, "Second")
    two = await second.submit("ipc", Submission("", "river-bend", "master", ("art.k-12",), {}, SIGNED), DAY)
    third = await somebody(bench, 101, "Third")
    three = await third.submit("ipc", professional(), DAY)
    query = "&".join(["do=recommend", *(f"pick={tick(one)}" for one in (found, two, three))])
    confirm = await portal.get(f"/program/worklog/several?{query}", official)
    assert numbers(confirm) == [number(found), number(two), number(three)]
    # meanwhile one is withdrawn
    await third.act(three, third.robin, Withdraw(), DAY)
    fields: dict[str, Any] = {"do": "recommend", "pick": [tick(found), tick(two), tick(three), f"{uuid4()}.1"]}
    answer = await portal.post("/program/worklog/several", official, {**fields, **COMPLETED})
    assert answer.status == 303
    done = await portal.get(answer.to, official)
    assert "Recommended: 2 of 3." in done.text
    assert "Something happened to it since you opened the list." in done.text
    recommended = (await bench.find(two, DAY)).case.entries[-1]
    assert (recommended.details["program"], recommended.details["completed_on"]) == ("master", "2026-05-15")
    assert await handed(bench, three) is Deed.WITHDRAWN
    # pressed twice, the same is said and nothing more is done
    again = await portal.post("/program/worklog/several", official, {**fields, **COMPLETED})
    assert "Recommended: 2 of 3." in (await portal.get(again.to, official)).text
    assert (await bench.find(found, DAY)).case.version == 2


async def test_several_are_returned_for_one_reason(portal: Portal, bench: Bench, official: str, found: Found) -> None:
    second = await somebody(bench, 100, "Second")
    two = await second.submit("ipc", professional(), DAY)
    fields: dict[str, Any] = {"do": "return", "pick": [tick(found), tick(two)], "reason": "The term has not ended."}
    answer = await portal.post("/program/worklog/several", official, fields)
    assert "Returned: 2 of 2." in (await portal.get(answer.to, official)).text
    assert (await bench.find(two, DAY)).case.entries[-1].details["reason"] == "The term has not ended."


@pytest.mark.parametrize(
    "query",
    [
        "do=recommend&pick=x.1",
        "do=return&" + "&".join(f"pick={uuid4()}.1" for _ in range(51)),
    ],
)
async def test_what_no_page_sends_is_refused(portal: Portal, official: str, query: str) -> None:
    assert (await portal.get(f"/program/worklog/several?{query}", official)).status == 422
    assert (await portal.post("/program/worklog/several", official, parse_qs(query))).status == 422


async def test_nothing_ticked_is_said(portal: Portal, official: str, found: Found) -> None:
    answer = await portal.get("/program/worklog/several?do=recommend", official)
    assert (answer.status, answer.problems) == (
        422,
        ["Tick the applications first, then press one of the buttons."],
    )


async def test_the_log_is_filtered_and_sorted(portal: Portal, bench: Bench, official: str, found: Found) -> None:
    second = await somebody(bench, 100, "Adams")
    master = Submission("", "river-bend", "master", ("art.k-12",), {}, SIGNED)
    two = await second.submit("ipc", master, DAY - days(4))
    third = await somebody(bench, 101, "Young")
    three = await third.submit("ipc", professional(), DAY - days(2))
    await third.act(three, bench.official, Recommend("bachelor", DAY - days(20)), DAY)
    fourth = await somebody(bench, 102, "Zeta")
    four = await fourth.submit("ipc", professional(), DAY - days(1))
    await fourth.act(four, bench.official, Return("Not ours"), DAY)
    expected = {
        "": [two, found],
        "state=recommended": [three],
        "state=returned": [four],
        "state=all": [two, three, four, found],
        "state=all&sort=number": [found, two, three, four],
        "state=all&sort=number&falling=yes": [four, three, two, found],
        "state=all&sort=name": [two, found, three, four],
        "state=all&sort=program&falling=yes": [two, four, three, found],
        "state=all&sort=state": [found, two, three, four],
        "program=master": [two],
        f"q={ROBIN}": [found],
        "q=ada": [two],
        f"state=all&q={number(four)}": [four],
        "q=%25": [],
        "state=x&sort=x&program=x&page=x": [two, found],
    }
    for query, rows in expected.items():
        page = await portal.get(f"/program/worklog?{query}", official)
        assert (query, numbers(page)) == (query, [number(one) for one in rows])
    assert (await portal.get("/program/worklog?q=512-34-5678", official)).status == 422
    page = await portal.get("/program/worklog?state=all&sort=name", official)
    (falling,) = [urlsplit(href).query for words, href in page.links.items() if words == "Educator"]
    assert parse_qs(falling) == {"state": ["all"], "sort": ["name"], "falling": ["yes"]}


async def test_what_was_done_is_told_of_own_applications_alone(portal: Portal, official: str) -> None:
    answer = await portal.get(f"/program/worklog/several/done?do=recommend&pick={uuid4()}.1", official)
    assert answer.status == 404
    assert (await portal.get("/program/worklog/several/done", official)).to == "/program/worklog"


async def test_the_log_can_be_sorted_on_a_phone_too(portal: Portal, official: str, found: Found) -> None:
    page = await portal.get("/program/worklog?state=all&sort=name", official)
    assert page.tree is not None
    (line,) = page.tree.xpath("//p[@class='ecs-sorts']")
    columns = ["Application", "Educator", "Program", "Submitted", "State"]
    assert [one.text_content() for one in line.iter("a")] == columns
    assert [one.text_content() for one in line.xpath(".//a[@aria-current='true']")] == ["Educator"]
    # The arrow goes with its word into the next line.
    (whole,) = line.xpath("span[span]")
    assert (whole.get("class"), whole.text_content().split()) == (
        "ecs-whole",
        ["Educator", "\N{BLACK UP-POINTING TRIANGLE}"],
    )
    (falling,) = line.xpath(".//a[@aria-current='true']/@href")
    assert parse_qs(urlsplit(falling).query) == {"state": ["all"], "sort": ["name"], "falling": ["yes"]}


async def test_each_choice_of_the_filter_stands_there_once(portal: Portal, official: str, found: Found) -> None:
    page = await portal.get("/program/worklog", official)
    assert page.tree is not None
    states = [one.text_content() for one in page.tree.xpath("//select[@id='state']/option")]
    assert states == ["With us", "Recommended", "Returned", "All"]
    assert page.tree.xpath("//select[@id='state']/option[@selected]/@value") == ["with_us"]


async def test_a_longer_log_costs_no_more_statements(portal: Portal, bench: Bench, official: str, found: Found) -> None:
    statements: list[str] = []
    engine = portal.app.state.service.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda c, cur, statement, *_: statements.append(statement))
    await portal.get("/program/worklog", official)
    few = len(statements)
    for number_ in range(6):
        other = await somebody(bench, 200 + number_, f"Name{number_}")
        await other.submit("ipc", professional(), DAY)
    statements.clear()
    page = await portal.get("/program/worklog", official)
    assert (len(numbers(page)), len(statements)) == (7, few)


async def test_a_recommendation_is_taken_back_with_a_reason_and_the_application_is_with_the_institution_again(
    portal: Portal, bench: Bench, official: str, robin: str, found: Found
) -> None:
    await bench.act(found, bench.official, Recommend("bachelor", last_day(DAY, -2)), DAY)
    version = (await portal.get(log(found), official)).value("version")
    refused = await portal.post(take_back(found), official, {"version": version, "reason": " "})
    assert (refused.status, refused.problems) == (
        422,
        ["Write why you take it back. The educator and the department read this."],
    )
    sent = {"version": version, "reason": "It was another student."}
    for _ in range(2):
        answer = await portal.post(take_back(found), official, sent)
        assert (answer.status, answer.to) == (303, "/program/worklog")
    assert "With us, recommendation taken back" in (await portal.get("/program/worklog", official)).text
    page = await portal.get(log(found), official)
    assert page.tree is not None
    assert page.tree.xpath("//main//form/@action") == [f"{log(found)}/recommend", f"{log(found)}/return"]
    theirs = await portal.get(f"/ecs/applications/{found.row.id}", robin)
    assert "Your institution took its recommendation back" in theirs.text
    assert "It was another student." in theirs.text
    assert sum(isinstance(fact, RecommendationTakenBack) for fact in await bench.said()) == 1


@pytest.mark.parametrize("before", ["never_recommended", "returned", "withdrawn"])
async def test_what_is_not_recommended_is_not_taken_back(
    portal: Portal, bench: Bench, official: str, found: Found, before: str
) -> None:
    if before == "returned":
        await bench.act(found, bench.official, Return("Not yet."), DAY)
    elif before == "withdrawn":
        await bench.act(found, bench.official, Recommend("bachelor", last_day(DAY, -2)), DAY)
        await bench.act(found, bench.robin, Withdraw(), DAY)
    version = str((await bench.find(found, DAY)).case.version)
    answer = await portal.post(take_back(found), official, {"version": version, "reason": "A mistake."})
    assert answer.status == 422
    assert answer.problems[0].endswith(("so there is nothing to take back.", "so nothing was done."))


async def test_another_institution_takes_nothing_back_and_learns_nothing(
    portal: Portal, bench: Bench, stranger: str, found: Found
) -> None:
    await bench.act(found, bench.official, Recommend("bachelor", last_day(DAY, -2)), DAY)
    assert (await portal.post(take_back(found), stranger, {"version": "2", "reason": "Ours."})).status == 404
    assert await handed(bench, found) is Deed.RECOMMENDED
