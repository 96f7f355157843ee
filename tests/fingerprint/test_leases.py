"""Several importers share the work; a killed or frozen one's is taken over, and nothing is done twice."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.fingerprint import sources
from services.fingerprint.sources import Rule, Source
from services.fingerprint.spool import Importer
from services.fingerprint.spool.lease import Lease, Lost
from services.fingerprint.vault import vault_of
from shared.keys import Keys, create_all
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.bundling import a_tar, a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.killed_importer import BUNDLE_STEPS, LEASE, STEPS
from tests.fingerprint.spooling import an_importer, terms
from tests.waiting import wait_until


@dataclass
class Hall:
    """A spool that several processes work."""

    bench: Bench
    home: Path
    started: list[subprocess.Popen[bytes]]

    @property
    def spool(self) -> Source:
        return Source(name=sources.SPOOL, folder=self.home / "spool", rule=Rule.RENAMED)

    def drop(self, name: str, content: bytes) -> None:
        """A partner renames a file in."""
        part = self.spool.incoming / f"{name}.part"
        part.write_bytes(content)
        part.rename(self.spool.incoming / name)

    def start(self, step: str) -> subprocess.Popen[bytes]:
        """A process that takes in what there is, and does something to itself at this step."""
        url = self.bench.database.engine.url.render_as_string(hide_password=False)
        given = [step, str(self.home), str(self.home / "keys"), url]
        process = subprocess.Popen([sys.executable, "-m", "tests.fingerprint.killed_importer", *given])
        self.started.append(process)
        return process

    def another(self) -> Importer:
        """An importer of this process."""
        return an_importer([self.spool], self.bench.database, self.bench.vault, terms(0.01, 0.01, LEASE))

    async def worked_off(self, importer: Importer) -> None:
        """An importer works until nothing is left, for longer than any lease."""
        running = asyncio.create_task(importer.run())
        try:
            await asyncio.to_thread(wait_until, lambda: not self.left, 30)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    @property
    def left(self) -> list[str]:
        """The clear files that are left."""
        return [name for _, _, names in os.walk(self.spool.folder) for name in names]


@pytest.fixture
def hall(bench: Bench, tmp_path: Path) -> Iterator[Hall]:
    create_all(tmp_path / "keys")
    bench.vault = vault_of(Keys(tmp_path / "keys", "fingerprint"))
    found = Hall(bench, tmp_path, [])
    found.spool.incoming.mkdir(parents=True)
    yield found
    for process in found.started:
        process.kill()
        process.wait()


@pytest.mark.parametrize("step", STEPS)
async def test_an_importer_killed_at_any_step_takes_each_file_in_exactly_once(hall: Hall, step: str) -> None:
    educator = an_educator()
    await hall.bench.know(educator)
    hall.drop("one.eft", answer(STATE, educator))
    killed = hall.start(step)
    assert await asyncio.to_thread(killed.wait, 60) == -signal.SIGKILL
    hall.drop("two.eft", answer(FBI, educator))
    await hall.worked_off(hall.another())
    assert await hall.bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]
    assert await hall.bench.rows("SELECT state, count(*) FROM files GROUP BY 1") == [{"state": "read", "count": 2}]
    assert await hall.bench.one("SELECT count(*) FROM answers") == 2


@pytest.mark.parametrize(("step", "kind"), [*((step, a_zip) for step in BUNDLE_STEPS), ("after some members", a_tar)])
async def test_a_bundle_is_gone_on_with_where_an_importer_was_killed(hall: Hall, step: str, kind: Any) -> None:
    educators = [an_educator() for _ in range(8)]
    for educator in educators:
        await hall.bench.know(educator)
    hall.drop("all.zip", kind({f"{educator}.eft": answer(STATE, educator) for educator in educators}))
    killed = hall.start(f"bundle: {step}")
    assert await asyncio.to_thread(killed.wait, 60) == -signal.SIGKILL
    await hall.worked_off(hall.another())
    rows = await hall.bench.rows("SELECT state, member FROM files ORDER BY member")
    assert rows == [{"state": "read", "member": number} for number in range(8)]
    assert await hall.bench.rows("SELECT state, members, done FROM batches") == [
        {"state": "done", "members": 8, "done": 8}
    ]
    for educator in educators:
        assert await hall.bench.topics(educator) == ["ResultReceived"]


@pytest.mark.parametrize("step", ["in the middle of the transaction", "after it has read"])
async def test_a_frozen_importer_that_wakes_up_commits_nothing(hall: Hall, step: str) -> None:
    educator = an_educator()
    await hall.bench.know(educator)
    hall.drop("one.eft", answer(STATE, educator))
    frozen = hall.start(f"frozen: {step}")
    await asyncio.to_thread(_until_stopped, frozen.pid)
    former = await hall.bench.one("SELECT CAST(id AS text) FROM importers")
    await hall.worked_off(hall.another())
    assert await hall.bench.one("SELECT count(*) FROM files") == 1
    os.kill(frozen.pid, signal.SIGCONT)
    hall.drop("two.eft", answer(FBI, educator))
    await asyncio.to_thread(wait_until, lambda: not hall.left, 20)
    # It has gone on under another lease.
    assert former not in {row["id"] for row in await hall.bench.rows("SELECT CAST(id AS text) FROM importers")}
    assert await hall.bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]
    assert await hall.bench.rows("SELECT state, count(*) FROM files GROUP BY 1") == [{"state": "read", "count": 2}]


async def test_two_importers_share_the_work_and_do_nothing_twice(hall: Hall) -> None:
    for number in range(200):
        hall.drop(f"{number}.eft", answer(FBI, an_educator()))
    hall.drop("many.zip", a_zip({f"{number}.eft": answer(FBI, an_educator()) for number in range(200)}))
    other = hall.another()
    running = asyncio.create_task(other.run())
    try:
        await hall.worked_off(hall.another())
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert await hall.bench.rows("SELECT state, count(*) FROM files GROUP BY 1") == [{"state": "read", "count": 400}]
    assert await hall.bench.one("SELECT count(*) FROM importers") == 0


async def test_a_file_written_to_after_it_was_committed_and_its_importer_killed_is_read_too(hall: Hall) -> None:
    educator = an_educator()
    await hall.bench.know(educator)
    hall.drop("one.eft", answer(STATE, educator))
    killed = hall.start("after the commit")
    await asyncio.to_thread(killed.wait, 60)
    (kept,) = hall.spool.reading.rglob("*~*")
    kept.write_bytes(answer(FBI, educator))
    await hall.worked_off(hall.another())
    assert await hall.bench.rows("SELECT state FROM files") == [{"state": "read"}] * 2
    assert await hall.bench.topics(educator) == ["ResultReceived", "ResultReceived", "FingerprintCleared"]


async def test_a_lost_lease_does_nothing(bench: Bench) -> None:
    lease = Lease(bench.database, "here", 10)
    await lease.join()
    await bench.do("UPDATE importers SET until = now() - interval '1 second'")
    other = Lease(bench.database, "there", 10)
    await other.join()
    assert str(lease.id) not in await other.others_ended()
    with pytest.raises(Lost):
        async with lease.transaction() as session:
            await session.begin_nested()


async def test_whoever_is_in_a_transaction_is_not_taken_over(bench: Bench) -> None:
    lease = Lease(bench.database, "here", 0.01)
    await lease.join()
    other = Lease(bench.database, "there", 10)
    await other.join()
    async with lease.transaction():
        await asyncio.sleep(0.05)
        assert str(lease.id) in await other.others_ended()


def _until_stopped(pid: int) -> None:
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T", 60)
