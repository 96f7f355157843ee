"""An importer: takes what is complete in every source into the ledger, for as long as it holds its lease.

Files are read in groups, the next while the last is in the database, and taken in all or none. Where a group cannot be
taken in, it is halved down to the file that is the reason; that one waits, and the others go on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from services.fingerprint.actions import importers, results, uploads
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.bundles import Limits
from services.fingerprint.ebts import Unreadable
from services.fingerprint.sources import UPLOAD, Source
from services.fingerprint.spool.arrivals import arrived
from services.fingerprint.spool.files import Gone, Held, Sight
from services.fingerprint.spool.folder import Folder
from services.fingerprint.spool.groups import BYTES, Group, Loose, Patience
from services.fingerprint.spool.lease import FIRST_PAUSE, Lease, Lost, passes, patiently
from services.fingerprint.spool.unpacking import Unpacker
from services.fingerprint.spool.worker import Hangs, Worker
from services.fingerprint.vault import Vault
from shared import traces
from shared.db import Database
from shared.keys import MissingKey

LOOK_SECONDS: Final = 0.05
# So often a file is tried before it is quarantined, where nothing but itself is the reason.
TRIES: Final = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Terms:
    """How an importer works.

    Attributes:
        patience: how long files are waited for.
        lease: for how many seconds it holds what it works on, unless it renews that.
        stall: seconds after which a read hangs.
        held_share: the share of clean answers held for a look; None for the policy's.
        limits: of bundles.
    """

    patience: Patience
    lease: float = 10.0
    stall: float = 30.0
    held_share: float | None = None
    limits: Limits = field(default_factory=Limits)


class Importer:
    """Works every source, each by itself: one that hangs holds up no other."""

    def __init__(self, sources: Sequence[Source], database: Database, vault: Vault, host: str, terms: Terms) -> None:
        self._terms = terms
        self._vault = vault
        self.lease = Lease(database, host, terms.lease)
        self.hands = [Hand(Folder(source, terms.patience), self.lease, vault, terms) for source in sources]

    async def run(self) -> None:
        """Work for ever, or until cancelled; under a new lease where one was lost."""
        try:
            while True:
                try:
                    await self.begin()
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self.lease.keep())
                        group.create_task(self._take_over_for_ever())
                        for hand in self.hands:
                            group.create_task(hand.run())
                            group.create_task(hand.unpacker.run())
                except* Lost:
                    _log.warning("the lease was lost; going on under another")
        finally:
            for hand in self.hands:
                hand.close()
            with suppress(Exception):  # where the database is away, the lease ends by itself
                await asyncio.wait_for(self.lease.leave(), 2)

    async def begin(self) -> None:
        """Become an importer."""
        importer_id = await self.lease.join()
        for hand in self.hands:
            await hand.begin(importer_id)

    async def once(self) -> None:
        """Take in all that is complete now, bundles included."""
        if self.lease.id is None:
            await self.begin()
        await self.take_over()
        for hand in self.hands:
            await hand.work()
            await hand.unpacker.finish()

    async def take_over(self) -> None:
        """Hold what importers held that are no more; say what is wrong."""
        # First what is there, then who lives: a new importer has its row before its folder.
        inside = [(hand, await hand.inside()) for hand in self.hands]
        living = await self.lease.others_ended()
        for hand, names in inside:
            await hand.tidy()
            await hand.adopt([name for name in names if name not in living])
        await self.lease.say(
            {(hand.folder.source.name, code): count for hand in self.hands for code, count in hand.troubles.items()}
        )

    async def _take_over_for_ever(self) -> None:
        await for_ever(self.take_over, lambda: self._terms.lease / 4)


class Hand:
    """Works one source."""

    def __init__(self, folder: Folder, lease: Lease, vault: Vault, terms: Terms) -> None:
        self.folder = folder
        self._lease = lease
        self._vault = vault
        self._terms = terms
        self._reader = Worker(terms.stall)
        # What is kept is removed while the next group is read.
        self._remover = Worker(terms.stall)
        self.unpacker = Unpacker(folder, lease, vault, terms.limits, terms.held_share, terms.stall)
        self._hangs = False
        self._lacks_key = False

    @property
    def troubles(self) -> dict[str, int]:
        """What is wrong, how often."""
        lacks_key = self._lacks_key or self.unpacker.lacks_key
        return dict(self.folder.troubles) | ({"hangs": 1} if self._hangs else {}) | ({"key": 1} if lacks_key else {})

    async def begin(self, importer_id: UUID) -> None:
        """Work as this importer from now on."""
        self.unpacker.forget()
        try:
            await self._reader.do(partial(self.folder.begin, importer_id))
        except (OSError, Hangs) as error:
            # It is made when it is looked at again, and said then.
            _log.error("the folders of a source cannot be made", extra={"error": type(error).__name__})

    async def run(self) -> None:
        """Take in what is complete, for ever."""
        await for_ever(self.work, self._rest)

    async def work(self) -> None:
        """Take in the loose files that are complete now; what is left over waits where it is."""
        group = await self._gathered()
        while group:
            ahead = asyncio.create_task(self._gathered()) if group.size <= BYTES else None
            try:
                await self._take(group.files)
                self._lacks_key = False
            except Exception as error:
                self._lacks_key = isinstance(error, MissingKey)
                following = (await ahead).files if ahead is not None else []
                for one in (*group.files, *following):
                    self.folder.put_back(one.held, 0.0)
                raise
            except asyncio.CancelledError:
                if ahead is not None:
                    ahead.cancel()
                raise
            group.files.clear()  # large ones are not held while the next are read
            group = await ahead if ahead is not None else await self._gathered()

    async def inside(self) -> list[str]:
        """What lies in `reading`; nothing, if that cannot be told now."""
        try:
            return await self._reader.do(self.folder.inside)
        except (OSError, Hangs):
            return []

    async def tidy(self) -> None:
        """Remove uploads that nobody came back to."""
        if self.folder.source.name == UPLOAD:
            with suppress(OSError, Hangs):
                await self._remover.do(lambda _: uploads.drop_old(self.folder.source))

    async def adopt(self, names: Sequence[str]) -> None:
        """Hold what lies under these names in `reading`."""
        for name in names:
            try:
                count = await self._reader.do(partial(self.folder.adopt, name))
            except (OSError, Hangs) as error:
                _log.warning("what another importer held cannot be had yet", extra={"error": type(error).__name__})
            else:
                _log.info("what another importer held is taken over", extra={"files": count})

    def close(self) -> None:
        """Let go of the threads."""
        self._reader.close()
        self._remover.close()
        self.unpacker.close()

    def _rest(self) -> float:
        """Seconds until the next look. Where something is wrong with the folder, there is no haste."""
        return FIRST_PAUSE if self._hangs or self.folder.troubles["folder"] else LOOK_SECONDS

    async def _gathered(self) -> Group:
        """The next group; what could be read of it, where reading hangs."""
        group = Group()
        hanging = self._reader.hanging()
        self._hangs = bool(hanging)
        if "" in hanging:
            return group
        try:
            await self._reader.do(partial(self.folder.gather, group, hanging))
        except Hangs as hangs:
            self._hangs = True
            self.folder.hangs(hangs.path)
        found = Group(list(group.files), list(group.bundles), group.size)
        for one in found.files:
            one.held.busy = True
        for held in found.bundles:
            held.busy = True
            self.unpacker.add(held)
        return found

    async def _take(self, files: Sequence[Loose]) -> None:
        """Take files in, and remove their clear copies."""
        if not files:
            return
        try:
            outcomes = await self._committed(files)
        except Exception as error:
            if isinstance(error, Lost) or passes(error):
                raise
            if len(files) == 1:
                await self._refuse(files[0], error)
                return
            middle = len(files) // 2
            await self._take(files[:middle])
            await self._take(files[middle:])
            return
        await self._remove([(one.held, one.reading.sight) for one in await self._kept(files, outcomes)])

    async def _committed(self, files: Sequence[Loose]) -> list[Outcome]:
        arrivals = arrived(self.folder.source, files)
        # Facts begun by files are traced like those begun by a person: a topic does not tell a match by hand.
        with traces.span("files"):
            async with self._lease.transaction() as session:
                outcomes = await results.take(session, self._vault, arrivals, self._terms.held_share)
        counts = {outcome.value: outcomes.count(outcome) for outcome in Outcome if outcome in outcomes}
        _log.info("files were taken in", extra={"source": self.folder.source.name, **counts})
        return outcomes

    async def _kept(self, files: Sequence[Loose], outcomes: Sequence[Outcome]) -> list[Loose]:
        """The files that are in the ledger as they are now.

        One that is there under its claim already was taken in by whoever held it before; if it was written to since,
        it is another file by now, and is held as one.
        """
        before = [one for one, outcome in zip(files, outcomes, strict=True) if outcome is Outcome.TAKEN]
        if not before:
            return list(files)
        async with self._lease.transaction() as session:
            marks = await importers.kept(session, [one.held.claim for one in before])
        changed = {
            one.held.claim for one in before if marks.get(one.held.claim) not in self._vault.marks(one.reading.digest)
        }
        for one in before:
            if one.held.claim in changed:
                await self._remover.do(partial(self.folder.hold_anew, one.held))
        return [one for one in files if one.held.claim not in changed]

    async def _refuse(self, one: Loose, error: Exception) -> None:
        """A file that cannot be taken in, though nothing else is wrong, waits; after some tries it is quarantined."""
        if isinstance(error, Gone):
            one.held.sight = None
            self.folder.put_back(one.held, 0.0)
            return
        _log.error("a file could not be taken in", exc_info=error, extra={"tries": one.held.tries + 1})
        if one.held.tries + 1 < TRIES:
            self.folder.put_back(one.held)
            return
        refused = Loose(one.held, one.reading, Unreadable("refused"))
        try:
            await self._committed([refused])
        except Exception as again:
            if isinstance(again, Lost) or passes(again):
                raise
            _log.error("a file could not even be quarantined", exc_info=again)
            self.folder.put_back(one.held)
        else:
            await self._remove([(one.held, one.reading.sight)])

    async def _remove(self, done: Sequence[tuple[Held, Sight]]) -> None:
        try:
            await self._remover.do(partial(self.folder.release, done))
        except Hangs as hangs:
            self.folder.hangs(hangs.path)


async def for_ever(work: Callable[[], Awaitable[None]], rest: Callable[[], float]) -> None:
    """Do something again and again, resting between. Raises as `patiently` does."""
    while True:
        await patiently(work)
        await asyncio.sleep(rest())
