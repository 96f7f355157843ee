"""Which account holds which educator's record, as educator says."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select, text

from services.certificate.tables import Educator
from shared.db import Session
from shared.events import EducatorIdentified

_KEEP = text("""
INSERT INTO educators AS e (educator_id, account_id, identified_at, sequence)
SELECT DISTINCT ON (educator_id) educator_id, account_id, identified_at, sequence
FROM unnest(
    CAST(:ids AS text[]), CAST(:accounts AS uuid[]), CAST(:moments AS timestamptz[]), CAST(:sequences AS bigint[])
) AS said (educator_id, account_id, identified_at, sequence)
ORDER BY educator_id, sequence DESC
ON CONFLICT (educator_id) DO UPDATE
SET account_id = excluded.account_id, identified_at = excluded.identified_at, sequence = excluded.sequence
WHERE e.sequence < excluded.sequence
""")
_OF_ACCOUNT = (
    select(Educator.educator_id)
    .where(Educator.account_id == bindparam("account_id"))
    .order_by(Educator.identified_at.desc())
    .limit(1)
)


async def keep(session: Session, identified: Sequence[EducatorIdentified]) -> None:
    """Keep the newest word on each educator's account."""
    await session.execute(
        _KEEP,
        {
            "ids": [fact.subject_id for fact in identified],
            "accounts": [fact.account_id for fact in identified],
            "moments": [fact.occurred_at for fact in identified],
            "sequences": [fact.sequence for fact in identified],
        },
    )


async def of_account(session: Session, account_id: UUID) -> str | None:
    """The Educator ID whose record this account holds."""
    return await session.scalar(_OF_ACCOUNT, {"account_id": account_id})
