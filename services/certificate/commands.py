"""What certificate adds to the operator's command line."""

import asyncio
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import click

from services.certificate import demonstration, regulations
from services.certificate.actions import cases
from services.certificate.actions.applications import Office
from services.certificate.demonstration import Staff, Story, Told
from services.certificate.rules.deeds import Acting
from services.certificate.rules.requirements import Party
from services.certificate.settings import Settings
from shared.db import Database
from shared.events import Role
from shared.keys import Keys
from shared.policy import local_day

# How long the demonstration waits for what others say of its people to come through Kafka.
PATIENCE: Final = timedelta(seconds=60)
_PAUSE: Final = 0.2


@click.command("applications")
def demo_applications() -> None:
    """Give the people (JSON on standard input) applications and certificates; print them with what each has.

    Run `ecsctl demo checks` before. Whoever has an application or a draft already keeps what there is.
    """
    try:
        people: list[dict[str, Any]] = json.load(sys.stdin)
        accounts = {one["username"]: _account(one) for one in people}
        official = next(one for one in people if one["role"] == Role.PROGRAM)
        analyst = next(one for one in people if one["role"] == Role.ANALYST)
    except (ValueError, KeyError, TypeError, StopIteration):
        raise click.ClickException("Standard input is not the JSON list that `ecsctl demo educators` prints.") from None
    staff = Staff(accounts[analyst["username"]], accounts[official["username"]], official["institution"])
    told = [one for one in demonstration.STORIES if one.username in accounts]
    names = {one["username"]: one["name"] for one in people}
    asyncio.run(_tell(told, staff, accounts, names))
    about = {one.username: one.about for one in told}
    click.echo(
        json.dumps(
            [one | ({"about": about[one["username"]]} if one["username"] in about else {}) for one in people], indent=2
        )
    )


def _account(one: dict[str, Any]) -> Acting:
    party = {Role.ANALYST: Party.DEPARTMENT, Role.PROGRAM: Party.INSTITUTION}.get(one["role"], Party.EDUCATOR)
    institutions = frozenset({one["institution"]}) if party is Party.INSTITUTION else frozenset()
    return Acting(UUID(one["account_id"]), one["username"], party, institutions, one.get("educator_id"))


async def _tell(told: Sequence[Told], staff: Staff, accounts: dict[str, Acting], names: dict[str, str]) -> None:
    settings = Settings()
    database = Database(settings.postgres, pool_size=1, max_overflow=0)
    office = Office(regulations.BOOK, Keys(settings.key_folder, settings.service))
    now = datetime.now(UTC)
    try:
        for one in told:
            educator = accounts[one.username]
            await _heard(database, one, educator, until=now + PATIENCE)
            async with database.transaction() as session:
                if not await demonstration.was_told(session, educator.educator_id or ""):
                    await one.tell(Story(session, office, staff, educator, names[one.username], now))
                    # Told as of days in the past: what became known since counts as well.
                    await cases.refresh(session, office.book, [educator.educator_id or ""], local_day(now))
    finally:
        await database.dispose()


async def _heard(database: Database, one: Told, educator: Acting, until: datetime) -> None:
    """Wait until what the story needs has come through Kafka."""
    while True:
        async with database.reading() as session:
            if await demonstration.can_be_told(session, one, educator):
                return
        if datetime.now(UTC) > until:
            raise click.ClickException(
                f"certificate has not heard all it needs of {one.username} within {PATIENCE.seconds} seconds. Run"
                " `ecsctl demo educators` and `ecsctl demo checks` first, and see that educator, fingerprint,"
                " certificate and Kafka are running."
            )
        await asyncio.sleep(_PAUSE)


DEMO: Final[dict[str, click.Command]] = {"applications": demo_applications}
