"""`make ecsctl ARGS="..."`: the operator's commands, with the environment of the system that runs here."""

import os
import sys

from deploy.local.__main__ import chosen
from deploy.local.process import Failed
from deploy.local.system import System


def environment() -> dict[str, str]:
    """What an operator's command needs to know of the running system.

    Raises:
        Failed: none runs.
    """
    system = System(*chosen())
    if system.postgres is not None and not system.postgres.answers():
        raise Failed(f"No system runs on {system.home.folder}. Start it with 'make up', then try again.")
    told = system.everything()
    del told["ECS_LOG"]  # what goes wrong is said to the operator, not to a file
    return told


if __name__ == "__main__":
    try:
        found = environment()
    except Failed as failed:
        sys.exit(str(failed))
    os.execve(sys.executable, [sys.executable, "-m", "shared.ecsctl", *sys.argv[1:]], found)
