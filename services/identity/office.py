"""How people reach the office when the pages cannot help: dated, like all that the state may change."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from shared.policy import STATE, load

_POLICY: Final = load(Path(__file__).parent / "policy" / STATE)


@dataclass(frozen=True)
class Office:
    """Where to call, and when somebody answers."""

    phone: str
    hours: str


def office(as_of: date) -> Office:
    """The office as of a day."""
    return Office(_POLICY.value("office.phone", as_of=as_of), _POLICY.value("office.hours", as_of=as_of))
