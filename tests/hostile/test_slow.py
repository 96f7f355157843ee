"""Senders that never finish: cut off in bounded time, and nobody else waits for them."""

import select
import socket
from contextlib import suppress
from typing import Final

from deploy.local.system import System
from tests.hostile import wire
from tests.hostile.crowd import ANYBODY, Crowd
from tests.waiting import wait_until

_MANY: Final = 200


def test_an_endless_crowd_of_slow_senders_holds_up_nobody(system: System, crowd: Crowd) -> None:
    head = (
        f"POST /login HTTP/1.1\r\nHost: localhost:{system.ports.origin}\r\nContent-Length: 60000\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\ncsrf="
    ).encode()
    senders = [wire.opened(system.ports.origin) for _ in range(_MANY)]
    try:
        for one in senders:
            one.sendall(head)
        for path in ("/login", "/", "/help"):
            assert crowd.fresh(ANYBODY).send("GET", path).status == 200
        assert crowd.fresh("educator").send("GET", "/ecs/profile").status == 200
        assert _kept_waiting(senders) == _MANY  # so none of these answers waited for one of them
    finally:
        for one in senders:
            one.close()


def _kept_waiting(senders: list[socket.socket]) -> int:
    """How many of the connections were neither answered nor closed."""
    answered, _, _ = select.select(senders, [], [], 0)
    return len(senders) - len(answered)


def test_stalled_senders_are_cut_off(slow: list[tuple[float, socket.socket]]) -> None:
    for bound, connection in slow:
        connection.setblocking(False)
        ended: list[bytes] = []

        def over(connection: socket.socket = connection, ended: list[bytes] = ended) -> bool:
            with suppress(BlockingIOError):
                try:
                    part = connection.recv(65536)
                except ConnectionResetError:
                    return True
                ended.append(part)
                return not part
            return False

        wait_until(over, bound + 15)
        answer = wire.read(b"".join(ended)) if ended[0] else None
        assert answer is None or answer.status < 500
