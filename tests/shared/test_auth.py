"""Whose session it is, with parts away; and which service calls, with tokens forged in every way."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from joserfc import jwt
from joserfc.jwk import OctKey
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from shared import auth, csrf
from shared.auth import (
    BadToken,
    Caller,
    Grant,
    InternalCall,
    Sessions,
    SessionsUnavailable,
    ask_identity,
    called_by,
    check_token,
    forget,
    mark_ended,
    service_token,
    session_cookie,
    session_hash,
)
from shared.events import Role
from shared.keys import Keys, create_all
from shared.web import Page, access_of, fragment
from tests.conftest import OwnParts, ValkeyPart
from tests.shared import kit_app

TOKEN = kit_app.token("educator")
HASH = session_hash(TOKEN)
AWAY = "redis://127.0.0.1:9"


class Identity:
    """Answers for one session, and counts how often it was asked."""

    def __init__(self, caller: Caller | None, *, away: bool = False) -> None:
        self.caller, self.away, self.asked = caller, away, 0

    async def __call__(self, hash_: str) -> Caller | None:
        self.asked += 1
        if self.away:
            raise SessionsUnavailable
        return self.caller if self.caller and hash_ == self.caller.session_hash else None


@pytest.fixture
async def redis(valkey: ValkeyPart) -> AsyncIterator[Redis]:
    client = Redis.from_url(valkey.url)
    await client.flushdb()
    yield client
    await client.aclose()


# --- sessions ---


async def test_identity_is_asked_once_and_redis_after_that(redis: Redis) -> None:
    identity = Identity(kit_app.caller("educator"))
    sessions = Sessions(redis, identity)
    assert await sessions.caller(TOKEN) == await sessions.caller(TOKEN) == identity.caller
    assert identity.asked == 1
    assert 0 < await redis.ttl(f"session:{HASH}") <= 60


async def test_redis_never_holds_the_token_itself(redis: Redis) -> None:
    await Sessions(redis, Identity(kit_app.caller("educator"))).caller(TOKEN)
    everything = [str((key, await redis.get(key))) for key in await redis.keys()]
    assert everything
    assert not [one for one in everything if TOKEN in one]


async def test_with_redis_away_identity_answers() -> None:
    identity = Identity(kit_app.caller("educator"))
    sessions = Sessions(Redis.from_url(AWAY), identity)
    assert await sessions.caller(TOKEN) == identity.caller
    assert await sessions.caller(TOKEN) == identity.caller
    assert identity.asked == 2


def questions(client: Redis, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The keys of each question that Redis is asked from now on."""
    asked: list[list[str]] = []

    async def counted(keys: list[str]) -> object:
        asked.append(keys)
        return await Redis.mget(client, keys)

    monkeypatch.setattr(client, "mget", counted)
    return asked


async def test_a_frozen_redis_slows_one_page_and_not_the_next(
    own_parts: OwnParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "REDIS_PAUSE_SECONDS", 60)
    part = own_parts.valkey()
    client = Redis.from_url(part.url)
    asked = questions(client, monkeypatch)
    sessions = Sessions(client, Identity(kit_app.caller("educator")))
    await sessions.caller(TOKEN)
    part.freeze()
    async with asyncio.timeout(60):
        assert await sessions.caller(TOKEN)
        assert await sessions.caller(TOKEN)
    part.thaw()
    await client.aclose()
    assert len(asked) == 2, "once before it froze, once after"


def _somebody(number: int) -> tuple[str, Caller]:
    """A token, and whose it is."""
    token = f"{number:043}"
    return token, kit_app.caller("educator").model_copy(
        update={"session_hash": session_hash(token), "username": f"person {number}"}
    )


async def test_many_are_looked_up_together_and_each_is_found_to_be_themselves(redis: Redis) -> None:
    people = [_somebody(number) for number in range(60)]
    for _, caller in people:
        await redis.set(f"session:{caller.session_hash}", caller.model_dump_json())
    await mark_ended(redis, [people[7][1].session_hash])
    sessions = Sessions(redis, Identity(None))
    await redis.config_resetstat()
    found = await asyncio.gather(*(sessions.caller(token) for token, _ in people))
    assert found == [None if number == 7 else caller for number, (_, caller) in enumerate(people)]
    assert (await redis.info("commandstats"))["cmdstat_mget"]["calls"] == 1


async def test_an_entry_that_stands_in_the_wrong_place_lets_nobody_in(redis: Redis) -> None:
    (token, _), (_, other) = _somebody(1), _somebody(2)
    await redis.set(f"session:{session_hash(token)}", other.model_dump_json())
    assert await Sessions(redis, Identity(None)).caller(token) is None


async def test_a_page_that_is_given_up_leaves_the_others_their_answers(redis: Redis) -> None:
    sessions = Sessions(redis, Identity(kit_app.caller("educator")))
    await sessions.caller(TOKEN)
    pages = [asyncio.create_task(sessions.caller(TOKEN)) for _ in range(5)]
    await asyncio.sleep(0)  # all wait for one answer now
    pages[0].cancel()
    async with asyncio.timeout(60):
        found = await asyncio.gather(*pages, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [await sessions.caller(TOKEN)] * 4


async def test_whoever_waited_behind_a_question_without_answer_is_not_asked_for_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = 0
    sent, away = asyncio.Event(), asyncio.Event()

    async def frozen(keys: list[str]) -> list[bytes]:
        nonlocal questions
        questions += 1
        sent.set()
        await away.wait()
        raise RedisConnectionError

    monkeypatch.setattr(redis, "mget", frozen)
    identity = Identity(kit_app.caller("educator"))
    sessions = Sessions(redis, identity)
    first = asyncio.create_task(sessions.caller(TOKEN))
    await sent.wait()
    others = [asyncio.create_task(sessions.caller(TOKEN)) for _ in range(5)]
    await asyncio.sleep(0)  # now they wait as well
    away.set()
    assert await asyncio.gather(first, *others) == [identity.caller] * 6
    assert questions == 1
    assert identity.asked == 6


async def test_with_identity_away_whoever_is_cached_goes_on(redis: Redis) -> None:
    identity = Identity(kit_app.caller("educator"))
    sessions = Sessions(redis, identity)
    await sessions.caller(TOKEN)
    identity.away = True
    assert await sessions.caller(TOKEN) == identity.caller


async def test_with_both_away_nobody_is_let_in() -> None:
    with pytest.raises(SessionsUnavailable):
        await Sessions(Redis.from_url(AWAY), Identity(None, away=True)).caller(TOKEN)


async def test_an_ended_session_is_dead_at_once_where_redis_is_there(redis: Redis) -> None:
    identity = Identity(kit_app.caller("educator"))
    sessions = Sessions(redis, identity)
    await sessions.caller(TOKEN)
    await mark_ended(redis, [HASH])
    assert await sessions.caller(TOKEN) is None


async def test_a_slow_look_up_cannot_bring_an_ended_session_back(redis: Redis) -> None:
    async def ended_meanwhile(hash_: str) -> Caller:
        await mark_ended(redis, [hash_])
        return kit_app.caller("educator")

    await Sessions(redis, ended_meanwhile).caller(TOKEN)
    assert await Sessions(redis, Identity(None)).caller(TOKEN) is None


async def test_a_session_ended_while_redis_was_away_lives_sixty_seconds_at_most(redis: Redis) -> None:
    await Sessions(redis, Identity(kit_app.caller("educator"))).caller(TOKEN)
    await mark_ended(Redis.from_url(AWAY), [HASH])  # identity could not reach it
    assert await redis.ttl(f"session:{HASH}") <= 60


async def test_changed_roles_count_from_the_next_page(redis: Redis) -> None:
    identity = Identity(kit_app.caller("nobody").model_copy(update={"session_hash": HASH}))
    sessions = Sessions(redis, identity)
    await sessions.caller(TOKEN)
    identity.caller = kit_app.caller("educator")
    await forget(redis, [HASH])
    assert (found := await sessions.caller(TOKEN)) is not None
    assert found.has(Role.EDUCATOR)


async def test_an_idle_session_is_not_served_from_the_cache_past_its_end(redis: Redis) -> None:
    over = kit_app.caller("educator", idle=timedelta(seconds=-1))
    await redis.set(f"session:{HASH}", over.model_dump_json())
    assert await Sessions(redis, Identity(None)).caller(TOKEN) is None


async def test_what_another_version_wrote_is_asked_again(redis: Redis) -> None:
    await redis.set(f"session:{HASH}", b'{"old": true}')
    identity = Identity(kit_app.caller("educator"))
    assert await Sessions(redis, identity).caller(TOKEN) == identity.caller


@pytest.mark.parametrize("token", ["", "short", "x" * 44, "é" * 43, "x" * 42 + "\n", "x" * 42 + "*"])
async def test_what_cannot_be_a_token_is_not_looked_up(redis: Redis, token: str) -> None:
    identity = Identity(None, away=True)
    assert await Sessions(redis, identity).caller(token) is None
    assert identity.asked == 0


def test_institutions_belong_to_their_role() -> None:
    roles = (Grant(role=Role.PROGRAM, institution="mo-u"), Grant(role=Role.DISTRICT, institution="d-1"))
    someone = kit_app.caller("educator").model_copy(update={"roles": roles})
    assert someone.institutions(Role.PROGRAM) == {"mo-u"}
    assert not someone.has(Role.EDUCATOR)


@pytest.mark.parametrize(
    ("path", "role", "status"), [("/kit/educator", "educator", 503), ("/kit/public", "educator", 200)]
)
async def test_with_both_away_closed_pages_refuse_and_public_ones_show(path: str, role: str, status: int) -> None:
    served = kit_app.make(8130, resolve=Identity(None, away=True))
    transport = httpx.ASGITransport(app=served)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8130") as client:
        answer = await client.get(path, headers={"Cookie": f"{session_cookie(8130)}={kit_app.token(role)}"})
    assert answer.status_code == status
    assert "jordan" not in answer.text


# --- asking identity ---


def asking(keys: Keys, answer: httpx.Response | Exception) -> tuple[auth.ResolveSession, list[httpx.Request]]:
    """`ask_identity` of a service for which identity answers so; and what identity was sent."""
    sent: list[httpx.Request] = []

    def answering(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    http = httpx.AsyncClient(transport=httpx.MockTransport(answering))
    settings = SimpleNamespace(urls={"identity": "http://identity"})
    return ask_identity(SimpleNamespace(http=http, settings=settings, keys=keys)), sent  # type: ignore[arg-type]


async def test_identity_is_asked_with_the_hash_and_a_token_of_the_service(keys: Path) -> None:
    someone = kit_app.caller("educator")
    resolve, sent = asking(Keys(keys, "educator"), httpx.Response(200, content=someone.model_dump_json()))
    assert await resolve(HASH) == someone
    assert json.loads(sent[0].content) == {"hash": HASH}
    token = sent[0].headers["authorization"].removeprefix("Bearer ")
    assert check_token(Keys(keys, "identity"), token, frozenset({"educator"})).service == "educator"


async def test_a_session_that_identity_does_not_know_is_nobodys(keys: Path) -> None:
    resolve, _ = asking(Keys(keys, "educator"), httpx.Response(404))
    assert await resolve(HASH) is None


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(401),
        httpx.Response(200, content=b"{}"),
        httpx.Response(200, content=b"<html>"),
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
    ],
    ids=["500", "401", "empty", "a page", "away", "slow"],
)
async def test_identity_that_does_not_answer_well_lets_nobody_in(
    keys: Path, answer: httpx.Response | Exception
) -> None:
    resolve, _ = asking(Keys(keys, "educator"), answer)
    with pytest.raises(SessionsUnavailable):
        await resolve(HASH)


# --- service tokens (ASVS 5.0 V9) ---


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    create_all(folder)
    return folder


def claims(**changed: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": "educator", "aud": "fingerprint", "iat": now, "exp": now + 300, "jti": "1", **changed}


def signed(keys: Path, by: str = "educator", **changed: Any) -> str:
    everything = {name: value for name, value in claims(**changed).items() if value is not None}
    return jwt.encode({"alg": "Ed25519"}, everything, Keys(keys, by).signing, algorithms=["Ed25519"])


def unsigned(keys: Path) -> str:
    body = signed(keys).split(".")[1]
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    return f"{header}.{body}."


def with_the_public_key_as_a_secret(keys: Path) -> str:
    secret = OctKey.import_key((keys / "public" / "educator.json").read_bytes())
    return jwt.encode({"alg": "HS256"}, claims(), secret)


def changed_after_signing(keys: Path) -> str:
    head, _, signature = signed(keys).split(".")
    other = signed(keys, aud="fingerprint", jti="2").split(".")[1]
    return f"{head}.{other}.{signature}"


BAD = {
    "nothing": lambda keys: "",
    "no token": lambda keys: "a.b.c",
    "expired": lambda keys: signed(keys, iat=int(time.time()) - 400, exp=int(time.time()) - 100),
    "for another service": lambda keys: signed(keys, aud="certificate"),
    "for nobody": lambda keys: signed(keys, aud=None),
    "without an end": lambda keys: signed(keys, exp=None),
    "good for an hour": lambda keys: signed(keys, exp=int(time.time()) + 3600),
    "signed by another service": lambda keys: signed(keys, by="notifier"),
    "by a service that may not": lambda keys: signed(keys, by="notifier", iss="notifier"),
    "by nobody known": lambda keys: signed(keys, iss="../educator"),
    "for nobody's account": lambda keys: signed(keys, sub="x", person={"username": "x"}),
    "unsigned": unsigned,
    "signed with the public key": with_the_public_key_as_a_secret,
    "changed after signing": changed_after_signing,
}


@pytest.mark.parametrize("how", BAD)
def test_a_bad_token_opens_nothing(keys: Path, how: str) -> None:
    with pytest.raises(BadToken):
        check_token(Keys(keys, "fingerprint"), BAD[how](keys), frozenset({"educator", "identity"}))


def test_a_good_token_names_service_and_person(keys: Path) -> None:
    someone = kit_app.caller("educator")
    token = service_token(Keys(keys, "educator"), "fingerprint", someone)
    call = check_token(Keys(keys, "fingerprint"), token, frozenset({"educator"}))
    assert call.service == "educator"
    assert call.caller == someone.model_copy(update={"idle_ends_at": None})


# --- internal routes and fragments ---

router = APIRouter()


@router.get("/internal/thing")
async def thing(call: Annotated[InternalCall, Depends(called_by("educator", "identity"))]) -> str:
    return call.service


@router.get("/_fragments/thing")
async def part(page: Annotated[Page, Depends(fragment("educator", Role.EDUCATOR), scope="function")]) -> Any:
    return page.render("kit_fragment.html")


def fingerprint(keys: Path) -> FastAPI:
    served = kit_app.make(8130, keys=Keys(keys, "fingerprint"))
    served.include_router(router)
    return served


async def get(served: FastAPI, path: str, token: str | None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=served), base_url="http://10.0.0.1:80") as client:
        return await client.get(path, headers=headers)


async def test_an_internal_route_answers_its_callers_alone(keys: Path) -> None:
    served = fingerprint(keys)
    good = await get(served, "/internal/thing", service_token(Keys(keys, "identity"), "fingerprint"))
    assert (good.status_code, good.json()) == (200, "identity")
    for token in (None, "", signed(keys, by="notifier", iss="notifier")):
        bad = await get(served, "/internal/thing", token)
        assert (bad.status_code, bad.headers["www-authenticate"]) == (401, "Bearer")


def test_the_access_table_reads_internal_routes_too() -> None:
    found = {route.path: access_of(route) for route in router.routes}  # type: ignore[attr-defined]
    assert found == {
        "/internal/thing": {"service:educator", "service:identity"},
        "/_fragments/thing": {"service:educator"},
    }


async def test_a_fragments_forms_take_their_token_from_the_session_it_is_for(keys: Path) -> None:
    someone = kit_app.caller("educator")
    token = service_token(Keys(keys, "educator"), "fingerprint", someone)
    answer = await get(fingerprint(keys), "/_fragments/thing", token)
    assert answer.text.strip() == f'<input type="hidden" name="csrf" value="{csrf.token_for(HASH)}">'


async def test_a_fragment_is_for_a_person_in_a_role(keys: Path) -> None:
    for person in (None, kit_app.caller("analyst")):
        token = service_token(Keys(keys, "educator"), "fingerprint", person)
        answer = await get(fingerprint(keys), "/_fragments/thing", token)
        assert (answer.status_code, answer.text) == (403, "")


async def test_many_pages_at_once_with_redis_away_do_not_wait_for_it_in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "REDIS_PAUSE_SECONDS", 0)
    client = Redis.from_url(AWAY)
    asked = questions(client, monkeypatch)
    sessions = Sessions(client, Identity(kit_app.caller("educator")))
    await asyncio.gather(*(sessions.caller(TOKEN) for _ in range(50)))
    assert len(asked) == 1, "all that come together are asked for together"
