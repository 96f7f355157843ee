"""Programs of ours, forked from the nursery (see `nursery.py`)."""

import array
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from deploy.local.places import ROOT
from deploy.local.process import Failed, Part, Running, spawn


class Forked:
    """A program that the nursery started. The nursery tells its exit status through a pipe.

    One thread may wait for it to answer while another stops it: the pipe is closed when nobody holds this any more.
    """

    def __init__(self, pid: int, status: int) -> None:
        self.pid = pid
        self._pipe = status
        self._status: int | None = None
        self._reading = threading.Lock()
        weakref.finalize(self, os.close, status)

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its exit status."""
        if self._status is None and not select.select([self._pipe], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        with self._reading:
            if self._status is None:
                # nothing to read means that the nursery was killed, and everything in it
                self._status = int(os.read(self._pipe, 16) or -signal.SIGKILL)
            return self._status

    def send_signal(self, sig: int) -> None:
        """Send a signal if it still runs."""
        if self.poll() is None:
            os.kill(self.pid, sig)


class Nursery(Part):
    """The process that has the libraries."""

    name = "nursery"

    def __init__(self, home: Path) -> None:
        super().__init__(home, 0)
        self._requests: socket.socket | None = None
        self._one_at_a_time = threading.Lock()

    def begin(self, log: IO[bytes]) -> Running:
        """Start it with one end of a socket."""
        self._let_go()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "deploy.local.nursery", str(theirs.fileno())]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"}
            running = spawn(command, log=log, environment=environment, pass_fds=[theirs.fileno()])
        self._requests = ours
        return running

    def answers(self) -> bool:
        """It takes requests at once, and serves them when it has imported."""
        return True

    def fork(
        self, module: Sequence[str], environment: Mapping[str, str], *, out: int, errors: int, given: int | None = None
    ) -> Forked:
        """Run a module with its arguments.

        Args:
            module: as after `python -m`.
            environment: all of it.
            out: a file for its standard output.
            errors: a file for its standard error.
            given: a file for its standard input.

        Raises:
            Failed: the nursery does not run.
        """
        request = json.dumps({"module": list(module), "environment": dict(environment)}).encode()
        status, theirs = os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        try:
            with self._one_at_a_time:
                if not self.running:
                    self.forget()
                    self.launch()
                assert self._requests is not None  # noqa: S101 - tells the type
                descriptors = [nothing if given is None else given, out, errors, theirs]
                socket.send_fds(self._requests, [request], descriptors)
                answer = self._requests.recv(16)
        except OSError:
            answer = b""
        finally:
            os.close(theirs)
            os.close(nothing)
        if not answer:
            os.close(status)
            raise Failed(
                f"The nursery, which starts our programs, has stopped: {self.last_words()}."
                " If a package is damaged, 'make clean' removes them all, and the next 'make up' fetches them again."
            )
        return Forked(array.array("i", answer)[0], status)

    def stop(self) -> None:
        """End it, and with it whatever it started that still runs."""
        super().stop()
        self._let_go()

    def _let_go(self) -> None:
        if self._requests is not None:
            self._requests.close()
            self._requests = None
