"""The profile: saved once, with both where two windows met; a new address counts when it is confirmed."""

import asyncio
import base64

import httpx
import pytest
from lxml import html

from shared.keys import Keys
from shared.sealed import Opener
from tests.educator.conftest import JORDAN
from tests.educator.portal import BIRTH, HOME, NUMBER, ORIGIN, Portal, signed_in


async def test_the_profile_is_saved_and_a_second_window_is_shown_both(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    name = {"first_name": "Jordan", "last_name": "Miles", "middle_name": "", "former_last_names": "Rivera"}
    saved = await portal.post("/ecs/profile", JORDAN, profile_version="1", program="river-bend", **name)
    assert saved.headers["location"] == "/ecs/profile"
    late = await portal.post("/ecs/profile", JORDAN, profile_version="1", program="", **{**name, "last_name": "Stone"})
    assert late.status_code == 409
    tree = html.document_fromstring(late.content)
    assert tree.get_element_by_id("last_name").get("value") == "Stone"
    assert "River Bend Teachers College" in late.text
    assert "Miles" in late.text
    [version] = tree.xpath("//input[@name='profile_version']/@value")
    assert version == "2"
    agreed = await portal.post(
        "/ecs/profile", JORDAN, profile_version="2", program="", **{**name, "last_name": "Stone"}
    )
    assert agreed.status_code == 303


async def test_what_is_wrong_in_the_profile_is_told_with_what_was_typed(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    page = await portal.post(
        "/ecs/profile", JORDAN, profile_version="1", first_name='Jo "JR"', last_name="", program="nowhere"
    )
    assert page.status_code == 422
    for said in ("no nicknames", "Enter your legal last name", "Select the program"):
        assert said in page.text
    assert html.document_fromstring(page.content).get_element_by_id("first_name").get("value") == 'Jo "JR"'
    page = await portal.post("/ecs/profile/contact", JORDAN, contact_version="1", email="x", zip_code="1")
    for said in ("name@example.com", "Enter a ZIP code of 5 digits", "Enter the city", "Select the state"):
        assert said in page.text
    assert html.document_fromstring(page.content).get_element_by_id("first_name").get("value") == "Jordan"


@pytest.mark.parametrize("field", ["first_name", "middle_name", "former_last_names", "street", "city", "phone"])
async def test_a_number_typed_into_the_profile_is_refused_and_does_not_come_back(portal: Portal, field: str) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    name = {"first_name": "Jordan", "last_name": "Rivera", "profile_version": "1"}
    contact = {"email": JORDAN.email, "contact_version": "1", **HOME}
    path, form = ("/ecs/profile/contact", contact) if field in (*HOME, "phone") else ("/ecs/profile", name)
    page = await portal.post(path, JORDAN, **form | {field: "512-34-5678"})
    assert page.status_code == 422
    assert "512-34-5678" not in page.text
    assert html.document_fromstring(page.content).get_element_by_id(field).get("value") == "•••-••-••••"


async def test_a_new_address_counts_once_its_link_is_confirmed_on_whatever_device(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    await portal.post("/ecs/profile/contact", JORDAN, contact_version="1", email="new@example.edu")
    waiting = await portal.get("/ecs/profile", JORDAN)
    assert "Waiting for you to confirm" in waiting.text
    tree = html.document_fromstring(waiting.content)
    assert tree.get_element_by_id("email").get("value") == JORDAN.email
    await portal.post("/ecs/profile/contact/again", JORDAN)
    first, second = await links(portal)
    assert (await portal.get(first)).status_code == 404
    for _ in range(2):
        opened = await portal.get(second)
        assert opened.status_code == 200
        assert "new@example.edu" not in opened.text
        assert "n•••@example.edu" in opened.text
    confirmed = await portal.post(second, None)
    assert confirmed.headers["location"] == "/ecs/contact/confirmed"
    assert (await portal.get("/ecs/contact/confirmed")).status_code == 200
    assert (await portal.post(second, None)).status_code == 404
    assert "new@example.edu" in (await portal.get("/ecs/profile", JORDAN)).text


async def links(portal: Portal) -> list[str]:
    opener = Opener(Keys(portal.house.keys.folder, "notifier"))
    rows = await portal.house.rows(
        "SELECT body::jsonb ->> 'sealed' AS sealed FROM outbox WHERE topic = 'ContactConfirmationRequested' ORDER BY id"
    )
    return [opener.open(row.sealed)["link"].removeprefix(ORIGIN) for row in rows]


async def test_a_pending_address_can_be_given_up(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    await portal.post("/ecs/profile/contact", JORDAN, contact_version="1", email="new@example.edu")
    await portal.post("/ecs/profile/contact/cancel", JORDAN)
    assert "Waiting for you" not in (await portal.get("/ecs/profile", JORDAN)).text
    [link] = await links(portal)
    assert (await portal.post(link, None)).status_code == 404


async def silent(request: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


def refused(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize("trouble", [silent, refused, lambda request: httpx.Response(503, text="<p>secret</p>")])
async def test_with_fingerprint_away_the_profile_comes_without_it_and_says_so(portal: Portal, trouble: object) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    portal.fragment = httpx.MockTransport(trouble)  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        page = await portal.get("/ecs/profile", JORDAN)
    assert page.status_code == 200
    assert "cannot be shown right now" in page.text
    assert "secret" not in page.text


async def test_the_section_is_asked_for_with_a_token_for_this_person(portal: Portal) -> None:
    await signed_in(portal, JORDAN)
    await portal.post("/ecs/identify", JORDAN, ssn=NUMBER, **BIRTH)
    await portal.get("/ecs/profile", JORDAN)
    [call] = portal.calls
    assert call.url.path == "/_fragments/fingerprints"
    claims = call.headers["authorization"].split(".")[1]
    assert str(JORDAN.account_id) in base64.urlsafe_b64decode(claims + "==").decode()
