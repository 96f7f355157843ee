"""The demonstration's people and their "Log in": what the portal is asked, and what is said where it refuses."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from deploy.local.mailroom.box import Box
from deploy.local.mailroom.pages import app
from deploy.local.mailroom.people import Person, by_role
from deploy.local.mailroom.portal import Portal

ORIGIN: Final = "http://localhost:8080"
DANA: Final = {
    "username": "dana.analyst",
    "password": "abcde-fghjk",
    "role": "analyst",
    "name": "Dana Whitfield",
    "about": "records what arrives",
}
OLD: Final = "__Host-ecs-8080=old"


class StandIn:
    """A portal that takes one password."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, httpx.Headers, dict[str, list[str]]]] = []
        self.refuses_with = 0

    def app(self) -> Starlette:
        """What answers in its place."""
        return Starlette(routes=[Route("/login", self.form), Route("/login", self.log_in, methods=["POST"])])

    async def form(self, request: Request) -> Response:
        self.asked.append(("GET", httpx.Headers(request.headers.raw), {}))
        if self.refuses_with >= 500:
            return Response(status_code=self.refuses_with)
        page = HTMLResponse('<form><input type="hidden" name="csrf" value="t0ken"></form>')
        page.set_cookie("__Host-ecs-visit-8080", "new", secure=True, httponly=True)
        return page

    async def log_in(self, request: Request) -> Response:
        self.asked.append(("POST", httpx.Headers(request.headers.raw), parse_qs((await request.body()).decode())))
        if self.refuses_with:
            return HTMLResponse("no", self.refuses_with)
        answer = RedirectResponse("/applications", 303)
        answer.set_cookie("__Host-ecs-8080", "new", secure=True, httponly=True, samesite="lax")
        answer.set_cookie("__Host-ecs-registration-8080", "", max_age=0, secure=True)
        return answer


@pytest.fixture
def portal() -> StandIn:
    return StandIn()


@pytest.fixture
def content() -> str | None:
    """Of the list of people; None where it is not there."""
    return json.dumps([DANA])


@pytest.fixture
def demo(tmp_path: Path, content: str | None) -> Path:
    path = tmp_path / "demo.json"
    if content is not None:
        path.write_text(content)
    return path


@pytest_asyncio.fixture
async def visitor(tmp_path: Path, demo: Path, portal: StandIn) -> AsyncIterator[httpx.AsyncClient]:
    through = Portal("http://gateway:8080", ORIGIN, httpx.ASGITransport(portal.app()))
    pages = httpx.ASGITransport(app(Box(tmp_path / "mail"), demo, through))
    async with httpx.AsyncClient(transport=pages, base_url=ORIGIN) as client:
        yield client


async def press(visitor: httpx.AsyncClient, username: str = "dana.analyst", **headers: str) -> httpx.Response:
    sent = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Cookie": OLD} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return await visitor.post(f"/mailroom/people/{username}", headers=sent)


async def test_everybody_is_listed_with_what_the_login_page_asks_for(visitor: httpx.AsyncClient) -> None:
    shown = (await visitor.get("/mailroom/people")).text
    for said in ("Department: analysts", *(value for name, value in DANA.items() if name != "role")):
        assert said in shown


def test_people_are_grouped_in_the_order_in_which_an_application_meets_them() -> None:
    people = [Person(role, "", role, role, "") for role in ("administrator", "analyst", "educator", "analyst")]
    assert {role: len(group) for role, group in by_role(people).items()} == {
        "educator": 1,
        "analyst": 2,
        "administrator": 1,
    }
    assert list(by_role(people)) == ["educator", "analyst", "administrator"]


@pytest.mark.parametrize("content", [None, "", '[{"username": "da'])
async def test_before_they_are_made_the_page_says_so(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/mailroom/people")
    assert answer.status_code == 200
    assert "not made yet" in answer.text


async def test_log_in_asks_as_a_browser_does_and_passes_the_session_on(
    visitor: httpx.AsyncClient, portal: StandIn
) -> None:
    answer = await press(visitor)
    (asked, seen, _), (sent, headers, fields) = portal.asked
    assert (asked, sent) == ("GET", "POST")
    assert "cookie" not in seen, "somebody who is signed in gets no form"
    assert (headers["host"], headers["origin"]) == ("localhost:8080", ORIGIN)
    assert headers["cookie"] == f"{OLD}; __Host-ecs-visit-8080=new"
    assert fields == {
        "username": ["dana.analyst"],
        "password": ["abcde-fghjk"],
        "next": ["/staff/queue"],
        "csrf": ["t0ken"],
    }
    assert (answer.status_code, answer.headers["location"]) == (303, "/applications")
    session, over = answer.headers.get_list("set-cookie")
    assert session == "__Host-ecs-8080=new; HttpOnly; Path=/; SameSite=lax; Secure"
    assert "Max-Age=0" in over


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://elsewhere.example"}, {"Origin": "null"}, {"Sec_Fetch_Site": "same-site"}],
    ids=["origin", "null", "site"],
)
async def test_a_form_from_elsewhere_logs_nobody_in(
    visitor: httpx.AsyncClient, portal: StandIn, headers: dict[str, str]
) -> None:
    answer = await press(visitor, **headers)
    assert answer.status_code == 403
    assert f"{ORIGIN}/mailroom/people" in answer.text
    assert "set-cookie" not in answer.headers
    assert portal.asked == []


@pytest.mark.parametrize(
    ("status", "said"), [(422, "Login page"), (429, "Login page"), (503, "Wait half a minute"), (500, "Wait")]
)
async def test_where_the_portal_refuses_the_page_says_what_to_do(
    visitor: httpx.AsyncClient, portal: StandIn, status: int, said: str
) -> None:
    portal.refuses_with = status
    answer = await press(visitor)
    assert answer.status_code == 502
    assert "You are not logged in as Dana Whitfield" in answer.text
    assert said in answer.text
    assert "set-cookie" not in answer.headers


async def test_where_the_portal_cannot_be_reached_the_page_says_so(tmp_path: Path, demo: Path) -> None:
    def away(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody listens", request=request)

    pages = app(Box(tmp_path / "mail"), demo, Portal("http://gateway:8080", ORIGIN, httpx.MockTransport(away)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url=ORIGIN) as visitor:
        answer = await press(visitor)
    assert answer.status_code == 502
    assert "cannot be reached" in answer.text


async def test_nobody_else_can_be_logged_in_as(visitor: httpx.AsyncClient, portal: StandIn) -> None:
    answer = await press(visitor, "somebody.else")
    assert answer.status_code == 404
    assert "No such person" in answer.text
    assert portal.asked == []


async def test_the_address_of_the_button_leads_to_the_list(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/mailroom/people/dana.analyst")
    assert (answer.status_code, answer.headers["location"]) == (303, "/mailroom/people")


async def test_the_list_and_the_letters_lead_to_each_other(visitor: httpx.AsyncClient) -> None:
    for path in ("/mailroom", "/mailroom/people", "/mailroom/nothing"):
        shown = (await visitor.get(path)).text
        assert 'href="/mailroom/people"' in shown
        assert '<a href="/mailroom">All letters</a>' in shown


async def test_browsers_say_where_the_form_came_from_and_keep_one_tab_for_the_portal(
    visitor: httpx.AsyncClient,
) -> None:
    headers = (await visitor.get("/mailroom/people")).headers
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_a_password_is_not_in_what_is_said_of_a_person() -> None:
    assert "secret" not in repr(Person("a", "secret", "analyst", "A", ""))
