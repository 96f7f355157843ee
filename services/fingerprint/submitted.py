"""The loop that ties copies of submissions to people: asks educator whose numbers stand in them, until it is known.

With educator away nothing is lost: what was not answered stays due, and is asked again after pauses that grow.
"""

import asyncio
import logging
from time import monotonic
from typing import Final

from services.fingerprint import numbers
from services.fingerprint.actions import submissions
from services.fingerprint.numbers import EducatorAway
from services.fingerprint.vault import Vault, vault_of
from shared import traces
from shared.service import Service

LOOK_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 60.0
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 60.0

_log = logging.getLogger(__name__)


async def watch(service: Service) -> None:
    """The loop of the service, for ever."""
    vault = vault_of(service.keys)
    pause, sweep_at = FIRST_PAUSE, 0.0
    while True:
        try:
            asked = await once(service, vault)
        except EducatorAway as away:
            _log.warning("submissions wait for educator", extra={"reason": str(away), "seconds": pause})
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            continue
        pause = FIRST_PAUSE
        if monotonic() >= sweep_at:
            sweep_at = monotonic() + SWEEP_SECONDS
            async with service.database.transaction() as session:
                await submissions.look_again(session)
        if asked < numbers.AT_ONCE:
            await asyncio.sleep(LOOK_SECONDS)


async def once(service: Service, vault: Vault) -> int:
    """Ask about what is due, in one call; how many submissions that were.

    Raises:
        EducatorAway: nothing was learnt; they are due again when the lease is over.
    """
    async with service.database.transaction() as session:
        await submissions.awaken(session, vault, numbers.AT_ONCE)
        questions = await submissions.take_up(session, vault, numbers.AT_ONCE)
    if not questions:
        return 0
    with traces.span("submitted"):
        answered = await numbers.compare(service, questions)
        async with service.database.transaction() as session:
            await submissions.settle(session, list(zip(questions, answered, strict=True)))
    return len(questions)
