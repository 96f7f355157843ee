"""Letters to the officials of an institution: to each who acted for it when its recommendation was asked for.

Roles and requests come on different topics, in any order. Whichever comes later brings about the letters, so both are
kept; who was an official at which moment is decided from the times at which things happened, never from those at which
they were heard.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import Row, text

from services.notifier.actions import post
from services.notifier.rules import due
from services.notifier.rules.due import Due
from services.notifier.rules.officials import Word, acted
from shared.db import Session
from shared.events import AccessGranted, AccessRevoked, RecommendationRequested, Role
from shared.outbox import replaying

# No fact comes later than this.
KEPT_DAYS: Final = 30

# One batch at a time, whichever of the two it hears: two that run side by side would each miss what the other brings.
_LOCK: Final = text("SELECT pg_advisory_xact_lock(7231465)")
_OFFICIALS: Final = text("""
INSERT INTO officials (institution, account_id, sequence, said_at, acts)
SELECT * FROM unnest(CAST(:institutions AS text[]), CAST(:accounts AS uuid[]), CAST(:sequences AS bigint[]),
    CAST(:moments AS timestamptz[]), CAST(:acts AS boolean[]))
ON CONFLICT (institution, account_id, sequence) DO NOTHING
""")
_REQUESTS: Final = text("""
INSERT INTO requests (id, institution, occurred_at, details)
SELECT id, institution, occurred_at, CAST(details AS jsonb)
FROM unnest(CAST(:ids AS uuid[]), CAST(:institutions AS text[]), CAST(:moments AS timestamptz[]),
    CAST(:details AS text[])) AS t (id, institution, occurred_at, details)
ON CONFLICT (id) DO NOTHING
""")
_WORDS: Final = text("""
SELECT institution, account_id, sequence, said_at, acts FROM officials WHERE institution = ANY(:institutions)
ORDER BY institution, account_id
""")
_SINCE: Final = text("""
SELECT id, institution, occurred_at, details FROM requests
WHERE institution = ANY(:institutions) AND occurred_at >= :since
""")
_FORGET: Final = text("DELETE FROM requests WHERE occurred_at < now() - make_interval(days => :days)")


@dataclass(frozen=True)
class _Asked:
    id: UUID
    institution: str
    occurred_at: datetime
    details: dict[str, str]


async def roles_changed(session: Session, facts: Sequence[AccessGranted | AccessRevoked]) -> None:
    """Keep who acts for an institution; write to them, and to nobody else, of what it was asked for since."""
    words = [(fact, fact.institution) for fact in facts if fact.role is Role.PROGRAM and fact.institution]
    if not words:
        return
    await session.execute(_LOCK)
    await session.execute(
        _OFFICIALS,
        {
            "institutions": [institution for _, institution in words],
            "accounts": [UUID(fact.subject_id) for fact, _ in words],
            "sequences": [fact.sequence for fact, _ in words],
            "moments": [fact.occurred_at for fact, _ in words],
            "acts": [isinstance(fact, AccessGranted) for fact, _ in words],
        },
    )
    institutions = {institution for _, institution in words}
    # A role says nothing of what was asked for before it changed.
    since = min(fact.occurred_at for fact, _ in words)
    asked = await session.execute(_SINCE, {"institutions": sorted(institutions), "since": since})
    await _settle(session, [_Asked(**row._mapping) for row in asked], {UUID(fact.subject_id) for fact, _ in words})


async def asked(session: Session, facts: Sequence[RecommendationRequested]) -> None:
    """Keep what institutions were asked for, and write to their officials."""
    await session.execute(_LOCK)
    requests = [_request(fact) for fact in facts]
    await session.execute(
        _REQUESTS,
        {
            "ids": [one.id for one in requests],
            "institutions": [one.institution for one in requests],
            "moments": [one.occurred_at for one in requests],
            "details": [json.dumps(one.details) for one in requests],
        },
    )
    await _settle(session, requests)


async def forget(session: Session) -> None:
    """Forget requests so old that nothing about them can still come."""
    await session.execute(_FORGET, {"days": KEPT_DAYS})


def _request(fact: RecommendationRequested) -> _Asked:
    details = {"number": fact.number, "classification": fact.classification, "institution": fact.institution}
    return _Asked(fact.event_id, fact.institution, fact.occurred_at, details)


async def _settle(session: Session, requests: Sequence[_Asked], accounts: set[UUID] | None = None) -> None:
    """Note the letters of these requests to these accounts, or to all; take back those that should never have been."""
    if replaying(session) or not requests:
        return
    found = await session.execute(_WORDS, {"institutions": sorted({one.institution for one in requests})})
    officials = [
        (institution, account_id, _words(rows))
        for (institution, account_id), rows in groupby(found, key=lambda row: (row.institution, row.account_id))
        if accounts is None or account_id in accounts
    ]
    write: list[Due] = []
    take_back: list[Due] = []
    for request in requests:
        for institution, account_id, words in officials:
            if institution == request.institution:
                letter = due.to_official(request.id, request.occurred_at, request.details, account_id)
                (write if acted(words, request.occurred_at) else take_back).append(letter)
    await post.add(session, write)
    await post.take_back(session, take_back)
    await post.wake(session)


def _words(rows: Iterable[Row[tuple[str, UUID, int, datetime, bool]]]) -> list[Word]:
    return [Word(row.sequence, row.said_at, row.acts) for row in rows]
