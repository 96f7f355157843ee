"""The letters, one file each, newest 5,000 kept."""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path
from typing import Final

KEPT: Final = 5000


@dataclass(frozen=True)
class Letter:
    """One letter as it came, for one recipient."""

    id: str
    to: str
    raw: bytes

    @cached_property
    def _message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    @property
    def received_at(self) -> datetime:
        """When it was taken: the first part of its id, in nanoseconds."""
        return datetime.fromtimestamp(int(self.id.split("-")[0]) / 1e9, UTC)

    @property
    def subject(self) -> str:
        """Its subject line."""
        return str(self._message["subject"] or "")

    @property
    def sender(self) -> str:
        """Who it says it is from."""
        return str(self._message["from"] or "")

    @property
    def text(self) -> str:
        """Its plain text, empty if it has none."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """Its HTML, empty if it has none."""
        return self._body("html")

    def _body(self, kind: str) -> str:
        part = self._message.get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content()).replace("\r\n", "\n")
        except (LookupError, UnicodeError):  # a character set that nobody knows
            payload = part.get_payload(decode=True)
            return payload.decode("latin-1") if isinstance(payload, bytes) else ""

    def as_json(self) -> dict[str, str]:
        """What programs read; these names are promised."""
        return {
            "id": self.id,
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "received_at": self.received_at.isoformat(),
        }


class Box:
    """The folder that the letters lie in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # id -> recipient, oldest first; letters themselves stay on disk
        self._recipients = {path.stem: _recipient(path) for path in sorted(folder.glob("*.eml"))}

    def __len__(self) -> int:
        return len(self._recipients)

    def put(self, to: str, raw: bytes) -> Letter:
        """Keep a letter; forget the oldest when there are too many."""
        letter = Letter(f"{time.time_ns():020d}-{secrets.token_hex(4)}", to, raw)
        # the recipient of the envelope is a line before the letter: headers may name others, or nobody
        part = self.folder / f"{letter.id}.part"
        part.write_bytes(to.encode() + b"\n" + raw)
        part.rename(self.folder / f"{letter.id}.eml")
        self._recipients[letter.id] = to
        while len(self._recipients) > KEPT:
            oldest = next(iter(self._recipients))
            del self._recipients[oldest]
            (self.folder / f"{oldest}.eml").unlink(missing_ok=True)
        return letter

    def ids(self, to: str = "") -> list[str]:
        """The letters to this address, or to everybody, newest first."""
        wanted = to.strip().casefold()
        return [
            number
            for number, recipient in reversed(self._recipients.items())
            if not wanted or recipient.casefold() == wanted
        ]

    def get(self, letter_id: str) -> Letter | None:
        """One letter."""
        if letter_id not in self._recipients:
            return None
        recipient, _, raw = (self.folder / f"{letter_id}.eml").read_bytes().partition(b"\n")
        return Letter(letter_id, recipient.decode(), raw)

    def letters(self, ids: list[str]) -> Iterator[Letter]:
        """Those of these that are still here."""
        for letter_id in ids:
            if letter := self.get(letter_id):
                yield letter


def _recipient(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline().decode().rstrip("\n")
