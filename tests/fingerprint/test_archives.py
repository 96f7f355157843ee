"""Bundles that come through the spool: each member in the ledger, one bad member by itself, a bad bundle whole."""

import os
import struct
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from services.fingerprint import reasons, tables
from services.fingerprint.actions import archive, batches, members, results
from services.fingerprint.bundles import Limits
from services.fingerprint.sources import Rule
from services.fingerprint.spool import lease, unpacking
from services.fingerprint.spool.arrivals import unpacked
from services.fingerprint.spool.worker import Pulse
from shared.keys import MissingKey
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.bundling import a_tar, a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.spooling import Box, a_box


@pytest.fixture
def box(bench: Bench, tmp_path: Path) -> Box:
    return a_box(bench, tmp_path)


async def taken(box: Box, name: str, content: bytes) -> None:
    """A bundle comes, and is taken in."""
    box.drop(name, content)
    await box.look()
    assert box.left == []


async def ledger(box: Box) -> list[tuple[Any, ...]]:
    """Place, state and reason of each file."""
    rows = await box.bench.rows("SELECT member, state, reason FROM files ORDER BY member NULLS LAST, received_at")
    return [(row["member"], row["state"], row["reason"]) for row in rows]


async def batch(box: Box) -> list[tuple[Any, ...]]:
    """Kind, state, members, done and reason of each batch."""
    rows = await box.bench.rows("SELECT kind, state, members, done, reason FROM batches ORDER BY received_at")
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize(
    ("name", "kind", "packed"), [("a.zip", a_zip, {}), ("a.tar.gz", a_tar, {"packed": True}), ("a.dat", a_tar, {})]
)
async def test_members_are_results_like_any_other(
    box: Box, monkeypatch: pytest.MonkeyPatch, name: str, kind: Any, packed: dict[str, bool]
) -> None:
    monkeypatch.setattr(unpacking, "FILES", 3)
    educators = [an_educator() for _ in range(5)]
    for educator in educators:
        await box.bench.know(educator)
    files = {f"{educator}-{bureau}.eft": answer(bureau, educator) for educator in educators for bureau in (FBI, STATE)}
    await taken(box, name, kind(files, **packed))
    assert await ledger(box) == [(number, "read", "") for number in range(10)]
    assert await batch(box) == [("zip" if kind is a_zip else "tar", "done", 10, 10, "")]
    for educator in educators:
        assert (await box.bench.topics(educator))[-1] == "FingerprintCleared"


async def test_one_bad_member_is_quarantined_by_itself(box: Box) -> None:
    content = bytearray(
        a_zip(
            [
                ("a.eft", answer(FBI, an_educator())),
                ("encrypted.eft", answer(FBI, an_educator())),
                ("cut.eft", answer(FBI, an_educator())[:100]),
                ("../../etc/passwd", answer(FBI, an_educator())),
                ("inner.zip", a_zip({"x.eft": answer(FBI, an_educator())})),
                ("a.eft", answer(FBI, an_educator())),
                ("Ñandú-文件.eft", answer(FBI, an_educator())),
            ]
        )
    )
    second = content.find(b"PK\x01\x02", content.find(b"PK\x01\x02") + 4)
    (start,) = struct.unpack_from("<L", content, second + 42)
    content[second + 8] |= 1
    content[start + 6] |= 1
    await taken(box, "mixed.zip", bytes(content))
    assert await ledger(box) == [
        (0, "read", ""),
        (1, "quarantined", "member_encrypted"),
        (2, "quarantined", "truncated"),
        (3, "read", ""),
        (4, "quarantined", "member_nested"),
        (5, "quarantined", "member_twice"),
        (6, "read", ""),
    ]
    assert await batch(box) == [("zip", "done", 7, 7, "")]
    files = await _files(box)
    assert [name for name, _ in files][-1] == "Ñandú-文件.eft"
    assert all(content for _, content in files)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (a_zip({"a": b"1" * 3000})[:-30], "bundle_cut"),
        (a_tar({"a": b"1" * 3000}, packed=True)[:-9], "bundle_cut"),
        (a_zip({str(number): bytes(10_000_000) for number in range(8)}), "bundle_ratio"),
        (b"no bundle at all", "bundle_unknown"),
        (a_zip({str(number): b"" for number in range(12)}), "bundle_members"),
    ],
)
async def test_a_bad_bundle_is_quarantined_whole_and_the_next_file_goes_on(
    bench: Bench, tmp_path: Path, content: bytes, reason: str
) -> None:
    box = a_box(bench, tmp_path, rule=Rule.RENAMED, limits=Limits(members=10))
    box.drop("bad.zip", content)
    box.drop("good.eft", answer(FBI, an_educator()))
    await box.after(0)
    assert sorted(await ledger(box), key=str) == [(None, "quarantined", reason), (None, "read", "")]
    assert (await batch(box))[0][1:] == ("quarantined", None, 0, reason)
    claim = await bench.one("SELECT claim FROM files WHERE state = 'quarantined'")
    assert claim == await bench.one("SELECT id FROM batches")
    assert ("bad.zip", content) in await _files(box)
    assert box.left == []
    assert reason in reasons.SENTENCES


@pytest.mark.parametrize("first", ["wrongly named.zip", "second of its name.tar"])
async def test_what_only_its_wrapping_made_unreadable_is_read_when_it_is_sent_again(box: Box, first: str) -> None:
    educator = an_educator()
    await box.bench.know(educator)
    good = answer(FBI, educator)
    box.drop(first, good if first.endswith(".zip") else a_tar([("a.eft", answer(FBI)), ("a.eft", good)]))
    await box.look()
    box.drop("again.eft", good)
    box.drop("and again.eft", good)
    await box.look()
    assert box.left == []
    assert await box.bench.topics(educator) == ["ResultReceived"]
    (read,) = await box.bench.rows(
        "SELECT f.id FROM files f JOIN answers a ON a.file_id = f.id WHERE a.claimed_id = :id", id=educator
    )
    assert await box.bench.rows("SELECT reason, errors, key_id, first_id FROM files WHERE state = 'duplicate'") == 2 * [
        {"reason": "", "errors": [], "key_id": None, "first_id": read["id"]}
    ]
    assert await box.bench.one("SELECT count(*) FROM files WHERE state = 'quarantined'") == 0
    kept = (
        "SELECT count(*) FROM data_keys k WHERE educator_id IS NULL AND NOT EXISTS (SELECT FROM {} WHERE key_id = k.id)"
    )
    assert await box.bench.one(kept.format("(SELECT key_id FROM files UNION ALL SELECT key_id FROM batches)")) == 0
    assert (
        await box.bench.one("SELECT count(*) FROM pieces p JOIN files f ON f.id = p.file_id WHERE key_id IS NULL") == 0
    )


async def test_a_bundle_still_on_its_way_is_given_time(box: Box) -> None:
    content = a_zip({"a.eft": answer(FBI, an_educator())})
    box.drop("slow.zip", content[:-40])
    await box.look()
    await box.after(5)
    assert await ledger(box) == []
    (there,) = box.reading.rglob("*slow.zip")
    there.write_bytes(content)
    await box.after(1)
    await box.after(1)
    assert await ledger(box) == [(0, "read", "")]


async def test_a_bundle_that_stays_cut_is_quarantined(box: Box) -> None:
    box.drop("cut.zip", a_zip({"a.eft": answer(FBI, an_educator())})[:-40])
    await box.look()
    await box.after(10)
    assert await ledger(box) == [(None, "quarantined", "bundle_cut")]
    assert box.left == []


async def test_the_same_bundle_again_is_a_duplicate_and_adds_nothing(box: Box) -> None:
    content = a_zip({"a.eft": answer(FBI, an_educator()), "b.eft": answer(FBI, an_educator())})
    await taken(box, "one.zip", content)
    await taken(box, "two.zip", content)
    assert await ledger(box) == [(0, "read", ""), (1, "read", "")]
    assert await batch(box) == [("zip", "done", 2, 2, ""), ("zip", "duplicate", 2, 0, "")]
    first, second = await box.bench.rows("SELECT id, first_id FROM batches ORDER BY received_at")
    assert second["first_id"] == first["id"]


async def test_another_bundle_with_the_same_files_notes_them_as_duplicates(box: Box) -> None:
    files = {"a.eft": answer(FBI, an_educator()), "b.eft": answer(FBI, an_educator())}
    await taken(box, "one.zip", a_zip(files))
    await taken(box, "two.tar", a_tar(files))
    assert sorted(row[1] for row in await ledger(box)) == ["duplicate", "duplicate", "read", "read"]


async def test_an_empty_bundle_is_done(box: Box) -> None:
    await taken(box, "empty.zip", a_zip({}))
    assert await batch(box) == [("zip", "done", 0, 0, "")]


async def test_the_name_of_a_bundle_is_sealed(box: Box) -> None:
    await taken(box, "jordan-rivera.zip", a_zip({"a.eft": answer(FBI, an_educator())}))
    assert b"jordan" not in await box.bench.one("SELECT name FROM batches")
    async with box.bench.database.reading() as session:
        row = await session.get_one(tables.Batch, await box.bench.one("SELECT id FROM batches"))
        assert list((await batches.names(session, box.bench.vault, [row])).values()) == ["jordan-rivera.zip"]


async def test_a_member_that_cannot_be_taken_in_holds_up_nobody(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    from services.fingerprint.actions import results
    from services.fingerprint.ebts import Unreadable

    take = results.take

    async def picky(session: Any, vault: Any, arrivals: Any, *more: Any) -> Any:
        if any("bad" in one.name and not isinstance(one.message, Unreadable) for one in arrivals):
            raise ValueError("a bug that only this file meets")
        return await take(session, vault, arrivals, *more)

    monkeypatch.setattr(results, "take", picky)
    names = ["a", "b", "bad", "d", "e"]
    await taken(box, "all.zip", a_zip({name: answer(FBI, an_educator()) for name in names}))
    assert [row[1] for row in await ledger(box)] == ["read", "read", "quarantined", "read", "read"]
    assert await batch(box) == [("zip", "done", 5, 5, "")]


async def test_while_the_database_is_away_a_bundle_is_neither_blamed_nor_read_again(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, away = batches.begin, [ConnectionRefusedError()] * 3
    looks: list[str] = []
    look = members.opened

    async def begun(*given: Any) -> tables.Batch:
        if away:
            raise away.pop()
        return await begin(*given)

    def opened(descriptor: int, name: str, *given: Any) -> Any:
        looks.append(name)
        return look(descriptor, name, *given)

    monkeypatch.setattr(batches, "begin", begun)
    monkeypatch.setattr(members, "opened", opened)
    monkeypatch.setattr(lease, "FIRST_PAUSE", 0.01)
    await taken(box, "all.zip", a_zip({"a": answer(FBI, an_educator())}))
    assert (await ledger(box), looks, away) == ([(0, "read", "")], ["all.zip"], [])
    assert box.hand.troubles == {}


async def test_a_bundle_that_waits_for_a_key_is_said(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, int]] = []

    async def keyless(*_: Any) -> None:
        raise MissingKey("no")

    async def rested(_: float) -> None:
        seen.append(box.hand.troubles)
        monkeypatch.undo()

    monkeypatch.setattr(batches, "begin", keyless)
    monkeypatch.setattr("asyncio.sleep", rested)
    await taken(box, "a.zip", a_zip({"a": answer()}))
    assert (seen, box.hand.troubles) == ([{"key": 1}], {})
    assert await ledger(box) == [(0, "read", "")]


async def test_beside_much_that_is_being_taken_in_nothing_more_is_read(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "BYTES", 1000)
    seen: list[str] = []
    take = results.take

    def noting_read(source: Any, claim: Any, some: Any) -> Any:
        seen.append("read")
        return unpacked(source, claim, some)

    async def noting_take(*given: Any) -> Any:
        outcomes = await take(*given)
        seen.append("taken in")
        return outcomes

    monkeypatch.setattr(unpacking, "unpacked", noting_read)
    monkeypatch.setattr(results, "take", noting_take)
    await taken(box, "a.zip", a_zip({f"{number}": bytes([number]) * 2000 for number in range(3)}))
    assert seen == ["read", "taken in"] * 3 + ["read"]


@pytest.mark.parametrize("kind", [None, a_zip, a_tar])
async def test_of_large_files_one_at_a_time_is_held(box: Box, kind: Any) -> None:
    large = {f"{number}.eft": os.urandom(20_000_000) for number in range(3)}
    await taken(box, "small", b"so that everything is imported")
    for name, content in (large if kind is None else {"a": kind(large)}).items():
        box.drop(name, content)
    tracemalloc.start()
    try:
        await box.look()
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()
    assert [state for _, state, _ in await ledger(box)] == ["quarantined"] * 4
    assert box.left == []


async def test_two_bundles_that_are_too_large_are_two(bench: Bench, tmp_path: Path) -> None:
    box = a_box(bench, tmp_path, limits=Limits(packed=1000))
    for name in ("a.zip", "b.zip"):
        await taken(box, name, a_zip({name: os.urandom(2000)}))
    assert await ledger(box) == [(None, "quarantined", "bundle_large")] * 2
    assert len({content for _, content in await _files(box)}) == 2


async def test_unpacking_a_tar_shows_that_it_goes_on(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, beats = Pulse.beat, []

    def beat(self: Pulse, path: str | None = None) -> None:
        beats.append(path)
        whole(self, path)

    monkeypatch.setattr(Pulse, "beat", beat)
    await taken(box, "large.tar", a_tar({"a.eft": answer(FBI) + bytes(12_000_000)}))
    # It is read for its sum, looked through, and taken in; other work beats as well.
    assert len(beats) > 48


async def test_ten_thousand_members_are_taken_in(box: Box) -> None:
    await taken(box, "many.zip", a_zip({f"{number:06}.eft": answer(FBI, an_educator()) for number in range(10_000)}))
    assert await batch(box) == [("zip", "done", 10_000, 10_000, "")]
    assert await box.bench.one("SELECT count(*) FROM answers") == 10_000


async def test_a_member_of_100_mb_is_quarantined_and_the_next_goes_on(box: Box) -> None:
    large = os.urandom(1_000_000) * 100
    await taken(box, "large.tar.gz", a_tar({"large": large, "next.eft": answer(FBI, an_educator())}, packed=True))
    assert await ledger(box) == [(0, "quarantined", "too_large"), (1, "read", "")]
    assert await box.bench.one("SELECT count(*) FROM pieces") == 101


async def _files(box: Box) -> list[tuple[str, bytes]]:
    """Name and bytes of every file that is kept, in the order of the ledger."""
    async with box.bench.database.reading() as session:
        found = []
        for row in await box.bench.rows("SELECT id FROM files WHERE key_id IS NOT NULL ORDER BY member NULLS LAST"):
            file = await session.get_one(tables.File, row["id"])
            found.append(await archive.content(session, box.bench.vault, file))
        return found
