"""What staff upload is checked without being taken in, and takes the path of every other file."""

import os
import time
from pathlib import Path

import pytest

from services.fingerprint.actions import (
    uploads,
)
from services.fingerprint.rules.check import State
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.bundling import a_tar, a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.desk import DANA, Desk, a_desk


@pytest.fixture
def desk(bench: Bench, tmp_path: Path) -> Desk:
    return a_desk(bench, tmp_path)


async def test_an_upload_is_taken_in_like_any_other_file(desk: Desk) -> None:
    educator = an_educator()
    await desk.bench.know(educator)
    upload_id = await desk.keep(a_zip({"a.eft": answer(FBI, educator), "b.eft": answer(STATE, educator)}))
    await desk.box.after(1)
    assert await desk.bench.one("SELECT count(*) FROM files") == 0
    assert await desk.receive(upload_id) == "running"
    await desk.box.after(1)
    assert await desk.bench.rows("SELECT id, kind, state, members, done, account_id FROM batches") == [
        {
            "id": upload_id,
            "kind": "upload",
            "state": "done",
            "members": 2,
            "done": 2,
            "account_id": DANA.account_id,
        }
    ]
    assert (await desk.bench.standing(educator)).state is State.CLEARED
    assert desk.box.left == []
    assert await desk.bench.rows("SELECT DISTINCT source FROM files") == [{"source": "upload"}]


async def test_one_result_may_be_uploaded_by_itself(desk: Desk) -> None:
    upload_id = await desk.keep(answer(FBI, an_educator()))
    await desk.receive(upload_id, "one.eft")
    await desk.box.after(1)
    assert await desk.bench.rows("SELECT state, member FROM files") == [{"state": "read", "member": 0}]


async def test_the_same_upload_again_is_a_duplicate(desk: Desk) -> None:
    content = a_zip({"a.eft": answer(FBI, an_educator())})
    assert await desk.receive(await desk.keep(content)) == "running"
    await desk.box.after(1)
    assert await desk.receive(await desk.keep(content)) == "duplicate"
    await desk.box.after(1)
    assert await desk.bench.one("SELECT count(*) FROM files") == 1
    assert not _kept(desk)


async def test_an_upload_whose_page_did_not_commit_is_not_taken_in(desk: Desk) -> None:
    upload_id = await desk.keep(answer(FBI, an_educator()))
    async with desk.bench.database.transaction() as session:
        await uploads.receive(session, desk.bench.vault, desk.source, upload_id, "one.eft", DANA)
        await session.rollback()
    for _ in range(3):
        await desk.box.after(1)
    assert await desk.bench.one("SELECT count(*) FROM files") == 0
    assert len(desk.box.left) == 1
    (held,) = desk.source.reading.rglob("*~*")
    os.utime(held, (time.time() - 10_000,) * 2)
    for _ in range(3):
        await desk.box.after(1)
    assert desk.box.left == []


async def test_what_nobody_comes_back_to_is_removed_after_an_hour(desk: Desk) -> None:
    upload_id = await desk.keep(answer(FBI, an_educator()))
    await desk.box.after(1)
    (kept,) = _kept(desk)
    assert kept.stat().st_mode & 0o077 == 0
    os.utime(kept, (time.time() - 3700,) * 2)
    await desk.box.after(1)
    assert not _kept(desk)
    with pytest.raises(FileNotFoundError):
        await desk.receive(upload_id)


async def test_an_upload_that_is_too_large_leaves_nothing(desk: Desk) -> None:
    with pytest.raises(uploads.TooLarge):
        await desk.keep(b"x" * 1001, largest=1000)
    assert not _kept(desk)


async def test_what_is_discarded_is_gone(desk: Desk) -> None:
    upload_id = await desk.keep(b"x")
    await uploads.discard(desk.source, upload_id)
    await uploads.discard(desk.source, upload_id)
    assert not _kept(desk)


async def test_a_check_counts_and_does_nothing(desk: Desk) -> None:
    known, new = answer(FBI, an_educator()), answer(FBI, an_educator())
    await desk.bench.take(known)
    content = a_zip(
        [("a", known), ("b", new), ("c", new), ("d", new[:50]), ("e", b"noise"), ("f", answer(STATE)), ("f", b"1")]
    )
    found = await desk.check(content)
    assert (found.members, found.readable, found.repeated) == (7, 2, 2)
    assert found.wrong == {"truncated": 1, "tag": 1, "member_twice": 1}
    assert (found.refused, found.there) == ("", None)
    assert await desk.bench.one("SELECT count(*) FROM files") == 1
    assert await desk.bench.one("SELECT count(*) FROM batches") == 0


async def test_a_check_counts_as_readable_what_only_its_wrapping_made_unreadable(desk: Desk) -> None:
    good = answer(FBI, an_educator())
    await desk.receive(await desk.keep(a_tar([("a", answer(FBI)), ("a", good)])))
    await desk.box.after(1)
    found = await desk.check(a_zip([("a", good), ("b", good)]))
    assert (found.readable, found.repeated, found.wrong) == (1, 1, {})


async def test_a_check_says_why_nothing_can_be_taken_and_what_is_there(desk: Desk) -> None:
    assert (await desk.check(a_zip({"a": b"1"})[:-9])).refused == "bundle_cut"
    content = a_zip({"a.eft": answer(FBI, an_educator())})
    upload_id = await desk.keep(content)
    await desk.receive(upload_id)
    await desk.box.after(1)
    found = await desk.check(content)
    assert (found.there, found.repeated, found.readable) == (upload_id, 1, 0)


def _kept(desk: Desk) -> list[Path]:
    return list((desk.source.folder / "checked").iterdir())
