"""The department's list: found, filtered, paged, taken up, and taken along."""

import csv
import io
import zipfile
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, text

from services.certificate import export
from services.certificate.actions import queue
from services.certificate.actions.cases import Found
from services.certificate.attention import count
from services.certificate.rules.deeds import Hold, Pay, Recommend, Withdraw
from shared.auth import Grant
from shared.educator_id import make, shown
from shared.events import EducatorIdentified, NameChanged, Role
from shared.policy import today
from tests.certificate.conftest import ROBIN, Bench, days, professional, substitute
from tests.certificate.portal import Answer, Portal

DAY = today()


async def somebody(bench: Bench, number: int, last: str, first: str = "Sky") -> Bench:
    """Another educator, with a name."""
    account = uuid4()
    new = await bench.another()
    educator_id = make(number)
    object.__setattr__(new, "robin", type(bench.robin)(account, "sky", bench.robin.party, educator_id=educator_id))
    await new.hear(EducatorIdentified, account_id=account)
    await new.hear(NameChanged, first_name=first, last_name=last)
    return new


def numbers(page: Answer) -> list[str]:
    """The applications in the list, as they stand there."""
    assert page.tree is not None
    return [str(one.text_content()).strip() for one in page.tree.xpath("//tbody//th/a")]


def number(found: Found) -> str:
    return f"A{found.row.number}"


def tick(found: Found, version: int = 1) -> str:
    return f"{found.row.id}.{version}"


async def audited(bench: Bench, action: str) -> list[Any]:
    async with bench.database.reading() as session:
        query = text("SELECT actor_name, subject, new FROM audit WHERE action = :action ORDER BY id")
        return list(await session.execute(query, {"action": action}))


async def test_open_applications_stand_there_oldest_first_and_ended_ones_are_asked_for(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    newer = await bench.submit("substitute", substitute(), DAY)
    other = await somebody(bench, 100, "Older")
    older = await other.submit("ipc", professional(), DAY - days(9))
    third = await somebody(bench, 101, "Gone")
    gone = await third.submit("substitute", substitute(), DAY - days(3))
    await third.act(gone, third.robin, Withdraw(), DAY)
    page = await portal.get("/staff/queue", analyst)
    assert numbers(page) == [number(older), number(newer)]
    assert "Example, Robin" in page.text
    assert shown(ROBIN) in page.text
    ended = await portal.get("/staff/queue?show=ended", analyst)
    assert numbers(ended) == [number(gone)]
    assert "Assign to me" in page.text
    assert "Assign to me" not in ended.text, "where there is nothing to tick"
    assert numbers(await portal.get("/staff/queue?show=all", analyst)) == [number(older), number(gone), number(newer)]


@pytest.mark.parametrize("asked", ["q={number}", "state=withdrawn"])
async def test_where_only_an_ended_one_fits_the_way_to_it_is_shown(
    portal: Portal, bench: Bench, analyst: str, asked: str
) -> None:
    gone = await bench.submit("substitute", substitute(), DAY)
    await bench.act(gone, bench.robin, Withdraw(), DAY)
    page = await portal.get("/staff/queue?" + asked.format(number=number(gone)), analyst)
    assert numbers(page) == []
    assert "Only open applications were looked through." in page.text
    assert numbers(await portal.get(page.links["Look through ended ones, too"], analyst)) == [number(gone)]
    assert "Only open" not in (await portal.get("/staff/queue?show=all&q=A999999", analyst)).text


async def test_each_choice_of_what_to_show_stands_there_once(portal: Portal, analyst: str) -> None:
    page = await portal.get("/staff/queue?show=ended", analyst)
    assert page.tree is not None
    shown_ = [one.text_content() for one in page.tree.xpath("//select[@id='show']/option")]
    assert shown_ == ["Open", "Ended", "All"]
    assert page.tree.xpath("//select[@id='show']/option[@selected]/@value") == ["ended"]


async def test_each_filter_finds_what_it_says(portal: Portal, bench: Bench, analyst: str) -> None:
    mine = await bench.submit("substitute", substitute(), DAY)
    other = await somebody(bench, 100, "O'Briën_%")
    theirs = await other.submit("ipc", professional(), DAY)
    await bench.act(mine, bench.analyst, Hold("Waits for the court"), DAY)
    await portal.post("/staff/queue", analyst, {"pick": tick(mine, 2)})
    found = {
        "class=ipc": [theirs],
        "class=substitute": [mine],
        "state=at_institution": [theirs],
        "move=institution": [theirs],
        "move=department": [],
        "assigned=me": [mine],
        "assigned=nobody": [theirs],
        "held=yes": [mine],
        "held=no": [theirs],
        "institution=river-bend": [theirs],
        "institution=ozark-hills": [],
        f"q={number(mine)}": [mine],
        f"q={theirs.row.number}": [theirs],
        f"q={ROBIN}": [mine],
        f"q={shown(make(100))}": [theirs],
        "q=exam": [mine],
        "q=o%27brien_%25": [theirs],
        # however it is written: without its accents or with others, with the apostrophe of a phone
        "q=O%E2%80%99BRI%C3%89N": [theirs],
        "q=o+brien": [theirs],
        "q=%25": [],
        "q=_": [],
        "q=nobody%27;--": [],
        # what is no choice of the page asks for nothing
        "class=x&state=x&move=x&assigned=x&held=x&institution=x&show=x&page=x": [mine, theirs],
        "page=99999999": [mine, theirs],
    }
    for query, expected in found.items():
        page = await portal.get(f"/staff/queue?{query}", analyst)
        assert (query, page.status, numbers(page)) == (query, 200, [number(one) for one in expected])


@pytest.mark.parametrize("words", ["512-34-5678", "512345678", "x" * 101, "%E2%80%8B"])
async def test_no_search_takes_a_social_security_number_or_what_no_name_is(
    portal: Portal, analyst: str, words: str
) -> None:
    for path in ("/staff/queue", "/staff/queue/export.csv", "/staff/queue/export.xlsx"):
        assert (await portal.get(f"{path}?q={words}", analyst)).status == 422


async def many(bench: Bench, count: int) -> None:
    """Applications as rows alone, all of one day, with names."""
    rows = """
        INSERT INTO applications (id, educator_id, class_code, received_on, version, state, move, since, due_on, held)
        SELECT gen_random_uuid(), lpad(n::text, 8, '0'), 'substitute', :day, 1, 'incomplete', 'educator', :day, :day,
            false FROM generate_series(1, :count) n
    """
    names = """
        INSERT INTO names (educator_id, first_name, last_name, sequence)
        SELECT lpad(n::text, 8, '0'), 'Sky', 'Name' || n, 1 FROM generate_series(1, :count) n
    """
    async with bench.database.transaction() as session:
        await session.execute(text(rows), {"day": DAY, "count": count})
        await session.execute(text(names), {"count": count})
    async with bench.database.reading() as session:
        await session.execute(text("ANALYZE"))


async def test_pages_hold_each_application_once_and_cost_the_same_however_many_there_are(
    portal: Portal, bench: Bench, analyst: str
) -> None:
    await bench.submit("substitute", substitute(), DAY)
    statements: list[str] = []
    engine = portal.app.state.service.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", lambda c, cur, statement, *_: statements.append(statement))
    await portal.get("/staff/queue", analyst)
    few = len(statements)
    await many(bench, 120)
    statements.clear()
    seen = numbers(await portal.get("/staff/queue", analyst))
    assert len(statements) == few
    seen += numbers(await portal.get("/staff/queue?page=2", analyst))
    seen += numbers(await portal.get("/staff/queue?page=3", analyst))
    assert len(seen) == len(set(seen)) == 121
    assert seen == sorted(seen)


async def test_the_first_page_of_ten_thousand_is_read_from_the_index(bench: Bench) -> None:
    await many(bench, 10_000)
    statement = queue._ordered(queue.Wanted(), uuid4()).limit(queue.AT_ONCE)
    async with bench.database.reading() as session:
        connection = await session.connection()
        sql = str(statement.compile(connection.engine.sync_engine, compile_kwargs={"literal_binds": True}))
        plan = "\n".join((await session.scalars(text(f"EXPLAIN {sql}".replace(":", "\\:")))).all())
    assert "ix_applications_queue" in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


async def test_several_are_taken_at_once_and_whoever_comes_second_is_told(
    portal: Portal, bench: Bench, analyst: str, reviewer: str
) -> None:
    one = await bench.submit("substitute", substitute(), DAY)
    two = await bench.submit("ipc", professional(), DAY)
    ticked = {"pick": [tick(one), tick(two)], "class": "ipc"}
    answer = await portal.post("/staff/queue", analyst, ticked)
    assert (answer.status, answer.to) == (303, "/staff/queue?class=ipc")
    assert (await bench.find(one, DAY)).row.assigned_name == (await bench.find(two, DAY)).row.assigned_name
    late = await portal.post("/staff/queue", reviewer, ticked)
    assert late.status == 303
    assert (await bench.find(one, DAY)).row.assigned_to == bench.analyst.account_id
    # pressed twice it is done once
    await portal.post("/staff/queue", analyst, ticked)
    assert (await bench.find(one, DAY)).case.version == 2


async def test_one_that_cannot_be_taken_keeps_no_other_back(portal: Portal, bench: Bench, analyst: str) -> None:
    one = await bench.submit("substitute", substitute(), DAY)
    two = await bench.submit("ipc", professional(), DAY)
    await bench.act(two, bench.robin, Withdraw(), DAY)
    answer = await portal.post("/staff/queue", analyst, {"pick": [tick(two, 2), tick(one), f"{uuid4()}.1"]})
    assert answer.status == 303
    assert (await bench.find(one, DAY)).row.assigned_to == bench.analyst.account_id
    assert (await bench.find(two, DAY)).row.assigned_to is None


async def test_nothing_ticked_is_said_and_nonsense_is_refused(portal: Portal, analyst: str) -> None:
    assert "Tick the applications" in (await portal.post("/staff/queue", analyst)).problems[0]
    assert (await portal.post("/staff/queue", analyst, {"pick": "x.1"})).status == 422


async def test_an_analysts_own_application_is_not_theirs_to_take(portal: Portal, bench: Bench) -> None:
    own = portal.sign_in(bench.robin.account_id, "robin.example", Grant(role=Role.ANALYST))
    found = await bench.submit("substitute", substitute(), DAY)
    await portal.post("/staff/queue", own, {"pick": tick(found)})
    assert (await bench.find(found, DAY)).row.assigned_to is None
    page = await portal.get("/staff/queue", own)
    assert page.tree is not None
    assert "Your own: somebody else works on it" in page.text
    assert not page.tree.xpath("//tbody//a | //tbody//input")


async def test_an_administrator_reads_and_has_nothing_to_press(
    portal: Portal, bench: Bench, administrator: str
) -> None:
    found = await bench.submit("substitute", substitute(), DAY)
    page = await portal.get("/staff/queue", administrator)
    assert numbers(page) == [number(found)]
    assert page.tree is not None
    assert page.tree.xpath("//main//form[@method='post'] | //main//input[@type='checkbox']") == []
    assert (await portal.post("/staff/queue", administrator, {"pick": tick(found)})).status == 403


async def test_the_list_leaves_as_csv_harmless_and_recorded(portal: Portal, bench: Bench, analyst: str) -> None:
    explained = {"convicted": "I took a bag from a store in 2011."}
    await bench.submit("substitute", substitute(conduct=explained), DAY)
    other = await somebody(bench, 100, '=HYPERLINK("http://evil.example")', "@Sky")
    await other.submit("ipc", professional(), DAY)
    answer = await portal.get("/staff/queue/export.csv", analyst)
    assert answer.response.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.response.headers["content-disposition"].startswith("attachment")
    assert answer.response.headers["cache-control"] == "no-store"
    rows = list(csv.DictReader(io.StringIO(answer.response.content.decode("utf-8-sig"))))
    assert [row["Last name"] for row in rows] == ["Example", '\'=HYPERLINK("http://evil.example")']
    assert rows[1]["First name"] == "'@Sky"
    assert rows[0]["Received"] == DAY.isoformat()
    assert rows[0]["Educator ID"] == ROBIN
    assert "bag" not in answer.response.text
    await portal.get("/staff/queue/export.csv?class=ipc&q=zzz", analyst)
    assert [(one.actor_name, one.subject, one.new) for one in await audited(bench, "applications.exported")] == [
        ("avery.analyst", "export:csv", {"filter": {"show": "open"}, "rows": 2}),
        ("avery.analyst", "export:csv", {"filter": {"show": "open", "class_code": "ipc", "words": "zzz"}, "rows": 0}),
    ]


async def test_the_workbook_holds_words_and_no_formula(portal: Portal, bench: Bench, administrator: str) -> None:
    other = await somebody(bench, 100, "=1+1")
    await other.submit("ipc", professional(), DAY)
    answer = await portal.get("/staff/queue/export.xlsx", administrator)
    with zipfile.ZipFile(io.BytesIO(answer.response.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "'=1+1" in words
    assert DAY.isoformat() in words
    assert len(await audited(bench, "applications.exported")) == 1


async def test_more_than_a_file_holds_is_not_begun(
    portal: Portal, bench: Bench, analyst: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.submit("substitute", substitute(), DAY)
    await bench.submit("ipc", professional(), DAY)
    monkeypatch.setattr(queue, "MOST_EXPORTED", 1)
    answer = await portal.get("/staff/queue/export.csv", analyst)
    assert (answer.status, "Narrow the list" in answer.text) == (422, True)
    assert await audited(bench, "applications.exported") == []


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_what_could_begin_a_formula_stands_behind_an_apostrophe(start: str) -> None:
    assert export.harmless(f"{start}cmd") == f"'{start}cmd"
    assert export.harmless("O'Brien-Smith") == "O'Brien-Smith"
    assert export.harmless(date(2026, 8, 4)) == "2026-08-04"
    assert export.harmless(None) == ""


async def test_only_what_waits_for_the_department_needs_its_attention(bench: Bench) -> None:
    found = await bench.submit("substitute", substitute(conduct={"convicted": "Yes, once."}), DAY)
    await bench.submit("ipc", professional(), DAY)
    await bench.act(found, bench.analyst, Pay(50, "check 1"), DAY)
    async with bench.database.transaction() as session:
        await session.execute(text("UPDATE applications SET move = 'department' WHERE id = :id"), {"id": found.row.id})
    async with bench.database.reading() as session:
        (one,) = await count(session)
    assert (one.count, one.href) == (1, "/staff/queue?move=department&held=no")


async def test_a_recommended_one_moves_on(portal: Portal, bench: Bench, analyst: str) -> None:
    found = await bench.submit("ipc", professional(), DAY)
    await bench.act(found, bench.official, Recommend("bachelor", DAY - days(30)), DAY)
    assert numbers(await portal.get("/staff/queue?state=incomplete&move=educator", analyst)) == [number(found)]
