"""Signals and manifests: what they name is read when complete, and they go with it, whatever is killed between."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.fingerprint.sources import Rule
from services.fingerprint.spool import folder, incoming
from services.fingerprint.spool.files import KEPT_BYTES
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.spooling import Box, a_box


@pytest.fixture
def signal(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path, rule=Rule.SIGNAL)


@pytest.fixture
def manifest(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path, rule=Rule.MANIFEST)


def listed(**files: bytes) -> bytes:
    """What `sha256sum` writes of these files."""
    return "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items()).encode()


async def test_a_file_is_read_when_its_signal_comes_and_the_signal_goes_too(signal: Box) -> None:
    signal.drop("one.eft", answer(FBI, an_educator()))
    signal.drop("two.eft", answer(FBI, an_educator()))
    await signal.look()
    assert await signal.states() == []
    signal.drop("one.eft.done", b"")
    await signal.after(1)
    assert await signal.states() == ["read"]
    assert signal.left == ["two.eft"]


async def test_a_signal_without_its_file_waits_and_is_said_at_last(signal: Box) -> None:
    signal.drop("late.eft.done", b"")
    await signal.look()
    assert signal.hand.troubles == {}
    await signal.after(10)
    assert signal.hand.troubles == {"waits": 1}
    signal.drop("late.eft", answer(FBI, an_educator()))
    await signal.after(1)
    assert await signal.states() == ["read"]
    await signal.after(1)
    assert signal.hand.troubles == {}
    assert signal.left == []


async def test_a_file_whose_signal_does_not_come_is_said_at_last(signal: Box) -> None:
    signal.drop("lone.eft", answer(FBI, an_educator()))
    await signal.look()
    assert signal.hand.troubles == {}
    os.utime(signal.incoming / "lone.eft", (0, 0))
    await signal.after(60)
    assert signal.hand.troubles == {"unheeded": 1}
    signal.drop("lone.eft.done", b"")
    await signal.after(1)
    assert await signal.states() == ["read"]
    await signal.after(60)
    assert signal.hand.troubles == {}


async def test_a_signalled_file_that_ends_early_is_not_waited_for(signal: Box) -> None:
    signal.drop("cut.eft", answer(FBI, an_educator())[:100])
    signal.drop("cut.eft.done", b"")
    await signal.after(0)
    assert await signal.states() == ["quarantined"]


@pytest.mark.parametrize("name", ["x" * 250, "é" * 125])
async def test_a_signal_with_a_name_of_the_longest_kind_is_heeded(signal: Box, name: str) -> None:
    signal.drop(name, answer(FBI, an_educator()))
    signal.drop(f"{name}.done", b"")
    signal.drop("z.eft", answer(FBI, an_educator()))
    signal.drop("z.eft.done", b"")
    await signal.after(0)
    assert await signal.states() == ["read", "read"]
    assert (signal.left, signal.hand.troubles) == ([], {})


async def test_a_folder_of_ours_that_is_not_there_is_said_and_made_again(signal: Box) -> None:
    await signal.after(0)
    (held,) = signal.reading.iterdir()
    held.rmdir()
    signal.drop("one.eft", answer(FBI, an_educator()))
    signal.drop("one.eft.done", b"")
    await signal.after(1)
    assert signal.hand.troubles == {"folder": 1}
    await signal.after(1)
    assert await signal.states() == ["read"]


@pytest.mark.parametrize("name", ["one.eft", "é" * 125])
@pytest.mark.parametrize("claimed", [True, False])
async def test_an_importer_killed_between_signal_and_file_leaves_no_signal_behind(
    signal: Box, monkeypatch: pytest.MonkeyPatch, claimed: bool, name: str
) -> None:
    """A signal that stayed would make the next file of that name look complete."""
    signal.drop(name, answer(FBI, an_educator()))
    signal.drop(f"{name}.done", b"")
    whole = folder.Folder._claim

    def killed(self: folder.Folder, complete: incoming.Complete) -> None:
        if claimed:
            whole(self, complete)
        raise KeyboardInterrupt

    monkeypatch.setattr(folder.Folder, "_claim", killed)
    with pytest.raises(KeyboardInterrupt):
        await signal.after(0)
    monkeypatch.setattr(folder.Folder, "_claim", whole)
    await signal.bench.do("UPDATE importers SET until = now() - interval '1 second'")
    signal.importer = signal.another()
    await signal.look()
    assert await signal.states() == ["read"]
    assert signal.left == []


async def test_a_new_file_of_the_name_is_not_taken_for_the_one_that_was_signalled(
    signal: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = signal.drop("one.eft", answer(FBI, an_educator()))
    signal.drop("one.eft.done", b"")
    whole = folder.Folder._claim

    def killed(self: folder.Folder, complete: incoming.Complete) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folder.Folder, "_claim", killed)
    with pytest.raises(KeyboardInterrupt):
        await signal.after(0)
    monkeypatch.setattr(folder.Folder, "_claim", whole)
    os.rename(first, first.with_name(".elsewhere"))
    signal.drop("one.eft", answer(FBI, an_educator())[:50])
    await signal.bench.do("UPDATE importers SET until = now() - interval '1 second'")
    signal.importer = signal.another()
    await signal.look()
    assert await signal.states() == []
    assert signal.left == [".elsewhere", "one.eft"]


def before(step: str, monkeypatch: pytest.MonkeyPatch, partner: Callable[[], object]) -> None:
    """The partner does this once, before this step of taking what a signal or list names."""
    whole = getattr(folder.Folder, step)
    left = [partner]

    def later(self: folder.Folder, *given: Any) -> Any:
        if left:
            left.pop()()
        return whole(self, *given)

    monkeypatch.setattr(folder.Folder, step, later)


def renamed_in(box: Box, name: str, content: bytes) -> None:
    """The partner puts a file under a name that may be taken, in one step."""
    box.drop(".new", content).replace(box.incoming / name)


async def test_a_signal_that_came_with_a_newer_file_is_not_taken_for_the_older_one_s(
    signal: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = answer(STATE, an_educator())
    signal.drop("one.eft", answer(FBI, an_educator()))
    signal.drop("one.eft.done", b"")

    def again() -> None:
        renamed_in(signal, "one.eft", newer)
        renamed_in(signal, "one.eft.done", b"")

    before("_claim_all", monkeypatch, again)
    await signal.look()
    await signal.look()
    assert await signal.states() == ["read"]
    assert await signal.bench.one("SELECT bureau FROM answers") == "state"
    assert signal.left == []


async def test_a_file_that_is_written_over_the_signalled_one_waits_for_its_own_signal(
    signal: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = answer(STATE, an_educator())
    signal.drop("one.eft", answer(FBI, an_educator()))
    signal.drop("one.eft.done", b"")
    before("_claim", monkeypatch, lambda: signal.drop("one.eft", newer[:50]))
    await signal.look()
    await signal.after(5)
    assert await signal.states() == []
    signal.drop("one.eft", newer)
    signal.drop("one.eft.done", b"")
    await signal.look()
    assert await signal.states() == ["read"]
    assert signal.left == []


async def test_two_lists_that_name_the_same_file_both_go_with_it(manifest: Box) -> None:
    one, two = answer(FBI, an_educator()), answer(STATE, an_educator())
    manifest.drop("one", one)
    manifest.drop("two", two)
    manifest.drop("first.sha256", listed(one=one))
    manifest.drop("second.sha256", listed(one=one, two=two))
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == ["read", "read"]
    assert manifest.left == []


async def test_a_list_that_came_with_newer_files_is_heeded(manifest: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = answer(FBI, an_educator()), answer(STATE, an_educator())
    manifest.drop("one", older)
    manifest.drop("list.sha256", listed(one=older))

    def again() -> None:
        renamed_in(manifest, "one", newer)
        renamed_in(manifest, "list.sha256", listed(one=newer))

    before("_claim_all", monkeypatch, again)
    for _ in range(4):
        await manifest.look()
    assert await manifest.states() == ["read"]
    assert manifest.left == []


async def test_files_are_read_when_all_that_a_manifest_lists_are_there(manifest: Box) -> None:
    one, two = answer(FBI, an_educator()), answer(STATE, an_educator())
    manifest.drop("list.sha256", listed(one=one, two=two))
    manifest.drop("one", one)
    manifest.drop("two", two[:100])
    manifest.drop("other", answer(FBI, an_educator()))
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == []
    manifest.drop("two", two)
    await manifest.after(1)
    assert await manifest.states() == ["read", "read"]
    assert manifest.left == ["other"]


async def test_what_a_manifest_lists_and_is_not_there_is_said_after_some_time(manifest: Box) -> None:
    one = answer(FBI, an_educator())
    manifest.drop("list.sha256", listed(one=one, absent=b"a", wrong=b"b"))
    manifest.drop("one", one)
    manifest.drop("wrong", b"c")
    await manifest.look()
    assert manifest.hand.troubles == {}
    await manifest.after(10)
    assert manifest.hand.troubles == {"waits": 2}
    assert await manifest.states() == []
    assert manifest.left == ["list.sha256", "one", "wrong"]


async def test_a_manifest_that_is_still_written_is_not_believed(manifest: Box) -> None:
    one, two = answer(FBI, an_educator()), answer(FBI, an_educator())
    manifest.drop("one", one)
    manifest.drop("two", two)
    manifest.drop("list.sha256", listed(one=one))
    await manifest.after(0.125)
    await manifest.after(0.5)
    manifest.drop("list.sha256", listed(one=one, two=two))
    await manifest.after(0.75)
    assert await manifest.states() == []
    await manifest.after(1)
    assert await manifest.states() == ["read", "read"]


@pytest.mark.parametrize("content", [b"", b"no list\n", listed(one=b"1")[:-1], b"\xff\n", listed(**{"../x": b"1"})])
async def test_what_is_no_manifest_is_said_and_harms_nobody(manifest: Box, content: bytes) -> None:
    one = answer(FBI, an_educator())
    manifest.drop("bad.sha256", content)
    manifest.drop("good.sha256", listed(one=one))
    manifest.drop("one", one)
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == ["read"]
    await manifest.after(10)
    assert manifest.hand.troubles == {"waits": 1}


async def test_a_list_with_a_name_of_the_longest_kind_is_heeded(manifest: Box) -> None:
    one = answer(FBI, an_educator())
    manifest.drop("one", one)
    manifest.drop(f"{'x' * 248}.sha256", listed(one=one))
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == ["read"]
    assert (manifest.left, manifest.hand.troubles) == ([], {})


@pytest.mark.parametrize("what", ["list", "file"])
async def test_a_list_or_file_that_cannot_be_read_holds_up_no_other_list(
    manifest: Box, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    one, two = answer(FBI, an_educator()), answer(FBI, an_educator())
    manifest.drop("a", one)
    manifest.drop("a.sha256", listed(a=one))
    manifest.drop("b", two)
    manifest.drop("b.sha256", listed(b=two))
    whole = os.open
    forbidden = f"{manifest.incoming}/{'a.sha256' if what == 'list' else 'a'}"

    def refused(path: str, *more: int) -> int:
        if path == forbidden:
            raise PermissionError(errno.EACCES, "no")
        return whole(path, *more)

    monkeypatch.setattr(os, "open", refused)
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == ["read"]
    await manifest.after(10)
    assert manifest.hand.troubles == {"waits": 1}
    monkeypatch.setattr(os, "open", whole)
    await manifest.after(1)
    assert await manifest.states() == ["read", "read"]
    assert manifest.left == []


async def test_a_list_larger_than_any_file_that_is_kept_holds_up_nobody(manifest: Box) -> None:
    one = answer(FBI, an_educator())
    os.truncate(manifest.drop("a.sha256", b""), KEPT_BYTES + 1)
    manifest.drop("one", one)
    manifest.drop("good.sha256", listed(one=one))
    await manifest.look()
    await manifest.after(1)
    assert await manifest.states() == ["read"]
    await manifest.after(10)
    assert manifest.hand.troubles == {"waits": 1}


async def test_a_file_that_changes_as_its_list_is_heeded_is_held_to_the_sum(
    manifest: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, other = answer(FBI, an_educator()), answer(FBI, an_educator())
    path = manifest.drop("one", right)
    manifest.drop("list.sha256", listed(one=right))
    before("_claim", monkeypatch, lambda: path.write_bytes(other))
    await manifest.look()
    for _ in range(3):
        await manifest.after(10)
    assert await manifest.states() == []
    assert manifest.hand.troubles == {"file": 1}
    (held,) = manifest.reading.glob("*/*~one")
    held.write_bytes(right)
    await manifest.after(60)
    await manifest.after(60)
    assert await manifest.states() == ["read"]
    assert manifest.left == []


async def test_an_importer_killed_between_a_manifest_and_its_files_loses_none(
    manifest: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {name: answer(FBI, an_educator()) for name in ("one", "two", "three")}
    for name, content in contents.items():
        manifest.drop(name, content)
    manifest.drop("list.sha256", listed(**contents))
    whole = folder.Folder._claim
    claims: list[str] = []

    def killed(self: folder.Folder, complete: incoming.Complete) -> object:
        claims.append(complete.name)
        if len(claims) == 2:
            raise KeyboardInterrupt
        return whole(self, complete)

    monkeypatch.setattr(folder.Folder, "_claim", killed)
    await manifest.after(0)
    with pytest.raises(KeyboardInterrupt):
        await manifest.after(1)
    monkeypatch.setattr(folder.Folder, "_claim", whole)
    await manifest.bench.do("UPDATE importers SET until = now() - interval '1 second'")
    manifest.importer = manifest.another()
    await manifest.look()
    assert await manifest.states() == ["read"] * 3
    assert manifest.left == []


def test_a_list_is_what_sha256sum_writes() -> None:
    digest = hashlib.sha256(b"1").digest()
    text = f"{digest.hex()}  a b.eft\r\n{digest.hex().upper()} *b\n".encode()
    assert incoming.lines(text) == {"a b.eft": digest, "b": digest}
