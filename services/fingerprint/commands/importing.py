"""`ecsctl results import`: files, folders and archives into the spool, and what became of them."""

import asyncio
import errno
import hashlib
import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from services.fingerprint import bundles
from services.fingerprint.actions import following, importers, ledger
from services.fingerprint.commands.foreseeing import Foreseen, foresee
from services.fingerprint.commands.running import DAMAGED, Away, Desk, Progress, run, stop
from services.fingerprint.sources import Rule
from services.fingerprint.spool.files import is_finished, shortened
from services.fingerprint.vault import PIECE

LOOK_SECONDS: Final = 0.5
# What file systems say that have no files without names; a kernel that does not know of them takes it for a folder.
_NO_NAMELESS: Final = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)
_NOBODY: Final = (
    "No importer is alive, so nothing is read. What was put into the spool stays there and is read once one runs."
    " Start the service fingerprint."
)
_BY_TOKENS: Final = (
    "ECS_SOURCES says that the source 'spool' waits for a signal or a list with its files, so nothing was put into it."
    " Write the files and what goes with them to {folder}."
)
_STILL: Final = "Nothing has gone on for {seconds} seconds. What is in the spool stays there; `ecsctl results status`."


@dataclass(frozen=True, slots=True)
class Put:
    """A file that was put into the spool: under which name, and the SHA-256 of its bytes."""

    name: str
    digest: bytes
    bundle: bool


@dataclass
class Tally:
    """What became of what was put there. `imports`: the archives, each with its counts."""

    files: int = 0
    read: int = 0
    repeated: int = 0
    damaged: int = 0
    waiting: int = 0
    imports: list[dict[str, Any]] = field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """For programs."""
        return dict(vars(self))


@click.command("import")
@click.argument("path", type=click.Path(exists=True, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.option("--no-wait", is_flag=True, help="Put the files into the spool and do not wait until they are read.")
@click.option("--json", "as_json", is_flag=True, help="Say the end as JSON, for programs.")
@click.option(
    "--patience", default=120.0, show_default=True, type=click.FloatRange(1), help="Give up after so many idle seconds."
)
def import_results(path: Path, dry_run: bool, no_wait: bool, as_json: bool, patience: float) -> None:
    """Take results in: PATH is a file, a folder of files (with all below it), a .zip or a .tar.gz.

    They are copied into the spool of this machine and take the way of every other file. Where they came from, nothing
    is changed. While it waits, it shows how far it is on a terminal, and nothing in a pipe.

    \b
    ecsctl results import answers/
    ecsctl results import 2026-09.zip --dry-run
    ecsctl results import 2026-09.tar.gz --json | jq .damaged
    ecsctl results import answers/ --no-wait

    \b
    Exit codes:
      0  all are read, or came before
      1  some are damaged: see `ecsctl results quarantine`
      2  wrong usage
      3  the spool, the database or every importer is away, or nothing goes on any more
    """
    files = list(_files(path))
    if not files:
        raise click.UsageError(f"{path} holds no file. Names that begin with '.' or end in .part, .tmp are left out.")
    progress = Progress()
    if dry_run:
        _say_foreseen(run(lambda desk: foresee(desk, files, progress)), as_json)
        return

    async def work(desk: Desk) -> Tally:
        began = None
        if not no_wait:
            async with desk.database.reading() as session:
                began = await following.now(session)
        spool = desk.settings.spool
        if spool.rule in {Rule.SIGNAL, Rule.MANIFEST}:
            raise Away(_BY_TOKENS.format(folder=spool.incoming))
        put = await asyncio.to_thread(_put_all, files, spool.incoming, progress)
        if began is None:
            return Tally(files=len(put), waiting=len(put))
        try:
            return await _Following(desk, spool.folder, put, began, patience, progress).to_the_end()
        finally:
            progress.end()

    tally = run(work)
    _say(tally, as_json)
    if tally.damaged:
        stop(DAMAGED)


def _say(tally: Tally, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(tally.written()))
    elif tally.waiting:
        click.echo(f"{tally.waiting} files are in the spool.")
    else:
        click.echo(f"{tally.read} read, {tally.repeated} came before, {tally.damaged} damaged.")


def _say_foreseen(found: Foreseen, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found.written()))
    else:
        click.echo(
            f"{found.read} would be read, {found.repeated} came before, {found.damaged} are damaged. Nothing is done."
        )
        for line in found.errors:
            click.echo(f"    {line}")
    if found.damaged:
        stop(DAMAGED)


def _files(path: Path) -> Iterator[Path]:
    """The files that are meant, in the order of their names."""
    if path.is_file():
        if is_finished(path.name):
            yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        for name in sorted(names):
            if is_finished(name) and Path(folder, name).is_file():
                yield Path(folder, name)


def _put_all(files: list[Path], incoming: Path, progress: Progress) -> list[Put]:
    put = []
    try:
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number, path in enumerate(files, start=1):
            put.append(_put(path, incoming))
            progress(f"copied {number} of {len(files)}")
    except OSError as error:
        raise Away(
            f"The spool {incoming} or a file cannot be used ({error.strerror}); {len(put)} of {len(files)} files were"
            " copied. Correct that and run it again: what came before changes nothing."
        ) from None
    return put


def _put(path: Path, incoming: Path) -> Put:
    """Copy a file where nobody reads it yet, and give it its own name in one step."""
    hashed, head = hashlib.sha256(), b""
    with path.open("rb") as source, _unfinished(incoming) as (target, where):
        while piece := source.read(PIECE):
            head = head or piece[: bundles.HEAD]
            hashed.update(piece)
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
        name = _named(where, incoming, path)
    return Put(name, hashed.digest(), bundles.looks_like_one(path.name, head))


@contextmanager
def _unfinished(incoming: Path) -> Iterator[tuple[BinaryIO, Path]]:
    """A file to write to, and where it is found to be given a name.

    Until then it has none, so that a run that is killed leaves nothing to read behind; where the file system cannot do
    that, it has one that nobody reads.
    """
    try:
        descriptor = os.open(incoming, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno not in _NO_NAMELESS:
            raise
        path = incoming / f".{secrets.token_hex(8)}.part"
        try:
            with path.open("xb") as target:
                yield target, path
        finally:
            path.unlink(missing_ok=True)
    else:
        with os.fdopen(descriptor, "wb") as target:
            yield target, Path(f"/proc/self/fd/{descriptor}")


def _named(unfinished: Path, incoming: Path, path: Path) -> str:
    """Its own name, or that with a number where a file of that name waits already: nothing is ever overwritten."""
    number = 0
    while True:
        name = path.name if not number else f"{path.stem}-{number}{path.suffix}"
        try:
            # With a folder given, the link in /proc is followed, as linkat(2) wants it.
            os.link(unfinished.absolute(), incoming / name, src_dir_fd=0)
        except FileExistsError:
            number += 1
        else:
            return name


class _Following:
    """Waits until what was put into the spool is in the ledger."""

    def __init__(
        self, desk: Desk, spool: Path, put: list[Put], began: datetime, patience: float, progress: Progress
    ) -> None:
        self._desk = desk
        self._spool = spool
        self._put = put
        self._began = began
        self._patience = patience
        self._progress = progress

    async def to_the_end(self) -> Tally:
        """What became of all of them.

        Raises:
            Away: nothing goes on any more, or nobody is there to read.
        """
        moved, since = "", time.monotonic()
        while waiting := await asyncio.to_thread(self._waiting):
            now = await self._say(waiting)
            if now != moved:
                moved, since = now, time.monotonic()
            elif time.monotonic() - since > self._patience:
                raise Away(_STILL.format(seconds=round(self._patience)) if await self._importers() else _NOBODY)
            await asyncio.sleep(LOOK_SECONDS)
        return await self._tally()

    def _waiting(self) -> set[str]:
        """The names that still are in the spool; who holds a file puts its claim before what is kept of the name."""
        there: set[str] = set()
        for part in ("incoming", "reading"):
            for _, _, found in os.walk(self._spool / part):
                there.update(found, (name.partition("~")[2] for name in found))
        return {one.name for one in self._put if one.name in there or shortened(one.name) in there}

    async def _say(self, waiting: set[str]) -> str:
        line = f"{len(self._put) - len(waiting)} of {len(self._put)} files"
        async with self._desk.database.reading() as session:
            for one in self._put:
                if one.bundle and one.name in waiting:
                    found = await following.of_bundle(session, self._desk.vault, one.digest, self._began)
                    if found is not None and found.members:
                        line += f", {found.done} of {found.members} in an archive"
        self._progress(line)
        return line

    async def _importers(self) -> int:
        async with self._desk.database.reading() as session:
            return len(await importers.living(session))

    async def _tally(self) -> Tally:
        tally = Tally(files=len(self._put))
        times = Counter(one.digest for one in self._put)
        async with self._desk.database.reading() as session:
            bundles_put = {one.digest for one in self._put if one.bundle}
            for digest in bundles_put:
                found = await following.of_bundle(session, self._desk.vault, digest, self._began)
                if found is None or not found.fresh or found.state == "duplicate":
                    tally.repeated += times[digest]
                    continue
                tally.repeated += times[digest] - 1
                shown = await ledger.batch(session, found.id)
                counts = shown.counts if shown else ledger.Counts()
                tally.read += counts.read
                tally.repeated += counts.duplicate
                tally.damaged += counts.quarantined + (found.state == "quarantined")
                tally.imports.append({"id": str(found.id), "state": found.state, **_counted(counts)})
            single = [digest for digest in times if digest not in bundles_put]
            became = await following.of_files(session, self._desk.vault, single, self._began)
        for digest in single:
            one = became.get(digest)
            state = one.state if one else "quarantined"
            if state == "quarantined":
                tally.damaged += times[digest]
            else:
                first = 1 if one and one.fresh else 0
                tally.read += first
                tally.repeated += times[digest] - first
        return tally


def _counted(counts: ledger.Counts) -> dict[str, int]:
    return {"read": counts.read, "repeated": counts.duplicate, "damaged": counts.quarantined}
