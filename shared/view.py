"""What is needed to show a page to somebody: who they are, their language, forms' tokens, notes, cookies."""

import binascii
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Final, Literal, NoReturn

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from shared import auth, csrf
from shared.auth import Caller, Sessions
from shared.limits import Limits
from shared.pages import menus
from shared.pages.rendering import Renderer
from shared.refusals import Denied
from shared.service import Service
from shared.text import DEFAULT_LANGUAGE, Text, languages, translate

NOTE_SECONDS: Final = 60
WARN_SECONDS: Final = 120

Kind = Literal["success", "info", "warning", "error"]


@dataclass(frozen=True)
class Web:
    """What pages of one service share; lies in `app.state.web`."""

    service: Service
    sessions: Sessions
    limits: Limits
    renderer: Renderer

    @property
    def origin(self) -> str:
        """The one origin that browsers see."""
        return self.service.settings.origin

    @property
    def session_cookie(self) -> str:
        """The name of the session cookie."""
        return auth.session_cookie(self.service.settings.port)

    @property
    def visit_cookie(self) -> str:
        """The name of the cookie of people who are not signed in."""
        return csrf.visit_cookie(self.service.settings.port)

    @property
    def note_cookie(self) -> str:
        """The name of the cookie that carries a confirmation to the next page."""
        return f"__Host-ecs-note-{self.service.settings.port}"

    def secrets(self, request: Request, caller: Caller | None, *, visitors: bool) -> list[str]:
        """The hashes whose forms are this person's.

        That of the session; where visitors may send the form, also those of the cookies at hand: of a visit, and of a
        session that has ended meanwhile, so that "Log off" on a page left open is no error.
        """
        found = [caller.session_hash] if caller else []
        if visitors:
            cookies = (request.cookies.get(name) for name in (self.session_cookie, self.visit_cookie))
            found += [auth.session_hash(cookie) for cookie in cookies if cookie]
        return found


class View:
    """One answer to one person."""

    def __init__(self, request: Request, caller: Caller | None) -> None:
        self.request = request
        self.caller = caller
        self.web: Web = request.app.state.web
        self.service = self.web.service
        self._cookies: list[tuple[str, str, int | None]] = []
        self._new_visit = ""

    @property
    def me(self) -> Caller:
        """The person, on a page that only signed-in people reach."""
        if self.caller is None:
            raise Denied(403)
        return self.caller

    @property
    def language(self) -> str:
        """The language to answer in."""
        wanted = self.caller.language if self.caller else DEFAULT_LANGUAGE
        return wanted if wanted in languages() else DEFAULT_LANGUAGE

    @property
    def client(self) -> str:
        """The network address of the person, as the gateway passed it on."""
        return self.request.client.host if self.request.client else "unknown"

    # --- answers ---

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        errors: Mapping[str, Text | str] | None = None,
        form: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """A page.

        Args:
            template: its name in the service's templates or the kit's.
            status: 422 where the person must correct something.
            errors: what is wrong, by the name of the field; "" for the form as a whole.
            form: what the fields show, by name: what was typed, or what is stored.
            headers: more than the usual ones.
            values: what the template needs.
        """
        values |= {"page": self, "errors": errors or {}, "form": form or {}}
        body = self.web.renderer.render(template, self.language, values)
        return self._with_cookies(HTMLResponse(body, status, dict(headers or {})))

    def redirect(self, path: str) -> Response:
        """On to another page with GET (303), after a form was carried out."""
        return self._with_cookies(RedirectResponse(path, 303))

    def deny(self, status: int, sentence: Text | str | None = None, *, heading: Text | str | None = None) -> NoReturn:
        """The error page of that status, with a sentence of one's own; nothing of this request is kept.

        Raises:
            Denied: always.
        """
        raise Denied(status, sentence, heading=heading)

    # --- the session's own cookies: identity sets them, everybody reads them ---

    def start_session(self, token: str) -> None:
        """Sign this browser in with the next answer."""
        self._cookies.append((self.web.session_cookie, token, None))

    def end_session(self) -> None:
        """Sign this browser off with the next answer."""
        self._cookies.append((self.web.session_cookie, "", 0))

    # --- a confirmation for the next page ---

    def flash(self, sentence: Text | str, kind: Kind = "success") -> None:
        """Show this sentence once, above the next page. It is signed for this person, and gone after a minute."""
        note = sentence if isinstance(sentence, Text) else Text("{sentence}", {"sentence": sentence})
        body = urlsafe_b64encode(
            json.dumps([kind, note.message, note.many, {k: _plain(v) for k, v in note.values.items()}]).encode()
        ).decode()
        secret = self.caller.session_hash if self.caller else self._visit_secret()
        self._cookies.append((self.web.note_cookie, f"{body}.{_signature(secret, body)}", NOTE_SECONDS))

    def note(self) -> tuple[Kind, str] | None:
        """For the layout: the confirmation to show, once."""
        cookie = self.request.cookies.get(self.web.note_cookie)
        if not cookie:
            return None
        self._cookies.append((self.web.note_cookie, "", 0))
        body, _, signature = cookie.rpartition(".")
        secrets = self.web.secrets(self.request, self.caller, visitors=True)
        if not any(hmac.compare_digest(signature.encode(), _signature(one, body).encode()) for one in secrets):
            return None
        try:
            kind, message, many, values = json.loads(urlsafe_b64decode(body))
        except (ValueError, binascii.Error):
            return None
        return kind, translate(Text(message, values, many), self.language)

    # --- what the layouts ask ---

    @property
    def demo(self) -> bool:
        """Whether this is a demonstration."""
        return bool(self.service.settings.demo)

    @property
    def path(self) -> str:
        """The path of this page."""
        return str(self.request.scope["path"])  # `request.url` would put a whole address together first

    @cached_property
    def csrf_token(self) -> str:
        """The token of this page's forms. A visitor's first one also sets the visit cookie."""
        if self.caller:
            return csrf.token_for(self.caller.session_hash)
        return csrf.token_for(self._visit_secret())

    @cached_property
    def idle_seconds(self) -> int:
        """Seconds until the session ends if nothing more is done; 0 where that is not known."""
        if self.caller is None or self.caller.idle_ends_at is None:
            return 0
        return max(0, int((self.caller.idle_ends_at - datetime.now(UTC)).total_seconds()))

    @property
    def idle_until(self) -> datetime | None:
        """When that is, to the minute: it is shown so, and most pages of a minute say the same."""
        ends_at = self.caller.idle_ends_at if self.caller else None
        return ends_at and ends_at.replace(second=0, microsecond=0)

    @property
    def warn_seconds(self) -> int:
        """How long before the end the person is warned."""
        return WARN_SECONDS

    @property
    def educator_menu(self) -> tuple[menus.Entry, ...]:
        """The left menu of an educator's pages."""
        return menus.educator(self.path)

    @property
    def staff_menu(self) -> tuple[menus.Entry, ...]:
        """The left menu of staff pages, from the person's roles."""
        return menus.staff(self.path, self.caller)

    @property
    def program_menu(self) -> tuple[menus.Entry, ...]:
        """The left menu of program officials' pages."""
        return menus.program(self.path)

    def _visit_secret(self) -> str:
        visit = self.request.cookies.get(self.web.visit_cookie) or self._new_visit
        if not visit:
            visit = self._new_visit = csrf.new_visit()
            self._cookies.append((self.web.visit_cookie, visit, None))
        return auth.session_hash(visit)

    def _with_cookies(self, response: Response) -> Response:
        for name, value, seconds in self._cookies:
            response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")
        return response


def _signature(secret: str, body: str) -> str:
    return hmac.digest(secret.encode(), b"note:" + body.encode(), hashlib.sha256).hex()


def _plain(value: Any) -> Any:
    """A value of a sentence as JSON can carry it."""
    return value if isinstance(value, int | str) else str(value)
