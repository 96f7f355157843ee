"""Starts the small service's processes, kills and freezes them, and reads what databases and topics hold."""

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

from deploy.local.forking import Forked, Nursery
from tests.faults.small import GRANTED, REVOKED

ROOT: Final = Path(__file__).resolve().parents[2]
PARTITIONS: Final = 3
LOG: Final = Path(os.environ.get("FAULTS_LOG", "/dev/null"))  # what the workers log, for whoever looks for a cause


def forked(nursery: Nursery, side: str, told: dict[str, str]) -> tuple[Forked, IO[bytes], IO[bytes]]:
    """A new process, what it is given to read, and what it says."""
    given, orders = os.pipe()
    answers, out = os.pipe()
    try:
        with LOG.open("ab") as log:
            module, environment = ["tests.faults.worker", side], {**os.environ, "PYTHONPATH": str(ROOT), **told}
            process = nursery.fork(module, environment, given=given, out=out, errors=log.fileno())
    finally:
        os.close(given)
        os.close(out)
    return process, os.fdopen(orders, "wb", buffering=0), os.fdopen(answers, "rb", buffering=0)


class Worker:
    """One side of the small service, in a process of its own."""

    def __init__(self, process: Forked, orders: IO[bytes], answers: IO[bytes]) -> None:
        self._process = process
        self._orders = orders
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._stalled = asyncio.Event()
        self._ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(answers))
        self._number = 0

    @classmethod
    async def start(cls, nursery: Nursery, side: str, **environment: str) -> "Worker":
        """Start it and wait until it is ready."""
        told = {f"FAULTS_{name.upper()}": value for name, value in environment.items()}
        worker = cls(*await asyncio.to_thread(forked, nursery, side, told))
        async with asyncio.timeout(60):
            await worker._ready.wait()
        return worker

    def order(self, what: str, **told: Any) -> asyncio.Future[dict[str, Any]]:
        """Tell it to do something; the answer comes later."""
        self._number += 1
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[self._number] = answer
        self._orders.write(json.dumps({"number": self._number, "do": what, **told}).encode() + b"\n")
        return answer

    async def do(self, what: str, **told: Any) -> dict[str, Any]:
        """Tell it to do something, and wait."""
        async with asyncio.timeout(60):
            answer = await self.order(what, **told)
        assert "error" not in answer, answer
        return answer

    async def stalled(self) -> None:
        """Return when it has come to the place where it was told to stall."""
        async with asyncio.timeout(60):
            await self._stalled.wait()

    async def kill(self) -> None:
        """SIGKILL."""
        self._process.send_signal(signal.SIGKILL)
        await self._ended()

    async def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self._process.send_signal(signal.SIGTERM)
        await self._ended()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    async def _ended(self) -> None:
        await asyncio.to_thread(self._process.wait, 60)
        self._orders.close()
        self._reading.cancel()

    async def _read(self, answers: IO[bytes]) -> None:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), answers
        )
        with contextlib.closing(transport):
            await self._note(reader)

    async def _note(self, reader: asyncio.StreamReader) -> None:
        while line := await reader.readline():
            told = json.loads(line)
            if "number" in told:
                self._answers.pop(told["number"]).set_result(told)
            elif "stalled" in told:
                self._stalled.set()
            else:
                self._ready.set()


class Rows:
    """What a database holds, whoever uses it meanwhile."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def __call__(self, statement: str, *arguments: Any) -> list[Any]:
        """The rows; a row of one column is its value."""
        connection = await asyncpg.connect(self._url)
        try:
            rows = await connection.fetch(statement, *arguments)
        finally:
            await connection.close()
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    async def count(self, table: str) -> int:
        """How many rows a table has."""
        return int((await self(f"SELECT count(*) FROM {table}"))[0])  # noqa: S608 - our own names


async def until(true: Callable[[], Awaitable[bool]], what: str, seconds: float = 60) -> None:
    """Wait until it is so. Fails with `what` if it never is."""
    deadline = time.monotonic() + seconds
    while not await true():
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {what}"
        await asyncio.sleep(0.05)


async def new_topics(kafka: str) -> None:
    """Make the two topics anew, empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        if gone := [topic for topic in (GRANTED, REVOKED) if topic in await admin.list_topics()]:
            await admin.delete_topics(gone)
        for topic in (GRANTED, REVOKED):
            while True:
                answer = await admin.create_topics([NewTopic(topic, PARTITIONS, 1)])
                if answer.topic_errors[0][1] == 0:
                    break
                await asyncio.sleep(0.05)
    finally:
        await admin.close()


async def records(kafka: str, *topics: str) -> list[Any]:
    """Every record of these topics, in order per partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for topic in topics or (GRANTED,) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        found: list[Any] = []
        while any([await consumer.position(one) < ends[one] for one in partitions]):
            for batch in (await consumer.getmany(timeout_ms=200)).values():
                found += batch
        return found
    finally:
        await consumer.stop()


def facts(found: list[Any]) -> list[dict[str, Any]]:
    """The facts in these records."""
    return [json.loads(record.value) for record in found]


@asynccontextmanager
async def producing(kafka: str) -> AsyncIterator[AIOKafkaProducer]:
    """A producer of anything whatever."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True)
    await producer.start()
    try:
        yield producer
    finally:
        with contextlib.suppress(KafkaError):
            await producer.stop()


def assert_in_order(found: list[Any], *, doubles: bool = False) -> None:
    """Per key, sequences rise one by one in the order of the topic; `doubles`: a fact may come again later."""
    last: dict[bytes, int] = {}
    for record in found:
        sequence = json.loads(record.value)["sequence"]
        before = last.get(record.key, 0)
        if doubles and sequence <= before:
            continue
        assert sequence == before + 1, f"after {before} came {sequence}"
        last[record.key] = sequence
