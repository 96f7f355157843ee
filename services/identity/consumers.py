"""Which facts identity hears, and what each starts."""

from collections.abc import Sequence
from uuid import UUID

from services.identity.actions import accounts
from shared.bus import Consumers
from shared.db import Session
from shared.events import IdentityCaseClosed

consumers = Consumers("identity")
on = consumers.on


@on(IdentityCaseClosed)
async def close_second_accounts(facts: Sequence[IdentityCaseClosed], session: Session) -> None:
    """Close the account whose person keeps another."""
    for fact in facts:
        if fact.outcome != "same_person":
            continue
        if fact.holder_account_id is None:
            raise ValueError("a case that ended with the same person names no account to keep")
        await accounts.close(session, UUID(fact.subject_id), fact.holder_account_id, fact.occurred_at)
