"""Records that could not be handled, set aside for a person: never lost, never in the way.

A record is parked in the transaction that records it as seen, in the consuming service's own table, with its bytes as
they came and the type of the error, never its text.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import ValidationError
from sqlalchemy import text

from shared.db import Session
from shared.faults import sqlstate

_PARK: Final = text("""
INSERT INTO parked (topic, partition, "offset", key, headers, body, error, detail, tries)
VALUES (:topic, :partition, :offset, :key, CAST(:headers AS json), :body, :error, CAST(:detail AS json), :tries)
ON CONFLICT (topic, partition, "offset") DO NOTHING
RETURNING id
""")
_COLUMNS: Final = 'id, topic, partition, "offset", key, headers, body, error, detail, tries, parked_at'
_LIST: Final = text(f"SELECT {_COLUMNS} FROM parked ORDER BY id LIMIT :limit")  # noqa: S608 - constants only
_GET: Final = text(f"SELECT {_COLUMNS} FROM parked WHERE id = :id FOR UPDATE")  # noqa: S608 - constants only
_COUNT: Final = text("SELECT count(*) FROM parked")
_FAILED_AGAIN: Final = text(
    "UPDATE parked SET error = :error, detail = CAST(:detail AS json), tries = tries + 1 WHERE id = :id"
)
_REMOVE: Final = text("DELETE FROM parked WHERE id = :id")

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True)
class Record:
    """A Kafka record as it came, whatever is in it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: Headers
    value: bytes | None


@dataclass(frozen=True)
class Parked:
    """A record that waits for a person."""

    id: int
    record: Record
    error: str
    detail: list[dict[str, Any]]
    tries: int
    parked_at: datetime


async def park(session: Session, record: Any, error: BaseException, tries: int) -> bool:
    """Set a Kafka record aside (aiokafka's or ours); False if it was before."""
    added = await session.execute(
        _PARK,
        {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "key": record.key,
            "headers": json.dumps([[name, _encoded(value)] for name, value in record.headers]),
            "body": record.value,
            "error": name_of(error),
            "detail": json.dumps(detail_of(error)),
            "tries": tries,
        },
    )
    return added.first() is not None


async def listed(session: Session, limit: int = 100) -> list[Parked]:
    """What is parked, oldest first."""
    return [_parked(row) for row in await session.execute(_LIST, {"limit": limit})]


async def locked(session: Session, parked_id: int) -> Parked | None:
    """One parked record, held until the transaction ends; None if there is none with this number."""
    row = (await session.execute(_GET, {"id": parked_id})).one_or_none()
    return _parked(row) if row else None


async def count(session: Session) -> int:
    """How many records wait."""
    return int((await session.execute(_COUNT)).scalar_one())


async def failed_again(session: Session, parked_id: int, error: BaseException) -> None:
    """Keep the record, with what went wrong this time."""
    told = {"id": parked_id, "error": name_of(error), "detail": json.dumps(detail_of(error))}
    await session.execute(_FAILED_AGAIN, told)


async def remove(session: Session, parked_id: int) -> None:
    """The record has been handled, in this transaction."""
    await session.execute(_REMOVE, {"id": parked_id})


def name_of(error: BaseException) -> str:
    """The type of the error, and PostgreSQL's code if it gave one."""
    name = type(error).__qualname__
    return f"{name} {state}" if (state := sqlstate(error)) else name


def detail_of(error: BaseException) -> list[dict[str, Any]]:
    """Where a body was refused and why; nothing of what stood there."""
    if not isinstance(error, ValidationError):
        return []
    return [
        {"loc": [str(part) for part in found["loc"]], "type": found["type"]}
        for found in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def _encoded(value: Any) -> str | None:
    return b64encode(value).decode() if isinstance(value, bytes) else None


def _parked(row: Any) -> Parked:
    headers = [(name, b64decode(value) if value is not None else None) for name, value in row.headers]
    record = Record(row.topic, row.partition, row.offset, row.key, headers, row.body)
    return Parked(row.id, record, row.error, row.detail, row.tries, row.parked_at)
