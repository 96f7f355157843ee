"""The public images in place of the local parts, where a container engine answers. Same names, same methods.

Without testcontainers' reaper, which needs an image of its own: what a run started it removes at its end.
"""

import os
import socket
import time
from contextlib import closing
from functools import cache
from typing import Any, ClassVar

import docker
import docker.errors
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer

from deploy.local.databases import address

testcontainers_config.ryuk_disabled = True


@cache
def engine_answers() -> bool:
    """Whether containers are to be used: an engine answers and has the images, or can get them.

    `ECS_TEST_PARTS=local` says no without asking.
    """
    if os.environ.get("ECS_TEST_PARTS") == "local":
        return False
    try:
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if host.startswith("unix://"):  # look first: a client that finds nobody leaves a socket open
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(host.removeprefix("unix://"))
        with closing(docker.from_env(timeout=5)) as client:
            for kind in (PostgresContainer, KafkaContainer, ValkeyContainer):
                try:
                    client.images.get(kind.image)
                except docker.errors.ImageNotFound:
                    client.images.pull(kind.image)
    except (docker.errors.DockerException, OSError):
        return False
    return True


class _Container:
    """A container whose port on this machine stays the same when it is started again."""

    image: ClassVar[str]
    inside: ClassVar[int]
    patience: ClassVar[float] = 60

    def __init__(self, port: int) -> None:
        self.port = port
        self._container = DockerContainer(self.image)
        # the engine takes an address beside the port; testcontainers passes it on
        self._container.ports = {self.inside: ("127.0.0.1", port)}  # type: ignore[dict-item]
        self._made = False

    @property
    def _wrapped(self) -> Any:
        return self._container.get_wrapped_container()

    @property
    def pid(self) -> int:
        """The process id of its first process on this machine."""
        self._wrapped.reload()
        return int(self._wrapped.attrs["State"]["Pid"])

    def start(self) -> None:
        """Start it, new or again, and wait until it answers."""
        if self._made:
            self._wrapped.start()
        else:
            self._container.start()
            self._made = True
        deadline = time.monotonic() + self.patience
        while not self.answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.image} does not answer: {self._wrapped.logs(tail=5)!r}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Whether it does its work."""
        raise NotImplementedError

    def asked(self, question: bytes, length: int) -> bytes:
        """The first bytes of its answer, none if it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                connection.sendall(question)
                return connection.recv(length)
        except OSError:
            return b""

    def stop(self) -> None:
        """Ask it to stop, and wait."""
        self._wrapped.stop()

    def kill(self) -> None:
        """End it at once."""
        self._wrapped.kill()
        self._wrapped.wait()

    def freeze(self) -> None:
        """Halt all its processes."""
        self._wrapped.pause()

    def thaw(self) -> None:
        """Let them go on."""
        self._wrapped.unpause()

    def remove(self) -> None:
        """Nothing of it stays."""
        if self._made:
            self._container.stop(force=True)


class PostgresContainer(_Container):
    """postgres:17."""

    image = "postgres:17"
    inside = 5432
    PASSWORD: ClassVar[str] = "test"

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._container.with_env("POSTGRES_PASSWORD", self.PASSWORD)
        self._container.with_command("postgres -c max_connections=300 -c fsync=off -c listen_addresses=*")

    @property
    def url(self) -> str:
        """Its own database, as superuser."""
        return address("127.0.0.1", self.port, "postgres", self.PASSWORD, "postgres")

    def answers(self) -> bool:
        """Whether it offers to talk (a server that is still recovering does not ask for a password)."""
        startup = b"\x00\x03\x00\x00user\x00postgres\x00database\x00postgres\x00\x00"
        return self.asked((len(startup) + 4).to_bytes(4, "big") + startup, 1) == b"R"


class KafkaContainer(_Container):
    """apache/kafka:4.3.1, one node."""

    image = "apache/kafka:4.3.1"

    def __init__(self, port: int) -> None:
        # Kafka tells its clients its address, so the port inside is the one outside
        self.inside = port  # type: ignore[misc]
        super().__init__(port)
        for name, setting in {
            "NODE_ID": "1",
            "PROCESS_ROLES": "broker,controller",
            "CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:9093",
            "ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
            "CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "AUTO_CREATE_TOPICS_ENABLE": "false",
            "BROKER_SESSION_TIMEOUT_MS": "2000",
            "BROKER_HEARTBEAT_INTERVAL_MS": "500",
            "GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
            "OFFSETS_TOPIC_NUM_PARTITIONS": "4",
            "OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "TRANSACTION_STATE_LOG_MIN_ISR": "1",
        }.items():
            self._container.with_env(f"KAFKA_{name}", setting)

    @property
    def bootstrap(self) -> str:
        """What clients connect to first."""
        return f"127.0.0.1:{self.port}"

    def answers(self) -> bool:
        """Whether it names a broker when asked for metadata."""
        request = bytes.fromhex("0003 0001 00000000 ffff 00000000")
        return self.asked(len(request).to_bytes(4, "big") + request, 12)[8:12] > bytes(4)


class ValkeyContainer(_Container):
    """valkey/valkey:8."""

    image = "valkey/valkey:8"
    inside = 6379

    @property
    def url(self) -> str:
        """Its database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def answers(self) -> bool:
        """Whether it says PONG."""
        return self.asked(b"PING\r\n", 7) == b"+PONG\r\n"
