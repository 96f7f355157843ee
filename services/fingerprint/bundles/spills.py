"""Many bytes: held once; where they are too many for that, read again in pieces or put into a file without a name."""

import io
import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Final

PIECE: Final = 1_000_000


def pieces_at(descriptor: int, at: int, size: int) -> Iterator[bytes]:
    """Part of an open file, in pieces; fewer bytes if it ends before."""
    end = at + size
    while at < end and (piece := os.pread(descriptor, min(PIECE, end - at), at)):
        yield piece
        at += len(piece)


def joined(pieces: Iterable[bytes]) -> bytes:
    """Pieces in one. Joining a list of them would hold all of it twice."""
    whole = io.BytesIO()
    for piece in pieces:
        whole.write(piece)
    return whole.getvalue()


def spilled(pieces: Iterable[bytes], folder: str) -> tuple[int, Callable[[], Iterator[bytes]]]:
    """Put pieces into an unnamed file on the disk of a folder; how many bytes they were, and what reads them again.

    The file is gone when that is let go of, and when the process ends, however it ends.
    """
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".")
    os.unlink(name)
    size = 0

    def again() -> Iterator[bytes]:
        yield from pieces_at(descriptor, 0, size)

    weakref.finalize(again, os.close, descriptor)
    for piece in pieces:
        size += len(piece)
        while piece:
            piece = piece[os.write(descriptor, piece) :]
    return size, again
