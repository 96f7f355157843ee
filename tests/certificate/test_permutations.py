"""In whatever order things happen and become known, the same end is reached."""

from collections.abc import Awaitable, Callable
from datetime import date
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from services.certificate.rules.deeds import Answer, Ask, Issue, Pay, Recommend, Record
from services.certificate.rules.standing import State
from services.certificate.tables import Application
from shared.events import Bureau, ClearanceEnded, Event, FingerprintCleared, ReprintRequested, ResultReceived
from tests.certificate.conftest import DAY, Bench, days, professional, substitute

CLEARED: dict[str, Any] = {"cleared_on": date(2026, 7, 1), "valid_until": date(2027, 7, 1)}
_OWN = {"id", "number", "educator_id", "version", "assigned_to", "assigned_name"}
DERIVED = [column.name for column in Application.__table__.columns if column.name not in _OWN]

Step = Callable[[], Awaitable[object]]


async def the_end(bench: Bench) -> dict[str, Any]:
    """All that is left at the end: rows, certificates, what was said and so written to the educator."""
    query = text(f"SELECT {', '.join(DERIVED)} FROM applications WHERE educator_id = :id")  # noqa: S608 - our own names
    certificates = text("SELECT class_code, areas, effective_on, expires_on FROM certificates WHERE educator_id = :id")
    async with bench.database.reading() as session:
        one = {"id": bench.robin.educator_id}
        rows = [tuple(row) for row in await session.execute(query, one)]
        held = [tuple(map(str, row)) for row in await session.execute(certificates, one)]
    said = sorted(
        (fact.topic, str(getattr(fact, "requirement", "")), str(getattr(fact, "outcome", "")))
        for fact in await bench.said()
    )
    return {"rows": rows, "certificates": held, "said": said}


async def test_clearance_recommendation_and_evidence_in_any_order_end_in_one_certificate(bench: Bench) -> None:
    ends = []
    for order in permutations(("submit", "clear", "recommend", "see", "pay")):
        if any(order.index(step) < order.index("submit") for step in ("recommend", "see", "pay")):
            continue
        one = await bench.another()
        for step in order:
            if step == "submit":
                found = await one.submit("ipc", professional())
            elif step == "clear":
                await one.hear(FingerprintCleared, purpose="2300", **CLEARED)
            elif step == "recommend":
                await one.act(found, one.official, Recommend("bachelor", date(2026, 5, 15)))
            elif step == "see":
                await one.act(found, one.analyst, Record("degree", "seen", "Transcript, by mail"))
                await one.act(found, one.analyst, Record("assessment", "seen", "Scores, by wire"))
            else:
                await one.act(found, one.analyst, Pay(35, "check 1001"))
        assert (await one.find(found)).standing.state is State.READY, order
        await one.act(found, one.analyst, Issue())
        ends.append(await the_end(one))
    assert len(ends) == 30
    assert [end for end in ends if end != ends[0]] == []
    assert ends[0]["certificates"] == [("ipc", "['Mathematics, grades 9 to 12']", "2026-08-03", "2030-08-03")]


async def test_an_answer_before_and_after_a_reminder_ends_alike(bench: Bench) -> None:
    ends = []
    for answered_first in (True, False):
        one = await bench.another()
        found = await one.submit("substitute", substitute())
        await one.act(found, one.analyst, Ask(("transcript",), "Which college?"))
        if answered_first:
            await one.act(found, one.robin, Answer("River Bend."), DAY + days(30))
        await one.pass_time(DAY + days(30))
        if not answered_first:
            await one.act(found, one.robin, Answer("River Bend."), DAY + days(30))
        await one.hear(FingerprintCleared, purpose="2301", day=DAY + days(31), **CLEARED)
        await one.act(found, one.analyst, Record("transcript", "seen", "By mail", 36), DAY + days(31))
        await one.act(found, one.analyst, Pay(50, "check 1001"), DAY + days(31))
        await one.act(found, one.analyst, Issue(), DAY + days(31))
        ends.append(await the_end(one))
    assert ends[0] == ends[1]


def said(bench: Bench, word: str) -> Event:
    """One thing that fingerprint says."""
    match word:
        case "answered":
            return bench.say(ResultReceived, purpose="2301", bureau=Bureau.STATE)
        case "reprint":
            return bench.say(ReprintRequested, purpose="2301", bureau=Bureau.FBI)
        case "cleared":
            return bench.say(FingerprintCleared, purpose="2301", **CLEARED)
        case _:
            return bench.say(ClearanceEnded, purpose="2301", ended_on=DAY)


@pytest.mark.parametrize("last", ["cleared", "ended", "reprint", "answered"])
async def test_what_fingerprint_says_in_any_order_and_twice_stands_alike(bench: Bench, last: str) -> None:
    words = [word for word in ("answered", "reprint", "cleared", "ended") if word != last] + [last]
    ends = set()
    for number, order in enumerate(permutations(range(4))):
        one = await bench.another()
        facts = [said(one, word) for word in words]
        before = number % 5  # so many facts arrive before the application, each with one that came already
        for index in order[:before]:
            await one.arrive(facts[index], facts[order[0]])
        found = await one.submit("substitute", substitute())
        for index in order[before:]:
            await one.arrive(facts[index], facts[order[0]])
        now = await one.find(found)
        why = next(str(need.why) for need in now.standing.requirements if need.code == "clearance")
        ends.add((why, tuple(getattr(now.row, name) for name in DERIVED)))
    assert len(ends) == 1, ends
