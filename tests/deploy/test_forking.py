"""The nursery: a forked program is like one of its own, and its end is told."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from deploy.local.forking import Forked, Nursery
from deploy.local.process import Failed
from deploy.local.programs import Step

MODULE = """
import os, sys
print(sys.argv[1:], os.environ.get("GIVEN"), "PATH" in os.environ, sys.stdin.read(), __name__, flush=True)
raise SystemExit("it cannot go on: say so" if sys.argv[1:] == ["fail"] else int(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    part = Nursery(tmp_path_factory.mktemp("nursery"))
    part.start()
    yield part
    part.stop()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "asked.py").write_text(MODULE)
    (tmp_path / "stays.py").write_text("import time\nprint('here', flush=True)\ntime.sleep(600)\n")
    return {"GIVEN": "this", "PYTHONPATH": str(tmp_path)}


def forked(nursery: Nursery, environment: dict[str, str], module: list[str], out: Path) -> tuple[int, str]:
    with out.open("wb") as file:
        status = nursery.fork(module, environment, out=file.fileno(), errors=file.fileno()).wait(30)
    return status, out.read_text()


def test_it_gets_arguments_and_environment_and_nothing_else(
    nursery: Nursery, environment: dict[str, str], tmp_path: Path
) -> None:
    status, said = forked(nursery, environment, ["asked", "7"], tmp_path / "out")
    assert status == 7
    assert said == "['7'] this False  __main__\n"


def test_a_step_gives_what_it_printed_and_its_last_words_when_it_fails(
    nursery: Nursery, environment: dict[str, str]
) -> None:
    step = Step(nursery, "asked", ["asked", "0"], environment)
    assert "question" in step.run("question")
    failing = Step(nursery, "asked", ["asked", "fail"], environment)
    with pytest.raises(Failed, match="it cannot go on: say so"):
        failing.run()


def test_the_end_is_told_to_all_who_wait_for_it(nursery: Nursery, environment: dict[str, str], tmp_path: Path) -> None:
    together = threading.Barrier(9)
    with (tmp_path / "out").open("wb") as file, ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            running = nursery.fork(["stays"], environment, out=file.fileno(), errors=file.fileno())

            def waited(one: Forked = running) -> int:
                together.wait(30)
                return one.wait(30)

            told = [pool.submit(waited) for _ in range(8)]
            together.wait(30)
            running.send_signal(signal.SIGKILL)
            assert {one.result() for one in told} == {-signal.SIGKILL}


def test_the_end_of_a_killed_program_is_told(nursery: Nursery, environment: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        running = nursery.fork(["stays"], environment, out=file.fileno(), errors=file.fileno())
    assert running.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(0.05)
    running.send_signal(signal.SIGKILL)
    assert running.wait(60) == -signal.SIGKILL
    assert running.poll() == -signal.SIGKILL


def test_programs_end_with_the_nursery_and_the_next_one_brings_it_back(
    nursery: Nursery, environment: dict[str, str], tmp_path: Path
) -> None:
    with (tmp_path / "out").open("wb") as file:
        running = nursery.fork(["stays"], environment, out=file.fileno(), errors=file.fileno())
    program = psutil.Process(running.pid)
    os.kill(nursery.pid, signal.SIGKILL)
    assert running.wait(60) == -signal.SIGKILL
    program.wait(60)
    assert forked(nursery, environment, ["asked", "0"], tmp_path / "again")[0] == 0


def test_it_is_called_what_it_is(nursery: Nursery, environment: dict[str, str], tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        running = nursery.fork(["stays"], environment, out=file.fileno(), errors=file.fileno())
    while "here" not in (tmp_path / "out").read_text():
        assert running.poll() is None
    assert " ".join(psutil.Process(running.pid).cmdline()).strip() == f"{sys.executable} -m stays"
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == -signal.SIGTERM
