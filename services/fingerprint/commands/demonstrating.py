"""What a demonstration needs: results for invented people. Only with ECS_DEMO on."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from services.fingerprint import demonstration
from services.fingerprint.actions import checks
from services.fingerprint.settings import Settings
from shared.db import Database
from shared.outbox import publish
from shared.policy import today


@click.command("results")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def demo_results(folder: Path) -> None:
    """Write result files for the people whose JSON list stands on standard input into FOLDER."""
    found = list(demonstration.files(_people(), today()))
    folder.mkdir(parents=True, exist_ok=True)
    for file in found:
        (folder / file.name).write_bytes(file.content)
    (folder / "README.txt").write_text(demonstration.guide(found))
    click.echo(f"{len(found)} result files are in {folder}.")


@click.command("checks")
def demo_checks() -> None:
    """Let results come for the people (JSON on standard input) who apply with a finished check; nobody's come twice."""
    click.echo(f"{asyncio.run(_check(_people()))} people are checked.")


async def _check(people: Sequence[Mapping[str, Any]]) -> int:
    settings = Settings()
    database = Database(settings.postgres, pool_size=1, max_overflow=0)
    incoming = settings.spool.incoming
    try:
        async with database.transaction() as session:
            # Their ids are the same every time, so whoever heard them before hears nothing new.
            past = list(demonstration.long_ago(people, datetime.now(UTC)))
            await publish(session, *past)
            new = [
                (number, file)
                for number, file in demonstration.checked(people, today())
                if not await checks.standings(session, number)
            ]
        for _, file in new:
            await asyncio.to_thread(_drop, incoming, file)
        return len({number for number, _ in new}) + len(past)
    finally:
        await database.dispose()


def _drop(incoming: Path, file: demonstration.ResultFile) -> None:
    incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = incoming / f"{file.name}.part"
    part.write_bytes(file.content)
    part.rename(incoming / file.name)


def _people() -> list[dict[str, Any]]:
    try:
        people: list[dict[str, Any]] = json.load(sys.stdin)
    except ValueError:
        raise click.ClickException("Standard input is not the JSON list that `ecsctl demo educators` prints.") from None
    return people
