"""The table of access is complete and true, and each of its cells is tried."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared import csrf
from shared.auth import Caller, Grant, Sessions, session_hash
from shared.events import Role
from shared.pages import menus
from shared.policy import today
from shared.web import access_of
from tests.access.cells import FOR_PEOPLE, FOR_SERVICES, NOBODY, SOME_ID, VISITOR, WHO, address, happened, said
from tests.access.conftest import routes_of
from tests.access.table import SERVICES, SIGNED_IN, TABLE, Row


def token(who: str) -> str:
    return f"{who:_<43}"


async def resolve(hash_: str) -> Caller | None:
    """The session of whoever holds just one role."""
    for who in WHO[1:]:
        if session_hash(token(who)) == hash_:
            roles = () if who == NOBODY else (Grant(role=Role(who), institution="mo-u"),)
            ends = datetime.now(UTC) + timedelta(minutes=15)
            return Caller(account_id=UUID(SOME_ID), username=who, roles=roles, session_hash=hash_, idle_ends_at=ends)
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_has_its_row_and_every_row_its_route(apps: dict[str, FastAPI], service: str) -> None:
    found = {
        Row(service, method, route.path, access_of(route))
        for route in routes_of(apps[service])
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    said = {row for row in TABLE if row.service == service}
    assert sorted(map(str, found - said)) == []
    assert sorted(map(str, said - found)) == []


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_is_served_beside_the_routes_of_the_table(apps: dict[str, FastAPI], service: str) -> None:
    assert [route for route in routes_of(apps[service]) if not isinstance(route, APIRoute)] == []


def test_a_route_stands_in_the_table_once() -> None:
    places = [(row.service, row.method, row.path) for row in TABLE]
    assert len(places) == len(set(places))


@pytest.mark.parametrize("row", FOR_PEOPLE, ids=lambda row: f"{row.method} {row.path}")
async def test_each_person_is_let_in_or_not(
    apps: dict[str, FastAPI], row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = apps[row.service]
    web = app.state.web
    monkeypatch.setitem(app.state._state, "web", replace(web, sessions=Sessions(web.service.redis, resolve)))
    found = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=web.origin) as client:
        for who in WHO:
            headers = {} if who == VISITOR else {"Cookie": f"{web.session_cookie}={token(who)}"}
            # who must be kept out brings a perfect form; who may come in a stale one, so that nothing is done
            good = csrf.token_for(session_hash(token(who)))
            form = {"csrf": "stale" if said(row, who) == "in" else good} if row.method == "POST" else None
            answer = await client.request(row.method, address(row), data=form, headers=headers)
            found[who] = happened(row, who, answer.status_code, answer.headers.get("location", ""), answer.text)
    assert found == {who: said(row, who) for who in WHO}


@pytest.mark.parametrize("row", FOR_SERVICES, ids=lambda row: f"{row.service} {row.path}")
async def test_no_person_gets_what_services_tell_each_other(apps: dict[str, FastAPI], row: Row) -> None:
    app = apps[row.service]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=app.state.web.origin) as client:
        for who in WHO:
            cookie = {"Cookie": f"{app.state.web.session_cookie}={token(who)}"}
            answer = await client.request(row.method, row.path, headers=cookie)
            assert answer.status_code == 401


@pytest.mark.parametrize(
    "item", [*menus.of_educators(today()), *menus.STAFF, *menus.PROGRAM], ids=lambda item: item.href
)
def test_menus_offer_what_their_reader_may_open(item: menus.Item) -> None:
    path = re.sub(r"^/ecs/apply/\w+$", "/ecs/apply/{code}", item.href)
    (row,) = [row for row in TABLE if row.method == "GET" and row.path == path]
    assert row.who in (item.roles, SIGNED_IN)
