"""Files that appear in the spool folder are read once, when complete, whatever is done to them meanwhile."""

import asyncio
import errno
import os
import threading
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.fingerprint.actions import marking, results
from services.fingerprint.ebts import Limits, Unreadable
from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import files, folder, unpacking
from services.fingerprint.spool.files import Gone, Reading
from services.fingerprint.spool.importer import TRIES
from services.fingerprint.vault import DataKey, Vault
from shared.keys import KeyRing, MissingKey
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import KEY, Bench
from tests.fingerprint.spooling import Box, a_box
from tests.waiting import wait_until


@pytest.fixture
def box(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path)


@pytest.fixture
def renamed(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path, rule=Rule.RENAMED)


async def test_a_file_that_stands_still_is_read_and_its_clear_copy_goes(box: Box) -> None:
    box.drop("one.eft", answer(FBI, an_educator()))
    await box.after(0)
    await box.after(0.9)
    assert await box.states() == []
    await box.after(0.1)
    assert await box.states() == ["read"]
    assert box.left == []


async def test_a_growing_file_is_not_read_nor_moved(box: Box) -> None:
    content = answer(FBI, an_educator())
    path = box.drop("slow.eft", content[:100])
    for end in range(110, len(content), 10):
        await box.after(0.9)
        path.write_bytes(content[:end])
    await box.after(0.9)
    assert await box.states() == []
    assert path.exists()
    path.write_bytes(content)
    await box.look()
    assert await box.states() == ["read"]


async def test_a_file_that_stalls_in_the_middle_is_given_time(box: Box) -> None:
    content = answer(FBI, an_educator())
    path = box.drop("stalled.eft", content[:100])
    await box.look()
    await box.after(5)
    assert await box.states() == []
    (there,) = [*box.reading.rglob("*~*"), *[p for p in (path,) if p.exists()]]
    there.write_bytes(content)
    await box.after(1)
    await box.after(1)
    assert await box.states() == ["read"]


async def test_a_file_that_stays_cut_is_quarantined_and_the_next_one_goes_on(box: Box) -> None:
    box.drop("a-cut.eft", answer(FBI, an_educator())[:100])
    box.drop("b-empty.eft", b"")
    box.drop("c-noise.eft", b"not a transaction at all")
    box.drop("d-whole.eft", answer(FBI, an_educator()))
    await box.look()
    assert sorted(await box.states()) == ["quarantined", "read"]
    await box.after(10)
    assert sorted(await box.states()) == ["quarantined"] * 3 + ["read"]
    assert box.left == []


@pytest.mark.parametrize("name", [".hidden", "a.part", "a.tmp", "a.filepart", "A.PART"])
async def test_unfinished_names_are_left_alone_until_renamed(box: Box, name: str) -> None:
    path = box.drop(name, answer(FBI, an_educator()))
    await box.look()
    assert await box.states() == []
    path.rename(box.incoming / "whole.eft")
    await box.look()
    assert await box.states() == ["read"]


async def test_folders_links_and_pipes_are_left_alone(box: Box, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(answer(FBI, an_educator()))
    (box.incoming / "folder").mkdir()
    (box.incoming / "link").symlink_to(secret)
    os.mkfifo(box.incoming / "pipe")
    box.drop(".hidden", b"")
    await box.look()
    assert await box.states() == []
    assert secret.exists()
    assert box.hand.troubles == {}
    for name in (".hidden", "folder", "link", "pipe"):
        os.utime(box.incoming / name, (0, 0), follow_symlinks=False)
    await box.after(60)
    assert box.hand.troubles == {"unheeded": 3}, "staff see that something lies there"


async def test_a_file_written_to_after_it_was_read_is_read_too(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    educator = an_educator()
    box.drop("same.eft", answer(FBI, educator))
    whole = files.read

    def read_and_overwrite(path: str, *more: Any) -> Reading:
        found = whole(path, *more)
        Path(path).write_bytes(answer(STATE, educator))
        monkeypatch.setattr(folder, "read", whole)
        return found

    monkeypatch.setattr(folder, "read", read_and_overwrite)
    await box.look()
    assert await box.states() == ["read"]
    await box.look()
    assert await box.states() == ["read", "read"]
    assert box.left == []


async def test_a_new_file_under_the_same_name_is_another_file(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    educator = an_educator()
    box.drop("same.eft", answer(FBI, educator))
    whole = files.read

    def read_while_the_next_one_arrives(*given: Any) -> Reading:
        box.drop("same.eft", answer(STATE, educator))
        monkeypatch.setattr(folder, "read", whole)
        return whole(*given)

    monkeypatch.setattr(folder, "read", read_while_the_next_one_arrives)
    await box.look()
    await box.look()
    assert await box.states() == ["read", "read"]


def test_a_file_that_changes_while_it_is_read_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 10)
    status = os.fstat

    def changed(descriptor: int) -> os.stat_result:
        found = status(descriptor)
        path.write_bytes(b"x" * 11)
        return found

    monkeypatch.setattr(os, "fstat", changed)
    with pytest.raises(Gone):
        files.read(str(path), 1000, lambda: None, lambda _: False)


def test_a_file_that_is_held_is_held_once(tmp_path: Path) -> None:
    path = tmp_path / "large.eft"
    path.write_bytes(os.urandom(20_000_000))
    tracemalloc.start()
    try:
        content = files.read(str(path), 64_000_000, lambda: None, lambda _: False).content
        assert tracemalloc.get_traced_memory()[1] < 1.5 * 20_000_000
    finally:
        tracemalloc.stop()
    assert content == path.read_bytes()


async def test_a_file_that_vanishes_is_no_error(box: Box) -> None:
    path = box.drop("gone.eft", answer(FBI, an_educator()))
    await box.after(0)
    path.unlink()
    await box.after(1)
    assert await box.states() == []


async def test_the_database_away_loses_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = results.take

    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(results, "take", away)
    box.drop("one.eft", answer(FBI, an_educator()))
    await box.after(0)
    with pytest.raises(ConnectionRefusedError):
        await box.after(1)
    monkeypatch.setattr(results, "take", taken)
    await box.look()
    assert await box.states() == ["read"]
    assert box.left == []


async def test_an_importer_without_the_newest_key_sets_no_file_aside(box: Box) -> None:
    async with box.bench.database.transaction() as session:
        await marking.begin(session, 2)
    box.drop("one.eft", answer(FBI, an_educator()))
    await box.after(0)
    for _ in range(TRIES + 1):
        with pytest.raises(MissingKey):
            await box.after(1)
    assert await box.states() == []
    assert box.hand.troubles == {"key": 1}, "nothing goes on until it is restarted, so that is said"
    box.bench.vault = Vault(KeyRing({1: KEY, 2: KEY[::-1]}))
    await box.importer.lease.leave()
    box.importer = box.another()
    await box.look()
    assert box.hand.troubles == {}
    assert await box.states() == ["read"]
    assert box.left == []


async def test_one_file_that_cannot_be_read_waits_longer_each_time_and_holds_up_nobody(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files.read
    tried: list[float] = []

    def picky(path: str, *more: Any) -> Reading:
        if "bad" in path and len(tried) < 4:
            tried.append(box.now[0])
            raise PermissionError(errno.EACCES, "Permission denied")
        return whole(path, *more)

    monkeypatch.setattr(folder, "read", picky)
    box.drop("a-bad.eft", answer(FBI, an_educator()))
    box.drop("b-good.eft", answer(FBI, an_educator()))
    await box.look()
    assert await box.states() == ["read"]
    assert box.hand.troubles == {"file": 1}
    for _ in range(20):
        await box.after(1)
    assert [later - earlier for earlier, later in pairwise(tried)] == [1, 2, 4]
    assert await box.states() == ["read", "read"]
    assert box.hand.troubles == {}


async def test_one_file_that_cannot_be_taken_in_holds_up_nobody_and_is_quarantined_at_last(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = results.take
    groups: list[int] = []

    async def picky(session: Any, vault: Any, arrivals: Any, *more: Any) -> Any:
        groups.append(len(arrivals))
        if any("bad" in one.name and not isinstance(one.message, Unreadable) for one in arrivals):
            raise ValueError("a bug that only this file meets")
        return await taken(session, vault, arrivals, *more)

    monkeypatch.setattr(results, "take", picky)
    for number in range(16):
        box.drop(f"{number:02}-{'bad' if number == 5 else 'good'}.eft", answer(FBI, an_educator()))
    await box.look()
    assert await box.states() == ["read"] * 15
    assert groups[:3] == [16, 8, 4]
    await box.after(0)
    assert box.hand.troubles == {"file": 1}
    for _ in range(20):
        await box.after(1)
    rows = await box.bench.rows("SELECT reason FROM files WHERE state = 'quarantined'")
    assert rows == [{"reason": "refused"}]
    assert box.left == []


async def test_a_name_of_the_longest_kind_is_taken(box: Box) -> None:
    box.drop("n" * 251 + ".eft", answer(FBI, an_educator()))
    await box.look()
    assert await box.states() == ["read"]


async def test_a_file_too_large_to_be_a_message_is_quarantined_in_pieces(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "DEFAULT_LIMITS", Limits(submission=1000))
    box.drop("large.eft", b"x" * 2_500_000)
    await box.look()
    assert await box.bench.rows("SELECT state, reason FROM files") == [{"state": "quarantined", "reason": "too_large"}]
    assert await box.bench.one("SELECT count(*) FROM pieces") == 3
    assert box.left == []


async def test_while_a_large_file_is_sealed_others_have_their_turn(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, turn = asyncio.get_running_loop(), threading.Event()
    seal = Vault.seal

    def sealing(vault: Vault, key: DataKey, place: str, content: bytes, *more: int) -> bytes:
        if len(content) > 500_000:
            loop.call_soon_threadsafe(turn.set)
            assert turn.wait(2)
            turn.clear()
        return seal(vault, key, place, content, *more)

    monkeypatch.setattr(Vault, "seal", sealing)
    box.drop("large.eft", b"x" * 3_500_000)
    await box.look()
    assert await box.states() == ["quarantined"]
    assert box.left == []


async def test_a_file_too_large_to_be_kept_stays_and_is_said(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "KEPT_BYTES", 1000)
    monkeypatch.setattr(unpacking, "KEPT_BYTES", 1000)
    box.drop("large.eft", b"x" * 2000)
    box.drop("large.zip", b"PK\x03\x04" + b"x" * 2000)
    box.drop("good.eft", answer(FBI, an_educator()))
    await box.look()
    await box.after(11)
    await box.after(0.125)
    assert await box.states() == ["read"]
    assert box.hand.troubles == {"large": 2}
    assert len(box.left) == 2
    for path in box.reading.rglob("*~*"):
        path.unlink()
    await box.after(3600)
    await box.after(0.125)
    assert box.hand.troubles == {}


async def test_a_read_that_hangs_holds_up_nobody(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = files.read
    release = threading.Event()
    hung: list[str] = []

    def hangs(path: str, *more: Any) -> Reading:
        if "bad" in path and not hung:
            hung.append(path)
            release.wait(30)
        return whole(path, *more)

    monkeypatch.setattr(folder, "read", hangs)
    monkeypatch.setattr(box.hand._reader, "_patience", 0.2)
    for name in ("a-good", "b-bad", "c-good"):
        box.drop(f"{name}.eft", answer(FBI, an_educator()))
        await box.after(0.125)
    await box.after(1)
    await box.after(0.5)
    assert await box.states() == ["read", "read"]
    assert box.hand.troubles == {"file": 1, "hangs": 1}
    await box.after(60)
    assert await box.states() == ["read", "read"]
    release.set()
    await asyncio.to_thread(wait_until, lambda: not box.hand._reader.hanging(), 10)
    await box.after(60)
    assert await box.states() == ["read"] * 3
    assert box.left == []


async def test_a_folder_that_is_not_there_is_said_and_made_again(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    await box.after(0)
    box.incoming.rmdir()
    made = os.makedirs
    monkeypatch.setattr(os, "makedirs", _refuse)
    await box.after(10)
    assert box.hand.troubles == {"folder": 1}
    monkeypatch.setattr(os, "makedirs", made)
    await box.after(10)
    await box.after(10)
    assert box.incoming.is_dir()
    assert box.hand.troubles == {}


async def test_a_folder_that_cannot_be_written_loses_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = os.rename
    box.drop("one.eft", answer(FBI, an_educator()))
    monkeypatch.setattr(os, "rename", _refuse)
    await box.look()
    assert box.hand.troubles == {"folder": 1}
    assert box.left == ["one.eft"]
    await box.importer.take_over()
    assert await _troubles(box) == [{"source": "spool", "code": "folder", "count": 1}]
    monkeypatch.setattr(os, "rename", rename)
    await box.look()
    await box.look()
    assert await box.states() == ["read"]
    await box.importer.take_over()
    assert await _troubles(box) == []


async def test_a_clear_copy_that_cannot_be_removed_is_removed_later_and_taken_in_once(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = os.unlink
    box.drop("one.eft", answer(FBI, an_educator()))
    monkeypatch.setattr(os, "unlink", _refuse)
    await box.look()
    await box.look()
    assert await box.states() == ["read"]
    assert box.hand.troubles == {"file": 1}
    assert len(box.left) == 1
    monkeypatch.setattr(os, "unlink", unlink)
    await box.after(60)
    assert await box.states() == ["read"]
    assert box.left == []


async def test_a_renamed_file_is_read_at_once(renamed: Box) -> None:
    part = renamed.drop("one.eft.part", answer(FBI, an_educator()))
    await renamed.after(0)
    assert await renamed.states() == []
    part.rename(renamed.incoming / "one.eft")
    await renamed.after(0.125)
    assert await renamed.states() == ["read"]
    assert renamed.left == []


async def test_a_renamed_file_that_ends_early_is_not_waited_for(renamed: Box) -> None:
    renamed.drop("cut.eft", answer(FBI, an_educator())[:100])
    await renamed.after(0)
    assert await renamed.states() == ["quarantined"]


async def test_a_file_that_comes_as_the_folder_is_listed_is_not_overlooked(
    renamed: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of a file system is coarse: the folder's time may be the same after a change as before it."""
    await renamed.after(0)
    now = time.time_ns()
    os.utime(renamed.incoming, ns=(now, now))
    await renamed.after(1)
    renamed.drop("one.eft", answer(FBI, an_educator()))
    os.utime(renamed.incoming, ns=(now, now))
    await renamed.after(1)
    assert await renamed.states() == ["read"]


async def test_a_quiet_folder_is_not_listed_again_and_again(renamed: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = time.time_ns() - 60 * 10**9
    os.utime(renamed.incoming, ns=(long_ago, long_ago))
    await renamed.after(0)
    listed = _listings(monkeypatch)
    for _ in range(50):
        await renamed.after(0.05)
    assert str(renamed.incoming) not in listed


async def test_many_files_are_listed_once_and_worked_off_in_groups(
    renamed: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.fingerprint.spool.groups.FILES", 10)
    for number in range(95):
        renamed.drop(f"{number}.eft", answer(FBI, an_educator()))
    listed = _listings(monkeypatch)
    await renamed.after(0)
    assert await renamed.states() == ["read"] * 95
    assert listed.count(str(renamed.incoming)) <= 2
    assert renamed.left == []


async def test_files_of_a_former_version_are_taken_over(box: Box) -> None:
    box.reading.mkdir(exist_ok=True)
    (box.reading / "0123456789ab~old.eft").write_bytes(answer(FBI, an_educator()))
    await box.look()
    await box.after(1)
    assert await box.states() == ["read"]
    assert box.left == []


async def test_what_a_killed_importer_unpacked_is_removed_with_its_folder(box: Box) -> None:
    killed = box.reading / str(uuid4())
    killed.mkdir(parents=True)
    (killed / ".abcdefgh").write_bytes(b"part of a member")
    (killed / "0123456789ab~old.eft").write_bytes(answer(FBI, an_educator()))
    await box.look()
    await box.after(1)
    assert await box.states() == ["read"]
    assert (box.left, killed.exists()) == ([], False)


async def test_a_source_says_who_an_origin_is_and_what_its_codes_mean(bench: Bench, tmp_path: Path) -> None:
    educator = an_educator()
    await bench.know(educator)
    patrol = Source(
        name="patrol",
        folder=tmp_path / "patrol",
        rule=Rule.RENAMED,
        bureaus={"XY0000001": "state"},
        purposes={"0001": "2300"},
    )
    box = a_box(bench, tmp_path, patrol)
    (patrol.incoming / "one.eft").write_bytes(answer("XY0000001", f"0001-{educator}"))
    await box.after(0)
    assert await bench.rows("SELECT source FROM files") == [{"source": "patrol"}]
    assert await bench.rows("SELECT bureau, educator_id, purpose FROM answers") == [
        {"bureau": "state", "educator_id": educator, "purpose": "2300"}
    ]


def _listings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which folders are listed from now on."""
    listed: list[str] = []
    scandir = os.scandir

    def noted(path: str) -> Any:
        listed.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)
    return listed


async def _troubles(box: Box) -> list[dict[str, Any]]:
    rows = await box.bench.rows("SELECT troubles FROM importers")
    return [one for row in rows for one in row["troubles"]]


def _refuse(*_: Any, **__: Any) -> Any:
    raise PermissionError(errno.EROFS, "Read-only file system")
