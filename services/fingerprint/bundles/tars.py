"""Tar files (POSIX pax and ustar, GNU's long names), plain or through gzip (RFC 1952), read as a stream.

Strict where `tarfile` is not: a header whose sum is wrong is damage and not the end, and after the end nothing but
noughts may follow. Reads an open file, nothing else.
"""

import os
import re
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from typing import Final

from services.fingerprint.bundles.contents import Bundle, Limits, Member, Refused
from services.fingerprint.bundles.spills import PIECE, joined, spilled

_GZIP: Final = b"\x1f\x8b"
_BLOCK: Final = 512
_MAGIC: Final = slice(257, 262)
# The tag that a message of a bureau begins with (1.001).
_MESSAGE: Final = re.compile(rb"0{0,2}1\.0{0,8}1:")
# How zlib is told that gzip's header and check sum surround the data.
_WITH_GZIP: Final = 16 + zlib.MAX_WBITS

_FILES: Final = (b"0", b"\0", b"7")
_SPARSE_KEYS: Final = b"GNU.sparse"
_FOLDER, _LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL, _SPARSE = b"5", b"L", b"K", b"x", b"g", b"S"
# Links, devices, folders, pipes: a size may be given, and nothing follows.
_WITHOUT_BYTES: Final = (b"1", b"2", b"3", b"4", b"5", b"6")
# A pax header of more than this is none.
_LARGEST_PAX: Final = 64_000
# What follows the end of a gzip member is copied, so little is given to it at once: members may be twenty bytes long.
_PACKED_AT_ONCE: Final = 16_384


def begins(head: bytes) -> bool:
    """Whether a file that begins so is a tar, or something through gzip. A message may hold a tar's mark by chance."""
    return head.startswith(_GZIP) or (head[_MAGIC] == b"ustar" and not _MESSAGE.match(head))


def opened(descriptor: int, size: int, limits: Limits, folder: str, beat: Callable[[], object]) -> Bundle:
    """The tar in an open file, read to its end once.

    Args:
        beat: called for every piece that is unpacked, now and when members are read.

    Raises:
        Refused: nothing of it can be taken.
    """
    first = _Stream(descriptor, size, limits, beat).some(_BLOCK)
    if _MESSAGE.match(first) and first[_MAGIC] != b"ustar":
        raise Refused("bundle_alone")
    names: set[int] = set()
    twice: set[int] = set()
    number = -1
    stream = _Stream(descriptor, size, limits, beat)
    for number, header in enumerate(_headers(stream, limits)):
        if number >= limits.members:
            raise Refused("bundle_members")
        if header.stored > limits.member:
            raise Refused("bundle_unpacked")
        if (name := hash(header.name)) in names:
            twice.add(number)
        names.add(name)
        stream.skip(header.stored)
    return Bundle("tar", number + 1, partial(_members, descriptor, size, frozenset(twice), limits, folder, beat))


class _Header:
    """What is said of a member before its bytes. `stored`: how many bytes of the tar those take, without padding."""

    __slots__ = ("kind", "name", "raw", "size", "sparse", "stored")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.kind = raw[156:157]
        self.sparse = False
        self.size = self.stored = _number(raw[124:136])
        name = _text(raw[:100])
        prefix = _text(raw[345:500]) if raw[257:263] == b"ustar\0" else b""
        self.name = prefix + b"/" + name if prefix else name


class _Stream:
    """The unpacked bytes of a tar, in order, counted and bounded."""

    def __init__(self, descriptor: int, packed: int, limits: Limits, beat: Callable[[], object]) -> None:
        self._packed = packed
        self._limits = limits
        self._beat = beat
        plain = os.pread(descriptor, 2, 0) != _GZIP
        self._pieces = _plain(descriptor) if plain else _gunzipped(descriptor, limits.members)
        self._kept = b""
        self._at = 0
        self._count = 0

    def some(self, most: int) -> bytes:
        """At least one byte and at most so many; none at the end."""
        if self._at == len(self._kept):
            self._beat()
            self._kept, self._at = next(self._pieces, b""), 0
            self._count += len(self._kept)
            self._limits.checked(self._packed, self._count)
        found = self._kept[self._at : self._at + most]
        self._at += len(found)
        return found

    def exactly(self, size: int) -> bytes:
        """So many bytes.

        Raises:
            Refused: it ends before.
        """
        found = self.some(size)
        if len(found) == size:
            return found
        return joined(chain((found,), self.pieces(size - len(found))))

    def pieces(self, size: int) -> Iterator[bytes]:
        """So many bytes, in pieces. Raises as `exactly` does."""
        while size:
            piece = self.some(min(size, PIECE))
            if not piece:
                raise Refused("bundle_cut")
            size -= len(piece)
            yield piece

    def skip(self, size: int) -> None:
        """Leave out so many bytes and what pads them to a block."""
        for _ in self.pieces(_padded(size)):
            pass

    def rest_is_empty(self) -> bool:
        """Whether nothing but noughts follows."""
        while piece := self.some(PIECE):
            if piece.strip(b"\0"):
                return False
        return True


def _headers(stream: _Stream, limits: Limits) -> Iterator[_Header]:
    """Each member's header; whoever asks for the next has read or left out the bytes of the one before.

    Raises:
        Refused: the tar is damaged, ends too early, or says more about its members than so many may need.
    """
    left = limits.members * limits.name
    name: bytes | None = None
    pax: dict[bytes, bytes] = {}
    pax_for_all: dict[bytes, bytes] = {}
    while (raw := stream.exactly(_BLOCK)) != bytes(_BLOCK):
        _check_sum(raw)
        header = _Header(raw)
        if header.kind in (_LONG_NAME, _LONG_LINK, _PAX, _PAX_FOR_ALL):
            if header.size > _LARGEST_PAX:
                raise Refused("bundle_damaged")
            left -= header.size
            if left < 0:
                raise Refused("bundle_unpacked")
            said = stream.exactly(_padded(header.size))[: header.size]
            if header.kind == _LONG_NAME:
                name = said.rstrip(b"\0")
            elif header.kind == _PAX:
                pax = _pax(said)
            elif header.kind == _PAX_FOR_ALL:
                pax_for_all |= _pax(said)
            continue
        _corrected(header, name, pax_for_all | pax)
        name, pax = None, {}
        more = header.kind == _SPARSE and raw[482]
        while more:  # where its holes are
            more = stream.exactly(_BLOCK)[504]
        if header.kind == _FOLDER:
            stream.skip(header.stored)
            continue
        yield header
    if not stream.rest_is_empty():
        raise Refused("bundle_damaged")


def _corrected(header: _Header, name: bytes | None, pax: dict[bytes, bytes]) -> None:
    """Apply what the headers before this one said of it."""
    header.name = pax.get(b"path", name if name is not None else header.name)
    if (size := pax.get(b"size")) is not None:
        if not size.isdigit() or len(size) > 18:
            raise Refused("bundle_damaged")
        header.size = header.stored = int(size)
    header.sparse = _SPARSE_KEYS in pax
    if header.kind in _WITHOUT_BYTES:
        header.stored = 0
    elif header.kind == b"\0" and header.name.endswith(b"/"):
        header.kind = _FOLDER


def _members(
    descriptor: int,
    size: int,
    twice: frozenset[int],
    limits: Limits,
    folder: str,
    beat: Callable[[], object],
    start: int,
) -> Iterator[Member]:
    stream = _Stream(descriptor, size, limits, beat)
    for number, header in enumerate(_headers(stream, limits)):
        if number < start:
            stream.skip(header.stored)
        else:
            yield _member(stream, header, number, number in twice, limits, folder)


def _member(stream: _Stream, header: _Header, number: int, twice: bool, limits: Limits, folder: str) -> Member:
    label = header.name[: limits.name].decode(errors="replace")
    padding = _padded(header.stored) - header.stored
    if header.stored > limits.held:
        size, pieces = spilled(stream.pieces(header.stored), folder)
        stream.exactly(padding)
        return Member(number, label, None, _refusal(header, twice, limits), size, pieces)
    content = stream.exactly(header.stored)
    stream.exactly(padding)
    if wrong := _refusal(header, twice, limits):
        content = content or header.raw
    return Member(number, label, content, wrong, len(content))


def _refusal(header: _Header, twice: bool, limits: Limits) -> str:
    """What is wrong with a member, whatever its bytes."""
    if header.kind not in _FILES or header.sparse:
        return "member_special"
    if not header.name or len(header.name) > limits.name or not _is_readable(header.name):
        return "member_name"
    return "member_twice" if twice else ""


def _is_readable(name: bytes) -> bool:
    try:
        return name.decode().isprintable()
    except UnicodeDecodeError:
        return name.decode("latin-1").isprintable()


def _check_sum(raw: bytes) -> None:
    """The sum of all bytes of a header, the sum's own field as spaces; some count bytes as signed."""
    said = _number(raw[148:156])
    rest = raw[:148] + b" " * 8 + raw[156:]
    if said != (unsigned := sum(rest)) and said != unsigned - 256 * sum(byte > 127 for byte in rest):
        raise Refused("bundle_damaged")


def _number(field: bytes) -> int:
    """A number in octal, or where that is too short, in GNU's base 256."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:])
    digits = field.strip(b" \0")
    if not digits:
        return 0
    try:
        found = int(digits, 8)
    except ValueError:
        raise Refused("bundle_damaged") from None
    if found < 0:
        raise Refused("bundle_damaged")
    return found


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _pax(said: bytes) -> dict[bytes, bytes]:
    """Of the `LENGTH KEY=VALUE` lines of a pax header those that matter here; one stands for all that tell of holes.

    Those that hold for all members after them are as many as their sender likes, so no others are held.
    """
    found: dict[bytes, bytes] = {}
    while said:
        length, space, _ = said.partition(b" ")
        if not space or not length.isdigit() or not len(length) + 2 < (size := int(length[:9])) <= len(said):
            raise Refused("bundle_damaged")
        key, equals, value = said[len(length) + 1 : size - 1].partition(b"=")
        if not equals or said[size - 1 : size] != b"\n":
            raise Refused("bundle_damaged")
        if key in (b"path", b"size"):
            found[key] = value
        elif key.startswith(_SPARSE_KEYS):
            found[_SPARSE_KEYS] = b""
        said = said[size:]
    return found


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _plain(descriptor: int, at_once: int = PIECE) -> Iterator[bytes]:
    at = 0
    while piece := os.pread(descriptor, at_once, at):
        yield piece
        at += len(piece)


def _gunzipped(descriptor: int, most: int) -> Iterator[bytes]:
    """The bytes of every gzip member, one after another, as `gunzip` takes them; refused where more than `most` come.

    A member need not hold anything, so that the size of what is unpacked bounds no work.
    """
    unpacking = zlib.decompressobj(_WITH_GZIP)
    begun, count = False, 0
    for packed in _plain(descriptor, _PACKED_AT_ONCE):
        while packed:
            if not begun and not packed.strip(b"\0"):
                break  # noughts pad a tape
            begun = True
            try:
                piece = unpacking.decompress(packed, PIECE)
            except zlib.error:
                raise Refused("bundle_damaged") from None
            if piece:
                yield piece
            packed = unpacking.unconsumed_tail
            if unpacking.eof:
                packed, begun, count = unpacking.unused_data, False, count + 1
                if count > most:
                    raise Refused("bundle_members")
                unpacking = zlib.decompressobj(_WITH_GZIP)
    if begun:
        raise Refused("bundle_cut")
