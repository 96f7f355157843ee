"""Whose fault a failure is: the world's, or the message's.

A fault of the world passes by itself (connection lost, deadlock, lock or statement timeout, disk full, broker away):
the work is held and tried again, and nothing is set aside. All else (unreadable, refused, a bug) is a fault of the
message: trying again for ever would block everything behind it.
"""

from typing import Final

import asyncpg
import httpx
from aiokafka.errors import KafkaError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# SQLSTATE classes: 08 connection, 25 transaction ended under us, 40 serialization and deadlock, 53 resources (disk
# full 53100), 55 lock not available, 57 operator (shutdown 57P01, cancelled 57014), 58 system, XX internal.
WORLD_CLASSES: Final = frozenset({"08", "25", "40", "53", "55", "57", "58", "XX"})


def sqlstate(error: BaseException) -> str | None:
    """The five characters by which PostgreSQL names an error, if it is one."""
    state = getattr(getattr(error, "orig", error), "sqlstate", None)
    return state if isinstance(state, str) else None


def is_of_the_world(error: BaseException) -> bool:
    """True if the same work may succeed later without a change to it."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    # What goes wrong in a COPY comes from the driver as it is, and else as the cause of SQLAlchemy's error. The driver
    # may trip over the server's last words before it knows that the connection is gone.
    driver = getattr(error.orig, "__cause__", None) if isinstance(error, DBAPIError) else error
    if isinstance(driver, asyncpg.InternalClientError):
        return True
    if isinstance(error, DBAPIError | asyncpg.PostgresError):
        state = sqlstate(error)
        return state is not None and state[:2] in WORLD_CLASSES
    return isinstance(
        error,
        OSError | TimeoutError | PoolTimeout | PendingRollbackError | KafkaError | RedisError | httpx.TransportError,
    )
