"""Who may be logged in as in a demonstration: what `demo.json` says, by role."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final


@dataclass(frozen=True)
class Role:
    """A role: what the group of those who have it is called, and the page of the portal where their work begins."""

    label: str
    desk: str


# In the order in which an application meets them.
ROLES: Final[Mapping[str, Role]] = {
    "educator": Role("Educators", "/ecs/profile"),
    "program": Role("Institution", "/program/worklog"),
    "district": Role("School district", "/applications"),
    "analyst": Role("Department: analysts", "/staff/queue"),
    "adjudicator": Role("Department: adjudicator", "/staff/review"),
    "administrator": Role("Department: administrator", "/staff"),
}


@dataclass(frozen=True)
class Person:
    """One of them; `about` says what there is to do or to see, or is empty."""

    username: str
    password: str = field(repr=False)
    role: str
    name: str
    about: str


def read(path: Path) -> list[Person]:
    """All of them, none where the file is not there or not whole yet."""
    try:
        known = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return []
    return [Person(one["username"], one["password"], one["role"], one["name"], one.get("about", "")) for one in known]


def by_role(people: Sequence[Person]) -> dict[str, list[Person]]:
    """Those of each role that somebody has, in the order of `ROLES`."""
    groups = {role: [one for one in people if one.role == role] for role in ROLES}
    return {role: group for role, group in groups.items() if group}
