"""A message holds what was put into it, whatever characters that is, in lines that every mail server takes."""

import email
import email.policy
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.mail import Refused, message

TO = "robin@example.edu"
LETTER = UUID("6b1f3f0e-4f5c-5b7a-9a55-0d9a3c2f7e11")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=1200)
LINES = st.lists(WORDS, max_size=5).map(lambda lines: "\n".join(lines) + "\n")


def made(
    subject: str = "Cleared", text: str = "Hello\n", html: str = "<p>Hello</p>\n", to: str = "a@b.example"
) -> bytes:
    return message(
        LETTER,
        sender="Educator Certification <no-reply@ecs.example>",
        to=to,
        subject=subject,
        language="en",
        text=text,
        html=html,
        now=datetime(2026, 8, 4, 15, 0, tzinfo=UTC),
    )


@given(subject=WORDS.map(lambda words: " ".join(words.split())), text=LINES, html=LINES)
def test_what_was_put_in_is_read_out(subject: str, text: str, html: str) -> None:
    raw = made(subject, text, html)
    read = email.message_from_bytes(raw, policy=email.policy.default)
    assert not read.defects
    assert read["Message-ID"] == f"<{LETTER}@ecs.example>"
    assert "".join(read["Subject"].split()) == "".join(subject.split())
    for kind, put in (("plain", text), ("html", html)):
        part = read.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n").rstrip("\n") == put.rstrip("\n")


@given(text=LINES)
def test_no_line_is_longer_than_a_mail_server_takes_and_each_ends_as_it_must(text: str) -> None:
    raw = made(text=text)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("to", ["a@b.example\r\nBcc: c@d.example", "a@b.example\nX: y"])
def test_an_address_that_would_begin_another_header_is_refused(to: str) -> None:
    with pytest.raises(Refused):
        made(to=to)
