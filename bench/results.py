"""Taking results in against a bare loop, and what many on hand change: `make bench ARGS=results`.

- ours: an importer as it runs, from files in a source's folder to facts committed, in a process of its own;
- bare: a loop that opens, reads, hashes, parses (this reader), encrypts and COPYs the same bytes, likewise.

Both take the same generated answers, both bureaus' of each person, none with a record, in an order that mixes them.
"""

import asyncio
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
import httpx
import redis

from bench import population
from bench.pages import MOST_GROWTH, PORT, answers, browsers, rate, signed_in, some
from deploy.local.parts import Kafka, Valkey
from deploy.local.process import free_port
from services.fingerprint.vault import vault_of
from shared import keys as key_files
from shared import topics
from shared.db import Database
from shared.keys import Keys

ROOT: Final = Path(__file__).resolve().parent.parent
LEAST_RATIO: Final = 0.5
MOST_FOR_TWO: Final = 1.15
MOST_TO_PAGE, MOST_TO_COMMIT = 1.5, 0.2
MOST_MEMORY: Final = 300_000_000
ON_HAND: Final = 500_000
CROWD: Final = 1_000_000
FEW: Final = 1_000
SINGLE: Final = 40

# Numbers of people who are on hand, and of those whose answers come, never meet.
_FIRST_ON_HAND, _FIRST_NEW = 0, 5_000_000


@dataclass(frozen=True)
class Run:
    """What one run took: seconds, seconds of processor time, bytes."""

    seconds: float
    cpu: float
    memory: int


class Bench:
    """The folder of a source, the people whose answers are put into it, and the databases."""

    def __init__(self, home: Path, count: int, databases: Callable[[str], Awaitable[str]]) -> None:
        self.home = home
        self.keys = home / "keys"
        key_files.create_all(self.keys)
        self.count = count
        self._databases = databases
        self._made = 0
        self._next = _FIRST_NEW

    def new_people(self) -> list[str]:
        """People nobody has had answers about."""
        self._next += self.count
        return list(population.ids(self._next, self.count // 2))

    async def database(self, on_hand: int, crowd: int = 0) -> tuple[str, list[str]]:
        """A database with so many results on hand, and `crowd` more people without any; everybody's number."""
        self._made += 1
        url = await self._databases(f"results{self._made}")
        numbers = list(population.ids(_FIRST_ON_HAND, on_hand // 2 + crowd))
        database = Database(url)
        await population.settle(database, numbers)
        await population.have_on_hand(database, vault_of(Keys(self.keys, "fingerprint")), numbers[: on_hand // 2])
        await database.dispose()
        return url, numbers

    async def know(self, url: str, numbers: list[str]) -> None:
        """Make these people known."""
        database = Database(url)
        await population.settle(database, numbers)
        await database.dispose()

    def folder(self, numbers: list[str], *, as_zip: bool = False) -> Path:
        """A source's folder with the answers about these people, complete."""
        folder = self.home / f"spool-{secrets.token_hex(4)}"
        incoming = folder / "incoming"
        incoming.mkdir(parents=True)
        contents = enumerate(population.answers_about(numbers))
        if as_zip:
            with zipfile.ZipFile(incoming / "answers.zip", "w", zipfile.ZIP_DEFLATED) as archive:
                for place, content in contents:
                    archive.writestr(f"{place:06d}.eft", content)
        else:
            for place, content in contents:
                (incoming / f"{place:06d}.eft").write_bytes(content)
        return folder

    def run(self, how: str, folder: Path, url: str, importers: int = 1) -> list[Run]:
        """What each importer took; the folder is gone afterwards."""
        told = {"how": how, "folder": str(folder), "postgres": url, "keys": str(self.keys)}
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", "bench.importing"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(importers)
        ]
        for process in processes:
            _say(process, json.dumps(told))
            _hear(process)
        for process in processes:
            _say(process, "begin")
        found = [Run(**json.loads(_hear(process))) for process in processes]
        for process in processes:
            process.wait()
        shutil.rmtree(folder)
        return found


def _say(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit("an importer ended before it was done")
    return answer


async def compare(
    databases: Callable[[str], Awaitable[str]], kafka: Kafka, valkey: Valkey, count: int, pairs: int
) -> bool:
    """Print what was found; whether it holds. `databases`: makes one with fingerprint's tables."""
    with tempfile.TemporaryDirectory(prefix="ecs-bench-results-") as home:
        bench = Bench(Path(home), count, databases)
        print(f"results: {count:,} answers in each run, {ON_HAND:,} results on hand where nothing else is said")
        empty, _ = await bench.database(0)
        full, _ = await bench.database(ON_HAND)
        holds = [
            await _against_bare(bench, full, pairs, as_zip=False),
            await _against_bare(bench, full, pairs, as_zip=True),
            await _with_many_on_hand(bench, empty, full, pairs),
            await _two_importers(bench, full, pairs),
        ]
        crowded, people = await bench.database(FEW, CROWD)
        few, others = await bench.database(FEW)
        await topics.create(kafka.bootstrap)
        holds.append(await _pages(bench, (few, others), (crowded, people), kafka, valkey, pairs))
    return all(holds)


async def _against_bare(bench: Bench, url: str, pairs: int, *, as_zip: bool) -> bool:
    ratios, memory = [], 0
    for number in range(pairs + 1):
        people = bench.new_people()
        await bench.know(url, people)
        (bare,) = bench.run("bare zip" if as_zip else "bare", bench.folder(people, as_zip=as_zip), url)
        (ours,) = bench.run("ours", bench.folder(people, as_zip=as_zip), url)
        memory = max(memory, ours.memory)
        if number:  # the first pair warms all
            ratios.append(bare.seconds / ours.seconds)
            print(
                f"  pair {number}: bare {bench.count / bare.seconds:,.0f}/s, ours {bench.count / ours.seconds:,.0f}/s"
                f" ({ours.cpu / bench.count * 1e6:.0f} µs of one processor each), ratio {ratios[-1]:.2f}"
            )
    ratio = statistics.median(ratios)
    what = "one .zip of them" if as_zip else "files in the spool"
    print(f"{what}: median ratio {ratio:.2f} of a bare loop (at least {LEAST_RATIO});", end=" ")
    print(f"an importer takes {memory / 1e6:.0f} MB (at most {MOST_MEMORY / 1e6:.0f})")
    return ratio >= LEAST_RATIO and memory <= MOST_MEMORY


async def _with_many_on_hand(bench: Bench, empty: str, full: str, pairs: int) -> bool:
    growths = []
    for _ in range(pairs):
        took = []
        for url in (empty, full):
            people = bench.new_people()
            await bench.know(url, people)
            took.append(bench.run("ours", bench.folder(people), url)[0].seconds)
        growths.append(took[1] / took[0])
    growth = statistics.median(growths)
    print(f"a result with {ON_HAND:,} on hand takes {growth:.2f} times as long as with none (at most {MOST_GROWTH})")
    return growth <= MOST_GROWTH


async def _two_importers(bench: Bench, url: str, pairs: int) -> bool:
    growths, speeds = [], []
    for _ in range(pairs):
        found = []
        for importers in (1, 2):
            people = bench.new_people()
            await bench.know(url, people)
            found.append(bench.run("ours", bench.folder(people), url, importers))
        growths.append(sum(one.cpu for one in found[1]) / found[0][0].cpu)
        speeds.append(found[0][0].seconds / max(one.seconds for one in found[1]))
    growth, speed = statistics.median(growths), statistics.median(speeds)
    print(f"two importers: {growth:.2f} times the processor time a result (at most {MOST_FOR_TWO}),", end=" ")
    print(f"{speed:.2f} times as fast in all (at least 1)")
    return growth <= MOST_FOR_TWO and speed >= 1


async def _pages(
    bench: Bench,
    few: tuple[str, list[str]],
    crowd: tuple[str, list[str]],
    kafka: Kafka,
    valkey: Valkey,
    rounds: int,
) -> bool:
    cache = redis.Redis.from_url(valkey.url)
    with browsers() as visitors, _serving(bench, (few[0], crowd[0]), kafka, valkey) as (small, large):
        growths = []
        for number in range(rounds + 1):
            rates = [
                rate(visitors, port, [_asking(cache, who) for _, who in some(_accounts(numbers))], 3)
                for port, numbers in ((small.port, few[1][: FEW // 2]), (large.port, crowd[1][: FEW // 2]))
            ]
            if number:
                growths.append(rates[0] / rates[1])
        growth = statistics.median(growths)
        print(f"Fingerprint Information with {CROWD:,} people takes {growth:.2f} times as long", end=" ")
        print(f"as with {FEW:,} (at most {MOST_GROWTH})")
        commits, shown = await _single_files(large, crowd[1][-SINGLE:], cache)
    print(
        f"one complete file: {shown * 1000:.0f} ms to the educator's page (under {MOST_TO_PAGE * 1000:.0f}),", end=" "
    )
    print(
        f"of it {commits * 1000:.0f} ms to the committed fact (under {MOST_TO_COMMIT * 1000:.0f}); medians of {SINGLE}"
    )
    return growth <= MOST_GROWTH and commits < MOST_TO_COMMIT and shown < MOST_TO_PAGE


def _accounts(numbers: Sequence[str]) -> list[tuple[str, UUID]]:
    return [(number, population.account_of(number)) for number in numbers]


def _asking(cache: "redis.Redis", account: UUID) -> str:
    return signed_in(cache, account).replace("/ecs/certificates", "/ecs/fingerprints")


@dataclass(frozen=True)
class Served:
    """The service on one database: its port, the source's folder, the database."""

    port: int
    incoming: Path
    postgres: str


@contextmanager
def _serving(bench: Bench, urls: Sequence[str], kafka: Kafka, valkey: Valkey) -> Iterator[list[Served]]:
    processes = []
    served = []
    try:
        for url in urls:
            home = bench.home / f"home-{secrets.token_hex(4)}"
            folder = home / "partner"
            folder.mkdir(parents=True)
            (home / "sources.yaml").write_text(f"partner:\n  folder: {folder}\n  rule: renamed\n")
            port = free_port()
            environment = {
                **os.environ,
                "ECS_KAFKA": kafka.bootstrap,
                "ECS_REDIS": valkey.url,
                "ECS_KEYS": str(bench.keys),
                "ECS_LOG": str(home),
                "ECS_HOME": str(home),
                "ECS_SOURCES": str(home / "sources.yaml"),
                "ECS_HELD_SHARE": "0",
                "ECS_PORT": str(PORT),
                "ECS_ORIGIN": f"http://localhost:{PORT}",
                "ECS_URL_IDENTITY": "http://127.0.0.1:9",
                "ECS_URL_EDUCATOR": "http://127.0.0.1:9",
                "ECS_POSTGRES_FINGERPRINT": url,
            }
            command = [sys.executable, "-m", "uvicorn", "services.fingerprint.main:app", "--port", str(port)]
            processes.append(
                subprocess.Popen([*command, "--log-level", "warning", "--no-access-log"], cwd=ROOT, env=environment)
            )
            served.append(Served(port, folder / "incoming", url))
        for one in served:
            answers(f"http://127.0.0.1:{one.port}/health/live", processes)
        yield served
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


async def _single_files(served: Served, numbers: Sequence[str], cache: "redis.Redis") -> tuple[float, float]:
    """Medians in seconds, from a file's last renaming: to its committed fact, and to the row on the educator's page."""
    commits, shown = [], []
    connection = await asyncpg.connect(served.postgres)
    async with httpx.AsyncClient(trust_env=False) as browser:
        for number in numbers:
            content = population.answer_of(next(iter(population.BUREAUS)), number)
            part = served.incoming / f"{number}.part"
            part.write_bytes(content)
            line, *headers = _asking(cache, population.account_of(number)).strip().split("\r\n")
            url, asked = f"http://127.0.0.1:{served.port}{line.split()[1]}", dict(one.split(": ", 1) for one in headers)
            began = time.perf_counter()
            part.rename(served.incoming / f"{number}.eft")
            while not await connection.fetchval("SELECT 1 FROM answers WHERE educator_id = $1", number):  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            commits.append(time.perf_counter() - began)
            while "State result received" not in (await browser.get(url, headers=asked)).text:  # noqa: ASYNC110
                await asyncio.sleep(0.002)
            shown.append(time.perf_counter() - began)
            # as files come by day: not in step with anything
            await asyncio.sleep(0.2 + secrets.randbelow(100) / 1000)
    await connection.close()
    return statistics.median(commits), statistics.median(shown)
