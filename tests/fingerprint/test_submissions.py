"""Copies of submissions: tied to people by educator's word, tried again, and what answers learn from them."""

import asyncio
import logging
from datetime import UTC, datetime

import httpx
import pytest

from services.educator import api as educator_api
from services.educator.settings import Settings as EducatorSettings
from services.fingerprint import awaited, submitted
from services.fingerprint.actions import submissions
from services.fingerprint.numbers import EducatorAway
from services.fingerprint.rules.addressing import Submitted
from services.fingerprint.rules.tying import Match
from shared.app import build
from shared.keys import Keys
from tests.databases import DatabaseMaker
from tests.educator.conftest import Account, House
from tests.fingerprint.answers import OURS, an_educator, answer, submission
from tests.fingerprint.office import BORN, Office

_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
ME_SSN, OTHER_SSN = "512345678", "512345679"


async def test_a_submission_is_tied_by_number_birth_date_and_given_name(office: Office) -> None:
    me = await office.known(ME_SSN)
    mine = await office.feed(submission("T1", "512340000", ME_SSN, name="SMITH,JORDAN"))
    nobodys = await office.feed(submission("T2", OTHER_SSN))
    wrong = await office.feed(submission("T3", ME_SSN, born="19990429"))
    without = await office.feed(submission("T4"))
    assert await office.ask() == 3
    assert [await office.state(one) for one in (mine, nobodys, wrong, without)] == [
        "tied",
        "nobody",
        "contradiction",
        "nobody",
    ]
    assert await office.of("T1", "T2", "T3", "T4", "T5") == {
        (OURS, "T1"): Submitted(frozenset({me})),
        (OURS, "T3"): Submitted(contradicts=True),
    }
    assert await office.of("T1", origin="ILOTHER00") == {}
    assert len(office.educator.calls) == 1


async def test_number_and_birth_date_lie_nowhere_but_sealed_and_go_when_it_is_tied(office: Office) -> None:
    await office.known(ME_SSN)
    await office.feed(submission("T1", ME_SSN, oca="2301-512345678"))
    nobodys = await office.feed(submission("T2", OTHER_SSN))
    await office.ask()
    kept = str(await office.bench.rows("SELECT row_to_json(s)::text AS row FROM submissions s"))
    said = str(await office.bench.rows("SELECT row_to_json(a)::text AS row FROM audit a"))
    for secret in (ME_SSN, OTHER_SSN, BORN, "19990428", "RIVERA"):
        assert secret not in kept + said
        assert secret.encode().hex() not in kept
    assert await office.bench.rows("SELECT file_id FROM submissions WHERE sealed IS NOT NULL") == [{"file_id": nobodys}]


async def test_numbers_of_two_people_contradict_in_one_copy_and_in_two(office: Office) -> None:
    me, other = await office.known(ME_SSN), await office.known(OTHER_SSN)
    await office.feed(submission("T1", ME_SSN, OTHER_SSN))
    await office.feed(submission("T2", ME_SSN))
    await office.feed(submission("T2", OTHER_SSN))
    await office.feed(submission("T3", ME_SSN))
    await office.feed(submission("T3", ME_SSN, reason="STUDENT TEACHING"))
    await office.ask()
    assert await office.of("T1", "T2", "T3") == {
        (OURS, "T1"): Submitted(contradicts=True),
        (OURS, "T2"): Submitted(frozenset({me, other})),
        (OURS, "T3"): Submitted(frozenset({me}), purpose="2301"),
    }
    (row,) = await office.bench.rows("SELECT possible FROM submissions WHERE tcn = 'T1'")
    assert row["possible"] == sorted([me, other])


async def test_a_list_of_numbers_to_try_is_not_asked_about(office: Office) -> None:
    await office.known(ME_SSN)
    file = await office.feed(submission("T1", *(str(int(ME_SSN) + step) for step in range(11))))
    assert await office.ask() == 0
    assert await office.state(file) == "contradiction"


async def test_the_purpose_is_the_case_numbers_or_else_what_the_reason_means(office: Office) -> None:
    me = await office.known(ME_SSN)
    await office.feed(submission("T1", ME_SSN, oca=f"2300-{me}", reason="STUDENT TEACHING"))
    await office.feed(submission("T2", ME_SSN, oca=me, reason="Initial  certification RSMo 168.133"))
    await office.feed(submission("T3", ME_SSN))
    await office.ask()
    found = await office.of("T1", "T2", "T3")
    assert [found[OURS, tcn].purpose for tcn in ("T1", "T2", "T3")] == ["2300", "2300", ""]


@pytest.mark.parametrize("status", [0, 401, 429, 500, 503])
async def test_with_educator_away_nothing_is_lost(office: Office, status: int) -> None:
    await office.known(ME_SSN)
    file = await office.feed(submission("T1", ME_SSN))
    office.educator.status = status
    with pytest.raises(EducatorAway) as away:
        await office.ask()
    assert ME_SSN not in str(away.value)
    assert await office.state(file) == "untied"
    office.educator.status = 200
    # Whoever took it up may still have the answer on its way.
    assert await office.ask() == 0
    assert await office.ask_all() == 1
    assert await office.state(file) == "tied"


async def test_the_loop_goes_on_after_educator_was_away_and_logs_no_number(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(submitted, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(submitted, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(submissions, "LEASE_SECONDS", 0)
    await office.known(ME_SSN)
    file = await office.feed(submission("T1", ME_SSN))
    office.educator.status = 503
    loop = asyncio.create_task(submitted.watch(office.service))
    async with asyncio.timeout(60):
        while len(office.educator.calls) < 3:
            await office.state(file)
        office.educator.status = 200
        while await office.state(file) != "tied":
            pass
    loop.cancel()
    assert "submissions wait for educator" in caplog.text
    assert ME_SSN not in caplog.text
    assert BORN not in caplog.text


async def test_pauses_grow_while_it_is_nobodys(office: Office) -> None:
    await office.feed(submission("T1", ME_SSN))
    await office.ask()
    assert await office.ask() == 0
    minutes = "SELECT round(extract(epoch FROM next_try_at - now()) / 60)::int FROM submissions"
    assert await office.bench.one(minutes) == 10
    await office.ask_all()
    assert await office.bench.one(minutes) == 20
    assert await office.bench.one("SELECT tries FROM submissions") == 2


@pytest.mark.parametrize("name", ["RIVERA,JORDAN", "RIVERA,JORDAN LEE"])
async def test_a_linked_profile_of_that_name_asks_again_at_once(office: Office, name: str) -> None:
    file = await office.feed(submission("T1", ME_SSN, name=name))
    await office.feed(submission("T2", OTHER_SSN, name="LEE,KIM"))
    assert await office.ask() == 2
    await office.known(ME_SSN)
    assert await office.ask() == 1
    assert await office.state(file) == "tied"
    assert await office.bench.rows("SELECT * FROM heard") == []


async def test_a_linked_profile_that_the_case_number_names_asks_again_at_once(office: Office) -> None:
    me = an_educator()
    file = await office.feed(submission("T1", ME_SSN, oca=f"2301-{me}", name="SMITH,JORDAN"))
    await office.ask()
    office.educator.people[ME_SSN] = (me, BORN)
    await office.hears(me)
    assert await office.ask() == 1
    assert await office.state(file) == "tied"


async def test_who_is_heard_of_while_nothing_waits_is_not_noted(office: Office) -> None:
    await office.known(ME_SSN)
    await office.feed(submission("T1", ME_SSN))
    await office.ask()
    await office.known(OTHER_SSN)
    assert await office.bench.rows("SELECT * FROM heard") == []


async def test_until_the_name_is_heard_it_stays_untied(office: Office) -> None:
    me = an_educator()
    office.educator.people[ME_SSN] = (me, BORN)
    file = await office.feed(submission("T1", ME_SSN))
    await office.ask()
    assert await office.state(file) == "untied"
    await office.hears(me)
    await office.ask()
    assert await office.state(file) == "tied"


async def test_answers_placed_before_it_was_tied_are_looked_at_again(office: Office) -> None:
    me = await office.known(ME_SSN)
    by_number = await office.received(answer(oca=f"2301-{me}", tcr="T1"))
    by_nothing = await office.received(answer(tcr="T1"))
    await office.received(answer(tcr="T2"))
    aside = await office.received(answer(tcr="T1"))
    await office.bench.do("UPDATE answers SET place = 'set_aside' WHERE id = :id", id=aside)
    elsewhere = await office.received(answer(tcr="T1"))
    await office.bench.do("UPDATE answers SET destination = 'ILOTHER00' WHERE id = :id", id=elsewhere)
    await office.feed(submission("T1", ME_SSN))
    assert await office.looks() == []
    await office.ask()
    assert await office.looks() == sorted([by_number, by_nothing])
    await office.bench.do(
        "UPDATE answers SET how = 'submission', claimed_id = :me WHERE id = ANY(:ids)",
        me=me,
        ids=[by_number, by_nothing],
    )
    async with office.bench.database.transaction() as session:
        await submissions.looked(session, [by_number, by_nothing])
        await submissions.look_again(session)
    assert await office.looks() == []


async def test_an_answer_that_came_while_it_was_tied_is_found_by_the_sweep(office: Office) -> None:
    await office.known(ME_SSN)
    await office.feed(submission("T1", ME_SSN))
    await office.ask()
    late = await office.received(answer(tcr="T1"))
    # as if whoever took it in had not seen the tie
    await office.bench.do("UPDATE answers SET place = 'unmatched', how = '', educator_id = NULL, purpose = NULL")
    async with office.bench.database.transaction() as session:
        await submissions.look_again(session)
    assert await office.looks() == [late]


async def test_it_is_not_tied_while_an_answer_is_placed_without_it(office: Office) -> None:
    me = await office.known(ME_SSN)
    file = await office.feed(submission("T1", ME_SSN))
    async with office.bench.database.transaction() as session:
        (question,) = await submissions.take_up(session, office.vault, 10)

    async def settle() -> None:
        async with office.bench.database.transaction() as session:
            await submissions.settle(session, [(question, [Match(me, born=True)])])

    async with office.bench.database.transaction() as placing:
        assert await submissions.of(placing, [(OURS, "T1")]) == {}
        settling = asyncio.create_task(settle())
        async with asyncio.timeout(60):
            while not await office.bench.rows(_WAITING):
                pass
        assert await office.state(file) == "untied"
    await settling
    assert await office.state(file) == "tied"


async def test_each_tie_and_contradiction_stands_in_the_trail(office: Office) -> None:
    me = await office.known(ME_SSN)
    mine = await office.feed(submission("T1", ME_SSN))
    wrong = await office.feed(submission("T2", ME_SSN, born="19990429"))
    await office.ask()
    rows = await office.bench.rows(
        "SELECT action, subject, new FROM audit WHERE action LIKE 'submission.%' ORDER BY id"
    )
    assert rows == [
        {"action": "submission.tied", "subject": f"educator:{me}", "new": {"submission": str(mine)}},
        {"action": "submission.contradicts", "subject": f"submission:{wrong}", "new": {"possible": [me]}},
    ]


async def test_educator_itself_answers_the_call(office: Office, fresh_database: DatabaseMaker) -> None:
    keys = office.service.settings.home / "keys"
    settings = EducatorSettings(
        postgres=fresh_database("educator"),
        kafka="127.0.0.1:1",
        redis="redis://127.0.0.1:1",
        origin="http://localhost:8153",
        port=8153,
        keys=keys,
    )
    app = build("educator", settings=settings, routers=[educator_api.router])
    house = House(app.state.service.database, Keys(keys, "educator"))
    jordan = await house.linked(Account("jordan.rivera"), ME_SSN)
    await office.hears(jordan)
    await office.service.http.aclose()
    office.service.http = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    mine = await office.feed(submission("T1", OTHER_SSN, ME_SSN))
    wrong = await office.feed(submission("T2", ME_SSN, born="00000000"))
    assert await office.ask() == 2
    assert [await office.state(mine), await office.state(wrong)] == ["tied", "contradiction"]
    await app.state.service.close()


async def test_several_that_ask_at_once_take_up_each_submission_once(office: Office) -> None:
    for step in range(20):
        await office.feed(submission(f"T{step}", f"5123400{step:02d}"))
    asked = await asyncio.gather(*(office.ask() for _ in range(4)))
    assert sum(asked) == 20
    assert await office.bench.one("SELECT max(tries) FROM submissions") == 1
    assert datetime.now(UTC) > await office.bench.one("SELECT max(settled_at) FROM submissions")


async def test_answers_end_alike_whether_the_submission_comes_before_or_after(office: Office) -> None:
    me, other = await office.known(ME_SSN), await office.known(OTHER_SSN)
    answers = [answer(tcr="T1"), answer(oca=other, tcr="T1")]
    answers += [answer(oca=f"2301-{me}", tcr="T1"), answer(oca=me, tcr="T2")]
    copies = [submission("T1", ME_SSN, reason="INITIAL CERTIFICATION"), submission("T2", ME_SSN, OTHER_SSN)]
    ends = []
    for order in (copies + answers, answers + copies, copies[:1] + answers + copies[1:]):
        await office.bench.do("TRUNCATE submissions, answers, pieces, files, reviews, second_looks CASCADE")
        for content in order:
            await office.bench.take(content)
            if content in copies:
                await office.ask()
        await awaited.once(office.bench.database, office.vault)
        ends.append(
            await office.bench.rows(
                "SELECT tcn, place, why, how, educator_id, purpose FROM answers WHERE place <> 'kept' ORDER BY tcn"
            )
        )
    assert ends[0] == ends[1] == ends[2]
    assert [(row["place"], row["why"], row["how"], row["educator_id"], row["purpose"]) for row in ends[0]] == [
        ("matched", "", "submission", me, "2300"),
        ("unmatched", "two_people", "", None, None),
        ("matched", "", "submission", me, "2301"),
        ("unmatched", "two_people", "", None, None),
    ]
