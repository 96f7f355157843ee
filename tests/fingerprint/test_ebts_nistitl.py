"""`nistitl`, which others wrote, reads the same files the same way; where it does not, this says why ours is right."""

import random
import struct
import warnings
from typing import Any, Final

import nistitl  # type: ignore[import-untyped]
import pytest

from services.fingerprint.ebts import RS, US, Transaction, Unreadable, read, survey, write
from services.fingerprint.messages import understand
from tests.fingerprint.promises import kept, mended, mutated

HEADER: Final = {4: "SRE", 5: "20260901", 7: "MO920000Z", 8: "WVIAFIS0Z", 9: "T1"}
WHOLE: Final = write(HEADER, [{18: "A,B", 59: "N", 73: "MO920000Z"}])


def damaged(old: bytes, new: bytes) -> bytes:
    assert WHOLE.count(old) == 1
    return mended(WHOLE.replace(old, new))


# What this reader refuses and `nistitl` takes: the code, why it must be refused, and an example.
IT_IS_LAX: Final = [
    ("version", "It reads any version of the standard, one that is not a number included.", (b"0500", b"0900")),
    ("count", "It does not hold the number of records in 1.003 against those that 1.003 lists.", (b"\x1f1", b"\x1f7")),
    ("idc", "It compares the IDC with 1.003 only where the type differs as well.", (b"\x1f00", b"\x1f09")),
    ("record_type", "It compares the type with 1.003 only where the IDC differs as well.", (b"2\x1f00", b"9\x1f00")),
    ("repeated", "It takes the last of two fields if the first has items.", (b"2.073:", b"2.073:A\x1fB\x1d2.073:")),
    ("tag", "It takes a field 0 and a record whose first field is not its length.", (b"2.001:", b"2.041:")),
    ("length", "Of a length with something after the digits it takes the digits.", (b"\x1d2.002", b" \x1d2.002")),
    ("characters", "It reads everything as Latin-1, whatever 1.015 declares.", (b"T1", b"T1\x1d1.015:2")),
]
# What `nistitl` refuses and this reader takes: what is wrong inside an image. It reads the fields of a tagged image and
# stumbles over them; here an image is stepped over, and nothing that the system does rests on it.


def theirs(data: bytes) -> Any:
    """What it reads; None where it does not, with whatever it raises."""
    oracle = nistitl.Message()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of types 3, 5 and 6, which the standard no longer has
        try:
            oracle.parse(data)
        except (nistitl.NistException, struct.error, ValueError, LookupError, TypeError, AttributeError):
            return None
    return oracle


def their_fields(oracle: Any) -> dict[tuple[int, int, int], bytes]:
    """(place, type, number) -> value, of the records of text."""
    return {
        (place, record.type, field.tag): field.NIST.partition(b":")[2]
        for place, record in enumerate(one for one in oracle if one.type in (1, 2))
        for field in record._fields
    }


def differences(found: Transaction, oracle: Any) -> list[Any]:
    """Where they read something else, but for what is known:

    - LEN (1.001, 2.001) and IDC (2.002) are numbers to it, and it writes them without the zeros before them;
    - 1.003 CNT it makes anew from the records;
    - it does not keep how many empty items a field or subfield has.
    """
    ours = {
        (place, record.type, number): value
        for place, record in enumerate((found.header, *found.texts))
        for number, value in record.values.items()
    }
    numbers = {(1, 1), (1, 3), (2, 1), (2, 2)}
    return [
        (key, ours.get(key), their)
        for key, their in their_fields(oracle).items()
        if key[1:] not in numbers and _full(ours.get(key, b"?")) != _full(their)
    ] + [key for key in ours if key not in their_fields(oracle)]


def _full(value: bytes) -> list[bytes]:
    return [one for one in value.split(RS) if one.strip(US)]


def test_both_read_the_same_of_whole_files() -> None:
    compared = 0
    for data in kept():
        if survey(data).errors:
            continue
        found, oracle = read(data), theirs(data)
        assert differences(found, oracle) == []
        assert [record.type for record in oracle if record.type > 2] == [image.type for image in found.images]
        compared += 1
    assert compared > 10


@pytest.mark.parametrize(("code", "why", "change"), IT_IS_LAX)
def test_what_it_takes_and_we_refuse(code: str, why: str, change: tuple[bytes, bytes]) -> None:
    data = damaged(*change)
    assert theirs(data) is not None, why
    with pytest.raises(Unreadable) as refused:
        read(data)
    assert refused.value.code == code


def test_it_takes_an_answer_that_says_nothing() -> None:
    """It has no dictionary of what a type must have; `messages` has."""
    data = damaged(b"\x1d2.059:N", b"")
    assert theirs(data) is not None
    with pytest.raises(Unreadable) as refused:
        understand(data)
    assert (refused.value.code, refused.value.field) == ("missing", "2.059")


def test_damaged_files_are_read_alike_but_for_what_is_explained() -> None:
    chance = random.Random(27)
    seeds = [data for data in kept() if len(data) < 1_000]
    explained = {code for code, _, _ in IT_IS_LAX}
    both = 0
    for _ in range(6_000):
        data = mutated(chance, chance.choice(seeds))
        oracle, found = theirs(data), survey(data)
        if found.errors:
            assert oracle is None or Unreadable.of(found.errors).code in explained
        elif oracle is None:
            assert found.images
        else:
            assert differences(read(data), oracle) == []
            both += 1
    assert both > 300
