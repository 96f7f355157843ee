"""Identity cases as administrators work on them, and what each decision shows to whom."""

import base64
import logging
from uuid import UUID

import httpx
import pytest
from lxml import html

from services.educator.pages.cases import attention
from shared.events import Role
from tests.educator.conftest import ADMIN, JORDAN, SECOND, Account
from tests.educator.portal import BIRTH, NUMBER, Portal, signed_in


async def opened_case(portal: Portal) -> UUID:
    await signed_in(portal, JORDAN, SECOND)
    portal.sign_in(ADMIN, Role.ADMINISTRATOR)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    await portal.post("/ecs/identify", SECOND, ssn=NUMBER, **{**BIRTH, "birth_date_year": "1980"})
    [row] = await portal.house.rows("SELECT case_id FROM identity_cases")
    return UUID(str(row.case_id))


def hidden(page: httpx.Response) -> dict[str, str]:
    tree = html.document_fromstring(page.content)
    fields = tree.xpath("//input[@type='hidden' and (@name='version' or @name='mark')]")
    return {str(one.get("name")): str(one.get("value")) for one in fields}


async def record_of(portal: Portal, person: Account) -> str:
    educator_id = (await portal.house.standing(person)).educator_id
    assert educator_id
    return educator_id


async def test_an_administrator_sees_both_sides_without_any_number_or_birth_date(portal: Portal) -> None:
    case_id = await opened_case(portal)
    listed = await portal.get("/staff/cases", ADMIN)
    assert f"/staff/cases/{case_id}" in listed.text
    page = await portal.get(f"/staff/cases/{case_id}", ADMIN)
    for said in (JORDAN.username, SECOND.username, "Jordan", "Different", "Same person", "Ask for documents"):
        assert said in page.text
    for unsaid in ("5678", "1999", "1980"):
        assert unsaid not in page.text


async def test_last_four_digits_are_shown_once_for_a_stated_reason(portal: Portal) -> None:
    case_id = await opened_case(portal)
    silent = await portal.post(f"/staff/cases/{case_id}/values", ADMIN, why=" ")
    assert silent.status_code == 422
    assert "Write why you need to see them. It is kept in the audit trail." in silent.text
    assert "5678" not in silent.text
    assert [row for row in await portal.house.trail() if row[0] == "ssn.read"] == []
    page = await portal.post(f"/staff/cases/{case_id}/values", ADMIN, why="Compare with the card.")
    assert "ends in <strong>5678</strong>" in page.text
    assert "April 28, 1980" in page.text
    assert NUMBER not in page.text
    assert ("ssn.read", "admin.lee", "Compare with the card.") in await portal.house.trail()
    assert "5678" not in (await portal.get(f"/staff/cases/{case_id}", ADMIN)).text
    left = await portal.get(f"/staff/cases/{case_id}/values", ADMIN)
    assert left.headers["location"] == f"/staff/cases/{case_id}"


@pytest.mark.parametrize(
    ("decision", "second_sees", "first_sees"),
    [
        ("same_person", "Please use your other username", "/ecs/profile"),
        ("record_moved", "/ecs/profile", "/ecs/identify"),
        ("person_made", "/ecs/profile", "/ecs/profile"),
        ("documents", "Please send us documents", "/ecs/profile"),
    ],
)
async def test_each_decision_shows_where_it_matters(
    portal: Portal, decision: str, second_sees: str, first_sees: str
) -> None:
    case_id = await opened_case(portal)
    page = await portal.get(f"/staff/cases/{case_id}", ADMIN)
    fields = hidden(page) | {"record": await record_of(portal, JORDAN), "reason": "Bring your passport."}
    done = await portal.post(f"/staff/cases/{case_id}", ADMIN, decision=decision, **fields)
    assert (done.status_code, done.headers["location"]) == (303, f"/staff/cases/{case_id}")
    assert (await portal.get(f"/staff/cases/{case_id}", ADMIN)).status_code == 200
    assert (await portal.get("/staff/cases?show=ended", ADMIN)).status_code == 200
    for person, sees in ((SECOND, second_sees), (JORDAN, first_sees)):
        answer = await portal.get("/ecs", person)
        assert answer.headers.get("location") == sees or sees in answer.text
    again = await portal.post(f"/staff/cases/{case_id}", ADMIN, decision=decision, **fields)
    assert again.status_code == 409
    # The case itself as it is now, and no page from which nothing leads back to it.
    assert "has changed since you opened it" in again.text
    assert "Identity case: " in html.document_fromstring(again.content).findtext(".//h1", "")


async def test_the_first_account_is_told_when_its_record_moved_and_may_go_on(portal: Portal) -> None:
    case_id = await opened_case(portal)
    fields = hidden(await portal.get(f"/staff/cases/{case_id}", ADMIN))
    record = await record_of(portal, JORDAN)
    await portal.post(
        f"/staff/cases/{case_id}", ADMIN, decision="record_moved", record=record, reason="It is theirs.", **fields
    )
    assert "Your record moved to another username" in (await portal.get("/ecs/identify", JORDAN)).text
    assert (await portal.post("/ecs/profile", JORDAN, first_name="X")).headers["location"] == "/ecs"


async def test_the_educator_reads_what_is_asked_for_and_says_that_it_is_sent(portal: Portal) -> None:
    case_id = await opened_case(portal)
    fields = hidden(await portal.get(f"/staff/cases/{case_id}", ADMIN))
    await portal.post(f"/staff/cases/{case_id}", ADMIN, decision="documents", reason="Bring <your> passport.", **fields)
    asked = await portal.get("/ecs", SECOND)
    assert "Bring &lt;your&gt; passport." in asked.text
    assert "I have sent the documents" in asked.text
    await portal.post("/ecs/identify/documents", SECOND)
    assert "documents are on their way" in (await portal.get("/ecs", SECOND)).text
    assert "documents were sent" in (await portal.get(f"/staff/cases/{case_id}", ADMIN)).text


async def test_a_decision_without_choice_record_or_reason_is_told_what_lacks(portal: Portal) -> None:
    case_id = await opened_case(portal)
    fields = hidden(await portal.get(f"/staff/cases/{case_id}", ADMIN))
    page = await portal.post(f"/staff/cases/{case_id}", ADMIN, **fields)
    assert page.status_code == 422
    assert "Select what you decide" in page.text
    assert "Write the reason" in page.text
    page = await portal.post(f"/staff/cases/{case_id}", ADMIN, decision="record_moved", reason="x", **fields)
    assert "Select the record" in page.text
    page = await portal.post(f"/staff/cases/{case_id}", ADMIN, decision="documents", reason="512-34-5678", **fields)
    assert "must not be written here" in page.text


async def test_an_administrator_does_not_look_into_a_case_of_their_own(portal: Portal) -> None:
    case_id = await opened_case(portal)
    portal.sign_in(JORDAN, Role.EDUCATOR, Role.ADMINISTRATOR)
    # It would tell whose a number is that anybody can type.
    assert (await portal.get(f"/staff/cases/{case_id}", JORDAN)).status_code == 403
    assert (await portal.post(f"/staff/cases/{case_id}", JORDAN)).status_code == 403
    assert (await portal.post(f"/staff/cases/{case_id}/values", JORDAN, why="Curious.")).status_code == 403
    fields = hidden(await portal.get(f"/staff/cases/{case_id}", ADMIN))
    own = await portal.post(f"/staff/cases/{case_id}", JORDAN, decision="person_made", reason="Mine.", **fields)
    assert own.status_code == 403


async def test_cases_are_for_administrators_alone(portal: Portal) -> None:
    case_id = await opened_case(portal)
    for role in (Role.EDUCATOR, Role.ANALYST, Role.ADJUDICATOR, Role.PROGRAM, Role.DISTRICT):
        person = Account(f"some.{role}")
        portal.sign_in(person, role)
        for answer in (
            await portal.get("/staff/cases", person),
            await portal.get(f"/staff/cases/{case_id}", person),
            await portal.post(f"/staff/cases/{case_id}", person, decision="same_person", reason="x"),
            await portal.post(f"/staff/cases/{case_id}/values", person, why="x"),
        ):
            assert answer.status_code == 403


async def test_an_unknown_case_is_not_found_and_odd_pages_of_the_queue_are_pages(portal: Portal) -> None:
    portal.sign_in(ADMIN, Role.ADMINISTRATOR)
    for path in (f"/staff/cases/{UUID(int=1)}", "/staff/cases/nonsense"):
        assert (await portal.get(path, ADMIN)).status_code == 404
    for query in ("page=-1", "page=0", "page=99999", "page=x", "show=ended&page=2", "show=%00"[:8]):
        assert (await portal.get(f"/staff/cases?{query}", ADMIN)).status_code in (200, 400)


async def test_waiting_cases_stand_among_what_needs_attention(portal: Portal) -> None:
    await opened_case(portal)
    async with portal.house.database.reading() as session:
        [one] = await attention(session)
    assert (one.count, one.href) == (1, "/staff/cases")


async def test_where_nobody_else_has_a_record_nobody_is_called_the_second(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    portal.sign_in(ADMIN, Role.ADMINISTRATOR)
    await portal.post("/ecs/identify", JORDAN, ssn="", no_ssn="yes", **BIRTH)
    [row] = await portal.house.rows("SELECT case_id FROM identity_cases")
    page = await portal.get(f"/staff/cases/{row.case_id}", ADMIN)
    assert page.status_code == 200
    assert "None given" in page.text
    assert "Second account" not in page.text


async def test_what_was_asked_for_keeps_its_lines(portal: Portal) -> None:
    case_id = await opened_case(portal)
    fields = hidden(await portal.get(f"/staff/cases/{case_id}", ADMIN))
    asked = {"decision": "documents", "reason": "Your passport.\n\nThe marriage certificate."}
    await portal.post(f"/staff/cases/{case_id}", ADMIN, **fields, **asked)
    tree = html.document_fromstring((await portal.get(f"/staff/cases/{case_id}", ADMIN)).content)
    [words] = tree.xpath("//*[contains(@class, 'ecs-written') and contains(., 'The marriage certificate.')]")
    assert "What the educator was asked for" in words.text_content()


async def test_no_number_stands_in_any_answer_or_log_line(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    case_id = await opened_case(portal)
    await portal.post("/ecs/identify", JORDAN, ssn="512-34-567", **BIRTH)
    await portal.get("/ecs/profile", JORDAN)
    await portal.get("/ecs", SECOND)
    await portal.get(f"/staff/cases/{case_id}", ADMIN)
    await portal.post(f"/staff/cases/{case_id}/values", ADMIN, why="Look.")
    for written in (NUMBER, "512-34-5678", "512-34-567", base64.b64encode(NUMBER.encode()).decode()):
        for answer in portal.answers:
            assert written not in answer.text
            assert written not in str(answer.headers)
        assert written not in caplog.text
