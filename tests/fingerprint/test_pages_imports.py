"""What staff see of what came in, and of what could not be read."""

import csv
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest

from services.fingerprint.ebts import write
from services.fingerprint.rules.damage import damages
from services.fingerprint.vault import digest_of
from shared.db import Database
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench, arrival
from tests.fingerprint.site import Site

DAY = datetime(2026, 9, 1, 15, tzinfo=UTC)


def damaged(tcn: str, rap_sheet: str = "") -> bytes:
    """An answer without 2.073, which every one must have; perhaps with a record and a bad byte in it."""
    header = {4: "SRE", 5: "20260901", 6: "6", 7: "MO920000Z", 8: FBI, 9: tcn, 11: "00.00", 12: "00.00"}
    text = {18: "RIVERA,JORDAN", 59: "I" if rap_sheet else "N"}
    if rap_sheet:
        text[75] = rap_sheet
    return write(header, [text])


async def a_batch(bench: Bench, *files: bytes, state: str = "done", account_id: UUID | None = None) -> UUID:
    """A batch with these files in the ledger."""
    batch_id = uuid4()
    async with bench.database.transaction() as session:
        from services.fingerprint import tables

        session.add(
            tables.Batch(
                id=batch_id,
                kind="zip",
                source="spool",
                state=state,
                mark=digest_of(batch_id.bytes),
                received_at=DAY,
                ended_at=DAY + timedelta(minutes=2) if state != "running" else None,
                members=len(files) + (state == "running"),
                done=len(files),
                account_id=account_id,
            )
        )
        await session.flush()
        from services.fingerprint.actions import results

        arrivals = [
            arrival(content, f"{number}.eft", at=DAY, batch_id=batch_id, member=number)
            for number, content in enumerate(files)
        ]
        await results.take(session, bench.vault, arrivals, 0.0)
    return batch_id


async def test_imports_count_what_became_of_files(bench: Bench, site: Site) -> None:
    good = answer(FBI)
    await a_batch(bench, good, good, answer(STATE)[:80])
    await bench.take(answer(FBI), at=DAY)
    await bench.take(b"nothing", at=DAY)
    await bench.take(good, at=DAY - timedelta(days=2))
    staff = site.sign_in(Role.ANALYST).open("/staff/imports")
    assert staff.status == 200
    rows = [re.split(r"\s+", row.text_content().strip()) for row in staff.tree.xpath("//tbody/tr")]
    assert rows[0][-5:-1] == ["3", "1", "1", "1"]
    assert [row[0] for row in rows[1:]] == ["2026-09-01", "2026-08-30"]
    assert rows[1][2:] == ["2", "1", "0", "1"]
    assert rows[2][2:] == ["1", "0", "1", "0"]


async def test_days_are_found_however_far_apart_and_go_on_with_older_ones(bench: Bench, site: Site) -> None:
    for days in range(0, 20 * 40, 40):
        await bench.take(answer(FBI), at=DAY - timedelta(days=days))
    staff = site.sign_in(Role.ADJUDICATOR).open("/staff/imports")
    assert len(staff.tree.xpath("//section[.//h2[@id='days']]//tbody/tr")) == 14
    staff.follow("Older days")
    assert len(staff.tree.xpath("//section[.//h2[@id='days']]//tbody/tr")) == 6
    assert "Older days" not in staff.links
    staff.follow("Newest days")
    assert len(staff.tree.xpath("//section[.//h2[@id='days']]//tbody/tr")) == 14


async def test_the_filter_narrows_and_says_what_is_no_date(bench: Bench, site: Site) -> None:
    await bench.take(answer(FBI), at=DAY)
    await bench.take(answer(FBI), at=DAY + timedelta(days=3))
    staff = site.sign_in(Role.ADMINISTRATOR).open("/staff/imports?since=2026-09-02&until=2026-09-30")
    assert "2026-09-04" in staff.text
    assert "2026-09-01" not in staff.text
    for wrong in ("since=yesterday", "since=2026-13-01", "since=2026-09-02&until=2026-09-01", "until=9999-12-31"):
        assert staff.open(f"/staff/imports?{wrong}").status == 422
    assert staff.open("/staff/imports?source=nowhere&state=odd&page=-1&before=x").status == 200


async def test_a_running_import_shows_how_far_it_is_and_refreshes(bench: Bench, site: Site) -> None:
    batch = await a_batch(bench, answer(FBI), state="running")
    staff = site.sign_in(Role.ANALYST).open(f"/staff/imports/{batch}")
    assert "1 of 2 files are done" in staff.text
    assert staff.tree.xpath("//*[@data-live]//progress[@value='1'][@max='2']")
    await bench.do("UPDATE batches SET state = 'done', done = 2 WHERE id = :id", id=batch)
    staff.follow("Refresh")
    assert not staff.tree.xpath("//*[@data-live]")


async def test_errors_leave_as_csv_and_that_is_recorded(bench: Bench, site: Site) -> None:
    batch = await a_batch(bench, answer(FBI), damaged("T1"), answer(FBI)[:80])
    staff = site.sign_in(Role.ANALYST, username="sam.analyst").open(f"/staff/imports/{batch}")
    assert "A field that this kind of message must have is missing or empty." in staff.text
    found = staff.send("GET", f"/staff/imports/{batch}/errors.csv")
    assert "attachment" in found.headers["content-disposition"]
    titles, *rows = csv.reader(StringIO(found.body.decode("utf-8-sig")))
    assert titles == ["File", "Received", "Code", "What is wrong", "Record", "Field", "Byte"]
    assert [row[0] for row in rows] == ["2", "3"]
    assert rows[0][5] == "2.073"
    trail = await bench.rows("SELECT actor_name, subject, new FROM audit WHERE action = 'results.exported'")
    assert trail == [
        {"actor_name": "sam.analyst", "subject": f"export:batch:{batch}", "new": {"filter": {}, "rows": 2}}
    ]


async def test_only_adjudicators_are_told_the_byte(bench: Bench, site: Site) -> None:
    await bench.take(damaged("T1"))
    analyst = site.sign_in(Role.ANALYST).open("/staff/quarantine").follow("Open")
    assert not re.search(r"byte [0-9]", analyst.text)
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/quarantine").follow("Open")
    assert re.search(r"byte [0-9]", adjudicator.text)


def test_a_field_is_named_only_where_everybodys_answers_have_it() -> None:
    errors = [["value", "2.075", 900], ["value", "2.014", 700], ["missing", "2.073", 20], ["tag", "1.008", 5]]
    told = damages(errors, in_full=False)
    assert [(one.record, one.field, one.offset) for one in told] == [
        ("2", "", None),
        ("2", "2.073", None),
        ("1", "1.008", None),
    ]
    assert [one.field for one in damages(errors, in_full=True)] == ["2.075", "2.014", "2.073", "1.008"]


@pytest.mark.parametrize("code", ["characters", "limit", "repeated"])
def test_what_is_wrong_in_a_rap_sheet_too_reads_as_where_there_is_none(code: str) -> None:
    """A name in a strange character set stands in both: there is one error without the sheet, and two with it."""
    missing = ["missing", "2.073", 900]
    without = damages([[code, "2.018", 300], missing], in_full=False)
    assert damages([[code, "2.018", 300], [code, "2.075", 500], missing], in_full=False) == without
    assert damages([[code, "2.075", 500], missing], in_full=False) == without
    assert len(without) == 2


async def test_a_file_is_read_again_after_the_reader_was_mended(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    whole = answer(FBI, educator)
    await bench.take(whole, at=DAY)
    await bench.take(whole, at=DAY + timedelta(days=1))
    (file,) = await bench.rows("SELECT id, mark FROM files WHERE state = 'read'")
    await unread(bench.database, file["id"])
    staff = site.sign_in(Role.ANALYST, username="sam.analyst").open("/staff/quarantine").follow("Open")
    assert staff.press("Read again").status == 422
    staff.fill("Reason", "The reader was mended").press("Read again")
    assert "The file is read." in staff.text
    rows = await bench.rows("SELECT id, state, mark, first_id, received_at FROM files ORDER BY received_at")
    assert [row["state"] for row in rows] == ["read", "duplicate"]
    assert rows[0]["mark"] == file["mark"]
    assert rows[0]["received_at"] == DAY
    assert rows[1]["first_id"] == rows[0]["id"]
    assert await bench.one("SELECT educator_id FROM answers") == educator
    assert await bench.one("SELECT count(*) FROM pieces") == 1
    (trail,) = await bench.rows("SELECT actor_name, reason, new FROM audit WHERE action = 'file.read_again'")
    assert trail == {"actor_name": "sam.analyst", "reason": "The reader was mended", "new": {"outcome": "read"}}
    assert staff.open(f"/staff/quarantine/{file['id']}").status == 404


async def test_what_is_still_damaged_stays_and_says_so(bench: Bench, site: Site) -> None:
    await bench.take(damaged("T1"))
    await bench.do("UPDATE files SET reason = 'empty', errors = '[[\"empty\", \"\", 0]]'")
    staff = site.sign_in(Role.ANALYST).open("/staff/quarantine").follow("Open")
    staff.fill("Reason", "Try").press("Read again")
    assert "still damaged" in staff.text
    assert "missing or empty" in staff.text
    assert await bench.rows("SELECT state, reason FROM files") == [{"state": "quarantined", "reason": "missing"}]


async def test_what_was_never_unpacked_is_not_read_again(bench: Bench, site: Site) -> None:
    await bench.take(b"nothing")
    await bench.do("UPDATE files SET reason = 'member_encrypted', errors = '[[\"member_encrypted\", \"\", 0]]'")
    staff = site.sign_in(Role.ANALYST).open("/staff/quarantine").follow("Open")
    assert "encrypted inside its .zip" in staff.text
    assert "Read again" not in staff.buttons


async def test_the_list_of_damaged_files_is_filtered_and_exported(bench: Bench, site: Site) -> None:
    await bench.take(damaged("T1"), at=DAY)
    await bench.take(answer(FBI)[:80], at=DAY + timedelta(days=1))
    staff = site.sign_in(Role.ANALYST).open("/staff/quarantine?code=missing")
    assert "1 file, the newest first" in staff.text
    found = staff.send("GET", "/staff/quarantine/export.csv?since=2026-09-02&until=2026-09-02")
    _, *rows = csv.reader(StringIO(found.body.decode("utf-8-sig")))
    assert [row[4] for row in rows] == ["truncated"]


async def unread(database: Database, file_id: UUID) -> None:
    """As if the reader had not understood this file when it came."""
    from sqlalchemy import text

    async with database.transaction() as session:
        for statement in (
            "DELETE FROM answers WHERE file_id = :id",
            "DELETE FROM checks",
            "DELETE FROM reviews",
            "UPDATE files SET state = 'quarantined', reason = 'tag', errors = '[[\"tag\", \"\", 0]]' WHERE id = :id",
        ):
            await session.execute(text(statement), {"id": file_id} if ":id" in statement else {})
