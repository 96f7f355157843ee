"""Bureaus' result files for tests, written here byte by byte and not by the code that reads them.

The traditional encoding of ANSI/NIST-ITL: `n.nnn:value`, GS between fields, US between items, FS after a record.
"""

import itertools
from datetime import date
from pathlib import Path
from typing import Final, Literal

GS: Final = b"\x1d"
FS: Final = b"\x1c"
RS: Final = b"\x1e"
US: Final = b"\x1f"
ORI: Final = {"fbi": "WVIAFIS0Z", "state": "MOMHP0000"}

_numbers = itertools.count(1)


def _record(fields: dict[str, bytes], kind: int) -> bytes:
    """One record, its length in front: LEN counts every byte, itself and the separator included."""
    rest = GS.join(f"{name}:".encode() + value for name, value in fields.items())
    head = f"{kind}.001:".encode()
    size = len(head) + len(GS) + len(rest) + len(FS)
    total = size + len(str(size))
    total = size + len(str(total))
    return head + str(total).encode() + GS + rest + FS


def _file(kind: str, bureau: str, tcn: str, on: date | None, second: dict[str, bytes]) -> bytes:
    """A transaction of a Type-1 and a Type-2 record."""
    day = (on or date(2026, 11, 2)).strftime("%Y%m%d").encode()
    number = (tcn or f"T{next(_numbers):019d}").encode()
    first = {
        "1.002": b"0500",
        "1.003": b"1" + US + b"1" + RS + b"2" + US + b"00",
        "1.004": kind.encode(),
        "1.005": day,
        "1.006": b"1",
        "1.007": b"MO920000Z",
        "1.008": ORI[bureau].encode(),
        "1.009": number,
        "1.010": b"S" + number[1:],
        "1.011": b"00.00",
        "1.012": b"00.00",
        "1.013": b"NORAM" + US,
        "1.014": day + b"120000Z",
    }
    return _record(first, 1) + _record({"2.002": b"00", **second, "2.073": b"MO920000Z"}, 2)


def answer(
    bureau: Literal["fbi", "state"],
    *,
    oca: str,
    name: str,
    finding: str = "N",
    tcn: str = "",
    rap_sheet: str = "",
    on: date | None = None,
) -> bytes:
    """A search result (SRE): `finding` is SRF, N for no record, I for an identification."""
    second = {"2.009": oca.encode()} if oca else {}
    if finding == "I":
        second["2.014"] = b"123456AB7"
    second |= {"2.018": name.encode(), "2.059": finding.encode()}
    if rap_sheet:
        second["2.075"] = rap_sheet.encode()
    return _file("SRE", bureau, tcn, on, second)


def unreadable(bureau: Literal["fbi", "state"], *, oca: str, on: date | None = None) -> bytes:
    """An error answer (ERRT): the prints' quality was too low (L0008). It holds no name."""
    said = b"L0008 - THE QUALITY OF THE CHARACTERISTICS IS TOO LOW TO BE USED, CANDIDATES WERE FOUND"
    return _file("ERRT", bureau, "", on, {"2.009": oca.encode(), "2.060": said})


def drop(home: Path, content: bytes, name: str = "") -> None:
    """Hand a file in as careful partners do: written under another name, renamed when complete."""
    incoming = home / "spool" / "incoming"
    target = incoming / (name or f"result-{next(_numbers)}.eft")
    part = target.with_name(target.name + ".part")
    part.write_bytes(content)
    part.rename(target)
