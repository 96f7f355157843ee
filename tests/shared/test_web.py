"""The page dependency and what stands around every page, attacked from outside."""

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from redis.asyncio import Redis
from sqlalchemy import text as sql
from starlette.responses import PlainTextResponse, Response

from shared import csrf
from shared.auth import session_hash
from shared.db import Database
from shared.events import Role
from shared.headers import SecurityHeaders
from shared.logs import JsonLines
from shared.refusals import local_path
from shared.web import PUBLIC, Page, access_of, reads, writes
from tests.conftest import ValkeyPart
from tests.databases import DatabaseMaker
from tests.shared import kit_app

PORT = 8130
ORIGIN = f"http://localhost:{PORT}"
OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}

router = APIRouter()


@router.post("/write/{how}")
async def write(how: str, page: Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]) -> Response:
    await page.db.execute(sql("INSERT INTO things VALUES (1)"))
    if how == "deny":
        page.deny(409)
    if how == "crash":
        raise ZeroDivisionError("secret")
    if how == "broken-at-commit":
        await page.db.execute(sql("INSERT INTO checked_at_commit VALUES (2)"))
    if how == "twice":
        await page.db.execute(sql("INSERT INTO single VALUES (1), (1)"))
    if how == "too-large-a-number":
        await page.db.execute(sql("SELECT CAST('99999999999' AS integer)"))
    return PlainTextResponse("done", 422 if how == "refuse" else 200)


@router.post("/limited")
async def limited(page: Annotated[Page, Depends(writes(PUBLIC), scope="function")]) -> Response:
    await page.limit("try", "2/hour", key="one person")
    return PlainTextResponse("done")


@router.get("/items/{number}")
async def item(number: int, page: Annotated[Page, Depends(reads(PUBLIC), scope="function")], n: int = 0) -> Response:
    return PlainTextResponse(str(number + n))


def app(**parts: Any) -> FastAPI:
    made = kit_app.make(PORT, **parts)
    made.include_router(router)
    return made


def browser(served: FastAPI, role: str | None = None, origin: str = ORIGIN) -> httpx.AsyncClient:
    cookies = {"Cookie": f"__Host-ecs-{PORT}={kit_app.token(role)}"} if role else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=served), base_url=origin, headers=cookies)


def token(role: str) -> str:
    return csrf.token_for(session_hash(kit_app.token(role)))


@pytest.fixture
async def educator() -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app(), "educator") as client:
        yield client


@pytest.fixture
async def visitor() -> AsyncIterator[httpx.AsyncClient]:
    async with browser(app()) as client:
        yield client


@pytest.fixture
async def database(fresh_database: DatabaseMaker) -> AsyncIterator[Database]:
    made = Database(fresh_database())
    async with made.transaction() as session:
        await session.execute(sql("CREATE TABLE things (n int)"))
        await session.execute(sql("CREATE TABLE single (n int UNIQUE)"))
        await session.execute(sql("CREATE TABLE checked_at_commit (n int)"))
        await session.execute(sql("ALTER TABLE single ADD CONSTRAINT later UNIQUE (n) DEFERRABLE INITIALLY DEFERRED"))
        await session.execute(
            sql(
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'secret'; END $$"
            )
        )
        await session.execute(
            sql(
                "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON checked_at_commit DEFERRABLE INITIALLY DEFERRED"
                " FOR EACH ROW EXECUTE FUNCTION refuse()"
            )
        )
    yield made
    await made.dispose()


async def things(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.execute(sql("SELECT count(*) FROM things"))).scalar_one())


# --- transactions ---


@pytest.mark.parametrize(
    ("how", "status", "kept"),
    [
        ("keep", 200, 1),
        ("refuse", 422, 1),  # counters of failures last
        ("deny", 409, 0),
        ("crash", 500, 0),
        ("broken-at-commit", 500, 0),
        ("twice", 409, 0),
        ("too-large-a-number", 422, 0),
    ],
)
async def test_a_transaction_ends_before_the_answer(database: Database, how: str, status: int, kept: int) -> None:
    async with browser(app(database=database), "educator") as client:
        answer = await client.post(f"/write/{how}", data={"csrf": token("educator")}, headers=OURS)
    assert (answer.status_code, await things(database)) == (status, kept)
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_a_503_page_with_when_to_try_again() -> None:
    away = Database("postgresql://nobody:x@127.0.0.1:9/none")
    async with browser(app(database=away), "educator") as client:
        answer = await client.post("/write/keep", data={"csrf": token("educator")}, headers=OURS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "not available right now" in answer.text
    await away.dispose()


async def test_an_error_nobody_handled_is_logged_without_its_text(
    visitor: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = await visitor.get("/kit/error/500")
    assert answer.status_code == 500
    assert "123-45-6789" not in answer.text + str([vars(record) for record in caplog.records])
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(record)["error"] == "ValueError"
    assert "kit_app.py" in vars(record)["frames"][-1]
    assert datetime.fromisoformat(json.loads(JsonLines("educator").format(record))["at"]), "when it was is not lost"


# --- forms that are not ours (ASVS 5.0 V3.5) ---


@pytest.mark.parametrize(
    ("fields", "headers", "status"),
    [
        ({"csrf": token("educator")}, OURS, 422),  # the form is ours; what is in it is not enough
        ({"csrf": token("educator")}, {}, 422),  # an old browser that says nothing
        ({}, OURS, 403),
        ({"csrf": token("analyst")}, OURS, 403),
        ({"csrf": "é"}, OURS, 403),
        ({"csrf": token("educator")}, {"Origin": "https://evil.example"}, 403),
        ({"csrf": token("educator")}, {"Origin": "null"}, 403),
        ({"csrf": token("educator")}, {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"csrf": token("educator")}, {"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_only_our_own_forms_are_taken(
    educator: httpx.AsyncClient, fields: dict[str, str], headers: dict[str, str], status: int
) -> None:
    answer = await educator.post("/kit/educator", data={"x": "1", **fields}, headers=headers)
    assert answer.status_code == status


async def test_a_stale_form_is_told_from_a_forbidden_one(educator: httpx.AsyncClient) -> None:
    answer = await educator.post("/kit/educator", data={"csrf": "0" * 64}, headers=OURS)
    assert "open for too long" in answer.text
    assert "reload the page and send it again" in answer.text


async def test_a_visitors_form_needs_the_cookie_that_came_with_it(visitor: httpx.AsyncClient) -> None:
    page = await visitor.get("/kit/public")
    (cookie,) = page.headers.get_list("set-cookie")
    assert cookie.startswith(f"__Host-ecs-visit-{PORT}=")
    value = cookie.partition("=")[2].partition(";")[0]
    fields = {"csrf": csrf.token_for(session_hash(value)), "username": "jordan"}
    assert (await visitor.post("/kit/public", data=fields, headers=OURS)).status_code == 403
    with_cookie = {**OURS, "Cookie": f"__Host-ecs-visit-{PORT}={value}"}
    sent = await visitor.post("/kit/public", data=fields, headers=with_cookie)
    assert (sent.status_code, sent.headers["location"]) == (303, "/kit/public")


async def test_a_login_page_left_open_can_be_sent_after_signing_in_elsewhere(visitor: httpx.AsyncClient) -> None:
    cookies = f"__Host-ecs-visit-{PORT}=visit; __Host-ecs-{PORT}={kit_app.token('educator')}"
    fields = {"csrf": csrf.token_for(session_hash("visit")), "username": "jordan"}
    sent = await visitor.post("/kit/public", data=fields, headers={**OURS, "Cookie": cookies})
    assert sent.status_code == 303
    # ... but a visit's token opens nothing that asks for a session
    refused = await visitor.post("/kit/educator", data=fields, headers={**OURS, "Cookie": cookies})
    assert refused.status_code == 403


async def test_a_public_form_of_a_session_that_has_ended_is_taken(visitor: httpx.AsyncClient) -> None:
    gone = "x" * 43
    fields = {"csrf": csrf.token_for(session_hash(gone)), "username": "jordan"}
    sent = await visitor.post("/kit/public", data=fields, headers={**OURS, "Cookie": f"__Host-ecs-{PORT}={gone}"})
    assert sent.status_code == 303


async def test_a_note_that_was_not_signed_for_this_person_is_not_shown(visitor: httpx.AsyncClient) -> None:
    visit = f"__Host-ecs-visit-{PORT}=visit"
    fields = {"csrf": csrf.token_for(session_hash("visit")), "username": "jordan"}
    sent = await visitor.post("/kit/public", data=fields, headers={**OURS, "Cookie": visit})
    note = next(c for c in sent.headers.get_list("set-cookie") if "note" in c).partition(";")[0]
    assert "Thank you" in (await visitor.get("/kit/public", headers={"Cookie": f"{visit}; {note}"})).text
    for forged in (f"{visit}x; {note}", f"{visit}; {note}0", f"{visit}; __Host-ecs-note-{PORT}=a.b", note):
        assert "Thank you" not in (await visitor.get("/kit/public", headers={"Cookie": forged})).text


async def test_cookies_are_host_bound_secure_and_out_of_reach_of_scripts(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/kit/sign-in/educator")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith(f"__Host-ecs-{PORT}=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert parts == {"httponly", "secure", "samesite=lax", "path=/"}


# --- who may ---


@pytest.mark.parametrize(
    ("path", "role", "status", "to"),
    [
        ("/kit/educator?a=1", None, 303, "/login?next=/kit/educator%3Fa%3D1"),
        ("/kit/educator", "nobody", 303, "/ecs"),
        ("/kit/educator", "analyst", 403, None),
        ("/kit/staff", "educator", 403, None),
        ("/kit/staff", "nobody", 403, None),
        ("/kit/staff", "adjudicator", 200, None),
        ("/kit/window", "nobody", 200, None),
    ],
)
async def test_a_page_is_open_to_its_roles(path: str, role: str | None, status: int, to: str | None) -> None:
    async with browser(app(), role) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.headers.get("location")) == (status, to)


async def test_after_an_ended_session_the_login_page_says_so_and_leads_back() -> None:
    async with browser(app()) as client:
        gone = {"Cookie": f"__Host-ecs-{PORT}={'x' * 43}"}
        answer = await client.get("/kit/educator", headers=gone)
        assert answer.headers["location"] == "/login?ended=1&next=/kit/educator"
        back = {**gone, **OURS, "Referer": f"{ORIGIN}/kit/educator?x=1"}
        sent = await client.post("/kit/educator", data={}, headers=back)
        assert sent.headers["location"] == "/login?ended=1&next=/kit/educator"


async def test_whoever_logged_off_in_another_window_is_told_that_a_form_was_not_taken() -> None:
    async with browser(app()) as client:
        sent = await client.post("/kit/educator", data={}, headers={**OURS, "Referer": f"{ORIGIN}/kit/educator"})
        assert sent.headers["location"] == "/login?ended=1&next=/kit/educator"


async def test_the_requirement_is_read_from_the_route() -> None:
    routes = {(route.path, *route.methods): access_of(route) for route in kit_app.router.routes}  # type: ignore[attr-defined]
    assert routes["/kit/public", "GET"] == {"public"}
    assert routes["/kit/staff", "GET"] == {"analyst", "administrator", "adjudicator"}
    assert routes["/session/extend", "POST"] == {"signed_in"}


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        "",
        "ecs",
        "/login",
        "/logoff",
        "/" + "a" * 600,
    ],
)
def test_only_our_own_paths_are_gone_back_to(given: str) -> None:
    assert local_path(given) == "/applications"


def test_a_path_of_ours_is_kept() -> None:
    assert local_path("/ecs/profile?tab=1#contact") == "/ecs/profile?tab=1#contact"


# --- bytes, sizes, methods ---


@pytest.mark.parametrize(
    "target", ["/kit/%00", "/kit/public?a=%00", "/kit/%ff", "/kit/public?a=%ED%A0%80", "/%0d%0aX:"]
)
async def test_addresses_that_are_no_text_are_refused(visitor: httpx.AsyncClient, target: str) -> None:
    answer = await visitor.get(target)
    assert answer.status_code == 400
    assert "could not read that address" in answer.text


@pytest.mark.parametrize("body", [b"username=%00", b"username=%ff", b"username=%ED%A0%80"])
async def test_forms_that_are_no_text_are_refused_whole(educator: httpx.AsyncClient, body: bytes) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **OURS}
    answer = await educator.post("/kit/educator", content=body, headers=form)
    assert answer.status_code == 422
    assert "could not read what you sent" in answer.text


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x"])
async def test_other_kinds_of_bodies_are_refused(educator: httpx.AsyncClient, kind: str) -> None:
    answer = await educator.post("/kit/educator", content=b"{}", headers={"Content-Type": kind, **OURS})
    assert answer.status_code == 422


async def test_too_large_a_form_is_refused_declared_or_not(educator: httpx.AsyncClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", **OURS}

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"a" * 50_000

    for content in (b"a=" + b"b" * 70_000, b"a=" + b"b" * 2_000_000, pieces()):
        answer = await educator.post("/kit/educator", content=content, headers=form)
        assert answer.status_code == 413
        assert "too large" in answer.text


async def test_a_file_is_taken_where_the_page_says_so_and_only_so_large(educator: httpx.AsyncClient) -> None:
    fields = {"csrf": token("educator"), "note": "héllo"}
    sent = await educator.post("/kit/upload", data=fields, files={"roster": b"x" * 1000}, headers=OURS)
    assert sent.json() == {"bytes": 1000, "note": "héllo"}
    for size, status in ((60_000, 413), (2_000_000, 413)):
        large = await educator.post("/kit/upload", data=fields, files={"roster": b"x" * size}, headers=OURS)
        assert large.status_code == status
    two = await educator.post("/kit/upload", data=fields, files={"roster": b"x", "b": b"y"}, headers=OURS)
    assert two.status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/kit/public", 405),
        ("BREW", "/kit/public", 405),
        ("GET", "/nothing", 404),
        ("GET", "/items/word", 404),
        ("GET", "/items/1?n=word", 422),
    ],
)
async def test_what_leads_nowhere_is_a_calm_page(
    visitor: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await visitor.request(method, path)
    assert answer.status_code == status
    assert "<h1>" in answer.text
    assert "word" not in answer.text


@pytest.mark.parametrize(
    ("came_from", "back"),
    [
        (f"{ORIGIN}/kit/educator?tab=1", "/kit/educator?tab=1"),
        (f"{ORIGIN}/kit/upload", None),  # shows nothing by itself
        (f"{ORIGIN}//evil.example", None),
        (f"https://evil.example/{ORIGIN}/kit/educator", None),
        ("https://evil.example/kit/educator", None),
        ("", None),
    ],
)
async def test_a_refused_form_leads_back_to_the_page_it_came_from(
    educator: httpx.AsyncClient, came_from: str, back: str | None
) -> None:
    answer = await educator.post("/kit/educator", data={"csrf": "0" * 64}, headers=OURS | {"Referer": came_from})
    link = re.search(r'href="([^"]*)">The page you came from, as it is now', answer.text)
    assert (answer.status_code, link and link[1]) == (403, back)


async def test_programs_are_answered_in_json(visitor: httpx.AsyncClient) -> None:
    answer = await visitor.get("/nothing", headers={"Accept": "application/json"})
    assert answer.json()["error"] == "We cannot find that page"


async def test_head_is_get_without_its_body(visitor: httpx.AsyncClient) -> None:
    head, get = await visitor.head("/kit/public"), await visitor.get("/kit/public")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


# --- headers ---


@pytest.mark.parametrize("path", ["/kit/public", "/nothing", "/kit/error/500", "/kit/educator"])
async def test_every_answer_carries_the_security_headers(visitor: httpx.AsyncClient, path: str) -> None:
    headers = (await visitor.get(path)).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "geolocation=()" in headers["permissions-policy"]
    assert "strict-transport-security" not in headers


async def test_over_https_browsers_are_told_to_stay_there() -> None:
    async def bare(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("x", headers={"Cache-Control": "max-age=1"})(scope, receive, send)

    transport = httpx.ASGITransport(app=SecurityHeaders(bare, https=True))
    async with httpx.AsyncClient(transport=transport, base_url="https://ecs.example") as client:
        headers = (await client.get("/")).headers
    assert headers["strict-transport-security"].startswith("max-age=63072000")
    assert headers.get_list("cache-control") == ["max-age=1"]


async def test_a_page_holds_nothing_inline_that_the_policy_would_block(educator: httpx.AsyncClient) -> None:
    page = (await educator.get("/kit/educator")).text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert not any(f" on{event}=" in page for event in ("click", "load", "submit", "change"))


@pytest.mark.parametrize("host", ["evil.example", f"evil.localhost:{PORT}", "localhost", f"localhost:{PORT}.evil"])
async def test_another_sites_name_is_refused(host: str) -> None:
    async with browser(app()) as client:
        answer = await client.get("/kit/public", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


# --- limits ---


async def test_past_a_rate_people_are_told_when_to_come_back(valkey: ValkeyPart) -> None:
    redis = Redis.from_url(valkey.url)
    await redis.flushdb()
    async with browser(app(redis=redis), "educator") as client:
        tries = [await client.post("/limited", data={"csrf": token("educator")}, headers=OURS) for _ in range(3)]
    assert [one.status_code for one in tries] == [200, 200, 429]
    assert int(tries[2].headers["retry-after"]) == 3600
    assert "Too many tries" in tries[2].text
    assert not [key for key in await redis.keys() if b"one person" in key]
    await redis.aclose()


async def test_with_redis_away_people_can_work_and_it_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async with browser(app(), "educator") as client:
        tries = [await client.post("/limited", data={"csrf": token("educator")}, headers=OURS) for _ in range(3)]
    assert [one.status_code for one in tries] == [200] * 3
    assert "redis is away, a rate limit is not held" in caplog.text
