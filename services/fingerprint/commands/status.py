"""`ecsctl results status`."""

import json
from collections.abc import Sequence

import click

from services.fingerprint.actions import importers, ledger, meters
from services.fingerprint.actions.ledger import Wanted
from services.fingerprint.actions.meters import Meters
from services.fingerprint.commands.running import Desk, run
from services.fingerprint.reasons import TROUBLES
from services.fingerprint.rules.damage import damages
from services.fingerprint.tables import File


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs.")
def status(as_json: bool) -> None:
    """Say how many files were read, repeated or damaged, and how many answers wait for somebody.

    The counts tell nothing of records.

    \b
    ecsctl results status
    ecsctl results status --json | jq .files_read
    """
    found, damaged, troubles = run(_status)
    lines = [
        ("files read", found.files["read"]),
        ("files repeated", found.files["duplicate"]),
        ("files that could not be read", found.files["quarantined"]),
        ("answers matched", found.answers["matched"]),
        ("answers that wait for an educator", found.answers["waiting"]),
        ("answers that match nobody", found.answers["unmatched"]),
        ("answers set aside", found.answers["set_aside"]),
        ("archives and uploads running", found.batches["running"]),
        ("importers alive", found.importers),
        ("folders in which something is wrong", len(troubles)),
    ]
    if as_json:
        click.echo(json.dumps({name.replace(" ", "_"): count for name, count in lines}))
        return
    for name, count in lines:
        click.echo(f"{count:8}  {name}")
    for source, code, times in troubles:
        click.echo(f"{source}: {TROUBLES.get(code, code)} ({times})")
    for file in damaged:
        first = damages(file.errors, in_full=False)[0]
        place = first.field or (f"record {first.record}" if first.record else "")
        click.echo(f"{file.received_at:%Y-%m-%d %H:%M:%S}  {file.id}  {first.sentence} {place}".rstrip())


async def _status(desk: Desk) -> tuple[Meters, Sequence[File], list[tuple[str, str, int]]]:
    async with desk.database.reading() as session:
        damaged = await ledger.damaged(session, Wanted(), 1)
        return await meters.read(session), damaged, await importers.troubles(session)
