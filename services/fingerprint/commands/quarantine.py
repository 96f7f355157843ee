"""`ecsctl results quarantine` and `retry`: files that could not be read."""

import json
from collections.abc import Sequence
from uuid import UUID

import click

from services.fingerprint.actions import ledger, rereading
from services.fingerprint.actions.entering import Outcome
from services.fingerprint.actions.ledger import Wanted
from services.fingerprint.commands.running import DAMAGED, Desk, Progress, run, said_by, stop
from services.fingerprint.rules.damage import damages
from services.fingerprint.tables import File


@click.command("quarantine")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 20_000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, for programs: a list, all that is wrong with each.")
def quarantine(limit: int, as_json: bool) -> None:
    """List the files that could not be read, the newest first, with what is wrong. Never what they hold.

    \b
    ecsctl results quarantine
    ecsctl results quarantine --json --limit 1000
    """

    async def work(desk: Desk) -> Sequence[File]:
        async with desk.database.reading() as session:
            return (await ledger.all_damaged(session, Wanted()))[:limit]

    files = [(file, damages(file.errors, in_full=False)) for file in run(work)]
    if as_json:
        click.echo(
            json.dumps(
                [
                    {
                        "id": str(file.id),
                        "received_at": file.received_at.isoformat(),
                        "source": file.source,
                        "import": str(file.batch_id) if file.batch_id else None,
                        "errors": [
                            {"code": one.code, "says": one.sentence, "record": one.record, "field": one.field}
                            for one in found
                        ],
                    }
                    for file, found in files
                ]
            )
        )
        return
    for file, found in files:
        click.echo(f"{file.received_at:%Y-%m-%d %H:%M:%S}  {file.id}  {file.source}")
        for one in found:
            place = one.field or (f"record {one.record}" if one.record else "the file as a whole")
            click.echo(f"    {one.sentence} ({place})")
    if not files:
        click.echo("None. Every file could be read.")


@click.command("retry")
@click.argument("files", nargs=-1, type=click.UUID, metavar="[FILE]...")
@click.option("--all", "every", is_flag=True, help="Every file that could not be read.")
@click.option("--reason", required=True, help="Why; it is kept in the trail.")
def retry(files: tuple[UUID, ...], every: bool, reason: str) -> None:
    """Read files again that could not be read, after the reader was mended or a limit raised.

    FILE is a number that `ecsctl results quarantine` gives. Each is read in a transaction of its own; a run that is
    stopped can be run again.

    \b
    ecsctl results retry 5f0c6d1e-... --reason "Version 0501 is read now"
    ecsctl results retry --all --reason "Version 0501 is read now"

    Exit codes: 0 all are read; 1 some are still damaged; 2 wrong usage; 3 the system is away.
    """
    if bool(files) == every:
        raise click.UsageError("Name files, or use --all.")
    progress = Progress()

    async def work(desk: Desk) -> dict[str, int]:
        wanted = list(files)
        if every:
            async with desk.database.reading() as session:
                wanted = [file.id for file in await ledger.all_damaged(session, Wanted())]
        counts = {"read": 0, "damaged": 0, "gone": 0}
        for number, file_id in enumerate(wanted, start=1):
            counts[await _again(desk, file_id, said_by(reason))] += 1
            progress(f"{number} of {len(wanted)}")
        progress.end()
        return counts

    counts = run(work)
    click.echo(f"{counts['read']} read, {counts['damaged']} still damaged, {counts['gone']} not there any more.")
    if counts["damaged"]:
        stop(DAMAGED)


async def _again(desk: Desk, file_id: UUID, reason: str) -> str:
    try:
        async with desk.database.transaction() as session:
            outcome = await rereading.read_again(
                session, desk.vault, file_id, None, reason, sources=desk.settings.every_source()
            )
    except rereading.NotRead:
        return "damaged"
    if outcome is None:
        return "gone"
    return "damaged" if outcome is Outcome.QUARANTINED else "read"
