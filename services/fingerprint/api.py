"""What other services ask fingerprint."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from services.fingerprint.pages.educators import told
from shared.events import Role
from shared.web import Page, fragment

router = APIRouter()


@router.get("/_fragments/fingerprints", include_in_schema=False)
async def section(page: Annotated[Page, Depends(fragment("educator", Role.EDUCATOR), scope="function")]) -> Response:
    """The section Fingerprint Information of the educator's profile, without its heading."""
    return page.render("fingerprints_section.html", **await told(page))
