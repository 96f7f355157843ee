"""Events in any order, any number of times, end in the same state (fault 26): the small service and the real ones."""

import importlib
import json
import random
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, inspect, text

from shared.bus import Consumers
from shared.db import Database
from shared.events import (
    ClearanceEnded,
    ContactChanged,
    EducatorIdentified,
    Event,
    FingerprintCleared,
    IdentityCaseClosed,
    NameChanged,
    UserRegistered,
)
from shared.intake import Intake
from shared.parked import Record
from tests.databases import DatabaseMaker
from tests.faults.small import consumers_named, create_tables, granted, revoked

ORDERS = 40
ONE, OTHER, THIRD, FOURTH = (UUID(int=number) for number in range(1, 5))
EDUCATOR = "04172298"


def _registered(account: UUID, sequence: int, email: str) -> Event:
    return UserRegistered.now(
        account, username="maria", first_name="Maria", last_name="Ruiz", email=email, language="en"
    ).model_copy(update={"sequence": sequence})


def _of(kind: type[Event], sequence: int, **fields: Any) -> Event:
    return kind.now(EDUCATOR, **fields).model_copy(update={"sequence": sequence})


def _cleared(sequence: int, purpose: str, year: int) -> Event:
    days = {"cleared_on": date(year, 8, 4), "valid_until": date(year + 1, 8, 4)}
    return _of(FingerprintCleared, sequence, purpose=purpose, **days)


def _case_closed(account: UUID, outcome: str, holder: UUID | None = None) -> Event:
    return IdentityCaseClosed.now(
        account, case_id=UUID(int=account.int + 100), outcome=outcome, holder_account_id=holder
    ).model_copy(update={"sequence": 1})


FACTS: dict[str, list[Event]] = {
    "educator": [
        _registered(ONE, 1, "one@example.org"),
        _registered(ONE, 2, "two@example.org"),
        _registered(ONE, 3, "three@example.org"),
        _registered(OTHER, 1, "other@example.org"),
    ],
    "fingerprint": [
        _of(EducatorIdentified, 1, account_id=ONE),
        _of(NameChanged, 2, first_name="Maria", last_name="Ruiz"),
        _of(NameChanged, 3, first_name="Maria", last_name="Ruiz-Vega", former_last_names=("Ruiz",)),
        _of(EducatorIdentified, 4, account_id=OTHER),
        _of(NameChanged, 5, first_name="María", last_name="Vega", former_last_names=("Ruiz", "Ruiz-Vega")),
    ],
    "certificate": [
        _of(EducatorIdentified, 1, account_id=ONE),
        _cleared(1, "2301", 2025),
        _of(ClearanceEnded, 2, purpose="2301", ended_on=date(2025, 12, 1)),
        _cleared(3, "2301", 2026),
        _cleared(4, "2300", 2026),
        _of(EducatorIdentified, 2, account_id=OTHER),
    ],
    "notifier": [
        _registered(ONE, 1, "one@example.org"),
        _registered(ONE, 2, "two@example.org"),
        _of(EducatorIdentified, 1, account_id=ONE),
        _of(NameChanged, 2, first_name="Maria", last_name="Ruiz"),
        _of(ContactChanged, 3, email="old@example.org", language="en"),
        _of(ContactChanged, 4, email="new@example.org", language="en"),
    ],
    "identity": [
        _case_closed(OTHER, "same_person", ONE),
        _case_closed(THIRD, "same_person", OTHER),  # decided before the one above was heard of
        _case_closed(FOURTH, "record_moved", ONE),
    ],
    "small": [
        _changed.model_copy(update={"sequence": number, "institution": f"state {number}"})
        for number, _changed in enumerate(
            (granted("a"), revoked("a"), granted("a"), revoked("a"), granted("a"), revoked("a")), 1
        )
    ],
}


# Of a service that keeps no read model: what it changes on what it hears, and what lies there before.
CHANGED: dict[str, tuple[str, ...]] = {
    "identity": (
        "SELECT account_id, closed_at, kept_account_id FROM accounts",
        "SELECT account_id FROM sessions",
        "SELECT topic, subject_id FROM outbox",
    )
}
BEFORE: dict[str, tuple[str, ...]] = {
    "identity": (
        "TRUNCATE usernames, accounts, outbox CASCADE",
        "INSERT INTO usernames (name_key, account_id)"
        " SELECT 'somebody.' || n, ('00000000-0000-0000-0000-00000000000' || n)::uuid FROM generate_series(1, 4) n",
        "INSERT INTO accounts (account_id, name_key, username, email, email_key, first_name, last_name, last_name_key,"
        " language, password_hash, created_at)"
        " SELECT account_id, name_key, name_key, name_key, name_key, 'Maria', 'Ruiz', 'ruiz', 'en', '', now()"
        " FROM usernames",
        "INSERT INTO sessions (session_hash, account_id, started_at, touched_at)"
        " SELECT name_key, account_id, now(), now() FROM accounts",
    )
}


class Reader:
    """One service's consumers on a database of its own."""

    def __init__(self, service: str, consumers: Consumers, database: Database) -> None:
        self._database = database
        self._before = BEFORE.get(service, ())
        self._tables: list[Table] = [inspect(model).local_table for model in consumers.read_model]
        self._changed = CHANGED.get(service, ())
        self._intake = Intake(database.transaction, consumers.handle)

    async def after(self, batches: Sequence[Sequence[Event]]) -> str:
        """What is known after these batches, from nothing. Times of our own clock do not count."""
        names = ", ".join(("inbox", *(table.name for table in self._tables)))
        async with self._database.transaction() as session:
            await session.execute(text(f"TRUNCATE {names} CASCADE"))
            for statement in self._before:
                await session.execute(text(statement))
        for number, batch in enumerate(batches):
            await self._intake.take([_record(event, number * 100 + place) for place, event in enumerate(batch)])
        async with self._database.reading() as session:
            assert (await session.execute(text("SELECT count(*) FROM parked"))).scalar_one() == 0
            state = {}
            for table in self._tables:
                columns = [
                    column
                    for column in table.columns
                    if column.identity is None and column.server_default is None and not column.default
                ]
                rows = await session.execute(table.select().with_only_columns(*columns))
                state[table.name] = sorted(repr(tuple(row)) for row in rows)
            for query in self._changed:
                state[query] = sorted(repr(tuple(row)) for row in await session.execute(text(query)))
        assert any(state.values())
        return json.dumps(state, indent=1)


def _record(event: Event, offset: int) -> Record:
    return Record(event.topic, 0, offset, event.subject_id.encode(), [], event.model_dump_json().encode())


def shuffled(facts: Sequence[Event], chance: random.Random) -> list[list[Event]]:
    """Each at least once, some more often, in any order, cut into batches anywhere."""
    order = [*facts, *chance.choices(facts, k=len(facts) // 2)]
    chance.shuffle(order)
    batches: list[list[Event]] = [[]]
    for event in order:
        if batches[-1] and chance.random() < 0.5:
            batches.append([])
        batches[-1].append(event)
    return batches


@pytest.mark.parametrize("service", FACTS)
async def test_26_whatever_the_order_and_however_often_the_state_is_the_same(
    service: str, fresh_database: DatabaseMaker
) -> None:
    if service == "small":
        url = fresh_database()
        await create_tables(url)
        consumers = consumers_named("small")
    else:
        url = fresh_database(service)
        consumers = importlib.import_module(f"services.{service}.consumers").consumers
    database = Database(url)
    try:
        reader = Reader(service, consumers, database)
        expected = await reader.after([FACTS[service]])
        chance = random.Random(26)
        for _ in range(ORDERS):
            batches = shuffled(FACTS[service], chance)
            found = await reader.after(batches)
            told = [[f"{type(event).__name__} {event.sequence}" for event in batch] for batch in batches]
            assert found == expected, told
    finally:
        await database.dispose()
