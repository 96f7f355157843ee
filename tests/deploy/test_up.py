"""`make up`: says what it does, watches over it, stops in order, and leaves nothing behind however it ends."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from deploy.local.ports import SERVICES, Ports
from deploy.local.process import Failed
from deploy.local.system import System
from tests.ports import free_origin
from tests.waiting import wait_until


class Up:
    """A running `make up` and what it has said so far."""

    def __init__(self, home: Path, port: int, **given: str) -> None:
        self.home, self.port = home, port
        self.said = home.parent / f"{home.name}-{port}.said"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ECS_")}
        with self.said.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local"],
                stdout=out,
                stderr=out,
                env={**kept, "ECS_HOME": str(home), "ECS_PORT": str(port), "PYTHONPATH": str(Path.cwd()), **given},
            )

    @property
    def words(self) -> str:
        """All it has printed."""
        return self.said.read_text()

    def await_words(self, words: str, seconds: float = 120) -> None:
        """Wait until it has printed this."""
        wait_until(lambda: words in self.words or self.process.poll() is not None, seconds, lambda: self.words)
        assert words in self.words, self.words

    def family(self) -> list[psutil.Process]:
        """It and every program that it started."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def get(self, path: str) -> httpx.Response:
        """A page, as a browser on this machine gets it."""
        return httpx.get(f"http://localhost:{self.port}{path}", trust_env=False, timeout=60)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("up") / "var"


@pytest.fixture(scope="module")
def port() -> int:
    return free_origin()


@pytest.fixture
def start(home: Path, port: int) -> Iterator[Callable[[], Up]]:
    """Starts the system of this module; whatever still runs at the end is ended."""
    started: list[Up] = []

    def begin() -> Up:
        started.append(Up(home, port))
        started[-1].await_words(f"Ready: http://localhost:{port}\n")
        return started[-1]

    yield begin
    for up in started:
        if up.process.poll() is None:
            up.process.kill()
            up.process.wait()


def test_it_gets_ready_restarts_what_crashes_and_stops_in_order(start: Callable[[], Up], home: Path) -> None:
    up = start()
    answer = up.get("/health/ready")
    assert answer.status_code == 200
    assert set(answer.json()["parts"]) >= {"kafka", "redis", *SERVICES}
    assert "Username" in up.get("/login").text
    people = json.loads((home / "demo.json").read_text())
    roles = {person["role"] for person in people}
    assert roles >= {"educator", "analyst", "adjudicator", "administrator", "program", "district"}
    assert all({"username", "password", "role", "name", "email"} <= set(person) for person in people)
    assert any((home / "demo").iterdir())

    memory = {one.pid: one.memory_full_info().pss for one in up.family()}
    assert sum(memory.values()) < 1.6e9
    services = [one for one in up.family() if ".main:app" in " ".join(one.cmdline())]
    assert len(services) == len(SERVICES)
    assert all(memory[one.pid] < 150e6 for one in services)

    educator = next(one for one in up.family() if "services.educator.main:app" in " ".join(one.cmdline()))
    educator.kill()
    up.await_words("educator stopped by itself")
    up.await_words("educator runs again.")
    wait_until(lambda: up.get("/health/ready").status_code == 200, 60)

    second = Up(home, free_origin())
    assert second.process.wait(60) == 1
    assert re.search(r"Cannot start: A system runs on .* already \(process \d+\)", second.words)

    family = up.family()
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(60) == 0
    assert up.words.rstrip().endswith("Stopped.")
    assert psutil.wait_procs(family, timeout=30)[1] == []


def test_nothing_lives_on_when_it_is_killed_and_it_starts_again(start: Callable[[], Up]) -> None:
    up = start()
    family = up.family()
    assert len(family) > 10
    up.process.kill()
    up.process.wait()
    assert psutil.wait_procs(family, timeout=30)[1] == []
    again = start()
    assert again.get("/health/ready").status_code == 200


def test_the_gateway_keeps_the_inside_inside_and_says_when_a_service_is_away(system: System) -> None:
    def get(path: str) -> httpx.Response:
        return httpx.get(system.origin + path, trust_env=False, timeout=60)

    for path in (
        "/internal/attention",
        "/internal/sessions/resolve",
        "//internal/attention",
        "/%69nternal/attention",
        "/_fragments/fingerprints",
        "/metrics",
        "/health/live",
        "/health/system",
        "/static/../internal/attention",
    ):
        assert get(path).status_code == 404, path
    style = re.search(r'href="(/static/ecs[^"]+\.css)"', get("/").text)
    assert style is not None
    served = httpx.get(system.origin + style[1], headers={"Accept-Encoding": "br"}, trust_env=False)
    assert served.headers["content-encoding"] == "br"
    assert "immutable" in served.headers["cache-control"]

    system.kill("certificate")
    away = get("/ecs/certificates")
    assert away.status_code == 502
    assert "This part of the system is away for a moment" in away.text
    assert "default-src 'none'" in away.headers["content-security-policy"]
    ready = get("/health/ready")
    assert ready.status_code == 503
    assert ready.json()["ready"] is False
    assert ready.json()["parts"]["certificate"] != "ok"
    system.restart("certificate")
    system.kill("identity")
    nobody = get("/health/ready")
    assert nobody.status_code == 503
    assert nobody.json() == {"ready": False, "parts": {"identity": "cannot be reached"}}
    system.restart("identity")
    wait_until(lambda: get("/health/ready").status_code == 200, 60)


def test_two_origins_share_no_port() -> None:
    def all_of(origin: int) -> set[int]:
        ports = Ports(origin)
        parts = {ports.postgres, ports.kafka, ports.controller, ports.valkey, ports.smtp, ports.mailroom}
        return {origin, *parts, *ports.services.values()}

    for first, second in ((8080, 8090), (8080, 9080), (80, 8080), (8080, 8081), (10_000, 20_000)):
        assert not all_of(first) & all_of(second)
    for origin in range(1, 65536, 7):
        assert max(all_of(origin) - {origin}) < 32768
        assert len(all_of(origin)) == 12


def test_without_a_demonstration_a_mail_server_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(Failed, match="set ECS_SMTP"):
        System(tmp_path, 8080, given={"ECS_DEMO": "off"})


def test_parts_of_the_users_own_are_not_started(tmp_path: Path) -> None:
    own = {f"ECS_POSTGRES_{name.upper()}": f"postgresql://db/{name}" for name in SERVICES}
    own |= {"ECS_KAFKA": "broker:9092", "ECS_REDIS": "redis://cache", "ECS_SMTP": "smtp://mail"}
    system = System(tmp_path, 8080, given=own)
    assert set(system.parts()) == {*SERVICES, "gateway"}
    told = system.environment("educator")
    assert told["ECS_POSTGRES_EDUCATOR"] == "postgresql://db/educator"
    assert "ECS_POSTGRES_IDENTITY" not in told
    assert (told["ECS_KAFKA"], told["ECS_REDIS"], told["ECS_SMTP"]) == ("broker:9092", "redis://cache", "smtp://mail")


def test_a_full_disk_is_said_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.local.system.LEAST_FREE", 2**60)
    system = System(tmp_path, free_origin(), given={})
    with pytest.raises(Failed, match="Make room"):
        system.start()
    system.stop()
