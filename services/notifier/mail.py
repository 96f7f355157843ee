"""The mail server: one kept connection, and what its answers mean."""

from base64 import encodebytes
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from time import monotonic
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import UUID

import aiosmtplib
from aiosmtplib import (
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 30.0
# A connection that lay idle longer is asked whether it still lives, before a letter is risked on it.
IDLE_SECONDS: Final = 5.0
LONGEST_PLAIN: Final = 900  # characters of a line that need no folding (RFC 5322 allows 998)
SERVICE_CLOSING: Final = 421  # RFC 5321: the server shuts the channel


class Away(Exception):
    """The mail server cannot be reached, or went away; the letter may or may not have got through."""


class Later(Exception):
    """The mail server does not take the letter now (4xx)."""

    def __init__(self, reply: int) -> None:
        super().__init__(f"reply {reply}")
        self.reply = reply


class Refused(Exception):
    """The mail server will never take the letter (5xx), or it cannot be put into a message at all (None)."""

    def __init__(self, reply: int | None) -> None:
        super().__init__(f"reply {reply}")
        self.reply = reply


def message_id(letter: UUID, sender: str) -> str:
    """The same for every copy of a letter, so that readers show one."""
    return f"<{letter}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def message(
    letter: UUID, *, sender: str, to: str, subject: str, language: str, text: str, html: str, now: datetime
) -> bytes:
    """The letter as it goes over the wire.

    Raises:
        Refused: the address cannot stand in a header.
    """
    headers = {
        "From": sender,
        "To": to,
        "Subject": subject,
        "Date": format_datetime(now.astimezone(UTC)),
        "Message-ID": message_id(letter, sender),
        "Auto-Submitted": "auto-generated",  # RFC 3834: no automatic answers
        "Content-Language": language,
    }
    try:
        if all(_is_plain(value) for value in headers.values()):
            return _plainly(headers, letter, text, html)
        built = EmailMessage(policy=SMTP)
        for name, value in headers.items():
            built[name] = value
        built.set_content(text)
        built.add_alternative(html, subtype="html")
        return built.as_bytes()
    except (ValueError, IndexError):  # a header that cannot be written, and the parser's own slips on odd addresses
        raise Refused(None) from None


def _is_plain(value: str) -> bool:
    """Whether a header can go out as it is: printable ASCII on one line (RFC 5322 2.1.1: at most 998 with its name)."""
    return value.isascii() and value.isprintable() and len(value) < LONGEST_PLAIN


def _plainly(headers: Mapping[str, str], letter: UUID, text: str, html: str) -> bytes:
    """The same for headers that need no encoding, which is nearly all letters: put together as RFC 2046 5.1.4 says.

    Python's own writer parses and folds every header again, which costs ten times as much.
    """
    # The letter's id stands in no line of it by itself, so it can part its parts.
    boundary = f"={letter.hex}"
    top = {**headers, "MIME-Version": "1.0", "Content-Type": f'multipart/alternative; boundary="{boundary}"'}
    lines = [*(f"{name}: {value}" for name, value in top.items()), ""]
    for words, kind in ((text, "plain"), (html, "html")):
        lines += [f"--{boundary}", *_part(words, kind)]
    return "\r\n".join([*lines, f"--{boundary}--", ""]).encode("ascii")


def _part(words: str, kind: str) -> list[str]:
    lines = words.split("\n")
    if words.isascii() and "\r" not in words and max(map(len, lines)) < LONGEST_PLAIN:
        return [f'Content-Type: text/{kind}; charset="us-ascii"', "Content-Transfer-Encoding: 7bit", "", *lines]
    coded = encodebytes(words.encode()).decode("ascii").split("\n")
    return [f'Content-Type: text/{kind}; charset="utf-8"', "Content-Transfer-Encoding: base64", "", *coded]


class Mail:
    """Hands letters to the mail server over one connection that is kept."""

    def __init__(self, url: str) -> None:
        """`url`: smtp://[user:password@]host[:port] or smtps://...; nothing is connected yet."""
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 587 if parts.username else 25)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password or "") if parts.username else None
        self._client: aiosmtplib.SMTP | None = None
        self._used = 0.0

    async def ready(self) -> None:
        """A connection that answers.

        Raises:
            Away: there is none to be had.
        """
        if self._client is not None and self._client.is_connected and monotonic() - self._used < IDLE_SECONDS:
            return
        if self._client is not None:
            try:
                await self._client.noop()
            except (SMTPException, OSError):
                self.drop()
            else:
                self._used = monotonic()
                return
        client = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            use_tls=self._tls,
            # a password never goes over an open line; without one, TLS is taken where it is offered
            start_tls=True if self._user and not self._tls else None if not self._tls else False,
            username=self._user,
            password=self._password,
            timeout=CONNECT_SECONDS,
        )
        try:
            await client.connect()
        except (SMTPException, OSError) as error:
            client.close()
            raise Away(type(error).__name__) from None
        client.timeout = ANSWER_SECONDS
        self._client, self._used = client, monotonic()

    async def send(self, content: bytes, *, sender: str, to: str) -> None:
        """Hand over one letter; returns when the server has taken it.

        Raises:
            Away: the server went away; it may have taken the letter or not.
            Later: it said so, 4xx.
            Refused: it said so, 5xx.
        """
        if self._client is None:
            raise Away("not connected")
        options = [] if to.isascii() else ["SMTPUTF8"]
        try:
            await self._client.sendmail(parseaddr(sender)[1], to, content, mail_options=options)
        except SMTPRecipientsRefused as error:
            await self._refused(error.recipients[0].code)
        except (SMTPServerDisconnected, SMTPTimeoutError) as error:
            self.drop()
            raise Away(type(error).__name__) from None
        except SMTPSenderRefused as error:
            # whom letters come from is the same for all: wrong settings, not a wrong letter
            self.drop()
            raise Away(f"sender refused, reply {error.code}") from None
        except SMTPResponseException as error:
            await self._refused(error.code)
        except (SMTPException, OSError) as error:
            self.drop()
            raise Away(type(error).__name__) from None
        except ValueError:
            raise Refused(None) from None
        self._used = monotonic()

    async def _refused(self, code: int) -> None:
        self._used = monotonic()
        if code == SERVICE_CLOSING or code < 400:
            self.drop()
            raise Away(f"reply {code}")
        raise Later(code) if code < 500 else Refused(code)

    def drop(self) -> None:
        """Forget the connection."""
        if self._client is not None:
            self._client.close()
        self._client = None

    async def close(self) -> None:
        """Take leave of the server."""
        if self._client is not None:
            with suppress(SMTPException, OSError):
                await self._client.quit(timeout=1)
            self.drop()
