"""A small service whose pages hold every part of the kit and every error page; for tests, and to look at.

.venv/bin/python -m tests.shared.kit_app 8130        then open http://localhost:8130/kit/educator
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, Final
from uuid import UUID

import uvicorn
from fastapi import APIRouter, Depends, FastAPI
from redis.asyncio import Redis
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from shared import web
from shared.auth import Caller, Grant, session_hash
from shared.events import Role
from shared.pages.build import STATIC
from shared.text import plural, text
from shared.web import PUBLIC, SIGNED_IN, Page, reads, writes

ACCOUNT: Final = UUID("11111111-1111-4111-8111-111111111111")
TEMPLATES: Final = Path(__file__).parent / "kit_templates"
TIMELINE: Final = [
    {"label": text("Fingerprints taken"), "day": date(2026, 10, 2), "state": "done"},
    {"label": text("State result received"), "day": date(2026, 10, 6), "state": "done"},
    {
        "label": text("FBI result"),
        "day": None,
        "state": "current",
        "detail": text("Usually within {days}.", days=plural("{n} day", "{n} days", n=3)),
    },
    {"label": text("Cleared"), "day": None, "state": "waiting"},
]

router = APIRouter(route_class=web.PageRoute)


def token(role: str) -> str:
    """The session token of a demonstration person; what the cookie holds."""
    return f"{role:_<43}"


def caller(role: str, *, idle: timedelta = timedelta(minutes=20)) -> Caller:
    """The person whom `token(role)` signs in."""
    roles = () if role == "nobody" else (Grant(role=Role(role)),)
    return Caller(
        account_id=ACCOUNT,
        username=f"jordan.{role}",
        roles=roles,
        session_hash=session_hash(token(role)),
        idle_ends_at=datetime.now(UTC) + idle,
    )


@router.get("/kit/public")
async def public(page: Annotated[Page, Depends(reads(PUBLIC), scope="function")]) -> Response:
    return page.render("kit_public.html")


@router.post("/kit/public")
async def sent(page: Annotated[Page, Depends(writes(PUBLIC), scope="function")]) -> Response:
    if page.form.line("username") == "":
        errors = {"username": text("Enter your username."), "": text("Nothing was sent.")}
        return page.render("kit_public.html", status=422, form=page.form, errors=errors)
    page.flash(text("Thank you, {name}.", name=page.form.line("username")))
    return page.redirect("/kit/public")


@router.get("/kit/educator")
async def educator(page: Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]) -> Response:
    return page.render("kit_educator.html", form={"first_name": "Jordan", "purpose": "2301"}, timeline=TIMELINE)


@router.post("/kit/educator")
async def save(page: Annotated[Page, Depends(writes(Role.EDUCATOR), scope="function")]) -> Response:
    errors = {
        "first_name": text("Enter your legal first name."),
        "ssn": text("Enter all 9 digits of your Social Security Number."),
        "birth_date": text("Enter your date of birth: month, day and year."),
        "state": text("Choose a state."),
        "purpose": text("Choose what you are about to do."),
        "acknowledged": text("Confirm that you have read the notice."),
        "reason": text("Write a reason."),
    }
    if page.form.line("first_name") and page.form.day("birth_date"):
        page.flash(text("Your profile is saved."))
        return page.redirect("/kit/educator")
    return page.render("kit_educator.html", status=422, form=page.form, errors=errors, timeline=TIMELINE)


@router.get("/kit/staff")
async def staff(
    page: Annotated[Page, Depends(reads(Role.ANALYST, Role.ADMINISTRATOR, Role.ADJUDICATOR), scope="function")],
) -> Response:
    return page.render("kit_staff.html")


@router.get("/kit/window")
async def window(page: Annotated[Page, Depends(reads(SIGNED_IN), scope="function")]) -> Response:
    return page.render("kit_window.html")


@router.get("/kit/sign-in/{role}")
async def sign_in(role: str, page: Annotated[Page, Depends(reads(PUBLIC), scope="function")]) -> Response:
    page.start_session(token(role))
    return page.redirect("/kit/window")


@router.get("/kit/error/{status}")
async def error(status: int, page: Annotated[Page, Depends(reads(PUBLIC), scope="function")]) -> Response:
    if status == 500:
        raise ValueError("secret 123-45-6789")
    page.deny(status)


@router.post("/session/extend")
async def extend(page: Annotated[Page, Depends(writes(SIGNED_IN), scope="function")]) -> Response:
    return JSONResponse({"idle_seconds": 1200})


@router.post("/kit/upload")
async def upload(
    page: Annotated[Page, Depends(writes(Role.EDUCATOR, files=1, largest=50_000), scope="function")],
) -> Response:
    content = await page.files["roster"].read()
    return JSONResponse({"bytes": len(content), "note": page.form["note"]})


class NoDatabase:
    """Stands where the pages of the kit need no database."""

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Any]:
        yield None

    transaction = reading


async def resolve(hash_: str) -> Caller | None:
    """The demonstration person of a session."""
    people = ("nobody", *Role)
    return next((caller(role) for role in people if session_hash(token(role)) == hash_), None)


def make(port: int, **parts: Any) -> FastAPI:
    """The app, answering at `http://localhost:<port>`; `parts` put real ones in the place of stand-ins."""
    settings = SimpleNamespace(origin=f"http://localhost:{port}", port=port, demo=True, urls={})
    service = SimpleNamespace(
        **{
            "name": "kit",
            "settings": settings,
            "database": NoDatabase(),
            "clock": None,
            "redis": Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.05),
            "http": None,
            "keys": None,
            **parts,
        }
    )
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False))
    web.install(app, service, resolve_session=parts.get("resolve", resolve), templates=TEMPLATES)  # type: ignore[arg-type]
    app.include_router(router)
    return app


if __name__ == "__main__":
    asyncio.run(uvicorn.Server(uvicorn.Config(make(int(sys.argv[1])), host="127.0.0.1", port=int(sys.argv[1]))).serve())
