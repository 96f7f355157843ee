"""fingerprint's pages on a port of their own, without Kafka: people are signed in by fiat."""

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.fingerprint import api, pages
from services.fingerprint.settings import Settings
from shared import attention, web
from shared.auth import Caller, Grant, session_hash
from shared.events import Role
from shared.keys import create_all
from shared.pages.rendering import STATIC
from shared.service import Service
from tests.ports import free_port
from tests.visitor import Visitor


class Site:
    """The running pages, and the people who are signed in."""

    def __init__(self, app: FastAPI, service: Service, port: int, people: dict[str, Caller]) -> None:
        self.app = app
        self.service = service
        self.port = port
        self.origin = f"http://localhost:{port}"
        self._people = people

    def sign_in(self, *roles: Role, account_id: UUID | None = None, username: str = "jordan.rivera") -> Visitor:
        """A new session of a person with these roles."""
        token = hashlib.sha256(uuid4().bytes).hexdigest()[:43]
        caller = Caller(
            account_id=account_id or uuid4(),
            username=username,
            roles=tuple(Grant(role=role) for role in roles),
            session_hash=session_hash(token),
            idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        self._people[caller.session_hash] = caller
        visitor = Visitor(self.origin)
        visitor.cookies[f"__Host-ecs-{self.port}"] = token
        return visitor

    def caller(self, visitor: Visitor) -> Caller:
        """Who a visitor is."""
        return self._people[session_hash(visitor.cookies[f"__Host-ecs-{self.port}"])]


@contextmanager
def serving(postgres: str, redis: str, home: Path) -> Iterator[Site]:
    """The pages over this database, until the block ends."""
    port = free_port()
    create_all(home / "keys")
    given: dict[str, Any] = {
        "postgres": postgres,
        "redis": redis,
        "kafka": "localhost:1",
        "home": home,
        "port": port,
        "origin": f"http://localhost:{port}",
        "demo": True,
    }
    people: dict[str, Caller] = {}

    async def resolve(hash_: str) -> Caller | None:
        return people.get(hash_)

    service = Service("fingerprint", Settings(**given))
    app = FastAPI()
    web.install(app, service, resolve_session=resolve)
    for router in (pages.router, api.router, attention.attention_router(pages.attention)):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))

    def run() -> None:
        async def work() -> None:
            await server.serve()
            await service.close()

        asyncio.run(work())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
        if not thread.is_alive():
            raise RuntimeError("the pages did not start")
    yield Site(app, service, port, people)
    server.should_exit = True
    thread.join()
