"""What goes wrong around the spool folder loses nothing, is said, and holds up nobody else."""

import asyncio
import errno
import os
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.fingerprint.actions import marking, results
from services.fingerprint.ebts import Limits, Unreadable
from services.fingerprint.spool import files, folder, unpacking, worker
from services.fingerprint.spool.files import Reading
from services.fingerprint.spool.importer import TRIES
from services.fingerprint.vault import DataKey, Vault
from shared.keys import KeyRing, MissingKey
from tests.fingerprint.answers import FBI, an_educator, answer
from tests.fingerprint.conftest import KEY, Bench
from tests.fingerprint.spooling import Box, a_box
from tests.waiting import Clock, wait_until


@pytest.fixture
def box(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path)


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
            assert turn.wait(60)
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
            clock.passes(1)
            release.wait(60)
        return whole(path, *more)

    monkeypatch.setattr(folder, "read", hangs)
    clock = Clock()
    monkeypatch.setattr(worker, "monotonic", clock)
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
    await asyncio.to_thread(wait_until, lambda: not box.hand._reader.hanging(), 60)
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


async def _troubles(box: Box) -> list[dict[str, Any]]:
    rows = await box.bench.rows("SELECT troubles FROM importers")
    return [one for row in rows for one in row["troubles"]]


def _refuse(*_: Any, **__: Any) -> Any:
    raise PermissionError(errno.EROFS, "Read-only file system")
