"""Every request as a span and a measurement, by the route's form: addresses may hold one-time tokens."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import traces
from shared.metrics import REQUEST_SECONDS


class Observed:
    """The outermost middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        parent = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"traceparent"), None)
        try:
            with traces.span(scope["method"], parent=parent, server=True):
                await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(time.perf_counter() - began)
