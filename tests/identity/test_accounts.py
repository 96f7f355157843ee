"""Accounts: found by how they begin, closed once for the one kept, said again as they are."""

import itertools
from uuid import UUID

import pytest
from sqlalchemy import text

from services.identity.actions import access, accounts, errands, registration
from services.identity.consumers import close_second_accounts
from services.identity.tokens import new
from shared import limits
from shared.db import TIMEOUTS
from shared.events import AccessRevoked, AccountClosed, IdentityCaseClosed, Role, UserRegistered
from tests.identity.conftest import NOW, House


def _closed(account: UUID, outcome: str, holder: UUID | None) -> IdentityCaseClosed:
    return IdentityCaseClosed.now(account, case_id=UUID(int=9), outcome=outcome, holder_account_id=holder)


async def _hear(house: House, *facts: IdentityCaseClosed) -> None:
    async with house.database.transaction() as session:
        await close_second_accounts(facts, session)


async def _find(house: House, asked: str) -> list[str]:
    async with house.database.reading() as session:
        return [account.username for account in await accounts.find(session, asked)]


@pytest.mark.parametrize("asked", ["jordan", "JORDAN.R", "jordan.rivera@ex", "riv", "Rivera"])
async def test_an_account_is_found_by_how_it_begins(house: House, asked: str) -> None:
    await house.account()
    assert await _find(house, asked) == ["jordan.rivera"]


@pytest.mark.parametrize("asked", ["", " ", "%", "_", "ordan", "\\"])
async def test_nothing_and_wildcards_find_nobody(house: House, asked: str) -> None:
    await house.account()
    assert await _find(house, asked) == []


async def test_the_same_person_keeps_one_account(house: House) -> None:
    second, kept = await house.account("second"), await house.account("kept")
    await _hear(house, _closed(second, "same_person", kept))
    (said,) = [fact for fact in await house.said() if isinstance(fact, AccountClosed)]
    assert (said.subject_id, said.kept_account_id) == (str(second), kept)
    rows = await house.rows("SELECT username FROM accounts WHERE closed_at IS NULL")
    assert [row["username"] for row in rows] == ["kept"]


async def test_a_closed_account_has_no_role_any_more_and_each_is_said_to_be_revoked(house: House) -> None:
    second, kept = await house.account("second", Role.PROGRAM, institution="esu"), await house.account("kept")
    async with house.database.transaction() as session:
        await access.grant(session, second, Role.EDUCATOR, None, NOW, actor=None)
        await access.grant(session, kept, Role.EDUCATOR, None, NOW, actor=None)
    await _hear(house, _closed(second, "same_person", kept))
    said = [fact for fact in await house.said() if isinstance(fact, AccessRevoked)]
    assert [(one.subject_id, one.role, one.institution, one.with_account) for one in said] == [
        (str(second), Role.EDUCATOR, None, True),
        (str(second), Role.PROGRAM, "esu", True),
    ]
    left = await house.rows("SELECT account_id FROM grants")
    assert [row["account_id"] for row in left] == [kept]
    (row,) = await house.rows("SELECT old FROM audit WHERE action = 'account.closed'")
    assert row["old"] == {"roles": ["educator", "program esu"]}


async def test_hearing_it_again_changes_nothing(house: House) -> None:
    second, kept = await house.account("second"), await house.account("kept")
    fact = _closed(second, "same_person", kept)
    await _hear(house, fact, fact)
    await _hear(house, fact)
    assert (await house.topics()).count("AccountClosed") == 1


@pytest.mark.parametrize("outcome", ["record_moved", "person_made"])
async def test_other_outcomes_close_no_account(house: House, outcome: str) -> None:
    second, kept = await house.account("second"), await house.account("kept")
    await _hear(house, _closed(second, outcome, kept))
    assert "AccountClosed" not in await house.topics()


async def test_facts_of_several_people_may_come_in_any_order(house: House) -> None:
    names = [f"{kind}{n}" for n in range(3) for kind in ("second", "kept")]
    ids = {name: await house.account(name) for name in names}
    facts = [_closed(ids[f"second{n}"], "same_person", ids[f"kept{n}"]) for n in range(3)]
    for order in itertools.permutations(facts):
        await _hear(house, *order)
    closed = await house.rows("SELECT username FROM accounts WHERE closed_at IS NOT NULL ORDER BY username")
    assert [row["username"] for row in closed] == ["second0", "second1", "second2"]
    assert (await house.topics()).count("AccountClosed") == 3


async def test_a_case_that_names_no_account_or_an_unknown_one_is_refused(house: House) -> None:
    second = await house.account("second")
    with pytest.raises(ValueError, match="no account to keep"):
        await _hear(house, _closed(second, "same_person", None))
    with pytest.raises(LookupError):
        await _hear(house, _closed(second, "same_person", UUID(int=5)))


async def test_the_address_of_a_closed_account_is_free_and_its_username_is_not(house: House) -> None:
    second, kept = await house.account("second"), await house.account("kept")
    await _hear(house, _closed(second, "same_person", kept))
    await house.account("third", email="second@example.edu")
    async with house.database.transaction() as session:
        assert await registration.register(session, new(), house.answers("second"), NOW) is None


async def test_every_open_account_is_said_again(house: House) -> None:
    ids = [await house.account(f"person{n}") for n in range(5)]
    await _hear(house, _closed(ids[0], "same_person", ids[1]))
    async with house.database.reading() as session:
        said = await accounts.say_again(session, "")
        assert await accounts.say_again(session, said[-1].subject_id) == []
    assert {fact.subject_id for fact in said} == {str(one) for one in ids[1:]}
    assert all(isinstance(fact, UserRegistered) for fact in said)


async def test_locked_accounts_are_found_without_going_through_all(house: House) -> None:
    async with house.database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        found = await session.execute(text("EXPLAIN SELECT FROM accounts WHERE locked_at IS NOT NULL"))
        assert "ix_accounts_locked" in str(found.all())


def test_errands_are_done_before_a_silent_redis_keeps_anybody_waiting_too_long() -> None:
    assert int(TIMEOUTS["lock_timeout"]) > errands._TOGETHER * limits._SECONDS * 1000
