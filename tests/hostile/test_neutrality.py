"""On the running system: nothing that anybody but an adjudicator sees tells a record from its innocent causes.

Two educators are led to the same point, one of them with a record. All that they, staff, the topics, the letters and
the logs hold about each is compared byte for byte, what must differ between any two people masked.
"""

import json
import re
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import pytest

from deploy.local.ports import SERVICES
from deploy.local.system import System
from shared.auth import service_token
from shared.keys import Keys
from tests.flow import hearing, people, result_files
from tests.hostile import effects
from tests.hostile.crowd import Crowd, Member, educator
from tests.visitor import Visitor
from tests.waiting import wait_until

PAGES: Final = ("/ecs/profile", "/ecs/fingerprints", "/ecs/certificates", "/ecs/applications", "/ecs/messages")
STAFF: Final = ("/staff", "/staff/unmatched", "/staff/mail")
OTHERS: Final = ("analyst", "administrator", "program", "district")  # none of them reads criminal history
RAP_SHEET: Final = "UNITED STATES DEPARTMENT OF JUSTICE - SAMPLE LINE\n" * 40
NAME: Final = "EXAMPLE,ROBIN"


@dataclass
class Person:
    """An educator under comparison."""

    system: System
    crowd: Crowd
    member: Member
    account_id: str
    before: dict[str, Any] = field(default_factory=dict)

    def drop(self, bureau: Literal["fbi", "state"], *, name: str = NAME, finding: str = "N", sheet: str = "") -> None:
        """A bureau's answer for this educator."""
        oca = self.member.educator_id
        content = result_files.answer(bureau, oca=oca, name=name, finding=finding, rap_sheet=sheet)
        result_files.drop(self.system.home.folder, content)

    def answers(self) -> int:
        """How many answers are this educator's."""
        query = "SELECT count(*) AS n FROM answers WHERE educator_id = $1"
        return int(hearing.rows(self.system, "fingerprint", query, self.member.educator_id)[0]["n"])

    def until(self, words: str) -> None:
        """Wait until the page says this, and everything that follows from it is done."""
        self.member.browser.until("/ecs/fingerprints", lambda page: words in page.text)
        effects.quiet(self.system)

    def masked(self, text: str) -> str:
        """Without what differs between any two people, and from one second to the next."""
        id_ = self.member.educator_id
        for mine, common in (
            (f"{id_[:4]} {id_[4:]}", "EDUCATOR ID"),
            (id_, "EDUCATOR-ID"),
            (self.member.email, "ADDRESS"),
            (self.member.username, "USERNAME"),
            (self.account_id, "ACCOUNT"),
        ):
            text = text.replace(mine, common)
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)
        text = re.sub(r'name="csrf" value="[0-9a-f]{64}"|data-seconds="\d+"', "PER SESSION", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)", "MOMENT", text)
        return re.sub(r"\d{1,2}:\d\d\s(AM|PM)", "TIME", text)


Feed = Callable[[Person], None]


def record(person: Person) -> None:
    person.drop("fbi", finding="I", sheet=RAP_SHEET)


def short_record(person: Person) -> None:
    person.drop("fbi", finding="I")


def exception_code(person: Person) -> None:
    person.drop("fbi", finding="X")


def rap_sheet_without_a_finding(person: Person) -> None:
    person.drop("fbi", sheet=RAP_SHEET)


def other_name(person: Person) -> None:
    person.drop("fbi", name="ELSE,SOMEBODY")


def nothing(person: Person) -> None:
    person.drop("fbi")


INNOCENT: Final = {
    "an exception code": exception_code,
    "a name that contradicts": other_name,
    "a rap sheet beside no record": rap_sheet_without_a_finding,
    "a record without a sheet": short_record,
}


def somebody(system: System, crowd: Crowd) -> Person:
    """An educator of whom nothing is known yet."""
    member = educator(system)
    query = "SELECT account_id FROM accounts WHERE username = $1"
    (row,) = hearing.rows(system, "identity", query, member.username)
    # as the notifier does now and then: the letter that began the account is among its letters
    adopt = "UPDATE letters SET account_id = $1 WHERE kind = 'confirm_email' AND address = $2"
    hearing.rows(system, "notifier", adopt, row["account_id"], member.email)
    return Person(system, crowd, member, str(row["account_id"]))


@pytest.fixture
def person(system: System, crowd: Crowd) -> Person:
    """The one who is compared."""
    return somebody(system, crowd)


@pytest.fixture(scope="module")
def guilty(system: System, crowd: Crowd) -> dict[str, Any]:
    """What is to be seen of somebody with a record, both answers in."""
    return led(somebody(system, crowd), record, both=True)


@pytest.fixture(scope="module")
def clean(system: System, crowd: Crowd) -> dict[str, Any]:
    """What is to be seen of somebody without one, of whom one bureau has not answered."""
    return led(somebody(system, crowd), nothing, both=False)


def led(person: Person, feed: Feed, *, both: bool) -> dict[str, Any]:
    """What is to be seen of a person after these answers."""
    effects.quiet(person.system)
    staff, attention, logs = _staff(person), _attention(person.system), _logs(person.system)
    if both:
        person.drop("state")
        person.until("State result received")
    feed(person)
    person.until("Being checked" if both else "FBI result received")
    return {
        "pages": _pages(person),
        "letters": _letters(person),
        "facts": _facts(person),
        "staff": _changes(staff, _staff(person)),
        "attention": _changes(attention, _attention(person.system)),
        "logs": _logs(person.system) - logs,
    }


def _pages(person: Person) -> dict[str, tuple[Any, ...]]:
    window = Visitor(person.system.origin, cookies=dict(person.member.browser.cookies))
    paths = [*PAGES, *re.findall(r"/ecs/messages/[0-9a-f-]{36}", window.send("GET", "/ecs/messages").body.decode())]
    found = {}
    for number, path in enumerate(paths):
        answer = window.open_whole(path).seen[-1]
        body = person.masked(answer.body.decode())
        headers = sorted(
            (name, value) for name, value in answer.headers.items() if name not in ("date", "content-length")
        )
        found[f"{number} {person.masked(path)}"] = (answer.status, headers, len(body), body)
    return found


def _letters(person: Person) -> list[tuple[str, ...]]:
    """What they say; letters of two topics leave in either order."""
    letters = people.letters(person.system, person.member.email)
    return sorted(
        tuple(person.masked(one[name].replace("=\n", "")) for name in ("subject", "text", "html"))
        for one in letters
        if "confirm" not in one["subject"].lower()
    )


def _facts(person: Person) -> list[tuple[Any, ...]]:
    """Kinds, number, content and size of all records about the person, in the order of each subject's own numbers."""
    about = [
        fact for fact in effects.facts(person.system) if fact.key in (person.member.educator_id, person.account_id)
    ]
    own = [fact for fact in about if fact.key == person.member.educator_id or "sealed" not in fact.value]
    return sorted(
        (
            fact.topic,
            fact.value["sequence"],
            person.masked(json.dumps(fact.value, sort_keys=True)),
            sorted(name for name, _ in fact.headers),
        )
        for fact in own
    )


def _staff(person: Person) -> dict[str, str]:
    found = {}
    for who in OTHERS:
        for path in STAFF:
            answer = person.crowd.fresh(who).open_whole(path).seen[-1]
            found[f"{who} {path}"] = person.masked(answer.body.decode())
    return found


def _attention(system: System) -> dict[str, str]:
    """What each service says needs a person, of what anybody but an adjudicator is told."""
    found = {}
    keys = Keys(Path(system.environment("identity")["ECS_KEYS"]), "identity")
    for service in SERVICES:
        url = f"http://127.0.0.1:{system.ports.services[service]}/internal/attention"
        headers = {"Authorization": f"Bearer {service_token(keys, service)}"}
        told = httpx.get(url, headers=headers, trust_env=False).json()["other"]
        found[service] = json.dumps([one for one in told if set(one["roles"]) - {"adjudicator"}])
    return found


def _changes(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def _logs(system: System) -> Counter[tuple[str, str, str]]:
    """The lines of fingerprint's log by what they say, without ids and numbers."""
    lines = (system.home.log / "fingerprint.log").read_text().splitlines()
    found = []
    for line in lines:
        entry = json.loads(line)
        rest = {name: value for name, value in entry.items() if name not in ("at", "service", "level", "message")}
        text = re.sub(r"[0-9a-f]{8,}(-[0-9a-f]{4,})*|\d+(\.\d+)?", "#", json.dumps(rest, sort_keys=True))
        found.append((entry["level"], entry["message"], text))
    return Counter(found)


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Every part is equal, to the byte."""
    for name in one:
        assert other[name] == one[name], name


@pytest.mark.parametrize("cause", INNOCENT)
def test_being_checked_is_the_same_for_a_record_and_for(guilty: dict[str, Any], person: Person, cause: str) -> None:
    assert "Being checked" in str(guilty["pages"])
    assert not guilty["staff"], "a check that needs a look shows to nobody but adjudicators"
    same(guilty, led(person, INNOCENT[cause], both=True))


@pytest.mark.parametrize("cause", ["a record", *INNOCENT])
def test_until_the_second_answer_nothing_differs_from_no_record(
    clean: dict[str, Any], person: Person, cause: str
) -> None:
    same(clean, led(person, {"a record": record, **INNOCENT}[cause], both=False))


def test_a_match_by_hand_reads_as_a_record_to_its_educator(guilty: dict[str, Any], person: Person) -> None:
    """The list of unmatched answers has one more line while it waits: whoever matched it knows one innocent cause."""

    def by_hand(person: Person) -> None:
        mark = f"M{person.member.educator_id}"
        result_files.drop(person.system.home.folder, result_files.answer("fbi", oca=mark, name=NAME))
        analyst = person.crowd.fresh("analyst").until("/staff/unmatched", lambda page: mark in page.text)
        row = next(tr for tr in analyst.tree.iter("tr") if mark in tr.text_content())
        path = f"{row.xpath('.//a/@href')[0]}/assign"
        fields = effects.signed(
            person.system, analyst, educator_id=person.member.educator_id, purpose="2301", reason="Seen"
        )
        assert analyst.send("POST", path, fields=fields).status == 303

    innocent = led(person, by_hand, both=True)
    for name in ("pages", "letters", "facts"):
        assert innocent[name] == guilty[name], name


def test_after_do_not_clear_nothing_has_changed_for_anybody_else(guilty: dict[str, Any], person: Person) -> None:
    led(person, record, both=True)
    query = "SELECT id FROM reviews WHERE educator_id = $1"
    (review,) = hearing.rows(person.system, "fingerprint", query, person.member.educator_id)
    path = f"/staff/review/{review['id']}"
    adjudicator = person.crowd.fresh("adjudicator").open(path)
    fields = effects.form(adjudicator, f"{path}/open", purpose="To decide")
    assert adjudicator.send("POST", f"{path}/open", fields=fields).status == 303
    fields = effects.form(adjudicator.open(path), path, reason="Grave", decision="not_clear")
    before = _staff(person)
    assert adjudicator.send("POST", path, fields=fields).status == 303
    person.until("Being checked")
    assert _pages(person) == guilty["pages"]
    assert _letters(person) == guilty["letters"]
    assert _facts(person) == guilty["facts"]
    assert not _changes(before, _staff(person))


def arrived(person: Person, count: int) -> bool:
    """Whether so many answers are matched."""
    return person.answers() == count


def test_what_comes_after_a_clearance_reads_the_same(system: System, crowd: Crowd) -> None:
    seen = []
    for feed in (record, other_name):
        person = somebody(system, crowd)
        person.drop("state")
        person.drop("fbi")
        person.until("Cleared")
        feed(person)
        wait_until(partial(arrived, person, 3), 60)
        effects.quiet(person.system)
        seen.append({"pages": _pages(person), "letters": _letters(person), "facts": _facts(person)})
    same(seen[0], seen[1])


def is_listed(analyst: Visitor, mark: str) -> bool:
    """Whether the list of unmatched answers has a line with this mark."""
    return mark in analyst.open("/staff/unmatched").text


def test_an_answer_for_nobody_known_yet_tells_staff_nothing(system: System, crowd: Crowd) -> None:
    """Waiting for an educator, or with a number that is nobody's: the same line, whatever it says."""
    lines = []
    for finding, sheet in (("N", ""), ("I", RAP_SHEET), ("X", "")):
        mark = f"W{secrets.token_hex(5)}"
        result_files.drop(
            system.home.folder,
            result_files.answer("fbi", oca=mark, name=NAME, finding=finding, rap_sheet=sheet, tcn=f"TCN{mark}"),
        )
        analyst = crowd.fresh("analyst")
        wait_until(partial(is_listed, analyst, mark), 60)
        row = next(tr for tr in analyst.tree.iter("tr") if mark in tr.text_content())
        path = str(row.xpath(".//a/@href")[0])
        line = re.sub(r"\d{1,2}:\d\d\s(AM|PM)", "TIME", row.text_content()).replace(mark, "MARK")
        one = re.sub(r"\d{1,2}:\d\d\s(AM|PM)|[0-9a-f-]{36}", "", analyst.open(path).text).replace(mark, "MARK")
        lines.append((line, one))
        fields = effects.signed(system, analyst, aside_reason="A trial")
        assert analyst.send("POST", f"{path}/aside", fields=fields).status == 303
    assert lines[0] == lines[1] == lines[2]
