"""Letters that are due: noted in the transaction that hears their fact."""

import json
from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import text

from services.notifier.rules import due
from services.notifier.rules.due import Due
from shared.db import Session
from shared.events import Event
from shared.outbox import replaying

CHANNEL: Final = "letters"

_ADD: Final = text("""
INSERT INTO letters (id, kind, occurred_at, account_id, educator_id, other_account_id, address, details, sealed,
    expires_at, language)
SELECT id, kind, occurred_at, account_id, educator_id, other_account_id, address, CAST(details AS jsonb), sealed,
    expires_at, language
FROM unnest(CAST(:ids AS uuid[]), CAST(:kinds AS text[]), CAST(:moments AS timestamptz[]), CAST(:accounts AS uuid[]),
    CAST(:educators AS text[]), CAST(:others AS uuid[]), CAST(:addresses AS text[]), CAST(:details AS text[]),
    CAST(:sealed AS text[]), CAST(:expiries AS timestamptz[]), CAST(:languages AS text[]))
    AS t (id, kind, occurred_at, account_id, educator_id, other_account_id, address, details, sealed, expires_at,
        language)
ORDER BY id
ON CONFLICT (id) DO NOTHING
""")
_TAKE_BACK: Final = text("""
DELETE FROM letters WHERE id = ANY(:ids) AND (state = 'waiting' OR state = 'ready' AND attempts = 0)
""")
_WAKE: Final = text("SELECT pg_notify(:channel, '')")


async def note(session: Session, facts: Sequence[Event]) -> None:
    """Note the letters of these facts, all in one statement. During a rebuild none is made."""
    if replaying(session):
        return
    await add(session, [letter for fact in facts for letter in due.letters(fact)])
    await wake(session)


async def add(session: Session, letters: Iterable[Due]) -> None:
    """Note these letters; one that is there already stays as it is."""
    by_id = {letter.id: letter for letter in letters}
    if not by_id:
        return
    rows = list(by_id.values())
    await session.execute(
        _ADD,
        {
            "ids": list(by_id),
            "kinds": [row.kind for row in rows],
            "moments": [row.occurred_at for row in rows],
            "accounts": [row.account_id for row in rows],
            "educators": [row.educator_id for row in rows],
            "others": [row.other_account_id for row in rows],
            "addresses": [row.address for row in rows],
            "details": [json.dumps(dict(row.details)) for row in rows],
            "sealed": [row.sealed for row in rows],
            "expiries": [row.expires_at for row in rows],
            "languages": [row.language for row in rows],
        },
    )


async def take_back(session: Session, letters: Iterable[Due]) -> None:
    """Forget these letters, unless they are out of the house already."""
    if ids := [letter.id for letter in letters]:
        await session.execute(_TAKE_BACK, {"ids": ids})


async def wake(session: Session) -> None:
    """Let the writer and the sender look now: when this transaction commits, a letter may be ready to go."""
    await session.execute(_WAKE, {"channel": CHANNEL})
