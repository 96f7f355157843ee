"""How long to wait before a letter is tried again, and when to stop."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class Patience:
    """The sender's, from its settings."""

    first_pause: timedelta
    longest_pause: timedelta
    give_up_after: timedelta

    def pause(self, attempts: int) -> timedelta:
        """After so many attempts: doubling from the first pause to the longest."""
        doublings = min(max(attempts - 1, 0), 30)
        return min(self.first_pause * float(2**doublings), self.longest_pause)

    def is_over(self, deferred_since: datetime | None, now: datetime) -> bool:
        """True once the mail server has said "later" (RFC 5321, 4xx) for so long that it will not change."""
        return deferred_since is not None and now - deferred_since >= self.give_up_after
