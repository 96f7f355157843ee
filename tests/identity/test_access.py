"""Roles: given once, asked for once, decided once, and every decision kept with its reason."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from services.identity.actions import access, accounts
from services.identity.actions.access import Decision
from services.identity.actions.login import Subject
from shared.events import AccessGranted, AccessRefused, AccessRevoked, Role
from tests.identity.conftest import MINUTE, NOW, House

ALEX = Subject(UUID(int=1), "alex.admin")
LEE = Subject(UUID(int=2), "lee.admin")


async def _ask(house: House, account_id: UUID, role: Role = Role.PROGRAM, institution: str | None = "esu") -> bool:
    async with house.database.transaction() as session:
        return await access.ask(session, account_id, role, institution, NOW)


async def _approve(house: House, request_id: UUID, actor: Subject = ALEX) -> Decision:
    async with house.database.transaction() as session:
        return await access.approve(session, request_id, actor, "", NOW)


async def _refuse(house: House, request_id: UUID, actor: Subject = ALEX, reason: str = "nobody knows you") -> Decision:
    async with house.database.transaction() as session:
        return await access.refuse(session, request_id, actor, reason, house.keys, NOW)


async def _requested(house: House) -> tuple[UUID, UUID]:
    account_id = await house.account("pat")
    assert await _ask(house, account_id)
    (row,) = await house.rows("SELECT request_id FROM access_requests")
    return account_id, row["request_id"]


async def test_educator_access_pressed_eight_times_at_once_is_given_and_said_once(house: House) -> None:
    account_id = await house.account()

    async def press() -> bool:
        async with house.database.transaction() as session:
            return await access.grant(session, account_id, Role.EDUCATOR, None, NOW, actor=None)

    assert sum(await asyncio.gather(*(press() for _ in range(8)))) == 1
    (said,) = [fact for fact in await house.said() if isinstance(fact, AccessGranted)]
    assert (said.subject_id, said.application, said.role) == (str(account_id), "ecs", Role.EDUCATOR)


async def test_the_same_request_eight_times_at_once_is_one(house: House) -> None:
    account_id = await house.account()
    assert sum(await asyncio.gather(*(_ask(house, account_id) for _ in range(8)))) == 1
    assert await _ask(house, account_id, institution="esc")


async def test_approving_gives_the_role_for_the_institution_asked_for(house: House) -> None:
    account_id, request_id = await _requested(house)
    assert await _approve(house, request_id) is Decision.DONE
    said = (await house.said())[-1]
    assert isinstance(said, AccessGranted)
    assert (said.subject_id, said.role, said.institution) == (str(account_id), Role.PROGRAM, "esu")
    (row,) = await house.rows("SELECT * FROM audit WHERE action = 'access.granted'")
    assert row["actor_name"] == "alex.admin"


async def test_refusing_needs_a_reason_which_only_the_notifier_can_read(house: House) -> None:
    _, request_id = await _requested(house)
    assert await _refuse(house, request_id, reason="  ") is Decision.REASON
    assert await _refuse(house, request_id) is Decision.DONE
    said = (await house.said())[-1]
    assert isinstance(said, AccessRefused)
    assert "nobody knows" not in said.model_dump_json()
    assert house.opened(said) == {"reason": "nobody knows you"}
    assert await house.count("grants") == 0


async def test_of_administrators_who_decide_at_once_one_decides(house: House) -> None:
    _, request_id = await _requested(house)
    decisions = await asyncio.gather(
        *(_approve(house, request_id, ALEX) for _ in range(4)), *(_refuse(house, request_id, LEE) for _ in range(4))
    )
    assert sorted(decisions) == [Decision.DONE, *[Decision.GONE] * 7]
    said = [fact for fact in await house.said() if isinstance(fact, AccessGranted | AccessRefused)]
    assert len(said) == 1


async def test_nobody_decides_about_their_own_request(house: House) -> None:
    account_id, request_id = await _requested(house)
    me = Subject(account_id, "pat")
    assert await _approve(house, request_id, me) is Decision.OWN
    assert await _refuse(house, request_id, me) is Decision.OWN


@pytest.mark.parametrize("role", [Role.ANALYST, Role.ADJUDICATOR, Role.ADMINISTRATOR])
async def test_approving_a_role_of_staff_needs_a_reason(house: House, role: Role) -> None:
    account_id = await house.account("pat")
    assert await _ask(house, account_id, role, None)
    (row,) = await house.rows("SELECT request_id FROM access_requests")
    assert await _approve(house, row["request_id"]) is Decision.REASON
    assert await house.count("grants") == 0
    async with house.database.transaction() as session:
        assert await access.approve(session, row["request_id"], ALEX, "hired today", NOW) is Decision.DONE
    (row,) = await house.rows("SELECT * FROM audit WHERE action = 'access.granted'")
    assert row["reason"] == "hired today"


@pytest.mark.parametrize("email", ["Alex.Second@example.edu", "alex+two@example.edu"])
async def test_nobody_decides_about_an_account_of_their_own_name_or_mailbox(house: House, email: str) -> None:
    _, request_id = await _requested(house)
    me = Subject(await house.account("alex", Role.ADJUDICATOR, email=email), "alex")
    assert await _approve(house, request_id, me) is Decision.ALIKE, "the same name"
    async with house.database.transaction() as session:
        await session.execute(
            text("UPDATE accounts SET first_name = 'Alex', last_name_key = 'admin' WHERE username = 'alex'")
        )
        await session.execute(text("UPDATE accounts SET email = 'ALEX@example.edu' WHERE username = 'pat'"))
    expected = Decision.ALIKE if email.startswith("alex+") else Decision.DONE
    assert await _approve(house, request_id, me) is expected


@pytest.mark.parametrize(
    ("email", "last_name"),
    [("pat+office@example.edu", "Otherwise"), ("PAT@example.edu", "Otherwise"), ("somebody@example.edu", "Rivera")],
)
async def test_a_second_account_in_the_office_is_given_a_role_by_nobody_who_did_not_see_the_first(
    house: House, email: str, last_name: str
) -> None:
    first = await house.account("first", Role.ANALYST, email="pat@example.net")
    asking = await house.account("asking", email=email)
    async with house.database.transaction() as session:
        await session.execute(
            text("UPDATE accounts SET last_name_key = :last WHERE username = 'asking'"), {"last": last_name.casefold()}
        )
        await session.execute(text("UPDATE accounts SET email = 'pat@example.edu' WHERE username = 'first'"))
    assert await _ask(house, asking, Role.ADJUDICATOR, None)
    (row,) = await house.rows("SELECT request_id FROM access_requests")

    async def approve(*shown: UUID) -> Decision:
        async with house.database.transaction() as session:
            return await access.approve(session, row["request_id"], ALEX, "it is me again", NOW, shown=shown)

    assert await approve() is Decision.TWIN
    assert await approve(UUID(int=7)) is Decision.TWIN
    assert await house.rows("SELECT role FROM grants WHERE role = 'adjudicator'") == []
    assert await approve(first) is Decision.DONE


async def test_of_two_requests_by_one_person_the_second_is_not_approved_unseen(house: House) -> None:
    for username in ("one", "two"):
        assert await _ask(house, await house.account(username), Role.ANALYST, None)
    one, two = await house.rows("SELECT request_id FROM access_requests")

    async def approve_second() -> Decision:
        async with house.database.transaction() as session:
            return await access.approve(session, two["request_id"], LEE, "hired", NOW)

    async with house.database.transaction() as session:
        assert await access.approve(session, one["request_id"], ALEX, "hired", NOW) is Decision.DONE
        second = asyncio.create_task(approve_second())
        await house.somebody_waits()
    assert await second is Decision.TWIN


@pytest.mark.parametrize("role", [Role.EDUCATOR, Role.PROGRAM])
async def test_only_roles_of_the_office_are_looked_at_for_a_second_account(house: House, role: Role) -> None:
    await house.account("first", role, institution="esu" if role is Role.PROGRAM else None)
    assert await _ask(house, await house.account("asking"), Role.ANALYST, None)
    (row,) = await house.rows("SELECT request_id FROM access_requests")
    async with house.database.transaction() as session:
        assert await access.approve(session, row["request_id"], ALEX, "hired", NOW) is Decision.DONE


async def test_an_unknown_request_is_gone(house: House) -> None:
    assert await _approve(house, UUID(int=7)) is Decision.GONE


async def test_after_a_refusal_one_may_ask_again(house: House) -> None:
    account_id, request_id = await _requested(house)
    await _refuse(house, request_id)
    assert await _ask(house, account_id)
    async with house.database.reading() as session:
        (standing,) = await access.standings(session, account_id)
    assert standing.state == "waiting"


@pytest.mark.parametrize(("role", "institution"), [(Role.EDUCATOR, None), (Role.ANALYST, None), (Role.PROGRAM, "esu")])
async def test_revoking_takes_that_role_and_no_other(house: House, role: Role, institution: str | None) -> None:
    account_id = await house.account("somebody", role, institution=institution)
    async with house.database.transaction() as session:
        await access.grant(session, account_id, Role.DISTRICT, "r1", NOW, actor=None)
        assert await access.revoke(session, account_id, role, institution, ALEX, "", NOW) is Decision.REASON
        assert await access.revoke(session, account_id, role, institution, ALEX, "left", NOW) is Decision.DONE
        assert await access.revoke(session, account_id, role, institution, ALEX, "left", NOW) is Decision.GONE
    said = [fact for fact in await house.said() if isinstance(fact, AccessRevoked)]
    assert [(one.role, one.institution, one.with_account) for one in said] == [(role, institution, False)]
    (left,) = await house.rows("SELECT role FROM grants")
    assert left["role"] == "district"


async def test_nobody_revokes_their_own_role(house: House) -> None:
    account_id = await house.account("alex", Role.ADMINISTRATOR)
    async with house.database.transaction() as session:
        me = Subject(account_id, "alex")
        assert await access.revoke(session, account_id, Role.ADMINISTRATOR, None, me, "tired", NOW) is Decision.OWN


async def test_educator_access_that_was_revoked_comes_back_only_through_an_administrator(house: House) -> None:
    account_id = await house.account("jordan")
    me = Subject(account_id, "jordan")
    async with house.database.transaction() as session:
        assert await access.serve_self(session, account_id, Role.EDUCATOR, me, NOW)
        assert await access.serve_self(session, account_id, Role.EDUCATOR, me, NOW)
        assert await access.revoke(session, account_id, Role.EDUCATOR, None, ALEX, "stolen", NOW) is Decision.DONE
    later = NOW + MINUTE
    async with house.database.transaction() as session:
        assert not await access.serve_self(session, account_id, Role.EDUCATOR, me, later)
        assert not await access.serve_self(session, account_id, Role.EDUCATOR, me, later)
        ((request, _),) = await access.waiting(session)
        assert await access.approve(session, request.request_id, ALEX, "", later) is Decision.DONE
        assert await access.serve_self(session, account_id, Role.EDUCATOR, me, later)
    assert (await house.topics()).count("AccessGranted") == 2


async def test_a_role_that_was_refused_then_given_then_revoked_does_not_show_the_old_refusal(house: House) -> None:
    account_id, request_id = await _requested(house)
    await _refuse(house, request_id)
    async with house.database.transaction() as session:
        assert await access.ask(session, account_id, Role.PROGRAM, "esu", NOW + MINUTE)
        ((request, _),) = await access.waiting(session)
        await access.approve(session, request.request_id, ALEX, "", NOW + MINUTE)
        await access.revoke(session, account_id, Role.PROGRAM, "esu", ALEX, "left", NOW + MINUTE)
        assert await access.standings(session, account_id) == []


async def test_a_closed_account_is_given_no_role_and_asks_for_none(house: House) -> None:
    """A page may know its session for a minute longer."""
    closed, kept = await house.account("one"), await house.account("two")
    me = Subject(closed, "one")
    async with house.database.transaction() as session:
        await accounts.close(session, closed, kept, NOW)
    async with house.database.transaction() as session:
        await access.serve_self(session, closed, Role.EDUCATOR, me, NOW)
        assert not await access.ask(session, closed, Role.ANALYST, None, NOW)
        assert await access.standings(session, closed) == []
