"""`make up`: start everything, say `Ready`, stay in the foreground, stop everything on Ctrl-C or SIGTERM."""

import argparse
import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from deploy.local.install import certificates
from deploy.local.process import Failed
from deploy.local.system import System


class Stopped(BaseException):
    """Somebody asked us to stop while we were starting."""


def chosen() -> tuple[Path, int]:
    """Where and on which port, from the environment.

    Raises:
        SystemExit: ECS_PORT is no port.
    """
    text = os.environ.get("ECS_PORT", "8080")
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SystemExit(f"ECS_PORT must be a number between 1 and 65535, and is {text[:20]!r}.")
    return Path(os.environ.get("ECS_HOME") or "var"), int(text)


def say(sentence: str) -> None:
    """One line for the person at the terminal."""
    print(f"  {sentence}", flush=True)


def main() -> int:
    """Run until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="make up", description=__doc__)
    parser.add_argument("--tied", action="store_true", help="stop when the program that started this one ends")
    if parser.parse_args().tied:
        ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))
    stopping = threading.Event()
    starting = threading.Event()
    starting.set()

    def asked(number: int, frame: FrameType | None) -> None:
        if stopping.is_set():  # a second time: at once; the kernel ends everything with us
            os._exit(130)
        stopping.set()
        if starting.is_set():
            raise Stopped

    signal.signal(signal.SIGINT, asked)
    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGHUP, asked)
    status = 0
    system = None
    try:
        os.environ.update({**certificates(), **os.environ})
        home, port = chosen()
        print("Starting the Educator Certification System", flush=True)
        before = time.monotonic()
        system = System(home, port, say=say)
        system.start()
        starting.clear()
        print(f"Ready: {system.origin}", flush=True)
        for line in welcome(system, time.monotonic() - before):
            say(line)
        system.watch(stopping)
    except Failed as failed:
        starting.clear()
        print(f"Cannot start: {failed}", file=sys.stderr, flush=True)
        status = 1
    except Stopped:
        starting.clear()
    if system is not None:
        if status == 0:
            print("Stopping ...", flush=True)
        system.stop()
        if status == 0:
            print("Stopped.", flush=True)
    return status


def welcome(system: System, seconds: float) -> list[str]:
    """What somebody needs who sees it for the first time."""
    lines = [f"in {seconds:.1f} s; Ctrl-C stops it"]
    if system.mailroom:
        lines.append(f"People to log in as, each with a button: {system.origin}/mailroom/people")
    if system.demo:
        lines += [
            f"Their passwords: {system.home.people} ('make demo' lists them)",
            f"Result files to copy into {system.home.folder / 'spool' / 'incoming'}: {system.home.demo}",
        ]
    if system.mailroom:
        lines.append(f"Every letter: {system.origin}/mailroom")
    return [*lines, f"Logs: {system.home.log}"]


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # threads that still wait for a program that never answered are nobody's concern now
