"""Which facts educator hears, and what each starts."""

from collections.abc import Sequence

from services.educator.actions import accounts
from services.educator.tables import KnownAccount
from shared.bus import Consumers
from shared.db import Session
from shared.events import UserRegistered

consumers = Consumers("educator", read_model=(KnownAccount,))
on = consumers.on


@on(UserRegistered)
async def keep_accounts(registered: Sequence[UserRegistered], session: Session) -> None:
    """Keep the newest word on each account."""
    await accounts.keep(session, registered)
