"""Who is calling: a person by the session cookie, a service by a signed token.

A session is an opaque 256-bit token in the cookie `__Host-ecs-<port>`; only its SHA-256 is kept anywhere. identity's
PostgreSQL is the truth. Redis is a cache that all services read; an entry lives 60 seconds at most, so an ended session
is dead everywhere within that time even if Redis was away when it ended. On a miss, or with Redis away, identity is
asked; asking is also what keeps a session from going idle. Both away: nobody is let in.

Services call each other with a five-minute EdDSA JWT for one audience (ASVS 5.0 V9.1, V9.2).
"""

import asyncio
import hashlib
import json
import logging
import re
import time
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import httpx
from fastapi import Header, HTTPException, Request
from joserfc import jwt
from joserfc.errors import JoseError
from pydantic import BaseModel, ConfigDict, ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.events import Role
from shared.keys import Keys, MissingKey
from shared.service import Service

CACHE_SECONDS: Final = 60
TOKEN_SECONDS: Final = 300
ALGORITHM: Final = "Ed25519"  # EdDSA by its full name (RFC 9864)
CLOCK_SKEW_SECONDS: Final = 10
# How long Redis may take, and how long it is left alone after it failed, so that a frozen one slows few pages.
REDIS_SECONDS: Final = 0.3
REDIS_PAUSE_SECONDS: Final = 2.0
RESOLVE_SECONDS: Final = 2.0
RESOLVE_PATH: Final = "/internal/sessions/resolve"
ENDED: Final = b"ended"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes, base64url
_log = logging.getLogger(__name__)


class Grant(BaseModel):
    """One role of an account; program and district officials hold theirs for one institution (its code)."""

    model_config = ConfigDict(frozen=True)

    role: Role
    institution: str | None = None


class Caller(BaseModel):
    """A signed-in person, as every service sees them. Its JSON is the cache entry and identity's answer."""

    model_config = ConfigDict(frozen=True)

    account_id: UUID
    username: str
    roles: tuple[Grant, ...] = ()
    session_hash: str
    language: str = "en"
    # When the session ends if nothing more is done; unknown where another service calls for the person.
    idle_ends_at: datetime | None = None

    def has(self, *roles: Role) -> bool:
        """Whether the person holds at least one of these roles."""
        return any(grant.role in roles for grant in self.roles)

    def institutions(self, role: Role) -> frozenset[str]:
        """The institutions for which the person holds a role."""
        return frozenset(grant.institution for grant in self.roles if grant.role == role and grant.institution)


ResolveSession = Callable[[str], Awaitable[Caller | None]]
"""From a session's hash to its caller, None where it has ended; keeps a live one from going idle."""


class SessionsUnavailable(Exception):
    """Neither Redis nor identity could say whose session it is."""


def session_cookie(port: int) -> str:
    """The session cookie's name; the port keeps two systems on one host apart."""
    return f"__Host-ecs-{port}"


def session_hash(token: str) -> str:
    """What is kept of a session token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key(hash_: str) -> str:
    return f"session:{hash_}"


class Sessions:
    """Finds the caller of a session cookie."""

    def __init__(self, redis: Redis, resolve: ResolveSession) -> None:
        self._redis = redis
        self._resolve = resolve
        self._redis_away_until = 0.0
        self._waiting: list[tuple[str, asyncio.Future[bytes | str | None]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def caller(self, token: str) -> Caller | None:
        """Whose session this is; None where it has ended or never was.

        Raises:
            SessionsUnavailable: nobody can say.
        """
        if not _TOKEN.fullmatch(token):
            return None
        hash_ = session_hash(token)
        cached = await self._cached(hash_)
        if cached == ENDED:
            return None
        # The hash again: no mistake in keeping or asking may make somebody somebody else.
        if cached and (caller := _parsed(cached)) and caller.session_hash == hash_ and _seconds_left(caller) > 0:
            return caller
        found = await self._resolve(hash_)
        if found is not None:
            await self._remember(found)
        return found

    async def _cached(self, hash_: str) -> bytes | None:
        """What Redis holds of a session, asked for after its page was.

        Whoever comes while a question is on its way is asked for with the next one, together: a question costs as much
        as a page's template, mostly for the journey, and under load many pages share one.
        """
        answer: asyncio.Future[bytes | str | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((_key(hash_), answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        value = await answer
        return value.encode() if isinstance(value, str) else value

    async def _ask(self) -> None:
        waiting, self._waiting = self._waiting, []
        found: Sequence[bytes | str | None] = [None] * len(waiting)
        try:
            if time.monotonic() >= self._redis_away_until:
                async with asyncio.timeout(REDIS_SECONDS):
                    found = await self._redis.mget([key for key, _ in waiting])
        except (RedisError, OSError, TimeoutError) as error:
            self._away(error)
        finally:
            # Whatever happened, or pages would wait for ever. One that was given up meanwhile takes no answer.
            for (_, answer), value in zip(waiting, found, strict=True):
                if not answer.done():
                    answer.set_result(value)
            self._asking = asyncio.create_task(self._ask()) if self._waiting else None

    async def _remember(self, caller: Caller) -> None:
        seconds = min(CACHE_SECONDS, int(_seconds_left(caller)))
        if seconds < 1 or time.monotonic() < self._redis_away_until:
            return
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                # Only where nothing stands: the mark of a session that ended meanwhile must win.
                await self._redis.set(_key(caller.session_hash), caller.model_dump_json(), ex=seconds, nx=True)
        except (RedisError, OSError, TimeoutError) as error:
            self._away(error)

    def _away(self, error: Exception) -> None:
        self._redis_away_until = time.monotonic() + REDIS_PAUSE_SECONDS
        _log.warning("redis is away, identity is asked for sessions", extra={"error": type(error).__name__})


async def mark_ended(redis: Redis, hashes: Iterable[str]) -> None:
    """For identity, after it ended sessions in its database: no cache may bring them back. Redis away: 60 s suffice."""
    await _quietly(redis, lambda pipe, hash_: pipe.set(_key(hash_), ENDED, ex=CACHE_SECONDS), hashes)


async def forget(redis: Redis, hashes: Iterable[str]) -> None:
    """For identity, after roles or language changed: the next page asks again. Redis away: within 60 s all do."""
    await _quietly(redis, lambda pipe, hash_: pipe.delete(_key(hash_)), hashes)


async def _quietly(redis: Redis, do: Callable[[Any, str], Any], hashes: Iterable[str]) -> None:
    try:
        async with asyncio.timeout(REDIS_SECONDS), redis.pipeline(transaction=False) as pipe:
            for hash_ in hashes:
                do(pipe, hash_)
            await pipe.execute()
    except (RedisError, OSError, TimeoutError) as error:
        _log.warning("redis is away, its session entries run out by themselves", extra={"error": type(error).__name__})


def _seconds_left(caller: Caller) -> float:
    return (caller.idle_ends_at - datetime.now(UTC)).total_seconds() if caller.idle_ends_at else 0


def _parsed(cached: bytes) -> Caller | None:
    try:
        return Caller.model_validate_json(cached)
    except ValidationError:
        return None  # written by another version; identity is asked instead


def ask_identity(service: Service) -> ResolveSession:
    """How every service but identity itself resolves a session."""

    async def resolve(hash_: str) -> Caller | None:
        try:
            answer = await service.http.post(
                f"{service.settings.urls['identity']}{RESOLVE_PATH}",
                json={"hash": hash_},
                headers={"Authorization": f"Bearer {service_token(service.keys, 'identity')}"},
                timeout=RESOLVE_SECONDS,
            )
            if answer.status_code == 404:
                return None
            answer.raise_for_status()
            return Caller.model_validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            _log.warning("identity does not answer for a session", extra={"error": type(error).__name__})
            raise SessionsUnavailable from None

    return resolve


# --- service to service ---------------------------------------------------------------------------------------------


class InternalCall(BaseModel):
    """A call by another service, for a person where it acts for one."""

    model_config = ConfigDict(frozen=True)

    service: str
    caller: Caller | None = None


class BadToken(Exception):
    """The token is not one that lets its bearer in here. Says nothing of the token."""


def service_token(keys: Keys, audience: str, caller: Caller | None = None) -> str:
    """A token with which this service may call `audience` for five minutes, for a person where one is given."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": keys.service,
        "aud": audience,
        "iat": now,
        "exp": now + TOKEN_SECONDS,
        "jti": str(uuid4()),
    }
    if caller is not None:
        person = caller.model_dump(mode="json", exclude={"account_id", "idle_ends_at"})
        claims |= {"sub": str(caller.account_id), "person": person}
    return jwt.encode({"alg": ALGORITHM, "typ": "JWT"}, claims, keys.signing, algorithms=[ALGORITHM])


def check_token(keys: Keys, token: str, issuers: frozenset[str]) -> InternalCall:
    """Who calls, where the token is by one of `issuers`, for this service, unchanged and in time.

    Raises:
        BadToken: otherwise.
    """
    issuer = _claimed_issuer(token)
    if issuer not in issuers:
        raise BadToken
    try:
        claims = jwt.decode(token, keys.public(issuer), algorithms=[ALGORITHM]).claims
        jwt.JWTClaimsRegistry(
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": keys.service},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
        if claims["exp"] - claims["iat"] > TOKEN_SECONDS:
            raise BadToken
        caller = Caller(account_id=claims["sub"], **claims["person"]) if "sub" in claims else None
        return InternalCall(service=issuer, caller=caller)
    except (JoseError, ValueError, TypeError, KeyError, MissingKey):
        raise BadToken from None


def _claimed_issuer(token: str) -> str:
    """Whose key to check with. Only a hint until the signature holds."""
    try:
        body = token.split(".")[1]
        issuer = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))["iss"]
    except (IndexError, ValueError, KeyError, TypeError):
        raise BadToken from None
    return str(issuer)


@dataclass(frozen=True)
class CalledBy:
    """The dependency of an internal route; `access` is what the route's row in the access table says."""

    services: frozenset[str]

    @property
    def access(self) -> frozenset[str]:
        return frozenset(f"service:{name}" for name in self.services)

    async def __call__(
        self, request: Request, authorization: Annotated[str, Header(include_in_schema=False)] = ""
    ) -> InternalCall:
        scheme, _, token = authorization.partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise BadToken
            return check_token(request.app.state.service.keys, token, self.services)
        except BadToken:
            raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"}) from None


def called_by(*services: str) -> CalledBy:
    """Only these services may call: `call: Annotated[InternalCall, Depends(called_by("educator"))]`."""
    return CalledBy(frozenset(services))
