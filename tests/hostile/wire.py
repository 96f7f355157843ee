"""Requests as bytes, for what no client library would send."""

import socket
from contextlib import suppress
from typing import Final

import httpx

from tests.visitor import Answer

SECONDS: Final = 60.0
_ENDED: Final = (ConnectionResetError, BrokenPipeError)


def opened(port: int) -> socket.socket:
    """A connection to a server of this machine."""
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def raw(port: int, request: bytes, body: bytes = b"") -> bytes:
    """All that comes back until the server closes the connection."""
    with opened(port) as connection:
        with suppress(*_ENDED):  # what came back before counts
            connection.sendall(request + body)
        return rest(connection)


def rest(connection: socket.socket) -> bytes:
    """What comes until the server closes the connection."""
    received = bytearray()
    with suppress(*_ENDED):
        while part := connection.recv(65536):
            received += part
    return bytes(received)


def ask(port: int, method: str, target: str, host: str, **headers: str) -> Answer:
    """A request whose target goes out as it is written here."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return read(raw(port, "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"), method, target)


def read(received: bytes, method: str = "GET", target: str = "") -> Answer:
    """The first answer in what came back; its body as far as it came."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = httpx.Headers([(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)])
    status = first.split(" ")[1] if first.startswith("HTTP/1.") else "0"
    if headers.get("transfer-encoding") == "chunked":
        body = _joined(body)
    return Answer(method, target, int(status), headers, body)


def is_whole(answer: Answer) -> bool:
    """Whether as much came as was announced."""
    return len(answer.body) == int(answer.headers.get("content-length", len(answer.body)))


def _joined(chunked: bytes) -> bytes:
    found = b""
    while chunked:
        size, _, chunked = chunked.partition(b"\r\n")
        length = int(size or b"0", 16)
        found += chunked[:length]
        chunked = chunked[length + 2 :]
    return found
