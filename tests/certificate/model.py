"""The rules of issuing as somebody who knows them would keep them on a card: plain values, simple enough to believe."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.certificate.actions.cases import Found
from shared.events import ClearanceEnded, Event, FingerprintCleared

FEES: Final = {"substitute": 50, "ipc": 35}
PURPOSES: Final = {"substitute": {"2300", "2301"}, "ipc": {"2300"}}
DOCUMENTS: Final = {
    "hours": {"transcript": 36},
    "training": {"diploma": 0, "training": 20},
    "": {"degree": 0, "assessment": 0},
}


@dataclass
class Model:
    """An application as somebody who knows the rules would keep it on a card."""

    found: Found
    code: str
    route: str
    received_on: date
    sent_to: str | None
    yes: bool
    areas: tuple[str, ...]
    seen: dict[str, int] = field(default_factory=dict)  # document -> amount
    scores: set[str] = field(default_factory=set)  # content areas whose assessment is accepted
    dollars: int = 0
    recommended: bool = False
    returned: bool = False
    # Of the form as it is now: fit, and how many forms with a Yes there were to be read.
    review: tuple[bool, int] | None = None
    last_reviewer: int | None = None
    asked: bool = False
    held: bool = False
    ended: str = ""

    def may_be_issued(self, analyst: int, clear: bool, admitted: int) -> bool:
        """Whether this analyst may issue now; `admitted` forms of the educator hold a Yes."""
        evidence = all(
            set(self.areas) <= self.scores if code == "assessment" else code in self.seen and self.seen[code] >= least
            for code, least in DOCUMENTS[self.route].items()
        )
        conduct = not admitted or self.review == (True, admitted)
        return (
            not (self.ended or self.asked or self.held)
            and evidence
            and clear
            and self.dollars >= FEES[self.code]
            and (self.code != "ipc" or self.recommended)
            and conduct
            and self.last_reviewer != analyst
        )


def clear(code: str, arrived: Iterable[Event], day: date) -> bool:
    """Whether a clearance counts for a class on a day: by the newest word of each purpose that arrived."""
    newest: dict[str, Any] = {}
    for fact in sorted(arrived, key=lambda fact: fact.sequence):
        if isinstance(fact, FingerprintCleared | ClearanceEnded):
            newest[fact.purpose] = fact
    return any(
        isinstance(fact, FingerprintCleared) and fact.cleared_on <= day <= fact.valid_until
        for purpose, fact in newest.items()
        if purpose in PURPOSES[code]
    )
