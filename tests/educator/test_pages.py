"""What people see and send: the same answer for two causes, no number in any byte, nothing for anyone else."""

import asyncio
import base64
import logging
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from lxml import html

from services.educator import pages
from services.educator.pages.cases import attention
from services.educator.settings import Settings
from shared.app import build
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.csrf import token_for
from shared.db import Session
from shared.events import IdentityCaseOpened, Role
from shared.keys import Keys
from shared.sealed import Opener
from tests.educator.conftest import Account, House

ORIGIN = "http://localhost:8150"
NUMBER = "512345678"
BIRTH = {"birth_date_month": "4", "birth_date_day": "28", "birth_date_year": "1999"}
HOME = {"street": "205 Jefferson St", "city": "Jefferson City", "state": "MO", "zip_code": "65101"}


class Portal:
    """The service's app as browsers meet it; sessions are whoever this test signs in."""

    def __init__(self, house: House, key_folder: Path) -> None:
        self.house = house
        self.people: dict[str, Caller] = {}
        settings = Settings(
            postgres=house.database.engine.url.render_as_string(hide_password=False),
            kafka="127.0.0.1:1",
            redis="redis://127.0.0.1:1",
            origin=ORIGIN,
            port=8150,
            keys=key_folder,
            urls={"fingerprint": "http://fingerprint.invalid", "identity": "http://identity.invalid"},
        )
        self.app = build(
            "educator",
            settings=settings,
            routers=[pages.router],
            attention=attention,
            resolve_session=self._resolve,
        )
        # Fingerprint's side of the call; a test puts another in its place.
        self.fragment = httpx.MockTransport(lambda request: httpx.Response(200, text="<p>No results yet.</p>"))
        self.calls: list[httpx.Request] = []
        self.service = self.app.state.service
        self.service.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)
        self.answers: list[httpx.Response] = []

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        return await self.fragment.handle_async_request(request)

    async def _resolve(self, session: Session, hashed: str) -> Caller | None:
        return self.people.get(hashed)

    def sign_in(self, person: Account, *roles: Role) -> str:
        """A session for this person; the token."""
        token = f"{person.account_id.hex:_<43}"
        self.people[session_hash(token)] = Caller(
            account_id=person.account_id,
            username=person.username,
            roles=tuple(Grant(role=role) for role in roles or (Role.EDUCATOR,)),
            session_hash=session_hash(token),
            idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        return token

    async def get(self, path: str, person: Account | None = None) -> httpx.Response:
        return await self._send("GET", path, person, None)

    async def post(self, path: str, person: Account | None, **fields: str) -> httpx.Response:
        return await self._send("POST", path, person, fields)

    async def _send(
        self, method: str, path: str, person: Account | None, fields: dict[str, str] | None
    ) -> httpx.Response:
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"} if method == "POST" else {}
        token = f"{person.account_id.hex:_<43}" if person else "visitor"
        if person:
            headers["cookie"] = f"{session_cookie(8150)}={token}"
        else:
            headers["cookie"] = f"__Host-ecs-visit-8150={token}"
        data = None if fields is None else {"csrf": token_for(session_hash(token)), **fields}
        answer = await self.browser.request(method, path, headers=headers, data=data)
        self.answers.append(answer)
        return answer


@pytest.fixture
async def portal(house: House, key_folder: Path) -> AsyncIterator[Portal]:
    portal = Portal(house, key_folder)
    yield portal
    await portal.browser.aclose()
    await portal.service.close()


JORDAN, SECOND, ADMIN = Account("jordan.rivera"), Account("jrivera2"), Account("admin.lee")


async def signed_in(portal: Portal, *people: Account) -> None:
    for person in people:
        portal.sign_in(person)
    await portal.house.hears_of(*people)


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


# --- staff ---


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
