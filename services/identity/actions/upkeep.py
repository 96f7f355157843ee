"""Forgets what no longer counts, so that tables hold what is, not what was; the audit trail holds the rest."""

from datetime import datetime

from sqlalchemy import delete

from services.identity.rules.attempts import FORGOTTEN_AFTER
from services.identity.rules.sessions import ABSOLUTE
from services.identity.tables import Failure, HistoryReaderFailure, Link, Registration, SignedIn, Username
from shared.db import Session


async def forget_what_is_over(session: Session, now: datetime) -> None:
    """Delete registrations, links and holds past their time, ended sessions and old failures."""
    await session.execute(delete(Link).where(Link.expires_at <= now))
    await session.execute(delete(Username).where(Username.held_until <= now))
    await session.execute(delete(Registration).where(Registration.expires_at <= now))
    await session.execute(delete(SignedIn).where(SignedIn.started_at <= now - ABSOLUTE))
    await session.execute(delete(Failure).where(Failure.last_failed_at <= now - FORGOTTEN_AFTER))
    await session.execute(delete(HistoryReaderFailure).where(HistoryReaderFailure.failed_at <= now - FORGOTTEN_AFTER))
