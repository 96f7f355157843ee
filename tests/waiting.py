"""Waiting for a fact instead of sleeping for luck."""

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
