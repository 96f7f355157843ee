"""Which facts certificate hears, and what each starts."""

from collections.abc import Sequence

from services.certificate import regulations
from services.certificate.actions import cases, checks, clearances, educators, names
from services.certificate.tables import CheckSaid, Clearance, Educator, Name
from shared.bus import Consumers
from shared.db import Session
from shared.events import (
    ClearanceEnded,
    EducatorIdentified,
    Event,
    FingerprintCleared,
    NameChanged,
    ReprintRequested,
    ResultReceived,
)
from shared.outbox import replaying
from shared.policy import today


async def refresh_page(session: Session, after: str) -> str | None:
    """Write down where open applications stand, of a page of educators, after a rebuild."""
    return await cases.refresh_page(session, regulations.BOOK, after, today())


consumers = Consumers("certificate", read_model=(Educator, Clearance, Name, CheckSaid), rebuilt=refresh_page)
on = consumers.on


@on(EducatorIdentified)
async def keep_accounts(identified: Sequence[EducatorIdentified], session: Session) -> None:
    """Keep whose account holds which Educator ID."""
    await educators.keep(session, identified)


@on(NameChanged)
async def keep_names(named: Sequence[NameChanged], session: Session) -> None:
    """Keep educators' names for lists."""
    await names.keep(session, named)


@on(ResultReceived)
async def keep_answers(received: Sequence[ResultReceived], session: Session) -> None:
    """Keep that a bureau answered; nobody learns what."""
    await checks.keep(session, received)
    await _refresh(session, received)


@on(ReprintRequested)
async def keep_reprints(requested: Sequence[ReprintRequested], session: Session) -> None:
    """Keep that the educator has to be printed again."""
    await checks.keep(session, requested)
    await _refresh(session, requested)


@on(FingerprintCleared)
async def keep_clearances(cleared: Sequence[FingerprintCleared], session: Session) -> None:
    """Keep what each check leaves the educator free to be certified for."""
    await clearances.keep(session, cleared)
    await checks.keep(session, cleared)
    await _refresh(session, cleared)


@on(ClearanceEnded)
async def end_clearances(ended: Sequence[ClearanceEnded], session: Session) -> None:
    """A clearance was withdrawn: open applications that rested on it are held back.

    That its time is over, the rules see for themselves: said or not yet said, everything stands alike.
    """
    withdrawn = [fact for fact in ended if fact.reason != "expired"]
    await clearances.end(session, withdrawn)
    await checks.keep(session, withdrawn)
    await _refresh(session, withdrawn)


async def _refresh(session: Session, facts: Sequence[Event]) -> None:
    # While a rebuild reads everything again, nobody waits for a row of an application: `refresh_page` follows.
    if replaying(session):
        return
    await cases.refresh(session, regulations.BOOK, {fact.subject_id for fact in facts}, today())
