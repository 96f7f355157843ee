"""The loop that looks how results are doing: what `/metrics` tells, and the weeks of the turnaround.

Numbers are kept for some seconds, so that asking for them costs nothing. They are neutral: files by state, answers by
place as every member of staff sees them, and nothing of what only adjudicators are told.
"""

import asyncio
import logging
import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from prometheus_client import Gauge

from services.fingerprint.actions import meters, turnaround
from services.fingerprint.settings import Settings
from shared.db import Database
from shared.faults import is_of_the_world
from shared.policy import today
from shared.service import Service

# Seconds. Looking may take a fiftieth of the time, however much there is to count.
EVERY: Final = 10.0
SHARE: Final = 50
WEEKS_EVERY: Final = 300.0

FILES: Final = Gauge("ecs_results_files", "Files in the ledger, by what became of them.", ["state"])
ANSWERS: Final = Gauge("ecs_results_answers", "Answers, by where they are.", ["place"])
BATCHES: Final = Gauge("ecs_results_batches", "Archives and uploads, by state.", ["state"])
UNMATCHED: Final = Gauge("ecs_results_unmatched_oldest_seconds", "Age of the oldest answer that matches nobody.")
UNREAD: Final = Gauge("ecs_results_unread_oldest_seconds", "Age of the oldest unread file of a source.", ["source"])
IMPORTERS: Final = Gauge("ecs_results_importers", "Importers that are alive.")
DAYS: Final = Gauge(
    "ecs_results_turnaround_days", "Of the last week that is over: days until both answers, or until cleared.",
    ["span", "quantile"],
)  # fmt: skip

_log = logging.getLogger(__name__)


async def watch(service: Service) -> None:
    """Look, for ever."""
    settings = service.settings
    if not isinstance(settings, Settings):
        raise TypeError("the folders of results are in fingerprint's settings")
    weeks_due = 0.0
    while True:
        began = time.monotonic()
        try:
            await look(service.database, folders(settings))
            if began >= weeks_due:
                weeks_due = began + WEEKS_EVERY
                await weigh(service.database)
        except Exception as error:
            if not is_of_the_world(error):
                raise
            _log.warning("the state of results cannot be seen now", extra={"error": type(error).__name__})
        await asyncio.sleep(max(EVERY, (time.monotonic() - began) * SHARE))


async def look(database: Database, spools: Iterable[tuple[str, Path]]) -> None:
    """Set every gauge to how things are."""
    async with database.reading() as session:
        found = await meters.read(session)
    for gauge, counts in ((FILES, found.files), (ANSWERS, found.answers), (BATCHES, found.batches)):
        for name, count in counts.items():
            gauge.labels(name).set(count)
    UNMATCHED.set(found.oldest_unmatched)
    IMPORTERS.set(found.importers)
    for source, folder in spools:
        UNREAD.labels(source).set(await asyncio.to_thread(oldest, folder))


async def weigh(database: Database) -> None:
    """Measure the weeks that are due, and tell of the last that is over."""
    day = today()
    async with database.reading() as session:
        due = await turnaround.due(session, day)
    for week in due:
        async with database.transaction() as session:
            await turnaround.measure(session, week)
    async with database.reading() as session:
        _, *past = await turnaround.weeks(session, day)
    # In the first week that there is, none is over.
    last = past[0] if past else turnaround.Week(day, 0, None, None, None, None)
    for span, half, most in (
        ("answered", last.answered_half, last.answered_most),
        ("cleared", last.cleared_half, last.cleared_most),
    ):
        for quantile, days in (("0.5", half), ("0.9", most)):
            DAYS.labels(span, quantile).set(float("nan") if days is None else days)


def folders(settings: Settings) -> list[tuple[str, Path]]:
    """The folder of each source, of what staff upload too."""
    return [(source.name, source.folder) for source in (*settings.every_source(), settings.uploads)]


def oldest(folder: Path) -> float:
    """Seconds since the oldest file was written that is not read yet; 0 where there is none."""
    times = [time for part in ("incoming", "reading") for time in _times(folder / part)]
    return max(0.0, datetime.now(UTC).timestamp() - min(times)) if times else 0.0


def _times(folder: Path) -> Iterable[float]:
    """When each file was written, in a folder and in those of importers below it."""
    for where, _, names in os.walk(folder):
        for name in names:
            if name.startswith("."):
                continue
            try:
                yield os.lstat(os.path.join(where, name)).st_mtime
            except FileNotFoundError:
                continue  # read meanwhile
