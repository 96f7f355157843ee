"""Who may be meant by an answer that matches nobody, as staff see it, and that it tells nothing of records."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from services.fingerprint.actions import candidates, receipts
from services.fingerprint.rules.check import State
from shared import educator_id as educator_ids
from shared.auth import Caller
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, submission
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site
from tests.visitor import Visitor

ACTOR = Caller(account_id=uuid4(), username="jordan.rivera", roles=(), session_hash="")


async def typed(bench: Bench, educator_id: str, tcn: str) -> None:
    async with bench.database.transaction() as session:
        await receipts.add(session, educator_id, tcn, ACTOR)


async def asked(bench: Bench, educator_id: str, purpose: str = "2301", days: int = 9) -> None:
    await bench.do(
        "INSERT INTO preparations VALUES (:id, 'practicum', :purpose, '2026-1', now() - make_interval(days => :days))",
        id=educator_id,
        purpose=purpose,
        days=days,
    )


def offered(staff: Visitor) -> dict[str, str]:
    """Educator ID and reasons of each candidate, in order."""
    radios = staff.tree.xpath("//input[@name='candidate'][@value!='other']")
    texts = [staff.tree.xpath(f"string(//*[@id='{radio.get('aria-describedby')}'])") for radio in radios]
    return dict(zip([radio.get("value") for radio in radios], texts, strict=True))


def open_one(site: Site) -> Visitor:
    return site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open")


def swapped(number: str) -> str:
    """The same with two neighbours swapped."""
    place = next(place for place in range(7) if number[place] != number[place + 1])
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not educator_ids.is_valid(wrong)
    return wrong


async def test_candidates_are_shown_ranked_with_every_reason(bench: Bench, site: Site) -> None:
    me, friend, namesake, stranger = (an_educator() for _ in range(4))
    for number, first, last in ((me, "Jordan", "Smith"), (friend, "Kim", "Lee"), (namesake, "Jordan", "Rivera")):
        await bench.know(number, first, last)
    await bench.name(me, "Jordan", "Smith", "Rivera", sequence=5)
    await bench.know(stranger, "Pat", "Olsen")
    await asked(bench, me)
    await typed(bench, friend, "MODESE7")
    await bench.take(answer(FBI, f"2301-{swapped(me)}", tcr="modese7"))
    assert list(offered(open_one(site)).items()) == [
        (
            me,
            "The case number is theirs when two neighboring digits are swapped. The name in the answer is one that they"
            " had before. They asked for a code 9 days before the answer came.",
        ),
        (namesake, "The name in the answer is theirs."),
        (
            friend,
            "They entered this number (TCN) from a receipt. A friend's receipt would do, so ask."
            " The name in the answer is not theirs.",
        ),
    ]


async def test_names_are_found_however_they_are_written(bench: Bench, site: Site) -> None:
    me = an_educator()
    await bench.know(me, "María José", "O'Neil-García")
    await bench.take(answer(FBI, name="ONEIL GARCIA,MARIA JOSE"))
    assert list(offered(open_one(site))) == [me]


async def test_a_candidate_is_assigned_by_choosing(bench: Bench, site: Site) -> None:
    me = an_educator()
    await bench.know(me)
    await bench.take(answer(FBI))
    staff = open_one(site)
    staff.choose(f"{educator_ids.shown(me)}, Jordan Rivera").choose("Initial certificate").fill("Reason", "asked them")
    staff.fill("Educator ID", an_educator()).press("Assign")
    assert staff.status == 422
    assert "Leave one of them" in staff.text
    staff.fill("Educator ID", "").press("Assign")
    assert staff.status == 200
    assert (await bench.standing(me, "2300")).state is State.ONE_IN


async def test_whose_number_stands_in_a_contradicting_submission_is_found(bench: Bench, site: Site) -> None:
    me = an_educator()
    await bench.know(me, "Kim", "Lee")
    await bench.take(submission("T1"))
    await bench.do("DELETE FROM submissions")
    await bench.do(
        "INSERT INTO submissions (file_id, origin, tcn, received_at, state, possible, purpose, tries, next_try_at)"
        " SELECT id, 'MO920000Z', 'T1', now(), 'contradiction', ARRAY[:me], '', 0, now() FROM files",
        me=me,
    )
    await bench.do("UPDATE answers SET place = 'kept'")
    await bench.take(answer(FBI, tcr="T1"))
    assert offered(open_one(site))[me].startswith("Their Social Security Number stands in the copy")


async def test_without_a_clue_nobody_is_offered(bench: Bench, site: Site) -> None:
    await bench.know(an_educator(), "Kim", "Lee")
    await bench.take(answer(FBI, kind="ERRT"))
    staff = open_one(site)
    assert offered(staff) == {}
    assert "Who it may be" not in staff.text


async def test_of_a_name_that_many_share_those_who_asked_lately_are_found(
    bench: Bench, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidates, "OF_A_NAME", 2)
    sharing = [an_educator() for _ in range(6)]
    for number in sharing:
        await bench.know(number)
    await asked(bench, sharing[4], days=3)
    await asked(bench, sharing[2], days=20)
    await bench.take(answer(FBI))
    assert list(offered(open_one(site))) == [sharing[4], sharing[2]]


async def test_candidates_are_found_by_index(bench: Bench) -> None:
    await bench.do(
        "INSERT INTO persons SELECT lpad(n::text, 8, '0'), gen_random_uuid(), now(), n FROM generate_series(1, 20000) n"
    )
    await bench.do(
        "INSERT INTO known_names SELECT lpad(n::text, 8, '0'), 'First' || n, '', 'Last' || n, n, now()"
        " FROM generate_series(1, 20000) n"
    )
    for table in ("persons", "known_names", "typed_numbers", "submissions", "preparations"):
        await bench.do(f"ANALYZE {table}")
    await bench.take(answer(FBI, "2301-00000123", name="LASTX,FIRSTY", tcr="T1"))
    async with bench.database.engine.connect() as connection:
        await connection.exec_driver_sql("SET enable_seqscan = off")
        (row,) = (await connection.exec_driver_sql("SELECT id, received_at FROM answers")).all()
        values = {
            "answers": [row.id],
            "tcrs": ["T1"],
            "lasts": ["LASTX"],
            "firsts": ["FIRSTY"],
            "meant_for": [row.id],
            "meant": ["00000123"],
            "of_a_name": 50,
        }
        plan = str((await connection.execute(text(f"EXPLAIN {candidates.POSSIBLE.text}"), values)).all())
    assert "ix_known_names_key" in plan
    assert "ix_typed_numbers_tcn" in plan
    assert "ix_submissions_tcn" in plan
    assert not re.search(r"Seq Scan on (persons|known_names)", plan)


async def test_the_page_reads_the_same_for_a_record_and_none(bench: Bench, site: Site) -> None:
    me = an_educator()
    await bench.know(me)
    await asked(bench, me)
    staff = site.sign_in(Role.ANALYST)
    pages = []
    for found, rap_sheet in (("N", ""), ("I", "INVENTED RECORD\n" * 300), ("X", "")):
        await bench.do("UPDATE answers SET place = 'set_aside'")
        await bench.take(answer(STATE, f"2301-{swapped(me)}", tcn="A1", tcr="T1", found=found, rap_sheet=rap_sheet))
        staff.open("/staff/unmatched").follow("Open")
        body = staff.send("GET", staff.path).body.decode()
        body = re.sub(r'name="csrf" value="[^"]*"', "csrf", body)
        pages.append(re.sub(r'data-seconds="\d+"|\d+:\d\d\s[AP]M|[0-9a-f-]{36}', "", body))
    assert offered(staff)
    assert pages[1] == pages[0]
    assert pages[2] == pages[0]
