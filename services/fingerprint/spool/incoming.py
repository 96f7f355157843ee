"""What lies in a source's `incoming`, and which of it is complete, by the source's rule.

A folder may hold 100,000 files: it is listed once, worked off, and listed again when nothing that was listed is left
to be done, and then only if its own time has changed.
"""

import hashlib
import os
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool.files import Gone, Oversize, Sight, is_finished, opened, read, sight_of
from services.fingerprint.spool.worker import Pulse

# Clocks of file systems are coarse: a folder that has just changed may have changed again at the same time.
COARSE_SECONDS: Final = 2.0
# However quiet it seems, a folder is listed so often: some file systems do not keep its time.
LEAST_OFTEN_SECONDS: Final = 10.0
# A list is taken for at most this share of the time.
_SHARE: Final = 0.1
_LARGEST_MANIFEST: Final = 16_000_000

# What `sha256sum` writes: the sum, a space, a space or a star, the name.
_LINE: Final = re.compile(r"([0-9a-fA-F]{64}) [ *]([^/\0]{1,255})")


@dataclass(frozen=True, slots=True)
class Complete:
    """A file that is complete.

    Attributes:
        sight: how it must still be when it is claimed; None where any will do.
        wanted: the SHA-256 that it must have, if a manifest says so.
    """

    name: str
    sight: Sight | None = None
    wanted: bytes | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A file that only says that others are complete, and goes with them. `sight`: as it was when it was looked at."""

    name: str
    sight: Sight
    files: tuple[Complete, ...]


class Incoming:
    """One folder, and what was seen in it."""

    def __init__(self, source: Source, still: float, cut: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`still`, `cut`: seconds; see Settings."""
        self._source = source
        self._path = os.fspath(source.incoming)
        self._still = still
        self._cut = cut
        self._clock = clock
        # In the order in which they are due.
        self._seen: OrderedDict[str, tuple[Sight, float]] = OrderedDict()
        self._ready: deque[str] = deque()
        self._tokens: deque[Token] = deque()
        self._sums: dict[str, tuple[Sight, bytes]] = {}
        self._waiting: dict[str, float] = {}
        self._manifests: dict[str, tuple[Sight, float]] = {}
        self._changed = -1
        self._listed_at = float("-inf")
        self._cost = 0.0
        # How many files a token has waited for too long, and how many things lie here that nobody will read.
        self.overdue = 0
        self.unheeded = 0

    def look(self, pulse: Pulse) -> None:
        """List the folder, if there may be something new in it.

        Raises:
            OSError: it cannot be listed.
        """
        if self._ready or self._tokens or self._due():
            return
        now = self._clock()
        changed = os.stat(self._path).st_mtime_ns
        quiet = changed == self._changed and not self._waiting
        if self._listed_at > now - max(self._cost / _SHARE, LEAST_OFTEN_SECONDS if quiet and not self._seen else 0.0):
            return
        began = time.monotonic()
        self.unheeded = 0
        if self._source.rule is Rule.STILL:
            self._watch(now, pulse)
        else:
            names = sorted(self._finished(pulse))
            if self._source.rule is Rule.RENAMED:
                self._ready.extend(names)
            else:
                self._pair(set(names), now, pulse)
        # A change within the grain of the folder's clock might not show: look again until it is past.
        self._changed = changed if time.time() - changed / 1e9 > COARSE_SECONDS else -1
        self._listed_at, self._cost = now, time.monotonic() - began

    def complete(self) -> Iterator[Complete]:
        """The files that are complete now. Whoever does not take one is given it again after the next list."""
        now = self._clock()
        while self._ready:
            yield Complete(self._ready.popleft())
        while self._seen:
            name, (sight, since) = next(iter(self._seen.items()))
            if now - since < self._still:
                return
            del self._seen[name]
            yield Complete(name, sight)

    def tokens(self) -> Iterator[Token]:
        """The signals and manifests all of whose files are there."""
        while self._tokens:
            yield self._tokens.popleft()

    def seen_again(self, name: str, sight: Sight) -> None:
        """A file was not as it had been seen: it must stand still anew."""
        self._seen[name] = (sight, self._clock())

    def _due(self) -> bool:
        first = next(iter(self._seen.values()), None)
        return first is not None and self._clock() - first[1] >= self._still

    def _watch(self, now: float, pulse: Pulse) -> None:
        """See whether size and time of each file are what they were. Those seen for longest come first."""
        there: dict[str, Sight] = {}
        with os.scandir(self._path) as entries:
            for entry in entries:
                pulse.beat()
                if not is_finished(entry.name) or not entry.is_file(follow_symlinks=False):
                    self.unheeded += self._is_unheeded(entry.name)
                    continue
                try:
                    there[entry.name] = Sight.of(entry.stat(follow_symlinks=False))
                except FileNotFoundError:
                    continue
        kept = OrderedDict((name, seen) for name, seen in self._seen.items() if there.get(name) == seen[0])
        for _, name in sorted((sight.changed, name) for name, sight in there.items() if name not in kept):
            kept[name] = (there[name], now)
        self._seen = kept

    def _finished(self, pulse: Pulse) -> Iterator[str]:
        with os.scandir(self._path) as entries:
            for entry in entries:
                pulse.beat()
                if is_finished(entry.name) and entry.is_file(follow_symlinks=False):
                    yield entry.name
                else:
                    self.unheeded += self._is_unheeded(entry.name)

    def _is_unheeded(self, name: str) -> bool:
        """Whether a person should see what nobody will read: a folder or a link, a name that says it is unfinished, or
        a file that no token names, once it has not changed for long. Hidden names are somebody's own."""
        if name.startswith("."):
            return False
        try:
            changed = os.lstat(f"{self._path}/{name}").st_mtime
        except OSError:
            return False
        return time.time() - changed >= self._cut

    def _pair(self, names: set[str], now: float, pulse: Pulse) -> None:
        """Find the tokens whose files are all there, and note since when the others wait."""
        self.overdue = 0
        waiting: dict[str, float] = {}
        for name in sorted(filter(self._source.is_token, names)):
            pulse.beat()
            if self._source.rule is Rule.SIGNAL:
                found, missing = self._signalled(name, names)
            else:
                found, missing = self._listed(name, names, now, pulse)
            if missing or found is None:
                waiting[name] = self._waiting.get(name, now)
                self.overdue += missing if now - waiting[name] >= self._cut else 0
            else:
                self._tokens.append(found)
        self._waiting = waiting
        if not waiting:
            # A list that waits explains what lies beside it.
            tokens = {token.name for token in self._tokens}
            named = {one.name for token in self._tokens for one in token.files}
            self.unheeded += sum(map(self._is_unheeded, names - tokens - named))
        self._sums = {name: kept for name, kept in self._sums.items() if name in names}
        self._manifests = {name: kept for name, kept in self._manifests.items() if name in names}

    def _signalled(self, name: str, names: set[str]) -> tuple[Token | None, int]:
        named = name.removesuffix(self._source.suffix)
        token = sight_of(f"{self._path}/{name}")  # before the file: one that comes between is seen to be another
        if token is None:
            return None, 0
        sight = sight_of(f"{self._path}/{named}") if named in names else None
        return (Token(name, token, (Complete(named, sight),)), 0) if sight else (None, 1)

    def _listed(self, name: str, names: set[str], now: float, pulse: Pulse) -> tuple[Token | None, int]:
        """A manifest that stands still, and how many of its files are not yet there as it says.

        What is no list, or cannot be read, counts as one that is missing: a list may still be written, and half of it
        looks whole. The lists after it go on.
        """
        path = f"{self._path}/{name}"
        sight = sight_of(path)
        if sight is None:
            return None, 0
        seen = self._manifests.get(name)
        if seen is None or seen[0] != sight:
            self._manifests[name] = seen = (sight, now)
        if now - seen[1] < self._still:
            return None, 0
        try:
            wanted = lines(read(path, _LARGEST_MANIFEST, pulse.beat, lambda _: False).content or b"")
        except Gone:
            return None, 0
        except (OSError, Oversize):
            return None, 1
        if not wanted:
            return None, 1
        there = {file: digest for file, digest in wanted.items() if file in names}
        right = [file for file, digest in there.items() if self._sum(file, pulse) == digest]
        files = tuple(Complete(file, self._sums[file][0], wanted[file]) for file in right)
        return Token(name, sight, files), len(wanted) - len(right)

    def _sum(self, name: str, pulse: Pulse) -> bytes:
        """The SHA-256 of a file; worked out again only when it has changed."""
        path = f"{self._path}/{name}"
        sight = sight_of(path)
        if sight is None:
            return b""
        if (kept := self._sums.get(name)) is None or kept[0] != sight:
            try:
                self._sums[name] = kept = (sight, _digest(path, pulse))
            except (Gone, OSError):
                return b""
        return kept[1]


def lines(content: bytes) -> dict[str, bytes]:
    """What a manifest lists: name and SHA-256 of each file; nothing, if it is not a whole list."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {}
    found: dict[str, bytes] = {}
    for line in text.removesuffix("\n").split("\n") if text.endswith("\n") else ():
        matched = _LINE.fullmatch(line.removesuffix("\r"))
        if matched is None or not is_finished(matched[2]) or matched[2] in found:
            return {}
        found[matched[2]] = bytes.fromhex(matched[1])
    return found


def _digest(path: str, pulse: Pulse) -> bytes:
    descriptor = opened(path)
    try:
        hashed = hashlib.sha256()
        while piece := os.read(descriptor, 1_000_000):
            pulse.beat()
            hashed.update(piece)
        return hashed.digest()
    finally:
        os.close(descriptor)
