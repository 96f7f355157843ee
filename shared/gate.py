"""Requests that go no further: another site's name, bytes that are no text, bodies without end, a clock that is wrong;
and errors' last stop.

Pure ASGI. HEAD is answered as GET without its body. No answer starts before its request was read: a connection that is
closed over unread bytes is reset, and with it the end of a long answer is lost on its way.
"""

import re
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import error_pages
from shared.clock import Clock
from shared.forms import FormTooLarge

LARGEST_BODY: Final = 1024 * 1024  # bytes; a page's own limit is lower, or says more
# Of a body that was refused; the gateway lets no more through, and none that takes longer than a minute.
MOST_DISCARDED: Final = 16 * 1024 * 1024
# Other services and monitors call a service by its own address, and never through the gateway.
_INSIDE: Final = ("/internal/", "/_fragments/", "/health", "/metrics")
# What a service says of itself, whatever time it is.
_OF_ITSELF: Final = ("/health", "/metrics")
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


class Gate:
    """The outermost part of a service's app but for its headers."""

    def __init__(self, app: ASGIApp, *, origin: str, clock: Clock | None = None, largest: int = LARGEST_BODY) -> None:
        self._app = app
        self._clock = clock
        self._host = urlsplit(origin).netloc.lower().encode()
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False
        head = scope["method"] == "HEAD"
        if head:
            scope = {**scope, "method": "GET"}
        received = 0
        more = _has_body(scope)

        async def counted() -> Message:
            nonlocal received, more
            message = await receive()
            received += len(message.get("body", b""))
            more = message.get("more_body", False)
            return message

        async def bounded() -> Message:
            message = await counted()
            if received > self._largest:
                raise FormTooLarge
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            while more and received <= MOST_DISCARDED:
                await counted()
            if head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        request = Request(scope, bounded)
        refusal = self._refusal(scope)
        if refusal is not None:
            await self._answer(request, refusal, sending)
            return
        try:
            await self._app(scope, bounded, sending)
        except ClientDisconnect:
            return  # nobody is there to answer
        except FormTooLarge:
            if started:
                raise
            await error_pages.answer(request, 413)(scope, bounded, sending)
        except Exception as error:
            if started:
                raise
            await error_pages.for_fault(request, error)(scope, bounded, sending)

    async def _answer(self, request: Request, status: int, send: Send) -> None:
        response: Response = error_pages.answer(request, status)
        await response(request.scope, request.receive, send)

    def _refusal(self, scope: Scope) -> int | None:
        """The status to refuse with, before anything is read."""
        headers: dict[bytes, bytes] = dict(scope["headers"])
        path: str = scope["path"]
        if self._clock is not None and not self._clock.believed and not path.startswith(_OF_ITSELF):
            return 503
        if not path.startswith(_INSIDE) and headers.get(b"host", b"").lower() != self._host:
            return 400
        for part in (scope.get("raw_path") or path.encode(), scope.get("query_string", b"")):
            plain = unquote_to_bytes(part)
            if _CONTROL.search(plain) or not _is_utf8(plain):
                return 400
        length = headers.get(b"content-length", b"0")
        if not length.isdigit():
            return 400
        return 413 if int(length) > self._largest else None


def _has_body(scope: Scope) -> bool:
    return any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"])


def _is_utf8(plain: bytes) -> bool:
    try:
        plain.decode()
    except UnicodeDecodeError:
        return False
    return True
