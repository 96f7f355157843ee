"""A forgotten username or password: known and unknown are asked alike, a link is good once and for half an hour."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.identity.actions import accounts, login, recovery, sessions
from services.identity.actions.errands import Kind
from services.identity.actions.login import Refusal, Refused, Unconfirmed, Welcome
from services.identity.actions.recovery import Reset
from services.identity.passwords import Passwords, Verdict
from services.identity.tokens import new
from shared.events import PasswordResetRequested, UsernameReminderRequested
from tests.identity.conftest import MINUTE, NOW, PASSWORD, House


async def _ask(house: House, kind: Kind, typed: str, now: datetime = NOW) -> None:
    async with house.database.transaction() as session:
        await recovery.ask(session, kind, typed, now)


async def _link(house: House, typed: str = "jordan.rivera", now: datetime = NOW) -> str:
    await _ask(house, Kind.RESET, typed, now)
    (fact,) = await house.run_errands(now)
    assert isinstance(fact, PasswordResetRequested)
    return house.token(fact)


async def _reset(house: House, token: str, now: datetime = NOW, hashed: str = "another hash") -> Reset | None:
    async with house.database.transaction() as session:
        return await recovery.reset(session, token, hashed, house.index, now)


@pytest.mark.parametrize("typed", ["jordan.rivera@example.edu", " Jordan.Rivera@EXAMPLE.edu "])
async def test_a_reminder_is_said_of_the_account_with_that_address(house: House, typed: str) -> None:
    account_id = await house.account()
    await _ask(house, Kind.REMIND, typed)
    (fact,) = await house.run_errands()
    assert isinstance(fact, UsernameReminderRequested)
    assert fact.subject_id == str(account_id)


@pytest.mark.parametrize("kind", [Kind.REMIND, Kind.RESET])
@pytest.mark.parametrize("typed", ["nobody@example.edu", "nobody", "x" * 4000, "'; DROP TABLE accounts"])
async def test_asking_for_a_stranger_leaves_an_errand_like_any_other_and_nothing_follows(
    house: House, kind: Kind, typed: str
) -> None:
    await _ask(house, kind, typed)
    assert await house.count("errands") == 1
    assert await house.run_errands() == []
    assert (await house.count("errands"), await house.count("links")) == (0, 0)


async def test_the_link_is_sealed_and_good_for_thirty_minutes(house: House) -> None:
    await house.account()
    await _ask(house, Kind.RESET, "jordan.rivera@example.edu")
    (fact,) = await house.run_errands()
    assert isinstance(fact, PasswordResetRequested)
    assert fact.expires_at == NOW + timedelta(minutes=30)
    assert house.opened(fact)["link"].startswith("http://localhost:8080/reset/")


async def test_a_link_sets_a_password_once(house: House) -> None:
    await house.account()
    link = await _link(house)
    assert await _reset(house, link, NOW + timedelta(minutes=29)) is not None
    assert await _reset(house, link, NOW + timedelta(minutes=29)) is None
    assert (await house.topics()).count("PasswordChanged") == 1


async def test_of_eight_who_use_one_link_at_once_one_sets_the_password(house: House) -> None:
    await house.account()
    link = await _link(house)
    found = await asyncio.gather(*(_reset(house, link, hashed=f"hash {n}") for n in range(8)))
    assert sum(one is not None for one in found) == 1
    assert (await house.topics()).count("PasswordChanged") == 1


async def test_a_link_is_over_after_thirty_minutes(house: House) -> None:
    await house.account()
    link = await _link(house)
    assert await _reset(house, link, NOW + timedelta(minutes=30)) is None


async def test_a_newer_link_ends_the_older_ones(house: House) -> None:
    await house.account()
    older, newer = await _link(house), await _link(house, now=NOW + MINUTE)
    assert await _reset(house, older, NOW + 2 * MINUTE) is None
    assert await _reset(house, newer, NOW + 2 * MINUTE) is not None


async def test_asked_for_twice_in_one_moment_one_letter_goes_out(house: House) -> None:
    await house.account()
    await _ask(house, Kind.RESET, "jordan.rivera")
    await _ask(house, Kind.RESET, "jordan.rivera")
    (fact,) = await house.run_errands()
    assert await _reset(house, house.token(fact)) is not None


async def test_of_two_links_made_in_one_moment_one_is_good(house: House) -> None:
    await house.account()
    await _ask(house, Kind.RESET, "jordan.rivera")
    await _ask(house, Kind.RESET, "jordan.rivera@example.edu")
    links = [house.token(fact) for fact in await house.run_errands()]
    async with house.database.reading() as session:
        good = [await recovery.of_link(session, link, NOW) is not None for link in links]
    assert sorted(good) == [False, True]


async def test_using_one_link_uses_up_all_others_of_the_account(house: House) -> None:
    await house.account()
    first, second = await _link(house), await _link(house, now=NOW + MINUTE)
    assert await _reset(house, second) is not None
    assert await _reset(house, first) is None
    assert await house.count("links") == 0


async def test_a_made_up_link_sets_nothing(house: House) -> None:
    await house.account()
    assert await _reset(house, new()) is None
    assert await _reset(house, "x") is None


async def test_a_reset_ends_every_session(house: House) -> None:
    account_id = await house.account()
    async with house.database.transaction() as session:
        for _ in range(3):
            await sessions.start(session, account_id, NOW)
    done = await _reset(house, await _link(house))
    assert done is not None
    assert len(done.ended) == 3
    assert await house.count("sessions") == 0


@dataclass
class Paused:
    """Checks passwords, and then waits to be told to go on."""

    passwords: Passwords
    checked: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def check(self, kept: str | None, password: str) -> Verdict:
        verdict = await self.passwords.check(kept, password)
        self.checked.set()
        await self.go_on.wait()
        return verdict


async def _log_in(house: House, passwords: Any, password: str = PASSWORD) -> Welcome | Unconfirmed | Refusal:
    return await house.log_in("jordan.rivera", password, NOW, passwords)


async def test_a_login_that_was_under_way_during_a_reset_is_held_to_the_new_password(house: House) -> None:
    await house.account()
    link = await _link(house)
    paused = Paused(house.passwords)
    under_way = asyncio.create_task(_log_in(house, paused))
    await paused.checked.wait()
    assert await _reset(house, link) is not None
    paused.go_on.set()
    assert await under_way == Refusal(Refused.WRONG)
    assert await house.count("sessions") == 0


async def test_a_reset_that_waits_for_a_login_ends_the_session_it_began(house: House) -> None:
    await house.account()
    link = await _link(house)
    assert await _log_in(house, house.passwords, "wrong") == Refusal(Refused.WRONG)  # so there is a count to wait for
    async with house.database.transaction() as session:
        begun = await login.begin(session, house.index, "jordan.rivera", NOW)
    assert isinstance(begun, login.Attempt)
    checked = await login.check(house.passwords, begun, PASSWORD)
    async with house.database.transaction() as session:
        assert isinstance(await login.finish(session, house.passwords, begun, checked, PASSWORD, NOW), Welcome)
        reset = asyncio.create_task(_reset(house, link))
        await house.somebody_waits()
    assert await reset is not None
    assert await house.count("sessions") == 0


async def test_a_confirmation_link_resets_no_password(house: House) -> None:
    await house.register()
    (fact,) = await house.run_errands()
    assert await _reset(house, house.token(fact)) is None


async def test_who_asks_with_a_closed_account_is_reminded_of_the_one_kept(house: House) -> None:
    closed, kept = await house.account("old", email="old@example.edu"), await house.account("kept")
    async with house.database.transaction() as session:
        await accounts.close(session, closed, kept, NOW)
    await _ask(house, Kind.REMIND, "old@example.edu", NOW + MINUTE)
    fact = (await house.run_errands(NOW + MINUTE))[-1]
    assert isinstance(fact, UsernameReminderRequested)
    assert fact.subject_id == str(kept)
