"""Search anything for a planted Social Security Number, in every form it could leave in.

`found_in` looks for the nine digits plain, dashed and spaced; each of these in base64 (at all three alignments), hex,
percent-encoding, JSON escapes and UTF-16; and for all of that again inside whatever gzip, zlib or base64 hides.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

DEEPEST: Final = 3
MOST_INSIDE: Final = 16 * 1024 * 1024  # bytes that one compressed piece may unpack to

_GZIP: Final = re.compile(rb"\x1f\x8b\x08")
_ZLIB: Final = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX: Final = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")


@lru_cache(maxsize=64)
def needles(ssn: str) -> dict[str, bytes]:
    """Every form of a number of nine digits, by the name of the form."""
    written = {"plain": ssn, "dashed": f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}", "spaced": f"{ssn[:3]} {ssn[3:5]} {ssn[5:]}"}
    forms: dict[str, bytes] = {}
    for name, text in written.items():
        plain = text.encode()
        forms[name] = plain
        forms[f"{name} utf-16"] = text.encode("utf-16-le")
        forms[f"{name} hex"] = binascii.hexlify(plain)
        forms[f"{name} HEX"] = binascii.hexlify(plain).upper()
        forms[f"{name} url"] = b"".join(b"%%%02x" % byte for byte in plain)
        forms[f"{name} json"] = "".join(f"\\u{ord(letter):04x}" for letter in text).encode()
        for shift in range(3):
            # the characters that depend on these bytes alone, wherever they stand in a longer base64 text
            encoded = base64.b64encode(b"\0" * shift + plain + b"\0" * (-(shift + len(plain)) % 3))
            sure = encoded[(shift * 8 + 5) // 6 : ((shift + len(plain)) * 8) // 6]
            forms[f"{name} base64 {shift}"] = sure
            forms[f"{name} base64url {shift}"] = sure.translate(bytes.maketrans(b"+/", b"-_"))
    return forms


def found_in(haystack: bytes, ssn: str, *, deepest: int = DEEPEST) -> list[str]:
    """The forms in which the number is in these bytes; empty where it is not."""
    lower = haystack.lower()
    found = [
        name
        for name, needle in needles(ssn).items()
        if (needle.lower() in lower if "url" in name else needle in haystack)
    ]
    if deepest:
        for kind, inside in _hidden(haystack):
            found += [f"{form} in {kind}" for form in found_in(inside, ssn, deepest=deepest - 1)]
    return found


def _hidden(haystack: bytes) -> Iterator[tuple[str, bytes]]:
    """What compressed or encoded pieces hold."""
    for kind, mark, bits in (("gzip", _GZIP, 31), ("zlib", _ZLIB, 15)):
        for piece in mark.finditer(haystack):
            try:
                yield kind, zlib.decompressobj(bits).decompress(haystack[piece.start() :], MOST_INSIDE)
            except zlib.error:
                continue
    for piece in _BASE64.finditer(haystack):
        text = piece.group().rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
        text = text[: len(text) - (len(text) % 4 == 1)]
        inside = base64.b64decode(text + b"=" * (-len(text) % 4))
        if _GZIP.match(inside) or _ZLIB.match(inside):
            yield "base64", inside
    for piece in _HEX.finditer(haystack):
        inside = binascii.unhexlify(piece.group())
        if _GZIP.match(inside) or _ZLIB.match(inside):
            yield "hex", inside
