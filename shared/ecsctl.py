"""The operator's command line: `ecsctl`, one command, with what each service adds.

Every command takes the service's settings from the environment, as the service itself does.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from shared import intake, logs, migrate, parked, topics
from shared import rebuild as rebuilding
from shared import say_again as saying_again
from shared.bus import Consumers
from shared.commands import consumers_of, offered, settings_of
from shared.db import Database
from shared.events import BY_TOPIC
from shared.keys import MissingKey, add_version, create_all

T = TypeVar("T")


@click.group()
def ecsctl() -> None:
    """Operate the Educator Certification System."""
    logs.configure("ecsctl", None)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's work."""
    return asyncio.run(work)


@asynccontextmanager
async def database_of(service: str) -> AsyncIterator[Database]:
    """The service's database, for one command."""
    database = Database(settings_of(service).postgres, pool_size=2, max_overflow=0)
    try:
        yield database
    finally:
        await database.dispose()


# --- parked records ---------------------------------------------------------------------------------------------------


@ecsctl.group("parked")
def parked_group() -> None:
    """Records that a service could not handle."""


@parked_group.command("list")
@click.argument("service")
def list_parked(service: str) -> None:
    """Say what is parked at SERVICE, oldest first."""

    async def work() -> list[parked.Parked]:
        async with database_of(service) as database, database.reading() as session:
            return await parked.listed(session)

    for one in run(work()):
        where = f"{one.record.topic}/{one.record.partition}/{one.record.offset}"
        click.echo(f"{one.id}\t{one.parked_at:%Y-%m-%d %H:%M:%S}\t{where}\t{one.error}\ttries {one.tries}")


@parked_group.command("show")
@click.argument("service")
@click.argument("number", type=int)
@click.option("--body", is_flag=True, help="Show key and body too. They may hold personal data.")
def show_parked(service: str, number: int, body: bool) -> None:
    """Say all about record NUMBER of SERVICE."""

    async def work() -> parked.Parked | None:
        async with database_of(service) as database, database.transaction() as session:
            return await parked.locked(session, number)

    one = run(work())
    if one is None:
        raise click.ClickException(
            f"{service} has no parked record {number}. `ecsctl parked list {service}` says which."
        )
    click.echo(f"topic      {one.record.topic}\npartition  {one.record.partition}\noffset     {one.record.offset}")
    click.echo(f"parked at  {one.parked_at:%Y-%m-%d %H:%M:%S %Z}\nerror      {one.error}\ntries      {one.tries}")
    for found in one.detail:
        click.echo(f"refused    {'.'.join(found['loc']) or 'the body'}: {found['type']}")
    for name, _ in one.record.headers:
        click.echo(f"header     {name!r}")
    if body:
        click.echo(f"key        {one.record.key!r}\nbody       {one.record.value!r}")


@parked_group.command("redrive")
@click.argument("service")
@click.argument("numbers", type=int, nargs=-1)
def redrive_parked(service: str, numbers: tuple[int, ...]) -> None:
    """Hand parked records of SERVICE to their handler again: all, or those with the given NUMBERS."""

    async def work() -> list[str]:
        async with database_of(service) as database:
            return await redrive(consumers_of(service), database, numbers)

    failures = run(work())
    for failure in failures:
        click.echo(failure)
    if failures:
        sys.exit(1)


async def redrive(consumers: Consumers, database: Database, numbers: tuple[int, ...]) -> list[str]:
    """Redrive in the order of parking, each in a transaction of its own; a sentence for each that fails again."""
    if not numbers:
        async with database.reading() as session:
            numbers = tuple(one.id for one in await parked.listed(session, limit=100_000))
    failures = []
    for number in numbers:
        try:
            async with database.transaction() as session:
                one = await parked.locked(session, number)
                if one is None:
                    failures.append(f"{number}: there is no such record.")
                    continue
                await intake.redrive(session, consumers.handle, one.record)
                await parked.remove(session, number)
        except Exception as error:
            async with database.transaction() as session:
                await parked.failed_again(session, number, error)
            failures.append(f"{number}: stays parked, {parked.name_of(error)}.")
    return failures


# --- facts ------------------------------------------------------------------------------------------------------------


@ecsctl.command("say-again")
@click.argument("service")
def say_again(service: str) -> None:
    """Let SERVICE publish its present state again, for those who have lost it or never had it."""
    next_page = next((one.say_again for one in offered() if one.service == service), None)
    if next_page is None:
        raise click.ClickException(f"{service} has nothing to say again.")

    async def work() -> int:
        async with database_of(service) as database:
            return await saying_again.say_again(database, next_page)

    click.echo(f"{run(work())} facts are said again.")


@ecsctl.command("rebuild")
@click.argument("service")
@click.option("--said-again", is_flag=True, help="The owners of facts with personal data have said them again.")
def rebuild(service: str, said_again: bool) -> None:
    """Empty what SERVICE has learnt from others and learn it again from Kafka. Sends no letter, says no fact."""
    consumers = consumers_of(service)
    if not consumers.read_model:
        raise click.ClickException(f"{service} keeps nothing that could be rebuilt.")
    # Names and addresses are with owners who say them again; what others seal for one reader is in letters alone.
    again = {one.service for one in offered() if one.say_again}
    owners = sorted({BY_TOPIC[topic].owner for topic in consumers.topics if BY_TOPIC[topic].personal} & again)
    if owners and not said_again:
        first = " and ".join(f"`ecsctl say-again {owner}`" for owner in owners)
        raise click.ClickException(
            f"Names and addresses older than seven days are no longer on the topics, and {service} would lose them."
            f" Run {first} first, then `ecsctl rebuild {service} --said-again`."
        )

    async def work() -> int:
        async with database_of(service) as database:
            return await rebuilding.rebuild(consumers, database, settings_of(service).kafka)

    click.echo(f"{run(work())} facts are read again.")


@ecsctl.group("topics")
def topics_group() -> None:
    """Kafka's topics."""


@topics_group.command("create")
@click.option("--kafka", envvar="ECS_KAFKA", required=True, help="Bootstrap servers; ECS_KAFKA if not given.")
def create_topics(kafka: str) -> None:
    """Make the topics that are missing, and set how long each keeps its facts."""
    made = run(topics.create(kafka))
    click.echo(f"Made {len(made)} topics." if made else "All topics are there.")


# --- keys and databases -----------------------------------------------------------------------------------------------


@ecsctl.group("keys")
def keys_group() -> None:
    """Secret keys."""


@keys_group.command("create")
@click.option("--folder", envvar="ECS_KEYS", type=click.Path(path_type=Path), help="ECS_KEYS, else ECS_HOME/keys.")
def create_keys(folder: Path | None) -> None:
    """Make the keys that are missing; those that are there stay."""
    create_all(folder or _key_folder())


@keys_group.command("add")
@click.argument("service")
@click.argument("ring")
@click.option("--folder", envvar="ECS_KEYS", type=click.Path(path_type=Path), help="ECS_KEYS, else ECS_HOME/keys.")
def add_key(service: str, ring: str, folder: Path | None) -> None:
    """Give a RING of SERVICE a new current version, before its keys are rotated (educator: ssn, ssn_index).

    Restart every process of the service, then run its own rotate-keys.
    """
    try:
        version = add_version(folder or _key_folder(), service, ring)
    except MissingKey as missing:
        raise click.ClickException(str(missing)) from None
    click.echo(f"Version {version} of {ring} is the current one. Restart {service}, then rotate.")


def _key_folder() -> Path:
    return Path(os.environ.get("ECS_HOME", "var")) / "keys"


@ecsctl.command("migrate")
@click.argument("service")
def migrate_service(service: str) -> None:
    """Bring the database of SERVICE to the shape that its code expects."""
    run(migrate.upgrade(settings_of(service).postgres, migrate.folder_of(service)))


# --- what the services add --------------------------------------------------------------------------------------------


def add_services() -> None:
    """Add each service's commands; `demo` only where this is a demonstration."""
    demo = click.Group("demo", help="Invented people and results. Only with ECS_DEMO on.")
    for one in offered():
        for command in one.commands:
            ecsctl.add_command(command)
        for name, command in one.demo.items():
            demo.add_command(command, name)
    if os.environ.get("ECS_DEMO", "").lower() in {"1", "true", "on", "yes"}:
        ecsctl.add_command(demo)


def main() -> None:
    """Run the command line."""
    add_services()
    ecsctl()


if __name__ == "__main__":
    main()
