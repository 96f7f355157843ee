"""What is somebody else's is not there: not for people in another role, nor for programs with half a token."""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from deploy.local.ports import SERVICES
from deploy.local.system import System
from shared.auth import Caller, Grant, service_token, session_hash
from shared.events import Role
from shared.keys import Keys
from tests.access.cells import SOME_ID
from tests.flow import hearing, people, result_files
from tests.hostile import effects
from tests.hostile.calm import calm, faults
from tests.hostile.crowd import ANYBODY, SECOND, WHO, Crowd, Member, account, educator, session_of, token_of
from tests.hostile.scenery import Scenery
from tests.visitor import Visitor

# --- things with an id ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thing:
    """A thing that exists, its addresses, and who may see it."""

    name: str
    shown: str
    sent: tuple[str, ...]
    theirs: frozenset[str]


@pytest.fixture(scope="module")
def things(system: System, crowd: Crowd, scenery: Scenery) -> list[Thing]:
    """One of each kind, as the databases know them."""
    letter = re.findall(r"/ecs/messages/([0-9a-f-]{36})", crowd["educator"].send("GET", "/ecs/messages").body.decode())
    asked = "SELECT request_id AS id FROM access_requests WHERE state = 'waiting' LIMIT 1"
    found = "SELECT account_id AS id FROM accounts WHERE username = $1"
    case = "SELECT case_id AS id FROM identity_cases WHERE ended_at IS NULL LIMIT 1"
    answer = "SELECT id FROM answers WHERE place = 'unmatched' LIMIT 1"
    review = "SELECT id FROM reviews WHERE closed_at IS NULL AND educator_id = $1"
    administrator, staff = frozenset({"administrator"}), frozenset({"analyst", "adjudicator", "administrator"})

    def id_(service: str, query: str, *values: str) -> str:
        return str(hearing.rows(system, service, query, *values)[0]["id"])

    request, someone = id_("identity", asked), id_("identity", found, crowd.members["analyst"].username)
    unmatched = id_("fingerprint", answer)
    reviewed = id_("fingerprint", review, crowd.members[SECOND].educator_id)
    opened = id_("educator", case)
    return [
        Thing("letter", f"/ecs/messages/{letter[0]}", (), frozenset({"educator"})),
        Thing("request", f"/staff/access/{request}", (f"/staff/access/{request}",), administrator),
        Thing(
            "account",
            f"/staff/accounts/{someone}",
            (f"/staff/accounts/{someone}/revoke", f"/staff/accounts/{someone}/release"),
            administrator,
        ),
        Thing(
            "case", f"/staff/cases/{opened}", (f"/staff/cases/{opened}", f"/staff/cases/{opened}/values"), administrator
        ),
        Thing(
            "answer",
            f"/staff/unmatched/{unmatched}",
            tuple(f"/staff/unmatched/{unmatched}/{what}" for what in ("assign", "aside", "undo")),
            staff,
        ),
        Thing(
            "review",
            f"/staff/review/{reviewed}",
            (f"/staff/review/{reviewed}", f"/staff/review/{reviewed}/open"),
            frozenset({"adjudicator"}),
        ),
    ]


def plain(system: System, visitor: Visitor, body: bytes) -> str:
    """A page without what differs from one second to the next."""
    text = re.sub(r'name="csrf" value="[^"]*"|data-seconds="\d+"', "", body.decode())
    return re.sub(r"\d{1,2}:\d{2}\s(AM|PM)", "", text)


def test_a_thing_of_others_is_as_absent_as_one_that_never_was(
    system: System, crowd: Crowd, things: list[Thing]
) -> None:
    found = []
    for thing in things:
        assert crowd[next(iter(thing.theirs))].send("GET", thing.shown).status == 200, thing.name
        for who in WHO:
            visitor = crowd.fresh(who)
            if who in thing.theirs:
                continue
            nothing = re.sub(r"[0-9a-f-]{36}", SOME_ID, thing.shown)
            real, none = visitor.send("GET", thing.shown), visitor.send("GET", nothing)
            if real.status == 200 or real.status != none.status:
                found.append(f"{thing.name} as {who}: {real.status}, one that never was {none.status}")
            if plain(system, visitor, real.body) != plain(system, visitor, none.body):
                found.append(f"{thing.name} as {who} reads otherwise than one that never was")
            found += faults(real, system.origin)
    calm(found)


def test_nobody_acts_on_what_is_not_theirs(system: System, crowd: Crowd, things: list[Thing]) -> None:
    well = {
        "decision": "approve",
        "reason": "a reason",
        "revoke_reason": "a reason",
        "release_reason": "a reason",
        "aside_reason": "a reason",
        "undo_reason": "a reason",
        "role": "analyst:",
        "why": "a reason",
        "purpose": "2301",
        "educator_id": crowd.members["educator"].educator_id,
    }
    settled, found = effects.quiet(system), []
    for thing in things:
        for path in thing.sent:
            for who in WHO:
                if who in thing.theirs:
                    continue
                visitor = crowd.fresh(who)
                token = {"csrf": token_of(system, visitor)}
                answer = visitor.send("POST", path, fields=well | token)
                if answer.status != 403 and not (who == ANYBODY and answer.status == 303):
                    found.append(f"{path} as {who}: {answer.status}")
                found += faults(answer, system.origin)
    calm(found)
    assert effects.everything(system) == settled


def test_nobody_reads_anothers_letters(system: System, crowd: Crowd) -> None:
    one, two = crowd["educator"], crowd[SECOND]
    letters = {
        who: set(re.findall(r"/ecs/messages/[0-9a-f-]{36}", crowd[who].send("GET", "/ecs/messages").body.decode()))
        for who in ("educator", SECOND)
    }
    assert all(len(found) >= 3 for found in letters.values())
    assert not letters["educator"] & letters[SECOND]
    for reader, paths in ((two, letters["educator"]), (one, letters[SECOND])):
        for path in paths:
            assert reader.send("GET", path).status == 404
            assert reader.send("GET", path.replace("/ecs/messages/", "/ecs/messages/./")).status == 404
    waiting = hearing.rows(system, "notifier", "SELECT id FROM letters WHERE account_id IS NULL LIMIT 3")
    for row in waiting:
        assert one.send("GET", f"/ecs/messages/{row['id']}").status == 404


def test_no_field_says_whose_record_a_form_is_about(system: System, crowd: Crowd) -> None:
    """Fields that name somebody else are not looked at."""
    mine, theirs = crowd.members["educator"], crowd.members[SECOND]
    foreign = {"educator_id": theirs.educator_id, "account_id": theirs.username, "username": theirs.username}
    before = crowd.fresh(SECOND).open("/ecs/profile").text
    window = crowd.fresh("educator")
    query = f"educator_id={theirs.educator_id}&username={theirs.username}"
    for path in ("/ecs/profile", "/ecs/fingerprints", "/ecs/certificates", "/ecs/messages"):
        shown = window.open(f"{path}?{query}").text
        assert theirs.educator_id[:4] + " " + theirs.educator_id[4:] not in shown
    fields = effects.form(window.open("/ecs/profile"), "/ecs/profile", middle_name="Quincy") | foreign
    assert window.send("POST", "/ecs/profile", fields=fields).status == 303
    assert crowd.fresh(SECOND).open("/ecs/profile").text == before
    assert mine.educator_id[4:] in window.open("/ecs/profile").text


def test_nobody_decides_about_themselves(system: System, crowd: Crowd) -> None:
    """An adjudicator's own check, an administrator's own account."""
    member = educator(system)
    administrator = crowd.fresh("administrator")
    path = "/applications/ecs/role"
    fields = effects.form(member.browser.open(path), path, role="adjudicator")
    assert member.browser.send("POST", path, fields=fields).status == 303
    row = administrator.open("/staff/access").tree.xpath(f"//tr[contains(., '{member.username}')]//a/@href")
    administrator.open(str(row[0])).fill("Reason", "Works with us").press("Approve")
    for bureau in ("state", "fbi"):
        file = result_files.answer(bureau, oca=member.educator_id, name="ELSE,SOMEBODY")
        result_files.drop(system.home.folder, file)
    member.browser.until("/ecs/fingerprints", lambda page: "Being checked" in page.text)
    query = "SELECT id FROM reviews WHERE educator_id = $1"
    (review,) = hearing.rows(system, "fingerprint", query, member.educator_id)
    path = f"/staff/review/{review['id']}"
    for answer in (
        member.browser.send("GET", path),
        member.browser.send("POST", f"{path}/open", fields=effects.signed(system, member.browser, purpose="Mine")),
        member.browser.send(
            "POST",
            path,
            fields=effects.signed(system, member.browser, reason="Mine", decision="clear", version="1"),
        ),
    ):
        assert answer.status == 403
        assert b"about you" in answer.body
    own = hearing.rows(
        system,
        "identity",
        "SELECT account_id FROM accounts WHERE username = $1",
        crowd.members["administrator"].username,
    )
    path = f"/staff/accounts/{own[0]['account_id']}/revoke"
    fields = effects.signed(system, administrator, role="administrator:", revoke_reason="Mine")
    assert administrator.send("POST", path, fields=fields).status == 422


def test_a_role_taken_back_counts_from_the_next_page(system: System, crowd: Crowd) -> None:
    member = educator(system)
    assert member.browser.send("GET", "/ecs/messages").status == 200
    query = "SELECT account_id FROM accounts WHERE username = $1"
    (row,) = hearing.rows(system, "identity", query, member.username)
    administrator = crowd.fresh("administrator")
    fields = effects.signed(system, administrator, role="educator:", revoke_reason="A mistake")
    path = f"/staff/accounts/{row['account_id']}/revoke"
    assert administrator.send("POST", path, fields=fields).status == 303
    for page in ("/ecs/profile", "/ecs/fingerprints", "/ecs/certificates"):
        assert member.browser.send("GET", page).headers["location"] == "/ecs"
    assert "You need educator access for that page" in member.browser.open("/ecs/profile").tree.text_content()


def test_a_role_that_nobody_asked_for_is_not_given(system: System) -> None:
    """Educator access is everybody's; no value in its form makes it another role."""
    member = account(system)
    window = member.browser
    path = "/applications/ecs/request"
    window.open(path)
    fields = effects.signed(system, window, role="administrator", institution="x", state="approved")
    window.send("POST", path, fields=fields)
    (row,) = hearing.rows(
        system,
        "identity",
        "SELECT count(*) AS n FROM grants JOIN accounts USING (account_id) WHERE username = $1 AND role <> 'educator'",
        member.username,
    )
    assert row["n"] == 0


# --- service to service -----------------------------------------------------------------------------------------------

_OPEN: Final = [(service, "GET", "/internal/attention") for service in SERVICES]
_CLOSED: Final = [
    *_OPEN,
    ("identity", "POST", "/internal/sessions/resolve"),
    ("fingerprint", "GET", "/_fragments/fingerprints"),
]


def _keys(system: System, service: str) -> Keys:
    return Keys(Path(system.environment(service)["ECS_KEYS"]), service)


def _call(system: System, service: str, method: str, path: str, token: str | None) -> httpx.Response:
    headers = [] if token is None else [(b"Authorization", token.strip().encode("latin-1"))]
    body = {"hash": "0" * 64} if method == "POST" else None
    url = f"http://127.0.0.1:{system.ports.services[service]}{path}"
    return httpx.request(method, url, headers=headers, json=body, trust_env=False)


def _claims(issuer: str, audience: str, **changed: Any) -> dict[str, Any]:
    now = int(time.time())
    claims = {"iss": issuer, "aud": audience, "iat": now, "exp": now + 300, "jti": str(uuid4())} | changed
    return {name: value for name, value in claims.items() if value is not None}


def _signed(keys: Keys, claims: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "Ed25519", "typ": "JWT"} | header, claims, keys.signing, algorithms=["Ed25519"])


def _unsigned(claims: dict[str, Any], algorithm: str = "none") -> str:
    parts = [{"alg": algorithm, "typ": "JWT"}, claims]
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


_OTHER: Final = {"identity": "notifier", "educator": "identity"}
_FORGED: Final[dict[str, Callable[[Keys, str], str]]] = {
    "another audience": lambda keys, to: _signed(keys, _claims(keys.service, "somebody")),
    "no audience": lambda keys, to: _signed(keys, _claims(keys.service, to, aud=None)),
    "over": lambda keys, to: _signed(
        keys, _claims(keys.service, to, iat=int(time.time()) - 400, exp=int(time.time()) - 100)
    ),
    "from the future": lambda keys, to: _signed(
        keys, _claims(keys.service, to, iat=int(time.time()) + 3600, exp=int(time.time()) + 3900)
    ),
    "a year long": lambda keys, to: _signed(keys, _claims(keys.service, to, exp=int(time.time()) + 31_000_000)),
    "without an end": lambda keys, to: _signed(keys, _claims(keys.service, to, exp=None)),
    "end that is no number": lambda keys, to: _signed(keys, _claims(keys.service, to, exp="never")),
    "another key": lambda keys, to: jwt.encode(
        {"alg": "Ed25519"}, _claims(keys.service, to), OKPKey.generate_key("Ed25519"), algorithms=["Ed25519"]
    ),
    "the public key as a secret": lambda keys, to: jwt.encode(
        {"alg": "HS256"},
        _claims(keys.service, to),
        OctKey.import_key(json.dumps(keys.public(keys.service).as_dict(private=False))),
        algorithms=["HS256"],
    ),
    "not signed": lambda keys, to: _unsigned(_claims(keys.service, to)),
    "not signed, they say it is": lambda keys, to: _unsigned(_claims(keys.service, to), "Ed25519"),
    "changed": lambda keys, to: _changed(service_token(keys, to)),
    "another's name": lambda keys, to: _signed(
        keys, _claims("identity" if keys.service != "identity" else "notifier", to)
    ),
    "a path for a name": lambda keys, to: _signed(keys, _claims(f"../{keys.service}/signing", to)),
    "a list for a name": lambda keys, to: _signed(keys, _claims(keys.service, to, iss=[keys.service])),
    "cut": lambda keys, to: service_token(keys, to)[:-8],
    "no token": lambda keys, to: "x.y.z",
    "dots": lambda keys, to: "....",
    "no text": lambda keys, to: "\u00ff" * 9,
    "empty": lambda keys, to: "",
}


def _changed(token: str) -> str:
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(claims | {"sub": str(uuid4())}).encode()).rstrip(b"=").decode()
    return f"{head}.{changed}.{signature}"


@pytest.mark.parametrize("how", _FORGED)
def test_a_forged_token_opens_no_service(system: System, how: str) -> None:
    for service, method, path in _CLOSED:
        caller = "educator" if service in ("fingerprint", "identity") and path != "/internal/attention" else "identity"
        token = _FORGED[how](_keys(system, caller), service)
        answer = _call(system, service, method, path, f"Bearer {token}")
        assert (service, path, answer.status_code) == (service, path, 401)
        assert answer.headers.get("www-authenticate") == "Bearer"
        assert len(answer.content) < 200


def test_a_good_token_opens_only_what_it_is_for(system: System, crowd: Crowd) -> None:
    for service, method, path in _CLOSED:
        assert _call(system, service, method, path, None).status_code == 401
        for issuer in SERVICES:
            token = service_token(_keys(system, issuer), service)
            good = _call(system, service, method, path, f"Bearer {token}")
            may = {
                "/internal/attention": issuer == "identity",
                "/internal/sessions/resolve": issuer != "identity",
                "/_fragments/fingerprints": False,  # no person in it
            }[path]
            allowed = {200, 404} if may else {401, 403}
            assert good.status_code in allowed, (service, path, issuer, good.status_code)
            for scheme in ("Basic", "bearer:", "", "Token"):
                assert _call(system, service, method, path, f"{scheme} {token}").status_code == 401
            # neither a cookie nor an address carries it
            url = f"http://127.0.0.1:{system.ports.services[service]}{path}?access_token={token}&token={token}"
            assert httpx.request(method, url, trust_env=False).status_code == 401


def test_a_section_is_for_the_person_whom_the_token_names(system: System, crowd: Crowd) -> None:
    def section(member: Member, *roles: Role) -> httpx.Response:
        query = "SELECT account_id FROM accounts WHERE username = $1"
        (row,) = hearing.rows(system, "identity", query, member.username)
        caller = Caller(
            account_id=row["account_id"],
            username=member.username,
            roles=tuple(Grant(role=role) for role in roles),
            session_hash=session_hash(session_of(system, member.browser)),
        )
        token = service_token(_keys(system, "educator"), "fingerprint", caller)
        return _call(system, "fingerprint", "GET", "/_fragments/fingerprints", f"Bearer {token}")

    assert "Being checked" in section(crowd.members["educator"], Role.EDUCATOR).text
    for role in set(Role) - {Role.EDUCATOR}:
        assert section(crowd.members["educator"], role).status_code == 403
    assert section(crowd.members["educator"]).status_code == 403
    stranger = people.newcomer(system)[0]
    assert "Being checked" not in section(crowd.members["analyst"], Role.EDUCATOR).text
    assert stranger.send("GET", "/_fragments/fingerprints").status == 404


def test_a_session_is_told_to_services_alone_and_to_nobody_by_a_guess(system: System, crowd: Crowd) -> None:
    token = service_token(_keys(system, "educator"), "identity")
    url = f"http://127.0.0.1:{system.ports.services['identity']}/internal/sessions/resolve"
    good = session_hash(session_of(system, crowd["educator"]))
    wrong: tuple[object, ...] = (
        {"hash": good.upper()},
        {"hash": good[:-1]},
        {"hash": [good]},
        {"hash": {"$ne": ""}},
        {"hash": "%" * 64},
        {"hash": None},
        {"hash": good, "extra": 1},
        {},
        [],
        "x",
    )
    for sent in wrong:
        answer = httpx.post(url, json=sent, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
        assert answer.status_code == 422, sent
        assert good not in answer.text
        assert good.upper() not in answer.text
    found = httpx.post(url, json={"hash": good}, headers={"Authorization": f"Bearer {token}"}, trust_env=False)
    assert found.status_code == 200
