"""The loop that undoes what staff asked to have undone: batches, one after another, each in one transaction.

A process that is killed in the middle has done nothing; the next one begins anew.
"""

import asyncio
import logging
from time import monotonic
from typing import Final
from uuid import UUID

from services.fingerprint.actions import undoing
from services.fingerprint.vault import Vault, vault_of
from shared import traces
from shared.db import Database
from shared.faults import is_of_the_world
from shared.service import Service

LOOK_SECONDS: Final = 0.5
# How long one that failed, and not because something was away, is left alone.
REST_SECONDS: Final = 60.0

_log = logging.getLogger(__name__)


async def watch(service: Service) -> None:
    """The loop of the service, for ever."""
    vault = vault_of(service.keys)
    resting: dict[UUID, float] = {}
    while True:
        if not await once(service.database, vault, resting):
            await asyncio.sleep(LOOK_SECONDS)


async def once(database: Database, vault: Vault, resting: dict[UUID, float] | None = None) -> bool:
    """Undo the batch that has waited longest; whether there was one.

    Args:
        resting: what failed, and until when (`monotonic`) it is left alone; kept by the caller from call to call.
    """
    rests: dict[UUID, float] = {} if resting is None else resting
    batch_id: UUID | None = None
    try:
        with traces.span("undone"):
            async with database.transaction() as session:
                batch = await undoing.take_up(session, [one for one, until in rests.items() if until > monotonic()])
                if batch is None:
                    return False
                batch_id = batch.id
                await undoing.undo(session, vault, batch)
    except Exception as error:
        if batch_id is None or is_of_the_world(error):
            raise
        rests[batch_id] = monotonic() + REST_SECONDS
        _log.exception("an import cannot be undone and waits", extra={"seconds": REST_SECONDS})
    return True
