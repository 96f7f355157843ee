"""Certificate's pages as browsers meet them, over the bench's database; sessions are whoever a test signs in."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import httpx
from lxml import html

from services.certificate import pages
from services.certificate.settings import Settings
from shared.app import build
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.csrf import token_for
from shared.db import Session
from shared.events import Role

if TYPE_CHECKING:
    from tests.certificate.conftest import Bench

PORT = 8150
ORIGIN = f"http://localhost:{PORT}"

Fields = Mapping[str, str | Sequence[str]]


class Answer:
    """A page as a program reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.status = response.status_code
        self.to = response.headers.get("location", "")
        self.tree = html.fromstring(response.text) if "html" in response.headers.get("content-type", "") else None

    @property
    def text(self) -> str:
        """What the main part says, in one line."""
        assert self.tree is not None
        (main,) = self.tree.xpath("//main")
        return " ".join(" ".join(main.itertext()).split())

    @property
    def heading(self) -> str:
        """Its h1."""
        assert self.tree is not None
        (heading,) = self.tree.xpath("//h1")
        return " ".join(heading.text_content().split())

    def value(self, name: str) -> str:
        """What a field of this name holds."""
        assert self.tree is not None
        return str(self.tree.xpath("//main//input[@name=$name]/@value", name=name)[0])

    @property
    def problems(self) -> list[str]:
        """The sentences of the error summary."""
        assert self.tree is not None
        return [" ".join(one.text_content().split()) for one in self.tree.xpath("//*[@role='alert']//li")]

    @property
    def note(self) -> str:
        """The confirmation that the next page will show."""
        kept = next(c for c in self.response.headers.get_list("set-cookie") if c.startswith("__Host-ecs-note"))
        return str(json.loads(urlsafe_b64decode(kept.partition("=")[2].partition(".")[0]))[1])

    @property
    def links(self) -> dict[str, str]:
        """Links of the main part by their words."""
        assert self.tree is not None
        return {" ".join(a.text_content().split()): a.get("href") for a in self.tree.xpath("//main//a")}


class Portal:
    """The service's app, with one browser for everybody."""

    def __init__(self, bench: "Bench", key_folder: Path) -> None:
        self.bench = bench
        self.people: dict[str, Caller] = {}
        settings = Settings(
            postgres=bench.database.engine.url.render_as_string(hide_password=False),
            kafka="127.0.0.1:1",
            redis="redis://127.0.0.1:1",
            origin=ORIGIN,
            port=PORT,
            keys=key_folder,
            urls={"identity": "http://identity.invalid"},
        )
        self.app = build("certificate", settings=settings, routers=pages.routers, resolve_session=self._resolve)
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)

    async def _resolve(self, session: Session, hashed: str) -> Caller | None:
        return self.people.get(hashed)

    def sign_in(self, account_id: UUID, username: str = "robin.example", *grants: Grant) -> str:
        """A session of this account, as an educator unless it has other roles; its token."""
        token = f"{account_id.hex:_<43}"
        self.people[session_hash(token)] = Caller(
            account_id=account_id,
            username=username,
            roles=grants or (Grant(role=Role.EDUCATOR),),
            session_hash=session_hash(token),
            idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        return token

    async def get(self, path: str, token: str) -> Answer:
        """Open a page."""
        cookie = {"cookie": f"{session_cookie(PORT)}={token}"}
        return Answer(await self.browser.get(path, headers=cookie))

    async def post(self, path: str, token: str, fields: Fields | None = None) -> Answer:
        """Send a form."""
        headers = {
            "origin": ORIGIN,
            "sec-fetch-site": "same-origin",
            "cookie": f"{session_cookie(PORT)}={token}",
        }
        data = {"csrf": token_for(session_hash(token)), **(fields or {})}
        return Answer(await self.browser.post(path, headers=headers, data=data))

    async def close(self) -> None:
        """Let go of what it holds."""
        await self.browser.aclose()
        await self.app.state.service.close()
