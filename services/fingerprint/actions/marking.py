"""Under which version of the ring files are marked: all importers must agree, or the same bytes would come in twice.

The oldest, until a rotation says another. An importer asks under a lock that it shares with the others and holds until
its commit; a rotation takes the lock alone. So no two are ever marked under different versions at the same time.
"""

from typing import Final

from sqlalchemy import text

from shared.db import Session

_SHARED: Final = text("SELECT pg_advisory_xact_lock_shared(8163)")
_ALONE: Final = text("SELECT pg_advisory_xact_lock(8163)")
_VERSION: Final = text("SELECT version FROM rotations WHERE what = 'marks'")
_BEGIN: Final = text("""
INSERT INTO rotations AS r (what, version, after, done) VALUES ('marks', :version, '', false)
ON CONFLICT (what) DO UPDATE SET version = excluded.version, after = '', done = false
WHERE r.version <> excluded.version
""")


async def version(session: Session) -> int:
    """The version under which new files are marked until the transaction ends; 0 is the ring's oldest."""
    await session.execute(_SHARED)
    return int(await session.scalar(_VERSION) or 0)


async def begin(session: Session, to: int) -> None:
    """From now on new files are marked under this version. Where a rotation has begun with it, nothing changes."""
    await session.execute(_ALONE)
    await session.execute(_BEGIN, {"version": to})
