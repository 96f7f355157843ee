"""Whether this host's clock can be believed: sessions, one-time links and tokens end by it.

A host whose clock is an hour behind takes for good what ended an hour ago. So a service compares its clock with its
database's, at start and twice a minute, and in between with the time since boot, which nobody sets. While they differ
by more than a minute it is not ready and answers nobody (ASVS 5.0 V16.2.2 wants one time for all parts).
"""

import asyncio
import logging
import time
from typing import Final

from sqlalchemy import text

from shared.db import Database

# Seconds. No longer than a session's entry lives in the cache: nothing is believed longer than that anyway.
MOST_OFF: Final = 60.0
PAUSE: Final = 30.0
FIRST_ANSWER: Final = 5.0

_SINCE_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_NOW: Final = text("SELECT extract(epoch FROM clock_timestamp())::float8")
_log = logging.getLogger(__name__)


class Clock:
    """This host's clock beside the database's; believed until both were compared, since nothing works before that."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # What the database's clock said when this host booted, in seconds since 1970.
        self._boot: float | None = None

    @property
    def off(self) -> float:
        """How many seconds this host is ahead of its database; below zero: behind."""
        return 0.0 if self._boot is None else time.time() - (self._boot + _since_boot())

    @property
    def believed(self) -> bool:
        """Whether anything may be decided by it."""
        return abs(self.off) <= MOST_OFF

    async def compare(self) -> None:
        """Ask the database for the time."""
        before = _since_boot()
        async with self._database.reading() as session:
            now = float((await session.execute(_NOW)).scalar_one())
        self._boot = now - (before + _since_boot()) / 2
        if not self.believed:
            _log.error("the clock differs from the database's: correct it", extra={"seconds": round(self.off)})

    async def compared(self) -> None:
        """Compare once, if the database answers soon."""
        try:
            async with asyncio.timeout(FIRST_ANSWER):
                await self.compare()
        except Exception as error:
            # A service starts whatever else is away, and is not ready meanwhile.
            _log.warning("the database does not say what time it is", extra={"error": type(error).__name__})

    async def watch(self) -> None:
        """Compare twice a minute, for ever."""
        while True:
            await asyncio.sleep(PAUSE)
            await self.compared()


def _since_boot() -> float:
    return time.clock_gettime(_SINCE_BOOT)
