"""`/ecs/certificates`: Certificate Status."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.certificate import regulations
from services.certificate.actions import holdings
from services.certificate.pages import sentences
from services.certificate.rules.standing import State
from shared import educator_id
from shared.events import Role
from shared.policy import purposes, today
from shared.text import text
from shared.web import Page, PageRoute, reads

router = APIRouter(include_in_schema=False, route_class=PageRoute)
Shown = Annotated[Page, Depends(reads(Role.EDUCATOR), scope="function")]

# State as it is kept -> the kit's tag and what it is called.
_STATES: Final = {str(state): (sentences.TAGS[state], sentences.STATES[state]) for state in State}


@router.get("/ecs/certificates")
async def certificates(page: Shown) -> Response:
    """What was issued and what was applied for, in one table; below it, where background checks stand."""
    found = await holdings.of_account(page.service.database, page.me.account_id)
    day = today()
    purpose = purposes(day)
    record = next((row for row in found if row.kind == "record"), None)
    return page.render(
        "certificates.html",
        educator_id=record and educator_id.shown(record.code),
        name=record and record.name,
        applications=[
            (row, kind.title if (kind := regulations.BOOK.find(row.code, day)) else row.code, *_STATES[row.state])
            for row in found
            if row.kind == "application"
        ],
        certificates=[(row, row.first_day <= day <= row.last_day) for row in found if row.kind == "certificate"],
        clearances=[
            (text(purpose.get(row.code, row.code)), row)
            for row in found
            if row.kind == "clearance" and row.last_day >= day
        ],
    )
