"""How a command runs: its settings, database and keys, how it ends, and its progress on a terminal."""

import asyncio
import getpass
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import click

from services.fingerprint.settings import Settings
from services.fingerprint.vault import Vault, vault_of
from shared.db import Database
from shared.faults import is_of_the_world
from shared.keys import Keys, MissingKey

DAMAGED: Final = 1
AWAY: Final = 3

T = TypeVar("T")


@dataclass(frozen=True)
class Desk:
    """What a command works with."""

    settings: Settings
    database: Database

    @property
    def vault(self) -> Vault:
        """Opened at first need: what only counts works without the keys."""
        return _vault(self.settings.key_folder, self.settings.service)


@cache
def _vault(folder: Path, service: str) -> Vault:
    return vault_of(Keys(folder, service))


class Away(Exception):
    """A part of the system is away; the text is a sentence for the operator."""


def run(work: Callable[[Desk], Coroutine[Any, Any, T]]) -> T:
    """Do a command's work; what is away ends it with a sentence and its exit code."""
    settings = Settings()

    async def all_of_it() -> T:
        database = Database(settings.postgres, pool_size=2, max_overflow=0)
        try:
            return await work(Desk(settings, database))
        finally:
            await database.dispose()

    try:
        return asyncio.run(all_of_it())
    except Away as away:
        stop(AWAY, str(away))
    except MissingKey as missing:
        stop(AWAY, str(missing))
    except Exception as error:
        if not is_of_the_world(error):
            raise
        stop(AWAY, "The database cannot be reached, or is busy. Nothing more was done; run this again.")


def stop(code: int, sentence: str = "") -> NoReturn:
    """End with an exit code, and say why on standard error."""
    if sentence:
        click.echo(sentence, err=True)
    sys.exit(code)


def said_by(reason: str) -> str:
    """A reason as the trail keeps it: an operator has no account, so it says who was logged in."""
    return f"{reason} (ecsctl, {getpass.getuser()})"


class Progress:
    """One line that is written over, on a terminal; nothing anywhere else."""

    def __init__(self) -> None:
        self._shows = sys.stderr.isatty()
        self._width = 0

    def __call__(self, line: str) -> None:
        """Show this now."""
        if self._shows:
            sys.stderr.write(f"\r{line.ljust(self._width)}")
            sys.stderr.flush()
            self._width = len(line)

    def end(self) -> None:
        """Leave the line empty."""
        if self._shows and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
            self._width = 0
