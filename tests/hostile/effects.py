"""What really happened: the rows of the five databases and the facts on the topics."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Final

from lxml import html

from deploy.local.ports import SERVICES
from deploy.local.system import System
from tests.flow import hearing
from tests.flow.hearing import Fact, rows
from tests.hostile.crowd import token_of
from tests.visitor import Answer, Visitor
from tests.waiting import wait_until

# Written by being looked at, or by loops of the services' own.
_ALIVE: Final = frozenset({"sessions", "importers", "inbox", "outbox", "alembic_version", "turnaround_weeks"})
# What of a row counts, where not all does: letters find their account some time after it was made.
_COUNTS: Final = {"letters": "(t.id, t.state)"}


def everything(system: System) -> dict[str, str]:
    """A digest of each table of each service, but for those that change by being looked at."""
    found: dict[str, str] = {}
    for service in SERVICES:
        tables = rows(system, service, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
        names = [one["name"] for one in tables if one["name"] not in _ALIVE]
        digests = rows(system, service, " UNION ALL ".join(map(_digest, names)))
        found |= {f"{service}.{one['name']}": one["digest"] for one in digests}
    return found


def _digest(table: str) -> str:
    row = _COUNTS.get(table, "t")
    every = f"coalesce(string_agg({row}::text, ';' ORDER BY {row}::text), '')"
    return f"SELECT '{table}' AS name, md5({every}) AS digest FROM \"{table}\" t"  # noqa: S608 - from the catalogue


def quiet(system: System) -> dict[str, str]:
    """`everything`, once nothing moves by itself any more: facts are heard, letters are sent."""
    hearing.deliver(system)
    seen = [everything(system)]

    def still() -> bool:
        hearing.deliver(system)
        seen.append(everything(system))
        return seen[-1] == seen[-2]

    wait_until(still, 60)
    return seen[-1]


def facts(system: System, key: str = "", topics: Collection[str] = ()) -> list[Fact]:
    """Everything that was said, about one subject or on some topics where they are given."""
    return [
        fact for fact in hearing.facts(system) if (not key or fact.key == key) and (not topics or fact.topic in topics)
    ]


def form(visitor: Visitor, action: str, **answers: str) -> dict[str, str]:
    """The fields of a form on the page that is open, as it holds them, with these answers in it."""
    found = next(one for one in visitor.tree.iter("form") if one.get("action") == action)
    assert isinstance(found, html.FormElement)
    held = {str(name): str(value) for name, value in found.form_values()}
    return held | answers


def together(*requests: tuple[Visitor, str, dict[str, str]]) -> list[Answer]:
    """Send these forms in the same moment, each from a window of its own."""
    begin = Barrier(len(requests))

    def send(visitor: Visitor, path: str, fields: dict[str, str]) -> Answer:
        window = Visitor(visitor.origin, cookies=dict(visitor.cookies))
        begin.wait(10)
        return window.send("POST", path, fields=fields)

    with ThreadPoolExecutor(len(requests)) as pool:
        return [one.result() for one in [pool.submit(send, *request) for request in requests]]


def twice(visitor: Visitor, path: str, fields: dict[str, str]) -> list[Answer]:
    """A double click, four times over."""
    return together(*[(visitor, path, fields)] * 4)


def signed(system: System, visitor: Visitor, **fields: str) -> dict[str, str]:
    """These fields with the token of this browser's forms."""
    return {"csrf": token_of(system, visitor), **fields}
