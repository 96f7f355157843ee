"""Before the prints are taken: what a person is about to do, and the notice they read."""

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert as upsert

from services.fingerprint import tables
from services.fingerprint.actions import checks
from services.fingerprint.regulations import Activity
from services.fingerprint.rules.coding import lines_since
from shared import audit
from shared.audit import Actor
from shared.db import Session
from shared.policy import local_day


async def prepared(session: Session, educator_id: str) -> tables.Preparation | None:
    """What the educator chose last, if anything."""
    return await session.get(tables.Preparation, educator_id)


async def prepare(session: Session, educator_id: str, activity: Activity, edition: str, actor: Actor) -> None:
    """Note what the educator is about to do, and which edition of the notice of 28 CFR 50.12 was acknowledged."""
    now = datetime.now(UTC)
    chosen = {
        "activity": activity.name,
        "purpose": activity.purpose,
        "notice": edition,
        "acknowledged_at": now,
        "before": lines_since(local_day(now), await checks.standings(session, educator_id)),
    }
    await session.execute(
        upsert(tables.Preparation)
        .values(educator_id=educator_id, **chosen)
        .on_conflict_do_update(index_elements=["educator_id"], set_=chosen)
    )
    await audit.record(
        session,
        action="notice.acknowledged",
        actor=actor,
        subject=f"educator:{educator_id}",
        new={"activity": activity.name, "purpose": activity.purpose, "notice": edition},
    )
