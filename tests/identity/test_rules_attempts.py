"""Delays grow with failures, never without bound, and pass with time."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.rules import attempts

NOW = datetime(2026, 8, 4, 12, tzinfo=UTC)
COUNTS = st.integers(min_value=0, max_value=2**62)


def test_the_first_failures_cost_nothing_then_delays_double() -> None:
    assert [attempts.delay(n).total_seconds() for n in range(9)] == [0, 0, 0, 0, 0, 2, 4, 8, 16]


@given(COUNTS)
def test_another_failure_never_shortens_the_delay(failures: int) -> None:
    assert attempts.delay(failures) <= attempts.delay(failures + 1) <= attempts.LONGEST_DELAY


@given(COUNTS, st.integers(min_value=-86400, max_value=86400))
def test_the_wait_is_never_longer_than_the_delay_nor_negative(failures: int, seconds_ago: int) -> None:
    wait = attempts.wait(failures, NOW - timedelta(seconds=seconds_ago), NOW)
    assert timedelta(0) <= wait <= attempts.delay(failures)


def test_the_wait_is_over_when_the_delay_has_passed() -> None:
    assert attempts.wait(7, NOW - timedelta(seconds=8), NOW) == timedelta(0)
    assert attempts.wait(7, NOW - timedelta(seconds=5), NOW) == timedelta(seconds=3)


def test_failures_are_forgotten_after_a_day() -> None:
    assert attempts.counted(50, NOW - timedelta(hours=25), NOW) == 0
    assert attempts.counted(50, NOW - timedelta(hours=23), NOW) == 50
    assert attempts.counted(50, None, NOW) == 0


def test_at_the_longest_delay_a_hundred_failures_take_days() -> None:
    assert sum((attempts.delay(n) for n in range(100)), timedelta(0)) > timedelta(days=1)
