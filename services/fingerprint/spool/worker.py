"""A thread that file work is done in, and that is left behind where the work hangs.

A read of a folder on another host may never come back, and nothing can end it. It must hold up no other file, and must
not keep the process from ending: so these are daemon threads of our own, and not those of an executor.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, TypeVar

Found = TypeVar("Found")
Jobs = SimpleQueue[Callable[[], None] | None]


class Pulse:
    """By what a piece of work shows that it goes on.

    Attributes:
        path: the file that is worked on.
        left: whether nobody waits any more: the work must end, and change nothing.
        ended: whether the work has ended.
    """

    __slots__ = ("_beaten", "ended", "left", "path")

    def __init__(self) -> None:
        self._beaten: float | None = None
        self.path = ""
        self.left = False
        self.ended = False

    def beat(self, path: str | None = None) -> None:
        """The work goes on, now on this file.

        Raises:
            Left: nobody waits for it any more.
        """
        if self.left:
            raise Left
        self._beaten = monotonic()
        if path is not None:
            self.path = path

    @property
    def silent(self) -> float:
        """For how many seconds nothing was heard; none, while the work has not begun."""
        return 0.0 if self._beaten is None else monotonic() - self._beaten


class Left(Exception):
    """Nobody waits for this work any more."""


class Hangs(Exception):
    """The work has not gone on for too long. `path`: the file it hangs at, empty for a folder."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path


class Worker:
    """Does one piece of work after another in a thread, which is replaced when it hangs."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds without a beat after which the work hangs."""
        self._patience = patience
        self._jobs: Jobs | None = None
        self._left_behind: list[Pulse] = []

    async def do(self, work: Callable[[Pulse], Found]) -> Found:
        """What the work returns or raises.

        Raises:
            Hangs: it has not gone on. Its thread is left behind.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Found] = loop.create_future()
        pulse = Pulse()

        def job() -> None:
            pulse_error: BaseException | None = None
            found: Any = None
            try:
                pulse.beat()
                found = work(pulse)
            except BaseException as error:
                pulse_error = error
            pulse.ended = True
            if not pulse.left:
                loop.call_soon_threadsafe(_settle, done, found, pulse_error)

        if self._jobs is None:
            self._jobs = _started()
        self._jobs.put(job)
        try:
            while not done.done():
                await asyncio.wait({done}, timeout=self._patience / 4)
                if not done.done() and pulse.silent > self._patience:
                    self._left_behind.append(pulse)
                    self._leave()
                    raise Hangs(pulse.path)
            return done.result()
        finally:
            pulse.left = True

    def hanging(self) -> set[str]:
        """The files at which threads hang that were left behind; empty for a folder."""
        self._left_behind = [pulse for pulse in self._left_behind if not pulse.ended]
        return {pulse.path for pulse in self._left_behind}

    def close(self) -> None:
        """Let the thread end when its work is done."""
        self._leave()

    def _leave(self) -> None:
        """Give up the thread; work that waits behind what it does goes to another."""
        former, self._jobs = self._jobs, None
        while former is not None:
            try:
                job = former.get_nowait()
            except Empty:
                former.put(None)
                return
            if job is not None:
                self._jobs = self._jobs or _started()
                self._jobs.put(job)


def _started() -> Jobs:
    jobs: Jobs = SimpleQueue()
    threading.Thread(target=_run, args=(jobs,), name="spool", daemon=True).start()
    return jobs


def _run(jobs: Jobs) -> None:
    while job := jobs.get():
        job()


def _settle(done: "asyncio.Future[Any]", found: Any, error: BaseException | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(found)
    else:
        done.set_exception(error)
