"""The loop that says what the calendar brings: a clearance runs out, or a bureau was not asked by name in time.

What is due stands in `checks.due_on`. Deciding such a check again says it and sets the next day, in one transaction, so
neither a crash nor a repetition says anything twice; after a standstill each check is decided once, as of that day.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from services.fingerprint.actions import checks, due
from services.fingerprint.actions.checks import CheckKey
from services.fingerprint.vault import Vault, vault_of
from shared import traces
from shared.db import Database
from shared.faults import is_of_the_world
from shared.policy import local_day
from shared.service import Service

# Days begin at midnight in the state; nothing here is worth an earlier look.
PAUSE_SECONDS: Final = 60.0
AT_ONCE: Final = 100

_log = logging.getLogger(__name__)


async def watch(service: Service) -> None:
    """The loop of the service, for ever."""
    vault = vault_of(service.keys)
    while True:
        await once(service.database, vault)
        await asyncio.sleep(PAUSE_SECONDS)


async def once(database: Database, vault: Vault) -> int:
    """Say what is due today; of how many checks. What cannot be decided stays due, and holds up nothing else."""
    place, done = due.START, 0
    while True:
        async with database.reading() as session:
            found, place = await due.checks(session, local_day(datetime.now(UTC)), place, AT_ONCE)
        if not found:
            return done
        if await _decided(database, vault, found):
            done += len(found)
        else:
            done += sum([await _decided(database, vault, [one]) for one in found])


async def _decided(database: Database, vault: Vault, found: Sequence[CheckKey]) -> bool:
    try:
        with traces.span("expiring"):
            async with database.transaction() as session:
                await checks.decide_again(session, vault, found)
    except Exception as error:
        if is_of_the_world(error):
            raise
        _log.exception("checks cannot be decided and stay due", extra={"checks": len(found)})
        return False
    return True
