"""Ports for tests. No two workers of a run choose the same one, and none is chosen twice: a part that a test ended
finds its own again.

Single parts have ports of the upper thousands; a whole system has its block (`deploy/local/ports.py`) below them.
"""

import os
from typing import Final

from deploy.local.ports import Ports
from deploy.local.process import PORTS, port_is_free
from deploy.local.process import free_port as any_free_port

WORKER: Final = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
WORKERS: Final = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
MINE: Final = PORTS[WORKER::WORKERS]

_chosen: set[int] = set()


def free_port() -> int:
    """A port that nobody listens on and no other test has."""
    while (port := any_free_port(MINE)) in _chosen:
        pass
    _chosen.add(port)
    return port


def free_origin() -> int:
    """A port for a system whose other ports, derived from it, are free and nobody else's too."""
    while True:
        origin = free_port()
        ports = Ports(origin)
        block = (ports.postgres - Ports.FIRST) // Ports.BLOCK
        others = (ports.postgres, ports.kafka, ports.controller, ports.valkey, ports.smtp, ports.mailroom)
        mine = block % WORKERS == WORKER and max(ports.services.values()) < PORTS.start
        if mine and all(port_is_free(port) for port in (*others, *ports.services.values())):
            return origin
