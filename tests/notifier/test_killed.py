"""A sender that is killed or stopped in the middle of a letter: at most one extra copy of it and of those sent in the
twentieth of a second before, and nothing lost."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.notifier import people
from tests.notifier.conftest import House


@asynccontextmanager
async def sender_process(house: House) -> AsyncIterator[subprocess.Popen[bytes]]:
    url = house.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
        [sys.executable, "-m", "tests.notifier.killed_sender", url, house.mail.url, str(house.keys)]
    )
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)


async def test_killed_after_data_the_letter_goes_once_more_with_the_same_id(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    house.mail.answers = ["", "hang"]
    async with sender_process(house) as process:
        assert await asyncio.to_thread(house.mail.hanging.wait, 120)
        # What became of the first is written down while the second hangs.
        await house.until("SELECT count(*) FROM letters WHERE state = 'sent'", 1)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)
    await house.due_now()  # the hold of the dead sender is over
    async with sender_process(house):
        await house.until("SELECT count(*) FROM letters WHERE state <> 'sent'", 0)
    ids = house.mail.ids()
    letters = await house.letters()
    assert len(set(ids)) == len(letters)
    assert len(ids) == len(letters) + 1


async def test_stopped_in_good_order_the_letter_under_way_is_finished_and_the_rest_is_free(house: House) -> None:
    await house.hears(*people.known(), *people.every_fact(house))
    house.mail.answers = ["hang"]
    running = asyncio.create_task(house.sender().run())
    assert await asyncio.to_thread(house.mail.hanging.wait, 120)
    running.cancel()
    house.mail.go_on()
    await asyncio.wait([running])
    rows = await house.rows("SELECT state, attempts, due_at <= now() AS due FROM letters")
    assert sorted(row.state for row in rows).count("sent") == len(house.mail.received) == 1
    assert all(row.due and row.attempts == 0 for row in rows if row.state == "ready")


async def test_a_letter_is_sent_soon_after_its_fact(house: House) -> None:
    running = asyncio.create_task(house.sender().run())
    try:
        await house.hears(*people.known(), *[f for f in people.every_fact(house) if f.topic == "FingerprintCleared"])
        await house.until("SELECT count(*) FROM letters WHERE state = 'sent'", 1)
    finally:
        running.cancel()
        await asyncio.wait([running])
