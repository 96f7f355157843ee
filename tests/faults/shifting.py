"""Sets a service's clock wrong: its `time.time()` and `datetime.now()`, not what counts the time since boot."""

import os
import signal
import sys
import time
from datetime import datetime, timedelta, tzinfo
from typing import Any, Final

TRUE_TIME: Final = time.time


class _Shifted(type):
    """Whatever is a `datetime` is one of these too, so that nobody notices the difference."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class Wrong(datetime, metaclass=_Shifted):
    """The clock as it is set."""

    seconds = 0.0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        return datetime.now(tz) + timedelta(seconds=cls.seconds)


def set_wrong(seconds: float) -> None:
    """From now on the clock of this process is so many seconds ahead; behind, if below zero."""
    Wrong.seconds = seconds
    time.time = lambda: TRUE_TIME() + seconds
    for name, module in list(sys.modules.items()):
        if name.startswith(("services.", "shared.")) and getattr(module, "datetime", None) is datetime:
            module.datetime = Wrong  # type: ignore[attr-defined]


def obey() -> None:
    """Set the clock wrong, and right again, at each SIGUSR1; by FAULTS_CLOCK seconds, if that is given."""
    seconds = float(os.environ.get("FAULTS_CLOCK", "0"))

    def turn(*_: object) -> None:
        set_wrong(0.0 if Wrong.seconds else seconds)

    if seconds:
        signal.signal(signal.SIGUSR1, turn)
