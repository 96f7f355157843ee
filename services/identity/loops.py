"""What identity does by itself: errands, and forgetting what is over."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from services.identity.actions import errands, upkeep
from services.identity.post import Post
from shared.limits import Limits
from shared.service import Service

# How long a letter may wait to be looked into; asked of the table, since any replica may have left the errand.
ERRAND_SECONDS: Final = 0.25
UPKEEP_SECONDS: Final = 600


async def run_errands(service: Service) -> None:
    """Look into errands soon after they were left, never while their request is answered."""
    letters, limits = Post(service.keys, service.settings.origin), Limits(service.redis)

    async def allows(recipient: str) -> bool:
        return await limits.allows("identity.letter", errands.LETTER_RATE, recipient)

    while True:
        async with service.database.transaction() as session:
            done = await errands.run(session, letters, allows, datetime.now(UTC))
        if not done:
            await asyncio.sleep(ERRAND_SECONDS)


async def forget(service: Service) -> None:
    """Delete what is over, now and then."""
    while True:
        async with service.database.transaction() as session:
            await upkeep.forget_what_is_over(session, datetime.now(UTC))
        await asyncio.sleep(UPKEEP_SECONDS)
