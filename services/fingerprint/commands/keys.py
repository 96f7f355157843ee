"""`ecsctl results rotate-keys`, `renew-keys` and `destroy-key`: what becomes of the keys of criminal history."""

import hashlib

import click

from services.fingerprint.actions import people, rotating
from services.fingerprint.actions.rotating import RENEWED, Left
from services.fingerprint.commands.running import DAMAGED, Desk, Progress, run, said_by, stop
from shared import educator_id as educator_ids
from shared.policy import today

_BATCH = click.option("--batch", default=200, show_default=True, type=click.IntRange(1, 10_000), help="In one step.")
# Of whoever is known, the same is said whether or not anything is kept: what came beside the answers that staff see is
# a Rap Back notice, which tells of a record by being there.
_NOBODY = "Nobody with this Educator ID is known here."
_REASON = click.option("--reason", required=True, help="Why; it is kept in the trail.")


@click.command("rotate-keys")
@_BATCH
def rotate_keys(batch: int) -> None:
    """Bring every data key, and the marks by which files are known, under the newest version of the ring `chri`.

    \b
    1. ecsctl keys add fingerprint chri      adds a version
    2. restart every process of fingerprint  from here on they know both
    3. ecsctl results rotate-keys            may be stopped at any time and run again
    4. take the older versions out of chri.json, keep a copy as long as backups of the database, restart again

    Results come in meanwhile. Archives and uploads that came before step 3 are no longer known as a whole when they
    come again; their files are, one by one. Exit codes: 0 the older versions may go; 1 something is left; 3 the system
    is away.
    """
    progress = Progress()

    async def work(desk: Desk) -> tuple[Left, int, tuple[int, ...]]:
        async with desk.database.transaction() as session:
            await rotating.begin(session, desk.vault)
        keys = files = 0
        while True:
            async with desk.database.transaction() as session:
                done = await rotating.wrap_again(session, desk.vault, batch)
            if not done:
                break
            keys += done
            progress(f"{keys} data keys")
        while True:
            async with desk.database.transaction() as session:
                looked = await rotating.mark_again(session, desk.vault, batch)
            if looked is None:
                break
            files += looked
            progress(f"{keys} data keys, {files} files")
        progress.end()
        async with desk.database.reading() as session:
            return await rotating.left(session, desk.vault), keys, desk.vault.versions

    left, keys, (newest, *older) = run(work)
    click.echo(f"{keys} data keys were wrapped under version {newest}, and every file is marked under it.")
    if left.keys or not left.marked:
        stop(DAMAGED, "Keys came in under an older version meanwhile: restart every process, then run this again.")
    if older:
        click.echo(f"Nothing needs version {', '.join(map(str, older))} any more: it may leave chri.json.")


@click.command("renew-keys")
@click.argument("educator_id", required=False)
@click.option("--all", "every", is_flag=True, help="Of everybody, and of what is nobody's yet.")
@_BATCH
@_REASON
def renew_keys(educator_id: str | None, every: bool, batch: int, reason: str) -> None:
    """Give one person, or everybody, a new data key, and seal everything anew under it.

    Needed where a data key may have been seen. May be stopped at any time: `--all` goes on where it stopped.

    \b
    ecsctl results renew-keys 04172298 --reason "Opened by mistake"
    ecsctl results renew-keys --all --reason "A disk was lost"
    """
    if bool(educator_id) == every:
        raise click.UsageError("Name an Educator ID, or use --all.")
    if educator_id:
        one = _parsed(educator_id)

        async def of_one(desk: Desk) -> bool:
            async with desk.database.transaction() as session:
                await rotating.renew_person(session, desk.vault, one, None, said_by(reason))
                return bool(await people.hold(session, [one]))

        if not run(of_one):
            raise click.ClickException(_NOBODY)
        click.echo("The key is renewed.")
        return
    progress = Progress()

    async def of_all(desk: Desk) -> int:
        async with desk.database.transaction() as session:
            await rotating.start_renewal(session, said_by(reason))
        count = 0
        for what in RENEWED:
            while True:
                async with desk.database.transaction() as session:
                    done = await rotating.renew_next(session, desk.vault, what, batch)
                if done is None:
                    break
                count += done
                progress(f"{count} keys")
        progress.end()
        return count

    click.echo(f"{run(of_all)} keys are renewed.")


@click.command("destroy-key")
@click.argument("educator_id")
@_REASON
@click.option("--confirm", metavar="CODE", help="The code that the first run gives.")
def destroy_key(educator_id: str, reason: str, confirm: str | None) -> None:
    """Destroy one person's data key: their history can never be read again, by anybody.

    Takes two runs: the first gives a code, the second needs it, on the same day. How much there is neither of them
    says. Backups of the database bring the key back: they must not outlive this.

    \b
    ecsctl results destroy-key 04172298 --reason "Order of the court of 2026-09-01"
    ecsctl results destroy-key 04172298 --reason "Order of the court of 2026-09-01" --confirm 1f0a92cc
    """
    one = _parsed(educator_id)

    code = hashlib.sha256(f"{one}|{today()}".encode()).hexdigest()[:8]
    if confirm not in {None, code}:
        stop(2, "That is not the code of today. Run this without --confirm to see it.")

    async def work(desk: Desk) -> bool:
        async with desk.database.transaction() as session:
            if confirm:
                return await rotating.destroy(session, one, None, said_by(reason))
            return bool(await people.hold(session, [one]))

    if not run(work):
        raise click.ClickException(_NOBODY)
    shown = educator_ids.shown(one)
    if confirm:
        click.echo(f"The key of {shown} is destroyed. What came of them so far can never be read again.")
        return
    click.echo(
        f"This would make all that came of {shown} unreadable for good, with every answer and decision.\n"
        f"Nothing is done yet. If that is what you want, run it again with --confirm {code}"
    )


def _parsed(typed: str) -> str:
    found = educator_ids.parse(typed)
    if found is None:
        raise click.UsageError("An Educator ID has eight digits. Check for a mistyped digit.")
    return found
