"""The Mailroom shows what was written and does nothing that a letter says."""

import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from email import policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from deploy.local.mailroom.box import KEPT, Box
from deploy.local.mailroom.pages import PAGE_SIZE, app, with_links
from deploy.local.mailroom.portal import Portal
from deploy.local.parts import Mailroom
from deploy.local.process import port_answers
from tests.ports import free_port
from tests.waiting import wait_until


def letter(subject: str = "Confirm your address", text: str = "Hello", html: str = "") -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "dese@example.gov", "somebody@example.org", subject
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes(policy=policy.SMTP)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path / "mail")


@pytest_asyncio.fixture
async def reader(box: Box) -> AsyncIterator[httpx.AsyncClient]:
    pages = app(box, box.folder / "demo.json", Portal("", ""))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(pages), base_url="http://mailroom") as client:
        yield client


def test_a_letter_handed_in_by_smtp_is_listed_for_its_recipient(mailroom: Mailroom) -> None:
    with smtplib.SMTP("127.0.0.1", mailroom.port) as connection:
        connection.sendmail("dese@example.gov", ["One@example.org", "two@example.org"], letter("Zażółć"))
    found = httpx.get(f"{mailroom.pages}/mailroom/messages.json", params={"to": "one@example.org"}).json()
    assert [set(entry) for entry in found] == [{"id", "to", "subject", "text", "html", "received_at"}]
    assert found[0]["to"] == "One@example.org"
    assert found[0]["subject"] == "Zażółć"
    assert found[0]["text"] == "Hello\n"


# As the first process of a container, which no signal ends that it does not handle.
FIRST = "import signal; signal.signal(signal.SIGTERM, lambda *given: None)"
SERVES = f"{FIRST}; from deploy.local.mailroom.__main__ import main; main()"


def test_it_stops_at_once_in_a_container_though_a_mailer_keeps_its_connection(tmp_path: Path) -> None:
    smtp, http = free_port(), free_port()
    command = [sys.executable, "-c", SERVES, "--smtp", str(smtp), "--http", str(http), "--folder", str(tmp_path)]
    with subprocess.Popen(command) as process:
        try:
            wait_until(lambda: port_answers(http), 30)
            with socket.create_connection(("127.0.0.1", smtp)) as mailer:
                assert mailer.recv(4).startswith(b"220")
                process.send_signal(signal.SIGTERM)
                assert process.wait(60) == 0
        finally:
            process.kill()


async def test_letters_come_newest_first(box: Box, reader: httpx.AsyncClient) -> None:
    for number in range(3):
        box.put("a@example.org", letter(f"Letter {number}"))
    subjects = [entry["subject"] for entry in (await reader.get("/mailroom/messages.json")).json()]
    assert subjects == ["Letter 2", "Letter 1", "Letter 0"]


def test_letters_are_kept_on_disk(box: Box) -> None:
    kept = box.put("a@example.org", letter())
    found = Box(box.folder).get(kept.id)
    assert found is not None
    assert (found.to, found.text) == ("a@example.org", "Hello\n")


def test_the_oldest_letters_make_room(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.mailroom.box.KEPT", 2)
    first = box.put("a@example.org", letter())
    box.put("a@example.org", letter())
    box.put("a@example.org", letter())
    assert KEPT > 2
    assert box.get(first.id) is None
    assert len(list(box.folder.iterdir())) == len(box) == 2


def test_text_is_escaped_and_its_addresses_are_links() -> None:
    shown = with_links('Open <b> https://example.gov/x?a=1&b=2. Then "go".')
    assert shown == (
        'Open &lt;b&gt; <a href="https://example.gov/x?a=1&amp;b=2">https://example.gov/x?a=1&amp;b=2</a>.'
        " Then &#34;go&#34;."
    )


async def test_html_of_a_letter_is_shown_in_a_frame_that_can_do_nothing(box: Box, reader: httpx.AsyncClient) -> None:
    kept = box.put("a@example.org", letter(html="<script>alert(1)</script><img src=https://elsewhere.example/x>"))
    page = await reader.get(f"/mailroom/{kept.id}")
    assert "<script" not in page.text
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    body = await reader.get(f"/mailroom/{kept.id}/body.html")
    rules = body.headers["content-security-policy"]
    assert rules.startswith("sandbox allow-popups")
    assert "allow-scripts" not in rules
    assert "default-src 'none'" in rules


async def test_a_subject_that_is_markup_is_shown_as_text(box: Box, reader: httpx.AsyncClient) -> None:
    box.put("<i>@example.org", letter("<script>alert(1)</script>"))
    shown = (await reader.get("/mailroom")).text
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


async def test_a_letter_with_an_unknown_character_set_is_readable(box: Box, reader: httpx.AsyncClient) -> None:
    raw = b"Subject: Odd\r\nContent-Type: text/plain; charset=klingon\r\n\r\nstill here\r\n"
    kept = box.put("a@example.org", raw)
    assert "still here" in (await reader.get(f"/mailroom/{kept.id}")).text


@pytest.mark.parametrize("path", ["/mailroom/nothing", "/mailroom/../../etc/passwd", "/mailroom/nothing/body.html"])
async def test_an_unknown_letter_is_not_found(reader: httpx.AsyncClient, path: str) -> None:
    assert (await reader.get(path)).status_code == 404


async def test_many_letters_come_in_pages(box: Box, reader: httpx.AsyncClient) -> None:
    for number in range(PAGE_SIZE + 1):
        box.put("a@example.org", letter(f"Letter {number}"))
    assert "Page 1 of 2" in (await reader.get("/mailroom")).text
    assert "Letter 0<" in (await reader.get("/mailroom?page=2")).text
    assert "Page 2 of 2" in (await reader.get("/mailroom?page=99999")).text
    assert (await reader.get("/mailroom?page=²")).status_code == 200
