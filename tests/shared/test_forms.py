"""Forms are read strictly: what is not text is refused before anything happens."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.forms import MOST_FIELDS, BadForm, parse


def test_a_form_is_read_as_sent() -> None:
    form = parse(b"name=J%C3%B6rg+M&empty=&name=last")
    assert (form["name"], form["empty"], form.all("name")) == ("last", "", ["Jörg M", "last"])


def test_line_removes_blanks_around_and_doubled() -> None:
    assert parse(b"name=+Ann++Lee%09").line("name") == "Ann Lee"
    assert parse(b"").line("name") == ""


def test_composed_and_decomposed_letters_are_one() -> None:
    assert parse(b"a=e%CC%81")["a"] == "é"


def test_lines_of_a_text_end_one_way() -> None:
    assert parse(b"a=x%0D%0Ay")["a"] == "x\ny"


@pytest.mark.parametrize(
    "body",
    [b"a=%00", b"a=%ff", b"a=%ED%A0%80", b"a=\xff", b"a=%1b[2J", b"a%00=1", b"&".join([b"a=1"] * (MOST_FIELDS + 1))],
    ids=["NUL", "not UTF-8", "surrogate", "raw byte", "escape", "NUL in a name", "too many"],
)
def test_what_is_no_text_is_refused(body: bytes) -> None:
    with pytest.raises(BadForm):
        parse(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_form_or_refused(body: bytes) -> None:
    try:
        form = parse(body)
    except BadForm:
        return
    assert "\0" not in "".join(form.values())


@pytest.mark.parametrize(
    ("sent", "day"),
    [
        (b"d_month=4&d_day=28&d_year=1999", date(1999, 4, 28)),
        (b"d_month=2&d_day=30&d_year=1999", None),
        (b"d_month=&d_day=28&d_year=1999", None),
        (b"", None),
        (b"d_month=4&d_day=28&d_year=99999999999", None),
    ],
)
def test_a_date_is_a_day_or_none(sent: bytes, day: date | None) -> None:
    assert parse(sent).day("d") == day
