"""Real parts for tests, started when the first test asks for one and shared by the whole run.

`postgres`, `kafka`, `valkey`, `mailroom` are public images where a container engine answers, else the same programs
from packages. A test that kills or freezes a part takes one of its own from `own_parts`.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final, TypeVar

import hypothesis
import pytest
import pytest_asyncio
from xdist.remote import Producer

from deploy.local.parts import Kafka, Mailroom, Postgres, Valkey
from deploy.local.system import System
from shared import topics as every_topic
from tests import sharing
from tests.containers import KafkaContainer, PostgresContainer, ValkeyContainer, engine_answers
from tests.databases import DatabaseMaker, Databases
from tests.ports import free_origin, free_port

# A killed server keeps what was committed, a power cut may lose it: nothing of a test run must outlive it.
FAST: Final = {"fsync": "off", "max_connections": "300"}

# The same examples in every run, however slow the machine: a red run is a change's doing. New examples are looked for
# with HYPOTHESIS_PROFILE=search.
hypothesis.settings.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

AnyPart = TypeVar("AnyPart", Postgres, Kafka, Valkey, Mailroom)
PostgresPart = Postgres | PostgresContainer
KafkaPart = Kafka | KafkaContainer
ValkeyPart = Valkey | ValkeyContainer


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a test by its place where bytes are its parameter.

    Bytes may hold the moment at which they were made, and workers that collect at another moment must find the same
    tests.
    """
    return argname if isinstance(val, bytes) else None


def pytest_report_header() -> str:
    """Say what the tests stand on."""
    return "parts: " + ("containers" if engine_answers() else "local")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> sharing.ByPart:
    """Among workers, a folder stays together."""
    return sharing.ByPart(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Among workers, the longest folders come first."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        sharing.put_in_order(items)


@pytest.fixture(scope="session", autouse=True)
def _sabotaged() -> None:
    """With FAULTS_SABOTAGE set, a guard is switched off in this process (`python -m tests.sabotage`)."""
    if guard := os.environ.get("FAULTS_SABOTAGE"):
        from tests.faults import sabotages

        sabotages.apply(guard)


@pytest.fixture(scope="session")
def parts_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shared parts write."""
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def postgres(parts_home: Path) -> Iterator[PostgresPart]:
    """A PostgreSQL server for all tests."""
    if engine_answers():
        container = PostgresContainer(free_port())
        container.start()
        yield container
        container.remove()
    else:
        part = Postgres(parts_home, free_port(), **FAST)
        part.start()
        yield part
        part.kill()


@pytest.fixture(scope="session")
def kafka(parts_home: Path) -> Iterator[KafkaPart]:
    """A Kafka broker for all tests, without topics (see `topics`)."""
    if engine_answers():
        container = KafkaContainer(free_port())
        container.start()
        yield container
        container.remove()
    else:
        part = Kafka(parts_home, free_port(), free_port())
        part.start()
        yield part
        part.kill()


@pytest.fixture(scope="session")
def valkey(parts_home: Path) -> Iterator[ValkeyPart]:
    """Valkey for all tests."""
    if engine_answers():
        container = ValkeyContainer(free_port())
        container.start()
        yield container
        container.remove()
    else:
        part = Valkey(parts_home, free_port())
        part.start()
        yield part
        part.kill()


@pytest.fixture(scope="session")
def mailroom(parts_home: Path) -> Iterator[Mailroom]:
    """The inbox for all tests: hand in at `.url`, read at `.pages`."""
    part = Mailroom(parts_home, free_port(), free_port())
    part.start()
    yield part
    part.kill()


@pytest.fixture(scope="session")
def _databases(postgres: PostgresPart) -> Databases:
    return Databases(postgres)


@pytest.fixture(scope="session")
def lasting_database(_databases: Databases) -> DatabaseMaker:
    """Makes databases that stay until the run ends, for fixtures wider than one test."""
    return _databases.make


@pytest.fixture
def fresh_database(_databases: Databases) -> Iterator[DatabaseMaker]:
    """Makes databases that are nobody else's until the test has ended."""
    made: list[tuple[str, str]] = []

    def make(service: str = "") -> str:
        made.append((service, _databases.make(service)))
        return made[-1][1]

    yield make
    for service, url in made:
        _databases.give_back(service, url)


@pytest_asyncio.fixture(scope="session")
async def topics(kafka: KafkaPart) -> AsyncIterator[str]:
    """The broker's bootstrap servers, every topic made."""
    await every_topic.create(kafka.bootstrap)
    yield kafka.bootstrap


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The whole system as `make up` starts it. Nobody starts again what a test kills: the test does."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("ECS_")}
    whole = System(tmp_path_factory.mktemp("system"), free_origin(), given=given)
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


class OwnParts:
    """Parts for one test alone, ended with it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._started: list[Postgres | Kafka | Valkey | Mailroom] = []

    def postgres(self, **settings: str) -> Postgres:
        """A running PostgreSQL server; `settings` are its own."""
        return self._start(Postgres(self._folder(), free_port(), **FAST, **settings))

    def kafka(self) -> Kafka:
        """A running broker."""
        return self._start(Kafka(self._folder(), free_port(), free_port(), memory="256m"))

    def valkey(self) -> Valkey:
        """A running Valkey."""
        return self._start(Valkey(self._folder(), free_port()))

    def mailroom(self) -> Mailroom:
        """A running Mailroom."""
        return self._start(Mailroom(self._folder(), free_port(), free_port()))

    def end(self) -> None:
        """End them all."""
        for part in self._started:
            part.kill()

    def _folder(self) -> Path:
        folder = self._home / str(len(self._started))
        folder.mkdir()
        return folder

    def _start(self, part: AnyPart) -> AnyPart:
        self._started.append(part)
        part.start()
        return part


@pytest.fixture
def own_parts(tmp_path: Path) -> Iterator[OwnParts]:
    """Parts that the test may kill and freeze."""
    home = tmp_path / "own"
    home.mkdir()
    parts = OwnParts(home)
    yield parts
    parts.end()
