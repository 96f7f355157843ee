"""Reads EBTS transactions in the traditional encoding of ANSI/NIST-ITL. Pure and strict.

A transaction is a Type-1 record that lists the others (1.003 CNT), Type-2 records with text, and images. A record's
first field is its length in bytes, itself and the FS included, so images are stepped over whatever bytes they hold.
Numbers are compared as numbers: `1.01:` and `1.001:` are the same field, `00223` the same length as `223`.

The work is linear in the input: each byte is looked at a bounded number of times, each limit is checked before the work
that it bounds, and nothing here does I/O. Whatever the bytes, `read` raises `Unreadable` or nothing, and says all that
is wrong with a file as far as it can tell where things begin. What the standard leaves open is settled in
docs/decisions/0024-what-the-reader-takes.md.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from services.fingerprint.transactions import (
    CNT,
    DCS,
    DEFAULT_LIMITS,
    FS,
    GS,
    IDC,
    LEN,
    LONGEST_TAG,
    NUMBER,
    RS,
    SENTENCES,
    TAG,
    TOT,
    US,
    VER,
    Image,
    Limits,
    Record,
    Transaction,
    Unreadable,
    declared,
    tag_number,
    write,
)

__all__ = [
    "DEFAULT_LIMITS",
    "FS",
    "GS",
    "RS",
    "SENTENCES",
    "US",
    "Image",
    "Limits",
    "Record",
    "Survey",
    "Transaction",
    "Unreadable",
    "read",
    "survey",
    "write",
]

# ANSI/NIST-ITL 1-1993 (0200) to 1-2011 with its 2015 update (0502).
OLDEST_VERSION: Final = 200
NEWEST_VERSION: Final = 502

_HEAD: Final = re.compile(rb"(\d{1,3})\.(\d{1,9}):(\d{1,18})[\x1c\x1d]")
# The beginnings of a tag and of a length, where the file ends in the middle of them.
_TAG_CUT_OFF: Final = re.compile(rb"\d{0,3}(?:\.\d{0,9})?\Z")
_LENGTH_CUT_OFF: Final = re.compile(rb"\d{0,18}\Z")
_CONTENTS: Final = re.compile(rb"\d{1,9}\x1f\d{1,9}(?:\x1e\d{1,9}\x1f\d{1,9})*")
_TYPES: Final = range(2, 100)
# The fixed part of each binary record, in bytes: LEN and IDC, then what its type adds.
_BINARY: Final = {3: 18, 4: 18, 5: 18, 6: 18, 7: 5, 8: 12}
# Tags as nearly everybody writes them; any other way of writing goes through `tag_number`.
_USUAL: Final = {
    kind: {f"{kind}.{number:03d}".encode(): number for number in (*range(1, 1000), *range(2000, 2100))}
    for kind in (1, 2)
}


class Survey(NamedTuple):
    """What could be made out of a file, whether or not it is a transaction: without errors, it is one."""

    header: Record | None
    texts: tuple[Record, ...]
    images: tuple[Image, ...]
    errors: tuple[Unreadable, ...]


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Transaction:
    """The transaction in these bytes.

    Raises:
        Unreadable: the bytes are anything else.
    """
    reading = _Reading(data, limits)
    header = reading.whole()
    if reading.errors or header is None:
        raise Unreadable.of(reading.errors)
    return Transaction(header, tuple(reading.texts), tuple(reading.images))


def survey(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Survey:
    """All that can be made out of these bytes, with everything that is wrong with them."""
    reading = _Reading(data, limits)
    header = reading.whole()
    return Survey(header, tuple(reading.texts), tuple(reading.images), tuple(reading.errors))


class _Reading:
    """One pass over one file. `at` is where the next record begins, -1 where that cannot be told any more."""

    __slots__ = ("at", "codec", "data", "errors", "images", "limits", "texts")

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.errors: list[Unreadable] = []
        self.texts: list[Record] = []
        self.images: list[Image] = []
        self.codec = ""
        self.at = 0

    def note(self, code: str, field: str = "", offset: int = 0) -> None:
        """Something is wrong at a place in the file."""
        self.add(Unreadable(code, field, offset))

    def add(self, error: Unreadable) -> None:
        """Something is wrong."""
        listed = len(self.errors)
        if listed < self.limits.errors:
            self.errors.append(error)
        elif listed == self.limits.errors:
            self.errors.append(Unreadable("more", "", len(self.data)))

    def whole(self) -> Record | None:
        """Read all of it; gives the Type-1 record."""
        size = len(self.data)
        if not size:
            self.note("empty")
            return None
        if size > max(self.limits.submission, self.limits.answer):
            self.note("too_large")
            return None
        header = self.tagged(1)
        if header is None:
            return None
        if size > self.limits.answer and header.text(TOT) in self.limits.answers:
            self.add(header.error("too_large", TOT))
            return header
        version = header.values.get(VER, b"")
        if not NUMBER.fullmatch(version) or not OLDEST_VERSION <= int(version) <= NEWEST_VERSION:
            self.add(header.error("version", VER))
        codec = declared(header.values.get(DCS, b""))
        if codec is None:
            self.add(header.error("characters", DCS))
        self.codec = codec or ""
        self.rest(self.contents(header))
        return header

    def rest(self, contents: Sequence[tuple[int, int]] | None) -> None:
        """Read the records after the first as 1.003 lists them; if it says nothing, as they seem to be."""
        for kind, idc in self.seen() if contents is None else contents:
            if self.at < 0:
                return
            if self.at >= len(self.data):
                self.note("truncated", str(kind), self.at)
                return
            self.record(kind, idc)
        if contents is not None and 0 <= self.at < len(self.data):
            self.note("trailing", "", self.at)

    def seen(self) -> Iterator[tuple[int, int]]:
        """The tagged records that follow without being listed; -1 is no IDC."""
        for _ in range(self.limits.records):
            tag = TAG.match(self.data, self.at) if self.at >= 0 else None
            if tag is None:
                return
            yield int(tag[1]), -1

    def record(self, kind: int, idc: int) -> None:
        """Read the record at `at`, which is announced as one of this type with this number."""
        start = self.at
        if kind in _BINARY and self.binary(kind, idc):
            return
        tag = TAG.match(self.data, start)
        if tag and int(tag[1]) != kind:
            self.note("record_type", str(kind), start)
            kind, idc = int(tag[1]), -1
        elif kind in _BINARY:
            self.note("truncated", str(kind), start)
            self.at = -1
            return
        if kind == 2:
            text = self.tagged(kind)
            if text is None:
                return
            found = text.values.get(IDC, b"")
            if not NUMBER.fullmatch(found) or idc not in (int(found), -1):
                self.add(text.error("idc", IDC))
            self.texts.append(text)
        elif kind in _TYPES and kind not in _BINARY:
            self.tagged_image(kind, idc)
        else:
            self.at = -1

    def binary(self, kind: int, idc: int) -> bool:
        """Step over a binary record; whether one that ends inside the file is there."""
        start = self.at
        length = int.from_bytes(self.data[start : start + 4])
        if len(self.data) - start < max(length, _BINARY[kind]):
            return False
        if length < _BINARY[kind]:
            self.note("length", f"{kind}.001", start)
            self.at = -1
            return True
        if idc not in (found := self.data[start + 4], -1):
            self.note("idc", f"{kind}.002", start + 4)
        self.images.append(Image(kind, found, start, length))
        self.at = start + length
        return True

    def tagged_image(self, kind: int, idc: int) -> None:
        """Step over a record whose last field may hold any bytes: only its length says where it ends."""
        start = self.at
        length, place = self.announced(kind)
        self.at = -1
        if not length:
            return
        end = start + length
        if end > len(self.data):
            self.note("truncated", f"{kind}.001", start)
            return
        if self.data[end - 1] != FS[0]:
            self.note("separator", str(kind), end - 1)
            return
        self.at = end
        tag = _HEAD.match(self.data, place, end)
        if tag is None or int(tag[1]) != kind or int(tag[2]) != IDC:
            self.note("tag", f"{kind}.002", place)
            return
        if idc not in (found := int(tag[3]), -1):
            self.note("idc", f"{kind}.002", place)
        self.images.append(Image(kind, found, start, length))

    def announced(self, kind: int) -> tuple[int, int]:
        """The length that the tagged record at `at` gives in its first field, and where the second begins.

        A length of 0 stands for none, with the error noted.
        """
        start = self.at
        head = _HEAD.match(self.data, start)
        if head and int(head[1]) == kind and int(head[2]) == LEN:
            length = int(head[3])
            if start + length >= head.end():
                return length, head.end()
            self.note("length", f"{kind}.001", start)
            return 0, start
        tag = TAG.match(self.data, start)
        if tag is None:
            cut = len(self.data) - start < LONGEST_TAG and _TAG_CUT_OFF.match(self.data, start)
            self.note("truncated" if cut else "tag", str(kind), start)
        elif int(tag[1]) != kind:
            self.note("record_type", str(kind), start)
        elif int(tag[2]) != LEN:
            self.note("tag", str(kind), start)
        else:
            cut = len(self.data) - tag.end() <= 18 and _LENGTH_CUT_OFF.match(self.data, tag.end())
            self.note("truncated" if cut else "length", f"{kind}.001", start)
        return 0, start

    def tagged(self, kind: int) -> Record | None:
        """Read a record of nothing but text. Where its length is wrong, the first FS ends it."""
        data, start, limits = self.data, self.at, self.limits
        length, _ = self.announced(kind)
        end = start + length
        first = data.find(FS, start)
        if first < 0:
            if length:
                self.note("truncated", f"{kind}.001", start)
            self.at = -1
            return None
        if first != end - 1:
            # A length that leads to an FS is believed and the FS before it a stray one, unless a record begins there.
            if length and data[end - 1 : end] == FS and not TAG.match(data, first + 1):
                self.note("separator", str(kind), first)
            else:
                if length:
                    self.note("length", f"{kind}.001", start)
                end = first + 1
        self.at = end
        if kind == 1 and end - start > limits.answer:
            self.note("too_large", "1", start)
            return None
        if data.count(GS, start, end) >= limits.fields:
            self.note("limit", str(kind), start)
            return None
        record = Record(kind, self.values(kind, start, end), self.codec, data, start, end)
        crowded = data.count(RS, start, end) + data.count(US, start, end) >= limits.repeats
        if crowded and self.too_many_repeats(record):
            return None
        if self.codec and not data[start:end].isascii():
            self.check_characters(record)
        return record

    def values(self, kind: int, start: int, end: int) -> dict[int, bytes]:
        """The fields of a record of text."""
        data, usual = self.data, _USUAL[kind]
        values: dict[int, bytes] = {}
        place = start
        for piece in data[start : end - 1].split(GS):
            head, colon, value = piece.partition(b":")
            number = usual.get(head) or tag_number(kind, head)
            if not number or not colon:
                self.note("tag", str(kind), place)
            elif number in values:
                self.note("repeated", f"{kind}.{number:03d}", place)
            else:
                values[number] = value
            place += len(piece) + 1
        return values

    def too_many_repeats(self, record: Record) -> bool:
        """Whether a field of the record has more subfields and items than it may."""
        most = self.limits.repeats
        over = [n for n, value in record.values.items() if value.count(RS) + value.count(US) >= most]
        offsets = record.offsets() if over else {}
        for number in over:
            self.note("limit", record.name(number), offsets[number])
        return bool(over)

    def check_characters(self, record: Record) -> None:
        """Note each field that is not in the declared character set."""
        strange = [number for number, value in record.values.items() if not _is_in(value, self.codec)]
        offsets = record.offsets() if strange else {}
        for number in strange:
            self.note("characters", record.name(number), offsets[number])

    def contents(self, header: Record) -> Sequence[tuple[int, int]] | None:
        """What 1.003 announces after the Type-1 record: (type, IDC) each, in order; None if it cannot be told."""
        value = header.values.get(CNT)
        if value is None:
            self.add(header.error("missing", CNT))
            return None
        if value.count(RS) > self.limits.records:
            self.add(header.error("limit", CNT))
            return None
        if not _CONTENTS.fullmatch(value):
            self.add(header.error("count", CNT))
            return None
        (own, count), *rest = [(int(kind), int(idc)) for kind, _, idc in (one.partition(US) for one in value.split(RS))]
        if own != 1 or not all(kind in _TYPES for kind, _ in rest):
            self.add(header.error("count", CNT))
            return None
        if count != len(rest):
            self.add(header.error("count", CNT))
        return rest


def _is_in(value: bytes, codec: str) -> bool:
    try:
        value.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
