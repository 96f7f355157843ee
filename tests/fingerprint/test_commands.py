"""What operators run."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from services.fingerprint import demonstration
from services.fingerprint.commands import demo_checks, demo_results, results_group
from services.fingerprint.messages import Finding, Kind, understand
from services.fingerprint.rules.check import State
from tests.fingerprint.answers import FBI, an_educator, answer
from tests.fingerprint.conftest import Bench

NAMES = {"jordan.rivera": "Jordan Rivera", "casey.morgan": "Casey Morgan", "taylor.brooks": "Taylor Brooks"}


def people() -> list[dict[str, str]]:
    found = [
        {"username": u, "name": name, "role": "educator", "educator_id": an_educator()} for u, name in NAMES.items()
    ]
    return [*found, {"username": "ari.adjudicator", "name": "Ari Adjudicator", "role": "adjudicator"}]


def test_the_demonstration_files_are_read_by_our_reader(tmp_path: Path) -> None:
    ran = CliRunner().invoke(demo_results, [str(tmp_path / "demo")], input=json.dumps(people()))
    assert ran.exit_code == 0, ran.output
    messages = {path.name: understand(path.read_bytes()) for path in (tmp_path / "demo").glob("*.eft")}
    assert messages["casey-morgan-2-fbi-identification.eft"].finding is Finding.RECORD
    assert messages["casey-morgan-2-fbi-identification.eft"].rap_sheet
    assert messages["taylor-brooks-1-fbi-unreadable.eft"].reject_codes == ("L0008",)
    assert messages["nobody-2-state-without-number.eft"].oca == ""
    assert messages["jordan-rivera-1-state-no-record.eft"].kind is Kind.ANSWER
    guide = (tmp_path / "demo" / "README.txt").read_text()
    assert all(name in guide for name in messages)


async def test_the_demonstration_ends_as_its_guide_says(bench: Bench) -> None:
    shown = people()
    for person in shown[:3]:
        first, last = person["name"].split()
        await bench.know(person["educator_id"], first, last)
    for file in reversed(list(demonstration.files(shown, date(2026, 9, 1)))):
        await bench.take(file.content, file.name)
    states = [(await bench.standing(person["educator_id"])).state for person in shown[:3]]
    assert states == [State.CLEARED, State.BEING_CHECKED, State.CLEARED]
    assert await bench.rows("SELECT place FROM answers WHERE place <> 'matched' ORDER BY place") == [
        {"place": "unmatched"},
        {"place": "waiting"},
    ]


def test_what_is_no_list_of_people_is_said(tmp_path: Path) -> None:
    ran = CliRunner().invoke(demo_results, [str(tmp_path)], input="no JSON")
    assert ran.exit_code == 1
    assert "ecsctl demo educators" in ran.output


async def test_the_status_counts(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.take(answer(FBI))
    await bench.take(answer(FBI)[:100])
    for name, value in {
        "ECS_POSTGRES_FINGERPRINT": bench.database.engine.url.render_as_string(hide_password=False),
        "ECS_KAFKA": "localhost:1",
        "ECS_REDIS": "redis://localhost:1",
    }.items():
        monkeypatch.setenv(name, value)
    with ThreadPoolExecutor(1) as aside:  # the command runs a loop of its own
        plain = aside.submit(CliRunner().invoke, results_group, ["status"]).result()
        as_json = aside.submit(CliRunner().invoke, results_group, ["status", "--json"]).result()
    assert "1  files that could not be read" in plain.output
    assert "The file ends before the record does." in plain.output
    assert json.loads(as_json.output)["answers_that_match_nobody"] == 1


APPLICANTS = {"finley.grant": "Finley Grant", "harper.quinn": "Harper Quinn", "morgan.shaw": "Morgan Shaw"}


async def test_applicants_are_checked_once(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shown = [{"username": u, "name": name, "educator_id": an_educator()} for u, name in APPLICANTS.items()]
    for person in shown:
        await bench.know(person["educator_id"], *person["name"].split())
    for name, value in {
        "ECS_POSTGRES_FINGERPRINT": bench.database.engine.url.render_as_string(hide_password=False),
        "ECS_HOME": str(tmp_path),
        "ECS_KAFKA": "unused",
        "ECS_REDIS": "unused",
    }.items():
        monkeypatch.setenv(name, value)
    incoming = tmp_path / "spool" / "incoming"
    told = json.dumps(shown)
    first = await asyncio.to_thread(CliRunner().invoke, demo_checks, input=told)
    assert first.exit_code == 0, first.output
    files = sorted(incoming.iterdir())
    assert [path.suffix for path in files] == [".eft"] * 4
    for path in files:
        await bench.take(path.read_bytes(), path.name)
        path.unlink()
    states = [(await bench.standing(person["educator_id"])).state for person in shown[:2]]
    assert states == [State.CLEARED, State.CLEARED]

    again = await asyncio.to_thread(CliRunner().invoke, demo_checks, input=told)
    assert again.exit_code == 0, again.output
    assert list(incoming.iterdir()) == []
    said = await bench.rows("SELECT event_id FROM outbox WHERE topic = 'FingerprintCleared'")
    morgan = [fact.event_id for fact in demonstration.long_ago(shown, datetime.now(UTC))]
    assert [row["event_id"] for row in said].count(*morgan) == 2, "the same fact twice, so nobody hears it twice"
