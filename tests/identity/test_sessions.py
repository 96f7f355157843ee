"""Sessions: a random token of which only the hash is kept, ended by the person, by time, by closing."""

from datetime import datetime, timedelta
from uuid import UUID

from services.identity import api
from services.identity.actions import access, accounts, sessions, upkeep
from services.identity.tokens import is_token, kept
from shared.auth import Caller, session_hash
from shared.events import Role
from tests.identity.conftest import MINUTE, NOW, House


async def _start(house: House, account_id: UUID, now: datetime = NOW) -> str:
    async with house.database.transaction() as session:
        return await sessions.start(session, account_id, now)


async def _caller(house: House, token: str, now: datetime = NOW) -> Caller | None:
    async with house.database.transaction() as session:
        return await sessions.resolve(session, kept(token), now)


async def test_the_token_is_256_random_bits_and_only_its_hash_is_kept(house: House) -> None:
    token = await _start(house, await house.account())
    assert is_token(token)
    (row,) = await house.rows("SELECT * FROM sessions")
    assert row["session_hash"] == session_hash(token)
    assert token not in str(row)


async def test_a_session_says_who_it_is_and_in_which_roles(house: House) -> None:
    account_id = await house.account("pat.program", Role.PROGRAM, institution="river-bend")
    caller = await _caller(house, await _start(house, account_id))
    assert caller is not None
    assert (caller.account_id, caller.username, caller.language) == (account_id, "pat.program", "en")
    assert caller.institutions(Role.PROGRAM) == {"river-bend"}


async def test_an_educators_session_ends_after_twenty_idle_minutes(house: House) -> None:
    account_id = await house.account("jordan", Role.EDUCATOR)
    token = await _start(house, account_id)
    assert await _caller(house, token, NOW + 19 * MINUTE) is not None
    assert await _caller(house, token, NOW + 38 * MINUTE) is not None
    assert await _caller(house, token, NOW + 58 * MINUTE) is None


async def test_a_staff_session_ends_after_fifteen(house: House) -> None:
    token = await _start(house, await house.account("dana", Role.ANALYST))
    assert await _caller(house, token, NOW + 14 * MINUTE) is not None
    assert await _caller(house, token, NOW + 29 * MINUTE) is None


async def test_no_session_outlives_twelve_hours_however_busy(house: House) -> None:
    token = await _start(house, await house.account())
    for minutes in range(10, 720, 10):
        assert await _caller(house, token, NOW + minutes * MINUTE) is not None
    assert await _caller(house, token, NOW + timedelta(hours=12)) is None


async def test_the_answer_says_when_it_ends_if_nothing_more_is_done(house: House) -> None:
    token = await _start(house, await house.account())
    caller = await _caller(house, token, NOW + 5 * MINUTE)
    assert caller is not None
    assert caller.idle_ends_at == NOW + 25 * MINUTE


async def test_a_late_look_up_does_not_set_the_time_back(house: House) -> None:
    token = await _start(house, await house.account())
    await _caller(house, token, NOW + 10 * MINUTE)
    caller = await _caller(house, token, NOW + 5 * MINUTE)
    assert caller is not None
    assert caller.idle_ends_at == NOW + 30 * MINUTE


async def test_an_ended_session_is_nobodys(house: House) -> None:
    token = await _start(house, await house.account())
    async with house.database.transaction() as session:
        await sessions.end(session, kept(token))
    assert await _caller(house, token) is None


async def test_a_closed_or_locked_account_has_no_session(house: House) -> None:
    account_id, other = await house.account("one"), await house.account("two")
    token = await _start(house, account_id)
    async with house.database.transaction() as session:
        await accounts.close(session, account_id, other, NOW)
    assert await _caller(house, token) is None


async def test_a_role_given_during_a_session_counts_at_the_next_look_up(house: House) -> None:
    account_id = await house.account()
    token = await _start(house, account_id)
    async with house.database.transaction() as session:
        await access.grant(session, account_id, Role.EDUCATOR, None, NOW, actor=None)
    caller = await _caller(house, token)
    assert caller is not None
    assert caller.has(Role.EDUCATOR)


async def test_outside_a_demonstration_nobody_is_an_adjudicator(house: House) -> None:
    token = await _start(house, await house.account("ari", Role.ADJUDICATOR), datetime.now(NOW.tzinfo))
    async with house.database.transaction() as session:
        shown = await api.whose(session, kept(token), demonstration=False)
        demonstrated = await api.whose(session, kept(token), demonstration=True)
    assert shown is not None
    assert demonstrated is not None
    assert not shown.has(Role.ADJUDICATOR)
    assert demonstrated.has(Role.ADJUDICATOR)


async def test_what_is_over_is_forgotten_and_what_counts_is_not(house: House) -> None:
    account_id = await house.account()
    await _start(house, account_id)
    await house.register("pending")
    await house.run_errands()
    async with house.database.transaction() as session:
        await upkeep.forget_what_is_over(session, NOW + timedelta(hours=11))
    assert [await house.count(table) for table in ("sessions", "registrations", "links", "usernames")] == [1, 1, 1, 2]
    async with house.database.transaction() as session:
        await upkeep.forget_what_is_over(session, NOW + timedelta(hours=24))
    assert [await house.count(table) for table in ("sessions", "registrations", "links", "usernames")] == [0, 0, 0, 1]
    assert await house.count("accounts") == 1
