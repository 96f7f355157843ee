"""The reader accepts what is a transaction, refuses all else in one way, and says nothing of what it read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.fingerprint.ebts import FS, GS, SENTENCES, Limits, Unreadable, read, survey, write
from tests.fingerprint.answers import answer, image_of_type_4, image_of_type_14
from tests.fingerprint.promises import CORPUS, said, written

WHOLE = answer(oca="2301-04172298", rap_sheet="LINE ONE\nLINE TWO")
SUBMISSIONS = [image_of_type_4(), image_of_type_14()]

_plain = st.characters(codec="utf-8", exclude_characters="\x1c\x1d", exclude_categories=["Cs"])
texts = st.text(_plain, max_size=60)
latin = st.text(st.characters(codec="latin-1", exclude_characters="\x1c\x1d"), max_size=60)
numbers = st.integers(3, 3000)
images = st.tuples(st.sampled_from([3, 4, 5, 6]), st.integers(0, 255), st.binary(max_size=300))


def binary(kind: int, idc: int, body: bytes) -> tuple[int, int, bytes]:
    """An image with a binary header."""
    return kind, idc, (18 + len(body)).to_bytes(4) + bytes([idc]) + bytes(13) + body


def tagged(kind: int, idc: int, body: bytes) -> tuple[int, int, bytes]:
    """An image in a tagged record."""
    rest = f"{kind}.002:{idc:02d}".encode() + GS + f"{kind}.999:".encode() + body + FS
    size = len(f"{kind}.001:00000000") + 1 + len(rest)
    return kind, idc, f"{kind}.001:{size:08d}".encode() + GS + rest


def errors_of(data: bytes, limits: Limits | None = None) -> list[tuple[str, str]]:
    """What is wrong, in the order of the file."""
    with pytest.raises(Unreadable) as refused:
        read(data, limits or Limits())
    assert {error.code for error in refused.value.errors} <= set(SENTENCES)
    assert (refused.value.code, refused.value.field) == (refused.value.errors[0].code, refused.value.errors[0].field)
    return [(error.code, error.field) for error in refused.value.errors]


def code_of(data: bytes) -> str:
    """The one thing that is wrong."""
    ((code, _),) = errors_of(data)
    return code


@given(
    st.dictionaries(st.integers(4, 14), texts, max_size=8),
    st.lists(st.dictionaries(numbers, texts, max_size=8), min_size=1, max_size=4),
    st.lists(images, max_size=3),
    st.lists(st.tuples(st.integers(9, 99), st.integers(0, 999), st.binary(max_size=300)), max_size=3),
)
def test_what_is_written_is_read_back(
    header: dict[int, str],
    records: list[dict[int, str]],
    binaries: list[tuple[int, int, bytes]],
    others: list[tuple[int, int, bytes]],
) -> None:
    carried = [*(binary(*one) for one in binaries), *(tagged(*one) for one in others)]
    data = write(header, records, images=carried)
    found = read(data)
    assert {number: found.header.values[number].decode() for number in header} == header
    assert [{n: value.decode() for n, value in text.values.items() if n > 2} for text in found.texts] == records
    assert [(kind, idc, data[at : at + size]) for kind, idc, at, size in found.images] == carried


@given(st.sampled_from(["1\x1flatin", "001"]), st.dictionaries(numbers, latin, max_size=8))
def test_a_declared_character_set_is_used(declared: str, record: dict[int, str]) -> None:
    data = write({15: declared}, [record])
    found = read(data)
    assert {n: found.texts[0].text(n) for n in record} == {n: value.strip() for n, value in record.items()}
    assert said(written(data, found), read(written(data, found))) == said(data, found)


@pytest.mark.parametrize("value", [b"MU\xc3\x91OZ,ZO\xc3\x8b", b"MU\xd1OZ,ZO\xcb"])
def test_without_a_declaration_text_is_utf_8_or_else_latin_1(value: bytes) -> None:
    name = "MUÑOZ,ZOË"
    data = write({15: "1"}, [{18: name}]) if len(value) == len(name) else write({}, [{18: name}])
    undeclared = data.replace(b"1.015:1", b"1.016:1")
    assert value in undeclared
    assert read(undeclared).texts[0].text(18) == name


@pytest.mark.parametrize("declared", ["0\x1fASCII", "3\x1fUTF-8\x1f"])
def test_text_that_is_not_in_the_declared_character_set_is_refused(declared: str) -> None:
    data = write({15: declared}, [{18: "ABC", 60: "DE", 75: "F"}])
    assert read(data).texts[0].text(18) == "ABC"
    assert errors_of(data.replace(b"ABC", b"A\xffC").replace(b":F", b":\xff")) == [
        ("characters", "2.018"),
        ("characters", "2.075"),
    ]


@pytest.mark.parametrize("declared", ["2\x1fUTF-16", "4\x1fUTF-32", "5", "128\x1fOURS", "UTF-8", "0\x1e3", "\x1f"])
def test_a_character_set_that_cannot_be_read_is_refused(declared: str) -> None:
    data = write({16: declared}, [{}]).replace(b"1.016:", b"1.015:")
    assert errors_of(data) == [("characters", "1.015")]


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_file_is_said_to_end_early(length: int) -> None:
    with pytest.raises(Unreadable) as refused:
        read(WHOLE[:length])
    assert refused.value.ends_early
    assert [error.code for error in refused.value.errors] in (["truncated"], ["empty"])


@given(st.integers(1, len(SUBMISSIONS[1]) - 1), st.sampled_from(SUBMISSIONS))
def test_a_cut_submission_is_said_to_end_early(length: int, whole: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read(whole[: min(length, len(whole) - 1)])
    assert refused.value.ends_early


def test_images_are_stepped_over_whatever_bytes_they_hold() -> None:
    for content, kind in zip(SUBMISSIONS, (4, 14), strict=True):
        ((found, idc, offset, length),) = read(content).images
        assert (found, idc, offset + length) == (kind, 1, len(content))


def test_numbers_are_compared_as_numbers() -> None:
    short = WHOLE.replace(b"1.009:", b"1.09:").replace(b"1.001:", b"1.1:", 1).replace(b"2.018:", b"2.00018:")
    header, length = WHOLE.index(FS) + 1, len(short) - len(WHOLE)
    short = short.replace(f"1.1:{header}".encode(), f"1.1:{header - 3:03d}".encode(), 1)
    text = len(WHOLE) - header
    short = short.replace(f"2.001:{text}".encode(), f"2.001:{text + length + 5:05d}".encode(), 1)
    assert read(short).header.text(9) == read(WHOLE).header.text(9)
    assert read(short).texts[0].text(18) == read(WHOLE).texts[0].text(18)


@pytest.mark.parametrize("version", ["0200", "0201", "0300", "0400", "0500", "0501", "0502"])
def test_versions_of_the_standard_that_are_read(version: str) -> None:
    assert read(write({}, [{}], version)).header.text(2) == version


@pytest.mark.parametrize("version", ["0199", "0600", "5", "", "abc", "-500", "٠٥٠٠"])
def test_other_versions_are_refused(version: str) -> None:
    assert code_of(write({}, [{}], version)) == "version"


def test_each_kind_of_damage_has_its_code() -> None:
    def broken(old: bytes, new: bytes) -> str:
        assert WHOLE.count(old) == 1
        return code_of(WHOLE.replace(old, new))

    assert code_of(b"") == "empty"
    assert code_of(WHOLE + b"x") == "trailing"
    assert broken(b"1.003:1\x1f1", b"1.003:1\x1f2") == "count"
    assert broken(b"1.003:1\x1f1", b"1.003:2\x1f1") == "count"
    assert broken(b"\x1e2\x1f00", b"\x1e2\x1e00") == "count"
    assert broken(b"\x1e2\x1f00", b"\x1e2\x1f01") == "idc"
    assert broken(b"\x1e2\x1f00", b"\x1e4\x1f00") == "record_type"
    assert broken(b"\x1e2\x1f00", b"\x1e9\x1f00") == "record_type"
    assert broken(b"1.002:0500", b"1.002:0600") == "version"
    assert broken(b"2.073:", b"2.018:") == "repeated"
    assert broken(b"2.073:", b"3.073:") == "tag"
    assert broken(b"2.073:", b"2.073;") == "tag"
    assert broken(b"2.073:", b"2.000:") == "tag"
    assert broken(b"LINE ONE", b"LINE\x1cONE") == "separator"
    assert broken(b"LINE ONE", b"LINE ONCE") == "length"
    assert code_of(SUBMISSIONS[1][:-1] + b"x") == "separator"
    assert code_of(b"PK\x03\x04") == "tag"
    assert code_of(b"not a transaction at all") == "tag"
    assert code_of(b"2.001:230\x1d2.002:00\x1d") == "record_type"


def test_a_list_of_contents_that_misses_a_record_or_names_one_too_many_is_refused() -> None:
    data = write({}, [{9: "A"}, {9: "B"}])
    assert code_of(data[: data.rindex(b"2.001:")]) == "truncated"
    assert code_of(data + write({}, [{9: "C"}])[-20:]) == "trailing"


def test_all_that_is_wrong_is_said() -> None:
    data = answer(oca="2301-04172298", rap_sheet="A", more={9: "A", 16: "B", 20: "C"})
    damaged = data.replace(b"1.002:0500", b"1.002:0900").replace(b"1.011:", b"1.012:").replace(b"\x1f00", b"\x1f07")
    damaged = damaged.replace(b"2.016:", b"2;016:").replace(b"2.020:", b"2.018:").replace(b"2.075:A", b"2.075:AAA")
    assert errors_of(damaged + b"\x1c") == [
        ("version", "1.002"),
        ("repeated", "1.012"),
        ("length", "2.001"),
        ("idc", "2.002"),
        ("tag", "2"),
        ("repeated", "2.018"),
        ("trailing", ""),
    ]


def test_a_record_is_still_looked_at_where_the_list_of_contents_says_nothing() -> None:
    damaged = WHOLE.replace(b"\x1e2\x1f00", b"\x1e2-00").replace(b"2.073:", b"2.018:")
    assert errors_of(damaged) == [("count", "1.003"), ("repeated", "2.018")]


def test_where_a_field_is_wrong_is_said_by_its_byte() -> None:
    damaged = WHOLE.replace(b"2.073:", b"2.018:")
    with pytest.raises(Unreadable) as refused:
        read(damaged)
    assert damaged[refused.value.offset :].startswith(b"2.018:MO920000Z")


def test_limits_are_enforced() -> None:
    assert errors_of(WHOLE, Limits(answer=10, submission=20)) == [("too_large", "")]
    assert errors_of(WHOLE, Limits(answer=len(WHOLE) - 1)) == [("too_large", "1.004")]
    assert errors_of(WHOLE, Limits(answer=100)) == [("too_large", "1")]
    assert errors_of(WHOLE, Limits(fields=3)) == [("limit", "1")]
    assert errors_of(write({}, [dict.fromkeys(range(3, 40), "")] * 2), Limits(fields=20)) == [("limit", "2")] * 2
    assert ("limit", "1.003") in errors_of(write({}, [{}] * 20), Limits(records=10))
    assert errors_of(write({}, [{60: "\x1e" * 50, 61: "\x1f" * 49}]), Limits(repeats=50)) == [("limit", "2.060")]
    assert read(write({}, [{60: "\x1e" * 49, 61: "\x1f" * 49}]), Limits(repeats=50))


def test_what_is_listed_of_a_file_is_bounded() -> None:
    data = b"1.001:9\x1d" + b"x\x1d" * 50 + FS
    codes = [code for code, _ in errors_of(data, Limits(errors=5))]
    assert (len(codes), codes[-1]) == (6, "more")


def test_the_size_of_an_answer_is_refused_before_its_text_is_read() -> None:
    found = survey(WHOLE, Limits(answer=len(WHOLE) - 1))
    assert found.header is not None
    assert found.texts == ()


def test_an_error_never_holds_what_the_file_says() -> None:
    secret = "SECRETWORD"
    for damaged in (WHOLE.replace(b"2.073:", b"2.018:" + secret.encode()), WHOLE.replace(b"LINE ONE", secret.encode())):
        with pytest.raises(Unreadable) as refused:
            read(damaged)
        assert secret not in str(refused.value) + repr(refused.value) + repr(refused.value.errors)
        assert secret not in repr(survey(damaged))


def test_the_writer_refuses_what_would_be_read_otherwise() -> None:
    with pytest.raises(ValueError, match="separator"):
        write({}, [{18: "A\x1dB"}])
    with pytest.raises(UnicodeEncodeError):
        write({15: "0"}, [{18: "É"}])


def test_of_the_corpus_the_whole_files_are_read_and_the_damaged_ones_are_not() -> None:
    refused = {path.stem for path in CORPUS.iterdir() if survey(path.read_bytes()).errors}
    assert refused == {"broken_count", "broken_length", "broken_separator", "broken_tags", "cut", "flood"}
