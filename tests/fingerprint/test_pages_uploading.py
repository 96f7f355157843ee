"""Staff upload results: checked first, imported if they say so, undone where nothing rests on it."""

import re
from pathlib import Path
from uuid import UUID

import pytest

from services.fingerprint import sources, undone
from services.fingerprint.pages.uploading import LARGEST
from services.fingerprint.rules.check import State
from services.fingerprint.sources import Rule
from shared.events import Role
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice
from tests.fingerprint.bundling import a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site
from tests.fingerprint.spooling import Box, a_box
from tests.visitor import Answer, Visitor


@pytest.fixture
def box(bench: Bench, site: Site, tmp_path: Path) -> Box:
    """The importers of what staff upload, in the pages' own home."""
    return a_box(bench, tmp_path, sources.uploads(site.service.settings.home), rule=Rule.RENAMED)


def upload(staff: Visitor, content: bytes, name: str = "Rivera, Jordan.zip") -> Answer:
    """Choose a file and press "Check"."""
    staff.open("/staff/imports/upload")
    csrf = staff.tree.xpath("//main//input[@name='csrf']")[0].get("value")
    sent = staff.send("POST", "/staff/imports/upload", data={"csrf": csrf}, files={"file": (name, content)})
    if sent.status == 303:
        staff.open(sent.headers["location"])
    return sent


async def test_an_upload_is_checked_then_imported(bench: Bench, site: Site, box: Box) -> None:
    educator = an_educator()
    await bench.know(educator)
    staff = site.sign_in(Role.ANALYST, username="sam.analyst")
    pair = {"a.eft": answer(FBI, educator), "b.eft": answer(STATE, educator), "c.eft": answer(FBI)[:90]}
    upload(staff, a_zip(pair))
    assert staff.heading == "Check before the import"
    assert re.search(r"Would be read\s*2", staff.text)
    assert re.search(r"Cannot be read\s*1", staff.text)
    assert "The file ends before the record does." in staff.text
    assert "Rivera" not in staff.path + staff.text
    assert await bench.one("SELECT count(*) FROM files") == 0
    staff.press("Import")
    assert staff.status == 200
    assert "Running" in staff.text
    await box.after(1)
    staff.open(staff.path)
    assert "Done" in staff.text
    assert "sam.analyst" in staff.text
    assert "sam.analyst" in staff.open("/staff/imports").text
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_each_check_is_a_row_in_the_trail(bench: Bench, site: Site) -> None:
    """Whoever knows all of an answer but its finding could try both: that must be somebody's to answer for."""
    known = answer(FBI, an_educator())
    await bench.take(known)
    staff = site.sign_in(Role.ANALYST, username="sam.analyst")
    upload(staff, a_zip({"a.eft": known, "b.eft": known.replace(b"2.059:N", b"2.059:I"), "c.eft": known[:90]}))
    (row,) = await bench.rows("SELECT actor_name, subject, new FROM audit WHERE action = 'upload.checked'")
    assert row["actor_name"] == "sam.analyst"
    assert row["subject"] == f"upload:{staff.path.partition('?')[0].rpartition('/')[2]}"
    assert row["new"] == {"files": 3, "readable": 1, "repeated": 1, "damaged": 1, "refused": "", "there": False}


async def test_what_is_not_imported_is_removed(bench: Bench, site: Site) -> None:
    staff = site.sign_in(Role.ADMINISTRATOR)
    upload(staff, answer(FBI), "one.eft")
    checked = staff.path
    staff.press("Do not import")
    assert "Nothing was imported" in staff.text
    assert staff.open(checked).status == 404
    assert not list((sources.uploads(site.service.settings.home).folder / "checked").iterdir())


async def test_the_same_upload_changes_nothing(bench: Bench, site: Site, box: Box) -> None:
    staff, content = site.sign_in(Role.ANALYST), a_zip({"a.eft": answer(FBI)})
    upload(staff, content)
    staff.press("Import")
    await box.after(1)
    upload(staff, content)
    assert "It was imported before" in staff.text
    assert "Import" not in staff.buttons


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip"])
async def test_what_cannot_be_imported_says_why(bench: Bench, site: Site, content: bytes) -> None:
    staff = site.sign_in(Role.ANALYST)
    upload(staff, content, "x.zip")
    assert "cannot be imported" in staff.text
    assert "Import" not in staff.buttons


async def test_an_upload_is_bounded_and_ours(bench: Bench, site: Site) -> None:
    staff = site.sign_in(Role.ANALYST)
    assert upload(staff, b"x" * LARGEST).status == 413
    sent = staff.send("POST", "/staff/imports/upload", data={"csrf": "no"}, files={"file": ("a.zip", b"x")})
    assert sent.status == 403
    csrf = staff.open("/staff/imports/upload").tree.xpath("//main//input[@name='csrf']")[0].get("value")
    assert staff.send("POST", "/staff/imports/upload", data={"csrf": csrf}, files={"file": ("", b"")}).status == 422
    gone = f"/staff/imports/upload/{UUID(int=5)}"
    assert staff.open(gone).status == 404
    assert staff.send("POST", gone, fields={"csrf": csrf, "decision": "import"}).status == 404
    assert not (sources.uploads(site.service.settings.home).folder / "checked").exists()


async def test_an_import_is_undone_with_a_reason(bench: Bench, site: Site, box: Box) -> None:
    educator = an_educator()
    await bench.know(educator)
    staff = site.sign_in(Role.ANALYST)
    upload(staff, a_zip({"a.eft": answer(FBI, educator)}))
    staff.press("Import")
    await box.after(1)
    csrf = staff.open(staff.path).tree.xpath("//main//input[@name='csrf']")[0].get("value")
    assert staff.press("Undo this import").status == 422
    staff.fill("Reason", "It was another state's").press("Undo this import")
    assert "Being undone" in staff.text
    assert "Undo this import" not in staff.text
    assert await undone.once(bench.database, bench.vault)
    assert "1 answer of it counts no more. Reason: It was another state's" in staff.open(staff.path).text
    assert "Undone" in staff.text
    assert staff.send("POST", f"{staff.path}/undo", fields={"csrf": csrf, "reason": "Twice"}).status == 409
    assert (await bench.standing(educator)).state is State.NOTHING_YET


async def test_an_import_on_which_something_rests_says_so(bench: Bench, site: Site, box: Box) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    staff = site.sign_in(Role.ANALYST)
    upload(staff, a_zip({"a.eft": answer(FBI, educator)}))
    staff.press("Import")
    await box.after(1)
    staff.open(staff.path).fill("Reason", "Sent by mistake").press("Undo this import")
    assert await undone.once(bench.database, bench.vault)
    assert "It was not undone" in staff.open(staff.path).text
    assert "rests on an answer" in staff.text
    assert "Undo this import" in staff.text
    assert (await bench.standing(educator)).state is State.CLEARED


async def test_a_notice_of_an_import_that_was_undone_stands_in_no_list_of_staff(
    bench: Bench, site: Site, box: Box
) -> None:
    """It tells of a record by being there."""
    educator = an_educator()
    await bench.know(educator)
    staff = site.sign_in(Role.ANALYST)
    upload(staff, a_zip({"a.eft": answer(FBI, tcn="CLEAN1"), "n.eft": notice(educator, tcn="NOTICE1")}))
    staff.press("Import")
    await box.after(1)
    staff.open(staff.path).fill("Reason", "Sent by mistake").press("Undo this import")
    assert await undone.once(bench.database, bench.vault)
    assert "2 answers of it count no more" in staff.open(staff.path).text
    assert "CLEAN1" in staff.open("/staff/unmatched").text
    assert "NOTICE1" not in staff.text
    answer_id = await bench.one("SELECT id FROM answers WHERE tcn = 'NOTICE1'")
    assert staff.open(f"/staff/unmatched/{answer_id}").status == 404
