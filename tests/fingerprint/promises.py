"""What the reader promises of any bytes, and bytes to try it on. For the suite and for the fuzzer; needs no package."""

import random
from pathlib import Path
from typing import Any, Final

from services.fingerprint import transactions
from services.fingerprint.ebts import FS, SENTENCES, Record, Transaction, Unreadable, read, survey, write
from services.fingerprint.messages import understand

CORPUS: Final = Path(__file__).parent / "corpus"
# What files of this form are made of, and what breaks them.
PIECES: Final = (
    *(b"\x1c", b"\x1d", b"\x1e", b"\x1f", b":", b".", b"0", b"9" * 30, b"\xff\xfe", "É".encode(), b"\xc9", b" "),
    *(
        b"1.001:",
        b"2.001:",
        b"2.01:",
        b"2.002:00\x1d",
        b"\x1d2.059:N",
        b"\x1d1.015:3",
        b"\x1d1.015:0\x1fASCII",
        b"\x1c2",
    ),
    *(b"2\x1f01", b"4\x1f01", b"\x1e2\x1f00", b"14.999:", b"\x00\x00\x00\x05\x01", b"SRE", b"ERRT", b"RBN", b"NFUF"),
)


def kept() -> list[bytes]:
    """The files of the corpus."""
    return [path.read_bytes() for path in sorted(CORPUS.iterdir())]


def mutated(chance: random.Random, content: bytes) -> bytes:
    """The same with some bytes changed, cut, doubled or put in; half of the time with lengths that are right again."""
    found = bytearray(content)
    for _ in range(chance.randint(1, 5)):
        # mostly near the beginning, where the records of text are
        place = chance.randrange(min(len(found), chance.choice((60, 250, 700, 20_000))) + 1)
        match chance.randrange(6):
            case 0 if place < len(found):
                found[place] = chance.randrange(256)
            case 1 if place < len(found):
                found[place] = chance.choice(b"0123456789")
            case 2:
                del found[place : place + chance.randint(1, 12)]
            case 3:
                found[place:place] = chance.choice(PIECES)
            case 4:
                found[place:place] = found[place : place + chance.randint(1, 60)]
            case 5 if not chance.randrange(8):
                del found[place:]
            case _:
                pass
    return mended(bytes(found)) if chance.randrange(2) else bytes(found)


def mended(content: bytes) -> bytes:
    """The same with the lengths of its first two records put right, so that not all damage is a wrong length."""
    found = []
    for place, record in enumerate(content.split(FS)):
        head, colon, rest = record.partition(b":")
        if place < 2 and colon and len(head) < 12:
            rest = rest.lstrip(b"0123456789")
            size = len(head) + len(colon) + len(rest) + len(FS)
            record = head + colon + b"%d" % (size + len(str(size + len(str(size))))) + rest
        found.append(record)
    return FS.join(found)


def said(data: bytes, found: Transaction) -> Any:
    """What a transaction says, wherever in the file it stands: what two readings are compared by."""
    return (
        _said(found.header),
        [_said(text) for text in found.texts],
        [(image.type, image.idc, data[image.offset : image.offset + image.length]) for image in found.images],
    )


def _said(record: Record) -> Any:
    # lengths and contents are made by whoever writes
    made = {transactions.LEN, transactions.CNT} if record.type == 1 else {transactions.LEN}
    return {number: record.repeats(number) for number in record.values if number not in made}


def written(data: bytes, found: Transaction) -> bytes:
    """The bytes that the writer makes of what was read."""
    header = _texts(found.header)
    images = [(image.type, image.idc, data[image.offset : image.offset + image.length]) for image in found.images]
    return write(header, [_texts(text) for text in found.texts], images=images)


def _texts(record: Record) -> dict[int, str]:
    return {number: "\x1e".join("\x1f".join(items) for items in record.repeats(number)) for number in record.values}


def hold(data: bytes) -> str:
    """Whether all promises hold of these bytes.

    Returns:
        The code of the first error; empty if they are a transaction and a message.

    Raises:
        AssertionError, or whatever the reader raises: a promise is broken.
    """
    listed = len(survey(data).errors)
    if not listed:
        found = read(data)
        again = written(data, found)
        assert said(again, read(again)) == said(data, found), "what is written is not what was read"
    try:
        understand(data)
    except Unreadable as refused:
        _plain(refused, len(data), listed)
        return refused.code
    assert not listed
    return ""


def _plain(refused: Unreadable, size: int, listed: int) -> None:
    assert 0 < len(refused.errors) >= listed
    offsets = [error.offset for error in refused.errors]
    assert offsets == sorted(offsets)
    assert all(0 <= offset <= size for offset in offsets)
    assert all(error.code in SENTENCES for error in refused.errors)
    # a field's name is numbers only: nothing of what the file says
    assert not refused.field.replace(".", "").strip("0123456789")
