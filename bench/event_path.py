"""The event path against raw aiokafka, and how long one fact takes when nothing else happens: `make bench`.

The same facts, on the same warm broker, in one run, in interleaved pairs:

- ours: N facts built and committed in one service in transactions of 100, relayed, and committed by another service
  with its inbox and one row per fact;
- raw: aiokafka in two processes, one building the same facts and producing the same records (key, headers, body;
  idempotent, acks=all, no linger, batches of 256 KiB, 500 under way), the other reading each record as a fact.

Both run on uvloop; raw has Python's own setting of the garbage collector, as programs have, our services have theirs.

Ratios count, not rates: machines differ. Each stage's CPU per fact is printed beside them.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any, Final

import psutil
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from sqlalchemy import text

from bench.worker import RAW_TOPIC, Base
from shared import topics
from shared.db import Database

ROOT: Final = Path(__file__).resolve().parent.parent
WARM_UP: Final = 300_000
LEAST_RATIO: Final = 0.65
MEDIAN_MS: Final = 20
P95_MS: Final = 60


class Stage:
    """One stage in its process."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    @classmethod
    async def start(cls, name: str, kafka: str, postgres: str = "") -> "Stage":
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.worker", name, cwd=ROOT,
            env={**os.environ, "ECS_KAFKA": kafka, "BENCH_POSTGRES": postgres},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        stage = cls(name, process)
        await stage._answer()
        return stage

    async def do(self, what: str, **told: Any) -> dict[str, Any]:
        """Give an order and wait for the answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"do": what, **told}).encode() + b"\n")
        return await self._answer()

    async def stop(self) -> None:
        """End it."""
        self._process.terminate()
        await self._process.wait()

    def cpu(self) -> float:
        """Seconds of CPU it has used."""
        return _seconds(psutil.Process(self._process.pid))

    async def _answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit(f"the stage {self.name} ended by itself")
        answer: dict[str, Any] = json.loads(line)
        return answer


async def _create_raw_topic(kafka: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if RAW_TOPIC not in await admin.list_topics():
            await admin.create_topics([NewTopic(RAW_TOPIC, num_partitions=topics.PARTITIONS, replication_factor=1)])
    finally:
        await admin.close()


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def _of_postgres(pid: int) -> float:
    server = psutil.Process(pid)
    return _seconds(server) + sum(_seconds(child) for child in server.children() if child.is_running())


def _each(before: dict[str, float], after: dict[str, float], count: int) -> dict[str, float]:
    return {name: (used - before[name]) / count * 1e6 for name, used in after.items()}


class Comparison:
    """Both sides, on the same broker."""

    def __init__(self, kafka: str, writing: str, hearing: str, kafka_pid: int, postgres_pid: int) -> None:
        self._kafka, self._writing, self._hearing = kafka, writing, hearing
        self._kafka_pid, self._postgres_pid = kafka_pid, postgres_pid
        self._heard = Database(hearing, pool_size=1)

    async def prepare(self) -> None:
        """Tables, topics, and a broker that has seen some hundred thousand messages."""
        for url in (self._writing, self._hearing):
            database = Database(url)
            async with database.engine.begin() as connection:
                await connection.run_sync(Base.metadata.drop_all)
                await connection.run_sync(Base.metadata.create_all)
            await database.dispose()
        await topics.create(self._kafka)
        await _create_raw_topic(self._kafka)
        self._producer = await Stage.start("producer", self._kafka)
        self._consumer = await Stage.start("consumer", self._kafka)
        await asyncio.gather(self._producer.do("do", count=WARM_UP), self._consumer.do("do", count=WARM_UP))

    async def raw(self, count: int) -> tuple[float, dict[str, float]]:
        """Seconds for raw aiokafka, and microseconds of CPU per fact of each stage."""
        await self._consumer.do("skip")
        before = self._used_by_raw()
        began = time.perf_counter()
        await asyncio.gather(self._consumer.do("do", count=count), self._producer.do("do", count=count))
        return time.perf_counter() - began, _each(before, self._used_by_raw(), count)

    async def start_ours(self) -> None:
        """Two services; the hearing one works off what raw left behind before anything is measured."""
        self._writer = await Stage.start("writer", self._kafka, self._writing)
        self._hearer = await Stage.start("hearer", self._kafka, self._hearing)

    async def ours(self, count: int) -> tuple[float, dict[str, float]]:
        """Seconds for the whole path, and microseconds of CPU per fact of each stage."""
        await self._settled()
        before = self._used()
        began = time.perf_counter()
        await asyncio.gather(self._writer.do("do", count=count), self._hearer.do("do", count=count))
        return time.perf_counter() - began, _each(before, self._used(), count)

    async def idle(self, count: int) -> list[float]:
        """Milliseconds from one service's commit to the other's, one fact at a time."""
        took = []
        async with self._heard.reading() as session:
            last = (await session.execute(text("SELECT coalesce(max(id), 0) FROM known_account"))).scalar_one()
        for number in range(count):
            await asyncio.sleep(0.05 + (number * 7 % 50) / 1000)  # at no fixed phase of any poll
            said = await self._writer.do("say_one")
            while (at := await self._heard_at(said["account_id"], last)) is None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.005)
            took.append((at - said["at"]) * 1000)
        return took

    async def stop(self) -> None:
        """End all stages."""
        await self._heard.dispose()
        for stage in (self._producer, self._consumer, self._writer, self._hearer):
            await stage.stop()

    def _used_by_raw(self) -> dict[str, float]:
        return {
            "producer": self._producer.cpu(),
            "consumer": self._consumer.cpu(),
            "Kafka": _seconds(psutil.Process(self._kafka_pid)),
        }

    def _used(self) -> dict[str, float]:
        return {
            "writer and relay": self._writer.cpu(),
            "consumer": self._hearer.cpu(),
            "PostgreSQL": _of_postgres(self._postgres_pid),
            "Kafka": _seconds(psutil.Process(self._kafka_pid)),
        }

    async def _settled(self) -> None:
        """Until nothing more arrives from before."""
        count = -1.0
        while (now := (await self._hearer.do("mark"))["committed"]) != count:
            count = now
            await asyncio.sleep(1.5)

    async def _heard_at(self, account_id: str, last: int) -> float | None:
        async with self._heard.reading() as session:
            found = await session.execute(
                text(
                    "SELECT extract(epoch FROM heard_at) FROM known_account"
                    " WHERE id > :last AND account_id = :account_id"
                ),
                {"last": last, "account_id": account_id},
            )
            at = found.scalar_one_or_none()
            return None if at is None else float(at)


def _told(spent: list[dict[str, float]]) -> str:
    middle = {name: statistics.median(one[name] for one in spent) for name in spent[0]}
    parts = ", ".join(f"{name} {used:.0f}" for name, used in middle.items())
    return f"{sum(middle.values()):.0f} µs ({parts})"


async def compare(comparison: Comparison, count: int, pairs: int, idle: int) -> bool:
    """Print what was found; whether it holds."""
    await comparison.prepare()
    await comparison.start_ours()
    await comparison.ours(count // 4)
    ratios = []
    spent: list[dict[str, float]] = []
    spent_raw: list[dict[str, float]] = []
    for pair in range(pairs):
        bare, raw_stages = await comparison.raw(count)
        whole, stages = await comparison.ours(count)
        spent.append(stages)
        spent_raw.append(raw_stages)
        ratios.append(bare / whole)
        print(f"pair {pair + 1}: raw {count / bare:,.0f}/s, ours {count / whole:,.0f}/s, ratio {bare / whole:.2f}")
    ratio = statistics.median(ratios)
    print(f"event path: median ratio {ratio:.2f} of raw aiokafka (at least {LEAST_RATIO})")
    print(f"  CPU per fact, ours: {_told(spent)}")
    print(f"  CPU per fact, raw: {_told(spent_raw)}")
    took = sorted(await comparison.idle(idle))
    median, late = statistics.median(took), took[int(len(took) * 0.95)]
    print(f"idle, commit to the other's commit: median {median:.1f} ms (under {MEDIAN_MS}),", end=" ")
    print(f"95th percentile {late:.1f} ms (under {P95_MS})")
    await comparison.stop()
    return ratio >= LEAST_RATIO and median < MEDIAN_MS and late < P95_MS
