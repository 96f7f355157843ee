"""One stage of a comparison, in a process of its own: `python -m bench.worker STAGE`, told what to do on stdin.

Each line on stdin is a JSON object; each answer on stdout is one, with the CPU seconds that this process has used.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Sequence
from typing import Any, Final

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import BigInteger, DateTime, Identity, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench.facts import AT_ONCE, accounts, fact
from shared import logs, memory, metrics
from shared.bus import Consumers, Listener
from shared.db import Database, Session, new_metadata
from shared.events import UserRegistered
from shared.outbox import publish
from shared.relay import BATCH_BYTES, Relay

RAW_TOPIC: Final = "bench-raw"  # as many partitions as the fact's own, which the hearing service does not read
WRITERS: Final = 4  # transactions open at a time in the writing service
IN_FLIGHT: Final = 500  # raw producer: messages sent and not yet acked


class Base(DeclarativeBase):
    """The hearing service's tables."""

    metadata = new_metadata()


class KnownAccount(Base):
    """What the hearing service keeps of each fact; one row per fact, as a list of letters would be."""

    __tablename__ = "known_account"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    account_id: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)
    username: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    heard_at: Mapped[Any] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))


_KEEP = text(
    "INSERT INTO known_account (account_id, sequence, username, email) SELECT * FROM unnest("
    "CAST(:accounts AS text[]), CAST(:numbers AS bigint[]), CAST(:names AS text[]),"
    " CAST(:emails AS text[]))"
)

consumers = Consumers("bench", read_model=(KnownAccount,))


@consumers.on(UserRegistered)
async def keep(facts: Sequence[UserRegistered], session: Session) -> None:
    """One statement for all facts of a batch."""
    await session.execute(
        _KEEP,
        {
            "accounts": [one.subject_id for one in facts],
            "numbers": [one.sequence for one in facts],
            "names": [one.username for one in facts],
            "emails": [one.email for one in facts],
        },
    )


class Writer:
    """A service that says facts: builds and commits them, and relays its outbox."""

    def __init__(self, url: str, kafka: str) -> None:
        self._database = Database(url)
        self._kafka = kafka

    async def start(self) -> None:
        self._relay = Relay(self._database, self._kafka, "identity")
        self._running = asyncio.create_task(self._relay.run())

    async def do(self, count: int) -> dict[str, Any]:
        """Commit this many facts, by 100, a few transactions at a time."""
        about = accounts()
        numbers = iter(range(0, count, AT_ONCE))

        async def write() -> None:
            for first in numbers:
                facts = [fact(about[number % len(about)], number) for number in range(first, first + AT_ONCE)]
                async with self._database.transaction() as session:
                    await publish(session, *facts)

        await asyncio.gather(*(write() for _ in range(WRITERS)))
        return {}

    async def say_one(self) -> dict[str, Any]:
        """Commit one fact and say when it was committed."""
        one = fact(accounts()[0], 1)
        async with self._database.transaction() as session:
            await publish(session, one)
        return {"account_id": one.subject_id, "at": time.time()}


class Hearer:
    """A service that hears them."""

    def __init__(self, url: str, kafka: str) -> None:
        self._database = Database(url)
        self._listener = Listener(consumers, self._database, kafka)

    async def start(self) -> None:
        self._running = asyncio.create_task(self._listener.run())

    async def do(self, count: int) -> dict[str, Any]:
        """Return when this many more have been committed."""
        goal = self._marked + count
        while _committed() < goal:  # noqa: ASYNC110 - what is measured must not know of it
            await asyncio.sleep(0.005)
        return {}

    async def mark(self) -> dict[str, Any]:
        """Count from here on; says how many there are."""
        self._marked = _committed()
        return {"committed": self._marked}


def _committed() -> float:
    return float(metrics.HEARD.labels(UserRegistered.topic)._value.get())


_HEADS = [("ce_specversion", b"1.0"), ("ce_source", b"/identity"), ("content-type", b"application/json")]


class RawProducer:
    """aiokafka alone, building the same records: idempotent, acks=all, 256 KiB batches, 500 sends in flight."""

    def __init__(self, _: str, kafka: str) -> None:
        self._kafka = kafka

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka, enable_idempotence=True, acks="all", linger_ms=0, max_batch_size=BATCH_BYTES
        )
        await self._producer.start()

    async def do(self, count: int) -> dict[str, Any]:
        """Produce this many facts."""
        about = accounts()
        under_way: list[asyncio.Future[Any]] = []
        for number in range(count):
            one = fact(about[number % len(about)], number)
            sent = await self._producer.send(
                RAW_TOPIC,
                one.model_dump_json().encode(),
                key=one.subject_id.encode(),
                headers=[
                    *_HEADS,
                    ("ce_type", one.topic.encode()),
                    ("ce_id", str(one.event_id).encode()),
                ],
            )
            under_way.append(sent)
            if len(under_way) == IN_FLIGHT:
                await asyncio.gather(*under_way)
                under_way.clear()
        await asyncio.gather(*under_way)
        return {}


class RawConsumer:
    """aiokafka alone, reading each record as the fact it is, and keeping nothing."""

    def __init__(self, _: str, kafka: str) -> None:
        self._kafka = kafka

    async def start(self) -> None:
        self._consumer = AIOKafkaConsumer(
            RAW_TOPIC,
            bootstrap_servers=self._kafka,
            auto_offset_reset="latest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )
        await self._consumer.start()
        await self.skip()

    async def do(self, count: int) -> dict[str, Any]:
        """Return when this many have arrived."""
        seen = 0
        while seen < count:
            found = await self._consumer.getmany(timeout_ms=200, max_records=2000)
            for records in found.values():
                seen += len([UserRegistered.model_validate_json(record.value) for record in records])
        return {}

    async def skip(self) -> dict[str, Any]:
        """Go to the end of the topic."""
        await self._consumer.seek_to_end()
        for where in self._consumer.assignment():
            await self._consumer.position(where)
        return {}


STAGES: Final[dict[str, Any]] = {"writer": Writer, "hearer": Hearer, "producer": RawProducer, "consumer": RawConsumer}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    """Serve one stage until stdin ends."""
    logs.configure("bench", None, level=30)
    stage = STAGES[sys.argv[1]](os.environ.get("BENCH_POSTGRES", ""), os.environ["ECS_KAFKA"])
    await stage.start()
    if isinstance(stage, Writer | Hearer) or os.environ.get("BENCH_RAW_SETTLED"):
        memory.settle()  # as every service of ours does at its start
    print(json.dumps({"ready": True}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order = json.loads(line)
        answer = await getattr(stage, order.pop("do"))(**order)
        print(json.dumps({**answer, "cpu": _cpu()}), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
