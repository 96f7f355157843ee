"""Login, "Log off", recovery and sessions in a browser."""

import asyncio
import re
import secrets
from typing import Any

import pytest

from shared import policy
from shared.auth import service_token, session_cookie, session_hash
from shared.events import AccountLocked, PasswordResetRequested, Role
from shared.keys import Keys
from tests.identity.conftest import PASSWORD, Site
from tests.visitor import Answer, Visitor

NEW_PASSWORD = "seven quiet lamps by the river"


def _somebody() -> str:
    return f"jordan.{secrets.token_hex(4)}"


def _masked(answer: Answer, *names: str) -> str:
    text = "\n".join(f"{name}: {value}" for name, value in sorted(answer.headers.items())) + "\n"
    text += answer.body.decode()
    for name in names:
        text = text.replace(name, "NAME")
    text = re.sub(r"[0-9a-f]{64}|[A-Za-z0-9_-]{43}", "TOKEN", text)
    return re.sub(r"(?m)^(date|x-request-id): .*$", r"\1:", text)


def _failed(site: Site, name: str) -> Visitor:
    return site.logged_in(name, "wrong password here")


async def _reset_link(site: Site, account_id: Any) -> str:
    await site.house.errands_are_run()
    facts = [
        fact
        for fact in await site.house.said()
        if isinstance(fact, PasswordResetRequested) and fact.subject_id == str(account_id)
    ]
    return site.house.opened(facts[-1])["link"]


@pytest.mark.parametrize("path", ["/", "/login", "/register", "/forgot", "/help", "/privacy", "/accessibility"])
async def test_public_pages_are_there_for_everybody(site: Site, path: str) -> None:
    visitor = site.visitor().open(path)
    assert visitor.status == 200
    assert visitor.heading


async def test_help_tells_how_to_apply_for_every_certificate_that_can_be_applied_for(site: Site) -> None:
    visitor = site.visitor().open("/help")
    assert visitor.links["Applying for a certificate"] == "#applying"
    (section,) = visitor.tree.xpath("//section[@aria-labelledby='applying']")
    named = {item.text_content() for item in section.xpath(".//li")}
    assert named == set(policy.applying(as_of=policy.today()).values())
    for words in ('press "Submit to DESE" or "Submit to Institution"', "Where do I send papers and the fee?"):
        assert words in visitor.text


async def test_the_start_page_leads_to_login_and_tells_the_four_steps(site: Site) -> None:
    visitor = site.visitor().open("/")
    assert visitor.links["Web Applications"] == "/login"
    assert len(visitor.tree.xpath("//section[h2[@id='steps']]/ol/li")) == 4


async def test_the_printed_address_leads_to_login_for_good(site: Site) -> None:
    answer = site.visitor().send("GET", "/weblogin/login.aspx")
    assert (answer.status, answer.headers["location"]) == (301, "/login")


async def test_below_the_login_form_are_register_and_forgot(site: Site) -> None:
    visitor = site.visitor().open("/login")
    assert visitor.links["Register"] == "/register"
    assert visitor.links["Forgot Username/Password?"] == "/forgot"
    assert visitor.text.index("Password") < visitor.text.index("Register")


@pytest.mark.parametrize("with_address", [False, True])
async def test_known_and_unknown_names_get_the_same_bytes(site: Site, with_address: bool) -> None:
    known, unknown = _somebody(), _somebody()
    await site.house.account(known)
    answers = []
    for name in (known, unknown):
        typed = f"{name}@example.edu" if with_address else name
        visitor = _failed(site, typed)
        assert visitor.status == 422
        answers.append(_masked(visitor.seen[-1], name))
    assert answers[0] == answers[1]


async def test_delays_answer_known_and_unknown_names_with_the_same_bytes(site: Site) -> None:
    known, unknown = _somebody(), _somebody()
    await site.house.account(known)
    answers = []
    for name in (known, unknown):
        for _ in range(6):
            visitor = _failed(site, name)
        assert visitor.status == 429
        assert int(visitor.seen[-1].headers["retry-after"]) in {1, 2}
        text = re.sub(r"Wait \d seconds?", "Wait", _masked(visitor.seen[-1], name))
        answers.append(re.sub(r"(?m)^(retry-after|content-length): .*$", r"\1:", text))
    assert answers[0] == answers[1]


async def test_an_adjudicator_is_locked_and_told_so_only_with_the_right_password(site: Site) -> None:
    name = _somebody()
    account_id = await site.house.account(name, Role.ADJUDICATOR)
    for _ in range(5):
        assert "do not match" in _failed(site, name).text
    said = [fact for fact in await site.house.said() if isinstance(fact, AccountLocked)]
    assert [fact for fact in said if fact.subject_id == str(account_id)]
    await site.house.rows("SELECT pg_sleep(2.1)")
    assert "locked" in site.logged_in(name).text


async def test_a_missing_answer_is_named(site: Site) -> None:
    visitor = site.visitor().open("/login").press("Login")
    assert visitor.status == 422
    assert "Enter your username." in visitor.text
    assert "Enter your password." in visitor.text


@pytest.mark.parametrize("typed", ["512-34-5678", "512345678"])
async def test_a_number_typed_as_username_does_not_come_back(site: Site, typed: str) -> None:
    visitor = site.logged_in(typed)
    assert visitor.status == 422
    assert typed not in visitor.seen[-1].body.decode()


async def test_the_session_cookie_is_host_bound_and_new_at_every_login(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = site.logged_in(name)
    cookie = session_cookie(site.service.port)
    first = visitor.cookies[cookie]
    set_cookie = visitor.seen[-2].headers["set-cookie"]
    assert set_cookie.startswith(f"{cookie}=")
    for part in ("HttpOnly", "Path=/", "SameSite=lax", "Secure"):
        assert part in set_cookie
    assert "domain" not in set_cookie.lower()
    visitor.cookies.pop(cookie)
    visitor.open("/login").fill("Username", name).fill("Password", PASSWORD).press("Login")
    assert visitor.cookies[cookie] != first


async def test_a_cookie_planted_before_login_is_not_taken_over(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    cookie = session_cookie(site.service.port)
    visitor = site.visitor()
    visitor.cookies[cookie] = planted = secrets.token_urlsafe(32)
    visitor.open("/login").fill("Username", name).fill("Password", PASSWORD).press("Login")
    assert visitor.cookies[cookie] != planted


async def test_logging_in_again_in_one_browser_ends_the_session_before(site: Site) -> None:
    first, second = _somebody(), _somebody()
    for name in (first, second):
        await site.house.account(name)
    visitor = site.visitor().open("/login")
    login_form = dict(visitor.tree.forms[0].form_values())
    visitor.fill("Username", first).fill("Password", PASSWORD).press("Login")
    old = visitor.cookies[session_cookie(site.service.port)]
    visitor.send("POST", "/login", fields=login_form | {"username": second, "password": PASSWORD})
    stale = site.visitor()
    stale.cookies[session_cookie(site.service.port)] = old
    assert stale.open("/applications").path.startswith("/login")


async def test_log_off_ends_the_session_at_once(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = site.logged_in(name)
    token = visitor.cookies[session_cookie(site.service.port)]
    visitor.press("Log off")
    assert visitor.path == "/login"
    assert "You are logged off." in visitor.text
    rows = await site.house.rows("SELECT subject FROM audit WHERE action = 'logoff.done' AND actor_name = :n", n=name)
    (account,) = await site.house.rows("SELECT account_id FROM accounts WHERE username = :n", n=name)
    assert [row["subject"] for row in rows] == [f"account:{account['account_id']}"]
    visitor.cookies[session_cookie(site.service.port)] = token
    assert visitor.open("/applications").path.startswith("/login?")


@pytest.mark.parametrize(
    "evil", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tevil", "evil"]
)
async def test_after_login_nobody_is_sent_to_another_site(site: Site, evil: str) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = site.visitor().open("/login")
    form = dict(visitor.tree.forms[0].form_values())
    answer = visitor.send("POST", "/login", fields=form | {"username": name, "password": PASSWORD, "next": evil})
    assert answer.status in {303, 422}
    assert answer.headers.get("location", "/applications") == "/applications"


async def test_who_was_asked_to_log_in_goes_on_where_they_were(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = site.visitor().open("/applications/ecs/role")
    assert visitor.path == "/login?next=/applications/ecs/role"
    assert "Log in to open that page." in visitor.text
    assert "Log in to open" not in site.visitor().open("/login").text
    visitor.fill("Username", name).fill("Password", PASSWORD).press("Login")
    assert visitor.path == "/applications/ecs/role"


async def test_staying_signed_in_says_how_long(site: Site) -> None:
    name = _somebody()
    await site.house.account(name)
    visitor = site.logged_in(name)
    csrf = visitor.tree.xpath("//form[@action='/session/extend']//input[@name='csrf']")[0].get("value")
    answer = visitor.send("POST", "/session/extend", fields={"csrf": csrf}, headers={"accept": "application/json"})
    assert answer.status == 200
    assert 1195 <= int(re.findall(rb"\d+", answer.body)[0]) <= 1200


async def test_only_services_may_ask_whose_session_it_is(site: Site) -> None:
    name = _somebody()
    account_id = await site.house.account(name, Role.EDUCATOR)
    visitor = site.logged_in(name)
    asked = {"hash": session_hash(visitor.cookies[session_cookie(site.service.port)])}
    stranger = site.visitor()
    assert stranger.send("POST", "/internal/sessions/resolve", json=asked).status == 401
    keys = Keys(site.house.keys.folder, "educator")
    headers = {"authorization": f"Bearer {service_token(keys, 'identity')}"}
    answer = stranger.send("POST", "/internal/sessions/resolve", json=asked, headers=headers)
    assert answer.status == 200
    assert str(account_id).encode() in answer.body
    unknown = stranger.send("POST", "/internal/sessions/resolve", json={"hash": "0" * 64}, headers=headers)
    assert unknown.status == 404


@pytest.mark.parametrize("what", ["username", "password"])
async def test_forgot_answers_known_and_unknown_addresses_with_the_same_bytes(site: Site, what: str) -> None:
    known, unknown = _somebody(), _somebody()
    await site.house.account(known)
    answers = []
    for name in (known, unknown):
        visitor = site.visitor().open("/forgot")
        visitor.choose("My username" if what == "username" else "My password")
        visitor.fill("E-mail address", f"{name}@example.edu").press("Send")
        post, page = visitor.seen[-2:]
        assert (post.status, page.status) == (303, 200)
        answers.append((_masked(post, name), _masked(page, name)))
    assert answers[0] == answers[1]


async def test_the_way_from_forgot_to_a_new_password(site: Site) -> None:
    name = _somebody()
    account_id = await site.house.account(name)
    elsewhere = site.logged_in(name)
    visitor = site.visitor().open("/login").follow("Forgot Username/Password?")
    assert "I can't open that e-mail" in visitor.text
    visitor.choose("My password").fill("E-mail address", name).press("Send")
    assert "I can't open that e-mail" in visitor.text
    link = await _reset_link(site, account_id)
    visitor.open(link)
    assert visitor.fill("New password", f"{name} 2026").press("Change password").status == 422
    assert "your own name" in visitor.text
    visitor.fill("New password", NEW_PASSWORD).press("Change password")
    assert visitor.path == "/login"
    assert "Your password is changed" in visitor.text
    assert elsewhere.open("/applications").path.startswith("/login")
    assert site.visitor().open(link).status == 404
    assert site.logged_in(name, NEW_PASSWORD).path == "/applications"
    assert "do not match" in site.logged_in(name).text


async def test_forgot_names_what_is_missing(site: Site) -> None:
    visitor = site.visitor().open("/forgot").press("Send")
    assert visitor.status == 422
    assert "Choose what you forgot." in visitor.text
    visitor.choose("My username").fill("E-mail address", "jordan.rivera").press("Send")
    assert "Enter a complete e-mail address" in visitor.text


@pytest.mark.parametrize("path", ["/reset/x", "/reset/" + "A" * 43, "/register/confirm/x", "/register/confirm/%C3%A9"])
async def test_a_link_that_never_was_is_answered_calmly(site: Site, path: str) -> None:
    visitor = site.visitor().open(path)
    assert visitor.status == 404
    assert "no longer good" in visitor.heading


@pytest.mark.parametrize(
    "path",
    [
        "/login",
        "/logoff",
        "/register",
        "/register/again",
        "/register/address",
        "/forgot",
        "/reset/x",
        "/session/extend",
    ],
)
async def test_no_form_is_taken_from_another_site(site: Site, path: str) -> None:
    visitor = site.visitor().open("/login")
    fields = {"csrf": "x", "username": "a", "password": "b"}
    assert visitor.send("POST", path, fields=fields).status in {303, 403}
    assert site.visitor().send("POST", path, fields=fields, headers={"origin": "https://evil.example"}).status in {
        303,
        403,
    }


async def test_no_connection_is_held_while_a_password_waits_to_be_hashed(site: Site) -> None:
    held = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        " AND clock_timestamp() - state_change > interval '150 milliseconds'"
    )
    visitors = [site.visitor().open("/login").fill("Username", f"nobody.{n}").fill("Password", "x") for n in range(40)]
    trying = [asyncio.create_task(asyncio.to_thread(visitor.press, "Login")) for visitor in visitors]
    found: set[int] = set()
    while not all(one.done() for one in trying):
        found |= {row["pid"] for row in await site.house.rows(held)}
        await asyncio.sleep(0.01)
    assert {(await one).status for one in trying} == {422}
    assert len(found) < 5, "the connections of those who wait"
