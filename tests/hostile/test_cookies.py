"""Cookies that cannot be planted, read, carried over or kept alive; and what browsers may keep of a page."""

import re
import secrets
from http.cookies import SimpleCookie
from typing import Final

import httpx
import pytest

from deploy.local.system import System
from shared import csrf
from shared.auth import session_cookie, session_hash
from tests.access.cells import FOR_PEOPLE, SOME_ID, said
from tests.flow import hearing, people
from tests.hostile import effects, wire
from tests.hostile.calm import POLICY, calm, faults
from tests.hostile.crowd import ANYBODY, SECOND, WHO, Crowd, account, session_of, token_of
from tests.visitor import Answer, Visitor

# One page of each service that only its person may see.
PERSONAL: Final = ("/applications", "/ecs/profile", "/ecs/fingerprints", "/ecs/certificates", "/ecs/messages")


_FORM: Final = "application/x-www-form-urlencoded"


def signed_in(visitor: Visitor, path: str) -> bool:
    """Whether a page knows who this is."""
    answer = visitor.send("GET", path)
    assert answer.status in (200, 303), answer.status
    return answer.status == 200


# --- fixation ---------------------------------------------------------------------------------------------------------


def test_a_session_that_somebody_chose_is_never_anybodys(system: System) -> None:
    member = account(system)
    visitor, chosen = Visitor(system.origin), secrets.token_urlsafe(32)
    visitor.cookies[session_cookie(system.ports.origin)] = chosen
    people.log_in(visitor, member.username)
    assert visitor.heading == "User Applications"
    assert session_of(system, visitor) != chosen
    planted = Visitor(system.origin, cookies={session_cookie(system.ports.origin): chosen})
    for path in PERSONAL:
        assert not signed_in(planted, path)


def test_a_login_ends_the_session_that_the_browser_had(system: System) -> None:
    first, second = account(system), account(system)
    before = session_of(system, first.browser)
    fields = effects.form(
        Visitor(system.origin, cookies={}).open("/login"), "/login", username=second.username, password=people.PASSWORD
    )
    # another person's window, in which the first is still signed in
    fields["csrf"] = token_of(system, first.browser)
    assert first.browser.send("POST", "/login", fields=fields).status == 303
    assert session_of(system, first.browser) != before
    assert not signed_in(Visitor(system.origin, cookies={session_cookie(system.ports.origin): before}), "/applications")
    assert second.username in first.browser.open("/applications").tree.text_content()


def test_a_visit_that_somebody_chose_opens_only_its_own_forms(system: System) -> None:
    """A planted visit cookie lets its planter make one form, before the login; after it the session alone counts."""
    member = account(system)
    visitor, chosen = Visitor(system.origin), secrets.token_urlsafe(32)
    visitor.cookies[csrf.visit_cookie(system.ports.origin)] = chosen
    people.log_in(visitor, member.username)
    planted = csrf.token_for(session_hash(chosen))
    answer = visitor.send("POST", "/applications/ecs/request", fields={"csrf": planted})
    assert answer.status == 403


@pytest.mark.parametrize(
    "value",
    [
        "",
        "A" * 42,
        "A" * 44,
        "A" * 10_000,
        "../" * 14,
        "*" * 43,
        "%00" * 14,
        "\xe9" * 43,
        "ended",
        "0" * 64,
        "' OR 1=1",
    ],
)
def test_what_is_no_session_is_no_session(system: System, value: str) -> None:
    cookie = f"{session_cookie(system.ports.origin)}={value}"
    host = f"localhost:{system.ports.origin}"
    for path in PERSONAL:
        answer = wire.ask(system.ports.origin, "GET", path, host, Cookie=cookie)
        assert (path, answer.status) == (path, 303)
        assert answer.headers["location"].startswith("/login?")
        calm(faults(answer, system.origin))


def test_two_sessions_in_one_request_are_at_most_one_of_them(system: System, crowd: Crowd) -> None:
    name, host = session_cookie(system.ports.origin), f"localhost:{system.ports.origin}"
    mine, nobodys = session_of(system, crowd["educator"]), secrets.token_urlsafe(32)
    for cookie in (f"{name}={mine}; {name}={nobodys}", f"{name}={nobodys}; {name}={mine}"):
        answers = [wire.ask(system.ports.origin, "GET", path, host, Cookie=cookie) for path in PERSONAL]
        assert len({answer.status for answer in answers}) == 1, "services differ in whom they see"


def test_a_session_of_another_systems_port_is_none(system: System, crowd: Crowd) -> None:
    token = session_of(system, crowd["educator"])
    for name in (session_cookie(8080), session_cookie(system.ports.origin + 1), "ecs", "session", "__Host-ecs-"):
        other = Visitor(system.origin, cookies={name: token})
        assert not signed_in(other, "/ecs/profile")


def test_what_is_kept_of_a_session_opens_nothing(system: System, crowd: Crowd) -> None:
    """Who reads the database or the cache finds a hash, and it is no token."""
    hash_ = session_hash(session_of(system, crowd["educator"]))
    assert hearing.rows(system, "identity", "SELECT 1 FROM sessions WHERE session_hash = $1", hash_)
    for value in (hash_, hash_[:43]):
        assert not signed_in(Visitor(system.origin, cookies={session_cookie(system.ports.origin): value}), "/ecs")


# --- the end ----------------------------------------------------------------------------------------------------------


def test_logging_off_really_ends_a_session_everywhere_at_once(system: System) -> None:
    member = account(system)
    stolen = Visitor(system.origin, cookies=dict(member.browser.cookies))
    for path in ("/applications", "/ecs/messages"):
        assert signed_in(stolen, path)  # every cache knows it now
    member.browser.open("/applications").press("Log off")
    assert session_cookie(system.ports.origin) not in member.browser.cookies
    for path in PERSONAL:
        assert not signed_in(stolen, path)
    answer = stolen.send("POST", "/session/extend", fields={"csrf": token_of(system, stolen)})
    assert answer.status == 303
    assert answer.headers["location"].startswith("/login")


def test_the_page_before_is_not_shown_again_after_logging_off(system: System) -> None:
    """`no-store` keeps it out of every cache, the browser's own for "back" included."""
    member = account(system)
    pages = [member.browser.send("GET", path) for path in ("/applications", "/ecs/messages")]
    assert [page.headers["cache-control"] for page in pages] == ["no-store"] * 2


def test_a_sessions_cookie_ends_with_the_browser_and_is_as_tight_as_can_be(system: System) -> None:
    member = account(system)
    visitor = Visitor(system.origin).open("/login")
    fields = effects.form(visitor, "/login", username=member.username, password=people.PASSWORD)
    answer = visitor.send("POST", "/login", fields=fields)
    (cookie,) = [
        one
        for one in answer.headers.get_list("set-cookie")
        if one.startswith(f"{session_cookie(system.ports.origin)}=")
    ]
    morsel = next(iter(SimpleCookie(cookie).values()))
    assert re.fullmatch("[A-Za-z0-9_-]{43}", morsel.value)
    assert (morsel["path"], morsel["samesite"].lower(), morsel["domain"]) == ("/", "lax", "")
    assert morsel["secure"]
    assert morsel["httponly"]
    assert not morsel["max-age"]
    assert not morsel["expires"]


def test_no_address_and_no_page_holds_a_session(system: System, crowd: Crowd) -> None:
    token = session_of(system, crowd["educator"])
    for path in PERSONAL:
        answer = crowd["educator"].send("GET", path)
        assert token.encode() not in answer.body
        assert session_hash(token).encode() not in answer.body
        assert token not in answer.headers.get("location", "")


# --- the note for the next page ---------------------------------------------------------------------------------------


def test_a_note_of_anothers_making_is_not_shown(system: System, crowd: Crowd) -> None:
    """A confirmation is signed for one person: nobody plants words on somebody's page."""
    name = f"__Host-ecs-note-{system.ports.origin}"
    theirs = crowd.fresh("educator")
    fields = effects.form(theirs.open("/ecs/profile"), "/ecs/profile")
    answer = theirs.send("POST", "/ecs/profile", fields=fields)
    made = next(one for one in answer.headers.get_list("set-cookie") if one.startswith(name))
    note = made.partition("=")[2].partition(";")[0]
    assert note
    for value in (note, note[:-1] + "0", note + "x", ".", "e30=.0", "%C3%A9" * 9, "x" * 5_000, "." + "0" * 64):
        mine = crowd.fresh(SECOND)
        mine.cookies[name] = value
        shown = mine.send("GET", "/ecs/profile")
        assert b"Your profile is saved" not in shown.body
        calm(faults(shown, system.origin))


# --- headers ----------------------------------------------------------------------------------------------------------


def test_every_answer_is_kept_nowhere_and_runs_nothing_foreign(system: System, crowd: Crowd) -> None:
    found = []
    for row in FOR_PEOPLE:
        path = re.sub(r"\{\w+\}", SOME_ID, row.path)
        for who in (ANYBODY, next(who for who in WHO if said(row, who) == "in"), "district"):
            answer = crowd.fresh(who).send(row.method, path, fields={} if row.method == "POST" else None)
            found += faults(answer, system.origin)
            found += _more(answer)
    calm(found)


def _more(answer: Answer) -> list[str]:
    said_so = {
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
    }
    found = [f"{answer.url}: {name}" for name, value in said_so.items() if answer.headers.get(name) != value]
    if (
        "script-src 'self'" not in answer.headers["content-security-policy"]
        or "unsafe" in answer.headers["content-security-policy"]
    ):
        found.append(f"{answer.url}: the policy lets scripts in")
    if "camera=()" not in answer.headers.get("permissions-policy", ""):
        found.append(f"{answer.url}: no permissions-policy")
    return found


def test_errors_have_the_same_headers(system: System, crowd: Crowd) -> None:
    visitor, host = crowd.fresh("educator"), f"localhost:{system.ports.origin}"
    answers = {
        400: wire.ask(system.ports.origin, "GET", "/%ff", host),
        403: visitor.send("GET", "/staff/review"),
        404: visitor.send("GET", "/nowhere"),
        405: visitor.send("PUT", "/login"),
        413: visitor.send("POST", "/login", content=b"x" * 200_000, headers={"Content-Type": _FORM}),
        422: visitor.send("POST", "/ecs/profile", content=b"x", headers={"Content-Type": "text/plain"}),
    }
    for status, answer in answers.items():
        assert answer.status == status
        calm([*faults(answer, system.origin), *_more(answer)])


def test_the_gateways_own_pages_are_as_closed(system: System) -> None:
    host = f"localhost:{system.ports.origin}"
    own = {
        404: wire.ask(system.ports.origin, "GET", "/static/nothing.css", host),
        400: wire.ask(system.ports.origin, "EVIL", "/login", host),
    }
    for status, answer in own.items():
        assert answer.status == status
        assert b"<h1>" in answer.body
        policy = answer.headers["content-security-policy"]
        assert all(part in policy for part in POLICY)
        assert "script" not in policy.replace("default-src", "")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server" not in answer.headers


def test_what_everybody_shares_is_kept_and_holds_nothing_personal(system: System, crowd: Crowd) -> None:
    page = crowd["educator"].open("/ecs/profile")
    shared = [str(one.get("href")) for one in page.tree.iter("link")] + [
        str(one.get("src")) for one in page.tree.iter("script")
    ]
    assert shared
    for path in shared:
        answer = httpx.get(f"{system.origin}{path}", trust_env=False)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "set-cookie" not in answer.headers
