"""Which issued certificates rest on a clearance that holds no longer, in every order in which that is heard."""

from datetime import date, timedelta
from itertools import permutations

import pytest

from services.certificate.actions import concerned
from services.certificate.actions.concerned import Concerned, Wanted
from services.certificate.rules.deeds import Issue, Pay, Record
from shared.events import ClearanceEnded, Event, FingerprintCleared, NameChanged
from shared.policy import last_day, today
from tests.certificate.conftest import DAY, Bench, substitute
from tests.certificate.portal import Portal

UNTIL = last_day(DAY, 12)
LATER = UNTIL + timedelta(100)


def cleared(bench: Bench, purpose: str = "2301", on: date = DAY) -> Event:
    return bench.say(FingerprintCleared, purpose=purpose, cleared_on=on, valid_until=last_day(on, 12), day=on)


def ended(bench: Bench, on: date, reason: str = "withdrawn", purpose: str = "2301") -> Event:
    return bench.say(ClearanceEnded, purpose=purpose, ended_on=on, reason=reason, day=on)


async def certified(bench: Bench, purpose: str = "2301", on: date = DAY) -> Bench:
    """Another educator, to whom a substitute certificate was issued on a clearance of that day."""
    one = await bench.another()
    await one.hear(NameChanged, first_name="Sam", last_name="Someone")
    await one.arrive(cleared(one, purpose, on), day=on)
    await issued(one, on)
    return one


async def issued(one: Bench, on: date) -> None:
    found = await one.submit("substitute", substitute(), on)
    for need in (await one.find(found, on)).standing.unmet:
        if need.kind == "document":
            await one.act(found, one.analyst, Record(need.code, "seen", "A transcript.", 36), on)
        elif need.kind == "fee":
            await one.act(found, one.analyst, Pay(50, "A receipt."), on)
    await one.act(found, one.analyst, Issue(), on)


async def listed(bench: Bench, on: date = DAY, page: int = 1, **wanted: object) -> list[Concerned]:
    async with bench.database.reading() as session:
        found, _ = await concerned.listed(session, bench.office.book, Wanted(**wanted), on, page)  # type: ignore[arg-type]
    return list(found)


async def test_a_clearance_that_stands_concerns_nothing(bench: Bench) -> None:
    one = await certified(bench)
    assert await listed(one, UNTIL) == []


async def test_a_withdrawn_clearance_concerns_the_certificate_that_rests_on_it(bench: Bench) -> None:
    one = await certified(bench)
    await one.arrive(ended(one, DAY + timedelta(9)))
    (found,) = await listed(one, DAY + timedelta(9))
    assert (found.kind, found.ended, found.educator_id) == ("withdrawn", DAY + timedelta(9), one.robin.educator_id)
    assert (found.last_name, found.classification) == ("Someone", "Content Substitute")


async def test_an_expired_clearance_concerns_it_whether_the_end_was_said_or_not(bench: Bench) -> None:
    one = await certified(bench)
    (silent,) = await listed(one, UNTIL + timedelta(1))
    await one.arrive(ended(one, UNTIL + timedelta(1), "expired"))
    (said,) = await listed(one, UNTIL + timedelta(1))
    assert silent == said
    assert (said.kind, said.ended) == ("expired", UNTIL + timedelta(1))


async def test_who_was_cleared_anew_is_not_concerned(bench: Bench) -> None:
    for purpose in ("2301", "2300"):
        one = await certified(bench)
        await one.arrive(cleared(one, purpose, UNTIL - timedelta(20)))
        assert await listed(one, UNTIL + timedelta(1)) == []
    withdrawn = await certified(bench)
    await withdrawn.arrive(ended(withdrawn, DAY + timedelta(9)))
    await withdrawn.arrive(cleared(withdrawn, "2301", DAY + timedelta(20)))
    assert await listed(withdrawn, DAY + timedelta(30)) == []


async def test_a_clearance_of_another_kind_or_time_concerns_nothing(bench: Bench) -> None:
    one = await certified(bench)
    await one.arrive(cleared(one, "2399"))
    await one.arrive(ended(one, DAY + timedelta(9), purpose="2399"))
    assert await listed(one, DAY + timedelta(9)) == []
    # A certificate of which nothing is known that it was issued on: of a past that the system never saw.
    await one.arrive(cleared(one))
    other = await bench.another()
    await other.arrive(ended(other, DAY))
    assert await listed(one, DAY + timedelta(9)) == []


async def test_a_certificate_that_ended_before_the_clearance_did_is_not_concerned(bench: Bench) -> None:
    one = await certified(bench)
    await one.arrive(ended(one, DAY + timedelta(9)))
    assert await listed(one, DAY + timedelta(366 * 4)) == []


@pytest.mark.parametrize("reason", ["withdrawn", "expired"])
async def test_every_order_of_what_is_heard_ends_alike(bench: Bench, reason: str) -> None:
    """The application too: it is held back, and stands as long as the clearance did."""
    on = UNTIL + timedelta(1) if reason == "expired" else DAY + timedelta(9)
    ends, lists = set(), set()
    for order in permutations(range(3)):
        one = await certified(bench)
        await one.arrive(ended(one, DAY + timedelta(2)), day=DAY + timedelta(2))
        facts = [cleared(one, on=DAY + timedelta(3)), ended(one, on, reason), ended(one, on, reason)]
        facts[2] = facts[1]
        if reason == "expired":
            facts[0] = facts[0].model_copy(update={"valid_until": UNTIL})
        for place in order:
            await one.arrive(facts[place], day=on)
        waiting = await one.submit("substitute", substitute(), on)
        need = next(one for one in waiting.standing.requirements if one.kind == "clearance")
        ends.add((need.state, need.closes, need.lapsed, str(need.why)))
        (found,) = [row for row in await listed(one, on) if row.educator_id == one.robin.educator_id]
        lists.add((found.kind, found.ended))
    assert len(ends) == 1
    assert lists == {(reason, on)}


async def test_an_open_application_is_held_back_by_expiry_said_or_not(bench: Bench) -> None:
    states = set()
    for said in (False, True, True):
        one = await bench.another()
        fact = cleared(one)
        await one.arrive(fact)
        found = await one.submit("substitute", substitute(), UNTIL - timedelta(3))
        end = ended(one, UNTIL + timedelta(1), "expired")
        if said:
            await one.arrive(end, day=UNTIL + timedelta(1))
            await one.arrive(fact, day=UNTIL + timedelta(1))
        await one.pass_time(UNTIL + timedelta(1))
        standing = (await one.find(found, UNTIL + timedelta(1))).standing
        need = next(one for one in standing.requirements if one.kind == "clearance")
        states.add((standing.state, standing.due_on, need.state, need.lapsed, need.closes, str(need.why)))
    assert len(states) == 1


async def test_those_withdrawn_stand_first_and_the_filter_finds_them(bench: Bench) -> None:
    old, new = await certified(bench, on=DAY - timedelta(300)), await certified(bench)
    gone = await certified(bench, "2300")
    await gone.arrive(ended(gone, DAY + timedelta(4), purpose="2300"))
    on = UNTIL + timedelta(5)
    order = [row.educator_id for row in await listed(bench, on)]
    assert order == [one.robin.educator_id for one in (gone, new, old)]
    assert [row.kind for row in await listed(bench, on, kind="expired")] == ["expired", "expired"]
    assert [row.educator_id for row in await listed(bench, on, kind="withdrawn")] == [gone.robin.educator_id]
    assert len(await listed(bench, on, since=UNTIL)) == 1
    assert len(await listed(bench, on, until=DAY + timedelta(4))) == 1
    assert len(await listed(bench, on, class_code="ipc")) == 0
    assert len(await listed(bench, on, words="some")) == 3
    assert len(await listed(bench, on, words="\u2019S\u00f3m\u00e9-")) == 3
    assert len(await listed(bench, on, words="'")) == 0
    assert len(await listed(bench, on, words="s_me%")) == 0


async def test_the_list_has_pages_across_both_kinds(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concerned, "AT_ONCE", 2)
    people = [await certified(bench) for _ in range(5)]
    for one in people[:3]:
        await one.arrive(ended(one, DAY + timedelta(4)))
    on = UNTIL + timedelta(5)
    pages = [await listed(bench, on, page) for page in (1, 2, 3, 4)]
    assert [len(rows) for rows in pages] == [2, 2, 1, 0]
    assert {row.educator_id for rows in pages for row in rows} == {one.robin.educator_id for one in people}


async def test_staff_open_the_list_and_filter_it(bench: Bench, portal: Portal, analyst: str) -> None:
    one = await certified(bench, on=today() - timedelta(20))
    await one.arrive(ended(one, today() - timedelta(3)))
    page = await portal.get("/staff/concerned", analyst)
    assert "Withdrawn" in page.text
    assert "Someone, Sam" in page.text
    assert "No certificate fits" in (await portal.get("/staff/concerned?kind=expired", analyst)).text
    wrong = await portal.get("/staff/concerned?since=yesterday", analyst)
    assert wrong.status == 422
    assert any("year-month-day" in problem for problem in wrong.problems)
    assert (await portal.get("/staff/concerned?q=123-45-6789", analyst)).status == 422


async def test_results_under_another_code_are_said_of_the_application(bench: Bench) -> None:
    one = await bench.another()
    await one.arrive(cleared(one, "2399"))
    found = await one.submit("substitute", substitute())
    need = next(one for one in found.standing.requirements if one.kind == "clearance")
    assert "Results came with the code 2399" in str(need.why)
    assert "2301, 2300" in str(need.why)
