"""How long a session lives."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from shared.events import Role

IDLE_EDUCATOR: Final = timedelta(minutes=20)
# CJIS Security Policy 5.9.4 AC-11 allows 30; staff desks are shared.
IDLE_OFFICIAL: Final = timedelta(minutes=15)
# NIST SP 800-63B-4 2.2.3: at least every 24 hours; CJIS: 12.
ABSOLUTE: Final = timedelta(hours=12)


def idle(roles: Collection[Role]) -> timedelta:
    """How long a person of these roles may do nothing."""
    return IDLE_EDUCATOR if set(roles) <= {Role.EDUCATOR} else IDLE_OFFICIAL


def ends_at(started_at: datetime, touched_at: datetime, roles: Collection[Role]) -> datetime:
    """When the session ends if nothing more is done."""
    return min(touched_at + idle(roles), started_at + ABSOLUTE)
