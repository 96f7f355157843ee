"""Our reader of results against `nistitl`, the one that Python has: `make bench ARGS=reader`.

The same generated files (seeded, the kinds in the proportions of a year), in one run, in interleaved pairs:

- ours: `ebts.read`, strict; then `messages.understand`, which also types what the file says;
- theirs: `nistitl.Message().parse`.

Ratios of processor time count, not rates: machines differ.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Final

import nistitl  # type: ignore[import-untyped]

from services.fingerprint.ebts import FS, GS, read, write
from services.fingerprint.messages import understand

LEAST_RATIO: Final = 5.0
FILES: Final = 2_000
SEED: Final = 2026
# What arrives: kind -> share of the files.
SHARES: Final = {"no record": 0.80, "record": 0.08, "unreadable": 0.05, "notice": 0.03, "submission": 0.04}
_NAMES: Final = ("RIVERA,JORDAN", "MUÑOZ,ZOË MARIE", "TESTER,JANE Q", "O'BRIEN-SMITH,PAT")


def compare(pairs: int) -> bool:
    """Print what was found; whether it holds."""
    files = generated()
    holds = True
    for kind, content in [*files.items(), ("all", [one for some in files.values() for one in some])]:
        found = [(_took(read, content), _took(understand, content), _took(_theirs, content)) for _ in range(pairs)]
        ours, typed, theirs = (statistics.median(times) for times in zip(*found, strict=True))
        ratio = statistics.median(their / our for our, _, their in found)
        print(
            f"reader, {kind:<10} {len(content):>5} files: ours {ours * 1e6:6.1f} µs a file"
            f" (with types {typed * 1e6:6.1f}), nistitl {theirs * 1e6:7.1f}; {ratio:.1f} times as fast"
            f" (with types {theirs / typed:.1f}; at least {LEAST_RATIO})"
        )
        holds = holds and ratio >= LEAST_RATIO
    return holds


def generated(count: int = FILES) -> dict[str, list[bytes]]:
    """Files of each kind, the same in every run."""
    chance = random.Random(SEED)
    makers: dict[str, Callable[[random.Random, int], bytes]] = {
        "no record": lambda chance, n: _answer(chance, n, "SRE", {59: "N"}),
        "record": lambda chance, n: _answer(chance, n, "SRE", {59: "I", 75: _rap_sheet(chance)}),
        "unreadable": lambda chance, n: _answer(chance, n, "ERRT", {60: "L0008 - Too low.\x1eL0118 - Print again."}),
        "notice": _notice,
        "submission": _submission,
    }
    return {kind: [makers[kind](chance, n) for n in range(int(count * share))] for kind, share in SHARES.items()}


def _header(number: int, kind: str) -> dict[int, str]:
    header = {4: kind, 5: "20260901", 6: "6", 7: "MO920000Z", 8: "WVIAFIS0Z", 9: f"E{number:019d}"}
    header |= {10: f"MODESE{number:014d}", 11: "00.00", 12: "00.00", 13: "NORAM\x1fEBTS 10.0", 14: "20260901140501Z"}
    return header


def _answer(chance: random.Random, number: int, kind: str, text: dict[int, str]) -> bytes:
    about = {9: f"2301-{chance.randrange(10**8):08d}", 18: chance.choice(_NAMES), 73: "MO920000Z"}
    return write(_header(number, kind), [about | text])


def _notice(chance: random.Random, number: int) -> bytes:
    more = {14: "000010NY1", 22: "19900102", 2015: "20310901", 2041: f"N{number:09d}", 2048: f"S{number:09d}"}
    return _answer(
        chance, number, "RBN", more | {2054: "20260901", 2064: f"EDUCATOR ID\x1f{chance.randrange(10**8):08d}"}
    )


def _submission(chance: random.Random, number: int) -> bytes:
    """With one image for each of ten fingers and three slaps, small ones."""
    text = {5: "N", 16: f"{chance.randrange(10**9):09d}", 18: chance.choice(_NAMES), 20: "MO", 22: "19900102", 24: "F"}
    text |= {25: "W", 27: "506", 29: "150", 31: "BRO", 32: "BRO", 37: "SCHOOL EMPLOYEE RSMO 168.133", 38: "20260829"}
    images = [(14, idc, _image(idc, chance.randbytes(chance.randrange(1_000, 3_000)))) for idc in range(1, 14)]
    return write(_header(number, "NFUF"), [text | {73: "MO920000Z"}], images=images)


def _image(idc: int, pixels: bytes) -> bytes:
    fields = (f"14.002:{idc:02d}", "14.003:1", "14.006:800", "14.007:750", "14.011:WSQ20", f"14.013:{idc}")
    rest = GS.join(field.encode() for field in fields) + GS + b"14.999:" + pixels + FS
    return f"14.001:{len(rest) + 16:08d}".encode() + GS + rest


def _rap_sheet(chance: random.Random) -> str:
    return "\r\n".join(f"INVENTED LINE {chance.randrange(10**6)} OF NO PERSON".ljust(72) for _ in range(40))


def _theirs(content: bytes) -> None:
    nistitl.Message().parse(content)


def _took(parse: Callable[[bytes], object], files: Sequence[bytes]) -> float:
    """Seconds of processor time a file."""
    began = time.process_time()
    for content in files:
        parse(content)
    return (time.process_time() - began) / len(files)
