"""What operators do with results: import, look, read again, change keys."""

import asyncio
import errno
import json
import os
import re
import zipfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from services.fingerprint import spool
from services.fingerprint.commands import importing, results_group
from services.fingerprint.reasons import SENTENCES
from services.fingerprint.settings import Settings
from services.fingerprint.spool.files import claimed_name
from services.fingerprint.vault import vault_of
from shared import educator_id as educator_ids
from shared.keys import Keys, add_version, create_all
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, notice
from tests.fingerprint.conftest import Bench


class Operator:
    """Somebody at a terminal of the machine that the service runs on."""

    def __init__(self, bench: Bench, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bench = bench
        self.home = home
        url = bench.database.engine.url.render_as_string(hide_password=False)
        environment = {"ECS_POSTGRES_FINGERPRINT": url, "ECS_HOME": str(home), "ECS_KAFKA": "no:1", "ECS_REDIS": "no"}
        for name, value in {**environment, "ECS_SPOOL_STILL_SECONDS": "0.05", "ECS_SPOOL_CUT_SECONDS": "0.1"}.items():
            monkeypatch.setenv(name, value)
        create_all(home / "keys")
        bench.vault = vault_of(Keys(home / "keys", "fingerprint"))

    async def run(self, *words: str) -> Result:
        """`ecsctl results ...`; the command has a loop of its own."""
        return await asyncio.to_thread(CliRunner().invoke, results_group, list(words))

    async def json(self, *words: str) -> Any:
        """What a command says to programs."""
        ran = await self.run(*words, "--json")
        return json.loads(ran.stdout)


@pytest.fixture
def operator(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    return Operator(bench, tmp_path / "home", monkeypatch)


@pytest.fixture
async def importer(operator: Operator) -> AsyncIterator[None]:
    """An importer at work."""
    settings = Settings()
    working = spool.Importer(
        settings.every_source(), operator.bench.database, operator.bench.vault, "here", spool.terms_of(settings)
    )
    task = asyncio.create_task(working.run())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def a_folder(where: Path) -> Path:
    """Three whole files, one of them twice, one of them below; one damaged; one that nobody has finished."""
    (where / "below").mkdir(parents=True)
    whole = answer(FBI)
    for name, content in {
        "a.eft": whole,
        "b.eft": whole,
        "below/c.eft": answer(STATE),
        "d.eft": answer(FBI)[:90],
        "e.eft.part": answer(FBI),
    }.items():
        (where / name).write_bytes(content)
    return where


@pytest.mark.usefixtures("importer")
async def test_a_folder_is_imported_and_waited_for(operator: Operator, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "answers")
    ran = await operator.run("import", str(folder))
    assert ran.exit_code == 1, ran.output
    assert ran.stdout == "2 read, 1 came before, 1 damaged.\n"
    assert ran.stderr == "", "nothing of the progress goes into a pipe"
    assert sorted(path.name for path in folder.rglob("*.eft")) == ["a.eft", "b.eft", "c.eft", "d.eft"]
    again = await operator.json("import", str(folder / "a.eft"))
    assert again == {"files": 1, "read": 0, "repeated": 1, "damaged": 0, "waiting": 0, "imports": []}


@pytest.mark.usefixtures("importer")
async def test_an_archive_is_imported_member_by_member(operator: Operator, tmp_path: Path) -> None:
    archive = tmp_path / "answers.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for number in range(5):
            packed.writestr(f"{number}.eft", answer(FBI))
        packed.writestr("bad.eft", answer(FBI)[:90])
    ran = await operator.run("import", str(archive), "--json")
    assert ran.exit_code == 1, ran.output
    told = json.loads(ran.stdout)
    assert (told["read"], told["damaged"]) == (5, 1)
    assert [(one["state"], one["read"]) for one in told["imports"]] == [("done", 5)]
    again = await operator.run("import", str(archive))
    assert again.stdout == "0 read, 1 came before, 0 damaged.\n"
    assert again.exit_code == 0


async def test_an_import_goes_where_the_spool_is_and_not_where_it_would_wait_for_a_signal(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, file = tmp_path / "elsewhere", tmp_path / "sources.yaml"
    monkeypatch.setenv("ECS_SOURCES", str(file))
    file.write_text(f"spool: {{folder: {folder}, rule: renamed}}\n")
    ran = await operator.run("import", str(a_folder(tmp_path / "answers")), "--no-wait")
    assert (ran.exit_code, len(list((folder / "incoming").iterdir()))) == (0, 4)
    file.write_text(f"spool: {{folder: {folder}, rule: signal}}\n")
    ran = await operator.run("import", str(tmp_path / "answers"), "--no-wait")
    assert (ran.exit_code, len(list((folder / "incoming").iterdir()))) == (3, 4)
    assert "waits for a signal or a list" in ran.stderr


async def test_a_dry_run_says_what_would_happen_and_does_nothing(operator: Operator, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "answers")
    await operator.bench.take((folder / "a.eft").read_bytes())
    ran = await operator.run("import", str(folder), "--dry-run")
    assert ran.exit_code == 1
    assert ran.stdout.startswith("1 would be read, 2 came before, 1 are damaged. Nothing is done.")
    assert "d.eft: The file ends before the record does." in ran.stdout
    assert not (operator.home / "spool").exists()
    assert await operator.bench.one("SELECT count(*) FROM files") == 1
    looked = await operator.bench.one("SELECT new FROM audit WHERE action = 'import.foreseen'")
    assert looked == {"files": 4, "read": 1, "repeated": 2, "damaged": 1}, "that somebody looked is kept"


async def test_a_dry_run_names_no_field_that_only_a_record_has(operator: Operator, tmp_path: Path) -> None:
    twice = answer(FBI, found="I", more={75: "SHEET", 76: "AGAIN"}).replace(b"2.076:", b"2.075:")
    (tmp_path / "sheet.eft").write_bytes(twice)
    (tmp_path / "agency.eft").write_bytes(answer(FBI, found="I", more={73: ""}))
    told = await operator.json("import", str(tmp_path / "sheet.eft"), "--dry-run")
    assert told["errors"] == [f"sheet.eft: {SENTENCES['repeated']}"]
    told = await operator.json("import", str(tmp_path / "agency.eft"), "--dry-run")
    assert told["errors"] == [f"agency.eft: {SENTENCES['missing']} (2.073)"]


async def test_a_dry_run_says_any_name_so_that_a_terminal_can_show_it(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\x1b[2J\n.eft")).write_bytes(b"no message")
    ran = await operator.run("import", str(tmp_path), "--dry-run")
    assert ran.exit_code == 1
    assert "    ??[2J?.eft: A field does not begin with its number and a colon.\n" in ran.stdout


@pytest.mark.parametrize("nameless", [True, False])
async def test_a_run_that_is_killed_leaves_no_copy_behind(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nameless: bool
) -> None:
    """Where the file system has files without names; where it has not, the copy is still given its name in one step."""
    incoming = operator.home / "spool" / "incoming"
    (tmp_path / "a.eft").write_bytes(answer(FBI))
    seen: list[list[str]] = []
    fsync, opened = os.fsync, os.open

    def written(descriptor: int) -> None:
        seen.append(os.listdir(incoming))
        fsync(descriptor)

    def refused(path: Any, flags: int, *more: Any) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no")
        return opened(path, flags, *more)

    monkeypatch.setattr(os, "fsync", written)
    if not nameless:
        monkeypatch.setattr(os, "open", refused)
    ran = await operator.run("import", str(tmp_path / "a.eft"), "--no-wait")
    assert ran.exit_code == 0, ran.output
    assert [len(names) for names in seen] == [0 if nameless else 1]
    assert os.listdir(incoming) == ["a.eft"]
    assert (incoming / "a.eft").read_bytes() == (tmp_path / "a.eft").read_bytes()


async def test_a_name_that_waits_already_is_never_overwritten(operator: Operator, tmp_path: Path) -> None:
    incoming = operator.home / "spool" / "incoming"
    incoming.mkdir(parents=True)
    (incoming / "a.eft").write_bytes(b"somebody else's")
    (tmp_path / "a.eft").write_bytes(answer(FBI))
    ran = await operator.run("import", str(tmp_path / "a.eft"), "--no-wait")
    assert ran.exit_code == 0
    assert ran.stdout == "1 files are in the spool.\n"
    assert sorted(path.name for path in incoming.iterdir()) == ["a-1.eft", "a.eft"]
    assert (incoming / "a.eft").read_bytes() == b"somebody else's"


async def test_where_nobody_reads_that_is_said(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "a.eft").write_bytes(answer(FBI))
    ran = await operator.run("import", str(tmp_path / "a.eft"), "--patience", "1")
    assert ran.exit_code == 3
    assert "No importer is alive" in ran.stderr
    assert (operator.home / "spool" / "incoming" / "a.eft").exists()


async def test_a_long_name_that_somebody_holds_is_waited_for(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = importing._put

    def held(path: Path, incoming: Path) -> importing.Put:
        put = whole(path, incoming)
        (reading := incoming.parent / "reading" / "somebody").mkdir(parents=True)
        (incoming / put.name).rename(reading / claimed_name(uuid4(), put.name))
        return put

    monkeypatch.setattr(importing, "_put", held)
    (tmp_path / ("x" * 240)).write_bytes(answer(FBI))
    ran = await operator.run("import", str(tmp_path / ("x" * 240)), "--patience", "1")
    assert (ran.exit_code, ran.stdout) == (3, "")


@pytest.mark.parametrize("name", ["a.eft.part", ".a.eft", "A.TMP"])
async def test_a_file_that_nobody_has_finished_is_not_put_where_nobody_would_read_it(
    operator: Operator, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).write_bytes(answer(FBI))
    assert (await operator.run("import", str(tmp_path / name), "--no-wait")).exit_code == 2
    assert not (operator.home / "spool").exists()


async def test_what_is_away_has_an_exit_code_of_its_own(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.eft").write_bytes(answer(FBI))
    monkeypatch.setenv("ECS_POSTGRES_FINGERPRINT", "postgresql://nobody:no@127.0.0.1:1/none")
    for words in (("status",), ("quarantine",), ("import", str(tmp_path / "a.eft")), ("rotate-keys",)):
        ran = await operator.run(*words)
        assert ran.exit_code == 3, (words, ran.output)
        assert "database" in ran.stderr
    assert not (operator.home / "spool").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("import",),
        ("import", "/nowhere"),
        ("retry", "--reason", "x"),
        ("retry", "no-number", "--reason", "x"),
        ("retry", "--all"),
        ("renew-keys", "--reason", "x"),
        ("renew-keys", "12345678", "--reason", "x"),
        ("destroy-key", "12345678", "--reason", "x"),
    ],
)
async def test_wrong_usage_has_an_exit_code_of_its_own(operator: Operator, words: tuple[str, ...]) -> None:
    assert (await operator.run(*words)).exit_code == 2


async def test_the_quarantine_is_listed_and_read_again(operator: Operator) -> None:
    bench = operator.bench
    await bench.take(answer(FBI)[:90])
    (listed,) = await operator.json("quarantine")
    assert listed["errors"][0]["code"] == "truncated"
    assert "ends before" in (await operator.run("quarantine")).stdout
    ran = await operator.run("retry", listed["id"], "--reason", "Try")
    assert ran.exit_code == 1
    assert ran.stdout == "0 read, 1 still damaged, 0 not there any more.\n"
    await bench.take(answer(FBI))
    await bench.do("DELETE FROM answers")
    await bench.do(
        "UPDATE files SET state = 'quarantined', reason = 'tag', errors = '[[\"tag\",\"\",0]]' WHERE state = 'read'"
    )
    assert (await operator.run("retry", "--all", "--reason", "Mended")).stdout.startswith("1 read, 1 still damaged")
    (reason,) = {row["reason"] for row in await bench.rows("SELECT reason FROM audit WHERE reason LIKE 'Mended%'")}
    assert "ecsctl" in reason


async def test_the_status_is_told_to_programs(operator: Operator) -> None:
    await operator.bench.take(answer(FBI))
    told = await operator.json("status")
    assert told == {
        "files_read": 1,
        "files_repeated": 0,
        "files_that_could_not_be_read": 0,
        "answers_matched": 0,
        "answers_that_wait_for_an_educator": 0,
        "answers_that_match_nobody": 1,
        "answers_set_aside": 0,
        "archives_and_uploads_running": 0,
        "importers_alive": 0,
        "folders_in_which_something_is_wrong": 0,
    }


async def test_keys_are_rotated_and_the_old_version_may_go(operator: Operator) -> None:
    bench, content = operator.bench, answer(FBI)
    await bench.take(content)
    add_version(operator.home / "keys", "fingerprint", "chri")
    ran = await operator.run("rotate-keys")
    assert ran.exit_code == 0, ran.output
    assert "Nothing needs version 1 any more" in ran.stdout
    ring = operator.home / "keys" / "fingerprint" / "chri.json"
    ring.write_text(json.dumps({"2": json.loads(ring.read_text())["2"]}))
    vault_of.cache_clear()
    bench.vault = vault_of(Keys(operator.home / "keys", "fingerprint"))
    assert await bench.take(content) == "duplicate"


async def test_keys_are_renewed(operator: Operator) -> None:
    bench, educator = operator.bench, an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator))
    await bench.take(answer(STATE))
    assert (await operator.run("renew-keys", educator, "--reason", "Seen")).stdout == "The key is renewed.\n"
    assert (await operator.run("renew-keys", "--all", "--reason", "Seen")).stdout == "2 keys are renewed.\n"
    assert (await operator.run("renew-keys", an_educator(), "--reason", "Seen")).exit_code == 1


async def test_a_key_is_destroyed_in_two_steps(operator: Operator) -> None:
    bench, educator = operator.bench, an_educator()
    await bench.know(educator)
    await bench.take(answer(FBI, educator))
    first = await operator.run("destroy-key", educator, "--reason", "Court")
    assert first.exit_code == 0
    assert "Nothing is done yet" in first.stdout
    code = first.stdout.split()[-1]
    assert (await operator.run("destroy-key", educator, "--reason", "Court", "--confirm", "0000")).exit_code == 2
    assert await bench.one("SELECT count(*) FROM data_keys WHERE educator_id IS NOT NULL") == 1
    done = await operator.run("destroy-key", educator, "--reason", "Court", "--confirm", code)
    assert "is destroyed" in done.stdout
    assert await bench.one("SELECT count(*) FROM data_keys WHERE educator_id IS NOT NULL") == 0
    assert (await operator.run("destroy-key", an_educator(), "--reason", "Court")).exit_code == 1


@pytest.mark.parametrize("words", [("destroy-key",), ("renew-keys",)])
async def test_what_is_said_of_a_key_tells_of_no_notice(operator: Operator, words: tuple[str, ...]) -> None:
    """That a Rap Back notice came tells of a record: not how much there is, nor whether there is anything."""
    said = []
    for files in ((), (notice,), (answer,), (answer, notice)):
        educator = an_educator()
        await operator.bench.know(educator)
        for file in files:
            await operator.bench.take(file(educator) if file is notice else answer(FBI, educator))
        ran = await operator.run(*words, educator, "--reason", "Court")
        seen = [(ran.exit_code, ran.stdout, ran.stderr)]
        if words == ("destroy-key",):
            ran = await operator.run(*words, educator, "--reason", "Court", "--confirm", ran.stdout.split()[-1])
            seen.append((ran.exit_code, ran.stdout, ran.stderr))
        shown = educator_ids.shown(educator)
        said.append(re.sub(r"--confirm [0-9a-f]{8}", "--confirm CODE", repr(seen).replace(shown, "ID")))
    assert len(set(said)) == 1, said


async def test_every_command_explains_itself(operator: Operator) -> None:
    for name, command in results_group.commands.items():
        ran = await operator.run(name, "--help")
        assert ran.exit_code == 0
        assert f"ecsctl results {name}" in ran.stdout, "an example"
        assert command.help
