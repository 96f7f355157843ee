"""One file on disk: seen, read, put away. No path objects and few system calls: there may be 100,000 of them.

A file's name while it is held is its claim: `<uuid>~<the partner's name>`, under which its row stands in the ledger.
"""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID, uuid4

from services.fingerprint.sources import UNFINISHED

_SEPARATOR: Final = "~"
# File systems bound names at 255 bytes; a claim takes 33 of them, the mark of a signal or list up to 28.
_LONGEST_NAME: Final = 220
PIECE: Final = 1_000_000
# The largest file that is kept. A transaction with a larger one would not end in time.
KEPT_BYTES: Final = 128_000_000


class Oversize(Exception):
    """The file is no bundle, and larger than anything that is kept in the database: it stays where it is held."""


class Gone(Exception):
    """The file is no longer there, or is no plain file, or changed while it was read."""


class Sight(NamedTuple):
    """What tells whether a file is still the same: a write changes size or time, a new file the number."""

    number: int
    size: int
    changed: int

    @classmethod
    def of(cls, found: os.stat_result) -> "Sight":
        """From what the file system says."""
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)


class Reading(NamedTuple):
    """A file's bytes. Too large a one is not held in memory: `content` is None. `head`: its first bytes."""

    sight: Sight
    digest: bytes
    content: bytes | None
    head: bytes


@dataclass(slots=True)
class Held:
    """A file that an importer holds in its folder of `reading`.

    Attributes:
        sight: as last seen; None before it was.
        since: for how long it has been so (monotonic seconds).
        due: when it is to be looked at (again).
        pause: how long it waits after the next failure.
        tries: how often it failed.
        busy: it is being taken in.
        cut: it ended before its records did, when last read.
        wanted: the SHA-256 that a manifest gives, if one does.
        kept: as it was when it was taken in; since then it is only to be removed.
        large: it is too large to be kept.
    """

    claim: UUID
    path: str
    name: str
    sight: Sight | None
    since: float
    due: float
    pause: float = 1.0
    tries: int = 0
    busy: bool = False
    cut: bool = False
    wanted: bytes | None = None
    kept: Sight | None = None
    large: bool = False


def is_finished(name: str) -> bool:
    """Whether a partner has finished naming a file that is called so."""
    return not name.startswith(".") and not name.lower().endswith(UNFINISHED)


def claimed_name(claim: UUID, name: str) -> str:
    """What a file is called while it is held; of a long name its end is kept."""
    return f"{claim.hex}{_SEPARATOR}{shortened(name)}"


def shortened(name: str) -> str:
    """The end of a name, so that it and what stands before it are no longer than a name may be."""
    return os.fsdecode(os.fsencode(name)[-_LONGEST_NAME:])


def given_name(held: str) -> tuple[UUID, str]:
    """The claim, and the partner's name, of a held file; a new claim where the name holds none."""
    claim, _, name = held.partition(_SEPARATOR)
    try:
        return UUID(hex=claim), name
    except ValueError:
        return uuid4(), name or held


def sight_of(path: str) -> Sight | None:
    """How a plain file is now; None where there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return Sight.of(found) if stat.S_ISREG(found.st_mode) else None


def read(path: str, largest: int, beat: Callable[[], object], stop: Callable[[bytes], bool]) -> Reading:
    """The bytes of a file, if it stands still while it is read.

    Args:
        largest: of a larger file the bytes are not kept.
        beat: called for every piece.
        stop: is given the first piece; if it says so, no more is read, and `content` is None.

    Raises:
        Gone: it is not there any more, is not a plain file, or changed while it was read.
        Oversize: it is too large to be kept.
    """
    descriptor = opened(path)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise Gone
        before = Sight.of(status)
        # One byte more than it has, so that its end is seen with it.
        first = os.read(descriptor, min(before.size + 1, PIECE))
        if stop(first):
            return Reading(before, b"", None, first[:PIECE])
        if before.size > KEPT_BYTES:
            raise Oversize
        hashed = hashlib.sha256(first)
        content: bytes | None = first
        if len(first) != before.size:
            pieces = io.BytesIO(first)
            pieces.seek(0, os.SEEK_END)
            while piece := os.read(descriptor, PIECE):
                beat()
                hashed.update(piece)
                if before.size <= largest:
                    pieces.write(piece)
            content = pieces.getvalue()
        if Sight.of(os.fstat(descriptor)) != before:
            raise Gone
    finally:
        os.close(descriptor)
    return Reading(before, hashed.digest(), content if before.size <= largest else None, first)


def streamed(path: str, sight: Sight) -> Iterator[bytes]:
    """The bytes of a file that is too large to be held.

    Raises:
        Gone: it is not the file that was seen.
    """
    try:
        descriptor = opened(path)
    except OSError:
        raise Gone from None
    try:
        if Sight.of(os.fstat(descriptor)) != sight:
            raise Gone
        while piece := os.read(descriptor, PIECE):
            yield piece
        if Sight.of(os.fstat(descriptor)) != sight:
            raise Gone
    except OSError:
        raise Gone from None
    finally:
        os.close(descriptor)


def opened(path: str) -> int:
    """A descriptor to read from.

    Raises:
        Gone: it is not there, or is a link.
    """
    try:
        # Where a pipe has taken the file's place, opening it must not wait.
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Gone from None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Gone from None
        raise
