"""Invented answers of the bureaus, as bytes."""

from itertools import count

from services.fingerprint.ebts import write
from shared import educator_id

FBI = "WVIAFIS0Z"
STATE = "MOMHP0000"
OURS = "MO920000Z"

_numbers = count(1)


def an_educator() -> str:
    """An Educator ID that no other test uses."""
    return educator_id.make(4_000_000 + next(_numbers))


def answer(
    origin: str = FBI,
    oca: str = "",
    *,
    kind: str = "SRE",
    tcn: str = "",
    tcr: str = "",
    name: str = "RIVERA,JORDAN",
    found: str = "N",
    rap_sheet: str = "",
    note: str = "L0008 - The quality is too low.",
    dated: str = "20260901",
    stamped: str = "20260901140501Z",
    more: dict[int, str] | None = None,
) -> bytes:
    """One answer; every call without `tcn` has a number of its own."""
    header = {4: kind, 5: dated, 6: "6", 7: "MO920000Z", 8: origin, 9: tcn or f"E{next(_numbers):019d}"}
    header |= {10: tcr or f"MODESE{next(_numbers):014d}", 11: "00.00", 12: "00.00", 13: "NORAM\x1fEBTS 10.0"}
    if stamped:
        header[14] = stamped
    text = {73: "MO920000Z"}
    if oca:
        text[9] = oca
    if kind == "ERRT":
        text[60] = note
    else:
        text[18] = name
    if kind == "SRE":
        text[59] = found
    if rap_sheet:
        text[75] = rap_sheet
    return write(header, [text | (more or {})])


def notice(educator: str, tcn: str = "", tcr: str = "") -> bytes:
    """A Rap Back notice about an educator."""
    more = {
        14: "000010NY1",
        22: "19900102",
        2015: "20310901",
        2041: "N1",
        2048: "S1",
        2064: f"EDUCATOR ID\x1f{educator}",
    }
    return answer(FBI, kind="RBN", tcn=tcn, tcr=tcr, more=more)


def _submission(image: bytes, kind: int) -> bytes:
    """A copy of a submission (NFUF) with one image."""
    text = {5: "N", 9: "2300-04172335", 16: "000000000", 18: "TESTER,JANE Q", 20: "MO", 22: "19900102", 24: "F"}
    text |= {
        25: "W",
        27: "506",
        29: "150",
        31: "BRO",
        32: "BRO",
        37: "SCHOOL EMPLOYEE",
        38: "20260829",
        73: "MO920000Z",
    }
    header = {4: "NFUF", 5: "20260829", 6: "6", 7: FBI, 8: "MO920000Z", 9: f"MODESE{next(_numbers):014d}"}
    whole = write(header, [text])
    counted = b"1.003:1\x1f1\x1e2\x1f00"
    more = f"1.003:1\x1f2\x1e2\x1f00\x1e{kind}\x1f01".encode()
    old = int(whole[6 : whole.index(b"\x1d")])
    return (
        whole.replace(counted, more).replace(
            f"1.001:{old}".encode(), f"1.001:{old + len(more) - len(counted)}".encode(), 1
        )
        + image
    )


NASTY = bytes(range(256)) * 8 + b"\x1c\x1d\x1e\x1f1.001:9\x1d2.001:5\x1c"


def image_of_type_4() -> bytes:
    """A submission with a binary image whose bytes look like separators."""
    body = b"\x01\x01\xff\xff\xff\xff\xff\x00\x03 \x02\xee\x01" + NASTY
    return _submission((len(body) + 4).to_bytes(4) + body, 4)


def image_of_type_14() -> bytes:
    """A submission with a tagged image whose bytes look like separators."""
    body = b"\x1d14.002:01\x1d14.999:" + NASTY + b"\x1c"
    size = len(b"14.001:") + 4 + len(body)
    return _submission(b"14.001:" + str(size).encode() + body, 14)


def submission(
    tcn: str = "",
    *numbers: str,
    oca: str = "",
    name: str = "RIVERA,JORDAN",
    born: str = "19990428",
    reason: str = "SCHOOL EMPLOYEE RSMO 168.133",
    origin: str = OURS,
    destination: str = FBI,
) -> bytes:
    """A copy of a submission (NFUF) with these Social Security Numbers, and without its images."""
    header = {4: "NFUF", 5: "20260829", 6: "6", 7: destination, 8: origin, 9: tcn or f"MODESE{next(_numbers):014d}"}
    header |= {11: "00.00", 12: "00.00", 13: "NORAM\x1fEBTS 10.0", 14: "20260829140501Z"}
    text = {5: "N", 16: "\x1e".join(numbers) or "000000000", 18: name, 20: "MO", 22: born, 24: "F", 25: "W", 27: "506"}
    text |= {29: "150", 31: "BRO", 32: "BRO", 37: reason, 38: "20260829", 73: origin}
    return write(header, [text | ({9: oca} if oca else {})])
