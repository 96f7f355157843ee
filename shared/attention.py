"""What needs a person: each service counts its own, identity shows all on the staff's first page."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request

from shared import outbox, parked
from shared.auth import InternalCall, called_by
from shared.db import Session
from shared.events import Role
from shared.text import Text

PATH: Final = "/internal/attention"


@dataclass(frozen=True)
class Attention:
    """Something that waits for a person, how often, and where to go. Counts must tell nothing of criminal records."""

    label: Text
    count: int
    href: str
    roles: frozenset[Role]


Count = Callable[[Session], Awaitable[Sequence[Attention]]]


def attention_router(count: Count | None) -> APIRouter:
    """`GET /internal/attention`, for identity alone."""
    router = APIRouter()

    @router.get(PATH, include_in_schema=False)
    async def show(request: Request, call: Annotated[InternalCall, Depends(called_by("identity"))]) -> dict[str, Any]:
        async with request.app.state.service.database.reading() as session:
            seconds, waiting = await outbox.backlog(session)
            others = await count(session) if count else ()
            return {
                "parked": await parked.count(session),
                "oldest_outbox_seconds": round(seconds, 1),
                "outbox": waiting,
                "other": [
                    {"label": str(one.label), "count": one.count, "href": one.href, "roles": sorted(one.roles)}
                    for one in others
                ],
            }

    return router
