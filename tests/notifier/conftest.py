"""What notifier's tests stand on: a fresh database, keys, facts, and a mail server that can be made to misbehave."""

import asyncio
import email
import email.policy
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from sqlalchemy import text

from services.notifier.consumers import consumers
from services.notifier.sender import Sender
from services.notifier.settings import Settings
from shared import keys as key_files
from shared.db import Database
from shared.events import Event
from shared.keys import Keys
from shared.outbox import REPLAYING
from shared.sealed import Opener, seal
from tests.ports import free_port

ORIGIN = "http://localhost:8080"


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


class MailServer:
    """A real mail server. `answers` are given to the next letters, one each; then `always` is.

    "": the letter is taken. "hang": it is taken, but that is said only when told to (`go_on`). "drop": it is taken, and
    the line is cut instead of saying so. "cut": the line is cut before.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.received: list[EmailMessage] = []
        self.to: list[str] = []
        self.answers: list[str] = []
        self.always = ""
        self.refused: dict[str, str] = {}
        self.refuses_sender = False
        self.connections = 0
        self.hanging = threading.Event()
        self._held: asyncio.Future[None] | None = None
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuses_sender:
            return "550 not from here"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Envelope) -> str:  # noqa: N802
        answer = self.answers.pop(0) if self.answers else self.always
        if answer == "cut":
            _cut(server)
            return "421 gone"
        if answer in ("", "drop", "hang"):
            content = envelope.content
            assert isinstance(content, bytes)
            message = email.message_from_bytes(content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.received.append(message)
            self.to += envelope.rcpt_tos
            if answer == "drop":
                _cut(server)
                return "421 gone"
            if answer == "hang":
                self._held = asyncio.get_running_loop().create_future()
                self.hanging.set()
                await self._held
            return "250 taken"
        return answer

    def go_on(self) -> None:
        """Answer the letter that hangs."""
        assert self._held is not None
        held = self._held
        held.get_loop().call_soon_threadsafe(held.set_result, None)

    def ids(self) -> list[str]:
        return [str(message["Message-ID"]) for message in self.received]

    def subjects(self) -> list[str]:
        return [str(message["Subject"]) for message in self.received]


class House:
    """notifier's database with shortcuts through its parts."""

    def __init__(self, database: Database, keys: Path, settings: Settings, mail: MailServer) -> None:
        self.database = database
        self.keys = keys
        self.settings = settings
        self.mail = mail

    def sealed(self, **content: str) -> str:
        return seal(Keys(self.keys, "identity"), content)

    def sender(self, **changes: Any) -> Sender:
        settings = self.settings.model_copy(update=changes)
        return Sender(self.database, settings, Opener(Keys(self.keys, "notifier")))

    async def hears(self, *facts: Event, replaying: bool = False) -> None:
        """These facts arrive in one batch."""
        async with self.database.transaction() as session:
            if replaying:
                session.info[REPLAYING] = True
            await consumers.handle(session, facts)

    async def letters(self) -> list[Any]:
        return await self.rows("SELECT * FROM letters ORDER BY occurred_at, id")

    async def letter(self) -> Any:
        [only] = await self.letters()
        return only

    async def rows(self, statement: str, **values: Any) -> list[Any]:
        async with self.database.reading() as session:
            return list((await session.execute(text(statement), values)).all())

    async def do(self, statement: str, **values: Any) -> None:
        async with self.database.transaction() as session:
            await session.execute(text(statement), values)

    async def post(self) -> None:
        """Write and send all that is due."""
        sender = self.sender()
        while await sender.look():
            pass

    async def until(self, count: str, wanted: int) -> None:
        """Return when this statement counts so many."""
        async with asyncio.timeout(120):
            while (await self.rows(count))[0][0] != wanted:  # noqa: ASYNC110 - another process writes there
                await asyncio.sleep(0.02)

    async def due_now(self) -> None:
        """The pause before the next try is over."""
        await self.do("UPDATE letters SET due_at = now()")


def numbered(fact: Event, sequence: int) -> Any:
    """The fact as it is on the wire."""
    return fact.model_copy(update={"sequence": sequence})


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture(scope="session")
def notifier_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    key_files.create_all(folder)
    return folder


@pytest.fixture
def mail() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def house(fresh_database: Callable[[str], str], notifier_keys: Path, mail: MailServer) -> AsyncIterator[House]:
    url = fresh_database("notifier")
    settings = Settings(postgres=url, kafka="unused", redis="redis://unused", smtp=mail.url, keys=notifier_keys)
    database = Database(url, pool_size=6)
    yield House(database, notifier_keys, settings, mail)
    await database.dispose()
