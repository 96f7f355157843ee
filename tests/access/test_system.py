"""Each cell of the table of access, tried from outside on the running system, with people who really signed in."""

import json
import re

import pytest

from deploy.local.system import System
from shared import csrf
from shared.auth import session_cookie, session_hash
from tests.access.cells import FOR_PEOPLE, NOBODY, VISITOR, WHO, address, happened, said
from tests.access.table import TABLE, Row
from tests.flow import people
from tests.visitor import Visitor


@pytest.fixture(scope="module")
def browsers(system: System) -> dict[str, Visitor]:
    """A browser for each kind of person, signed in."""
    found = {VISITOR: Visitor(system.origin)}
    newcomer, username, email = people.newcomer(system)
    people.register(newcomer, username, email)
    people.confirm(system, newcomer, email)
    people.log_in(newcomer, username)
    found[NOBODY] = newcomer
    for person in json.loads(system.home.people.read_bytes()):
        if person["role"] not in found:
            found[person["role"]] = Visitor(system.origin)
            people.log_in(found[person["role"]], person["username"], person["password"])
    assert all(one.path == "/applications" for who, one in found.items() if who != VISITOR)
    return found


@pytest.mark.parametrize("row", FOR_PEOPLE, ids=lambda row: f"{row.method} {row.path}")
def test_each_person_is_let_in_or_not(system: System, browsers: dict[str, Visitor], row: Row) -> None:
    found, broken = {}, {}
    for who in WHO:
        form = None
        if row.method == "POST":
            cookie = browsers[who].cookies.get(session_cookie(system.ports.origin), "")
            # who must be kept out brings a perfect form; who may come in a stale one, so that nothing is done
            form = {"csrf": "stale" if said(row, who) == "in" else csrf.token_for(session_hash(cookie))}
        answer = browsers[who].send(row.method, address(row), fields=form)
        found[who] = happened(
            row, who, answer.status, answer.headers.get("location", ""), answer.body.decode(errors="replace")
        )
        if answer.status >= 500:
            broken[who] = answer.status
    assert found == {who: said(row, who) for who in WHO}
    assert broken == {}


@pytest.mark.parametrize(
    "path",
    sorted(
        {row.path for row in TABLE if re.match("/(internal|_fragments|metrics|health)", row.path)} - {"/health/ready"}
    ),
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_services_tell_each_other_is_not_there_from_outside(
    system: System, browsers: dict[str, Visitor], method: str, path: str
) -> None:
    encoded = f"/%{ord(path[1]):02x}{path[2:]}"
    for way in (
        path,
        f"{path}/",
        f"/{path}",
        f"/.{path}",
        f"/ecs/..{path}",
        f"/ecs/%2e%2e{path}",
        encoded,
        path.upper(),
    ):
        for who in (VISITOR, "administrator"):
            answer = browsers[who].send(
                method, system.origin + way, fields={"hash": "0" * 64} if method == "POST" else None
            )
            assert answer.status in (400, 404, 405), way
            assert b"parked" not in answer.body
