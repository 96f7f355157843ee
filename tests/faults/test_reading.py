"""A record that no client can read stands in its own partition's way, and takes nothing of the others with it."""

import struct
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from tests.faults.conftest import Place
from tests.faults.harness import until
from tests.faults.small import GRANTED, granted
from tests.faults.test_hearing import record

# Of a record batch of Kafka's format 2: the checksum is of all that follows it.
CHECKSUM, CHECKED = 17, 21
ROUNDS, EACH = 25, 20


async def _unreadable(producer: AIOKafkaProducer, partition: int) -> None:
    """A record with a header whose name is not UTF-8, as no ordinary client can write it."""
    batch = producer.create_batch()
    fact = granted("unreadable")
    assert batch.append(key=b"unreadable", value=record(fact), timestamp=None, headers=[("name", b"")]) is not None
    batch.close()
    built: bytearray = batch._build()
    where = built.index(b"name")
    built[where : where + 4] = b"\xff\xfe\xfd\xfc"
    built[CHECKSUM:CHECKED] = struct.pack(">I", calc_crc32c(bytes(built[CHECKED:])))
    await (await producer.send_batch(batch, GRANTED, partition=partition))


async def test_what_can_be_read_beside_a_record_that_cannot_is_all_heard(place: Place) -> None:
    """Facts on three partitions, one of which no client can read past; from before it, too, nothing is missing."""
    await place.hears()
    producer: Any = AIOKafkaProducer(bootstrap_servers=place.kafka)
    await producer.start()
    expected: set[str] = set()

    async def say(note: str, *partitions: int) -> None:
        for partition in partitions:
            for number in range(EACH):
                fact = granted(f"subject-{partition}", f"{note}-{partition}-{number}")
                await producer.send(GRANTED, record(fact), fact.subject_id.encode(), partition=partition)
                expected.add(f"{note}-{partition}-{number}")
        await producer.flush()

    try:
        await say("before", 0, 1, 2)
        await _unreadable(producer, 1)
        for round_ in range(ROUNDS):
            await say(f"round-{round_}", 0, 2)
    finally:
        await producer.stop()

    async def all_heard() -> bool:
        return expected <= set(await place.hearing("SELECT note FROM heard"))

    await until(all_heard, "all that can be read is heard")
    notes = await place.hearing("SELECT note FROM heard")
    assert len(notes) == len(expected), "and each of them once"
