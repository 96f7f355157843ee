"""Every request as a span and a measurement, by the route's form: addresses may hold one-time tokens.

What only adjudicators do is one number for all of it: from how many cases they opened and decided, and how many
clearances were said, each "Do not clear" could be reckoned.
"""

import time
from collections.abc import Iterable
from typing import Final

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared import traces
from shared.events import Role
from shared.metrics import REQUEST_SECONDS
from shared.web import access_of

APART: Final = ("", "apart", "")


def apart(routes: Iterable[BaseRoute]) -> frozenset[str]:
    """The paths that nobody but adjudicators may use, of these routes and of routers among them."""
    found: set[str] = set()
    for route in routes:
        found |= apart(inner.routes) if (inner := getattr(route, "original_router", None)) else set()
        if access_of(route) == {Role.ADJUDICATOR}:
            found.add(getattr(route, "path", ""))
    return frozenset(found)


class Observed:
    """The outermost middleware. `apart`: paths of routes that are not told apart."""

    def __init__(self, app: ASGIApp, apart: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._apart = apart

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
            told = APART if route in self._apart else (scope["method"], route, str(status))
            REQUEST_SECONDS.labels(*told).observe(time.perf_counter() - began)
