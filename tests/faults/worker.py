"""The small service as a process: `python -m tests.faults.worker says|hears`, told what to do on stdin.

Every line on stdin is a JSON object with a number; each gets one answer with that number on stdout, when it is done.
Environment: FAULTS_POSTGRES, FAULTS_KAFKA, FAULTS_GROUP; FAULTS_STALL names a place where the process says so and then
waits for ever, to be killed there; FAULTS_SABOTAGE names a guard to switch off.
"""

import asyncio
import json
import os
import random
import signal
import sys
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import insert

from shared import bus, db, logs, outbox
from shared.bus import Listener
from shared.db import Database
from shared.relay import Relay
from tests.faults import sabotages
from tests.faults.small import Behaviour, Release, Said, consumers_named, granted, revoked


def answer(**told: Any) -> None:
    """Say something to the test."""
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def stall_at(place: str) -> None:
    """Put a function that says it is reached, and then waits to be killed, in the place of another."""
    owner: Any
    owner, name = {
        "relay.send": (Relay, "_send_in_order"),
        "relay.remove": (Relay, "_remove"),
        "consumer.commit": (Listener, "_commit"),
    }[place]

    async def stalled(self: Any, *told: Any) -> None:
        if place == "relay.remove" and not told[-1]:
            return  # there was nothing to remove
        answer(stalled=place)
        await asyncio.Event().wait()

    setattr(owner, name, stalled)


class Says:
    """The side that says facts."""

    def __init__(self, database: Database, kafka: str) -> None:
        self.database = database
        self.relay = Relay(database, kafka, "identity")
        self.part: Any = self.relay

    async def say(self, subject: str, note: str = "", topic: str = "", hold: float = 0, stall: bool = False) -> Any:
        """One command: a row and its fact, in one transaction that is open for `hold` seconds, or for ever."""
        fact = (revoked if topic == "AccessRevoked" else granted)(subject, note)
        async with self.database.transaction() as session:
            await session.execute(insert(Said).values(event_id=fact.event_id, subject_id=subject))
            await outbox.publish(session, fact)
            await asyncio.sleep(hold)
            if stall:
                answer(stalled="before commit")
                await asyncio.Event().wait()
        return {"event_id": str(fact.event_id)}

    async def load(self, writers: int, each: int, subjects: int, hold: float = 0, patient: bool = False) -> Any:
        """Many commands at once, about shared subjects, committing late; what was accepted and what failed.

        `patient`: after a failure, try the next command a little later, as people do.
        """
        ok: list[str] = []
        unknown = 0

        async def write(number: int) -> None:
            nonlocal unknown
            chance = random.Random(number)
            for _ in range(each):
                try:
                    said = await self.say(f"subject-{chance.randrange(subjects)}", hold=chance.random() * hold)
                    ok.append(said["event_id"])
                except Exception:
                    if not patient:
                        raise
                    unknown += 1
                    await asyncio.sleep(0.2)

        await asyncio.gather(*(write(number) for number in range(writers)))
        return {"ok": ok, "unknown": unknown}


class Hears:
    """The side that hears them."""

    def __init__(self, database: Database, kafka: str) -> None:
        self.part: Any = Listener(consumers_named(os.environ["FAULTS_GROUP"]), database, kafka)

    async def behave(self, **how: Any) -> Any:
        """Change how the handlers behave."""
        for name, value in how.items():
            setattr(Behaviour, name, value)
        return {}


SIDES: Final[dict[str, Any]] = {"says": Says, "hears": Hears}


async def main() -> None:
    """Run one side until SIGTERM or the end of stdin."""
    logs.configure("small", None)
    for name in ("slow", "bug"):
        if value := os.environ.get(f"FAULTS_{name.upper()}"):
            setattr(Behaviour, name, json.loads(value))
    db.TIMEOUTS.update(json.loads(os.environ.get("FAULTS_TIMEOUTS", "{}")))
    bus.SESSION_MS = 6000  # type: ignore[misc] # the least that a broker allows, so that tests need not wait longer
    if os.environ.get("FAULTS_NEWER"):
        Release.is_newer()
    if place := os.environ.get("FAULTS_STALL"):
        stall_at(place)
    sabotages.apply(os.environ.get("FAULTS_SABOTAGE", ""))
    database = Database(os.environ["FAULTS_POSTGRES"], pool_size=10)
    side = SIDES[sys.argv[1]](database, os.environ["FAULTS_KAFKA"])
    running = asyncio.create_task(side.part.run())
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    reading = asyncio.create_task(listen(side, ended))
    answer(ready=str(uuid4()))
    await ended.wait()
    await side.part.stop()
    reading.cancel()
    running.cancel()
    await database.dispose()


async def listen(side: Any, ended: asyncio.Event) -> None:
    """Do what stdin says, as many things at once as it says."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    doing: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = asyncio.create_task(do(side, json.loads(line)))
        doing.add(task)
        task.add_done_callback(doing.discard)
    ended.set()


async def do(side: Any, order: dict[str, Any]) -> None:
    """One order and its answer."""
    number, what = order.pop("number"), order.pop("do")
    try:
        answer(number=number, **(await getattr(side, what)(**order)))
    except Exception as error:
        answer(number=number, error=type(error).__name__)


if __name__ == "__main__":
    asyncio.run(main())
