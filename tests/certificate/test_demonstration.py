"""The demonstration's people: each stands where their story says, and no story is told twice."""

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from services.certificate.commands import demo_applications
from services.certificate.consumers import consumers
from services.certificate.demonstration import STORIES
from services.fingerprint import demonstration as checked
from services.identity.demonstration import PEOPLE
from shared import educator_id as educator_ids
from shared.events import EducatorIdentified, Event, FingerprintCleared, Role
from shared.policy import last_day, today
from tests.certificate.conftest import Bench

ENDS = {
    "morgan.shaw": ["issued"],
    "logan.wells": ["issued", "at_institution"],
    "kendall.ross": ["issued"],
    "parker.vance": ["closed"],
    "emerson.hale": ["incomplete"],
    "reese.dalton": ["withdrawn"],
    "cameron.reed": ["returned"],
    "devon.parks": ["question"],
    "harper.quinn": ["ready"],
    "blake.turner": ["at_institution"],
    "finley.grant": ["in_review"],
    "avery.lane": [],
}


def people() -> list[dict[str, str]]:
    """As `ecsctl demo educators` prints them."""
    found = []
    for place, person in enumerate(PEOPLE):
        one = {
            "username": person.username,
            "account_id": str(uuid4()),
            "role": str(person.role),
            "name": f"{person.first_name} {person.last_name}",
        }
        if person.institution:
            one["institution"] = person.institution
        if person.role is Role.EDUCATOR:
            one["educator_id"] = educator_ids.make(place + 1)
        found.append(one)
    return found


def facts(found: list[dict[str, str]]) -> Iterator[Event]:
    """What educator and fingerprint say of them."""
    for one in found:
        if "educator_id" in one:
            yield EducatorIdentified.now(one["educator_id"], account_id=UUID(one["account_id"]))
    for fact in checked.long_ago(found, datetime.now(UTC)):
        yield fact.model_copy(update={"sequence": 1})
    for one in found:
        if purpose := checked.CHECKED.get(one["username"]):
            cleared = FingerprintCleared.now(
                one["educator_id"], purpose=purpose, cleared_on=today(), valid_until=last_day(today(), 12)
            )
            yield cleared.model_copy(update={"sequence": 1})


@pytest.fixture
def environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command is told of the service."""
    monkeypatch.setenv("ECS_POSTGRES_CERTIFICATE", bench.database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("ECS_KEYS", str(bench.office.keys.folder))
    for name in ("ECS_KAFKA", "ECS_REDIS"):
        monkeypatch.setenv(name, "unused")


@pytest.mark.usefixtures("environment")
async def test_each_stands_where_their_story_says_however_often_it_is_told(bench: Bench) -> None:
    shown = people()
    async with bench.database.transaction() as session:
        await consumers.handle(session, list(facts(shown)))
    for _ in range(2):
        # in a thread, since it has an event loop of its own
        done = await asyncio.to_thread(CliRunner().invoke, demo_applications, input=json.dumps(shown))
        assert done.exit_code == 0, done.output
    about = {one["username"]: one["about"] for one in json.loads(done.output) if "about" in one}
    assert set(about) == set(ENDS) == {one.username for one in STORIES}

    async with bench.database.reading() as session:
        rows = (await session.execute(text("SELECT educator_id, state FROM applications ORDER BY number"))).all()
        drafts = (await session.execute(text("SELECT educator_id FROM drafts"))).scalars().all()
        lasts = (await session.execute(text("SELECT expires_on FROM certificates ORDER BY expires_on"))).scalars().all()
    numbers = {one["username"]: one.get("educator_id") for one in shown}
    for username, states in ENDS.items():
        assert [row.state for row in rows if row.educator_id == numbers[username]] == states, username
    assert drafts == [numbers["avery.lane"]]
    assert [last < today() for last in lasts] == [True, False, False]


@pytest.mark.usefixtures("environment")
def test_what_is_no_list_of_people_is_said() -> None:
    ran = CliRunner().invoke(demo_applications, input="[1, 2")
    assert ran.exit_code == 1
    assert "ecsctl demo educators" in ran.output
