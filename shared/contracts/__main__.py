"""`python -m shared.contracts [check|write]`."""

import sys

import click

from shared.contracts import documents, kept
from shared.events import EVENTS


@click.command()
@click.argument("what", type=click.Choice(["check", "write"]), default="check")
def main(what: str) -> None:
    """Hold the facts to what others rely on (check), or let the contracts grow with them (write)."""
    if what == "write":
        problems = kept.write()
        if not problems:
            documents.write()
    else:
        problems = list(kept.complaints(EVENTS, kept.in_folder(), kept.in_head()))
        problems += [
            f"docs/api/{name} is not what the code says now. Run `python -m shared.contracts write`."
            for name in documents.stale()
        ]
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        sys.exit(1)
    click.echo(f"{len(EVENTS)} facts keep their contracts.")


if __name__ == "__main__":
    main()
