"""`/ecs/messages`: every letter that was written to me, and whether it arrived."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.notifier.actions import reading
from shared.events import Role
from shared.web import SIGNED_IN, Page, reads

router = APIRouter()
Shown = Annotated[Page, Depends(reads(SIGNED_IN), scope="function")]

PER_PAGE: Final = 25
_FURTHEST: Final = 10_000


def number_of(page: Page) -> int:
    """The page of a list that was asked for; the first where that is no number."""
    typed = page.request.query_params.get("page", "1")
    return min(max(int(typed), 1), _FURTHEST) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 1


def _frame(page: Page) -> str:
    """The menu around the page: an educator's, an official's, or none for people whose menu does not lead here."""
    if page.me.has(Role.EDUCATOR):
        return "educator.html"
    return "program.html" if page.me.has(Role.PROGRAM) else "public.html"


@router.get("/ecs/messages")
async def show(page: Shown) -> Response:
    """All letters, newest first."""
    number = number_of(page)
    letters, count = await reading.mine(page.db, page.me.account_id, offset=(number - 1) * PER_PAGE, limit=PER_PAGE)
    return page.render(
        "messages.html",
        frame=_frame(page),
        letters=letters,
        undelivered=await reading.undelivered(page.db, page.me.account_id),
        number=number,
        last=max(1, -(-count // PER_PAGE)),
        count=count,
    )


@router.get("/ecs/messages/{letter_id}")
async def read(letter_id: UUID, page: Shown) -> Response:
    """One letter, as it was sent but for a one-time link."""
    letter = await reading.one(page.db, page.me.account_id, letter_id)
    if letter is None:
        page.deny(404)
    return page.render("message.html", frame=_frame(page), letter=letter, origin=page.service.settings.origin)
