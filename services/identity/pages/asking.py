"""The dependencies of identity's pages, and what several of them do alike."""

from collections.abc import Awaitable, Iterable
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from fastapi import Depends
from starlette.background import BackgroundTask
from starlette.responses import Response

from services.identity.actions import login
from services.identity.passwords import Busy
from services.identity.rules.access import STAFF
from shared.auth import forget, mark_ended
from shared.events import Role
from shared.text import text
from shared.web import PUBLIC, SIGNED_IN, Page, reads, writes

T = TypeVar("T")

ReadsPublic = Annotated[Page, Depends(reads(PUBLIC), scope="function")]
WritesPublic = Annotated[Page, Depends(writes(PUBLIC), scope="function")]
ReadsSignedIn = Annotated[Page, Depends(reads(SIGNED_IN), scope="function")]
WritesSignedIn = Annotated[Page, Depends(writes(SIGNED_IN), scope="function")]
ReadsStaff = Annotated[Page, Depends(reads(*sorted(STAFF)), scope="function")]
ReadsAdministrator = Annotated[Page, Depends(reads(Role.ADMINISTRATOR), scope="function")]
WritesAdministrator = Annotated[Page, Depends(writes(Role.ADMINISTRATOR), scope="function")]

LANGUAGE_NAMES: Final = {"en": text("English")}

# What one network address may do. A campus is one address: hundreds of students register there in one hour.
LOGIN_RATE: Final = "6000/hour"
REGISTER_RATE: Final = "1500/hour"
FORGOT_RATE: Final = "3000/hour"


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


async def unhurried(page: Page, counter: bytes, checking: Awaitable[T]) -> T:
    """Check a password whose attempt is counted; where there is no time for it, it does not count.

    To be awaited where `page.db` is not used yet: no connection is held while somebody waits for a hash.
    """
    try:
        return await checking
    except Busy:
        async with page.service.database.transaction() as session:
            await login.uncount(session, counter)
        raise


async def sessions_ended(page: Page, response: Response, hashes: Iterable[str]) -> Response:
    """Let no cache bring these sessions back: marked before the commit, and once more after it."""
    ended = list(hashes)
    await mark_ended(page.service.redis, ended)
    response.background = BackgroundTask(mark_ended, page.service.redis, ended)
    return response


async def sessions_changed(page: Page, response: Response, hashes: Iterable[str]) -> Response:
    """Let every cache ask again about these sessions: now, and once more after the commit."""
    changed = list(hashes)
    await forget(page.service.redis, changed)
    response.background = BackgroundTask(forget, page.service.redis, changed)
    return response
