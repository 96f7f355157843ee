"""Answers that came for an educator under a code that is none of the department's."""

from typing import Final

from sqlalchemy import text

from services.fingerprint.rules.addressing import Why
from services.fingerprint.rules.coding import Strange
from shared.db import Session
from shared.events import Bureau
from shared.policy import local_day

_STRANGE: Final = text("""
SELECT received_at, bureau, claimed_purpose FROM answers
WHERE claimed_id = :id AND place = 'unmatched' AND why = :why AND bureau IS NOT NULL
""")


async def strange(session: Session, educator_id: str) -> list[Strange]:
    """Those that nobody has assigned or set aside yet; every answer alike, whatever it says."""
    rows = await session.execute(_STRANGE, {"id": educator_id, "why": Why.UNKNOWN_CODE})
    return [Strange(local_day(row.received_at), Bureau(row.bureau), row.claimed_purpose or "") for row in rows]
