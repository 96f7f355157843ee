"""How a run is shared among workers: `make test` starts three, which take folder after folder, the longest first.

A folder stays together, since its tests share what is dear: a running system, people in it, a browser. The pages are
looked at in two halves, which no test of the other half needs.
"""

from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# Measured; what is not named here is short.
LONGEST_FIRST: Final = ("browser", "fingerprint", "hostile", "every_page", "faults", "deploy", "certificate")


def part_of(nodeid: str) -> str:
    """The part of the suite that a test belongs to."""
    if nodeid.startswith("tests/browser/test_every_page.py"):
        return "every_page"
    return nodeid.removeprefix("tests/").partition("/")[0]


def _place(item: pytest.Item) -> int:
    part = part_of(item.nodeid)
    return LONGEST_FIRST.index(part) if part in LONGEST_FIRST else len(LONGEST_FIRST)


def put_in_order(items: list[pytest.Item]) -> None:
    """The longest parts first; within a part as they were."""
    items.sort(key=_place)


class ByPart(LoadScopeScheduling):  # type: ignore[misc] # it has no types
    """Gives each part of the suite to one worker."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the number of tests says little about how long they take

    def _split_scope(self, nodeid: str) -> str:
        return part_of(nodeid)
