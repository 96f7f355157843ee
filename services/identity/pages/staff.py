"""The staff's first page: what needs a person, asked of every service at once."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from fastapi import APIRouter
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from services.identity.pages.asking import ReadsStaff
from shared.attention import PATH
from shared.auth import service_token
from shared.events import Role
from shared.service import Service
from shared.text import Text, text

# A page waits no longer for any service; one that is away costs no more than this.
ANSWER_SECONDS: Final = 1.0

NAMES: Final[Mapping[str, Text]] = {
    "identity": text("Accounts and access"),
    "educator": text("Educators"),
    "fingerprint": text("Fingerprints"),
    "certificate": text("Certificates"),
    "notifier": text("Letters"),
}

router = APIRouter()
_log = logging.getLogger(__name__)


class Waiting(BaseModel):
    """One kind of thing that waits, and where it is dealt with."""

    label: str
    count: int
    href: str
    roles: frozenset[Role] = frozenset()


class Told(BaseModel):
    """What a service says needs a person."""

    parked: int
    oldest_outbox_seconds: float
    other: tuple[Waiting, ...] = ()


@dataclass(frozen=True)
class Row:
    """One service on the page; `told` is None where it is away."""

    name: Text | str
    told: Told | None

    @property
    def minutes(self) -> int:
        """How long the oldest fact has waited to be sent, in whole minutes."""
        return int(self.told.oldest_outbox_seconds // 60) if self.told else 0


@router.get("/staff")
async def show(page: ReadsStaff) -> Response:
    """What needs a person, in order of what this person can do something about."""
    names = sorted(page.service.settings.urls)
    told = await asyncio.gather(*(_ask(page.service, name) for name in names))
    rows = [Row(NAMES.get(name, name), found) for name, found in zip(names, told, strict=True)]
    mine = [
        one
        for row in rows
        if row.told
        for one in row.told.other
        if one.count and (not one.roles or page.me.has(*one.roles))
    ]
    return page.render(
        "staff_home.html",
        mine=mine,
        rows=rows,
        away=[row.name for row in rows if row.told is None],
        parked=sum(row.told.parked for row in rows if row.told),
    )


async def _ask(service: Service, name: str) -> Told | None:
    headers: dict[str, Any] = {"Authorization": f"Bearer {service_token(service.keys, name)}"}
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await service.http.get(f"{service.settings.url(name)}{PATH}", headers=headers)
            answer.raise_for_status()
        return Told.model_validate_json(answer.content)
    except (httpx.HTTPError, TimeoutError, ValidationError) as error:
        _log.warning("a service does not say what needs a person", extra={"asked": name, "error": type(error).__name__})
        return None
