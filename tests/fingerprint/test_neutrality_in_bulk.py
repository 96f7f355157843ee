"""Results in bulk: at each step of their life all that is to be had by others than adjudicators is the same, to the
byte, for a record and for its innocent causes.

Each cause lives in an office of its own: a database, pages, an importer, a command line. The same people do the same
things there, and all that is to be had is compared, what must differ between any two offices masked: what they are
called, and the time of day.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest
import pytest_asyncio
from click.testing import CliRunner
from prometheus_client import REGISTRY, generate_latest

from services.fingerprint import metering, sources, undone
from services.fingerprint.commands import results_group
from services.fingerprint.sources import Rule
from services.fingerprint.vault import vault_of
from shared.auth import service_token
from shared.db import Database
from shared.events import Role
from shared.keys import Keys
from shared.policy import today
from tests.conftest import ValkeyPart
from tests.databases import DatabaseMaker
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.bundling import a_zip
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site, serving
from tests.fingerprint.spooling import Box, a_box
from tests.visitor import Visitor

ONE: Final = an_educator()
OTHER: Final = an_educator()
ACCOUNTS: Final = {ONE: UUID(int=1), OTHER: UUID(int=2)}
RAP_SHEET: Final = "UNITED STATES DEPARTMENT OF JUSTICE - SAMPLE LINE\n" * 100
# By which one answer differs. The first is the record with which the others are compared.
RECORD: Final[dict[str, Any]] = {"found": "I", "rap_sheet": RAP_SHEET}
INNOCENT: Final[dict[str, dict[str, Any]]] = {
    "a record without a sheet": {"found": "I"},
    "an exception code": {"found": "X"},
    "a name that contradicts": {"name": "ELSE,SOMEBODY"},
    "a rap sheet beside no record": {"rap_sheet": RAP_SHEET},
}
CLEAN: Final[dict[str, Any]] = {}
LATER: Final = "20260902140501Z"

PAGES: Final = (
    "/staff/unmatched",
    "/staff/imports",
    "/staff/imports?state=done",
    "/staff/imports/upload",
    "/staff/imports/{batch}",
    "/staff/imports/{batch}/errors.csv",
    "/staff/quarantine",
    "/staff/quarantine/export.csv",
    "/staff/results/search?q={one}",
    "/staff/results/search?q=TCN-FBI",
    "/staff/results/search?q=SENT-FBI",
    "/staff/results/search?since={today}&until={today}",
    "/staff/results/turnaround",
    "/staff/namechecks",
    "/staff/namechecks?show=requested",
    "/staff/namechecks/{one}/2301/fbi",
    "/staff/review",
)
OUTSIDERS: Final = (Role.ANALYST, Role.ADMINISTRATOR)
COMMANDS: Final = (
    ("status",),
    ("status", "--json"),
    ("quarantine",),
    ("quarantine", "--json"),
    ("destroy-key", ONE, "--reason", "How much is there"),
)
# Rows of the trail that say what adjudicators did; nobody else is shown the trail.
_OF_ADJUDICATORS: Final = ("review.opened", "criminal_history.read", "review.decided")


@dataclass
class Office:
    """A whole fingerprint service for one cause."""

    bench: Bench
    site: Site
    box: Box
    batch: str = ""

    def answers(self, fbi: dict[str, Any], *leave_out: str) -> dict[str, bytes]:
        """An archive of both answers about the one, both about another, one for nobody and one that is damaged."""
        files = {
            "1.eft": answer(STATE, ONE, tcn="TCN-STATE", tcr="SENT-STATE"),
            "2.eft": answer(FBI, ONE, tcn="TCN-FBI", tcr="SENT-FBI", **fbi),
            "3.eft": answer(STATE, OTHER, tcn="TCN-3", tcr="SENT-3"),
            "4.eft": answer(FBI, OTHER, tcn="TCN-4", tcr="SENT-4"),
            "5.eft": answer(FBI, tcn="TCN-5", tcr="SENT-5"),
            "6.eft": answer(FBI, tcn="TCN-6", tcr="SENT-6")[:90],
        }
        return {name: content for name, content in files.items() if name not in leave_out}

    async def upload(self, files: dict[str, bytes]) -> dict[str, Any]:
        """An analyst uploads an archive, looks at the check, and imports it; what the check says."""
        staff = self.analyst.open("/staff/imports/upload")
        csrf = staff.tree.xpath("//main//input[@name='csrf']")[0].get("value")
        sent = staff.send(
            "POST", "/staff/imports/upload", data={"csrf": csrf}, files={"file": ("all.zip", a_zip(files))}
        )
        seen = staff.send("GET", sent.headers["location"])
        staff.open(sent.headers["location"]).press("Import")
        self.batch = staff.path.rpartition("/")[2]
        await self.box.after(1)
        # Of one moment, so chance orders them.
        await self.bench.do(
            "UPDATE answers a SET received_at = a.received_at - make_interval(secs => n.place * 0.001)"
            " FROM (SELECT id, row_number() OVER (ORDER BY tcn) AS place FROM answers) AS n WHERE n.id = a.id"
        )
        await self.bench.do("UPDATE importers SET until = now() + interval '1 hour'")
        return self.told(seen.status, seen.headers, seen.body)

    @property
    def analyst(self) -> Visitor:
        """A new session of a member of staff who may not read criminal history."""
        return self.site.sign_in(Role.ANALYST, account_id=UUID(int=7), username="sam.analyst")

    def adjudicate(self, *, decision: str = "") -> None:
        """An adjudicator opens the case, and decides it if asked to."""
        person = self.site.sign_in(Role.ADJUDICATOR, account_id=UUID(int=8)).open("/staff/review").follow("Open")
        person.fill("Purpose", "To decide").press("Open the case")
        assert "Decide" in person.text
        if decision:
            person.fill("Reason", "So it is").press(decision)
            assert "Your decision is kept" in person.text

    def assign(self, educator: str) -> None:
        """The analyst says whose the FBI's answer is."""
        staff = self.analyst.open("/staff/unmatched")
        staff.open(staff.tree.xpath("//a[@aria-label='Open answer TCN-FBI']")[0].get("href"))
        staff.fill("Educator ID", educator).choose("Practicum, student teaching or substitute")
        staff.fill("Reason", "By phone").press("Assign")
        assert "is assigned" in staff.text

    def take_back(self) -> None:
        """The analyst undoes that."""
        staff = self.analyst.open("/staff/unmatched").follow("Undo").fill("Reason", "Misheard")
        assert "Undone" in staff.press("Undo").text

    async def undo(self) -> dict[str, Any]:
        """The analyst tries to undo the import; what is said to that."""
        path = f"/staff/imports/{self.batch}"
        staff = self.analyst.open(path)
        csrf = staff.tree.xpath("//main//input[@name='csrf']")[0].get("value")
        seen = staff.send("POST", f"{path}/undo", fields={"csrf": csrf, "reason": "Sent by mistake"})
        assert await undone.once(self.bench.database, self.bench.vault)
        after = staff.send("GET", path)
        return {
            "refusal or not": self.told(seen.status, seen.headers, seen.body),
            "after": self.told(after.status, after.headers, after.body),
        }

    async def everything(self) -> dict[str, Any]:
        """All that is to be had by whoever is no adjudicator."""
        found: dict[str, Any] = {}
        await metering.look(self.bench.database, [])
        await metering.weigh(self.bench.database)
        for role in OUTSIDERS:
            for path in PAGES:
                where = path.format(batch=self.batch, one=ONE, today=today())
                seen = self.site.sign_in(role, account_id=UUID(int=9)).send("GET", where)
                found[f"{role} {path}"] = self.told(seen.status, seen.headers, seen.body)
        person = self.site.sign_in(Role.EDUCATOR, account_id=ACCOUNTS[ONE])
        token = service_token(Keys(self.site.service.keys.folder, "educator"), "fingerprint", self.site.caller(person))
        for name, path, headers in (
            ("their page", "/ecs/fingerprints", {}),
            ("their profile", "/_fragments/fingerprints", {"Authorization": f"Bearer {token}"}),
        ):
            seen = person.send("GET", path, headers=headers)
            found[name] = self.told(seen.status, seen.headers, seen.body)
        found["attention"] = self.attention()
        for words in COMMANDS:
            ran = await asyncio.to_thread(CliRunner().invoke, results_group, list(words))
            found[" ".join(words)] = (ran.exit_code, self.masked(ran.stdout), self.masked(ran.stderr))
        lines = generate_latest(REGISTRY).decode().splitlines()
        found["metrics"] = [one for one in lines if one.startswith("ecs_results_") and "seconds" not in one]
        found["facts"] = [
            self.masked(json.dumps([row["topic"], json.loads(row["body"])], sort_keys=True))
            for row in await self.bench.rows("SELECT topic, body FROM outbox ORDER BY id")
        ]
        found["trail"] = [
            self.masked(json.dumps(row, default=str, sort_keys=True))
            for row in await self.bench.rows(
                "SELECT actor_name, action, subject, reason, old, new FROM audit WHERE action <> ALL(:theirs)"
                " ORDER BY at, action, subject, new::text",
                theirs=list(_OF_ADJUDICATORS),
            )
        ]
        found["sizes"] = await self.bench.rows(
            "SELECT length(a.sealed) AS evidence, p.number, length(p.sealed) AS archive"
            " FROM answers a JOIN pieces p USING (file_id) ORDER BY a.tcn"
        )
        return found

    def attention(self) -> str:
        """What waits, of what anybody but an adjudicator is told."""
        headers = {
            "Authorization": f"Bearer {service_token(Keys(self.site.service.keys.folder, 'identity'), 'fingerprint')}"
        }
        told = json.loads(self.site.sign_in().send("GET", "/internal/attention", headers=headers).body)["other"]
        return json.dumps([one for one in told if set(one["roles"]) - {Role.ADJUDICATOR}])

    def told(self, status: int, headers: Any, body: bytes) -> dict[str, Any]:
        """An answer over the wire, with its size."""
        text = self.masked(body.decode())
        named = sorted((name, self.masked(value)) for name, value in headers.items() if name not in _OF_TIME)
        return {"status": status, "headers": named, "size": len(text), "body": text}

    def masked(self, text: str) -> str:
        """Without what differs between any two offices, and from one second to the next."""
        for mine, common in ((self.batch, "BATCH"), (str(self.site.port), "PORT")):
            text = text.replace(mine, common) if mine else text
        text = re.sub(r'name="csrf" value="[^"]*"|data-seconds="\d+"', "PER SESSION", text)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
        text = re.sub(r"[0-9a-f]{8}\n", "CODE\n", text)
        text = re.sub(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|\+00:00)?", "MOMENT", text)
        return re.sub(r"\d{1,2}:\d\d\s(AM|PM)", "TIME", text)


_OF_TIME: Final = ("date", "content-length", "set-cookie")
Open = Callable[[], Awaitable[Office]]


@pytest_asyncio.fixture
async def another(
    fresh_database: DatabaseMaker, valkey: ValkeyPart, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Open]:
    """Opens one office after another; the last one's command line counts."""
    with ExitStack() as stack:
        benches: list[Bench] = []

        async def opened() -> Office:
            home = tmp_path / str(len(benches))
            url = fresh_database("fingerprint")
            site = stack.enter_context(serving(url, valkey.url, home))
            bench = Bench(Database(url, pool_size=4), vault_of(site.service.keys))
            benches.append(bench)
            for name, value in {"POSTGRES_FINGERPRINT": url, "HOME": str(home), "KAFKA": "no:1", "REDIS": "no"}.items():
                monkeypatch.setenv(f"ECS_{name}", value)
            for number in (ONE, OTHER):
                await bench.name(number)
                await bench.identify(number, ACCOUNTS[number])
            box = a_box(bench, home, sources.uploads(site.service.settings.home), rule=Rule.RENAMED)
            return Office(bench, site, box)

        yield opened
        for bench in benches:
            await bench.database.dispose()


async def life(office: Office, fbi: dict[str, Any], decision: str) -> dict[str, Any]:
    """What is to be had at each step: it came, an adjudicator looked, decided; the import could not be undone."""
    steps: dict[str, Any] = {"checked": await office.upload(office.answers(fbi)), "arrived": await office.everything()}
    office.adjudicate()
    steps |= {"opened": await office.everything(), "undone once opened": await office.undo()}
    # Everybody sees the refusal from now on.
    steps["refused"] = await office.everything()
    office.adjudicate(decision=decision)
    steps |= {"decided": await office.everything(), "undone once decided": await office.undo()}
    assert "rests on an answer" in str(steps["undone once opened"])
    assert untraced(steps["opened"]) == untraced(steps["arrived"]), "that somebody looks shows to nobody"
    if decision == "Do not clear":
        assert untraced(steps["decided"]) == untraced(steps["refused"]), "nor that it was not cleared"
        assert steps["undone once decided"] == steps["undone once opened"]
    return steps


def untraced(step: dict[str, Any]) -> dict[str, Any]:
    """Without the trail, which grows with each look."""
    return {name: value for name, value in step.items() if name != "trail"}


@pytest.mark.parametrize("decision", ["Clear", "Do not clear"])
async def test_a_record_and_its_innocent_causes_live_alike(another: Open, decision: str) -> None:
    record = await life(await another(), RECORD, decision)
    assert "Being checked" in record["arrived"]["their page"]["body"]
    for cause, differs in INNOCENT.items():
        same(record, await life(await another(), differs, decision), cause)


async def test_until_the_second_answer_a_record_lives_as_no_record(another: Open) -> None:
    """It came, and its import was undone."""

    async def short(fbi: dict[str, Any]) -> dict[str, Any]:
        office = await another()
        steps = {"checked": await office.upload(office.answers(fbi, "1.eft")), "arrived": await office.everything()}
        return steps | {"undone": await office.undo(), "gone": await office.everything()}

    record = await short(RECORD)
    assert "The state answers next" in record["arrived"]["their page"]["body"]
    assert "4 answers of it count no more" in record["undone"]["after"]["body"]
    for fbi in (CLEAN, INNOCENT["an exception code"]):
        same(record, await short(fbi))


async def test_a_record_that_is_corrected_lives_as_what_else_is_corrected(another: Open) -> None:
    async def corrected(fbi: dict[str, Any]) -> dict[str, Any]:
        office = await another()
        await office.upload(office.answers(fbi))
        steps = {
            "checked": await office.upload({"1.eft": answer(FBI, ONE, tcn="TCN-FBI", tcr="SENT-FBI", stamped=LATER)})
        }
        return steps | {"arrived": await office.everything(), "undone": await office.undo()}

    record = await corrected(RECORD)
    assert "Cleared" in record["arrived"]["their page"]["body"]
    for cause, fbi in INNOCENT.items():
        same(record, await corrected(fbi), cause)


async def test_a_record_that_is_assigned_by_hand_lives_as_no_record(another: Open) -> None:
    """Assigned, taken back, assigned to another; an adjudicator looked at it meanwhile."""

    async def assigned(fbi: dict[str, Any]) -> dict[str, Any]:
        office = await another()
        whole = office.answers({}, "2.eft", "4.eft")
        await office.upload(whole | {"2.eft": answer(FBI, tcn="TCN-FBI", tcr="SENT-FBI", **fbi)})
        steps = {"nobody's": await office.everything()}
        office.assign(ONE)
        steps["assigned"] = await office.everything()
        office.adjudicate(decision="Do not clear")
        office.take_back()
        steps["taken back"] = await office.everything()
        office.assign(OTHER)
        return steps | {"assigned to another": await office.everything()}

    record = await assigned(RECORD)
    assert "Being checked" in record["assigned"]["their page"]["body"]
    for fbi in (CLEAN, INNOCENT["an exception code"]):
        same(record, await assigned(fbi))


def same(one: dict[str, Any], other: dict[str, Any], path: str = "") -> None:
    """Every part is equal, to the byte."""
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, dict):
            same(value, other[name], f"{path} / {name}")
        else:
            assert other[name] == value, f"{path} / {name}"
