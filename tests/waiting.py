"""Waiting for a fact instead of sleeping for luck; and a clock that a test moves by itself."""

import time
from collections.abc import Callable
from typing import Final

PAUSE: Final = 0.05


def wait_until(holds: Callable[[], object], seconds: float, otherwise: Callable[[], str] = lambda: "") -> None:
    """Ask again and again until the condition holds.

    Raises:
        AssertionError: it did not within `seconds`; the text is `otherwise()`.
    """
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(otherwise() or f"still not so after {seconds} s")
        time.sleep(PAUSE)


class Clock:
    """In the place of `time.monotonic`: time passes as the test says, however busy the machine is."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        return self._now

    def passes(self, seconds: float) -> None:
        """So much later."""
        self._now += seconds
