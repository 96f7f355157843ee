"""The system under attack: a crowd of people, and enough going on that every page has something on it."""

import socket
from collections.abc import Iterator

import pytest

from deploy.local.system import System
from tests.hostile import crowd as gathered
from tests.hostile import wire
from tests.hostile.crowd import Crowd
from tests.hostile.scenery import Scenery, paint


@pytest.fixture(scope="package", autouse=True)
def slow(system: System) -> Iterator[list[tuple[float, socket.socket]]]:
    """Senders that stop in the middle, from the first of these tests on: how long each may last, and its connection."""
    line = f"POST /login HTTP/1.1\r\nHost: localhost:{system.ports.origin}\r\n"
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    senders = [
        (10.0, line.encode()),
        (60.0, f"{line}{kind}Content-Length: 500\r\nConnection: close\r\n\r\ncsrf=".encode()),
        (60.0, f"{line}{kind}Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\ncsrf=".encode()),
    ]
    found = []
    for bound, begun in senders:
        found.append((bound, wire.opened(system.ports.origin)))
        found[-1][1].sendall(begun)
    yield found
    for _, connection in found:
        connection.close()


@pytest.fixture(scope="package")
def crowd(system: System) -> Crowd:
    """One person of each kind, signed in."""
    return gathered.gather(system)


@pytest.fixture(scope="package")
def scenery(system: System, crowd: Crowd) -> Scenery:
    """Something on every page."""
    return paint(system, crowd)
