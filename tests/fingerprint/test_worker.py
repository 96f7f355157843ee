"""File work is done in a thread that may hang: it is left behind, and the work that waits goes on without it."""

import asyncio
import threading
from functools import partial

import pytest

from services.fingerprint.spool import worker as worker_module
from services.fingerprint.spool.worker import Hangs, Left, Pulse, Worker
from tests.waiting import Clock, wait_until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """That of the beats."""
    clock = Clock()
    monkeypatch.setattr(worker_module, "monotonic", clock)
    return clock


async def test_work_is_done_in_order_and_its_errors_are_the_caller_s() -> None:
    worker = Worker(5)
    done: list[int] = []
    await asyncio.gather(*(worker.do(partial(_append, done, number)) for number in range(10)))
    assert done == list(range(10))
    with pytest.raises(ZeroDivisionError):
        await worker.do(lambda _: 1 // 0)
    worker.close()


async def test_work_that_goes_on_is_waited_for_however_long_it_takes(clock: Clock) -> None:
    worker = Worker(0.1)
    ends = threading.Event()

    def slow(pulse: Pulse) -> str:
        for _ in range(20):
            pulse.beat("a")
            clock.passes(0.09)
            ends.wait(0.03)  # a few looks
        return "done"

    assert await worker.do(slow) == "done"
    worker.close()


async def test_work_that_waits_behind_other_work_does_not_hang(clock: Clock) -> None:
    worker = Worker(0.1)
    ends = threading.Event()

    def slow(pulse: Pulse) -> None:
        for _ in range(20):
            pulse.beat()
            clock.passes(0.09)
            ends.wait(0.03)  # a few looks

    first = asyncio.create_task(worker.do(slow))
    assert await worker.do(lambda _: "second") == "second"
    await first
    worker.close()


async def test_work_that_hangs_is_left_and_what_waits_behind_it_goes_on(clock: Clock) -> None:
    worker = Worker(0.1)
    ends = threading.Event()
    changed: list[str] = []

    def hangs(pulse: Pulse) -> None:
        pulse.beat("file")
        clock.passes(0.2)
        ends.wait(60)
        pulse.beat()
        changed.append("too late")

    first = asyncio.create_task(worker.do(hangs))
    second = asyncio.create_task(worker.do(lambda _: "second"))
    with pytest.raises(Hangs) as hang:
        await first
    assert hang.value.path == "file"
    assert await second == "second"
    assert worker.hanging() == {"file"}
    ends.set()
    await asyncio.to_thread(wait_until, lambda: not worker.hanging(), 60)
    assert changed == []
    worker.close()


def test_what_nobody_waits_for_ends_at_its_next_beat() -> None:
    pulse = Pulse()
    pulse.left = True
    with pytest.raises(Left):
        pulse.beat()


def _append(done: list[int], number: int, pulse: Pulse) -> None:
    pulse.beat()
    done.append(number)
