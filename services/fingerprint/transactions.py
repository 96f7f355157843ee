"""What a transaction in the traditional encoding of ANSI/NIST-ITL is made of, what may be wrong, and its writing.

A tagged field is `type.field:value`; GS ends a field, FS a record, RS a subfield, US an item. Pure.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

FS, GS, RS, US = b"\x1c", b"\x1d", b"\x1e", b"\x1f"

LEN: Final = 1
IDC: Final = 2
VER: Final = 2
CNT: Final = 3
TOT: Final = 4
DCS: Final = 15

TAG: Final = re.compile(rb"(\d{1,3})\.(\d{1,9}):")
NUMBER: Final = re.compile(rb"\d{1,9}")
LONGEST_TAG: Final = 14

# The character sets that 1.015 DCS may declare. Those of 16 and 32 bits (2, 4) hold separators inside characters.
_CODECS: Final = {0: "ascii", 1: "latin-1", 3: "utf-8"}

SENTENCES: Final[dict[str, str]] = {
    "empty": "The file is empty.",
    "too_large": "The file is larger than a message of its kind may be.",
    "tag": "A field does not begin with its number and a colon.",
    "length": "The length that a record gives is not the length it has.",
    "truncated": "The file ends before the record does.",
    "separator": "A separator stands where none may be, or is missing where one must be.",
    "record_type": "A record is not of the type that the list of contents (1.003) announces.",
    "idc": "A record's number (IDC) is not the one that the list of contents (1.003) announces.",
    "count": "The list of contents (1.003) does not say what it must.",
    "version": "The version of the standard (1.002) is not one this system reads.",
    "characters": "The text is not in a character set that is declared (1.015) and that this system reads.",
    "missing": "A field that this kind of message must have is missing or empty.",
    "repeated": "A field stands twice in one record.",
    "value": "A field holds something that it cannot hold.",
    "limit": "There are more records, fields or repeats than a message of its kind may have.",
    "trailing": "Bytes follow after the last record that the list of contents (1.003) announces.",
    "more": "There is more wrong with the file than is listed.",
}


class Unreadable(Exception):
    """These bytes are not a transaction this reader accepts.

    Attributes:
        code: what is wrong, one of the keys of `SENTENCES`.
        field: where, as `2.059`; `1` names a record, empty the file as a whole.
        offset: the byte at which it was noticed, counted from 0.
        others: what else is wrong with the file, each with its own code, field and offset, in the file's order.

    It never holds what the bytes say: a field's value may be criminal history.
    """

    def __init__(self, code: str, field: str = "", offset: int = 0, others: tuple["Unreadable", ...] = ()) -> None:
        super().__init__(code, field, offset)
        self.code = code
        self.field = field
        self.offset = offset
        self.others = others

    def __str__(self) -> str:
        place = f" (field {self.field}, byte {self.offset})" if self.field else ""
        return SENTENCES[self.code] + place

    @property
    def errors(self) -> tuple["Unreadable", ...]:
        """All that is wrong, this first."""
        return (self, *self.others)

    @property
    def ends_early(self) -> bool:
        """Whether the rest of the file may still be on its way."""
        return any(error.code in {"truncated", "empty"} for error in self.errors)

    @classmethod
    def of(cls, errors: Iterable["Unreadable"]) -> "Unreadable":
        """One error for all of them (at least one), to be raised: the first of the file, with the others in it."""
        first, *others = sorted(errors, key=lambda error: error.offset)
        return cls(first.code, first.field, first.offset, tuple(others))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a message may cost.

    Attributes:
        answer: the largest answer, in bytes.
        submission: the largest submission, and the largest file of a type not known here, in bytes.
        records: the most records after the Type-1 record.
        fields: the most fields of a Type-1 or Type-2 record.
        repeats: the most subfields and items of a field.
        errors: the most errors that are listed of one file.
        answers: the types of transaction (1.004) that are answers.
    """

    answer: int = 2_000_000
    submission: int = 64_000_000
    records: int = 250
    fields: int = 1_000
    repeats: int = 10_000
    errors: int = 1_000
    answers: frozenset[str] = frozenset({"SRE", "ERRT", "RBN"})


DEFAULT_LIMITS: Final = Limits()


class Record(NamedTuple):
    """A Type-1 or Type-2 record: `data[start:end]` of a file.

    Attributes:
        values: field number -> value as it stands in the file, in the order of the file.
        codec: the character set that the transaction declares; empty if it declares none.
    """

    type: int
    values: Mapping[int, bytes]
    codec: str
    data: bytes
    start: int
    end: int

    def __repr__(self) -> str:
        """Without what it holds, which may be criminal history."""
        return f"Record({self.type}, {len(self.values)} fields, {self.start}:{self.end})"

    def text(self, number: int) -> str:
        """A field's text without the spaces around it; empty where the field is absent."""
        value = self.values.get(number, b"")
        # Every set that is read here has ASCII in it, and most fields are nothing else.
        return (str(value, "ascii") if value.isascii() else decoded(value, self.codec)).strip()

    def repeats(self, number: int) -> tuple[tuple[str, ...], ...]:
        """A field's subfields, each with its items; none where the field is absent."""
        value = self.values.get(number)
        if value is None:
            return ()
        return tuple(tuple(decoded(item, self.codec) for item in one.split(US)) for one in value.split(RS))

    def name(self, number: int) -> str:
        """How people write the field: `1.009`, `2.2041`."""
        return f"{self.type}.{number:03d}"

    def offsets(self) -> dict[int, int]:
        """Field number -> where its value begins in the file. For errors; counted when asked for."""
        found: dict[int, int] = {}
        place = self.start
        for piece in self.data[self.start : self.end - 1].split(GS):
            head = piece[: piece.find(b":") + 1]
            if number := tag_number(self.type, head[:-1]):
                found.setdefault(number, place + len(head))
            place += len(piece) + 1
        return found

    def error(self, code: str, number: int) -> Unreadable:
        """What is wrong with a field; where it is absent, at the record's beginning."""
        return Unreadable(code, self.name(number), self.offsets().get(number, self.start))


class Image(NamedTuple):
    """A record that was stepped over: its bytes are `data[offset : offset + length]`."""

    type: int
    idc: int
    offset: int
    length: int


class Transaction(NamedTuple):
    """What one file says: its header, its texts, and which images it carries."""

    header: Record
    texts: tuple[Record, ...]
    images: tuple[Image, ...]


def decoded(value: bytes, codec: str = "") -> str:
    """Bytes of a field as text: as declared; else UTF-8; else Latin-1, in which every byte means something."""
    try:
        return value.decode(codec or "utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def tag_number(kind: int, head: bytes) -> int:
    """The field number in what stands before a colon; 0 where it is not the tag of a field of this type."""
    tag = TAG.fullmatch(head + b":") if len(head) < LONGEST_TAG else None
    return int(tag[2]) if tag and int(tag[1]) == kind else 0


def declared(value: bytes) -> str | None:
    """The codec that 1.015 declares by the index of a character set; empty for none, None for one not read here."""
    if not value:
        return ""
    index, _, _ = value.partition(US)
    return _CODECS.get(int(index)) if RS not in value and NUMBER.fullmatch(index) else None


def write(
    header: Mapping[int, str],
    texts: Sequence[Mapping[int, str]],
    version: str = "0500",
    images: Sequence[tuple[int, int, bytes]] = (),
) -> bytes:
    """The bytes of a transaction; lengths and contents (1.001 to 1.003, 2.001) are made here.

    Args:
        header: fields of the Type-1 record; with 1.015, everything is written in the character set that it declares.
        texts: fields of each Type-2 record; one without 2.002 is numbered by its place.
        images: type, IDC and the whole record of each.

    Raises:
        ValueError: a value holds FS or GS, or characters that the declared set has not.
    """
    codec = declared(header.get(DCS, "").encode()) or "utf-8"
    numbered = [{IDC: f"{place:02d}", **text} for place, text in enumerate(texts)]
    listed = [("1", str(len(texts) + len(images)))]
    listed += [("2", text[IDC]) for text in numbered] + [(str(kind), f"{idc:02d}") for kind, idc, _ in images]
    counted = RS.decode().join(US.decode().join(pair) for pair in listed)
    first = _written(1, {VER: version, **header, CNT: counted}, codec)
    return b"".join([first, *(_written(2, text, codec) for text in numbered), *(image for *_, image in images)])


def _written(kind: int, fields: Mapping[int, str], codec: str) -> bytes:
    values = {number: fields[number].encode(codec) for number in sorted(fields) if number != LEN}
    if any(FS in value or GS in value for value in values.values()):
        raise ValueError("a value may not hold a separator of fields or records")
    body = GS.join(f"{kind}.{number:03d}:".encode() + value for number, value in values.items()) + FS
    head = f"{kind}.001:".encode()
    size = len(head) + len(GS) + len(body)
    digits = len(str(size))
    # The length counts its own digits, which may make it one digit longer.
    digits = len(str(size + digits))
    return head + str(size + digits).encode() + GS + body
