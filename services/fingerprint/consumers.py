"""Which facts fingerprint hears, and what each starts.

Only what was heard is written here. What follows from it (an answer that waited takes effect, a check is decided again)
is done by the loop in `awaited.py`, which holds the keys; during a rebuild nothing more than the writing happens.
"""

from collections.abc import Sequence

from services.fingerprint.actions import people, submissions
from services.fingerprint.tables import Person
from shared.bus import Consumers
from shared.db import Session
from shared.events import EducatorIdentified, NameChanged

consumers = Consumers("fingerprint", read_model=(Person,))
on = consumers.on


@on(EducatorIdentified)
async def keep_accounts(facts: Sequence[EducatorIdentified], session: Session) -> None:
    """Keep whose account holds which Educator ID."""
    await people.identified(session, facts)
    await submissions.hear(session, {fact.subject_id for fact in facts})


@on(NameChanged)
async def keep_names(facts: Sequence[NameChanged], session: Session) -> None:
    """Keep every legal name, former ones too."""
    await people.named(session, facts)
    await submissions.hear(session, {fact.subject_id for fact in facts})
