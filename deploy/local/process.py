"""One running program: started tied to us, waited for until it answers, stopped, killed, frozen."""

import contextlib
import os
import pwd
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import IO, ClassVar, Final, Protocol

import psutil

from deploy.local.tether import somebody

TETHER: Final = str(Path(__file__).with_name("tether.py"))
# A child is tied to the *thread* that started it, so one thread that lives as long as we do starts them all.
_STARTER: Final = ThreadPoolExecutor(1, thread_name_prefix="starter")
POLL: Final = 0.02  # seconds between looks whether a program answers
# Below those that clients are given: one of those may take a port while its server restarts.
PORTS: Final = range(24_000, 32_000)


class Failed(Exception):
    """Something did not start; the text is a sentence for the person who started it, with what to do."""


class Running(Protocol):
    """A program that was started: what we need of `subprocess.Popen`."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its exit status; `subprocess.TimeoutExpired` if it takes longer."""

    def send_signal(self, sig: int) -> None:
        """Send a signal if it still runs."""


@cache
def seen_as() -> str:
    """How a program that refuses to run as root, or as somebody without a name, sees itself; see `tether.py`."""
    if os.geteuid() in {entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid}:
        return "-"
    asked = [sys.executable, "-I", "-S", TETHER, str(os.getpid()), "9", "namespace", "--", "/bin/true"]
    if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
        return "namespace"
    if os.geteuid() != 0:
        return "-"
    user = somebody()
    return f"{user.pw_uid}:{user.pw_gid}"


def owner_of_unrooted() -> tuple[int, int]:
    """Whose the files of such a program must be: user and group."""
    who = seen_as()
    if ":" not in who:
        return os.geteuid(), os.getegid()
    user, group = who.split(":")
    return int(user), int(group)


def spawn(
    command: Sequence[str | Path],
    *,
    log: IO[bytes] | int,
    errors: IO[bytes] | int | None = None,
    given: int = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    death: signal.Signals = signal.SIGKILL,
    unrooted: bool = False,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a program that gets `death` when we die, in a session of its own (Ctrl-C reaches only us).

    Args:
        command: an absolute path and arguments.
        log: where its output goes.
        errors: where its standard error goes, if elsewhere.
        given: its standard input.
        environment: all of it; ours if not given.
        death: the signal it gets from the kernel.
        unrooted: if we are root, let it see itself as an ordinary user.
        pass_fds: our files that stay open in it.
    """
    who = seen_as() if unrooted else "-"
    tied = [sys.executable, "-I", "-S", TETHER, str(os.getpid()), str(int(death)), who, "--", *map(str, command)]
    return _STARTER.submit(
        subprocess.Popen,
        tied,
        stdin=given,
        stdout=log,
        stderr=log if errors is None else errors,
        env=environment,
        pass_fds=pass_fds,
        start_new_session=True,
    ).result()


def port_answers(port: int) -> bool:
    """Whether something accepts connections on this port of this machine."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(among: Sequence[int] = PORTS) -> int:
    """A port that nobody listens on."""
    while True:
        port = secrets.choice(among)
        if port_is_free(port):
            return port


class Part:
    """A program of the system. A subclass says how to prepare and start it, and how to tell that it answers."""

    name: ClassVar[str]
    patience: ClassVar[float] = 30  # seconds it may take to answer
    grace: ClassVar[float] = 20  # seconds it may take to stop
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    death_signal: ClassVar[signal.Signals] = signal.SIGKILL
    unrooted: ClassVar[bool] = False

    def __init__(self, home: Path, port: int) -> None:
        self.home = home.resolve()
        self.port = port
        self._process: Running | None = None

    def prepare(self) -> None:
        """What must be there before the first start."""

    def command(self) -> Sequence[str | Path]:
        """The program and its arguments."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str] | None:
        """All its environment variables; ours if None."""
        return None

    def answers(self) -> bool:
        """Whether it does its work."""
        return port_answers(self.port)

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.home / "log" / f"{self.name}.log"

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            Failed: it was not started.
        """
        if self._process is None:
            raise Failed(f"{self.name} was not started.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers.

        Raises:
            Failed: its port is taken, it stopped again, or it does not answer in time.
        """
        self.launch()
        self.await_answer()

    def launch(self) -> None:
        """Start it; return at once."""
        if self.running:
            raise Failed(f"{self.name} runs already.")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.prepare()
        self.await_port()
        with self.log.open("ab") as log:
            self._process = self.begin(log)

    def begin(self, log: IO[bytes]) -> Running:
        """Let the program begin; its output goes to `log`."""
        return spawn(
            self.command(), log=log, environment=self.environment(), death=self.death_signal, unrooted=self.unrooted
        )

    def await_port(self) -> None:
        """Return when our port is free; one that just stopped may need a moment.

        Raises:
            Failed: somebody else listens there.
        """
        if not self.port:
            return
        until = time.monotonic() + 3
        while not port_is_free(self.port):
            if time.monotonic() > until:
                raise Failed(
                    f"Port {self.port}, needed for {self.name}, is taken by another program. "
                    "Stop that program, or choose other ports with ECS_PORT (for example ECS_PORT=8090 make up)."
                )
            time.sleep(0.1)

    def await_answer(self) -> None:
        """Return when it answers.

        Raises:
            Failed: it stopped again, or does not answer in time.
        """
        until = time.monotonic() + self.patience
        while not self.answers():
            if not self.running:
                raise Failed(f"{self.name} stopped while starting: {self.last_words()}")
            if time.monotonic() > until:
                raise Failed(f"{self.name} does not answer after {self.patience:.0f} seconds: {self.last_words()}")
            time.sleep(POLL)

    def last_words(self) -> str:
        """The last line of its log, and where to read more."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        said = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"{said[:300]} (more in {self.log})"

    def forget(self) -> None:
        """Make ready to be started again after it stopped by itself."""
        if not self.running:
            self._process = None

    def stop(self) -> None:
        """Ask it to stop, wait, and end it if it does not."""
        if self._process is None:
            return
        if self.running:
            self.thaw()
            self._process.send_signal(self.stop_signal)
            try:
                self._process.wait(self.grace)
            except subprocess.TimeoutExpired:
                self.kill()
        self._process = None

    def kill(self) -> None:
        """End it and all its children at once, as a crash or a power cut would."""
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self._process is not None:
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Halt it without ending it, as a host that hangs would."""
        self._signal_tree(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        self._signal_tree(signal.SIGCONT)

    def _signal_tree(self, number: signal.Signals) -> None:
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _tree(self) -> Iterator[psutil.Process]:
        if not self.running:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.pid)
            yield first  # first, so that it starts no more children
            yield from first.children(recursive=True)
