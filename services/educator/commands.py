"""What operators do with educator: rotate keys, say everything again, link the demonstration's people."""

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar

import click
from sqlalchemy import select

from services.educator.actions import identification, persons, rotation
from services.educator.actions.identification import Claim
from services.educator.rules.names import LegalName
from services.educator.settings import Settings
from services.educator.tables import KnownAccount, Person
from services.educator.vault import Vault, vault_of
from shared.db import Database, Session
from shared.events import ContactChanged, EducatorIdentified, Event, Role
from shared.keys import Keys

AT_ONCE: Final = 500
# How long the demonstration waits for identity's word on its people to come through Kafka.
PATIENCE: Final = timedelta(seconds=60)
_PAUSE: Final = 0.2

T = TypeVar("T")


@click.group("educator")
def group() -> None:
    """Look after educators' records."""


@group.command("rotate-keys")
@click.option("--batch", default=AT_ONCE, show_default=True, help="Rows in one transaction.")
@click.option("--retire", is_flag=True, help="Afterwards drop what was found by older index keys.")
def rotate_keys(batch: int, retire: bool) -> None:
    """Bring the SSN vault under the newest keys. May be stopped at any time and run again.

    Add the new version to the key files ssn.json and ssn_index.json of every educator process first, restart them, then
    run this. Use --retire only when no process runs with the old key files any more; old versions may leave the key
    files after that.
    """

    async def work(database: Database, vault: Vault) -> int:
        rows, after = 0, ""
        while True:
            async with database.transaction() as session:
                done = await rotation.step(session, vault, after=after, limit=batch)
            if done is None:
                break
            rows, after = rows + done.rows, done.last_owner
        return rows

    async def drop(database: Database, vault: Vault) -> int | None:
        async with database.reading() as session:
            if not await rotation.all_found_by_newest(session, vault):
                return None
        rows, after = 0, ""
        while True:
            async with database.transaction() as session:
                done = await rotation.retire(session, vault, after=after, limit=batch)
            if done is None:
                return rows
            rows, after = rows + done.rows, done.last_owner

    click.echo(f"{_with_vault(work)} rows are under the newest keys now.")
    if retire:
        dropped = _with_vault(drop)
        if dropped is None:
            raise click.ClickException("Rows came in under the old keys meanwhile. Nothing is dropped; run this again.")
        click.echo(f"{dropped} old index entries are dropped.")


async def say_again(session: Session, after: str) -> Sequence[Event]:
    """Account, name and address of the next records, as they are now (see `shared.say_again`)."""
    page = await session.scalars(
        select(Person).where(Person.educator_id > after).order_by(Person.educator_id).limit(AT_ONCE)
    )
    facts: list[Event] = []
    for person in page:
        facts.append(EducatorIdentified.now(person.educator_id, account_id=person.account_id))
        facts.append(persons.name_changed(person.educator_id, persons.name_of(person)))
        if person.email:
            facts.append(ContactChanged.now(person.educator_id, email=person.email, language=person.language))
    return facts


@click.command("educators")
def demo_educators() -> None:
    """Connect the demonstration's educators (JSON on standard input) with records; print them with educator_id."""
    people: list[dict[str, Any]] = json.load(sys.stdin)

    async def work(database: Database, vault: Vault) -> None:
        for person in people:
            if person["role"] == Role.EDUCATOR:
                person["educator_id"] = await _connect(database, vault, person["username"])

    _with_vault(work)
    click.echo(json.dumps(people, indent=2))


async def _connect(database: Database, vault: Vault, username: str) -> str:
    """The Educator ID of a demonstration person, whose record is made if it is not there."""
    account = await _heard_of(database, username)
    now = datetime.now(UTC)
    claim = Claim(*invented(username), LegalName(account.first_name, "", account.last_name))
    async with database.transaction() as session:
        await identification.identify(session, vault, account, claim, now)
        person = await persons.of_account(session, account.account_id)
    if person is None:
        raise click.ClickException(f"{username} waits in an identity case. End the case, or start afresh.")
    return person.educator_id


async def _heard_of(database: Database, username: str) -> KnownAccount:
    by_name = select(KnownAccount).where(KnownAccount.username == username)
    until = datetime.now(UTC) + PATIENCE
    while datetime.now(UTC) < until:
        async with database.reading() as session:
            account = await session.scalar(by_name)
        if account is not None:
            return account
        await asyncio.sleep(_PAUSE)
    raise click.ClickException(
        f"educator has not heard of {username} within {PATIENCE.seconds} seconds. Make the people first with"
        " `ecsctl demo people`, and see that identity, educator and Kafka are running."
    )


def invented(username: str) -> tuple[str, date]:
    """A number and a birth date for a demonstration person, the same at every start.

    Numbers in the 800s were never given out before 2011, so hardly anybody old enough to teach has one.
    """
    draw = int.from_bytes(hashlib.sha256(username.encode()).digest()[:8])
    draw, serial = divmod(draw, 9999)
    draw, group_digits = divmod(draw, 99)
    draw, area = divmod(draw, 100)
    born = date(1965, 1, 1) + timedelta(days=draw % 13_000)
    return f"{800 + area}{group_digits + 1:02d}{serial + 1:04d}", born


def _with_vault(work: Callable[[Database, Vault], Coroutine[Any, Any, T]]) -> T:
    settings = Settings()

    async def run() -> T:
        database = Database(settings.postgres, pool_size=2, max_overflow=0)
        try:
            return await work(database, vault_of(Keys(settings.key_folder, settings.service)))
        finally:
            await database.dispose()

    return asyncio.run(run())


COMMANDS: list[click.Command] = [group]
DEMO: dict[str, click.Command] = {"educators": demo_educators}
SAY_AGAIN = say_again
