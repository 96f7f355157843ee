"""`make bench`: the parts from packages, as `make up` starts them, in a folder of their own; then the comparisons.

`make bench` runs all of them, `make bench ARGS=letters` one: `events`, `letters`, `pages`, `reader` or `results`.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import uvloop

from bench import event_path, letters, pages, reader, results
from deploy.local.parts import Kafka, Postgres, Valkey
from deploy.local.process import free_port
from shared import migrate

# `make up` gives PostgreSQL little memory and a short log, so that the whole system is small; here it has its defaults.
AS_IN_PRODUCTION: Final = {"shared_buffers": "128MB", "max_wal_size": "1GB"}
SERVICES: Final = Path(__file__).resolve().parent.parent / "services"


class Parts:
    """The parts, started when a comparison first needs them."""

    def __init__(self, home: Path) -> None:
        home.chmod(0o755)  # PostgreSQL runs as somebody else if we are root
        self.postgres = Postgres(home, free_port(), **AS_IN_PRODUCTION)
        self.kafka = Kafka(home, free_port(), free_port())
        self.valkey = Valkey(home, free_port())
        self._parts = (self.postgres, self.kafka, self.valkey)

    def start(self) -> None:
        """All of them."""
        for part in self._parts:
            part.start()

    def kill(self) -> None:
        """All of them; nothing here is kept."""
        for part in self._parts:
            part.kill()

    def database(self, service: str, mark: str = "bench") -> str:
        """A database with the tables of a service."""
        url = self.postgres.database(f"{mark}_{service}")
        uvloop.run(migrate.upgrade(url, SERVICES / service / "migrations" / "versions"))
        return url


def _events(parts: Parts, told: argparse.Namespace) -> bool:
    comparison = event_path.Comparison(
        parts.kafka.bootstrap,
        parts.postgres.database("says"),
        parts.postgres.database("hears"),
        parts.kafka.pid,
        parts.postgres.pid,
    )
    return asyncio.run(event_path.compare(comparison, told.count, told.pairs, told.idle))


def _letters(parts: Parts, told: argparse.Namespace) -> bool:
    return uvloop.run(letters.compare(parts.database("notifier"), told.letters, told.pairs))


def _pages(parts: Parts, told: argparse.Namespace) -> bool:
    few, many = parts.database("certificate"), parts.database("certificate", "many")
    return asyncio.run(pages.compare(few, many, parts.kafka, parts.valkey, told.seconds, told.pairs))


def _reader(_: Parts, told: argparse.Namespace) -> bool:
    return reader.compare(told.pairs)


def _results(parts: Parts, told: argparse.Namespace) -> bool:
    async def database(mark: str) -> str:
        url = parts.postgres.database(f"{mark}_fingerprint")
        await migrate.upgrade(url, SERVICES / "fingerprint" / "migrations" / "versions")
        return url

    return asyncio.run(results.compare(database, parts.kafka, parts.valkey, told.results, told.pairs))


COMPARISONS: Final[dict[str, Callable[[Parts, argparse.Namespace], bool]]] = {
    "events": _events,
    "letters": _letters,
    "pages": _pages,
    "reader": _reader,
    "results": _results,
}


def main() -> None:
    """Start the parts, compare, stop them; fails if a claim does not hold."""
    parser = argparse.ArgumentParser(prog="bench", description="What we claim about speed, as ratios to bare parts.")
    parser.add_argument(
        "comparisons", nargs="*", metavar="NAME", help=f"{', '.join(COMPARISONS)}; all if none is named"
    )
    parser.add_argument("--count", type=int, default=100_000, help="facts in each run of the event path")
    parser.add_argument("--pairs", type=int, default=5, help="pairs of runs; the median counts")
    parser.add_argument("--idle", type=int, default=200, help="facts said one at a time")
    parser.add_argument("--letters", type=int, default=2_000, help="letters in each run")
    parser.add_argument("--results", type=int, default=100_000, help="answers in each run of results")
    parser.add_argument("--seconds", type=float, default=5, help="how long pages are asked for in each run")
    told = parser.parse_args()
    strange = set(told.comparisons) - set(COMPARISONS)
    if strange:
        parser.error(f"there is no comparison {', '.join(sorted(strange))}; there are {', '.join(COMPARISONS)}")
    with tempfile.TemporaryDirectory(prefix="ecs-bench-") as home:
        parts = Parts(Path(home))
        try:
            parts.start()
            compare = [partial(COMPARISONS[name], parts, told) for name in told.comparisons or COMPARISONS]
            holds = [one() for one in compare]
        finally:
            parts.kill()
    if not all(holds):
        raise SystemExit("A claim does not hold. On a machine that is busy with other things, run it again.")


if __name__ == "__main__":
    main()
