"""Zip files (APPNOTE.TXT 6.3.10), read by their central directory and held to it. Reads an open file, nothing else.

Every entry of the directory must lead to a local header that says the same, and no two entries may share bytes of the
file: a bomb that lets thousands of entries overlap is refused before anything of it is unpacked.
"""

import os
import stat
import zlib
from array import array
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from struct import Struct
from typing import Final, NamedTuple

from services.fingerprint.bundles.contents import Bundle, Limits, Member, Refused
from services.fingerprint.bundles.spills import PIECE, joined, pieces_at, spilled

_LOCAL, _ENTRY, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_SPANNED: Final = (b"PK\x07\x08", b"PK00")
# 4.3.7 local header, 4.3.12 entry of the central directory, 4.3.16 its end, 4.3.14 and 4.3.15 the same of Zip64.
_LOCAL_HEADER: Final = Struct("<4s5H3L2H")
_ENTRY_HEADER: Final = Struct("<4s6H3L5H2L")
_END_RECORD: Final = Struct("<4s4H2LH")
_END64_LOCATOR: Final = Struct("<4sLQL")
_END64: Final = Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT: Final = 65_535
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ZIP64: Final = 1
# Held in memory while members are read: 200 bytes each for the most that there may be.
_LARGEST_DIRECTORY: Final = 40_000_000

# 4.4.4 general purpose bits.
_ENCRYPTED, _UTF8, _STRONG, _MASKED = 1 << 0, 1 << 11, 1 << 6, 1 << 13
_STORED, _DEFLATED = 0, 8
_UNIX: Final = (3, 19)
# A local header's extra field may be longer than the one in the directory; so many bytes more are read at once.
_SLACK: Final = 64


def begins(head: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return head.startswith((_LOCAL, _END, *_SPANNED))


class _Entry(NamedTuple):
    """An entry of the central directory."""

    flags: int
    method: int
    crc: int
    packed: int
    size: int
    name: bytes
    special: bool
    start: int

    @property
    def folder(self) -> bool:
        """Whether it is a folder, and no file. Nothing at all, deflated, takes two bytes."""
        return self.name.endswith(b"/") and not self.size and self.packed <= 2

    @property
    def label(self) -> str:
        """The name for people. A name that cannot be read is read as Latin-1, in which every byte is a character."""
        if self.flags & _UTF8:
            try:
                return self.name.decode()
            except UnicodeDecodeError:
                return self.name.decode("latin-1")
        return self.name.decode("cp437")


def opened(descriptor: int, size: int, limits: Limits, folder: str) -> Bundle:
    """The zip in an open file, its directory looked through.

    Raises:
        Refused: nothing of it can be taken.
    """
    if os.pread(descriptor, 4, 0) in _SPANNED:
        raise Refused("bundle_disks")
    directory, at, count = _directory(descriptor, size, limits)
    twice: set[int] = set()
    names: set[int] = set()
    starts, ends = array("Q"), array("Q")
    unpacked = number = 0
    for entry in _entries(directory):
        if entry.flags & _MASKED:
            raise Refused("bundle_encrypted")
        if entry.packed > limits.member:
            raise Refused("bundle_unpacked")
        unpacked += entry.size
        starts.append(entry.start)
        ends.append(entry.start + _LOCAL_HEADER.size + len(entry.name) + entry.packed)
        if entry.folder:
            continue
        if (name := hash(entry.name)) in names:
            twice.add(number)
        names.add(name)
        number += 1
    if len(starts) != count:
        raise Refused("bundle_damaged")
    limits.checked(size, unpacked)
    if number > limits.members:
        raise Refused("bundle_members")
    _each_apart(starts, ends, at)
    return Bundle("zip", number, partial(_members, descriptor, directory, frozenset(twice), limits, folder))


def _directory(descriptor: int, size: int, limits: Limits) -> tuple[bytes, int, int]:
    """The central directory, where it lies, and how many entries it must have."""
    tail_at = max(0, size - _END_RECORD.size - _LONGEST_COMMENT)
    tail = os.pread(descriptor, size - tail_at, tail_at)
    found = tail.rfind(_END)
    if found < 0 or len(tail) - found < _END_RECORD.size:
        raise Refused("bundle_cut")
    _, disk, first_disk, here, count, length, start, comment = _END_RECORD.unpack_from(tail, found)
    end = tail_at + found
    if found + _END_RECORD.size + comment != len(tail):
        raise Refused("bundle_damaged")
    if _FULL16 in (disk, first_disk, here, count) or _FULL32 in (length, start):
        disk, first_disk, here, count, length, start, end = _of_zip64(descriptor, end)
    if disk or first_disk or here != count:
        raise Refused("bundle_disks")
    if start + length != end:
        raise Refused("bundle_damaged")
    # Folders are entries too, and are not counted as files; there are not many more entries than files all the same.
    if count > 2 * limits.members:
        raise Refused("bundle_members")
    if length > _LARGEST_DIRECTORY:
        raise Refused("bundle_large")
    directory = os.pread(descriptor, length, start)
    if len(directory) != length:
        raise Refused("bundle_damaged")
    return directory, start, count


def _of_zip64(descriptor: int, end: int) -> tuple[int, int, int, int, int, int, int]:
    """What the end of the directory says where its own fields are too small to say it."""
    at = end - _END64_LOCATOR.size
    locator = os.pread(descriptor, _END64_LOCATOR.size, at) if at >= 0 else b""
    if len(locator) < _END64_LOCATOR.size or not locator.startswith(b"PK\x06\x07"):
        raise Refused("bundle_damaged")
    _, disk, where, disks = _END64_LOCATOR.unpack(locator)
    if disk or disks > 1:
        raise Refused("bundle_disks")
    record = os.pread(descriptor, _END64.size, where) if where + _END64.size <= at else b""
    if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
        raise Refused("bundle_damaged")
    _, _, _, _, disk, first_disk, here, count, length, start = _END64.unpack(record)
    return disk, first_disk, here, count, length, start, where


def _entries(directory: bytes) -> Iterator[_Entry]:
    """Every entry.

    Raises:
        Refused: the directory is not made of entries.
    """
    at = 0
    while at < len(directory):
        if len(directory) - at < _ENTRY_HEADER.size or directory[at : at + 4] != _ENTRY:
            raise Refused("bundle_damaged")
        (
            _,
            maker,
            _,
            flags,
            method,
            _,
            _,
            crc,
            packed,
            size,
            name_length,
            extra_length,
            comment_length,
            disk,
            _,
            attributes,
            start,
        ) = _ENTRY_HEADER.unpack_from(directory, at)
        name_at = at + _ENTRY_HEADER.size
        extra_at = name_at + name_length
        at = extra_at + extra_length + comment_length
        if at > len(directory) or not name_length:
            raise Refused("bundle_damaged")
        if _FULL32 in (packed, size, start):
            size, packed, start = _large(directory[extra_at : extra_at + extra_length], size, packed, start)
        if disk not in (0, _FULL16):
            raise Refused("bundle_disks")
        mode = attributes >> 16 if maker >> 8 in _UNIX else 0
        special = stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)
        yield _Entry(flags, method, crc, packed, size, directory[name_at:extra_at], special, start)


def _large(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """Sizes and offset that do not fit their fields, from the extra field (4.5.3)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == _ZIP64:
            field, found = extra[at + 4 : at + 4 + length], []
            for value in (size, packed, start):
                if value == _FULL32:
                    if len(field) < 8:
                        raise Refused("bundle_damaged")
                    value, field = int.from_bytes(field[:8], "little"), field[8:]
                found.append(value)
            return found[0], found[1], found[2]
        at += 4 + length
    raise Refused("bundle_damaged")


def _each_apart(starts: "array[int]", ends: "array[int]", limit: int) -> None:
    """Refuse entries that share bytes of the file, or reach into the directory."""
    order = sorted(range(len(starts)), key=starts.__getitem__)
    if any(ends[one] > starts[other] for one, other in pairwise(order)) or (order and ends[order[-1]] > limit):
        raise Refused("bundle_damaged")


def _members(
    descriptor: int, directory: bytes, twice: frozenset[int], limits: Limits, folder: str, start: int
) -> Iterator[Member]:
    files = (entry for entry in _entries(directory) if not entry.folder)
    for number, entry in enumerate(files):
        if number >= start:
            yield _member(descriptor, entry, number, number in twice, limits, folder)


def _member(descriptor: int, entry: _Entry, number: int, twice: bool, limits: Limits, folder: str) -> Member:
    """One member, unpacked, or with what is wrong with it."""
    wanted = _LOCAL_HEADER.size + len(entry.name) + _SLACK + entry.packed
    block = os.pread(descriptor, min(wanted, PIECE), entry.start)
    if not block.startswith(_LOCAL) or len(block) < _LOCAL_HEADER.size:
        return _broken(descriptor, entry, number, "member_damaged", entry.start, limits)
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL_HEADER.unpack_from(block)
    name_end = _LOCAL_HEADER.size + name_length
    data_at = name_end + extra_length
    same = (flags & ~_UTF8, method) == (entry.flags & ~_UTF8, entry.method)
    # Where the sizes follow the data (bit 3), the header holds noughts; those of Zip64 stand in its extra field.
    sizes = ((crc, entry.crc), (packed, entry.packed), (size, entry.size))
    if not same or block[_LOCAL_HEADER.size : name_end] != entry.name:
        wrong = "member_damaged"
    elif any(said not in (meant, 0, _FULL32) for said, meant in sizes):
        wrong = "member_size"
    else:
        wrong = _refusal(entry, twice, limits)
    if wrong:
        return _broken(descriptor, entry, number, wrong, entry.start + data_at, limits)
    if entry.size > PIECE or entry.packed > PIECE:
        return _large_member(descriptor, entry, number, entry.start + data_at, limits, folder)
    data = block[data_at : data_at + entry.packed]
    if len(data) < entry.packed:
        data = os.pread(descriptor, entry.packed, entry.start + data_at)
    content, wrong = _unpacked(entry, data)
    return Member(number, entry.label, content, wrong, len(content))


def _refusal(entry: _Entry, twice: bool, limits: Limits) -> str:
    """What is wrong with a member that can be told without unpacking it."""
    if entry.flags & (_ENCRYPTED | _STRONG):
        return "member_encrypted"
    if entry.special:
        return "member_special"
    if entry.method not in (_STORED, _DEFLATED):
        return "member_method"
    if len(entry.name) > limits.name or not entry.label.isprintable():
        return "member_name"
    if entry.size > limits.member:
        return "member_large"
    if entry.method == _STORED and entry.size != entry.packed:
        return "member_size"
    return "member_twice" if twice else ""


def _unpacked(entry: _Entry, data: bytes) -> tuple[bytes, str]:
    """The bytes of a member, or those that stand for it with what is wrong."""
    if entry.method == _STORED:
        content = data
    else:
        unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            content = unpacking.decompress(data, entry.size + 1)
        except zlib.error:
            return data, "member_damaged"
        if len(content) != entry.size:
            return data, "member_size"
        if not unpacking.eof and (unpacking.decompress(unpacking.unconsumed_tail, 1) or not unpacking.eof):
            return data, "member_size"
        if unpacking.unused_data:
            return data, "member_size"
    return (content, "") if zlib.crc32(content) == entry.crc else (data, "member_damaged")


def _large_member(descriptor: int, entry: _Entry, number: int, at: int, limits: Limits, folder: str) -> Member:
    """A member that is unpacked in pieces: into memory, or where it is too large for that, into an unnamed file."""
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    crc = 0

    def content() -> Iterator[bytes]:
        nonlocal crc
        left = entry.size
        for data in pieces_at(descriptor, at, entry.packed):
            # zlib may have more to say when it has taken all that there is.
            while left >= 0 and not unpacking.unused_data:
                piece = unpacking.decompress(data, min(PIECE, left + 1)) if entry.method == _DEFLATED else data
                data = unpacking.unconsumed_tail if entry.method == _DEFLATED else b""
                if not piece:
                    break
                crc = zlib.crc32(piece, crc)
                left -= len(piece)
                yield piece

    whole, pieces = None, None
    try:
        if entry.size <= limits.held:
            whole = joined(content())
            size = len(whole)
        else:
            size, pieces = spilled(content(), folder)
    except zlib.error:
        return _broken(descriptor, entry, number, "member_damaged", at, limits)
    ends = entry.method == _STORED or (unpacking.eof and not unpacking.unused_data)
    if size != entry.size or not ends or crc != entry.crc:
        wrong = "member_damaged" if size == entry.size and ends else "member_size"
        return _broken(descriptor, entry, number, wrong, at, limits)
    return Member(number, entry.label, whole, "", size, pieces)


def _broken(descriptor: int, entry: _Entry, number: int, wrong: str, at: int, limits: Limits) -> Member:
    """A member that cannot be taken, with its packed bytes."""
    label = entry.label[: limits.name]
    if entry.packed > limits.held:
        return Member(number, label, None, wrong, entry.packed, partial(pieces_at, descriptor, at, entry.packed))
    content = os.pread(descriptor, entry.packed, at)
    return Member(number, label, content, wrong, len(content))
