"""Drafts: kept by version, one for a class, warned of twice, dropped after six months, submitted once."""

import asyncio
from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import text

from services.certificate.actions import drafts
from services.certificate.actions.applications import AlreadyOpen, Refused
from services.certificate.actions.drafts import CorrectionEnded, Overtaken
from services.certificate.rules.case import Submission
from services.certificate.rules.deeds import Return, Withdraw
from services.certificate.rules.requirements import Party
from services.certificate.tables import Draft
from shared.events import ApplicationReceived, DraftDropped, DraftExpiring
from tests.certificate.conftest import DAY, ROBIN, SIGNED, Bench, at, days, professional, substitute

CODE = "substitute"
ANSWERS = {"route": "hours"}


async def begin(bench: Bench, day: date = DAY, code: str = CODE) -> Draft:
    async with bench.database.transaction() as session:
        await drafts.begin(session, ROBIN, code, {}, at(day))
    found = await read(bench, code)
    assert found is not None
    return found


async def read(bench: Bench, code: str = CODE) -> Draft | None:
    async with bench.database.reading() as session:
        return await drafts.find(session, ROBIN, code)


async def save(bench: Bench, version: int, day: date = DAY) -> int:
    async with bench.database.transaction() as session:
        return await drafts.save(session, ROBIN, CODE, version, ANSWERS, at(day))


async def pass_time(bench: Bench, day: date) -> int:
    async with bench.database.transaction() as session:
        return await drafts.pass_time(session, bench.office.book, at(day))


async def submit(
    bench: Bench, draft: Draft, submission: Submission | None = None, corrects: UUID | None = None
) -> None:
    async with bench.database.transaction() as session:
        await drafts.submit(session, bench.office, bench.robin, draft, corrects, submission or substitute(), at(DAY))


async def test_a_draft_is_kept_at_the_version_it_was_read_at(bench: Bench) -> None:
    draft = await begin(bench)
    assert await save(bench, draft.version) == 2
    async with bench.database.transaction() as session:
        with pytest.raises(Overtaken) as told:
            await drafts.save(session, ROBIN, CODE, draft.version, {"route": "training"}, at(DAY))
        assert told.value.draft is not None
        assert (told.value.draft.version, told.value.draft.answers) == (2, ANSWERS)


async def test_a_draft_begun_twice_at_once_is_one(bench: Bench) -> None:
    await asyncio.gather(*(begin(bench) for _ in range(4)))
    async with bench.database.reading() as session:
        assert await session.scalar(text("SELECT count(*) FROM drafts")) == 1


async def test_deleting_what_was_saved_again_meanwhile_is_refused(bench: Bench) -> None:
    draft = await begin(bench)
    await save(bench, draft.version)
    async with bench.database.transaction() as session:
        with pytest.raises(Overtaken):
            await drafts.remove(session, ROBIN, CODE, draft.version)
        await drafts.remove(session, ROBIN, CODE, 2)
        await drafts.remove(session, ROBIN, CODE, 2)
    assert await read(bench) is None


async def test_a_draft_submitted_twice_at_once_is_one_application(bench: Bench) -> None:
    draft = await begin(bench)
    ends = await asyncio.gather(*(submit(bench, draft) for _ in range(4)), return_exceptions=True)
    assert [type(end) for end in ends if end is not None] == [AlreadyOpen] * 3
    assert [type(fact) for fact in await bench.said()].count(ApplicationReceived) == 1
    assert await read(bench) is None


async def test_a_draft_changed_meanwhile_is_not_submitted_and_stays(bench: Bench) -> None:
    draft = await begin(bench)
    await save(bench, draft.version)
    with pytest.raises(Overtaken):
        await submit(bench, draft)
    assert await read(bench) is not None
    assert await bench.said() == []


async def test_what_the_rules_refuse_leaves_the_draft_there(bench: Bench) -> None:
    draft = await begin(bench)
    with pytest.raises(Refused):
        await submit(bench, draft, Submission("", None, "", (), {}, SIGNED))
    assert await read(bench) is not None


async def test_while_an_application_is_open_no_draft_of_its_class_is_begun(bench: Bench) -> None:
    found = await bench.submit("ipc", professional())
    with pytest.raises(AlreadyOpen):
        await begin(bench, code="ipc")
    await begin(bench, code=CODE)
    await bench.act(found, bench.official, Return("Another program."))
    assert (await begin(bench, code="ipc")).class_code == "ipc"


async def test_the_draft_of_a_returned_application_becomes_its_correction(bench: Bench) -> None:
    found = await bench.submit("ipc", professional())
    await bench.act(found, bench.official, Return("Another program."))
    await submit(bench, await begin(bench, code="ipc"), professional("ozark-hills"), found.row.id)
    again = await bench.find(found)
    assert (again.standing.move, again.row.institution) == (Party.INSTITUTION, "ozark-hills")


async def test_the_correction_of_an_application_that_has_ended_is_not_submitted_and_stays(bench: Bench) -> None:
    found = await bench.submit("ipc", professional())
    await bench.act(found, bench.official, Return("Another program."))
    draft = await begin(bench, code="ipc")
    await bench.act(found, bench.robin, Withdraw())
    with pytest.raises(CorrectionEnded):
        await submit(bench, draft, professional(), found.row.id)
    assert await read(bench, "ipc") is not None


# A draft of August 3 has its last day on February 3; the warnings go 30 and 7 days before it.
LAST = date(2027, 2, 3)


async def test_a_forgotten_draft_is_warned_of_twice_and_dropped(bench: Bench) -> None:
    await begin(bench)
    said: list[tuple[str, object]] = []
    for before in (31, 30, 29, 8, 7, 1, 0, -1, -2):
        await pass_time(bench, LAST - days(before))
        facts = await bench.said()
        said += [(type(fact).__name__, before) for fact in facts[len(said) :]]
    assert said == [("DraftExpiring", 30), ("DraftExpiring", 7), ("DraftDropped", -1)]
    warnings = [fact for fact in await bench.said() if isinstance(fact, DraftExpiring)]
    assert {(one.subject_id, one.classification, one.drop_on) for one in warnings} == {
        (ROBIN, "Content Substitute", LAST)
    }
    assert await read(bench) is None


async def test_a_draft_that_is_touched_begins_anew(bench: Bench) -> None:
    draft = await begin(bench)
    await pass_time(bench, LAST - days(30))
    await save(bench, draft.version, LAST - days(20))
    await pass_time(bench, LAST + days(1))
    assert [type(fact) for fact in await bench.said()] == [DraftExpiring]
    left = await read(bench)
    assert left is not None
    assert left.warned == 0


@pytest.mark.parametrize("first", [LAST - days(3), LAST, LAST + days(1), LAST + days(200)], ids=str)
async def test_however_long_nothing_ran_a_draft_is_warned_of_twice_with_the_days_that_were_promised(
    bench: Bench, first: date
) -> None:
    await begin(bench)
    day, said = first, list[tuple[type, date]]()
    while await read(bench) is not None:
        assert day < first + days(40)
        await pass_time(bench, day)
        facts = await bench.said()
        said += [(type(fact), day) for fact in facts[len(said) :]]
        day += days(1)
    assert said == [(DraftExpiring, first), (DraftExpiring, first + days(23)), (DraftDropped, first + days(31))]
    assert {one.drop_on for one in await bench.said() if isinstance(one, DraftExpiring)} == {first + days(30)}


async def test_after_a_second_pause_the_last_warning_leaves_its_days_too(bench: Bench) -> None:
    await begin(bench)
    await pass_time(bench, LAST - days(30))
    await pass_time(bench, LAST + days(5))
    await pass_time(bench, LAST + days(12))
    assert [one.drop_on for one in await bench.said() if isinstance(one, DraftExpiring)] == [LAST, LAST + days(12)]
    await pass_time(bench, LAST + days(13))
    assert await read(bench) is None


@pytest.mark.parametrize(
    ("saved", "last"),
    [
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2026, 3, 1), date(2026, 9, 1)),
    ],
    ids=str,
)
async def test_the_last_day_of_a_draft_is_still_its_own(bench: Bench, saved: date, last: date) -> None:
    await begin(bench, saved)
    await pass_time(bench, last - days(30))
    await pass_time(bench, last - days(7))
    await pass_time(bench, last)
    facts = await bench.said()
    assert [one.drop_on for one in facts if isinstance(one, DraftExpiring)] == [last, last]
    assert await read(bench) is not None
    await pass_time(bench, last + days(1))
    assert await read(bench) is None


async def test_many_drafts_are_dropped_at_once_and_each_is_said_once(bench: Bench) -> None:
    async with bench.database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO drafts (id, educator_id, class_code, answers, saved_at, saved_on, warned)"
                " SELECT gen_random_uuid(), lpad(n::text, 8, '0'), 'substitute', '{}', now(), date '2026-01-01', 2"
                " FROM generate_series(1, 450) AS n"
            )
        )
    counts = [await pass_time(bench, date(2026, 8, 1)) for _ in range(4)]
    assert counts == [200, 200, 50, 0]
    async with bench.database.reading() as session:
        facts = await session.execute(
            text("SELECT topic, count(*), count(DISTINCT subject_id) FROM outbox GROUP BY topic")
        )
    assert [tuple(fact) for fact in facts] == [(DraftDropped.topic, 450, 450)]
