"""Educator's pages as browsers meet them, for tests: who is signed in, and what they see and send."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from services.educator import pages
from services.educator.pages.cases import attention
from services.educator.settings import Settings
from shared.app import build
from shared.auth import Caller, Grant, session_cookie, session_hash
from shared.csrf import token_for
from shared.db import Session
from shared.events import Role

if TYPE_CHECKING:
    from tests.educator.conftest import Account, House

ORIGIN = "http://localhost:8150"
NUMBER = "512345678"
BIRTH = {"birth_date_month": "4", "birth_date_day": "28", "birth_date_year": "1999"}
HOME = {"street": "205 Jefferson St", "city": "Jefferson City", "state": "MO", "zip_code": "65101"}


class Portal:
    """The service's app as browsers meet it; sessions are whoever this test signs in."""

    def __init__(self, house: "House", key_folder: Path) -> None:
        self.house = house
        self.people: dict[str, Caller] = {}
        settings = Settings(
            postgres=house.database.engine.url.render_as_string(hide_password=False),
            kafka="127.0.0.1:1",
            redis="redis://127.0.0.1:1",
            origin=ORIGIN,
            port=8150,
            keys=key_folder,
            urls={"fingerprint": "http://fingerprint.invalid", "identity": "http://identity.invalid"},
        )
        self.app = build(
            "educator",
            settings=settings,
            routers=[pages.router],
            attention=attention,
            resolve_session=self._resolve,
        )
        # Fingerprint's side of the call; a test puts another in its place.
        self.fragment = httpx.MockTransport(lambda request: httpx.Response(200, text="<p>No results yet.</p>"))
        self.calls: list[httpx.Request] = []
        self.service = self.app.state.service
        self.service.http = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))
        self.browser = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN)
        self.answers: list[httpx.Response] = []

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        return await self.fragment.handle_async_request(request)

    async def _resolve(self, session: Session, hashed: str) -> Caller | None:
        return self.people.get(hashed)

    def sign_in(self, person: "Account", *roles: Role) -> str:
        """A session for this person; the token."""
        token = f"{person.account_id.hex:_<43}"
        self.people[session_hash(token)] = Caller(
            account_id=person.account_id,
            username=person.username,
            roles=tuple(Grant(role=role) for role in roles or (Role.EDUCATOR,)),
            session_hash=session_hash(token),
            idle_ends_at=datetime.now(UTC) + timedelta(minutes=20),
        )
        return token

    async def get(self, path: str, person: "Account | None" = None) -> httpx.Response:
        return await self._send("GET", path, person, None)

    async def post(self, path: str, person: "Account | None", **fields: str) -> httpx.Response:
        return await self._send("POST", path, person, fields)

    async def _send(
        self, method: str, path: str, person: "Account | None", fields: dict[str, str] | None
    ) -> httpx.Response:
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"} if method == "POST" else {}
        token = f"{person.account_id.hex:_<43}" if person else "visitor"
        if person:
            headers["cookie"] = f"{session_cookie(8150)}={token}"
        else:
            headers["cookie"] = f"__Host-ecs-visit-8150={token}"
        data = None if fields is None else {"csrf": token_for(session_hash(token)), **fields}
        answer = await self.browser.request(method, path, headers=headers, data=data)
        self.answers.append(answer)
        return answer


async def signed_in(portal: Portal, *people: "Account") -> None:
    for person in people:
        portal.sign_in(person)
    await portal.house.hears_of(*people)
