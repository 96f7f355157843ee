"""Numbers (TCN) that educators typed from their receipts."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import text

from shared import audit
from shared.audit import Actor
from shared.db import Session

# Nobody is printed more often in a year or two; what was typed before goes.
MOST: Final = 10

_ADD = text("""
INSERT INTO typed_numbers AS t (educator_id, tcn, typed_at) VALUES (:educator_id, :tcn, now())
ON CONFLICT (educator_id, tcn) DO UPDATE SET typed_at = excluded.typed_at
""")
_FORGET = text("""
DELETE FROM typed_numbers WHERE educator_id = :educator_id AND tcn NOT IN (
    SELECT tcn FROM typed_numbers WHERE educator_id = :educator_id ORDER BY typed_at DESC, tcn LIMIT :most
)
""")
_OF = text("SELECT tcn FROM typed_numbers WHERE educator_id = :educator_id ORDER BY typed_at DESC, tcn")


async def add(session: Session, educator_id: str, tcn: str, actor: Actor) -> None:
    """Note that the educator typed this number. It changes where no answer is: staff find the educator by it."""
    await session.execute(_ADD, {"educator_id": educator_id, "tcn": tcn})
    await session.execute(_FORGET, {"educator_id": educator_id, "most": MOST})
    await audit.record(
        session, action="receipt.typed", actor=actor, subject=f"educator:{educator_id}", new={"tcn": tcn}
    )


async def of(session: Session, educator_id: str) -> Sequence[str]:
    """What the educator typed, the newest first."""
    return (await session.scalars(_OF, {"educator_id": educator_id})).all()
