"""The parts of one running service: settings, database, clock, cache, keys, and the client for calls to the others."""

import httpx
from redis.asyncio import Redis

from shared import traces
from shared.clock import Clock
from shared.db import Database
from shared.keys import Keys
from shared.settings import ServiceSettings


class Service:
    """The parts of a running service, for its pages and loops."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self.settings = settings
        self.database = Database(settings.postgres)
        self.clock = Clock(self.database)
        self.redis: Redis = Redis.from_url(settings.redis, socket_connect_timeout=0.5, socket_timeout=0.5)
        self.http = httpx.AsyncClient(
            timeout=httpx.Timeout(5.0), limits=httpx.Limits(max_connections=50), event_hooks={"request": [_traced]}
        )
        self.keys = Keys(settings.key_folder, name)

    async def close(self) -> None:
        """Let go of every connection."""
        await self.http.aclose()
        await self.redis.aclose()
        await self.database.dispose()


async def _traced(request: httpx.Request) -> None:
    if traceparent := traces.current():
        request.headers["traceparent"] = traceparent
