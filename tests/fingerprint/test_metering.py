"""What operators watch: true numbers, neutral ones, and a board that asks for nothing that is not there."""

import json
import os
import re
import time
from collections.abc import Mapping
from pathlib import Path

import httpx
from fastapi import FastAPI
from prometheus_client import REGISTRY, generate_latest

from services.fingerprint import awaited, metering, pages
from services.fingerprint.actions import meters
from shared import metrics, observed
from tests.fingerprint.answers import FBI, an_educator, answer, notice
from tests.fingerprint.conftest import Bench

BOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "results.json"


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


async def test_numbers_are_those_of_the_ledger(bench: Bench, tmp_path: Path) -> None:
    educator = an_educator()
    await bench.know(educator)
    content = answer(FBI, educator)
    for one in (content, content, answer(FBI), answer(FBI)[:90]):
        await bench.take(one)
    await bench.do("UPDATE answers SET received_at = now() - interval '1 hour' WHERE place = 'unmatched'")
    await metering.look(bench.database, [("spool", tmp_path)])
    assert [value("ecs_results_files", state=state) for state in ("read", "duplicate", "quarantined")] == [2, 1, 1]
    assert [value("ecs_results_answers", place=place) for place in ("matched", "unmatched", "waiting")] == [1, 1, 0]
    assert round(value("ecs_results_unmatched_oldest_seconds") or 0, -1) == 3600
    assert value("ecs_results_importers") == 0
    assert value("ecs_results_unread_oldest_seconds", source="spool") == 0


def test_the_oldest_unread_file_is_found_wherever_it_is_held(tmp_path: Path) -> None:
    held = tmp_path / "reading" / "importer"
    held.mkdir(parents=True)
    (tmp_path / "incoming").mkdir()
    for path, age in ((tmp_path / "incoming" / "a.eft", 60), (held / "b.eft", 600), (held / ".token", 9000)):
        path.touch()
        os.utime(path, (time.time() - age, time.time() - age))
    assert 599 < metering.oldest(tmp_path) < 700


def test_the_board_asks_for_nothing_that_is_not_there() -> None:
    asked = {
        name
        for panel in json.loads(BOARD.read_text())["panels"]
        for one in panel["targets"]
        for name in re.findall(r"ecs_[a-z_]+", one["expr"])
    }
    there = {family.name for module in (metering, metrics) for family in REGISTRY.collect() if module}
    assert len(asked) >= 9
    assert asked - there == set()


async def test_a_record_changes_no_number(bench: Bench, other_bench: Bench, tmp_path: Path) -> None:
    seen = []
    for which, found in ((bench, "N"), (other_bench, "I")):
        educator = an_educator()
        await which.know(educator)
        await which.take(answer(FBI, educator, found=found, rap_sheet="LINE\n" * 999 if found == "I" else ""))
        await metering.look(which.database, [("spool", tmp_path)])
        await metering.weigh(which.database)
        lines = generate_latest(REGISTRY).decode().splitlines()
        seen.append([line for line in lines if line.startswith("ecs_results_")])
    assert seen[0] == seen[1]


async def test_no_number_tells_whom_a_notice_is_about(bench: Bench) -> None:
    """It came before its educator was known; when they are, nothing counts otherwise than if there were none."""

    async def answers() -> Mapping[str, int]:
        async with bench.database.reading() as session:
            return (await meters.read(session)).answers

    educator = an_educator()
    await bench.take(notice(educator))
    before = await answers()
    await bench.know(educator)
    await awaited.once(bench.database, bench.vault)
    assert await bench.one("SELECT place FROM answers") == "matched"
    assert await answers() == before


async def test_how_often_cases_are_opened_and_decided_is_not_to_be_counted() -> None:
    """Beside the clearances that are said, the number of decisions would tell of each "Do not clear"."""
    theirs = observed.apart(pages.router.routes)
    assert theirs == {"/staff/review", "/staff/review/{review_id}", "/staff/review/{review_id}/open"}
    app = FastAPI()
    app.add_middleware(observed.Observed, apart=theirs)
    app.add_api_route("/staff/review/{review_id}", lambda review_id: "", methods=["GET", "POST"])
    app.add_api_route("/staff/measured", lambda: "", methods=["GET"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/staff/review/7")
        await client.post("/staff/review/7")
        await client.get("/staff/measured")
    told = generate_latest(REGISTRY).decode()
    assert "/staff/measured" in told
    assert "/staff/review" not in told
    assert value("ecs_request_seconds_count", method="", route="apart", status="") == 2
