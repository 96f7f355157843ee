"""What a state may change without a release: dated, cited values in YAML.

A policy is a folder of YAML files. Each key path ends in a list of holdings, oldest first:

    clearance:
      months:
        - {from: 2012-01-01, value: 12, citation: "5 CSR 20-400.500"}

`value` is read as of a date, so that deciding again for a past day gives that day's answer. Names of files do not
count; the key paths of all files of a folder make one tree.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

STATE: Final = "missouri"


class BadPolicy(Exception):
    """A policy file says something that cannot hold; the text names the file, the key and what to do."""


class Holding(BaseModel):
    """One value, the first day on which it holds, and where that is written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    since: Annotated[date, Field(alias="from")]
    value: Any
    citation: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Policy:
    """The dated values of one folder."""

    holdings: dict[str, tuple[Holding, ...]]

    def value(self, key: str, *, as_of: date) -> Any:
        """The value that holds on a day.

        Raises:
            BadPolicy: no such key, or nothing holds on that day yet.
        """
        return self.holding(key, as_of=as_of).value

    def holding(self, key: str, *, as_of: date) -> Holding:
        """The value that holds on a day, with its citation."""
        if key not in self.holdings:
            raise BadPolicy(f"the policy has no '{key}'; add it with its date and citation")
        for holding in reversed(self.holdings[key]):
            if holding.since <= as_of:
                return holding
        raise BadPolicy(
            f"the policy's '{key}' holds nothing on {as_of}; its first date is {self.holdings[key][0].since}"
        )


class KeyTwice(Exception):
    """A key that YAML would silently let stand for both."""


class EachKeyOnce(yaml.SafeLoader):
    """YAML as it is read everywhere, but that no key hides another."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            raise KeyTwice(twice)
        return super().construct_mapping(node, deep)


def load(*folders: Path) -> Policy:
    """The policy in these folders, validated.

    Raises:
        BadPolicy: a file is not YAML, a value lacks its date or citation, dates do not grow, or a key stands twice.
    """
    holdings: dict[str, tuple[Holding, ...]] = {}
    for path in sorted(path for folder in folders for path in folder.glob("*.yaml")):
        try:
            tree = yaml.load(path.read_text(), EachKeyOnce)  # noqa: S506 - a safe loader, but for repeated keys
        except KeyTwice as twice:
            raise BadPolicy(f"{path}: '{twice}' stands twice in one place; keep one") from None
        except yaml.YAMLError:
            raise BadPolicy(f"{path} is not YAML; check its indentation") from None
        for key, found in _leaves(tree, path, ""):
            if key in holdings:
                raise BadPolicy(f"{path}: '{key}' stands in another file already; keep one")
            holdings[key] = found
    if not holdings:
        raise BadPolicy(f"no policy values in {', '.join(map(str, folders))}; at least one .yaml file is needed")
    return Policy(holdings)


def _leaves(tree: Any, path: Path, key: str) -> list[tuple[str, tuple[Holding, ...]]]:
    if isinstance(tree, dict):
        return [
            leaf for name, below in tree.items() for leaf in _leaves(below, path, f"{key}.{name}" if key else str(name))
        ]
    if not isinstance(tree, list) or not tree:
        raise BadPolicy(f"{path}: '{key}' must be a list of values, each with 'from', 'value' and 'citation'")
    try:
        found = tuple(Holding.model_validate(entry) for entry in tree)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, problem["loc"])) or problem["type"] for problem in error.errors())
        raise BadPolicy(f"{path}: '{key}' has a value whose {wrong} is missing or wrong") from None
    if any(later.since <= earlier.since for earlier, later in pairwise(found)):
        raise BadPolicy(f"{path}: the dates of '{key}' must grow from entry to entry")
    return [(key, found)]


SHARED: Final = load(Path(__file__).parent / STATE)


def time_zone() -> ZoneInfo:
    """The zone in which the state's days begin and end."""
    return ZoneInfo(SHARED.value("time_zone", as_of=datetime.now(UTC).date()))


def today() -> date:
    """The state's calendar day at this moment."""
    return local_day(datetime.now(UTC))


def local_day(moment: datetime) -> date:
    """The state's calendar day of a moment."""
    return moment.astimezone(time_zone()).date()


def last_day(start: date, months: int) -> date:
    """The last valid day of what holds for some months from `start`: the same day of the month, February 29 as 28."""
    years, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(years, month + 1, min(start.day, monthrange(years, month + 1)[1]))


def institutions(as_of: date) -> dict[str, str]:
    """Educator preparation programs' institutions: code -> name."""
    return dict(SHARED.value("institutions", as_of=as_of))


def districts(as_of: date) -> dict[str, str]:
    """School districts: code -> name."""
    return dict(SHARED.value("districts", as_of=as_of))


def purposes(as_of: date) -> dict[str, str]:
    """What a fingerprint check may be for: four-digit code -> name."""
    return dict(SHARED.value("purposes", as_of=as_of))


def applying(as_of: date) -> dict[str, str]:
    """What an educator can apply for: class of certificate -> label."""
    return dict(SHARED.value("applying", as_of=as_of))
