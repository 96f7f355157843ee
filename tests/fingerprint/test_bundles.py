"""Zip and tar files are read as a stream, bounded, and held to what they say; one bad member harms no other."""

import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from services.fingerprint import bundles, ebts
from services.fingerprint.bundles import Bundle, Limits, Member, Refused
from tests.fingerprint.answers import FBI, answer
from tests.fingerprint.bundling import a_tar, a_zip

LIMITS = Limits()


_descriptors: list[int] = []


@pytest.fixture(autouse=True)
def _closing() -> Iterator[None]:
    yield
    while _descriptors:
        os.close(_descriptors.pop())


def opened(
    content: bytes,
    limits: Limits = LIMITS,
    seen: Callable[[bytes], object] = lambda _: None,
    beat: Callable[[], object] = lambda: None,
) -> Bundle:
    """The bundle in these bytes, as a file."""
    descriptor = os.memfd_create("bundle")
    _descriptors.append(descriptor)
    os.write(descriptor, content)
    return bundles.opened(descriptor, limits, "/tmp", seen, beat)


def members(content: bytes, limits: Limits = LIMITS, start: int = 0) -> list[Member]:
    return list(opened(content, limits).members(start))


def refusal(content: bytes, limits: Limits = LIMITS) -> str:
    """Why a bundle is refused whole; empty if it is not."""
    try:
        members(content, limits)
    except Refused as refused:
        return refused.code
    return ""


def wrong(content: bytes, limits: Limits = LIMITS) -> list[str]:
    return [member.wrong for member in members(content, limits)]


EVERY_KIND: list[Callable[..., bytes]] = [
    a_zip,
    lambda files: a_zip(files, method=zipfile.ZIP_STORED),
    a_tar,
    lambda files: a_tar(files, packed=True),
    lambda files: a_tar(files, packed=True, form=tarfile.GNU_FORMAT),
    lambda files: a_tar(files, form=tarfile.USTAR_FORMAT),
]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_members_come_in_order_with_their_names_and_bytes(kind: Callable[..., bytes]) -> None:
    files = {"one.eft": b"1" * 3000, "folder/two.eft": b"", "three.eft": b"3"}
    found = members(kind(files))
    assert [(one.number, one.name, one.content, one.wrong) for one in found] == [
        (0, "one.eft", b"1" * 3000, ""),
        (1, "folder/two.eft", b"", ""),
        (2, "three.eft", b"3", ""),
    ]
    assert opened(kind(files)).count == 3


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_reading_goes_on_where_it_stopped(kind: Callable[..., bytes]) -> None:
    content = kind({f"{number}.eft": str(number).encode() for number in range(20)})
    assert [one.content for one in members(content, start=17)] == [b"17", b"18", b"19"]
    assert members(content, start=20) == []


@pytest.mark.parametrize("kind", [a_zip, a_tar])
def test_names_are_labels_and_lead_nowhere(kind: Callable[..., bytes], tmp_path: Path) -> None:
    names = ["../../etc/passwd", "/absolute", "a/../b", "Ñandú ✓ 文件.eft", "..", "C:\\x"]
    found = members(kind(dict.fromkeys(names, b"x")))
    assert [one.name for one in found] == names
    assert {one.wrong for one in found} == {""}


@pytest.mark.parametrize("kind", [a_zip, a_tar])
def test_a_name_that_is_long_or_no_text_is_refused_alone(kind: Callable[..., bytes]) -> None:
    found = members(kind({"n" * 1001: b"1", "a\nb": b"2", "\x1b[2J": b"3", "good": b"4"}))
    assert [one.wrong for one in found] == ["member_name"] * 3 + [""]
    assert all(len(one.name) <= LIMITS.name for one in found)
    assert [one.size for one in found] if kind is a_tar else True
    assert found[3].content == b"4"


@pytest.mark.parametrize("inner", [a_zip({"x": b"x"}), a_tar({"x": b"x"}), a_tar({"x": b"x"}, packed=True)])
@pytest.mark.parametrize("kind", [a_zip, a_tar])
def test_a_bundle_in_a_bundle_stays_closed(kind: Callable[..., bytes], inner: bytes) -> None:
    found = members(kind({"inner": inner, "good": b"1"}))
    assert [one.wrong for one in found] == ["member_nested", ""]
    assert found[0].content == inner


@pytest.mark.parametrize("kind", [a_zip, a_tar])
def test_the_second_of_one_name_is_refused(kind: Callable[..., bytes]) -> None:
    found = members(kind([("a", b"1"), ("a", b"2"), ("b", b"3")]))
    assert [(one.wrong, one.content is not None) for one in found] == [("", True), ("member_twice", True), ("", True)]


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_bundle_cut_anywhere_is_refused_whole(kind: Callable[..., bytes]) -> None:
    content = kind({f"{number}.eft": os.urandom(300) for number in range(4)})
    end = content.rstrip(b"\0") if content[257:262] == b"ustar" else content
    codes = {refusal(content[:size]) for size in range(1, len(end), 7)}
    assert codes <= {"bundle_cut", "bundle_damaged", "bundle_unknown"}
    assert refusal(b"") == "bundle_cut"


@pytest.mark.parametrize("kind", [a_zip, lambda files: a_tar(files, packed=True)])
def test_a_bomb_is_refused_before_it_is_unpacked(kind: Callable[..., bytes]) -> None:
    bomb = kind({f"{number}": bytes(10_000_000) for number in range(8)})
    assert refusal(bomb) == "bundle_ratio"
    assert refusal(bomb, Limits(unpacked=10_000_000)) == "bundle_unpacked"


def test_too_many_members_are_refused() -> None:
    files = {str(number): b"" for number in range(11)}
    assert [refusal(kind(files), Limits(members=10)) for kind in (a_zip, a_tar)] == ["bundle_members"] * 2
    assert [refusal(kind(files), Limits(members=11)) for kind in (a_zip, a_tar)] == ["", ""]


def test_a_bundle_too_large_is_refused() -> None:
    assert refusal(a_zip({"a": b"1"}), Limits(packed=10)) == "bundle_large"


@pytest.mark.parametrize("packed", [10, 1_000_000])
def test_every_byte_of_a_bundle_is_shown_whether_or_not_it_is_taken(packed: int) -> None:
    content = a_zip({"a": os.urandom(2000)})
    seen: list[bytes] = []
    with suppress(Refused):
        opened(content, Limits(packed=packed), seen.append)
    assert b"".join(seen) == content


def test_unpacking_shows_that_it_goes_on() -> None:
    files = {"a": os.urandom(12_000_000), "b": b"2"}
    for kind in (a_tar, lambda files: a_tar(files, packed=True)):
        beats = count()
        found = opened(kind(files), beat=partial(next, beats))
        assert next(beats) >= 12
        # Whoever goes on where another stopped unpacks what comes before as well.
        assert [member.name for member in found.members(1)] == ["b"]
        assert next(beats) >= 24


@pytest.mark.parametrize("length", [0, 3000])
def test_a_message_that_is_packed_by_itself_is_said_to_be_that(length: int) -> None:
    assert refusal(gzip.compress(answer(FBI, rap_sheet="A" * length))) == "bundle_alone"
    assert Refused("bundle_alone").ends_early is False


def test_gzip_members_that_hold_nothing_are_counted() -> None:
    assert refusal(gzip.compress(b"") * 11, Limits(members=10)) == "bundle_members"


def test_what_a_tar_says_of_all_its_members_is_neither_held_nor_endless() -> None:
    said = b"".join(
        tarfile.TarInfo.create_pax_global_header({f"{part}.{number}": "" for number in range(2000)})
        for part in range(20)
    )
    content = said + a_tar({"a": b"1"})
    tracemalloc.start()
    assert [member.content for member in members(content)] == [b"1"]
    assert tracemalloc.get_traced_memory()[1] < len(content) + 2_000_000
    tracemalloc.stop()
    assert refusal(content, Limits(members=10)) == "bundle_unpacked"


def test_what_only_is_named_so_is_no_bundle() -> None:
    assert bundles.looks_like_one("A.ZIP", b"1.001:")
    assert not bundles.looks_like_one("a.eft", b"1.001:20\x1d")
    assert refusal(b"1.001:20\x1d") == "bundle_unknown"
    assert bundles.looks_like_one("a.eft", a_tar({"a": b"1"})[:512])


def test_a_message_that_holds_the_mark_of_a_tar_is_no_bundle() -> None:
    filled = answer(name="R" * 300)
    assert filled[257:280] == b"R" * 23
    message = filled[:257] + b"ustar" + filled[262:]
    assert not bundles.looks_like_one("a.eft", message[:512])
    assert wrong(a_zip({"a.eft": message})) == [""]


def test_an_encrypted_member_is_refused_alone_and_its_packed_bytes_are_kept() -> None:
    content = bytearray(a_zip({"a": b"secret" * 9, "b": b"2"}))
    _set_flag(content, 0, 1)
    found = members(bytes(content))
    assert [one.wrong for one in found] == ["member_encrypted", ""]
    assert zlib.decompress(found[0].content or b"", -15) == b"secret" * 9


def test_an_unknown_method_is_refused_alone() -> None:
    assert wrong(a_zip({"a": b"1"}, method=zipfile.ZIP_LZMA)) == ["member_method"]
    assert wrong(a_zip({"a": b"1"}, method=zipfile.ZIP_BZIP2)) == ["member_method"]


@pytest.mark.parametrize("said", [0, 5, 2999, 3001, 10_000_000])
def test_a_member_that_lies_about_its_size_is_refused_alone(said: int) -> None:
    content = bytearray(a_zip({"a": b"z" * 3000, "b": b"2"}))
    struct.pack_into("<L", content, 22, said)
    struct.pack_into("<L", content, content.find(b"PK\x01\x02") + 24, said)
    assert wrong(bytes(content)) == ["member_size", ""]


@pytest.mark.parametrize("size", [1_000_000, 1_000_001, 3_000_000, 3_001_000])
@pytest.mark.parametrize("held", [64_000_000, 500_000])
def test_a_member_that_is_unpacked_in_pieces_is_read_to_its_very_end(size: int, held: int) -> None:
    packed = a_zip({"a": b"z" * size, "b": b"2"})
    (first, second) = members(packed, Limits(held=held, ratio=2000))
    content = first.content if first.content is not None else b"".join(first.pieces() if first.pieces else ())
    assert (first.wrong, content == b"z" * size, second.content) == ("", True, b"2")


@pytest.mark.parametrize("said", [1_000_001, 2_999_999, 3_000_001])
def test_a_member_unpacked_in_pieces_that_lies_about_its_size_is_refused_alone(said: int) -> None:
    content = bytearray(a_zip({"a": b"z" * 3_000_000, "b": b"2"}))
    struct.pack_into("<L", content, 22, said)
    struct.pack_into("<L", content, content.find(b"PK\x01\x02") + 24, said)
    assert wrong(bytes(content)) == ["member_size", ""]


def test_a_member_unpacked_in_pieces_with_bytes_behind_its_end_is_refused_alone() -> None:
    large = os.urandom(1_500_000)
    packing = zlib.compressobj(wbits=-15)
    packed = packing.compress(large) + packing.flush() + b"behind"
    stored = bytearray(a_zip({"a": packed, "b": b"2"}, method=zipfile.ZIP_STORED))
    entry = stored.find(b"PK\x01\x02", len(packed))
    for method_at, crc_at, size_at in ((8, 14, 22), (entry + 10, entry + 16, entry + 24)):
        struct.pack_into("<H", stored, method_at, 8)
        struct.pack_into("<L", stored, crc_at, zlib.crc32(large))
        struct.pack_into("<L", stored, size_at, len(large))
    assert wrong(bytes(stored)) == ["member_size", ""]


def test_a_member_whose_two_headers_differ_is_refused_alone() -> None:
    content = bytearray(a_zip({"a": b"z" * 3000, "b": b"2"}))
    struct.pack_into("<L", content, 22, 17)
    assert wrong(bytes(content)) == ["member_size", ""]
    content = bytearray(a_zip({"a": b"z" * 3000, "b": b"2"}))
    content[30] = ord("c")
    assert wrong(bytes(content)) == ["member_damaged", ""]


def test_a_changed_byte_is_noticed_in_its_member_alone() -> None:
    content = bytearray(a_zip({"a": os.urandom(3000), "b": b"2"}))
    content[1000] ^= 1
    assert wrong(bytes(content)) == ["member_damaged", ""]


def test_members_that_share_bytes_are_refused_whole() -> None:
    one = a_zip({"a": b"z" * 3000, "b": b"2"})
    content = bytearray(one)
    second = content.rfind(b"PK\x01\x02")
    struct.pack_into("<L", content, second + 42, 10)
    assert refusal(bytes(content)) == "bundle_damaged"


def test_one_disk_of_several_is_refused() -> None:
    content = bytearray(a_zip({"a": b"1"}))
    struct.pack_into("<H", content, content.rfind(b"PK\x05\x06") + 4, 1)
    assert refusal(bytes(content)) == "bundle_disks"
    assert refusal(b"PK\x07\x08" + a_zip({"a": b"1"})) == "bundle_disks"


def test_a_large_zip_has_the_large_form() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file, file.open("a", "w", force_zip64=True) as member:
        member.write(b"1")
    assert wrong(stream.getvalue()) == [""]
    many = a_zip({str(number): b"" for number in range(70_000)})
    assert opened(many).count == 70_000


def test_a_zip_written_as_a_stream_is_read() -> None:
    class OneWay(io.RawIOBase):
        def __init__(self) -> None:
            self.written = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.written += data
            return len(data)

    stream = OneWay()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a", b"1" * 100)
        file.writestr("b", b"2")
    assert [one.content for one in members(bytes(stream.written))] == [b"1" * 100, b"2"]


def test_links_and_devices_are_refused_alone() -> None:
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        for kind in kinds:
            entry = tarfile.TarInfo(f"special-{kind.decode()}")
            entry.type, entry.linkname = kind, "/etc/passwd"
            file.addfile(entry)
        entry = tarfile.TarInfo("good")
        entry.size = 4
        file.addfile(entry, io.BytesIO(b"good"))
    found = members(stream.getvalue())
    assert [one.wrong for one in found] == ["member_special"] * 5 + [""]
    assert all(one.content for one in found)
    link = zipfile.ZipInfo("link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    assert wrong(a_zip([(link, b"/etc/passwd"), ("good", b"1")])) == ["member_special", ""]


def test_folders_are_no_members() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        entry = tarfile.TarInfo("folder")
        entry.type = tarfile.DIRTYPE
        file.addfile(entry)
    assert opened(stream.getvalue()).count == 0
    assert opened(a_zip({"folder/": b""})).count == 0


def test_what_only_says_that_it_is_a_folder_is_not_overlooked() -> None:
    content = bytearray(a_zip({"a/": answer()}))
    for size_at in (22, content.find(b"PK\x01\x02") + 24):
        struct.pack_into("<L", content, size_at, 0)
    assert wrong(bytes(content)) == ["member_size"]


def test_damage_in_the_middle_of_a_tar_is_not_its_end() -> None:
    content = bytearray(a_tar({"a": b"1", "b": b"2", "c": b"3"}, form=tarfile.USTAR_FORMAT))
    content[1024] ^= 1
    assert refusal(bytes(content)) == "bundle_damaged"


def test_something_behind_the_end_of_a_tar_is_damage() -> None:
    content = a_tar({"a": b"1"})
    assert refusal(content + b"\0" * 5000) == ""
    assert refusal(content + a_tar({"b": b"2"})) == "bundle_damaged"


def test_a_member_of_100_mb_is_read_in_pieces() -> None:
    limits = Limits(held=1_000_000)
    large = b"z" * 100_000_000
    for kind in (a_zip, lambda files: a_tar(files, packed=True)):
        content = kind({"large": large, "small": b"2", "random": os.urandom(1_200_000)})
        tracemalloc.start()
        found = opened(content, Limits(held=1_000_000, ratio=2000)).members(0)
        first = next(found)
        assert first.content is None
        assert first.wrong == ""
        assert first.pieces is not None
        assert sum(map(len, first.pieces())) == first.size == len(large)
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
        tracemalloc.stop()
        second, third = found
        assert second.content == b"2"
        assert third.pieces is not None
        assert sum(map(len, third.pieces())) == 1_200_000
    assert limits.held == 1_000_000


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_member_that_is_held_is_held_once(kind: Callable[..., bytes]) -> None:
    large = os.urandom(20_000_000)
    found = opened(kind({"large": large})).members(0)
    tracemalloc.start()
    try:
        member = next(found)
        assert (member.content, member.wrong, member.size) == (large, "", len(large))
        assert tracemalloc.get_traced_memory()[1] < 1.5 * len(large)
    finally:
        tracemalloc.stop()


def test_a_member_larger_than_any_is_not_unpacked() -> None:
    limits = Limits(held=500_000, member=1_000_000, ratio=2000)
    assert wrong(a_zip({"large": b"z" * 3_000_000, "small": b"2"}), limits) == ["member_large", ""]
    large = os.urandom(3_000_000)
    assert [refusal(kind({"large": large}), limits) for kind in (a_zip, a_tar)] == ["bundle_unpacked"] * 2


def test_ten_thousand_members_cost_no_memory_to_speak_of() -> None:
    # Of 65,536 random beginnings one is that of a gzip, which would be a bundle in a bundle.
    content = a_zip({f"{number:06}.eft": b"1." + os.urandom(300) for number in range(10_000)})
    tracemalloc.start()
    assert sum(1 for one in opened(content).members(0) if not one.wrong) == 10_000
    assert tracemalloc.get_traced_memory()[1] < 8_000_000
    tracemalloc.stop()


def test_every_code_has_a_sentence_and_none_is_another_s() -> None:
    assert not set(bundles.SENTENCES) & set(ebts.SENTENCES)
    assert all(sentence.endswith(".") for sentence in bundles.SENTENCES.values())


@given(some.sampled_from(range(6)), some.data())
def test_whatever_is_changed_there_is_no_other_error(which: int, data: some.DataObject) -> None:
    content = bytearray(EVERY_KIND[which]({"a": b"1" * 700, "folder/b": bytes(range(256)), "c": b""}))
    for _ in range(data.draw(some.integers(1, 4))):
        content[data.draw(some.integers(0, len(content) - 1))] = data.draw(some.integers(0, 255))
    for one in _read(bytes(content)):
        assert one.wrong in {*bundles.SENTENCES, ""}
        assert one.content is not None


@given(some.binary(max_size=400), some.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b\x08"]))
def test_noise_is_refused(noise: bytes, head: bytes) -> None:
    assert all(one.wrong in {*bundles.SENTENCES, ""} for one in _read(head + noise))


def _read(content: bytes) -> Iterator[Member]:
    try:
        yield from members(content, Limits(free=100_000, members=100))
    except Refused as refused:
        assert refused.code in bundles.SENTENCES  # noqa: PT017 - most are no bundles, and some are


def _set_flag(content: bytearray, number: int, flag: int) -> None:
    """Set a general purpose bit of a member in both of its headers."""
    entry = -1
    for _ in range(number + 1):
        entry = content.find(b"PK\x01\x02", entry + 1)
    (start,) = struct.unpack_from("<L", content, entry + 42)
    content[entry + 8] |= flag
    content[start + 6] |= flag
