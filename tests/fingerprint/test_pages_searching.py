"""Staff search for answers by number, educator and day; each search is kept, and shows the same for every answer."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from services.fingerprint.actions import rotating
from shared import educator_id as educator_ids
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site

DAY = datetime(2026, 9, 1, 15, tzinfo=UTC)


async def test_an_answer_is_found_by_its_number_its_submissions_and_its_educator(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator, tcn="E555"), at=DAY)
    await bench.take(answer(STATE), at=DAY)
    await bench.do("UPDATE answers SET tcr = 'M777' WHERE tcn = 'E555'")
    for words in ("E555", "M777", educator, f"{educator[:4]} {educator[4:]}"):
        staff = site.sign_in(Role.ANALYST).open("/staff/results/search").fill("Number (TCN) or Educator ID", words)
        staff.press("Search")
        assert len(staff.tree.xpath("//tbody/tr")) == 1, words
        assert "E555" in staff.text
        assert "Matched" in staff.text


async def test_each_search_is_kept(bench: Bench, site: Site) -> None:
    educator = an_educator()
    staff = site.sign_in(Role.ANALYST, username="sam.analyst")
    staff.open("/staff/results/search")
    staff.open(f"/staff/results/search?q={educator}")
    staff.open("/staff/results/search?since=2026-09-01")
    assert await bench.rows("SELECT actor_name, subject, new FROM audit ORDER BY id") == [
        {
            "actor_name": "sam.analyst",
            "subject": f"educator:{educator}",
            "new": {"asked": {"q": educator}, "rows": 0},
        },
        {"actor_name": "sam.analyst", "subject": "results", "new": {"asked": {"since": "2026-09-01"}, "rows": 0}},
    ]


@pytest.mark.parametrize("words", ["512-34-5678", "512345678", "x" * 50, "q&since=2026-99-99", "&until=9999-12-31"])
async def test_what_cannot_be_searched_for_is_said_and_not_kept(bench: Bench, site: Site, words: str) -> None:
    staff = site.sign_in(Role.ANALYST).open(f"/staff/results/search?q={words}")
    assert staff.status == 422
    assert "512345678" not in staff.seen[-1].body.decode()
    assert await bench.rows("SELECT 1 FROM audit") == []


async def test_a_day_is_shown_page_by_page(bench: Bench, site: Site) -> None:
    files = [(answer(FBI, tcn=f"N{number:03d}"), f"{number}.eft") for number in range(120)]
    await bench.take_all(*files, at=DAY)
    await bench.take(answer(FBI, tcn="LATER"), at=DAY + timedelta(days=1))
    staff = site.sign_in(Role.ADMINISTRATOR).open("/staff/results/search?since=2026-09-01&until=2026-09-01")
    seen: list[str] = []
    for _ in range(3):
        seen += staff.tree.xpath("//tbody/tr/td[2]/text()")
        if "Next page" in staff.links:
            staff.follow("Next page")
    assert sorted(seen) == [f"N{number:03d}" for number in range(120)]
    assert "First page" in staff.links


async def test_a_notice_is_not_there_for_whoever_may_not_read_it(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator, tcn="E1"), at=DAY)
    await bench.take(notice(educator, tcn="E2"), at=DAY)
    await bench.take(notice(an_educator(), tcn="E3"), at=DAY)
    staff = site.sign_in(Role.ANALYST)
    for asked in (f"q={educator}", "q=E2", "q=E3", "since=2026-09-01"):
        text = staff.open(f"/staff/results/search?{asked}").text
        assert "E2" not in text.replace("q=E2", "")
        assert "E3" not in text


async def test_that_a_key_was_destroyed_tells_of_no_notice(bench: Bench, site: Site) -> None:
    seen = []
    for came in (False, True):
        educator = an_educator()
        await bench.know(educator)
        if came:
            await bench.take(notice(educator))
        async with bench.database.transaction() as session:
            await rotating.destroy(session, educator, None, "Order of the court")
        text = site.sign_in(Role.ANALYST).open(f"/staff/results/search?q={educator}").text
        text = text.replace(educator, "ID").replace(educator_ids.shown(educator), "ID")
        seen.append(re.sub(r"\d{1,2}:\d\d\s[AP]M", "TIME", text))
    assert seen[0] == seen[1]
    assert "no longer readable" in seen[0]


async def test_an_educators_standing_stands_above(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    staff = site.sign_in(Role.ANALYST)
    await bench.take(answer(FBI, educator))
    assert "The state answers next" in staff.open(f"/staff/results/search?q={educator}").text
    await bench.take(answer(STATE, educator))
    text = staff.open(f"/staff/results/search?q={educator}").text
    assert "Jordan Rivera" in text
    assert "Cleared on" in text


@pytest.mark.parametrize("below", ["", "x", "2026-09-01~1", "2026-09-01T00:00:00~00000000-0000-0000-0000-000000000000"])
async def test_any_place_in_the_list_is_answered(bench: Bench, site: Site, below: str) -> None:
    assert site.sign_in(Role.ANALYST).open(f"/staff/results/search?q=E1&below={below}").status == 200
