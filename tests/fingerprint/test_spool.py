"""Files that appear in the spool folder are read once, when complete, whatever is done to them meanwhile."""

import os
import time
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import files, folder
from services.fingerprint.spool.files import Gone, Reading
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.spooling import Box, a_box


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
