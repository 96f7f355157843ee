"""The folder that holds all that one system writes (`var/`), held by one system at a time."""

import fcntl
import os
from pathlib import Path
from typing import IO

from deploy.local.process import Failed


class Home:
    """Its places, and the lock on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.log = self.folder / "log"
        self.demo = self.folder / "demo"
        self.people = self.folder / "demo.json"
        self._held: IO[str] | None = None

    def take(self) -> None:
        """Make it if it is missing, and hold it as long as we live.

        Raises:
            Failed: it cannot be written, or another system runs on it.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # keys, letters, result files
            lock = (self.folder / ".lock").open("a+")
        except OSError as error:
            raise Failed(f"{self.folder} cannot be written: {error.strerror}. Choose a place with ECS_HOME.") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise Failed(
                f"A system runs on {self.folder} already (process {owner}). Stop that one, or start this one elsewhere:"
                " ECS_HOME=var2 ECS_PORT=8090 make up."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._held = lock

    def release(self) -> None:
        """Let another system have it."""
        if self._held is not None:
            self._held.close()
            self._held = None
