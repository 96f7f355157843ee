"""identity, wired: settings, pages, what it hears and does by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from services.identity import api, attention, consumers, loops, pages, sentences
from services.identity.actions import accounts
from services.identity.parts import Parts
from services.identity.passwords import Busy
from services.identity.settings import Settings
from shared.app import build
from shared.auth import Caller
from shared.db import Session
from shared.error_pages import answer
from shared.faults import is_of_the_world
from shared.service import Service

settings = Settings()


async def resolve_session(session: Session, session_hash: str) -> Caller | None:
    """identity knows whose session it is without asking anybody."""
    return await api.whose(session, session_hash, demonstration=settings.demo)


async def busy(request: Request, error: Exception) -> Response:
    """More people at once than the machine can hash for."""
    return answer(request, 503, sentences.BUSY, sentences.BUSY_HEADING)


async def refuse_unsafe_start(service: Service) -> None:
    """An account that can read criminal history needs a second factor, which only a demonstration goes without.

    With the database away nothing can be asked; then the role does not count, at any session (`api.whose`).

    Raises:
        SystemExit: there is such an account, and this is no demonstration.
    """
    if service.settings.demo:
        return
    try:
        async with service.database.reading() as session:
            readers = await accounts.history_readers(session)
    except Exception as error:
        if is_of_the_world(error):
            return
        raise
    if readers:
        raise SystemExit(
            f"The identity service cannot start: {readers} of its accounts may read criminal history, which needs a"
            " second factor that this version lacks. Start it with ECS_DEMO on, revoke the adjudicator role under"
            " Accounts, and start again without; or give it another database."
        )


app = build(
    "identity",
    settings=settings,
    routers=[*pages.ROUTERS, api.router],
    consumers=consumers.consumers,
    loops=[loops.run_errands, loops.forget],
    attention=attention.count,
    resolve_session=resolve_session,
)
app.add_exception_handler(Busy, busy)
_started = app.router.lifespan_context


@asynccontextmanager
async def _safely_started(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    await refuse_unsafe_start(service)
    app.state.identity = Parts.of_service(service)
    async with _started(app):
        yield
    app.state.identity.passwords.close()


app.router.lifespan_context = _safely_started
