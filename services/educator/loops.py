"""What educator does by itself: forgetting what is over."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from services.educator.actions import upkeep
from shared.service import Service

UPKEEP_SECONDS: Final = 600


async def forget(service: Service) -> None:
    """Delete what is over, now and then."""
    while True:
        async with service.database.transaction() as session:
            await upkeep.forget_what_is_over(session, datetime.now(UTC))
        await asyncio.sleep(UPKEEP_SECONDS)
