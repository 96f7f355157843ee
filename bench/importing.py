"""One importer, or the bare loop, in a process of its own: `python -m bench.importing`, told on stdin what to take in.

The first line on stdin is a JSON object {"how": "ours" | "bare" | "bare zip", "folder", "postgres", "keys"}; it says
"ready" and waits for a second line before it begins. The answer is {"seconds", "cpu", "memory"} (bytes) when nothing is
left to be taken in.
"""

import hashlib
import json
import os
import resource
import secrets
import sys
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import uvloop
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.fingerprint.ebts import read
from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import Importer, Patience, Terms
from services.fingerprint.vault import vault_of
from shared import memory
from shared.db import Database
from shared.keys import Keys

GROUP: Final = 500


async def ours(told: dict[str, str]) -> None:
    """Take in what lies in the folder, as the service does."""
    database = Database(told["postgres"])
    source = Source(name="spool", folder=Path(told["folder"]), rule=Rule.RENAMED)
    vault = vault_of(Keys(Path(told["keys"]), "fingerprint"))
    importer = Importer([source], database, vault, "bench", Terms(Patience(1, 10), held_share=0.0))
    await importer.begin()
    with _Measured():
        while os.listdir(source.incoming) or any(os.listdir(one) for one in source.reading.iterdir()):
            await importer.once()
    await importer.lease.leave()
    await database.dispose()


async def bare(told: dict[str, str]) -> None:
    """Open, read, hash, parse, encrypt and COPY, and nothing else."""
    connection = await asyncpg.connect(told["postgres"])
    folder = Path(told["folder"])
    content = _from_zip(folder) if told["how"] == "bare zip" else _from_files(folder)
    key = AESGCM(secrets.token_bytes(32))
    await connection.execute("CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, digest bytea, sealed bytea)")
    with _Measured():
        for some in _groups(content):
            rows = []
            for one in some:
                read(one)
                nonce = os.urandom(12)
                rows.append((uuid4(), hashlib.sha256(one).digest(), nonce + key.encrypt(nonce, one, b"")))
            await connection.copy_records_to_table("bare", records=rows, columns=("id", "digest", "sealed"))
    await connection.execute("DROP TABLE bare")
    await connection.close()


def _from_files(folder: Path) -> Iterator[bytes]:
    with os.scandir(folder / "incoming") as entries:
        for entry in entries:
            with open(entry.path, "rb") as file:
                yield file.read()


def _from_zip(folder: Path) -> Iterator[bytes]:
    (path,) = (folder / "incoming").iterdir()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            yield archive.read(name)


def _groups(content: Iterable[bytes]) -> Iterator[list[bytes]]:
    some: list[bytes] = []
    for one in content:
        some.append(one)
        if len(some) == GROUP:
            yield some
            some = []
    if some:
        yield some


class _Measured:
    """Says it is ready, waits to be told to begin, and at the end says what it took."""

    def __enter__(self) -> None:
        memory.settle()  # as every service does
        print("ready", flush=True)
        sys.stdin.readline()
        self._began = time.perf_counter(), time.process_time()

    def __exit__(self, *_: Any) -> None:
        seconds, cpu = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": most}), flush=True)


if __name__ == "__main__":
    asked = json.loads(sys.stdin.readline())
    uvloop.run(ours(asked) if asked["how"] == "ours" else bare(asked))
