"""What fingerprint adds to the operator's command line: `ecsctl results`, and results for a demonstration.

Exit codes, of every command: 0 all is well; 1 something is damaged or left; 2 wrong usage; 3 a part of the system is
away.
"""

from typing import Final

import click

from services.fingerprint.commands import demonstrating, importing, keys, quarantine, status
from services.fingerprint.commands.demonstrating import demo_checks, demo_results

__all__ = ["COMMANDS", "DEMO", "demo_checks", "demo_results", "results_group"]


@click.group("results")
def results_group() -> None:
    """State and FBI results."""


for _command in (
    importing.import_results,
    status.status,
    quarantine.quarantine,
    quarantine.retry,
    keys.rotate_keys,
    keys.renew_keys,
    keys.destroy_key,
):
    results_group.add_command(_command)

COMMANDS: Final[list[click.Command]] = [results_group]
DEMO: Final[dict[str, click.Command]] = {
    "results": demonstrating.demo_results,
    "checks": demonstrating.demo_checks,
}
