"""An importer that kills itself at one step: `python -m tests.fingerprint.killed_importer STEP HOME KEYS URL`."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from services.fingerprint import sources
from services.fingerprint.actions import archive, batches, checks, results
from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import folder, unpacking
from services.fingerprint.vault import vault_of
from shared.db import Database
from shared.keys import Keys
from tests.fingerprint.spooling import an_importer, terms

LEASE = 1.0


def die(*_: Any, **__: Any) -> Any:
    """As a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


async def die_soon(*_: Any, **__: Any) -> None:
    die()


def freeze(*_: Any, **__: Any) -> Any:
    """Stand still until somebody says to go on."""
    os.kill(os.getpid(), signal.SIGSTOP)


def after(whole: Callable[..., Any], time: int = 1, act: Callable[[], Any] = die) -> Callable[..., Any]:
    """Do it, and the so manyeth time do that afterwards."""
    left = [time]

    async def done(*given: Any, **named: Any) -> Any:
        found = await whole(*given, **named)
        left[0] -= 1
        if not left[0]:
            act()
        return found

    return done


STEPS: dict[str, Callable[[], None]] = {
    "claimed": lambda: setattr(folder, "read", die),
    "read": lambda: setattr(results, "take", die_soon),
    "in the middle of the transaction": lambda: setattr(archive, "store", die_soon),
    "answers kept": lambda: setattr(checks, "decide_again", die_soon),
    "before the commit": lambda: setattr(results, "take", after(results.take)),
    "after the commit": lambda: setattr(folder.Folder, "release", die),
}
BUNDLE_STEPS: dict[str, Callable[[], None]] = {
    "claimed": lambda: setattr(unpacking, "opened", die),
    "before it is begun": lambda: setattr(batches, "begin", die_soon),
    "before it is begun for good": lambda: setattr(batches, "begin", after(batches.begin)),
    "begun": lambda: setattr(unpacking.Unpacker, "_read_some", die),
    "before the first members are committed": lambda: setattr(batches, "advance", die_soon),
    "between members": lambda: setattr(batches, "advance", after(batches.advance, 2)),
    "after some members": lambda: setattr(unpacking.Unpacker, "_commit", after(unpacking.Unpacker._commit, 2)),
    "after the last": lambda: setattr(folder.Folder, "release", die),
}
FREEZING: dict[str, Callable[[], None]] = {
    "in the middle of the transaction": lambda: setattr(results, "take", after(results.take, act=freeze)),
    "after it has read": lambda: setattr(folder, "DEFAULT_LIMITS", _Freezing()),
}


class _Freezing:
    """Limits that freeze whoever asks for them, once."""

    asked = False

    @property
    def submission(self) -> int:
        if not self.asked:
            self.asked = True
            freeze()
        return 64_000_000


async def main(step: str, home: str, keys: str, url: str) -> None:
    """Take in what is in the folder, up to the step."""
    if guard := os.environ.get("FAULTS_SABOTAGE"):
        from tests.faults import sabotages

        sabotages.apply(guard)
    setattr(unpacking, "FILES", 3)  # noqa: B010 - so that a small bundle takes several transactions
    {
        **STEPS,
        **{f"bundle: {name}": act for name, act in BUNDLE_STEPS.items()},
        **{f"frozen: {name}": act for name, act in FREEZING.items()},
    }[step]()
    spool = Source(name=sources.SPOOL, folder=Path(home) / "spool", rule=Rule.RENAMED)
    vault = vault_of(Keys(Path(keys), "fingerprint"))
    await an_importer([spool], Database(url), vault, terms(still=0.001, cut=0.001, lease=LEASE)).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
