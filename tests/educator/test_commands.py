"""Operators' commands: the demonstration's people once, everything said again, keys rotated from the command line."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.educator import commands
from services.educator.rules import ssn
from shared import educator_id
from shared.events import ContactChanged, EducatorIdentified, NameChanged
from tests.educator.conftest import Account, House

PEOPLE = [
    {"username": "jordan.rivera", "role": "educator", "name": "Jordan Rivera", "email": "jordan.rivera@example.edu"},
    {"username": "admin.lee", "role": "administrator", "name": "Lee Admin", "email": "admin.lee@example.edu"},
]


@pytest.fixture
def environment(house: House, key_folder: Path) -> dict[str, str]:
    return {
        "ECS_POSTGRES_EDUCATOR": house.database.engine.url.render_as_string(hide_password=False),
        "ECS_KAFKA": "127.0.0.1:1",
        "ECS_REDIS": "redis://127.0.0.1:1",
        "ECS_KEYS": str(key_folder),
    }


async def run(environment: dict[str, str], command: object, *arguments: str, typed: str = "") -> Result:
    """A command as the operator starts it; in a thread, since it has an event loop of its own."""
    return await asyncio.to_thread(CliRunner(env=environment).invoke, command, arguments, typed)  # type: ignore[arg-type]


async def test_the_demonstrations_educators_get_records_once(house: House, environment: dict[str, str]) -> None:
    await house.hears_of(Account("jordan.rivera"))
    outputs = []
    for _ in range(2):
        done = await run(environment, commands.demo_educators, typed=json.dumps(PEOPLE))
        assert done.exit_code == 0, done.output
        outputs.append(json.loads(done.output))
    assert outputs[0] == outputs[1]
    jordan, lee = outputs[0]
    assert educator_id.is_valid(jordan["educator_id"])
    assert lee == PEOPLE[1]
    assert len(await house.said(EducatorIdentified)) == 1
    assert commands.invented("jordan.rivera")[0] not in done.output


def test_invented_numbers_are_possible_and_differ() -> None:
    numbers = [commands.invented(f"person{n}")[0] for n in range(500)]
    assert len(set(numbers)) == 500
    assert [ssn.read(number) for number in numbers] == numbers


async def test_everything_is_said_again_as_it_is_now(house: House) -> None:
    jordan = Account("jordan.rivera")
    found = await house.linked(jordan, "512345678")
    without_address = (await house.identify(Account("early"), "512345679")).educator_id
    async with house.database.reading() as session:
        said = await commands.say_again(session, "")
        assert await commands.say_again(session, said[-1].subject_id) == []
    assert [type(fact) for fact in said if fact.subject_id == found] == [
        EducatorIdentified,
        NameChanged,
        ContactChanged,
    ]
    assert [type(fact) for fact in said if fact.subject_id == without_address] == [EducatorIdentified, NameChanged]


async def test_keys_are_rotated_from_the_command_line(house: House, environment: dict[str, str]) -> None:
    await house.linked(Account("jordan.rivera"), "512345678")
    done = await run(environment, commands.group, "rotate-keys", "--retire")
    assert done.exit_code == 0, done.output
    assert "0 rows are under the newest keys now." in done.output
    assert "0 old index entries are dropped." in done.output
