"""What people see of their letters, staff of those that did not arrive; and nobody of anybody else's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from lxml import html

from services.notifier import pages
from services.notifier.letters import KINDS
from services.notifier.pages.desk import KINDS as NAMES
from services.notifier.pages.desk import attention
from services.notifier.pages.messages import PER_PAGE
from services.notifier.rules.masking import masked
from shared.app import build
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.csrf import token_for
from shared.db import Session
from shared.events import Role
from tests.notifier import people
from tests.notifier.conftest import House
from tests.notifier.people import KIM, ROBIN

ORIGIN = "http://localhost:8080"
STAFF = uuid4()


class Portal:
    """The service's app as browsers meet it; sessions are whoever this test signs in."""

    def __init__(self, house: House) -> None:
        self.people: dict[str, Caller] = {}
        self.app = build(
            "notifier",
            settings=house.settings,
            routers=[pages.router],
            attention=attention,
            resolve_session=self._resolve,
        )
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    async def _resolve(self, session: Session, hashed: str) -> Caller | None:
        return self.people.get(hashed)

    def signed_in(self, account: UUID, *roles: Role) -> dict[str, str]:
        """A session with these roles; its cookie."""
        token = f"{account.hex:_<43}"
        self.people[session_hash(token)] = Caller(
            account_id=account,
            username="somebody",
            roles=tuple(Grant(role=role) for role in roles),
            session_hash=session_hash(token),
            idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        return {"cookie": f"{session_cookie(8080)}={token}"}

    async def get(self, path: str, account: UUID, *roles: Role) -> httpx.Response:
        return await self.browser.get(path, headers=self.signed_in(account, *roles))

    async def post(self, path: str, account: UUID, *roles: Role, **fields: str) -> httpx.Response:
        headers = self.signed_in(account, *roles)
        csrf = token_for(session_hash(f"{account.hex:_<43}"))
        return await self.browser.post(path, headers={**headers, "origin": ORIGIN}, data={**fields, "csrf": csrf})


@pytest.fixture
async def portal(house: House) -> AsyncIterator[Portal]:
    made = Portal(house)
    yield made
    await made.browser.aclose()
    await made.app.state.service.close()


def main_of(answer: httpx.Response) -> html.HtmlElement:
    return html.document_fromstring(answer.text).get_element_by_id("main")


def words(answer: httpx.Response) -> str:
    return " ".join(main_of(answer).text_content().split())


async def sent(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    await house.post()


async def test_messages_shows_my_letters_newest_first_with_their_delivery(house: House, portal: Portal) -> None:
    await sent(house)
    answer = await portal.get("/ecs/messages", ROBIN, Role.EDUCATOR)
    main = main_of(answer)
    assert main.findtext(".//h1") == "Messages"
    mine = await house.rows("SELECT * FROM letters WHERE account_id = :a ORDER BY occurred_at DESC, id", a=ROBIN)
    assert len(mine) > PER_PAGE
    newest, older = mine[:PER_PAGE], mine[PER_PAGE:]
    assert [a.text for a in main.xpath(".//th//a")] == [letter.subject for letter in newest]
    assert words(answer).count("Sent ") >= len(newest)
    second = main_of(await portal.get("/ecs/messages?page=2", ROBIN, Role.EDUCATOR))
    assert [a.text for a in second.xpath(".//th//a")] == [letter.subject for letter in older]


async def test_officials_find_their_letters_in_their_own_menu(house: House, portal: Portal) -> None:
    await sent(house)
    answer = await portal.get("/ecs/messages", KIM, Role.PROGRAM)
    menu = html.document_fromstring(answer.text).xpath("//nav[@aria-label='Program menu']//a[@aria-current='page']")
    assert {entry.text_content().strip() for entry in menu} == {"Messages"}
    assert "Application A100001 waits for your institution" in words(answer)


async def test_every_letter_is_readable_and_its_one_time_link_is_not(house: House, portal: Portal) -> None:
    await sent(house)
    for letter in await house.rows("SELECT * FROM letters WHERE account_id = :a", a=ROBIN):
        answer = await portal.get(f"/ecs/messages/{letter.id}", ROBIN, Role.EDUCATOR)
        assert answer.status_code == 200
        assert main_of(answer).findtext(".//h1") == letter.subject
        assert ("[one-time link, sent by e-mail]" in words(answer)) == (letter.expires_at is not None)
        assert letter.address is None or f"To {letter.address}" in words(answer)
        assert "t" * 43 not in answer.text
        assert all(href.startswith("/") for href in main_of(answer).xpath(".//a/@href"))


async def test_other_peoples_letters_and_unknown_ones_are_not_there(house: House, portal: Portal) -> None:
    await sent(house)
    [theirs, *_] = await house.rows("SELECT id FROM letters WHERE account_id = :a", a=KIM)
    for letter_id in (theirs.id, uuid4()):
        assert (await portal.get(f"/ecs/messages/{letter_id}", ROBIN, Role.EDUCATOR)).status_code == 404
        assert (await portal.get(f"/ecs/messages/{letter_id}", STAFF, Role.ADMINISTRATOR)).status_code == 404
    assert (await portal.get("/ecs/messages/no-id", ROBIN)).status_code in (404, 422)
    assert (await portal.browser.get("/ecs/messages")).status_code == 303


async def test_a_record_that_moved_leaves_its_former_holders_letters_with_them(house: House, portal: Portal) -> None:
    await sent(house)
    await house.hears(people.identified(KIM, 50), people.named(51, "Kim", "Other"))
    assert "cleared" not in words(await portal.get("/ecs/messages", KIM, Role.EDUCATOR))
    assert "cleared" in words(await portal.get("/ecs/messages", ROBIN, Role.EDUCATOR))


async def test_a_letter_that_failed_says_what_to_do(house: House, portal: Portal) -> None:
    house.mail.refused = {"robin@home.example": "550 no such person"}
    await house.hears(*people.known(), *[f for f in people.every_fact(house) if f.topic == "FingerprintCleared"])
    await house.post()
    answer = await portal.get("/ecs/messages", ROBIN, Role.EDUCATOR)
    assert "Our last letter to you could not be delivered" in words(answer)
    assert "Could not be delivered: check your address" in words(answer)
    assert "/ecs/profile" in main_of(answer).xpath(".//td//a/@href")


async def test_people_without_a_role_and_without_letters_have_the_page_too(portal: Portal) -> None:
    answer = await portal.get("/ecs/messages", ROBIN)
    assert "There is no letter for you yet." in words(answer)


async def test_staff_see_unsent_letters_masked_and_send_one_again(house: House, portal: Portal) -> None:
    house.mail.refused = {"robin.example@example.edu": "550 no such person"}
    await house.hears(people.registered(), *[f for f in people.every_fact(house) if f.topic == "PasswordChanged"])
    await house.post()
    letter = await house.letter()
    async with house.database.reading() as session:
        [unsent] = await attention(session)
    assert (unsent.count, unsent.href) == (1, "/staff/mail")

    listed = await portal.get("/staff/mail", STAFF, Role.ANALYST)
    assert "Password changed" in words(listed)
    assert "r•••@example.edu" in words(listed)
    shown = await portal.get(f"/staff/mail/{letter.id}", STAFF, Role.ANALYST)
    assert "answer 550" in words(shown)
    for answer in (listed, shown):
        assert "robin.example" not in answer.text

    assert (await portal.post(f"/staff/mail/{letter.id}", STAFF, Role.ANALYST, reason=" ")).status_code == 422
    number = await portal.post(f"/staff/mail/{letter.id}", STAFF, Role.ANALYST, reason="SSN 512-34-5678")
    assert number.status_code == 422
    again = await portal.post(f"/staff/mail/{letter.id}", STAFF, Role.ANALYST, reason="They corrected it.")
    assert again.status_code == 303
    house.mail.refused = {}
    await house.post()
    assert (await house.letter()).state == "sent"
    [row] = await house.rows("SELECT * FROM audit")
    assert (row.action, row.subject, row.reason) == ("letter.sent_again", f"letter:{letter.id}", "They corrected it.")
    assert (await portal.post(f"/staff/mail/{letter.id}", STAFF, Role.ANALYST, reason="Twice.")).status_code == 404


async def test_a_letter_whose_link_is_gone_cannot_go_again(house: House, portal: Portal) -> None:
    house.mail.refused = {"robin.example@example.edu": "550 no such person"}
    facts = [f for f in people.every_fact(house) if f.topic == "PasswordResetRequested"]
    await house.hears(people.registered(), *facts)
    await house.post()
    letter = await house.letter()
    assert (letter.state, letter.sealed) == ("failed", None)
    assert "Send again" not in words(await portal.get(f"/staff/mail/{letter.id}", STAFF, Role.ADMINISTRATOR))
    answer = await portal.post(f"/staff/mail/{letter.id}", STAFF, Role.ADMINISTRATOR, reason="Please.")
    assert answer.status_code == 409


async def test_every_view_of_the_desk_opens_and_others_have_none(house: House, portal: Portal) -> None:
    cleared = [f for f in people.every_fact(house) if f.topic == "FingerprintCleared"]
    await house.hears(*cleared)
    for view, count in (("stuck", 0), ("under_way", 1), ("expired", 0), ("nonsense", 0)):
        answer = await portal.get(f"/staff/mail?show={view}&page=x", STAFF, Role.ANALYST)
        assert answer.status_code == 200
        assert ("not known yet" in words(answer)) == bool(count)
    await house.do("UPDATE letters SET made_at = now() - interval '11 minutes'")
    assert "Recipient not known yet" in words(await portal.get("/staff/mail", STAFF, Role.ANALYST))
    for role in (Role.EDUCATOR, Role.ADJUDICATOR, Role.PROGRAM, Role.DISTRICT):
        assert (await portal.get("/staff/mail", STAFF, role)).status_code == 403


def test_every_kind_has_a_name_for_staff() -> None:
    assert set(NAMES) == set(KINDS)


@pytest.mark.parametrize(
    ("address", "shown"), [("robin@example.edu", "r•••@example.edu"), ("@x.example", "•••@x.example"), ("odd", "•••")]
)
def test_masking_keeps_the_first_letter_and_the_domain(address: str, shown: str) -> None:
    assert masked(address) == shown
