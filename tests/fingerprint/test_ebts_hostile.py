"""Whatever the bytes, the reader keeps its promises, and its work grows with their number and no faster."""

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, Final, SupportsIndex

import pytest

from services.fingerprint import ebts, messages, transactions
from services.fingerprint.ebts import Limits, Unreadable, write
from services.fingerprint.messages import understand
from tests.fingerprint.promises import hold, kept, mutated

MUTATIONS: Final = 30_000


def test_no_mutation_breaks_a_promise() -> None:
    """The part of the fuzzer's work that every run of the suite has time for."""
    chance = random.Random(25)
    seeds = kept()
    codes = {hold(mutated(chance, chance.choice(seeds))) for _ in range(MUTATIONS)}
    # the mutations reach everything that can be wrong, and some files stay whole
    assert codes == {*ebts.SENTENCES, ""} - {"too_large", "more"}


def test_noise_breaks_no_promise() -> None:
    chance = random.Random(26)
    alphabet = b"\x1c\x1d\x1e\x1f12.0:\xc9"
    for _ in range(3_000):
        hold(bytes(chance.choices(alphabet, k=chance.randrange(80))))
        hold(b"1.001:" + bytes(chance.choices(alphabet, k=chance.randrange(80))))


class Work:
    """How many lines the reader ran, how many bytes it had looked at, and into how many pieces it cut them."""

    def __init__(self) -> None:
        self.lines = 0
        self.bytes = 0
        self.pieces = 0
        self._of = {ebts.__file__, messages.__file__, transactions.__file__}

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """For `sys.settrace`: count the lines of the reader."""
        if frame.f_code.co_filename not in self._of:
            return None
        self.lines += event == "line"
        return self.trace


class Weighed(bytes):
    """Bytes that count what is done with them: a search costs what it passes over, a slice what it copies."""

    work: Work

    def of(self, work: Work) -> "Weighed":
        self.work = work
        return self

    def _cost(self, size: int) -> None:
        self.work.bytes += size

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        if isinstance(found, int):
            return found
        self._cost(len(found))
        return Weighed(found).of(self.work)

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        found = super().find(sub, start, end)
        self._cost((found if found >= 0 else len(self)) - (start or 0))
        return found

    def count(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        self._cost((len(self) if end is None else end) - start)
        return super().count(sub, start, end)

    def split(self, sep: Any = None, maxsplit: SupportsIndex = -1) -> Any:
        self._cost(len(self))
        pieces = super().split(sep, maxsplit)
        self.work.pieces += len(pieces)
        return [Weighed(piece).of(self.work) for piece in pieces]

    def partition(self, sep: Any) -> Any:
        self._cost(len(self))
        return tuple(Weighed(piece).of(self.work) for piece in super().partition(sep))

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        self._cost(len(self))
        return super().decode(encoding, errors)

    def isascii(self) -> bool:
        self._cost(len(self))
        return super().isascii()

    def __hash__(self) -> int:
        self._cost(len(self))
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        self._cost(len(self))
        return super().__eq__(other)


def _long(body: bytes) -> bytes:
    """A Type-1 record of these bytes that is as long as it says."""
    return b"1.001:%09d\x1d" % (len(body) + 17) + body + b"\x1c"


SRE: Final = {4: "SRE", 5: "20260901", 8: "WVIAFIS0Z", 9: "T1"}
TEXT: Final = {18: "A,B", 59: "N", 73: "M"}
# Each makes a file that is twice as large for twice the number, and costs twice the work of a linear reader.
SHAPES: Final[dict[str, Callable[[int], bytes]]] = {
    "separators of fields": lambda n: _long(b"\x1d" * n),
    "separators of records": lambda n: _long(b"\x1c" * n),
    "separators of subfields": lambda n: write(SRE, [TEXT | {60: "\x1e" * n}]),
    "separators of items": lambda n: write(SRE, [TEXT | {60: "\x1f" * n}]),
    "digits": lambda n: b"1.001:" + b"9" * n,
    "padding": lambda n: b"1." + b"0" * n + b"1:50\x1d",
    "no colon": lambda n: _long(b"x" * n),
    "colons": lambda n: _long(b":" * n),
    "no end": lambda n: b"1.001:99\x1d" + b"x" * n,
    "one long field": lambda n: write(SRE, [TEXT | {75: "LINE\n" * n}]),
    "one long field, Latin-1": lambda n: write(SRE | {15: "1"}, [TEXT | {75: "É" * n}]).replace(b"1.015", b"1.016"),
    "many fields": lambda n: write(SRE, [TEXT | dict.fromkeys(range(3000, 3000 + n), "A")]),
    "many fields not in the declared set": lambda n: write(
        SRE | {15: "1"}, [TEXT | dict.fromkeys(range(3000, 3000 + n), "É")]
    ).replace(b"1.015:1", b"1.015:3"),
    "fields with odd tags": lambda n: _long(b"\x1d".join(b"1.%06d:" % number for number in range(2, n))),
    "one field again and again": lambda n: _long(b"\x1d".join([b"1.009:A"] * n)),
    "records of text": lambda n: write(SRE, [TEXT] * n),
    "records of text, all wrong": lambda n: write(SRE, [TEXT] * n).replace(b"2.002:", b"2.003:"),
    "records of text with wrong lengths": lambda n: write(SRE, [TEXT] * n).replace(b"2.001:", b"2.001:9"),
    "records of text that are not listed": lambda n: write(SRE, [TEXT] * n).replace(b"\x1e2\x1f00", b"\x1e2-00"),
    "small images": lambda n: write(SRE, [TEXT], images=[(7, 1, b"\x00\x00\x00\x05\x01")] * n),
    "one large image": lambda n: write(
        SRE, [TEXT], images=[(7, 1, (n * 9 + 5).to_bytes(4) + b"\x01" + b"\x1c" * 9 * n)]
    ),
    "a long list of contents": lambda n: write(SRE, []).replace(b"1.003:1\x1f0", b"1.003:1" + b"\x1e2\x1f1" * n),
    "a list of contents in one subfield": lambda n: write(SRE, []).replace(b"1.003:1", b"1.003:1" + b"\x1f1" * n),
    "reject codes": lambda n: write(SRE | {4: "ERRT"}, [{60: "L0008 " * n}]),
}
BOUNDLESS: Final = Limits(10**9, 10**9, 10**9, 10**9, 10**9, 10**9)


def work_of(data: bytes, limits: Limits) -> Work:
    """What it costs to read and understand a file."""
    work = Work()
    weighed = Weighed(data).of(work)
    before = sys.gettrace()
    sys.settrace(work.trace)
    try:
        understand(weighed, limits)
    except Unreadable:
        pass
    finally:
        sys.settrace(before)
    return work


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_bytes_cost_twice_the_work(shape: str) -> None:
    small, large = (SHAPES[shape](n) for n in (400, 800))
    less, more = work_of(small, BOUNDLESS), work_of(large, BOUNDLESS)
    assert more.lines <= 2.05 * less.lines
    assert more.bytes <= 2.05 * less.bytes
    # each byte may be a field of its own, for which some fifty lines run; it is looked at a few times
    assert more.lines <= 60 * len(large)
    assert more.bytes <= 25 * len(large)


@pytest.mark.parametrize(
    ("shape", "limits"),
    [
        ("separators of fields", Limits(fields=10)),
        ("many fields", Limits(fields=10)),
        ("fields with odd tags", Limits(fields=10)),
        ("one field again and again", Limits(fields=10)),
        ("records of text", Limits(records=10)),
        ("records of text that are not listed", Limits(records=10)),
        ("small images", Limits(records=10)),
        ("a long list of contents", Limits(records=10)),
        ("separators of subfields", Limits(repeats=10)),
        ("separators of items", Limits(repeats=10)),
        ("separators of subfields", Limits(answer=300)),
        ("reject codes", Limits(answer=300)),
        ("separators of subfields", Limits(answer=200, submission=300)),
    ],
)
def test_a_limit_is_enforced_before_the_work_that_it_bounds(shape: str, limits: Limits) -> None:
    """What is over a limit is counted, and that is all: twice of it runs no more lines and makes no more pieces."""
    less, more = (work_of(SHAPES[shape](n), limits) for n in (400, 800))
    assert more.lines <= less.lines + 10
    assert more.lines < 1_500
    assert more.pieces <= less.pieces + 10


def test_a_search_that_starts_again_each_time_would_be_noticed() -> None:
    work = Work()
    data = Weighed(b"x" * 100).of(work)
    for _ in range(100):
        data.find(b"\x1c")
    assert work.bytes == 10_000
