"""Login: the same for every name until the password is right; delays for all, a lock for those who read history."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from sqlalchemy import event

from services.identity.actions import accounts, enrolment, errands, recovery, registration, sessions
from services.identity.actions.access import Decision
from services.identity.actions.errands import Kind
from services.identity.actions.login import Refusal, Refused, Subject, Unconfirmed, Welcome
from services.identity.tokens import new
from shared.events import PasswordResetRequested, Role
from tests.identity.conftest import MINUTE, NOW, PASSWORD, House

ADMINISTRATOR = Subject(UUID(int=1), "alex.admin")


async def _try(
    house: House, name: str, password: str = PASSWORD, now: datetime = NOW
) -> Welcome | Unconfirmed | Refusal:
    return await house.log_in(name, password, now)


async def _fail(house: House, name: str, times: int, now: datetime = NOW, step: timedelta = MINUTE) -> datetime:
    """Fail so many times, far enough apart to be looked at; the time after."""
    for n in range(times):
        found = await _try(house, name, f"wrong {n}", now)
        assert found == Refusal(Refused.WRONG), n
        now += step
    return now


@pytest.mark.parametrize(
    "name", ["jordan.rivera", "JORDAN.RIVERA", "jordan.rivera@example.edu", "Jordan.Rivera@EXAMPLE.edu"]
)
async def test_username_and_address_both_let_their_person_in(house: House, name: str) -> None:
    account_id = await house.account()
    found = await _try(house, name)
    assert isinstance(found, Welcome)
    assert found.account_id == account_id
    assert await house.count("sessions") == 1


@pytest.mark.parametrize(
    "name", ["jordan.rivera", "nobody", "jordan.rivera@example.edu", "nobody@example.edu", "a@b@c", "x" * 5000]
)
async def test_a_wrong_password_and_an_unknown_name_are_refused_alike(house: House, name: str) -> None:
    await house.account()
    assert await _try(house, name, "wrong") == Refusal(Refused.WRONG)


@pytest.mark.parametrize(
    ("known", "unknown"), [("jordan.rivera", "nobody"), ("jordan.rivera@example.edu", "nobody@example.edu")]
)
async def test_the_same_statements_and_hashes_are_run_for_known_and_unknown_names(
    house: House, known: str, unknown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.account()
    done: list[str] = []

    def note(*seen: Any) -> None:
        done.append(seen[2].split(" WHERE")[0])

    engines = [house.database.engine.sync_engine, house.database.readers.sync_engine]
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    check = house.passwords._check

    def counted(kept: str | None, password: str) -> object:
        done.append("hash")
        return check(kept, password)

    monkeypatch.setattr(house.passwords, "_check", counted)
    work = []
    for name in (known, unknown):
        done.clear()
        await _try(house, name, "wrong")
        work.append(list(done))
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    assert work[0] == work[1]
    assert "hash" in work[0]


@pytest.mark.parametrize("name", ["jordan.rivera", "nobody", "nobody@example.edu"])
async def test_delays_grow_alike_for_known_and_unknown_names(house: House, name: str) -> None:
    await house.account()
    for n in range(5):
        assert await _try(house, name, "wrong") == Refusal(Refused.WRONG), n
    now, waits = NOW, []
    for _ in range(4):
        found = await _try(house, name, "wrong", now)
        assert isinstance(found, Refusal)
        assert found.why is Refused.WAIT
        waits.append(found.wait.total_seconds())
        now += found.wait
        assert await _try(house, name, "wrong", now) == Refusal(Refused.WRONG)
    assert waits == [2, 4, 8, 16]


async def test_during_the_delay_even_the_right_password_is_not_looked_at(house: House) -> None:
    await house.account()
    await _fail(house, "jordan.rivera", 5, step=timedelta(0))
    found = await _try(house, "jordan.rivera")
    assert isinstance(found, Refusal)
    assert found.why is Refused.WAIT
    assert isinstance(await _try(house, "jordan.rivera", now=NOW + timedelta(seconds=2)), Welcome)


async def test_a_login_takes_the_count_back(house: House) -> None:
    await house.account()
    now = await _fail(house, "jordan.rivera", 4)
    assert isinstance(await _try(house, "jordan.rivera", now=now), Welcome)
    await _fail(house, "jordan.rivera", 5, now=now, step=timedelta(0))


async def test_a_password_reset_ends_the_delay_under_username_and_address(house: House, hashed: str) -> None:
    await house.account()
    for name in ("jordan.rivera", "jordan.rivera@example.edu"):
        await _fail(house, name, 5, step=timedelta(0))
    async with house.database.transaction() as session:
        await recovery.ask(session, Kind.RESET, "jordan.rivera", NOW)
    (fact,) = [one for one in await house.run_errands() if isinstance(one, PasswordResetRequested)]
    async with house.database.transaction() as session:
        assert await recovery.reset(session, house.token(fact), hashed, house.index, NOW)
    for name in ("jordan.rivera", "jordan.rivera@example.edu"):
        assert isinstance(await _try(house, name), Welcome)


async def test_many_tries_at_once_are_counted_one_by_one(house: House) -> None:
    await house.account()
    found = await asyncio.gather(*(_try(house, "jordan.rivera", f"wrong {n}") for n in range(12)))
    assert sum(one == Refusal(Refused.WRONG) for one in found) == 5


async def test_no_typed_name_is_kept_where_failures_are_counted(house: House) -> None:
    await _try(house, "my secret password typed here", "wrong")
    (row,) = await house.rows("SELECT * FROM failures")
    assert b"secret" not in row["name_index"]
    assert "secret" not in str(await house.rows("SELECT * FROM audit"))


async def test_the_fifth_failure_in_fifteen_minutes_locks_who_may_read_history(house: House) -> None:
    account_id = await house.account("ari.adjudicator", Role.ADJUDICATOR)
    assert isinstance(await _try(house, "ari.adjudicator"), Welcome)
    now = await _fail(house, "ari.adjudicator", 4)
    assert "AccountLocked" not in await house.topics()
    now = await _fail(house, "ari.adjudicator", 1, now=now)
    assert (await house.topics()).count("AccountLocked") == 1
    assert await house.count("sessions") == 0
    assert await _try(house, "ari.adjudicator", now=now + timedelta(days=30)) == Refusal(Refused.LOCKED)
    (row,) = await house.rows("SELECT locked_at FROM accounts WHERE account_id = :id", id=account_id)
    assert row["locked_at"] is not None


async def test_failures_under_username_and_address_add_up_to_the_lock(house: House) -> None:
    await house.account("ari.adjudicator", Role.ADJUDICATOR)
    now = await _fail(house, "ari.adjudicator", 3)
    await _fail(house, "ari.adjudicator@example.edu", 2, now=now)
    assert "AccountLocked" in await house.topics()


async def test_five_failures_over_more_than_fifteen_minutes_do_not_lock(house: House) -> None:
    await house.account("ari.adjudicator", Role.ADJUDICATOR)
    now = await _fail(house, "ari.adjudicator", 5, step=4 * MINUTE)
    assert "AccountLocked" not in await house.topics()
    assert isinstance(await _try(house, "ari.adjudicator", now=now), Welcome)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADJUDICATOR])
async def test_no_other_role_is_ever_locked(house: House, role: Role) -> None:
    await house.account("somebody", role)
    now = await _fail(house, "somebody", 6)
    assert isinstance(await _try(house, "somebody", now=now + timedelta(hours=1)), Welcome)


async def test_an_administrator_releases_with_a_reason_that_is_kept(house: House) -> None:
    account_id = await house.account("ari.adjudicator", Role.ADJUDICATOR)
    now = await _fail(house, "ari.adjudicator", 10) - MINUTE  # the last failure delays the next try
    async with house.database.transaction() as session:
        assert await accounts.release(session, house.index, account_id, ADMINISTRATOR, " ") is Decision.REASON
        assert (
            await accounts.release(session, house.index, account_id, Subject(account_id, "ari"), "me") is Decision.OWN
        )
        assert await accounts.release(session, house.index, account_id, ADMINISTRATOR, "we talked") is Decision.DONE
        assert await accounts.release(session, house.index, account_id, ADMINISTRATOR, "again") is Decision.GONE
    assert isinstance(await _try(house, "ari.adjudicator", now=now), Welcome)
    (row,) = await house.rows("SELECT * FROM audit WHERE action = 'account.released'")
    assert (row["actor_name"], row["reason"]) == ("alex.admin", "we talked")


async def test_a_reset_changes_the_password_of_a_locked_account_and_leaves_it_locked(house: House, hashed: str) -> None:
    await house.account("ari.adjudicator", Role.ADJUDICATOR)
    now = await _fail(house, "ari.adjudicator", 5)
    async with house.database.transaction() as session:
        await recovery.ask(session, Kind.RESET, "ari.adjudicator", now)
    facts = await house.run_errands(now)
    async with house.database.transaction() as session:
        assert await recovery.reset(session, house.token(facts[-1]), hashed, house.index, now)
    assert await _try(house, "ari.adjudicator", now=now) == Refusal(Refused.LOCKED)


@pytest.mark.parametrize("name", ["jordan.rivera", "jordan.rivera@example.edu"])
async def test_before_confirm_the_right_password_is_told_what_is_missing(house: House, name: str) -> None:
    await house.register()
    assert isinstance(await _try(house, name), Unconfirmed)
    assert await _try(house, name, "wrong") == Refusal(Refused.WRONG)


async def test_a_registration_with_a_known_address_is_answered_as_one_with_an_unknown(house: House) -> None:
    await house.account("taylor.brooks", email="known@example.edu")
    async with house.database.transaction() as session:
        other = await house.passwords.hash("another long password here")
        for name, email in (("one", "known@example.edu"), ("two", "unknown@example.edu")):
            answers = house.answers(name, email, password_hash=other)
            await registration.register(session, new(), answers, NOW)
    for email in ("known@example.edu", "unknown@example.edu"):
        assert isinstance(await _try(house, email, "another long password here"), Unconfirmed)
    assert isinstance(await _try(house, "known@example.edu"), Welcome)


async def test_a_registration_that_is_over_is_no_longer_known(house: House) -> None:
    await house.register()
    assert await _try(house, "jordan.rivera", now=NOW + timedelta(hours=24)) == Refusal(Refused.WRONG)


async def test_a_closed_account_explains_itself_to_the_right_password_only(house: House) -> None:
    second, kept = await house.account("second"), await house.account("kept")
    async with house.database.transaction() as session:
        await accounts.close(session, second, kept, NOW)
    assert await _try(house, "second") == Refusal(Refused.CLOSED)
    assert await _try(house, "second", "wrong") == Refusal(Refused.WRONG)


async def test_a_hash_of_old_cost_is_replaced_at_login(house: House) -> None:
    account_id = await house.account()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with house.database.transaction() as session:
        await enrolment.set_password(session, account_id, cheap, "a test")
    assert isinstance(await _try(house, "jordan.rivera"), Welcome)
    (row,) = await house.rows("SELECT password_hash FROM accounts")
    assert "m=19456,t=2,p=1" in row["password_hash"]


async def test_every_login_and_failure_is_in_the_trail(house: House) -> None:
    await house.account()
    await _try(house, "jordan.rivera", "wrong")
    await _try(house, "jordan.rivera")
    actions = [row["action"] for row in await house.rows("SELECT action FROM audit ORDER BY id")]
    assert actions[-2:] == ["login.failed", "login.done"]


async def test_letters_stop_at_the_limit_while_answers_stay_the_same(house: House) -> None:
    await house.account()
    sent = 0

    async def six(recipient: str) -> bool:
        nonlocal sent
        sent += 1
        return sent <= 6

    for _ in range(10):
        async with house.database.transaction() as session:
            await recovery.ask(session, Kind.REMIND, "jordan.rivera@example.edu", NOW)
        async with house.database.transaction() as session:
            assert await errands.run(session, house.post, six, NOW) == 1
    assert (await house.topics()).count("UsernameReminderRequested") == 6


async def test_a_new_session_is_made_at_every_login(house: House) -> None:
    await house.account()
    first, second = await _try(house, "jordan.rivera"), await _try(house, "jordan.rivera")
    assert isinstance(first, Welcome)
    assert isinstance(second, Welcome)
    assert first.token != second.token
    async with house.database.transaction() as session:
        ended = await sessions.end_all(session, first.account_id)
    assert len(ended) == 2
