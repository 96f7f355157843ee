"""Bundles, taken in member by member: begun as a batch, gone on with where somebody stopped, ended or quarantined."""

import asyncio
import hashlib
import logging
import os
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final, TypeVar

from services.fingerprint import bundles, tables
from services.fingerprint.actions import batches, members, results, uploads
from services.fingerprint.actions.batches import Arrived
from services.fingerprint.actions.entering import Arrival
from services.fingerprint.bundles import Bundle, Limits, Member, Refused
from services.fingerprint.ebts import Unreadable
from services.fingerprint.sources import UPLOAD
from services.fingerprint.spool.arrivals import arrived, unpacked
from services.fingerprint.spool.files import KEPT_BYTES, Gone, Held, Oversize, Reading, Sight, opened
from services.fingerprint.spool.folder import Folder
from services.fingerprint.spool.groups import BYTES, FILES, Loose
from services.fingerprint.spool.lease import Lease, Lost, passes, patiently
from services.fingerprint.spool.worker import Hangs, Pulse, Worker
from services.fingerprint.vault import Vault
from shared import traces
from shared.db import Session
from shared.keys import MissingKey

LOOK_SECONDS: Final = 0.05
# An upload waits an hour for whoever made it, then as long for their transaction.
UNCOMMITTED_SECONDS: Final = 2 * uploads.KEPT_SECONDS

Found = TypeVar("Found")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Looked:
    """A file that was looked through: what is in it, or why nothing of it can be taken."""

    descriptor: int
    reading: Reading
    found: Bundle | Refused
    beats: "_Beats"


@dataclass(slots=True)
class _Beats:
    """Whose pulse unpacking beats: looking through a bundle is one piece of work, reading some of its members another.

    It is the bundle's own, so that work that was left behind beats for nobody else.
    """

    pulse: Pulse

    def __call__(self) -> None:
        self.pulse.beat()


class Unpacker:
    """Takes in the bundles of one source, one after another, beside its loose files."""

    def __init__(
        self,
        folder: Folder,
        lease: Lease,
        vault: Vault,
        limits: Limits,
        held_share: float | None,
        stall: float,
    ) -> None:
        self._folder = folder
        self._lease = lease
        self._vault = vault
        self._limits = limits
        self._held_share = held_share
        self._worker = Worker(stall)
        self._waiting: deque[Held] = deque()
        # Whether what is done now waits for a key that this process does not have.
        self.lacks_key = False

    def add(self, held: Held) -> None:
        """A bundle was found."""
        self._waiting.append(held)

    def forget(self) -> None:
        """What was added is not ours any more."""
        self._waiting.clear()

    async def run(self) -> None:
        """Take in what is added, for ever."""
        while True:
            await self.finish()
            await asyncio.sleep(LOOK_SECONDS)

    async def finish(self) -> None:
        """Take in what was added.

        Raises:
            Lost: the lease is lost.
        """
        while self._waiting:
            held = self._waiting.popleft()
            if held.path in self._worker.hanging():
                self._folder.put_back(held)
                continue
            try:
                await self._unpack(held)
            except Lost:
                raise
            except Gone:
                held.sight = None
                self._folder.put_back(held, 0.0)
            except Oversize:
                self._folder.leave(held)
            except Hangs as hangs:
                self._folder.hangs(hangs.path)
            except Exception as error:
                # It waits, whatever it was, and the others go on.
                _log.error("a bundle could not be taken in and waits", exc_info=error)
                self._folder.put_back(held)

    def close(self) -> None:
        """Let go of the thread."""
        self._worker.close()

    async def _unpack(self, held: Held) -> None:
        looked = await self._worker.do(partial(self._look, held))
        try:
            if isinstance(looked.found, Refused) and looked.found.ends_early and self._folder.waits_for_rest(held):
                return
            if not await self._take(held, looked):
                await self._worker.do(partial(self._wait_or_drop, held, looked.reading.sight))
                return
        finally:
            os.close(looked.descriptor)
        await self._worker.do(partial(self._folder.release, [(held, looked.reading.sight)]))

    def _look(self, held: Held, pulse: Pulse) -> _Looked:
        """Look a file through. What was uploaded may also be one result and no bundle."""
        pulse.beat(held.path)
        hashed, beats = hashlib.sha256(), _Beats(pulse)

        def seen(piece: bytes) -> None:
            pulse.beat()
            hashed.update(piece)

        descriptor = opened(held.path)
        try:
            sight = Sight.of(os.fstat(descriptor))
            if sight.size > max(self._limits.packed, KEPT_BYTES):
                raise Oversize
            head = os.pread(descriptor, bundles.HEAD, 0)
            found: Bundle | Refused
            try:
                found = members.opened(descriptor, held.name, self._limits, os.path.dirname(held.path), seen, beats)
            except Refused as refused:
                found = refused.with_traceback(None)  # which would hold what was read of it
            if Sight.of(os.fstat(descriptor)) != sight:
                raise Gone
        except BaseException:
            os.close(descriptor)
            raise
        return _Looked(descriptor, Reading(sight, hashed.digest(), None, head), found, beats)

    async def _take(self, held: Held, looked: _Looked) -> bool:
        """Take a bundle in, from where somebody stopped; False where it must not be taken in yet."""
        found = looked.found
        stand = await self._in_one(partial(self._begin, held, looked))
        if stand is None:
            return False
        state, done = stand
        if state == batches.RUNNING and isinstance(found, Bundle) and found.count:
            try:
                await self._take_members(held, found, looked.beats, done)
            except Refused as refused:
                await self._in_one(partial(self._give_up, held, looked, refused.code))
        _log.info("a bundle was taken in", extra={"source": self._folder.source.name, "state": state})
        return True

    async def _begin(self, held: Held, looked: _Looked, session: Session) -> tuple[str, int] | None:
        """Begin a bundle, or go on with it: its state, and how many of its members are taken in already."""
        if self._folder.source.name == UPLOAD and not await batches.exists(session, held.claim):
            return None  # whoever uploads it has not committed that
        batch = await batches.begin(session, self._vault, self._arrived(held, looked))
        if batch.state == batches.RUNNING and isinstance(looked.found, Refused):
            await self._quarantine(session, batch, held, looked, looked.found.code)
        elif batch.state == batches.RUNNING and isinstance(looked.found, Bundle) and not looked.found.count:
            await batches.advance(session, batch.id, 0, 0)
        return batch.state, batch.done

    async def _give_up(self, held: Held, looked: _Looked, code: str, session: Session) -> None:
        """Nothing more of a bundle that was begun can be taken."""
        await self._quarantine(session, await batches.begun(session, held.claim), held, looked, code)

    async def _in_one(self, work: Callable[[Session], Awaitable[Found]]) -> Found:
        """What this does in a transaction; while what is at fault passes, again and again. No file is read anew."""
        found: list[Found] = []

        async def do() -> None:
            try:
                async with self._lease.transaction() as session:
                    done = await work(session)
            except MissingKey:
                self.lacks_key = True
                raise
            self.lacks_key = False
            found.append(done)

        await patiently(do)
        return found[0]

    def _wait_or_drop(self, held: Held, sight: Sight, pulse: Pulse) -> None:
        """An upload that its page has not committed waits; after long, that page has failed and has said so."""
        pulse.beat(held.path)
        if time.time() - sight.changed / 1e9 > UNCOMMITTED_SECONDS:
            _log.warning("an upload that was never committed is dropped")
            self._folder.release([(held, sight)], pulse)
        else:
            self._folder.put_back(held, self._folder.patience.still)

    def _arrived(self, held: Held, looked: _Looked) -> Arrived:
        found = looked.found
        kind, count = (found.kind, found.count) if isinstance(found, Bundle) else (_kind(looked.reading.head), None)
        return Arrived(held.claim, kind, self._folder.source.name, held.name, looked.reading.digest, count)

    async def _quarantine(self, session: Session, batch: tables.Batch, held: Held, looked: _Looked, code: str) -> None:
        """Keep a bundle whole: nothing more of it can be taken.

        Raises:
            Oversize: it is too large for that.
        """
        if looked.reading.sight.size > KEPT_BYTES:
            raise Oversize
        await batches.end(session, batch, batches.QUARANTINED, code)
        whole = arrived(self._folder.source, [Loose(held, looked.reading, Unreadable(code))])
        await results.take(session, self._vault, whole, self._held_share)

    async def _take_members(self, held: Held, bundle: Bundle, beats: _Beats, done: int) -> None:
        """Take in the members from `done` on, the next while the last are in the database, unless those are large."""
        each = bundle.members(done)
        read = partial(self._worker.do, partial(self._read_some, held, each, beats))
        group = await read()
        while group:
            is_small = sum(len(one.content or b"") for one in group) <= BYTES
            following = asyncio.create_task(read()) if is_small else None
            try:
                await self._commit(held, group, done)
            except BaseException:
                if following is not None:
                    following.cancel()
                raise
            done += len(group)
            group.clear()  # nor are they held while the next are read
            group = await following if following is not None else await read()

    def _read_some(self, held: Held, each: Iterator[Member], beats: _Beats, pulse: Pulse) -> list[Arrival]:
        pulse.beat(held.path)
        beats.pulse = pulse
        size = 0
        some: list[Member] = []
        for member in islice(each, FILES):
            pulse.beat(held.path)
            some.append(member)
            size += member.size
            if size >= BYTES:
                break
        return unpacked(self._folder.source, held.claim, some)

    async def _commit(self, held: Held, group: Sequence[Arrival], done: int) -> None:
        """Take members in, all or none; where that fails, halved down to the one that is the reason."""
        try:
            await self._commit_patiently(held, group, done)
        except Exception as error:
            if isinstance(error, Lost) or passes(error):
                raise
            if len(group) > 1:
                middle = len(group) // 2
                await self._commit(held, group[:middle], done)
                await self._commit(held, group[middle:], done + middle)
                return
            _log.error("a member of a bundle could not be taken in", exc_info=error)
            await self._commit_patiently(held, [_refused(group[0])], done)

    async def _commit_patiently(self, held: Held, group: Sequence[Arrival], done: int) -> None:
        """Take members in; while what is at fault passes, again and again."""

        async def commit(session: Session) -> None:
            await results.take(session, self._vault, group, self._held_share)
            if not await batches.advance(session, held.claim, done, done + len(group)):
                raise Lost

        with traces.span("files"):
            await self._in_one(commit)


def _kind(head: bytes) -> str:
    return "zip" if head.startswith(b"PK") else "tar"


def _refused(member: Arrival) -> Arrival:
    return replace(member, message=Unreadable("refused"))
