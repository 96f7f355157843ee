"""`/ecs/contact/confirm/{token}`: a new contact address is put in use by a button, never by opening the link.

Public: the letter may be read on another device, where nobody is signed in. The token alone opens it.
"""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.educator.actions import contacts
from services.educator.rules.contacts import masked
from shared.web import PUBLIC, Page, reads, writes

router = APIRouter()

# Guessing 256 bits is hopeless; this only keeps tries from costing us much. A whole campus may share one address.
TRIES_RATE = "600/hour"


@router.get("/ecs/contact/confirm/{token}")
async def ask(token: str, page: Annotated[Page, Depends(reads(PUBLIC), scope="function")]) -> Response:
    """Say what the button does. Mail scanners follow links, so a GET changes nothing."""
    await page.limit("confirm", TRIES_RATE)
    found = await contacts.find_link(page.db, token, datetime.now(UTC))
    if found is None:
        return page.render("link_gone.html", status=404)
    return page.render("confirm.html", token=token, address=masked(found.email), expires_at=found.expires_at)


@router.post("/ecs/contact/confirm/{token}")
async def confirm(token: str, page: Annotated[Page, Depends(writes(PUBLIC), scope="function")]) -> Response:
    """ "Confirm"."""
    await page.limit("confirm", TRIES_RATE)
    address = await contacts.confirm(page.db, token, datetime.now(UTC))
    if address is None:
        return page.render("link_gone.html", status=404)
    return page.redirect("/ecs/contact/confirmed")


@router.get("/ecs/contact/confirmed")
async def confirmed(page: Annotated[Page, Depends(reads(PUBLIC), scope="function")]) -> Response:
    """What holds from now on."""
    return page.render("confirmed.html")
