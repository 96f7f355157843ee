"""A batch is undone while nothing later rests on it, once, by whoever comes to it."""

import asyncio
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from services.fingerprint import undone
from services.fingerprint.actions import (
    batches,
    checks,
    matching,
    rotating,
    rulings,
    undoing,
    unmatched,
)
from services.fingerprint.rules.addressing import Address
from services.fingerprint.rules.check import State
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice, submission
from tests.fingerprint.bundling import a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.desk import DANA, Desk, a_desk


@pytest.fixture
def desk(bench: Bench, tmp_path: Path) -> Desk:
    return a_desk(bench, tmp_path)


async def test_a_batch_is_undone_and_a_clearance_on_it_alone_ends(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator), answer(STATE, educator), answer(FBI))
    assert (await desk.bench.standing(educator)).state is State.CLEARED
    assert await desk.undo(batch_id) == 3
    assert (await desk.bench.standing(educator)).state is State.NOTHING_YET
    assert (await desk.bench.topics(educator))[-1] == "ClearanceEnded"
    assert await desk.bench.rows("SELECT place, count(*) FROM answers GROUP BY 1") == [
        {"place": "set_aside", "count": 3}
    ]
    assert await desk.bench.one("SELECT state FROM batches") == "undone"
    assert await desk.bench.one("SELECT reason FROM audit WHERE action = 'batch.undone'") == "sent by mistake"
    with pytest.raises(undoing.NotDone):
        await desk.ask(batch_id)
    assert not await undone.once(desk.bench.database, desk.bench.vault)


async def test_what_was_undone_can_be_taken_back_answer_by_answer(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator), answer(STATE, educator))
    await desk.undo(batch_id)
    async with desk.bench.database.transaction() as session:
        for row in await unmatched.done(session, desk.bench.vault):
            found = await matching.locked(session, row.id)
            assert found is not None
            await unmatched.undo(session, desk.bench.vault, found, DANA, "it was right")
    assert (await desk.bench.standing(educator)).state is State.CLEARED


async def test_a_batch_on_which_a_clearance_with_another_answer_stands_is_not_undone(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator))
    await desk.bench.take(answer(STATE, educator))
    assert "rests on an answer" in await desk.refusal(batch_id)
    assert (await desk.bench.standing(educator)).state is State.CLEARED


async def test_a_batch_whose_answer_was_corrected_is_not_undone(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator, tcn="T1"))
    await desk.bench.take(answer(FBI, educator, tcn="T1", stamped="20260902140501Z"))
    assert "rests on an answer" in await desk.refusal(batch_id)


async def test_a_batch_that_corrects_is_undone_and_what_it_corrected_holds_again(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    await desk.bench.take(answer(FBI, educator, tcn="T1"))
    await desk.bench.take(answer(STATE, educator))
    batch_id = await desk.taken(answer(FBI, educator, tcn="T1", found="I", stamped="20260902140501Z"))
    assert (await desk.bench.standing(educator)).state is not State.CLEARED
    assert await desk.undo(batch_id) == 1
    assert (await desk.bench.standing(educator)).state is State.CLEARED


async def test_a_batch_whose_bytes_came_in_another_way_too_is_not_undone(desk: Desk) -> None:
    content = answer(FBI, an_educator())
    batch_id = await desk.taken(content)
    await desk.bench.take(content)
    assert "rests on an answer" in await desk.refusal(batch_id)


async def test_a_batch_on_which_somebody_ruled_is_not_undone(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator, found="I"), answer(STATE, educator))
    await rule(desk, educator, clear=False)
    assert "rests on an answer" in await desk.refusal(batch_id)


@pytest.mark.parametrize("found", ["I", "X"])
async def test_a_batch_of_which_an_adjudicator_opened_a_case_is_not_undone(desk: Desk, found: str) -> None:
    """From the look on, so that a refusal does not tell of "Do not clear"."""
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator, found=found), answer(STATE, educator))
    await desk.bench.do(
        "INSERT INTO looks (review_id, session_hash, account_id, purpose, at)"
        " SELECT id, 'a session', :who, 'To decide', now() FROM reviews WHERE educator_id = :id",
        id=educator,
        who=uuid4(),
    )
    assert "rests on an answer" in await desk.refusal(batch_id)


async def test_a_notice_stays_with_adjudicators_when_its_batch_is_undone(desk: Desk) -> None:
    """What follows from it everybody would see: neither that it goes nor that somebody looked at it tells of it."""
    concerned, other = an_educator(), an_educator()
    for educator in (concerned, other):
        await desk.bench.know(educator)
    await desk.bench.take(answer(FBI, concerned))
    contents = notice(concerned, "N1"), notice(an_educator(), "N2"), answer(FBI, other), answer(FBI), submission()
    batch_id = await desk.taken(*contents)
    await desk.bench.take(answer(STATE, concerned))
    before = await desk.bench.standing(concerned)
    assert before.state is State.BEING_CHECKED
    await desk.bench.do(
        "INSERT INTO looks (review_id, session_hash, account_id, purpose, at)"
        " SELECT id, 'a session', :who, 'To decide', now() FROM reviews",
        who=uuid4(),
    )
    assert await desk.undo(batch_id) == 4
    assert await desk.bench.standing(concerned) == before
    assert await desk.bench.rows("SELECT place FROM answers WHERE tcn IN ('N1', 'N2') ORDER BY tcn") == [
        {"place": "matched"},
        {"place": "adjudicator"},
    ]
    assert await desk.bench.one("SELECT count(*) FROM reviews WHERE closed_at IS NULL") == 2


@pytest.mark.parametrize("came", [[], [notice], [notice, answer]])
async def test_a_notice_with_the_number_of_a_submission_does_not_show_either(desk: Desk, came: list[Any]) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(submission("MO1"), answer(FBI))
    for one in came:
        await desk.bench.take(one(educator, tcr="MO1") if one is notice else answer(FBI, educator, tcr="MO1"))
    if answer in came:
        assert "rests on an answer" in await desk.refusal(batch_id)
    else:
        assert await desk.undo(batch_id) == 1


@pytest.mark.parametrize("tcn", ["", "T1"])
async def test_a_notice_from_elsewhere_does_not_show_in_what_can_be_undone(desk: Desk, tcn: str) -> None:
    """Whoever is cleared on a batch alone: with a notice that came later, looked at and decided or not, as without.

    Whatever number the notice bears, the one of an answer of the batch too.
    """
    for steps in range(4):
        educator = an_educator()
        await desk.bench.know(educator)
        number = tcn and f"{tcn}-{steps}"
        batch_id = await desk.taken(answer(FBI, educator, tcn=number), answer(STATE, educator))
        if steps > 0:
            await desk.bench.take(notice(educator, number))
            assert (await desk.bench.standing(educator)).state is State.CLEARED
        if steps > 1:
            await desk.bench.do(
                "INSERT INTO looks (review_id, session_hash, account_id, purpose, at)"
                " SELECT id, 'a session', :who, 'To decide', now() FROM reviews WHERE educator_id = :id",
                id=educator,
                who=uuid4(),
            )
        if steps > 2:
            await rule(desk, educator)
        assert await desk.undo(batch_id) == 2, steps
        assert (await desk.bench.standing(educator)).state is State.NOTHING_YET


@pytest.mark.parametrize("found", ["I", "X"])
async def test_a_batch_whose_answers_an_adjudicator_cleared_is_not_undone(desk: Desk, found: str) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator, found=found), answer(STATE, educator))
    await rule(desk, educator)
    assert (await desk.bench.standing(educator)).state is State.CLEARED
    assert "rests on an answer" in await desk.refusal(batch_id)


async def test_a_batch_with_an_answer_that_nobody_can_read_any_more_is_not_undone(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator))
    async with desk.bench.database.transaction() as session:
        assert await rotating.destroy(session, educator, DANA, "order of a court")
    assert "rests on an answer" in await desk.refusal(batch_id)


async def test_a_batch_of_which_staff_assigned_an_answer_is_not_undone(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI))
    async with desk.bench.database.transaction() as session:
        found = await matching.locked(session, await desk.bench.one("SELECT id FROM answers"))
        assert found is not None
        await unmatched.assign(session, desk.bench.vault, found, Address(educator, "2301"), DANA, "by phone")
    assert "assigned or set aside" in await desk.refusal(batch_id)


async def test_a_batch_that_still_runs_is_not_undone(desk: Desk) -> None:
    upload_id = await desk.keep(a_zip({"a.eft": answer(FBI)}))
    await desk.receive(upload_id)
    with pytest.raises(undoing.NotDone):
        await desk.ask(upload_id)
    assert await desk.bench.one("SELECT state FROM batches") == batches.RUNNING


async def test_a_batch_is_undone_once_however_many_ask_and_do_it(desk: Desk) -> None:
    batch_id = await desk.taken(answer(FBI))
    await desk.ask(batch_id)
    with pytest.raises(undoing.NotDone):
        await desk.ask(batch_id)
    done = await asyncio.gather(*(undone.once(desk.bench.database, desk.bench.vault) for _ in range(3)))
    assert any(done)
    assert await desk.bench.rows(
        "SELECT action, actor_name, reason FROM audit WHERE action LIKE 'batch.und%' ORDER BY at"
    ) == [
        {"action": action, "actor_name": DANA.username, "reason": "sent by mistake"}
        for action in ("batch.undo_asked", "batch.undone")
    ]


async def test_a_batch_whose_undoing_is_stopped_is_undone_by_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    batch_id = await desk.taken(answer(FBI, educator), answer(STATE, educator))
    await desk.ask(batch_id)
    with monkeypatch.context() as patched:
        patched.setattr(batches, "end", stopped)
        with pytest.raises(asyncio.CancelledError):
            await undone.once(desk.bench.database, desk.bench.vault)
    assert (await desk.bench.standing(educator)).state is State.CLEARED
    assert await undone.once(desk.bench.database, desk.bench.vault)
    assert (await desk.bench.standing(educator)).state is State.NOTHING_YET


async def test_a_batch_that_cannot_be_undone_for_a_fault_of_ours_holds_up_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await desk.taken(answer(FBI)), await desk.taken(answer(STATE))
    await desk.ask(first)
    resting: dict[UUID, float] = {}
    with monkeypatch.context() as patched:
        patched.setattr(batches, "end", broken)
        assert await undone.once(desk.bench.database, desk.bench.vault, resting)
    assert set(resting) == {first}
    await desk.ask(second)
    assert await undone.once(desk.bench.database, desk.bench.vault, resting)
    assert not await undone.once(desk.bench.database, desk.bench.vault, resting)
    assert await desk.bench.rows("SELECT id, state FROM batches ORDER BY received_at") == [
        {"id": first, "state": "undoing"},
        {"id": second, "state": "undone"},
    ]


async def test_the_bytes_of_a_batch_that_is_being_undone_are_a_duplicate(desk: Desk) -> None:
    """Whether it will be undone is not known yet; there would be two of it if not."""
    content = a_zip({"a.eft": answer(FBI)})
    first = await desk.keep(content)
    await desk.receive(first)
    await desk.box.after(1)
    await desk.ask(first)
    again = await desk.keep(content)
    assert await desk.receive(again) == batches.DUPLICATE
    assert await desk.bench.rows("SELECT id, state, first_id FROM batches ORDER BY received_at") == [
        {"id": first, "state": "undoing", "first_id": None},
        {"id": again, "state": "duplicate", "first_id": first},
    ]


async def test_what_was_undone_may_be_uploaded_again(desk: Desk) -> None:
    content = answer(FBI, an_educator())
    batch_id = await desk.taken(content)
    await desk.undo(batch_id)
    again = await desk.taken(content)
    assert await desk.bench.rows("SELECT id, state FROM batches ORDER BY received_at") == [
        {"id": batch_id, "state": "undone"},
        {"id": again, "state": "done"},
    ]


async def test_an_undo_of_many_answers_holds_few_locks_and_keeps_all_their_bytes(desk: Desk) -> None:
    """A server has room for some thousands of locks, and a batch may hold more answers."""
    educators = [an_educator() for _ in range(60)]
    for educator in educators:
        await desk.bench.know(educator)
    long = answer(FBI, educators[0], rap_sheet=token_hex(700_000))
    batch_id = await desk.taken(long, *(answer(FBI, educator) for educator in educators[1:]))
    contents = await desk.bench.every_content()
    await desk.ask(batch_id)
    async with desk.bench.database.transaction() as session:
        batch = await undoing.take_up(session, [])
        assert batch is not None
        await undoing.undo(session, desk.bench.vault, batch)
        assert batch.state == batches.UNDONE
        held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        assert await session.scalar(text(held)) == 1
    assert await desk.bench.every_content() == contents
    theirs = "SELECT count(*) FROM files JOIN data_keys k ON k.id = key_id WHERE k.educator_id IS NOT NULL"
    assert await desk.bench.one(theirs) == 0, "what is nobody's lies under no person's key"


async def rule(desk: Desk, educator: str, *, clear: bool = True) -> None:
    """An adjudicator decides on all that is there."""
    async with desk.bench.database.transaction() as session:
        decision, _ = await checks.decided(session, desk.bench.vault, educator, "2301")
        basis = decision.basis
        await rulings.add(
            session,
            desk.bench.vault,
            educator,
            "2301",
            clear=clear,
            reason="So it is",
            basis=basis,
            heard=2,
            actor=DANA,
        )
        await checks.decide_again(session, desk.bench.vault, [(educator, "2301")])


async def stopped(*_: Any) -> None:
    """The process ends."""
    raise asyncio.CancelledError


async def broken(*_: Any) -> None:
    """A defect."""
    raise RuntimeError("broken")
