"""Nobody but an adjudicator can tell a record from its innocent causes, nor, before the second answer, from none."""

import json
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import pytest

from services.fingerprint import awaited
from shared import educator_id as educator_ids
from shared.auth import service_token
from shared.events import Role
from shared.keys import Keys
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site

RAP_SHEET: Final = "UNITED STATES DEPARTMENT OF JUSTICE - SAMPLE LINE\n" * 100

# What members of staff who may not read criminal history can open about one educator, and about all together.
STAFF_PAGES: Final = {
    "search": "/staff/results/search?q={educator}",
    "imports": "/staff/imports",
    "quarantine": "/staff/quarantine",
    "quarantine.csv": "/staff/quarantine/export.csv",
    "turnaround": "/staff/results/turnaround",
}

Feed = Callable[[Bench, Site, str], Awaitable[None]]


async def _record(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator, found="I", rap_sheet=RAP_SHEET))


async def _exception(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator, found="X"))


async def _name(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator, name="OTHER,PERSON"))


async def _held(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator), held=1.0)


async def _by_hand(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI))
    staff = site.sign_in(Role.ANALYST).open("/staff/unmatched").follow("Open").fill("Educator ID", educator)
    staff.choose("Practicum, student teaching or substitute").fill("Reason", "seen").press("Assign")


async def _tie(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator, tcn=f"N{educator}"))
    await bench.take(answer(FBI, educator, tcn=f"N{educator}"))


async def _refused(bench: Bench, site: Site, educator: str) -> None:
    await _record(bench, site, educator)
    adjudicator = site.sign_in(Role.ADJUDICATOR).open("/staff/review").follow("Open")
    adjudicator.fill("Purpose", "Decide").press("Open the case").fill("Reason", "Grave").press("Do not clear")


async def _renamed(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator))
    await bench.name(educator, "Kim", "Other", sequence=3)
    await awaited.once(bench.database, bench.vault)


async def _clean(bench: Bench, site: Site, educator: str) -> None:
    await bench.take(answer(FBI, educator))


CAUSES: Final[dict[str, Feed]] = {
    "record": _record,
    "exception": _exception,
    "name": _name,
    "held": _held,
    "by hand": _by_hand,
    "tie": _tie,
    "do not clear": _refused,
    "another present name": _renamed,
}
# A tie is two answers, and each is told of.
SAME_FACTS: Final = [cause for cause in CAUSES if cause != "tie"]


class Watcher:
    """Everything that people who are no adjudicators can get to see of one educator."""

    def __init__(self, bench: Bench, site: Site) -> None:
        self._bench = bench
        self._site = site

    async def sees(self, feed: Feed, *, both: bool) -> dict[str, object]:
        """What is seen after these answers, with what differs between any two people masked."""
        educator = an_educator()
        account = await self._bench.know(educator)
        if both:
            await self._bench.take(answer(STATE, educator))
        await feed(self._bench, self._site, educator)
        person = self._site.sign_in(Role.EDUCATOR, account_id=account)
        keys = Keys(self._site.service.keys.folder, "educator")
        token = service_token(keys, "fingerprint", self._site.caller(person))
        pages = {
            "page": person.send("GET", "/ecs/fingerprints"),
            "section": person.send("GET", "/_fragments/fingerprints", headers={"Authorization": f"Bearer {token}"}),
            "unmatched": self._site.sign_in(Role.ANALYST).send("GET", "/staff/unmatched"),
        }
        for name, path in STAFF_PAGES.items():
            pages[name] = self._site.sign_in(Role.ANALYST).send("GET", path.format(educator=educator))
        said = [
            (fact.topic, {k: v for k, v in json.loads(fact.model_dump_json()).items() if k in {"purpose", "bureau"}})
            for fact in await self._bench.said(educator)
            if fact.topic != "ClearanceEnded"
        ]
        if len(said) > 2:
            said = said[:2]
        sizes = await self._bench.rows(
            "SELECT length(a.sealed) AS evidence, sum(length(p.sealed)) AS archive FROM answers a"
            " JOIN pieces p USING (file_id) WHERE educator_id = :id AND bureau = 'fbi' GROUP BY a.id",
            id=educator,
        )
        kept = await self._bench.rows("SELECT standing FROM checks WHERE educator_id = :id", id=educator)
        shown = {name: (found.status, self._masked(found.body, educator)) for name, found in pages.items()}
        shown.pop("unmatched") if feed is _by_hand else None
        # The days' counts differ between any two moments, and a tie is two files.
        shown["imports"] = (shown["imports"][0], re.sub(r"<td data-label[^>]*>\d+</td>", "count", shown["imports"][1]))
        return {**shown, "said": said, "sizes": sizes[:1], "kept": kept}

    def _masked(self, body: bytes, educator: str) -> str:
        text = body.decode().replace(educator_ids.shown(educator), "ID").replace(educator, "ID")
        text = re.sub(r'name="csrf" value="[^"]*"', "csrf", text)
        text = re.sub(r"\bE[0-9]{19}\b", "TCN", text).replace("Kim Other", "Jordan Rivera")
        return re.sub(r'data-seconds="\d+"|\d+:\d\d\s[AP]M', "time", text)


@pytest.fixture
def watcher(bench: Bench, site: Site) -> Watcher:
    return Watcher(bench, site)


@pytest.mark.parametrize("cause", [cause for cause in CAUSES if cause != "record"])
async def test_being_checked_reads_the_same_byte_for_byte(watcher: Watcher, cause: str) -> None:
    record, other = await watcher.sees(_record, both=True), await watcher.sees(CAUSES[cause], both=True)
    if cause not in SAME_FACTS:
        for name in ("said", "search"):
            record.pop(name), other.pop(name)
    if cause == "by hand":
        record.pop("unmatched")
    assert "Being checked" in str(record["page"])
    assert other == record


@pytest.mark.parametrize("cause", [cause for cause in SAME_FACTS if cause != "do not clear"])
async def test_before_the_second_answer_nothing_differs_from_none(watcher: Watcher, cause: str) -> None:
    clean, other = await watcher.sees(_clean, both=False), await watcher.sees(CAUSES[cause], both=False)
    if cause == "by hand":
        clean.pop("unmatched")
    assert other == clean


async def test_staff_who_are_no_adjudicators_are_told_no_count_of_cases(bench: Bench, site: Site) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await _record(bench, site, educator)
    token = service_token(Keys(site.service.keys.folder, "identity"), "fingerprint")
    asked = site.sign_in().send("GET", "/internal/attention", headers={"Authorization": f"Bearer {token}"})
    others = json.loads(asked.body)["other"]
    assert {one["label"] for one in others if Role.ANALYST in one["roles"] and one["count"]} == set()
    assert {one["count"] for one in others if one["roles"] == [Role.ADJUDICATOR]} == {1}


async def test_a_damaged_answer_reads_the_same_whether_or_not_it_holds_a_record(bench: Bench, site: Site) -> None:
    """The same damage, in a short answer and in a long one: the same page, the same list, the same file."""

    def damaged(more: dict[int, str], found: str) -> bytes:
        return answer(FBI, an_educator(), found=found, more={73: "", **more})

    seen = []
    for content in (damaged({}, "N"), damaged({75: RAP_SHEET}, "I")):
        await bench.take(content, at=datetime(2026, 9, 1, 15, tzinfo=UTC))
        (file,) = await bench.rows("SELECT id FROM files")
        batch_less = ("/staff/quarantine", "/staff/quarantine/export.csv", f"/staff/quarantine/{file['id']}")
        staff = [site.sign_in(Role.ANALYST).send("GET", path).body.decode() for path in batch_less]
        masks = (r'name="csrf" value="[^"]*"', r'data-seconds="\d+"', str(file["id"]), r"\d+:\d\d\s[AP]M")
        for mask in masks:
            staff = [re.sub(mask, "", one) for one in staff]
        seen.append(staff)
        await bench.do("DELETE FROM pieces")
        await bench.do("DELETE FROM files")
    assert seen[0] == seen[1]
    assert "2.073" in seen[0][0]
