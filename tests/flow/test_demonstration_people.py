"""The Mailroom logs a visitor in at the portal as one of the demonstration's people."""

import json
from pathlib import Path
from typing import Any, Final

from deploy.local.system import System
from tests.visitor import Visitor

BEGINS: Final = {
    "educator": "Educator Profile",
    "program": "Work log",
    "district": "User Applications",
    "analyst": "Applications",
    "adjudicator": "Review list",
    "administrator": "Needs attention",
}


def known(system: System) -> list[dict[str, Any]]:
    """What `demo.json` says."""
    return list(json.loads(system.home.people.read_bytes()))


def log_in_as(visitor: Visitor, name: str) -> Visitor:
    """From the list of people."""
    return visitor.open("/mailroom/people").press("Log in", within=name)


def test_everybody_is_listed_with_what_there_is_to_do(system: System) -> None:
    shown = Visitor(system.origin).open("/mailroom/people").text
    for person in known(system):
        for value in (person["name"], person["username"], person["password"], person["about"]):
            assert value in shown


def test_everybody_can_be_logged_in_as_and_comes_to_where_the_work_begins(system: System) -> None:
    for person in known(system):
        visitor = log_in_as(Visitor(system.origin), person["name"])
        assert visitor.heading == BEGINS[person["role"]], person["name"]


def test_one_is_logged_off_when_another_is_logged_in(system: System) -> None:
    visitor = log_in_as(Visitor(system.origin), "Jordan Rivera")
    before = Visitor(system.origin, dict(visitor.cookies))
    assert before.open("/ecs/profile").heading == "Educator Profile"
    log_in_as(visitor, "Dana Whitfield").open("/staff")
    assert visitor.heading == "Needs attention"
    assert before.open("/ecs/profile").heading == "Login"


def test_another_site_logs_nobody_in(system: System) -> None:
    visitor = Visitor(system.origin)
    answer = visitor.send("POST", "/mailroom/people/dana.analyst", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403
    assert visitor.cookies == {}
    assert visitor.open("/staff").heading == "Login"


def test_no_password_is_in_a_log(system: System) -> None:
    log_in_as(Visitor(system.origin), "Dana Whitfield")
    logs = [path for path in Path(system.home.log).iterdir() if path.is_file()]
    assert system.mailroom is not None
    assert system.mailroom.log in logs
    said = [path.read_text(errors="replace") for path in logs]
    assert not [person["username"] for person in known(system) for text in said if person["password"] in text]
