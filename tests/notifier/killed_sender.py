"""A sender in a process of its own, for tests that kill it; arguments: database, mail server, keys."""

import asyncio
import sys
from pathlib import Path

from services.notifier.sender import Sender
from services.notifier.settings import Settings
from shared.db import Database
from shared.keys import Keys
from shared.sealed import Opener


async def main(url: str, smtp: str, keys: Path) -> None:
    """Send letters until killed."""
    settings = Settings(postgres=url, kafka="unused", redis="redis://unused", smtp=smtp, keys=keys)
    await Sender(Database(url, pool_size=4), settings, Opener(Keys(keys, "notifier"))).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
