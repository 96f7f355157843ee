"""The audit trail: who did or saw what, to whom, when, and why.

Each service keeps its own, in the table `audit` of its own database, written in the transaction of the change itself:
no change without its row, no row without its change. The table refuses UPDATE and DELETE. "Whose data did X read
between A and B" (RSMo 407.1500) is one query on `actor_id` and `at`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_INSERT = text(
    "INSERT INTO audit (at, actor_id, actor_name, action, subject, reason, old, new)"
    " VALUES (now(), :actor_id, :actor_name, :action, :subject, :reason, CAST(:old AS jsonb), CAST(:new AS jsonb))"
)


class Actor(Protocol):
    """Who acts: the caller of a page, or an operator."""

    @property
    def account_id(self) -> UUID: ...

    @property
    def username(self) -> str: ...


async def record(
    session: AsyncSession,
    *,
    action: str,
    subject: str,
    actor: Actor | None,
    reason: str = "",
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    """Write one row in the caller's transaction.

    Args:
        action: noun and verb, `ssn.read`, `case.closed`.
        subject: kind and key, `educator:04172298`, `account:<uuid>`.
        actor: None where the system itself acts.
        reason: the purpose or reason that the actor stated.
        old: values before a change; never an SSN, a birth date or criminal history.
        new: values after it, likewise.
    """
    await session.execute(
        _INSERT,
        {
            "actor_id": actor.account_id if actor else None,
            "actor_name": actor.username if actor else "system",
            "action": action,
            "subject": subject,
            "reason": reason,
            "old": json.dumps(old) if old is not None else None,
            "new": json.dumps(new) if new is not None else None,
        },
    )


_BY_SYSTEM = text("""
INSERT INTO audit (at, actor_id, actor_name, action, subject, reason, old, new)
SELECT now(), NULL, 'system', :action, subject, '', NULL, CAST(new AS jsonb)
FROM unnest(CAST(:subjects AS text[]), CAST(:new AS text[])) AS said (subject, new)
""")


async def record_all(
    session: AsyncSession, *, action: str, subjects: Sequence[str], new: Sequence[Mapping[str, Any]]
) -> None:
    """Many rows of what the system itself did, in one statement; arguments as for `record`, one `new` a subject."""
    if subjects:
        rows = {"action": action, "subjects": list(subjects), "new": [json.dumps(one) for one in new]}
        await session.execute(_BY_SYSTEM, rows)
