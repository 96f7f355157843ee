"""Rate limits: so many tries in so much time, counted in Redis over a sliding window.

Redis away lets people work and is logged: a limit protects, it is not what keeps people out.
"""

import asyncio
import hashlib
import logging
from functools import lru_cache
from typing import Final

from limits import RateLimitItem, parse
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from limits.errors import StorageError
from redis.asyncio import Redis

_SECONDS: Final = 0.3
_log = logging.getLogger(__name__)


class Limits:
    """Counts tries by name and key."""

    def __init__(self, redis: Redis) -> None:
        storage = RedisStorage(
            "async+redis://by-the-pool:6379",
            implementation="redispy",
            key_prefix="limit",
            connection_pool=redis.connection_pool,  # type: ignore[arg-type]  # the stub forgets what its text offers
            wrap_exceptions=True,
        )
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    async def allows(self, name: str, rate: str, key: str) -> bool:
        """Count one try and say whether it is within the rate.

        Args:
            name: what is limited, `login`.
            rate: `20/hour`, `5 per 15 minutes`.
            key: who tries: an address, an account. Only its hash is kept.
        """
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._limiter.hit(_parsed(rate), name, hashlib.sha256(key.encode()).hexdigest()[:32])
        except (StorageError, OSError, TimeoutError) as error:
            _log.warning(
                "redis is away, a rate limit is not held", extra={"limit": name, "error": type(error).__name__}
            )
            return True


def seconds(rate: str) -> int:
    """The length of a rate's window."""
    return _parsed(rate).get_expiry()


@lru_cache(maxsize=256)
def _parsed(rate: str) -> RateLimitItem:
    return parse(rate)
