"""What educator tells fingerprint of numbers in submissions, and that nobody else learns it."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.educator import api
from services.educator.settings import Settings
from shared.app import build
from shared.auth import service_token
from shared.keys import Keys
from tests.educator.conftest import Account, House

ORIGIN = "http://localhost:8151"
NUMBER, OTHER, UNKNOWN = "512345678", "512345679", "512345670"
BORN = "1999-04-28"


class Full:
    """A limit that is reached."""

    async def allows(self, name: str, rate: str, key: str) -> bool:
        return False


class Door:
    """Educator's internal routes over the house's database."""

    def __init__(self, house: House, key_folder: Path) -> None:
        self.house = house
        self.key_folder = key_folder
        settings = Settings(
            postgres=house.database.engine.url.render_as_string(hide_password=False),
            kafka="127.0.0.1:1",
            redis="redis://127.0.0.1:1",
            origin=ORIGIN,
            port=8151,
            keys=key_folder,
        )
        self.app: FastAPI = build("educator", settings=settings, routers=[api.router])

    async def ask(self, *submissions: dict[str, Any], by: str | None = "fingerprint") -> httpx.Response:
        """The call, with a token of this service."""
        headers = {}
        if by is not None:
            headers["Authorization"] = f"Bearer {service_token(Keys(self.key_folder, by), 'educator')}"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN) as client:
            return await client.post(
                "/internal/numbers/compare", json={"submissions": list(submissions)}, headers=headers
            )

    async def matches(self, *submissions: dict[str, Any]) -> list[list[tuple[str, bool]]]:
        """Educator and whether the birth date fits, for each submission."""
        answer = await self.ask(*submissions)
        assert answer.status_code == 200
        return [[(one["educator_id"], one["born"]) for one in found] for found in answer.json()["matches"]]


@pytest.fixture
async def door(house: House, key_folder: Path) -> AsyncIterator[Door]:
    made = Door(house, key_folder)
    yield made
    await made.app.state.service.close()


def asked(*numbers: str, born_on: str | None = BORN, submission: UUID | None = None) -> dict[str, Any]:
    return {"id": str(submission or uuid4()), "numbers": numbers, "born_on": born_on}


async def test_many_submissions_are_compared_at_once_with_the_birth_date_as_a_check(door: Door) -> None:
    jordan = await door.house.linked(Account("jordan.rivera"), NUMBER)
    robin = await door.house.linked(Account("robin.diaz"), OTHER)
    await door.house.linked(Account("kim.lee"), "512345680", date(1999, 4, 29))
    assert await door.matches(
        asked(NUMBER),
        asked(UNKNOWN),
        asked(OTHER, born_on="1999-04-29"),
        asked(OTHER, born_on=None),
        asked(UNKNOWN, OTHER),
        asked(NUMBER, OTHER),
    ) == [
        [(jordan, True)],
        [],
        [(robin, False)],
        [(robin, False)],
        [(robin, True)],
        sorted([(jordan, True), (robin, True)]),
    ]


async def test_the_birth_date_of_another_submission_in_the_call_proves_nothing(door: Door) -> None:
    jordan = await door.house.linked(Account("jordan.rivera"), NUMBER)
    assert await door.matches(asked(UNKNOWN), asked(NUMBER, born_on="1999-04-29")) == [[], [(jordan, False)]]


async def test_a_number_that_waits_in_a_case_is_nobodys(door: Door) -> None:
    jordan = await door.house.linked(Account("jordan.rivera"), NUMBER)
    await door.house.identify(Account("jordan.second"), NUMBER)
    assert await door.matches(asked(NUMBER)) == [[(jordan, True)]]


@pytest.mark.parametrize("by", ["identity", "certificate", "notifier", None])
async def test_only_fingerprint_may_ask(door: Door, by: str | None) -> None:
    assert (await door.ask(asked(NUMBER), by=by)).status_code == 401


async def test_each_comparison_stands_in_the_trail_without_what_was_compared(door: Door) -> None:
    jordan = await door.house.linked(Account("jordan.rivera"), NUMBER)
    mine, nobodys = uuid4(), uuid4()
    await door.matches(asked(NUMBER, submission=mine), asked(UNKNOWN, NUMBER[::-1], submission=nobodys))
    rows = await door.house.rows("SELECT action, subject, new FROM audit WHERE action LIKE 'ssn.%' ORDER BY id")
    assert [tuple(row) for row in rows] == [
        ("ssn.compared", f"submission:{mine}", {"by": "fingerprint", "numbers": 1, "found": 1}),
        ("ssn.compared", f"submission:{nobodys}", {"by": "fingerprint", "numbers": 2, "found": 0}),
        (
            "ssn.found",
            f"educator:{jordan}",
            {"by": "fingerprint", "submission": str(mine), "birth_date_fits": True},
        ),
    ]


async def test_what_cannot_be_read_is_told_nowhere(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    too_many = [asked(UNKNOWN)] * (api.AT_ONCE + 1)
    for asking in ([asked(f"{NUMBER}0")], [asked(*[NUMBER] * 11)], [asked()], [], too_many):
        answer = await door.ask(*asking)
        assert answer.status_code == 422
        assert NUMBER not in answer.text + caplog.text
        assert UNKNOWN not in answer.text + caplog.text
    refused = api.Submission(id=uuid4(), numbers=(NUMBER,), born_on=None)
    assert NUMBER not in repr(refused) + str(api.Asked(submissions=(refused,)))


async def test_the_rate_is_bounded(door: Door) -> None:
    door.app.state.web = replace(door.app.state.web, limits=Full())
    answer = await door.ask(asked(NUMBER))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert await door.house.rows("SELECT 1 FROM audit WHERE action = 'ssn.compared'") == []
