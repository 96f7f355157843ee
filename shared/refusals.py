"""Why a request is not carried out: an error page, or another place to go."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.requests import Request

from shared.text import Text

AFTER_LOGIN: Final = "/applications"


class Denied(Exception):
    """Answered with the page of that status. What the request did in the database is undone."""

    def __init__(
        self,
        status: int,
        sentence: Text | str | None = None,
        *,
        heading: Text | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.sentence = sentence
        self.heading = heading
        self.headers = dict(headers or {})


class Elsewhere(Exception):
    """Answered with 303: the person must first go somewhere else."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path

    @classmethod
    def to_login(cls, request: Request) -> "Elsewhere":
        """To sign in and come back. A form is not sent again by coming back, so its page is where to return to."""
        if request.method == "GET":
            back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        else:
            back = urlsplit(request.headers.get("referer", "")).path
        back = quote(local_path(back), safe="/")
        # Whoever sends a session cookie, or a form, was signed in before: the login page says that this has ended.
        before = request.method != "GET" or request.app.state.web.session_cookie in request.cookies
        ended = "ended=1&" if before else ""
        return cls(f"/login?{ended}next={back}")


def local_path(given: str, default: str = AFTER_LOGIN) -> str:
    """A path on this site, from a value that anybody may have written (CWE-601).

    Browsers read `//host`, `/\\host` and tabs within as another site, so anything but a plain path gives the default.
    """
    plain = given.startswith("/") and given[1:2] not in ("/", "\\")
    if not plain or "\\" in given or not given.isprintable() or len(given) > 500:
        return default
    if urlsplit(given).path.startswith(("/login", "/logoff", "/session/")):
        return default
    return given
