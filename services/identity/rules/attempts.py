"""Failed logins: growing delays for everybody, a lock for those who may read criminal history."""

from datetime import datetime, timedelta
from typing import Final

# NIST SP 800-63B-4 3.2.2 bounds consecutive failures to 100: at the longest delay that is two days of trying. Five are
# free, so that a lock comes before a delay.
FREE_FAILURES: Final = 5
FIRST_DELAY: Final = timedelta(seconds=2)
LONGEST_DELAY: Final = timedelta(minutes=30)
# A name that nobody failed at for a day starts anew.
FORGOTTEN_AFTER: Final = timedelta(days=1)

# CJIS Security Policy 5.9.4, AC-7: five failures in fifteen minutes lock until an administrator releases.
LOCK_FAILURES: Final = 5
LOCK_WINDOW: Final = timedelta(minutes=15)


def delay(failures: int) -> timedelta:
    """How long the next attempt must wait after so many failures in a row."""
    if failures < FREE_FAILURES:
        return timedelta(0)
    # The exponent is bounded before it is used: a counter can be any size, a timedelta cannot.
    doublings: int = min(failures - FREE_FAILURES, 20)
    return min(LONGEST_DELAY, FIRST_DELAY * (1 << doublings))


def wait(failures: int, last_failed_at: datetime, now: datetime) -> timedelta:
    """What is left of the delay; zero where an attempt is welcome.

    A clock that was set back must not lock a person out for longer than the delay itself.
    """
    whole = delay(failures)
    passed = max(timedelta(0), now - last_failed_at)
    return max(timedelta(0), whole - passed)


def counted(failures: int, last_failed_at: datetime | None, now: datetime) -> int:
    """How many failures in a row count at this moment."""
    if last_failed_at is None or now - last_failed_at > FORGOTTEN_AFTER:
        return 0
    return failures
