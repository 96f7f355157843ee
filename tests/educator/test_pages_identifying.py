"""Identifying oneself: the same answer for two causes, and no number in any byte."""

import base64
import re

import httpx
import pytest
from lxml import html

from shared.auth import Grant, session_hash
from shared.csrf import token_for
from shared.events import IdentityCaseOpened, Role
from tests.educator.conftest import JORDAN, SECOND, Account
from tests.educator.portal import BIRTH, HOME, NUMBER, Portal, signed_in


def without_moments(page: httpx.Response, person: Account) -> bytes:
    """The page, but for what names the person and the moment."""
    text = page.text.replace(token_for(session_hash(f"{person.account_id.hex:_<43}")), "TOKEN")
    text = re.sub(r"[A-Z][a-z]+ \d{1,2}, \d{4} at \d{1,2}:\d\d [AP]M", "MOMENT", text)
    text = re.sub(r'data-seconds="\d+"|\d{1,2}:\d\d [AP]M', "", text)
    return text.replace(person.username, "USERNAME").encode()


async def test_the_way_in_leads_to_the_questions_and_then_to_the_profile(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    assert (await portal.get("/ecs", JORDAN)).headers["location"] == "/ecs/identify"
    assert (await portal.get("/ecs/profile", JORDAN)).headers["location"] == "/ecs"
    sent = await portal.post("/ecs/identify", JORDAN, ssn="512-34-5678", **BIRTH)
    assert (sent.status_code, sent.headers["location"]) == (303, "/ecs/profile")
    assert (await portal.get("/ecs", JORDAN)).headers["location"] == "/ecs/profile"
    profile = await portal.get("/ecs/profile", JORDAN)
    tree = html.document_fromstring(profile.content)
    assert tree.findtext(".//h1") == "Educator Profile"
    assert re.search(r"Educator ID <strong>\d{4} \d{4}</strong>", profile.text)
    assert tree.get_element_by_id("first_name").get("value") == "Jordan"
    assert tree.get_element_by_id("email").get("value") == JORDAN.email
    assert "No results yet." in profile.text


@pytest.mark.parametrize("roles", [(), (Grant(role=Role.ANALYST),), (Grant(role=Role.PROGRAM, institution="esu"),)])
async def test_who_lacks_access_is_led_to_where_it_is_requested_and_told_why(
    portal: Portal, roles: tuple[Grant, ...]
) -> None:
    hashed = session_hash(portal.sign_in(JORDAN))
    portal.people[hashed] = portal.people[hashed].model_copy(update={"roles": roles})
    answer = await portal.get("/ecs", JORDAN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/applications")
    (note,) = [one for one in answer.headers.get_list("set-cookie") if "note" in one]
    body = note.split("=", 1)[1].split(".")[0]
    assert "You need educator access for that page" in base64.urlsafe_b64decode(body).decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("078-05-1120", "well-known example number"),
        ("900-12-3456", "begins with 9"),
        ("000-12-3456", "these three digits"),
        ("512-00-3456", "never 00"),
        ("512-34-0000", "never 0000"),
        ("51234", "exactly 9 digits"),
    ],
)
async def test_an_impossible_number_is_refused_and_never_comes_back(portal: Portal, typed: str, said: str) -> None:
    await signed_in(portal, JORDAN)
    page = await portal.post("/ecs/identify", JORDAN, ssn=typed, **BIRTH)
    assert page.status_code == 422
    assert said in page.text
    assert typed.encode() not in page.content
    assert typed.replace("-", "").encode() not in page.content
    tree = html.document_fromstring(page.content)
    assert tree.get_element_by_id("birth_date-year").get("value") == "1999"
    assert tree.get_element_by_id("ssn").get("value") is None


async def test_a_number_typed_into_any_other_field_does_not_come_back_either(portal: Portal) -> None:
    portal.sign_in(JORDAN)
    fields = ("birth_date_month", "birth_date_day", "birth_date_year", "first_name", "last_name", "no_ssn", "unknown")
    page = await portal.post("/ecs/identify", JORDAN, ssn="x", **dict.fromkeys(fields, "512-34-5678"))
    assert page.status_code == 422
    assert b"512-34-5678" not in page.content


async def test_a_second_account_and_a_wrong_birth_date_are_answered_byte_for_byte_alike(portal: Portal) -> None:
    right, wrong = Account("one.right"), Account("two.wrong")
    await signed_in(portal, JORDAN, right, wrong)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    seen = []
    for person, birth in ((right, BIRTH), (wrong, {**BIRTH, "birth_date_year": "1980"})):
        sent = await portal.post("/ecs/identify", person, ssn=NUMBER, **birth)
        waiting = await portal.get("/ecs", person)
        assert (sent.status_code, waiting.status_code) == (303, 200)
        headers = [(name, value) for name, value in waiting.headers.items() if name != "content-length"]
        seen.append((sent.headers["location"], sent.content, headers, without_moments(waiting, person)))
        for hidden in ("Jordan", "Rivera", JORDAN.username, JORDAN.email, "example.edu"):
            assert hidden.encode() not in waiting.content
    assert seen[0] == seen[1]
    assert b"A person is looking at this" in seen[0][3]
    assert len(await portal.house.said(IdentityCaseOpened)) == 2


async def test_a_case_is_shown_with_who_acts_since_when_and_what_is_usual(portal: Portal) -> None:
    await signed_in(portal, JORDAN, SECOND)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    await portal.post("/ecs/identify", SECOND, ssn=NUMBER, **BIRTH)
    waiting = await portal.get("/ecs", SECOND)
    assert "/ecs/messages" in html.document_fromstring(waiting.content).xpath("//main//a/@href")
    for said in ("Who acts next", "We do: Educator Certification", "Since", "decided within 5 days"):
        assert said in waiting.text
    assert (await portal.get("/ecs/identify", SECOND)).headers["location"] == "/ecs"
    again = await portal.post("/ecs/identify", SECOND, ssn="512345679", **BIRTH)
    assert again.headers["location"] == "/ecs"
    assert len(await portal.house.said(IdentityCaseOpened)) == 1


async def test_no_ssn_opens_a_case_and_a_number_beside_it_is_asked_about(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    both = await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, no_ssn="yes", **BIRTH)
    assert both.status_code == 422
    assert NUMBER.encode() not in both.content
    sent = await portal.post("/ecs/identify", JORDAN, ssn="", no_ssn="yes", **BIRTH)
    assert sent.headers["location"] == "/ecs"
    assert "do not have a Social Security Number" in (await portal.get("/ecs", JORDAN)).text


async def test_before_identitys_word_arrives_the_page_asks_for_the_name(portal: Portal) -> None:
    portal.sign_in(JORDAN)
    assert 'name="first_name"' in (await portal.get("/ecs/identify", JORDAN)).text
    missing = await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    assert "Enter your legal first name" in missing.text
    sent = await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, first_name="Jordan", last_name="Rivera", **BIRTH)
    assert sent.headers["location"] == "/ecs/profile"
    profile = await portal.get("/ecs/profile", JORDAN)
    assert "on its way to this page" in profile.text
    saved = await portal.post("/ecs/profile/contact", JORDAN, contact_version="1", email="", **HOME)
    assert saved.status_code == 303
    await portal.house.hears_of(JORDAN)
    assert JORDAN.email in (await portal.get("/ecs/profile", JORDAN)).text


async def test_too_many_attempts_are_answered_calmly_with_the_time(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    for _ in range(10):
        assert (await portal.post("/ecs/identify", JORDAN, ssn="900-12-3456", **BIRTH)).status_code == 422
    page = await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    assert page.status_code == 429
    assert re.search(r"try again after \d{1,2}:\d\d [AP]M", page.text)
    assert 0 < int(page.headers["retry-after"]) <= 3600
    assert NUMBER.encode() not in page.content
    assert await portal.house.rows("SELECT 1 FROM persons") == []
