"""One calm page for everything that cannot be done: what happened, and what to do now.

Programs get the same as JSON. Nothing of what was sent comes back, and nothing of an error's text: logs hold its type
and where it arose.
"""

import logging
import traceback
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, IntegrityError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Match

from shared.faults import is_of_the_world, sqlstate
from shared.refusals import Denied, Elsewhere, local_path
from shared.text import Text, text
from shared.view import View

_log = logging.getLogger(__name__)

RETRY_SECONDS: Final = "5"

PAGES: Final[Mapping[int, tuple[Text, Text]]] = {
    400: (text("We could not read that address"), text("Check the address for extra characters, or start again.")),
    401: (text("You are not signed in"), text("Sign in and try again.")),
    403: (
        text("You cannot open this page"),
        text("Your account is not allowed to do this. If you need it for your work, ask for access."),
    ),
    404: (
        text("We cannot find that page"),
        text("Check the address, or go back to where you came from. It may also have been moved or removed."),
    ),
    405: (
        text("This page does not work that way"),
        text("Go back and use the links and buttons of the page."),
    ),
    409: (
        text("Somebody changed this at the same moment"),
        text("What you sent was not saved. Go back, reload the page and look at what is there now."),
    ),
    413: (
        text("What you sent is too large"),
        text("Nothing was saved. Shorten your answers or choose a smaller file, and send it again."),
    ),
    422: (
        text("We could not read what you sent"),
        text("Nothing was saved. Go back, check your answers for unusual characters, and send it again."),
    ),
    429: (
        text("Too many tries"),
        text("Wait {minutes} and try again. This protects your account.", minutes=text("a few minutes")),
    ),
    500: (
        text("Something went wrong on our side"),
        text("Nothing was saved. Try again in a moment. If it happens again, ask for help and say what you did."),
    ),
    503: (
        text("This part is not available right now"),
        text("Nothing was saved. Try again in a minute. What you saved before is safe."),
    ),
}


def answer(
    request: Request,
    status: int,
    sentence: Text | str | None = None,
    heading: Text | str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page, or JSON, of a status."""
    usual_heading, usual_sentence = PAGES.get(status, PAGES[500 if status >= 500 else 400])
    heading, sentence = heading or usual_heading, sentence or usual_sentence
    headers = {**({"Retry-After": RETRY_SECONDS} if status == 503 else {}), **(headers or {})}
    if request.url.path.startswith("/_fragments/"):
        return PlainTextResponse("", status, headers)
    if _is_program(request):
        return JSONResponse({"error": str(heading), "advice": str(sentence)}, status, headers)
    view = View(request, getattr(request.state, "caller", None))
    return view.render(
        "error.html",
        status=status,
        headers=headers,
        heading=heading,
        sentence=sentence,
        status_code=status,
        came_from=_came_from(request, view.web.origin),
    )


def _came_from(request: Request, origin: str) -> str:
    """The page that a form was sent from, where this service still shows it; else empty."""
    sent, _, path = request.headers.get("referer", "").partition(f"{origin}/")
    path = local_path(f"/{path}", default="")
    if request.method != "POST" or sent or not path:
        return ""
    scope = {"type": "http", "method": "GET", "path": urlsplit(path).path, "root_path": "", "headers": []}
    shown = any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)
    return path if shown else ""


def _is_program(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return request.url.path.startswith("/internal/") or ("json" in accept and "html" not in accept)


def for_fault(request: Request, error: Exception) -> Response:
    """The page for an error that nobody handled, and a line in the log that holds none of its text."""
    seen: dict[str, Any] = {"error": type(error).__name__, "path": _route(request), "sqlstate": sqlstate(error)}
    if is_of_the_world(error):
        _log.warning("a part is away", extra=seen)
        return answer(request, 503)
    if isinstance(error, IntegrityError) and sqlstate(error) == "23505":
        _log.warning("two changes met", extra=seen)
        return answer(request, 409)
    if isinstance(error, DBAPIError) and (sqlstate(error) or "").startswith("22"):
        _log.warning("the database refused a value", extra=seen)
        return answer(request, 422)
    frames = traceback.extract_tb(error.__traceback__)
    seen["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]]
    _log.error("an error nobody handled", extra=seen)
    return answer(request, 500)


def _route(request: Request) -> str:
    """The path's pattern, which holds no names or numbers of people."""
    return getattr(request.scope.get("route"), "path", "")


def install_error_pages(app: FastAPI) -> None:
    """Answer every kind of refusal with its page."""

    async def denied(request: Request, error: Exception) -> Response:
        assert isinstance(error, Denied)  # noqa: S101 - tells the type
        return answer(request, error.status, error.sentence, error.heading, error.headers)

    async def elsewhere(request: Request, error: Exception) -> Response:
        assert isinstance(error, Elsewhere)  # noqa: S101
        return RedirectResponse(error.path, 303)

    async def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101
        return answer(request, error.status_code, headers=error.headers)

    async def invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101
        problems = [{"loc": list(map(str, one["loc"])), "type": one["type"]} for one in error.errors()]
        if _is_program(request):
            return JSONResponse({"error": "invalid", "problems": problems}, 422)
        _log.info("a request was invalid", extra={"problems": problems, "path": _route(request)})
        # An address that cannot be anybody's leads nowhere, as one that is nobody's.
        return answer(request, 404 if any(one["loc"][0] == "path" for one in problems) else 422)

    app.add_exception_handler(Denied, denied)
    app.add_exception_handler(Elsewhere, elsewhere)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
