"""The Mailroom as a part: `deploy.local.mailroom` in a process of its own."""

import os
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.places import ROOT
from deploy.local.process import Part


class Mailroom(Part):
    """The inbox for everybody, and the demonstration's people: SMTP on one port, pages on another."""

    name = "mailroom"

    def __init__(
        self, home: Path, port: int, page_port: int | None = None, *, portal: str = "", origin: str = ""
    ) -> None:
        """Nothing is started yet.

        Args:
            home: where letters lie, and the list of people.
            port: SMTP's.
            page_port: the pages'; the next one if not given.
            portal: where the gateway answers us; without it nobody is logged in.
            origin: what browsers open.
        """
        super().__init__(home, port)
        self.page_port = page_port or port + 1
        self._door = ("--people", self.home / "demo.json", "--portal", portal, "--origin", origin)

    @property
    def url(self) -> str:
        """Where mail is handed in."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def pages(self) -> str:
        """Where mail is read; `/mailroom` follows."""
        return f"http://127.0.0.1:{self.page_port}"

    def command(self) -> Sequence[str | Path]:
        """A process of its own."""
        return [
            sys.executable,
            "-m",
            "deploy.local.mailroom",
            *("--host", "127.0.0.1", "--smtp", str(self.port), "--http", str(self.page_port)),
            *("--folder", self.home / "mail"),
            *self._door,
        ]

    def environment(self) -> Mapping[str, str]:
        """Ours, with the checkout to import from."""
        return {**os.environ, "PYTHONPATH": str(ROOT)}

    def answers(self) -> bool:
        """Whether it greets a mailer and shows its page."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                greeted = connection.recv(4).startswith(b"220")
            with socket.create_connection(("127.0.0.1", self.page_port), timeout=2):
                return greeted
        except OSError:
            return False
