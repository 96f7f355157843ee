"""One importer's lease: the right to take in what it holds, by the database's clock. See actions/importers.py."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final
from uuid import UUID

from services.fingerprint.actions import importers
from shared.db import Database, Session
from shared.faults import is_of_the_world
from shared.keys import MissingKey

# Of a lease's length: it is renewed so often.
_SHARE: Final = 0.3

_log = logging.getLogger(__name__)


FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0


class Lost(Exception):
    """The lease ran out, and the work is somebody else's now. Nothing was done."""


def passes(error: BaseException) -> bool:
    """Whether a fault passes without a change to any file: of the world, or a key that this process has not read."""
    return is_of_the_world(error) or isinstance(error, MissingKey)


async def patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do something; while it fails by what passes, do it again, after pauses that grow.

    Raises:
        Lost: the lease is lost; and whatever else does not pass.
    """
    pause = FIRST_PAUSE
    while True:
        try:
            return await work()
        except Exception as error:
            if not passes(error):
                raise
            _log.warning("results cannot be taken in now", extra={"seconds": pause, "error": type(error).__name__})
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


class Lease:
    """The lease of one importer at a time; after it was lost, of another."""

    def __init__(self, database: Database, host: str, seconds: float) -> None:
        """`seconds`: how long it lasts if it is not renewed."""
        self._database = database
        self._host = host
        self._seconds = seconds
        self._busy = asyncio.Lock()
        self._said: Mapping[tuple[str, str], int] = {}
        self.id: UUID | None = None

    async def join(self) -> UUID:
        """Become an importer; what was held as another is lost."""
        async with self._database.transaction() as session:
            self.id = await importers.join(session, self._host, self._seconds)
        self._said = {}
        return self.id

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """A transaction that commits only while the lease is held. One at a time.

        Raises:
            Lost: it is not.
        """
        async with self._busy, self._database.transaction() as session:
            if self.id is None or not await importers.fence(session, self.id, self._seconds):
                raise Lost
            yield session

    async def keep(self) -> None:
        """Renew the lease for ever; transactions renew it too.

        Raises:
            Lost: it was taken over.
        """
        while True:
            await asyncio.sleep(self._seconds * _SHARE)
            try:
                async with self.transaction():
                    pass
            except Exception as error:
                if not is_of_the_world(error):
                    raise
                # It may be held still, when the database is back.
                _log.warning("a lease cannot be renewed now", extra={"error": type(error).__name__})

    async def say(self, troubles: Mapping[tuple[str, str], int]) -> None:
        """Note what is wrong with folders and files, where that has changed. Raises as `transaction` does."""
        if troubles == self._said:
            return
        async with self.transaction() as session:
            await importers.say(session, self._id(), troubles)
        self._said = dict(troubles)

    async def others_ended(self) -> frozenset[str]:
        """Strike out whose lease has run out; who is left, as their folders are named. Raises as `transaction` does."""
        async with self.transaction() as session:
            for importer_id in await importers.expire(session):
                _log.warning("an importer's lease has run out; its work is taken over", extra={"id": str(importer_id)})
            return frozenset(map(str, await importers.living(session)))

    async def leave(self) -> None:
        """End it, so that others need not wait."""
        importer_id, self.id = self.id, None
        if importer_id is not None:
            async with self._database.transaction() as session:
                await importers.leave(session, importer_id)

    def _id(self) -> UUID:
        if self.id is None:
            raise Lost
        return self.id
