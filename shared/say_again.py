"""Says an owner's present state again, for those who have lost it or never had it, while the owner goes on working.

State and fact are of one moment: each page is read and published in one REPEATABLE READ transaction. A subject that
changes meanwhile takes its next sequence number either before ours, then PostgreSQL refuses ours (40001) and the page
is read anew, or after ours, then its newer state has the higher number. Nobody is left with an older state for good.
"""

from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import DBAPIError

from shared.db import Database, Session
from shared.events import Event
from shared.faults import sqlstate
from shared.outbox import publish

SERIALIZATION_FAILURE = "40001"

NextPage = Callable[[Session, str], Awaitable[Sequence[Event]]]
"""From the last subject said ("" at first): the facts of the next subjects in order, each whole; none: done."""


async def say_again(database: Database, next_page: NextPage) -> int:
    """Publish every page; the number of facts said."""
    said, after = 0, ""
    while events := await _say(database, next_page, after):
        said += len(events)
        after = events[-1].subject_id
    return said


async def _say(database: Database, next_page: NextPage, after: str) -> Sequence[Event]:
    while True:
        try:
            async with database.transaction() as session:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                events = await next_page(session, after)
                await publish(session, *events)
                return events
        except DBAPIError as error:
            if sqlstate(error) != SERIALIZATION_FAILURE:
                raise
