"""One service, put together: its parts, its pages, and what runs beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from time import monotonic
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.telemetry import TelemetryConfig

from shared import attention as attentions
from shared import health, inbox, logs, memory, metrics, traces, web
from shared.auth import Caller
from shared.bus import Consumers, Listener
from shared.db import Session
from shared.observed import Observed, apart
from shared.relay import Relay
from shared.service import Service
from shared.settings import ServiceSettings

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
PRUNE_SECONDS: Final = 3600.0

# FastAPI's own spans and logs hold addresses, which may be one-time links, and what people typed. Ours hold neither.
_NO_TELEMETRY: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}

_log = logging.getLogger(__name__)


Loop = Callable[[Service], Awaitable[None]]
Resolve = Callable[[Session, str], Awaitable[Caller | None]]


def build(
    name: str,
    *,
    settings: ServiceSettings,
    routers: Sequence[APIRouter],
    consumers: Consumers | None = None,
    loops: Sequence[Loop] = (),
    attention: attentions.Count | None = None,
    resolve_session: Resolve | None = None,
) -> FastAPI:
    """The service's app. Nothing is connected before it starts, and it starts whatever else is away.

    Args:
        name: the service's folder under `services`.
        settings: read from the environment.
        routers: its pages and api.
        consumers: what it hears.
        loops: what it does by itself; each is run for the app's life and started again if it raises.
        attention: counts what waits for staff.
        resolve_session: identity's own, in a transaction of its own; everybody else asks identity.
    """
    logs.configure(name, settings.log)
    traces.configure(name)
    service = Service(name, settings)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        # what is entered last ends first: loops, the listener, the relay, and then the connections
        async with AsyncExitStack() as stack:
            stack.push_async_callback(service.close)
            await service.clock.compared()
            relay = Relay(service.database, settings.kafka, name)
            await _beside(stack, relay.run, relay.stop)
            if consumers is not None and consumers.handlers:
                listener = Listener(consumers, service.database, settings.kafka)
                await _beside(stack, listener.run, listener.stop)
            running = [asyncio.create_task(_for_life(loop, service)) for loop in (*loops, _prune, _watch_clock)]
            stack.push_async_callback(_cancelled, running)
            memory.settle()
            _log.info("started")
            yield
            _log.info("stopping")

    app = FastAPI(
        title=f"ecs-{name}", lifespan=life, docs_url=None, redoc_url=None, openapi_url=None, telemetry=_NO_TELEMETRY
    )
    web.install(app, service, resolve_session=_within(service, resolve_session) if resolve_session else None)
    for router in (health.router, metrics.router, attentions.attention_router(attention), *routers):
        # Side by side in one list: a router included in another is searched anew for each request, and twice.
        app.router.routes.extend(router.routes)
    app.add_middleware(Observed, apart=apart(app.router.routes))
    return app


def _within(service: Service, resolve: Resolve) -> Callable[[str], Awaitable[Caller | None]]:
    async def resolved(session_hash: str) -> Caller | None:
        async with service.database.transaction() as session:
            return await resolve(session, session_hash)

    return resolved


async def _beside(
    stack: AsyncExitStack, run: Callable[[], Awaitable[None]], stop: Callable[[], Awaitable[None]]
) -> None:
    """Run until the stack unwinds, then stop in good order, and by force if that takes too long."""
    stack.push_async_callback(_cancelled, [asyncio.create_task(_awaited(run))])
    stack.push_async_callback(stop)


async def _awaited(run: Callable[[], Awaitable[None]]) -> None:
    await run()


async def _for_life(loop: Loop, service: Service) -> None:
    pause = FIRST_PAUSE
    name = getattr(loop, "__qualname__", type(loop).__name__)
    while True:
        began, error = monotonic(), None
        try:
            await loop(service)
        except Exception as failed:
            error = failed
        if monotonic() - began > LONGEST_PAUSE:
            pause = FIRST_PAUSE  # it had recovered: what failed before says nothing of now
        how = "failed" if error else "ended"
        _log.error(f"a loop {how} and starts again", exc_info=error, extra={"loop": name, "seconds": pause})
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _prune(service: Service) -> None:
    """Forget old inbox rows, now and then."""
    while True:
        await asyncio.sleep(PRUNE_SECONDS)
        more = True
        while more:
            async with service.database.transaction() as session:
                more = await inbox.prune(session)


async def _watch_clock(service: Service) -> None:
    """See whether this host's clock can be believed."""
    await service.clock.watch()


async def _cancelled(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task
