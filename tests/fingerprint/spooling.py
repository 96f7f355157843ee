"""An importer over folders in a test's hands: its clock, its files, its failures."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.fingerprint import sources
from services.fingerprint.bundles import Limits
from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import Importer, Patience, Terms
from services.fingerprint.spool.importer import Hand
from services.fingerprint.vault import Vault
from shared.db import Database
from tests.fingerprint.conftest import Bench


@dataclass
class Box:
    """Folders, an importer over them, and what the database says of both."""

    bench: Bench
    sources: Sequence[Source]
    terms: Terms
    now: list[float] = field(default_factory=lambda: [100.0])
    importer: Importer = field(init=False)

    def __post_init__(self) -> None:
        self.importer = self.another()

    def another(self) -> Importer:
        """Another importer over the same folders."""
        made = an_importer(self.sources, self.bench.database, self.bench.vault, self.terms)
        for hand in made.hands:
            hand.folder.clock = lambda: self.now[0]
        return made

    @property
    def hand(self) -> Hand:
        """The importer's work on the first source."""
        return self.importer.hands[0]

    @property
    def incoming(self) -> Path:
        """Where the first source's partner writes."""
        return self.sources[0].incoming

    @property
    def reading(self) -> Path:
        """Where its files are held."""
        return self.sources[0].reading

    def drop(self, name: str, content: bytes) -> Path:
        """The partner writes a file."""
        path = self.incoming / name
        path.write_bytes(content)
        return path

    async def after(self, seconds: float) -> None:
        """Time passes, then the importer looks."""
        self.now[0] += seconds
        await self.importer.once()

    async def look(self) -> None:
        """The importer sees what is there, and again when it has stood still."""
        await self.after(0.125)  # for however short a time a folder was not listed
        await self.after(self.terms.patience.still)

    async def states(self) -> list[str]:
        """The states of the ledger's files, oldest first."""
        return [row["state"] for row in await self.bench.rows("SELECT state FROM files ORDER BY received_at, state")]

    @property
    def left(self) -> list[str]:
        """The clear files that are left."""
        return sorted(
            name
            for source in self.sources
            for folder in (source.incoming, source.reading)
            for _, _, names in os.walk(folder)
            for name in names
        )


def a_box(bench: Bench, home: Path, *more: Source, rule: Rule = Rule.STILL, limits: Limits | None = None) -> Box:
    """A box over the source that is always there, with this rule, and more."""
    spool = Source(name=sources.SPOOL, folder=home / "spool", rule=rule)
    every = (spool, *more)
    for source in every:
        source.incoming.mkdir(parents=True, exist_ok=True)
    return Box(bench, every, terms(limits=limits or Limits()))


def terms(still: float = 1.0, cut: float = 10.0, lease: float = 10.0, limits: Limits | None = None) -> Terms:
    """How a test's importer works: it holds no clean answer for a look."""
    return Terms(Patience(still, cut), lease=lease, stall=30.0, held_share=0.0, limits=limits or Limits())


def an_importer(every: Sequence[Source], database: Database, vault: Vault, how: Terms) -> Importer:
    """An importer on a host of its own."""
    return Importer(every, database, vault, "test", how)
