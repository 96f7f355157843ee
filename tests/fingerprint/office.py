"""Fingerprint with its submissions, and educator at the other end of the line."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import httpx

from services.fingerprint import consumers, submitted
from services.fingerprint.actions import submissions
from services.fingerprint.messages import understand
from services.fingerprint.rules.addressing import Submitted
from services.fingerprint.settings import Settings
from services.fingerprint.vault import Vault, vault_of
from shared.events import EducatorIdentified, NameChanged
from shared.keys import create_all
from shared.service import Service
from tests.fingerprint.answers import OURS, an_educator

if TYPE_CHECKING:
    from tests.fingerprint.conftest import Bench

BORN: Final = "1999-04-28"


@dataclass
class Educator:
    """Educator's side of the call, as far as tests need it."""

    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    status: int = 200
    calls: list[list[dict[str, Any]]] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["submissions"]
        self.calls.append(asked)
        if self.status == 0:
            raise httpx.ConnectError("away")
        matches = [
            [
                {"educator_id": self.people[number][0], "born": self.people[number][1] == one["born_on"]}
                for number in one["numbers"]
                if number in self.people
            ]
            for one in asked
        ]
        return httpx.Response(self.status, json={"matches": matches})


@dataclass
class Office:
    """Fingerprint with its submissions."""

    bench: "Bench"
    service: Service
    vault: Vault
    educator: Educator

    async def feed(self, content: bytes) -> UUID:
        """A copy of a submission arrives; its file."""
        before = await self.bench.rows("SELECT file_id FROM submissions")
        await self.bench.take(content)
        (new,) = [row for row in await self.bench.rows("SELECT file_id FROM submissions") if row not in before]
        return UUID(str(new["file_id"]))

    async def ask(self) -> int:
        """Educator is asked about what is due."""
        return await submitted.once(self.service, self.vault)

    async def ask_all(self) -> int:
        """Educator is asked about all that is not tied, as if its pause were over."""
        await self.bench.do("UPDATE submissions SET next_try_at = now() - interval '1 second'")
        return await self.ask()

    async def state(self, file_id: UUID) -> str:
        return str(await self.bench.one("SELECT state FROM submissions WHERE file_id = :id", id=file_id))

    async def of(self, *tcns: str, origin: str = OURS) -> dict[tuple[str, str], Submitted]:
        async with self.bench.database.transaction() as session:
            return await submissions.of(session, [(origin, tcn) for tcn in tcns])

    async def looks(self) -> list[UUID]:
        async with self.bench.database.transaction() as session:
            return list(await submissions.second_looks(session, 100))

    async def received(self, content: bytes) -> UUID:
        """An answer arrives; its id."""
        await self.bench.take(content)
        tcn = understand(content).tcn
        return UUID(str(await self.bench.one("SELECT id FROM answers WHERE tcn = :tcn", tcn=tcn)))

    async def known(self, number: str, born: str = BORN, first: str = "Jordan", last: str = "Rivera") -> str:
        """An educator with this number; fingerprint has heard of them."""
        educator_id = an_educator()
        self.educator.people[number] = (educator_id, born)
        await self.hears(educator_id, first, last)
        return educator_id

    async def hears(
        self, educator_id: str, first: str = "Jordan", last: str = "Rivera", *former: str, at: datetime | None = None
    ) -> None:
        """As the consumers hear it; said `at` another moment than now, if given."""
        fact = NameChanged.now(educator_id, first_name=first, last_name=last, former_last_names=former)
        named = fact.model_copy(update={"sequence": 2, "occurred_at": at or fact.occurred_at})
        linked = EducatorIdentified.now(educator_id, account_id=uuid4()).model_copy(update={"sequence": 1})
        async with self.bench.database.transaction() as session:
            await consumers.keep_names([named], session)
            await consumers.keep_accounts([linked], session)


@asynccontextmanager
async def opened(bench: "Bench", home: Path) -> AsyncIterator[Office]:
    """The office over the bench's database; from then on the bench seals with its keys."""
    create_all(home / "keys")
    settings = Settings(
        postgres=bench.database.engine.url.render_as_string(hide_password=False),
        redis="redis://127.0.0.1:1",
        kafka="127.0.0.1:1",
        home=home,
        port=8152,
        origin="http://localhost:8152",
        urls={"educator": "http://educator.invalid"},
        demo=True,
    )
    service = Service("fingerprint", settings)
    educator = Educator()
    await service.http.aclose()
    service.http = httpx.AsyncClient(transport=httpx.MockTransport(educator.answer))
    bench.vault = vault_of(service.keys)
    yield Office(bench, service, bench.vault, educator)
    await service.close()
