"""The one dependency of a page: who asks, what was sent, the database, and how to answer.

    @router.get("/ecs/profile")
    async def show(page: Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]) -> Response:
        return page.render("profile.html", person=await actions.person(page.db, page.me.account_id))

    @router.post("/ecs/profile")
    async def save(page: Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]) -> Response:
        ...
        page.flash(text("Your profile is saved."))
        return page.redirect("/ecs/profile")

`scope="function"` makes the transaction end before the answer starts, so a failed commit never answers 2xx. Raising
(`page.deny`) rolls back; returning an answer commits, a 4xx one too, so that counters of failures last.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import csrf, forms
from shared.auth import CalledBy, Caller, ResolveSession, Sessions, SessionsUnavailable, ask_identity
from shared.db import Session
from shared.error_pages import install_error_pages
from shared.events import Role
from shared.forms import Form
from shared.gate import Gate
from shared.headers import SecurityHeaders
from shared.limits import Limits, seconds
from shared.pages.rendering import Renderer
from shared.refusals import Denied, Elsewhere, local_path
from shared.service import Service
from shared.text import text
from shared.view import View, Web

__all__ = ["PUBLIC", "SIGNED_IN", "Page", "access_of", "fragment", "install", "local_path", "reads", "writes"]


class Anyone(StrEnum):
    """Who may use a page where no role is asked for."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"


PUBLIC: Final = Anyone.PUBLIC
SIGNED_IN: Final = Anyone.SIGNED_IN

_STALE: Final = text(
    "This page was open for too long, so what you sent was not accepted and nothing was done."
    " Go back, reload the page and send it again."
)


class Page(View):
    """A view with the database, and with the form where one was sent."""

    def __init__(
        self,
        request: Request,
        caller: Caller | None,
        db: Session,
        form: Form = forms.EMPTY,
        files: Mapping[str, UploadFile] | None = None,
    ) -> None:
        super().__init__(request, caller)
        self.db = db
        self.form = form
        self.files = files or {}

    async def limit(self, name: str, rate: str, key: str | None = None) -> None:
        """Count this try; past the rate the 429 page, with when to come back.

        Args:
            name: what is limited, `register`.
            rate: `20/hour`.
            key: who tries, by default the network address.
        """
        if not await self.web.limits.allows(f"{self.service.name}.{name}", rate, key or self.client):
            raise Denied(429, headers={"Retry-After": str(seconds(rate))})


class Access:
    """A page's requirement, readable from its route (`access_of`)."""

    def __init__(self, who: tuple[Role | Anyone, ...]) -> None:
        if not who:
            raise ValueError("a page says who may use it: roles, SIGNED_IN or PUBLIC")
        self.access = frozenset(str(one) for one in who)
        self._roles = frozenset(one for one in who if isinstance(one, Role))
        self._public = PUBLIC in who

    async def _caller(self, request: Request) -> Caller | None:
        """The person, where they may come in; else the way out."""
        caller = await self._session(request)
        if self._public:
            return caller
        if caller is None:
            raise Elsewhere.to_login(request)
        request.state.caller = caller
        if self._roles and not caller.has(*self._roles):
            if not caller.roles and Role.EDUCATOR in self._roles:
                raise Elsewhere("/ecs")  # which says why, and leads on
            raise Denied(403)
        return caller

    async def _session(self, request: Request) -> Caller | None:
        web: Web = request.app.state.web
        token = request.cookies.get(web.session_cookie)
        if not token:
            return None
        try:
            caller = await web.sessions.caller(token)
        except SessionsUnavailable:
            if self._public and request.method == "GET":
                return None
            raise Denied(503) from None
        request.state.caller = caller
        return caller


class Reading(Access):
    """GET: reads are statements by themselves, without a transaction around them."""

    async def __call__(self, request: Request) -> AsyncIterator[Page]:
        caller = await self._caller(request)
        async with request.app.state.service.database.reading() as session:
            yield Page(request, caller, session)


class Writing(Access):
    """POST: the form is bounded and ours, and one transaction holds all that it does."""

    def __init__(self, who: tuple[Role | Anyone, ...], largest: int, files: int) -> None:
        super().__init__(who)
        self._largest = largest
        self._files = files

    async def __call__(self, request: Request) -> AsyncIterator[Page]:
        caller = await self._caller(request)
        web: Web = request.app.state.web
        if not csrf.from_our_pages(request.headers, web.origin):
            raise Denied(403, text("This form was not sent from our own pages, so nothing was done."))
        try:
            form, files = await forms.read(request, self._largest, self._files)
        except forms.BadForm:
            raise Denied(422) from None
        except forms.FormTooLarge:
            raise Denied(413) from None
        try:
            if not csrf.is_ours(form.get(csrf.FIELD, ""), web.secrets(request, caller, visitors=self._public)):
                raise Denied(403, _STALE, heading=text("Please reload the page and send it again"))
            async with request.app.state.service.database.transaction() as session:
                yield Page(request, caller, session, form, files)
        finally:
            for file in files.values():
                await file.close()


class Fragment:
    """A part of another service's page, rendered here for the person whom that service's token names."""

    def __init__(self, who: tuple[Role, ...], called_by: CalledBy) -> None:
        self._roles = who
        self.access = called_by.access
        self._called_by = called_by

    async def __call__(self, request: Request) -> AsyncIterator[Page]:
        call = await self._called_by(request, request.headers.get("authorization", ""))
        if call.caller is None or not call.caller.has(*self._roles):
            raise Denied(403)
        async with request.app.state.service.database.reading() as session:
            yield Page(request, call.caller, session)


def reads(*who: Role | Anyone) -> Reading:
    """The dependency of a page that only shows something."""
    return Reading(who)


def writes(*who: Role | Anyone, largest: int = forms.LARGEST_FORM, files: int = 0) -> Writing:
    """The dependency of a page that takes a form.

    Args:
        who: roles, SIGNED_IN or PUBLIC.
        largest: bytes that the whole body may have.
        files: how many files may come with it.
    """
    return Writing(who, largest, files)


def fragment(service: str, *roles: Role) -> Fragment:
    """The dependency of `/_fragments/...`, called by `service` for a person who holds one of the roles."""
    return Fragment(roles, CalledBy(frozenset({service})))


class PageRoute(APIRoute):
    """A route that gives the page to a handler which takes nothing else, without asking what else it might want.

    FastAPI works out a handler's parameters anew for each request, which costs as much as the handler itself. Any other
    handler is FastAPI's as ever. Give it to a router: `APIRouter(route_class=PageRoute)`.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        wanted = self.dependant
        only = wanted.dependencies[0] if len(wanted.dependencies) == 1 else None
        others = (*wanted.path_params, *wanted.query_params, *wanted.header_params, *wanted.body_params)
        if only is not None and only.name is not None and not others and isinstance(only.call, Reading | Writing):
            self.app = _page_app(only.name, only.call, self.endpoint)


def _page_app(name: str, access: Reading | Writing, endpoint: Callable[..., Awaitable[Response]]) -> ASGIApp:
    opened = asynccontextmanager(access.__call__)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        # What is raised is answered by the app's own handlers, which stand around all routes.
        async with opened(Request(scope, receive, send)) as page:
            response = await endpoint(**{name: page})
        await response(scope, receive, send)

    return app


def access_of(route: BaseRoute) -> frozenset[str]:
    """Who may use a route: roles, `public`, `signed_in`, `service:<name>`; empty where it asks for nothing."""
    dependant: Dependant | None = getattr(route, "dependant", None)
    found: set[str] = set()
    below = list(dependant.dependencies) if dependant else []
    while below:
        one = below.pop()
        found |= getattr(one.call, "access", frozenset())
        below += one.dependencies
    return frozenset(found)


def install(
    app: FastAPI,
    service: Service,
    *,
    resolve_session: ResolveSession | None = None,
    templates: Path | None = None,
) -> None:
    """Make an app one that serves pages: sessions, templates, limits, error pages and the middlewares around all.

    Args:
        app: not yet started.
        service: its parts; they need not be connected yet.
        resolve_session: identity's own; everybody else asks identity.
        templates: the service's own templates, by default `services/<name>/templates`.
    """
    folder = templates or Path(__file__).parents[1] / "services" / service.name / "templates"
    app.state.service = service
    app.state.web = Web(
        service=service,
        sessions=Sessions(service.redis, resolve_session or ask_identity(service)),
        limits=Limits(service.redis),
        renderer=Renderer([folder]),
    )
    install_error_pages(app)
    app.add_middleware(Gate, origin=service.settings.origin, clock=service.clock)
    app.add_middleware(SecurityHeaders, https=service.settings.origin.startswith("https:"))
