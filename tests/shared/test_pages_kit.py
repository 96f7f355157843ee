"""The kit's parts as a program reads them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from lxml import html

from shared import csrf, policy
from shared.auth import session_cookie, session_hash
from shared.events import Role
from shared.pages import menus
from tests.shared import kit_app

PORT = 8130


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=kit_app.make(PORT))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://localhost:{PORT}") as opened:
        yield opened


async def page(client: httpx.AsyncClient, path: str, role: str) -> Any:
    answer = await client.get(path, headers={"Cookie": f"{session_cookie(PORT)}={kit_app.token(role)}"})
    assert answer.status_code == 200
    return html.document_fromstring(answer.content)


async def test_every_field_has_its_label(client: httpx.AsyncClient) -> None:
    tree = await page(client, "/kit/educator", "educator")
    fields = tree.xpath("//main//*[self::input[@type!='hidden'] or self::select or self::textarea]")
    labelled = set(tree.xpath("//label/@for"))
    assert len(fields) >= 10
    assert [field.get("id") for field in fields if field.get("id") not in labelled] == []


async def test_what_describes_a_field_is_there(client: httpx.AsyncClient) -> None:
    tree = await page(client, "/kit/educator", "educator")
    ids = tree.xpath("//@id")
    described = [name for names in tree.xpath("//@aria-describedby") for name in names.split()]
    assert described
    assert set(described) <= set(ids)
    assert len(ids) == len(set(ids))


async def test_what_may_be_an_ssn_in_a_refused_field_comes_back_as_dots(client: httpx.AsyncClient) -> None:
    cookie = {"Cookie": f"{session_cookie(PORT)}={kit_app.token('educator')}"}
    secret = csrf.token_for(session_hash(kit_app.token("educator")))
    typed = {"csrf": secret, "first_name": "512-34-5678", "reason": "It is 512 34 5678, I think.", "middle_name": "Q"}
    answer = await client.post("/kit/educator", data=typed, headers=cookie | {"Sec-Fetch-Site": "same-origin"})
    tree = html.document_fromstring(answer.content)
    assert answer.status_code == 422
    assert tree.xpath("//input[@name='first_name']/@value") == ["•••-••-••••"]
    assert tree.xpath("//textarea")[0].text.strip() == "It is ••• •• ••••, I think."
    assert tree.xpath("//input[@name='middle_name']/@value") == ["Q"]


async def test_the_demonstration_is_announced_word_for_word(client: httpx.AsyncClient) -> None:
    tree = html.document_fromstring((await client.get("/kit/public")).content)
    (notice,) = tree.xpath("//section[contains(@class, 'usa-site-alert')]")
    assert " ".join(notice.text_content().split()) == (
        "Demonstration system. This is not an official website. Do not enter a real Social Security number."
    )


async def test_header_names_the_person_and_the_ways_out(client: httpx.AsyncClient) -> None:
    tree = await page(client, "/kit/educator", "educator")
    (links,) = tree.xpath("//header//nav")
    assert " ".join(links.text_content().split()) == "Signed in as jordan.educator User Applications Log off"
    assert links.xpath(".//form[@method='post' and @action='/logoff']//input[@name='csrf']")


async def test_visitors_see_no_way_out(client: httpx.AsyncClient) -> None:
    tree = html.document_fromstring((await client.get("/kit/public")).content)
    assert tree.xpath("//header//nav") == []
    assert tree.xpath("//dialog") == []


async def test_educators_menu_has_its_five_pages(client: httpx.AsyncClient) -> None:
    tree = await page(client, "/kit/educator", "educator")
    labels = [link.text_content() for link in tree.xpath("//nav[contains(@class, 'ecs-menu--wide')]//a")]
    assert labels == [
        "Profile",
        "Fingerprint Information",
        "Certificate Status",
        "Application Status",
        *policy.applying(policy.today()).values(),
        "Messages",
    ]


def test_the_menu_marks_the_page_that_is_open() -> None:
    assert [e.href for e in menus.educator("/ecs/profile/name-change") if e.current] == ["/ecs/profile"]
    assert [e.href for e in menus.staff("/staff/review/1", kit_app.caller("adjudicator")) if e.current] == [
        "/staff/review"
    ]


def test_only_adjudicators_see_the_review_list() -> None:
    shown = {role: {entry.href for entry in menus.staff("/staff", kit_app.caller(role))} for role in Role}
    assert [role for role in Role if "/staff/review" in shown[role]] == [Role.ADJUDICATOR]
    assert shown[Role.EDUCATOR] == shown[Role.PROGRAM] == set()
