"""Requests that no page of ours makes, through the gateway: refused with a calm page, and nothing behind it moves."""

import hashlib
import random
import re
from typing import Final
from urllib.parse import quote

import pytest
from redis import Redis

from deploy.local.system import System
from shared.auth import session_cookie
from tests.access.cells import FOR_PEOPLE, said
from tests.access.table import TABLE, Row
from tests.flow import people
from tests.hostile import wire
from tests.hostile.calm import calm, faults
from tests.hostile.crowd import ANYBODY, WHO, Crowd, token_of
from tests.visitor import Answer, Visitor

_PLAIN: Final = sorted({row.path for row in FOR_PEOPLE if "{" not in row.path})
_WITH_ID: Final = [row for row in FOR_PEOPLE if "{" in row.path]
_IDS: Final = {
    "nobody's": "5f0c2a9e-8d1b-4c57-9a43-0e6b7f1d2c38",
    "nil": "00000000-0000-0000-0000-000000000000",
    "a number": "1",
    "a huge number": "9" * 100,
    "a word": "null",
    "a token of nobody": "A" * 43,
    "a quote": quote("'\"><xevil>"),
    "another script": quote("\u0661\u202e\U0001f9d1"),
    "dots": "%2e%2e%2fadministrator",
    "long": "a" * 4000,
}
_TARGETS: Final = (
    "/static/../../../../etc/passwd",
    "/static/..%2f..%2f..%2f..%2fetc%2fpasswd",
    "/static/%2e%2e/%2e%2e/Caddyfile",
    "/static/..\\..\\..\\etc\\passwd",
    "/static/%5c..%5c..%5cetc",
    "/static//etc/passwd",
    "/static/.%00./x",
    "/../../../../etc/passwd",
    "/..%252f..%252fetc/passwd",
    "/ecs/..%2f..%2f..%2fvar/demo.json",
    "/.env",
    "/.git/config",
    "/var/demo.json",
    "/demo.json",
    "/mailroom/../../../etc/passwd",
    "/mailroom/..%2f..%2fetc",
    "/mailroom/style.css%00",
    "/docs",
    "/openapi.json",
    "/redoc",
    "/asyncapi",
    "/login;/staff",
    "/LOGIN",
    "/login%00",
    "/login%0d%0aSet-Cookie:%20evil=1",
    "/%ff%fe",
    "/%c0%ae%c0%ae/",
    "//evil.example/",
    "///evil.example",
    "/%2f%2fevil.example/",
    "/\\evil.example",
    "/login/?next=//evil.example",
    "/?" + "a=1&" * 3000,
    "/" + "a/" * 2000,
)


def who_may(row: Row) -> str:
    """One of the crowd who gets through the door of this route."""
    return next(who for who in WHO if said(row, who) == "in")


# --- methods, addresses, ids ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "EVIL", "get"])
def test_other_methods_are_answered_with_a_page(system: System, crowd: Crowd, method: str) -> None:
    found = []
    for path in _PLAIN:
        answer = wire.ask(system.ports.origin, method, path, f"localhost:{system.ports.origin}")
        # what no server knows as a method is refused before it is anybody's
        if answer.status != 405 and (method not in ("EVIL", "get") or answer.status != 400):
            found.append(f"{path} answers {answer.status}")
        if answer.status == 405:
            calm(faults(answer, system.origin))
        if b"<h1>" not in answer.body:
            found.append(f"{path} has no page")
    calm(found)


def test_a_form_sent_to_a_page_without_one_is_405(system: System, crowd: Crowd) -> None:
    takes = {row.path for row in TABLE if row.method == "POST"}
    for path in set(_PLAIN) - takes:
        answer = crowd["administrator"].send("POST", path, fields={"csrf": crowd.token("administrator")})
        # where a form goes to a thing beside it, its name is taken for the id of one that is not there
        beside = any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", form), path) for form in takes)
        assert (path, answer.status) == (path, 404 if beside else 405)
        calm(faults(answer, system.origin))


def test_a_page_behind_a_form_alone_is_405(system: System, crowd: Crowd) -> None:
    shown = {row.path for row in TABLE if row.method == "GET"}
    for row in FOR_PEOPLE:
        if row.path not in shown:
            answer = crowd["administrator"].send("GET", re.sub(r"\{\w+\}", _IDS["nobody's"], row.path))
            assert (row.path, answer.status) == (row.path, 405)
            calm(faults(answer, system.origin))


@pytest.mark.parametrize("row", _WITH_ID, ids=lambda row: f"{row.method} {row.path}")
def test_an_id_of_nothing_is_404(system: System, crowd: Crowd, row: Row) -> None:
    who = who_may(row)
    visitor, found = crowd[who], []
    visitor.open("/login")  # whoever is not signed in has a visit to send forms from
    for name, id_ in _IDS.items():
        fields = {"csrf": token_of(system, visitor)} | _FILLED if row.method == "POST" else None
        answer = visitor.send(row.method, re.sub(r"\{\w+\}", id_, row.path), fields=fields)
        if answer.status != 404 and not row.path.endswith("/values"):
            found.append(f"{name} is answered {answer.status}")
        found += faults(answer, system.origin)
    calm(found)


# What lets a form of any of these pages through to looking for its thing.
_FILLED: Final = {
    "reason": "a reason",
    "release_reason": "a reason",
    "revoke_reason": "a reason",
    "aside_reason": "a reason",
    "undo_reason": "a reason",
    "why": "a reason",
    "purpose": "2301",
    "decision": "documents",
    "role": "analyst:",
    "password": people.PASSWORD,
}


def test_odd_addresses_lead_to_a_calm_page_and_to_no_file(system: System) -> None:
    found = []
    for target in _TARGETS:
        answer = wire.ask(system.ports.origin, "GET", target, f"localhost:{system.ports.origin}")
        found += page_faults(answer, system)
        if answer.status not in (307, 400, 404, 414, 431) and not target.startswith("/?"):
            found.append(f"{target[:60]} answers {answer.status}")
    calm(found)


def page_faults(answer: Answer, system: System) -> list[str]:
    """What is wrong with an answer that may also be the gateway's own, which has its own policy and no no-store."""
    found = [f"{answer.url[:60]}: status {answer.status}"] if answer.status >= 500 else []
    location = answer.headers.get("location", "")
    if location and not re.match(rf"/(?![/\\])|{re.escape(system.origin)}(/|$)", location):
        found.append(f"{answer.url[:60]}: leads to {location}")
    if any(word in answer.body for word in (b"root:x", b"Traceback", b'"password":', b"lb_try_duration")):
        found.append(f"{answer.url[:60]}: shows what it should not")
    if "evil" in answer.headers.get("set-cookie", ""):
        found.append(f"{answer.url[:60]}: lets a header be set")
    return found


def test_random_requests_break_nothing(system: System, crowd: Crowd) -> None:
    dice = random.Random(20260801)
    pieces = [
        *(part for row in TABLE for part in row.path.split("/") if part and "{" not in part),
        *("..", ".", "", "%00", "%ff", "%2f", "%5c", "%C3%A9", "%E2%80%AE", "a" * 300, "*", "%7B%7D", "%25"),
        *_IDS.values(),
    ]
    found = []
    for number in range(400):
        path = "".join(f"/{dice.choice(pieces)}" for _ in range(dice.randint(1, 5)))
        query = "&".join(f"{dice.choice(pieces)}={dice.choice(pieces)}" for _ in range(dice.randint(0, 3)))
        who = dice.choice([who for who in WHO if who != ANYBODY])
        cookie = f"{session_cookie(system.ports.origin)}={crowd[who].cookies[session_cookie(system.ports.origin)]}"
        method = dice.choice(("GET", "GET", "HEAD", "POST", "PUT", "OPTIONS"))
        target = f"{path}?{query}" if query else path
        host = f"localhost:{system.ports.origin}"
        answer = wire.ask(system.ports.origin, method, target, host, Cookie=cookie, Content_Length="0")
        found += [f"{number} as {who}: {fault}" for fault in page_faults(answer, system)]
        if answer.status == 0:
            found.append(f"{number} as {who}: {method} {target[:80]} is not answered")
    calm(found)


# --- whose name is it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost",
        "localhost:1",
        "127.0.0.1",
        "",
        "localhost:{port}.evil.example",
        "localhost:{port}@evil",
    ],
)
def test_another_sites_name_is_refused(system: System, host: str) -> None:
    host = host.format(port=system.ports.origin)
    for path in ("/", "/login", "/nowhere", "/ecs/profile", "/ecs/messages", "/staff/review", "/ecs/certificates"):
        answer = wire.ask(system.ports.origin, "GET", path, host)
        assert (path, answer.status) == (path, 400)
        assert b"evil" not in answer.body


def test_only_one_name_counts_however_it_is_written(system: System) -> None:
    host = f"localhost:{system.ports.origin}"
    whole = wire.ask(system.ports.origin, "GET", f"http://{host}/login", host)
    assert whole.status == 200
    # RFC 9112 3.2.2: the target's name wins over Host
    assert wire.ask(system.ports.origin, "GET", "http://evil.example/login", host).status == 400
    two = wire.raw(system.ports.origin, f"GET / HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n".encode())
    assert wire.read(two).status == 400
    without = wire.raw(system.ports.origin, b"GET /login HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert wire.read(without).status == 400


def test_what_proxies_say_is_not_believed_from_outside(system: System, crowd: Crowd) -> None:
    told = {
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-For": "203.0.113.77",
        "X-Real-IP": "203.0.113.77",
        "Forwarded": "for=203.0.113.77;host=evil.example;proto=https",
        "X-Original-URL": "/staff/review",
        "X-Rewrite-URL": "/internal/attention",
        "X-HTTP-Method-Override": "DELETE",
        "X-User": "administrator",
        "Authorization": "Bearer x.y.z",
        "Range": "bytes=0-10",
        "If-None-Match": "*",
    }
    visitor = crowd.fresh(ANYBODY)
    for path in ("/", "/login", "/login/", "/ecs/profile"):
        plain, said_so = visitor.send("GET", path), visitor.send("GET", path, headers=told)
        assert said_so.status == plain.status
        assert "evil" not in str(said_so.headers) + said_so.body.decode()
        assert "https" not in said_so.headers.get("location", "")
    visitor.open("/login")
    visitor.send(
        "POST",
        "/login",
        fields={"csrf": token_of(system, visitor), "username": "nobody.at.all", "password": "wrong"},
        headers=told,
    )
    assert system.valkey
    keys = b" ".join(Redis.from_url(system.valkey.url).scan_iter(match="*login*"))
    assert hashlib.sha256(b"127.0.0.1").hexdigest()[:32].encode() in keys
    assert hashlib.sha256(b"203.0.113.77").hexdigest()[:32].encode() not in keys


# --- where a login leads ----------------------------------------------------------------------------------------------

_ELSEWHERE: Final = (
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/%09/evil.example",
    "/\u2028/evil.example",
    "/ecs\r\nSet-Cookie: evil=1",
    "/ecs%0d%0aSet-Cookie:%20evil=1",
    "/./\\evil.example",
    "//localhost:80@evil.example",
    "/" + "a" * 5000,
    "/logoff",
    "/login?next=/login",
)


@pytest.mark.parametrize("target", _ELSEWHERE)
def test_a_login_leads_to_no_other_site(system: System, crowd: Crowd, target: str) -> None:
    signed_in = crowd.fresh("nobody").send("GET", f"/login?next={quote(target)}")
    visitor = Visitor(system.origin)
    form = visitor.send("GET", f"/login?next={quote(target)}")
    answers = [signed_in, form]
    if form.status == 200:
        visitor.open(f"/login?next={quote(target)}")
        fields = {"csrf": token_of(system, visitor), "next": target, "username": "", "password": ""}
        answers.append(visitor.send("POST", "/login", fields=fields))
        person = crowd.members["nobody"]
        if "\r" not in target and "\t" not in target:
            fields |= {"username": person.username, "password": people.PASSWORD}
            answers.append(visitor.send("POST", "/login", fields=fields))
    for answer in answers:
        calm(faults(answer, system.origin))
        location = answer.headers.get("location", "")
        assert "evil" not in location.replace("%09/evil", "").replace("%0D%0ASet", "").lower() or location.startswith(
            "/ecs%"
        )
        assert "evil.example" not in answer.headers.get("set-cookie", "")
        assert b'value="//' not in answer.body
        assert b'value="/\\' not in answer.body


# --- bodies and framing -----------------------------------------------------------------------------------------------


def _post(system: System, visitor: Visitor, path: str, body: bytes, *, chunked: bool) -> Answer:
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{system.ports.origin}\r\nCookie: {cookies}\r\nOrigin: {system.origin}"
        f"\r\nContent-Type: application/x-www-form-urlencoded\r\n{length}\r\nConnection: close\r\n\r\n"
    ).encode()
    if chunked:
        parts = [body[at : at + 50_000] for at in range(0, len(body), 50_000)]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return wire.read(wire.raw(system.ports.origin, head, body), "POST", path)


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
@pytest.mark.parametrize("size", [70_000, 1_100_000, 8_000_000])
def test_a_body_that_is_too_large_is_refused_with_a_whole_page(
    system: System, crowd: Crowd, size: int, chunked: bool
) -> None:
    for who, path in ((ANYBODY, "/login"), ("educator", "/ecs/profile"), ("analyst", f"/staff/review/{_IDS['nil']}")):
        answer = _post(system, crowd[who], path, b"csrf=" + b"x" * size, chunked=chunked)
        # who may not come in is told so, where the size did not say enough already
        assert answer.status == 413 or (who == "analyst" and answer.status == 403)
        assert wire.is_whole(answer)
        calm(faults(answer, system.origin))


@pytest.mark.parametrize(
    "framing",
    {
        "two lengths": b"Content-Length: 5\r\nContent-Length: 50\r\n\r\nabcde",
        "a length and chunks": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "an odd encoding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "a negative length": b"Content-Length: -1\r\n\r\n",
        "no number": b"Content-Length: 0x10\r\n\r\n",
        "a bad chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        "a blank before the colon": b"Content-Length : 5\r\n\r\nabcde",
        "a folded line": b"X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n",
        "NUL in a header": b"X-A: a\0b\r\nContent-Length: 0\r\n\r\n",
    }.items(),
    ids=lambda pair: pair[0],
)
def test_a_second_request_is_never_smuggled_in(system: System, framing: tuple[str, bytes]) -> None:
    smuggled = b"GET /internal/attention HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"POST /login HTTP/1.1\r\nHost: localhost:{system.ports.origin}\r\nConnection: close\r\n".encode()
    received = wire.raw(system.ports.origin, head + framing[1], smuggled)
    assert received.count(b"HTTP/1.1 ") <= 1
    assert wire.read(received).status in (400, 403, 413, 422, 501)
    assert b"parked" not in received


def test_headers_without_end_are_refused(system: System) -> None:
    host = f"localhost:{system.ports.origin}"
    assert wire.ask(system.ports.origin, "GET", "/", host, X_A="a" * 2_000_000).status in (0, 431)
    many = {f"X_{number}": "a" * 100 for number in range(20_000)}
    assert wire.ask(system.ports.origin, "GET", "/", host, **many).status in (0, 431)
    heavy = wire.ask(system.ports.origin, "GET", "/", host, Cookie="; ".join(f"c{n}=1" for n in range(5_000)))
    assert heavy.status in (200, 400, 431)
