"""Is it alive, may it be used, and is the whole system there.

A service is ready when its own database answers and has the same time, and nothing else: commands are accepted while
the broker is away. `/health/system` on identity is what the gateway shows to the world as
`/health/ready`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from aiokafka.client import AIOKafkaClient
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from shared.service import Service

SECONDS: Final = 2.0
OK: Final = "ok"

router = APIRouter(include_in_schema=False)


@router.get("/health/live")
async def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"live": True})


@router.get("/health/ready")
async def ready(request: Request) -> JSONResponse:
    """The service's own database answers, and both agree on what time it is."""
    service: Service = request.app.state.service
    parts = {"database": await _tried(service.database.ping)}
    if not service.clock.believed:
        parts["clock"] = f"is {service.clock.off:+.0f} s off"
    well = set(parts.values()) == {OK}
    return JSONResponse({"ready": well, "parts": parts}, 200 if well else 503)


@router.get("/health/system")
async def system(request: Request) -> JSONResponse:
    """Every service with its database, the broker and Redis."""
    service: Service = request.app.state.service
    checks: dict[str, Callable[[], Awaitable[object]]] = {
        "kafka": lambda: _ask_broker(service.settings.kafka),
        "redis": lambda: _ping(service),
        **{name: _asking(service, name) for name in service.settings.urls},
    }
    found = dict(zip(checks, await asyncio.gather(*(_tried(check) for check in checks.values())), strict=True))
    well = all(state == OK for state in found.values())
    return JSONResponse({"ready": well, "parts": found}, 200 if well else 503)


async def _tried(check: Callable[[], Awaitable[object]]) -> str:
    """`ok`, or in a few words what is wrong: never the text of an error, which may name hosts and users."""
    try:
        async with asyncio.timeout(SECONDS):
            await check()
    except TimeoutError:
        return "does not answer"
    except NotReady:
        return "is not ready"
    except Exception as error:
        return f"cannot be reached ({type(error).__name__})"
    return OK


class NotReady(Exception):
    """It answers, but says itself that it cannot be used."""


async def _ask_broker(bootstrap: str) -> None:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, client_id="health", request_timeout_ms=int(SECONDS * 1000))
    try:
        await client.bootstrap()
    finally:
        await client.close()


async def _ping(service: Service) -> None:
    if not await service.redis.ping():
        raise NotReady


def _asking(service: Service, name: str) -> Callable[[], Awaitable[object]]:
    async def ask() -> None:
        if name == service.name:
            await service.database.ping()
            return
        answer = await service.http.get(f"{service.settings.url(name)}/health/ready", timeout=SECONDS)
        if answer.status_code != 200:
            raise NotReady

    return ask
