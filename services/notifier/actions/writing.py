"""Letters whose recipient is known are put into words; those that nobody will need any more are closed."""

import json
import logging
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text

from services.notifier.letters import Told, Written, write
from shared.db import Session
from shared.sealed import Opener, Unopenable
from shared.text import DEFAULT_LANGUAGE, languages

BATCH: Final = 500
# A letter to an address that nobody confirmed belongs to nobody; it is forgotten after this many days.
ORPHAN_DAYS: Final = 30
# Its link is good for a day; no account comes of it later than this, however late the facts arrive.
ADOPTED_DAYS: Final = 9

_log = logging.getLogger(__name__)

_WITH_RECIPIENTS: Final = """
SELECT l.id, l.kind, l.address, l.details, l.sealed, l.expires_at IS NOT NULL AS has_link,
    coalesce(l.language, a.language, c.language) AS language,
    coalesce(l.account_id, CASE WHEN before.held THEN before.account_id ELSE h.account_id END) AS reader,
    coalesce(n.first_name, own.first_name, a.first_name, '') AS first_name,
    coalesce(n.last_name, own.last_name, a.last_name, '') AS last_name,
    coalesce(a.username, '') AS username, coalesce(o.username, '') AS other_username
FROM letters l
LEFT JOIN accounts a ON a.account_id = l.account_id
LEFT JOIN accounts o ON o.account_id = l.other_account_id
LEFT JOIN holders h ON h.educator_id = l.educator_id
LEFT JOIN names n ON n.educator_id = l.educator_id
-- Whoever holds a record is called by its name, in letters about the account too: that one they can change.
LEFT JOIN LATERAL (
    SELECT first_name, last_name FROM holders JOIN names USING (educator_id)
    WHERE account_id = l.account_id AND l.educator_id IS NULL ORDER BY educator_id LIMIT 1
) own ON true
LEFT JOIN LATERAL (
    SELECT email, language FROM contacts WHERE educator_id = l.educator_id ORDER BY sequence DESC LIMIT 1
) c ON true
-- To an address from before the record came to whom it belongs now: no letter of theirs, but of who signs in with it.
LEFT JOIN LATERAL (
    SELECT true AS held,
        (SELECT account_id FROM accounts WHERE lower(email) = lower(l.address) ORDER BY sequence DESC LIMIT 1)
    WHERE CAST(l.details->>'address_sequence' AS bigint) < h.sequence
) before ON true
WHERE l.state = 'waiting' AND l.due_at <= now()
    AND (l.account_id IS NULL OR a.account_id IS NOT NULL)
    AND (l.other_account_id IS NULL OR o.account_id IS NOT NULL)
    AND (l.educator_id IS NULL OR (
        h.educator_id IS NOT NULL AND n.educator_id IS NOT NULL
        -- a letter with a link brings its address with it, sealed
        AND (c.email IS NOT NULL OR l.address IS NOT NULL OR l.expires_at IS NOT NULL)
    ))
"""
_WAITING: Final = text(_WITH_RECIPIENTS + " ORDER BY l.made_at, l.id LIMIT :most FOR UPDATE OF l SKIP LOCKED")
_WRITTEN: Final = text("""
UPDATE letters l SET state = 'ready', due_at = now(), account_id = t.reader, address = t.address, language = t.language,
    subject = t.subject, body = CAST(t.body AS jsonb), sealed = t.sealed, details = CAST(t.details AS jsonb)
FROM unnest(CAST(:ids AS uuid[]), CAST(:readers AS uuid[]), CAST(:addresses AS text[]), CAST(:languages AS text[]),
    CAST(:subjects AS text[]), CAST(:bodies AS text[]), CAST(:sealed AS text[]), CAST(:details AS text[]))
    AS t (id, reader, address, language, subject, body, sealed, details)
WHERE l.id = t.id
""")
_FAILED: Final = text("UPDATE letters SET state = 'failed', ended_at = now(), sealed = NULL WHERE id = ANY(:ids)")
_POSTPONED: Final = text("""
UPDATE letters SET due_at = now() + interval '10 minutes', attempts = attempts + 1 WHERE id = ANY(:ids)
""")
_EXPIRE: Final = text("""
UPDATE letters SET state = 'expired', ended_at = now(), sealed = NULL
WHERE state IN ('waiting', 'ready') AND due_at <= now() AND expires_at <= now()
""")
# The account that came of a registration reads the letter that began it: same address, same username.
_ADOPT: Final = text("""
UPDATE letters l SET account_id = a.account_id FROM accounts a
WHERE l.kind = 'confirm_email' AND l.account_id IS NULL AND l.body IS NOT NULL
    AND l.made_at > now() - make_interval(days => :days) AND lower(a.email) = lower(l.address)
    AND lower(a.username) = lower(l.details->>'username')
""")
_FORGET: Final = text("""
DELETE FROM letters WHERE kind = 'confirm_email' AND account_id IS NULL AND state NOT IN ('waiting', 'ready')
    AND made_at < now() - make_interval(days => :days)
""")


@dataclass(frozen=True)
class Pen:
    """What the writer needs beside the database."""

    opener: Opener
    origin: str


@dataclass(frozen=True)
class _Written:
    id: UUID
    reader: UUID | None
    address: str | None
    language: str
    letter: Written
    details: dict[str, Any]
    sealed: str | None


async def write_waiting(session: Session, pen: Pen, today: date) -> int:
    """Put waiting letters into words, as many as one transaction takes; how many were looked at."""
    rows = (await session.execute(_WAITING, {"most": BATCH})).all()
    written: list[_Written] = []
    failed, postponed = [], []
    for row in rows:
        try:
            written.append(_written(row, pen, today))
        except Unopenable:
            # The notifier keeps old keys longer than topics keep what was sealed: only lost keys lead here.
            _log.error("a letter cannot be opened", extra={"letter": str(row.id), "kind": row.kind})
            failed.append(row.id)
        except Exception as error:
            # A slip of ours with one letter holds up no other; it stays, in sight of staff, until it can be written.
            _log.error(
                "a letter cannot be written",
                extra={"letter": str(row.id), "kind": row.kind, "error": type(error).__name__},
            )
            postponed.append(row.id)
    if written:
        await session.execute(
            _WRITTEN,
            {
                "ids": [one.id for one in written],
                "readers": [one.reader for one in written],
                "addresses": [one.address for one in written],
                "languages": [one.language for one in written],
                "subjects": [one.letter.subject for one in written],
                "bodies": [json.dumps(one.letter.body) for one in written],
                "details": [json.dumps(one.details) for one in written],
                "sealed": [one.sealed for one in written],
            },
        )
    if failed:
        await session.execute(_FAILED, {"ids": failed})
    if postponed:
        await session.execute(_POSTPONED, {"ids": postponed})
    return len(rows)


def _written(row: Row[Any], pen: Pen, today: date) -> _Written:
    opened = pen.opener.open(row.sealed) if row.sealed else {}
    language = row.language if row.language in languages() else DEFAULT_LANGUAGE
    details = dict(row.details)
    if row.kind == "confirm_email":
        details["username"] = opened.get("username", "")
    told = Told(
        today=today,
        language=language,
        first_name=row.first_name or opened.get("first_name", ""),
        last_name=row.last_name,
        username=row.username or opened.get("username", ""),
        other_username=row.other_username,
        reason=opened.get("reason", ""),
        details=details,
    )
    return _Written(
        id=row.id,
        reader=row.reader,
        address=row.address or opened.get("email"),
        language=language,
        letter=write(row.kind, told, pen.origin),
        details=details,
        # The link stays sealed until the letter is sent.
        sealed=row.sealed if row.has_link else None,
    )


async def close_expired(session: Session) -> None:
    """A letter whose link is over is not sent."""
    await session.execute(_EXPIRE)


async def adopt(session: Session) -> None:
    """Give letters of confirmed registrations to their accounts."""
    await session.execute(_ADOPT, {"days": ADOPTED_DAYS})


async def forget_orphans(session: Session) -> None:
    """Forget letters of registrations that were never confirmed."""
    await session.execute(_FORGET, {"days": ORPHAN_DAYS})
