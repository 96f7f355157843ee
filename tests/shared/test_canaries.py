"""The search for planted numbers finds them in every form, and nothing else."""

import base64
import gzip
import json
import zlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.canaries import found_in, needles

SSN = "520417083"
DASHED = "520-41-7083"

FORMS = {
    "plain": f"value={SSN};".encode(),
    "dashed": f"<td>{DASHED}</td>".encode(),
    "spaced": b"520 41 7083",
    "hex": SSN.encode().hex().encode(),
    "HEX": DASHED.encode().hex().upper().encode(),
    "utf-16": f"x{SSN}".encode("utf-16"),
    "json": json.dumps({"a": SSN}).encode(),
    "json escapes": "".join(f"\\u{ord(c):04X}" for c in DASHED).encode().lower(),
    "url": "".join(f"%{ord(c):02X}" for c in SSN).encode(),
    "quoted": quote(f"ssn={DASHED}&").encode(),
    "gzip": gzip.compress(f"a letter with {SSN} in it".encode() * 3),
    "zlib": b"row\x00" + zlib.compress(DASHED.encode()) + b"\x00row",
    "gzip in base64": b"data:" + base64.b64encode(gzip.compress(SSN.encode())),
    "gzip in base64url": base64.urlsafe_b64encode(gzip.compress(SSN.encode())).rstrip(b"="),
    "gzip in hex": b"\\x" + gzip.compress(SSN.encode()).hex().encode(),
    "gzip in gzip": gzip.compress(b"tar" + gzip.compress(SSN.encode())),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_planted_number_is_found(form: str) -> None:
    assert found_in(b"before " + FORMS[form] + b" after", SSN)


@given(st.binary(max_size=40), st.binary(max_size=40), st.sampled_from([SSN, DASHED]))
def test_base64_of_any_surroundings_is_found(before: bytes, after: bytes, written: str) -> None:
    assert found_in(base64.b64encode(before + written.encode() + after), SSN)
    assert found_in(base64.urlsafe_b64encode(before + written.encode() + after), SSN)


@given(st.binary(max_size=500))
def test_other_bytes_are_not_taken_for_the_number(noise: bytes) -> None:
    if not any(needle in noise for needle in needles(SSN).values()):
        assert found_in(noise, SSN) == []


def test_the_last_four_alone_are_no_hit() -> None:
    assert found_in(b"ends in 7083", SSN) == []
