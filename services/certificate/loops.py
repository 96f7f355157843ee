"""What certificate does by the calendar, while it runs."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from services.certificate import regulations
from services.certificate.actions import applications, drafts
from services.certificate.actions.applications import Office
from shared.service import Service

# Seconds between two looks. Days begin at midnight in the state; nothing here is worth an earlier look.
PAUSE: Final = 60.0


async def pass_time(service: Service) -> None:
    """Send reminders, close what is overdue, and drop forgotten drafts, for ever."""
    office = Office(regulations.BOOK, service.keys)
    while True:
        async with service.database.transaction() as session:
            looked_at = await applications.pass_time(session, office, datetime.now(UTC))
        async with service.database.transaction() as session:
            touched = await drafts.pass_time(session, office.book, datetime.now(UTC))
        if max(looked_at, touched) < applications.AT_ONCE:
            await asyncio.sleep(PAUSE)
