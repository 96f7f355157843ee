"""Many files that come as one: `.zip`, `.tar` and `.tar.gz`, read as a stream and bounded in everything. No database.

A bundle is looked through once before anything is taken from it (`opened`): damaged, encrypted, many-disk and
oversized ones are refused whole. Then its members come one by one, in its order, each with its bytes or with what is
wrong with it alone. A member's name is a label and nothing else: no file is ever written under it.

The readers are our own, not `zipfile` and `tarfile`: those take a damaged header for the end, hold every entry in
memory, and believe one of two contradicting headers.
"""

import os
from collections.abc import Callable
from typing import Final

from services.fingerprint.bundles import tars, zips
from services.fingerprint.bundles.contents import SENTENCES, Bundle, Limits, Member, Refused

__all__ = ["HEAD", "SENTENCES", "Bundle", "Limits", "Member", "Refused", "looks_like_one", "opened"]

# So many bytes at the beginning of a file tell what it is.
HEAD: Final = 512
PIECE: Final = 1_000_000

_SUFFIXES: Final = (".zip", ".tar", ".tar.gz", ".tgz")


def looks_like_one(name: str, head: bytes) -> bool:
    """Whether a file is meant as a bundle, by its name or its first bytes. No message begins like one."""
    return name.lower().endswith(_SUFFIXES) or zips.begins(head) or tars.begins(head)


def opened(
    descriptor: int,
    limits: Limits,
    folder: str,
    seen: Callable[[bytes], object] = lambda _: None,
    beat: Callable[[], object] = lambda: None,
) -> Bundle:
    """The bundle in an open file, looked through.

    Args:
        folder: on whose disk a member that is too large to be held is unpacked, into a file without a name.
        seen: is given every byte of the file, in order, once, whether or not anything of it can be taken.
        beat: called now and then, here and when members are read: unpacking goes on.

    Raises:
        Refused: nothing of it can be taken.
        OSError: it cannot be read.
    """
    size = os.fstat(descriptor).st_size
    head = os.pread(descriptor, HEAD, 0)
    at = 0
    while at < size and (piece := os.pread(descriptor, PIECE, at)):
        seen(piece)
        at += len(piece)
    if size > limits.packed:
        raise Refused("bundle_large")
    if zips.begins(head):
        found = zips.opened(descriptor, size, limits, folder)
    elif tars.begins(head):
        found = tars.opened(descriptor, size, limits, folder, beat)
    else:
        raise Refused("bundle_unknown" if head else "bundle_cut")
    return Bundle(found.kind, found.count, lambda start: map(_closed, found.members(start)))


def _closed(member: Member) -> Member:
    """A bundle inside a bundle stays closed."""
    if member.wrong:
        return member
    head = member.content if member.content is not None else next(member.pieces()) if member.pieces else b""
    return member._replace(wrong="member_nested") if zips.begins(head) or tars.begins(head) else member
