"""What identity gives the operator: `ecsctl admin create`, `ecsctl demo people`, `ecsctl say-again identity`."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import click

from services.identity import demonstration, sentences
from services.identity.actions import accounts, enrolment
from services.identity.actions.enrolment import NewAccount, Taken
from services.identity.passwords import Passwords
from services.identity.rules import people, usernames
from services.identity.rules.people import Address
from services.identity.settings import Settings
from shared.db import Database
from shared.events import Role
from shared.text import Text

SAY_AGAIN = accounts.say_again


@click.group("admin")
def admin() -> None:
    """Administrators."""


@admin.command("create")
@click.option("--username", prompt="Username")
@click.option("--first-name", prompt="Legal first name")
@click.option("--last-name", prompt="Legal last name")
@click.option("--email", prompt="E-mail address")
@click.option("--password", prompt="Password (15 characters or more)", hide_input=True, confirmation_prompt=True)
def create_admin(username: str, first_name: str, last_name: str, email: str, password: str) -> None:
    """Make an account that may decide about access: the first administrator, whom nobody could approve.

    The address counts as confirmed, since whoever runs this is trusted with the database.
    """
    settings = Settings()
    address = people.address(email, demonstration=settings.demo)
    _stop_if(sentences.USERNAME.get(problem) if (problem := usernames.problem(username)) else None)
    _stop_if(sentences.FIRST_NAME[first] if (first := people.name_problem(first_name)) else None)
    _stop_if(sentences.LAST_NAME[last] if (last := people.name_problem(last_name)) else None)
    if not isinstance(address, Address):
        raise click.ClickException(str(sentences.ADDRESS[address]))
    wanted = NewAccount(username, people.name(first_name), people.name(last_name), address)
    asyncio.run(_create_admin(settings, wanted, password))
    click.echo(f"The administrator {usernames.written(username)} can log in at {settings.origin}/login.")


async def _create_admin(settings: Settings, wanted: NewAccount, password: str) -> None:
    database, passwords = Database(settings.postgres, pool_size=1, max_overflow=0), Passwords(threads=1)
    try:
        own = [wanted.first_name, wanted.last_name, wanted.username, wanted.address.email]
        problem = await passwords.problem(password, own=own)
        _stop_if(sentences.PASSWORD[problem] if problem else None)
        hashed = await passwords.hash(password)
        async with database.transaction() as session:
            roles = [(Role.ADMINISTRATOR, None)]
            await enrolment.create(session, wanted, hashed, roles, "made with ecsctl", datetime.now(UTC))
    except Taken:
        raise click.ClickException("That username or e-mail address has an account already. Choose another.") from None
    finally:
        passwords.close()
        await database.dispose()


@click.command("people")
@click.option(
    "--known",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The list that an earlier run printed; its passwords are kept.",
)
def demo_people(known: Path | None) -> None:
    """Make demonstration people of every role and print them as JSON, passwords included.

    Run again, it makes nobody twice. A password cannot be read back, so whoever is not in --known gets a new one.
    """
    settings = Settings()
    try:
        earlier = json.loads(known.read_bytes()) if known else []
        kept = {str(person["username"]): str(person["password"]) for person in earlier}
    except (ValueError, KeyError, TypeError):
        raise click.ClickException(f"{known} is not a list that `ecsctl demo people` printed. Leave it out.") from None
    made = asyncio.run(_make_people(settings, kept))
    click.echo(json.dumps(made, indent=2))


async def _make_people(settings: Settings, kept: dict[str, str]) -> list[dict[str, str]]:
    database, passwords = Database(settings.postgres, pool_size=1, max_overflow=0), Passwords(threads=1)
    try:
        return [
            await demonstration.make(database, passwords, person, kept.get(person.username))
            for person in demonstration.PEOPLE
        ]
    except Taken:
        raise click.ClickException(
            "A demonstration address belongs to another account. Start afresh with another ECS_HOME."
        ) from None
    finally:
        passwords.close()
        await database.dispose()


def _stop_if(sentence: Text | None) -> None:
    if sentence is not None:
        raise click.ClickException(str(sentence))


COMMANDS: list[click.Command] = [admin]
DEMO: dict[str, click.Command] = {"people": demo_people}
