"""The loop that gives waiting answers their effect once their educator is known, and heeds names heard since.

Whoever is heard of is due, with the answers that waited for them. Only an answer that came in the same moment as its
educator can miss that, so now and then all that wait are gone through.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final, TypeVar
from uuid import UUID

from services.fingerprint.actions import matching, submissions
from services.fingerprint.vault import Vault, vault_of
from shared import traces
from shared.db import Database, Session
from shared.faults import is_of_the_world
from shared.service import Service

LOOK_SECONDS: Final = 0.5
SWEEP_SECONDS: Final = 30.0
# How long something that failed, and not because something was away, is left alone.
REST_SECONDS: Final = 60.0
AT_ONCE: Final = 200

K = TypeVar("K", UUID, str)

_log = logging.getLogger(__name__)


async def watch(service: Service) -> None:
    """The loop of the service, for ever."""
    vault = vault_of(service.keys)
    resting: dict[UUID | str, float] = {}
    sweep_at = 0.0
    while True:
        sweep = monotonic() >= sweep_at
        if await once(service.database, vault, sweep=sweep, resting=resting):
            continue
        if sweep:
            sweep_at = monotonic() + SWEEP_SECONDS
        await asyncio.sleep(LOOK_SECONDS)


async def once(
    database: Database, vault: Vault, *, sweep: bool = True, resting: dict[UUID | str, float] | None = None
) -> int:
    """Do what has become possible, each in a transaction of its own; how much was done.

    Args:
        sweep: go through all answers that wait, not only those of educators who are due.
        resting: what failed, and until when (`monotonic`) it is left alone; kept by the caller from call to call.
    """
    rests: dict[UUID | str, float] = {} if resting is None else resting
    async with database.reading() as session:
        answers = await matching.ready(session, AT_ONCE, of_all=sweep)
        again = await submissions.second_looks(session, AT_ONCE)
        # While some answers are left over, their educators stay due.
        educators = await matching.due(session, AT_ONCE) if len(answers) < AT_ONCE else ()

    async def done(act: Callable[[Session, Vault, K], Awaitable[bool]], which: K) -> bool:
        """Whether something was done; what cannot be done holds up nothing else."""
        if rests.get(which, 0.0) > monotonic():
            return False
        try:
            with traces.span("awaited"):
                async with database.transaction() as session:
                    changed = await act(session, vault, which)
        except Exception as error:
            if is_of_the_world(error):
                raise
            rests[which] = monotonic() + REST_SECONDS
            _log.exception("an answer or a check cannot be decided and waits", extra={"seconds": REST_SECONDS})
            return False
        rests.pop(which, None)
        return changed

    effects = [await done(matching.take_effect, answer_id) for answer_id in answers]
    effects += [await done(matching.look_again, answer_id) for answer_id in again]
    heard = [await done(matching.heed, educator_id) for educator_id in educators]
    return sum(effects) + sum(heard)
