"""The left menus: which pages stand there, for whom."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from shared import policy
from shared.auth import Caller
from shared.events import Role
from shared.text import Text, text


# Both are themselves alone: a menu once made is the same object again, so that what was rendered of it is found again.
@dataclass(frozen=True, eq=False)
class Item:
    """A page that a menu leads to."""

    href: str
    label: Text
    roles: frozenset[Role]
    # Where the single things of a list have their pages, if not below the list itself.
    single: str = ""


@dataclass(frozen=True, eq=False)
class Entry:
    """An item as it stands in a menu."""

    href: str
    label: Text
    current: bool


_EDUCATOR: Final = frozenset({Role.EDUCATOR})

_STAFF: Final = frozenset({Role.ANALYST, Role.ADJUDICATOR, Role.ADMINISTRATOR})

STAFF: Final = (
    Item("/staff", text("Needs attention"), _STAFF),
    Item("/staff/queue", text("Applications"), frozenset({Role.ANALYST, Role.ADMINISTRATOR}), "/staff/applications"),
    Item("/staff/concerned", text("Certificates concerned"), frozenset({Role.ANALYST, Role.ADMINISTRATOR})),
    Item("/staff/access", text("Access requests"), frozenset({Role.ADMINISTRATOR})),
    Item("/staff/accounts", text("Accounts"), frozenset({Role.ADMINISTRATOR})),
    Item("/staff/cases", text("Identity cases"), frozenset({Role.ADMINISTRATOR})),
    Item("/staff/imports", text("Imports"), _STAFF),
    Item("/staff/unmatched", text("Unmatched results"), _STAFF),
    Item("/staff/quarantine", text("Unreadable files"), _STAFF),
    Item("/staff/results/search", text("Search results"), _STAFF),
    Item("/staff/results/turnaround", text("Turnaround"), _STAFF),
    Item("/staff/namechecks", text("Checks by name"), _STAFF),
    Item("/staff/review", text("Review list"), frozenset({Role.ADJUDICATOR})),
    Item("/staff/mail", text("Letters"), frozenset({Role.ANALYST, Role.ADMINISTRATOR})),
)

PROGRAM: Final = (
    Item("/program/worklog", text("Work log"), frozenset({Role.PROGRAM})),
    Item("/ecs/messages", text("Messages"), frozenset({Role.PROGRAM})),
)


@lru_cache(maxsize=2)
def of_educators(day: date) -> tuple[Item, ...]:
    """What stands in an educator's menu on a day: with one entry for each class that can be applied for then."""
    applying = [
        Item(f"/ecs/apply/{code}", text(label), _EDUCATOR) for code, label in policy.applying(as_of=day).items()
    ]
    return (
        Item("/ecs/profile", text("Profile"), _EDUCATOR),
        Item("/ecs/fingerprints", text("Fingerprint Information"), _EDUCATOR),
        Item("/ecs/certificates", text("Certificate Status"), _EDUCATOR),
        Item("/ecs/applications", text("Application Status"), _EDUCATOR),
        *applying,
        Item("/ecs/messages", text("Messages"), _EDUCATOR),
    )


def educator(path: str) -> tuple[Entry, ...]:
    """An educator's menu, the page of `path` marked."""
    return _entries(of_educators(policy.today()), path)


def staff(path: str, caller: Caller | None) -> tuple[Entry, ...]:
    """A staff member's menu: what their roles may open."""
    return _entries(tuple(item for item in STAFF if caller and caller.has(*item.roles)), path)


def program(path: str) -> tuple[Entry, ...]:
    """A program official's menu."""
    return _entries(PROGRAM, path)


def _entries(items: tuple[Item, ...], path: str) -> tuple[Entry, ...]:
    fitting = [
        (len(place), item.href)
        for item in items
        for place in (item.href, item.single)
        if place and (path == place or path.startswith(f"{place}/"))
    ]
    _, current = max(fitting, default=(0, ""))  # /staff is above all others, and marked only by itself
    return _marked(items, current)


@lru_cache(maxsize=256)
def _marked(items: tuple[Item, ...], current: str) -> tuple[Entry, ...]:
    return tuple(Entry(item.href, item.label, item.href == current) for item in items)
