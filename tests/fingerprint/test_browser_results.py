"""The pages of results that came in, in a real browser, with a full ledger: axe, the Nu checker, nothing sideways."""

# ruff: noqa: F401, F811 - pytest finds fixtures by their names

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Page
from sqlalchemy import text

from services.fingerprint import tables
from services.fingerprint.actions import results
from services.fingerprint.metering import weigh
from shared.events import Role
from tests.browser.conftest import (
    Checked,
    NewPage,
    browser,
    checked,
    documents,
    new_page,
    nu,
)
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.bundling import a_zip
from tests.fingerprint.conftest import Bench, arrival
from tests.fingerprint.site import Site
from tests.fingerprint.test_pages_uploading import upload
from tests.visitor import Visitor

ROWS = 10_000


@pytest.fixture(params=[(1280, True), (320, False)], ids=["1280-js", "320-plain"])
async def page(request: pytest.FixtureRequest, new_page: NewPage) -> Page:
    """A computer's window with JavaScript, the narrowest phone's without."""
    width, javascript = request.param
    return await new_page(width, javascript)


@pytest.fixture
async def full(bench: Bench, site: Site) -> UUID:
    """A ledger of many files over half a year, some damaged; many imports; a running one, whose id it is."""
    now = datetime.now(UTC)
    for week in range(12):
        for days in (1, 3, 5, 8, 13):
            educator = an_educator()
            await bench.know(educator)
            at = now - timedelta(days=7 * week)
            await bench.take(answer(STATE, educator), at=at - timedelta(days=days + week % 4))
            await bench.take(answer(FBI, educator), at=at)
    await weigh(bench.database)
    await bench.do(
        """
        INSERT INTO files (id, received_at, state, mark, reason, field, errors, source)
        SELECT gen_random_uuid(), now() - n * interval '25 minutes',
            CASE WHEN n % 9 = 0 THEN 'quarantined' ELSE 'read' END, decode(lpad(to_hex(n), 8, '0'), 'hex'),
            CASE WHEN n % 9 = 0 THEN 'missing' ELSE '' END, '',
            CASE WHEN n % 9 = 0 THEN CAST('[["missing", "2.073", 312], ["value", "2.059", 20]]' AS jsonb) ELSE '[]' END,
            CASE WHEN n % 4 = 0 THEN 'patrol-of-the-state' ELSE 'spool' END
        FROM generate_series(1, :rows) AS n
        """,
        rows=ROWS,
    )
    await bench.do(
        """
        INSERT INTO batches (id, kind, source, state, mark, received_at, ended_at, members, done, account_id)
        SELECT gen_random_uuid(), CASE WHEN n % 3 = 0 THEN 'upload' ELSE 'zip' END,
            CASE WHEN n % 3 = 0 THEN 'upload' ELSE 'spool' END, (ARRAY['done', 'quarantined', 'undone'])[1 + n % 3],
            decode(lpad(to_hex(n), 8, '0'), 'hex'), now() - n * interval '7 hours', now() - n * interval '7 hours',
            100, 100, CASE WHEN n % 3 = 0 THEN gen_random_uuid() END
        FROM generate_series(1, 400) AS n
        """
    )
    batch_id = uuid4()
    async with bench.database.transaction() as session:
        session.add(
            tables.Batch(
                id=batch_id,
                kind="zip",
                source="spool",
                state="running",
                mark=batch_id.bytes,
                received_at=now,
                members=12,
                done=3,
            )
        )
        await session.flush()
        files = [answer(FBI), answer(FBI)[:90], b"nothing at all"]
        arrivals = [arrival(one, f"{number}.eft", batch_id=batch_id, member=number) for number, one in enumerate(files)]
        await results.take(session, bench.vault, arrivals, 0.0)
    return batch_id


async def _as(page: Page, visitor: Visitor, site: Site) -> None:
    """The browser takes over the visitor's session."""
    ((name, value),) = visitor.cookies.items()
    secure = site.origin.replace("http:", "https:")
    await page.context.add_cookies([{"name": name, "value": value, "url": secure, "secure": True}])


async def test_every_page_with_a_full_ledger(
    bench: Bench, site: Site, page: Page, checked: Checked, full: UUID
) -> None:
    staff = site.sign_in(Role.ADJUDICATOR)
    await _as(page, staff, site)
    educator = await bench.one("SELECT min(educator_id) FROM answers")
    one = await bench.one("SELECT id FROM files WHERE batch_id = :id AND state = 'quarantined' LIMIT 1", id=full)
    day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
    for name, path in {
        "imports": "/staff/imports",
        "imports-refused": "/staff/imports?since=x&until=2026-01-01",
        "import-running": f"/staff/imports/{full}",
        "quarantine": "/staff/quarantine?page=3",
        "quarantine-one": f"/staff/quarantine/{one}",
        "search": "/staff/results/search",
        "search-educator": f"/staff/results/search?q={educator}",
        "search-days": f"/staff/results/search?since=2026-01-01&until={day}",
        "turnaround": "/staff/results/turnaround",
        "upload": "/staff/imports/upload",
    }.items():
        await page.goto(site.origin + path)
        await checked(page, f"results-{name}")
    await bench.do("UPDATE batches SET state = 'done', done = 3, members = 3, ended_at = now() WHERE id = :id", id=full)
    await page.goto(f"{site.origin}/staff/imports/{full}")
    await checked(page, "results-import-done")
    await bench.do(
        """
        WITH asked AS (UPDATE batches SET state = 'undoing' WHERE id = :id)
        INSERT INTO undoings VALUES (:id, gen_random_uuid(), 'dana.analyst', 'Sent by mistake', now(), '', 0)
        """,
        id=full,
    )
    await page.goto(f"{site.origin}/staff/imports/{full}")
    await checked(page, "results-import-undoing")
    await bench.do("UPDATE undoings SET refused = 'rested_on'")
    await bench.do("UPDATE batches SET state = 'done' WHERE id = :id", id=full)
    await page.goto(f"{site.origin}/staff/imports/{full}")
    await checked(page, "results-import-not-undone")
    upload(staff, a_zip({"a.eft": answer(FBI), "b.eft": answer(FBI)[:90]}))
    await page.goto(site.origin + staff.path)
    await checked(page, "results-upload-check")


async def test_a_running_import_goes_on_by_itself(bench: Bench, site: Site, new_page: NewPage, full: UUID) -> None:
    page = await new_page(1280, True)
    await _as(page, site.sign_in(Role.ANALYST), site)
    await page.goto(f"{site.origin}/staff/imports/{full}")
    await bench.do("UPDATE batches SET done = 9 WHERE id = :id", id=full)
    await page.get_by_text("9 of 12 files are done").first.wait_for()
    assert "9 of 12" in (await page.get_by_role("status").first.text_content() or "")
    await bench.do("UPDATE batches SET state = 'done', done = 12, ended_at = now() WHERE id = :id", id=full)
    await page.get_by_role("button", name="Undo this import").wait_for()
