"""What lies in a bundle, or in a file that is none, as messages. Reads files, and no database."""

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import partial

from services.fingerprint import bundles
from services.fingerprint.actions import results
from services.fingerprint.bundles import Bundle, Limits, Member
from services.fingerprint.bundles.spills import pieces_at
from services.fingerprint.ebts import Unreadable
from services.fingerprint.messages import Message

ALONE = "upload"


def opened(
    descriptor: int,
    name: str,
    limits: Limits,
    folder: str,
    seen: Callable[[bytes], object],
    beat: Callable[[], object] = lambda: None,
) -> Bundle:
    """The bundle in an open file; a file that is none, as a bundle of one.

    Args:
        folder: on whose disk what is too large to be held is unpacked, into a file without a name.
        seen: is given every byte of the file, in order, once.
        beat: called now and then, here and when members are read: unpacking goes on.

    Raises:
        bundles.Refused: it is a bundle of which nothing can be taken.
        OSError: it cannot be read.
    """
    if bundles.looks_like_one(name, os.pread(descriptor, bundles.HEAD, 0)):
        return bundles.opened(descriptor, limits, folder, seen, beat)
    size = os.fstat(descriptor).st_size
    for piece in pieces_at(descriptor, 0, size):
        seen(piece)
    return Bundle(ALONE, 1, partial(_alone, descriptor, name, size, limits.held))


def said_by(member: Member) -> Message | Unreadable:
    """What a member says, or what is wrong with it."""
    if member.wrong:
        return Unreadable(member.wrong)
    return Unreadable("too_large") if member.content is None else results.understood(member.content)


def digest_of(member: Member) -> bytes:
    """The SHA-256 of a member's bytes."""
    if member.content is not None:
        return hashlib.sha256(member.content).digest()
    hashed = hashlib.sha256()
    for piece in member.pieces() if member.pieces else ():
        hashed.update(piece)
    return hashed.digest()


def _alone(descriptor: int, name: str, size: int, held: int, start: int) -> Iterator[Member]:
    if start:
        return
    pieces = partial(pieces_at, descriptor, 0, size)
    content = b"".join(pieces()) if size <= held else None
    yield Member(0, name, content, "", size, None if content is not None else pieces)
