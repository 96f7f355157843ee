"""An application as a story tells it: what happened to it and around it, in plain values; no database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from services.certificate.rules.case import Case, Checks, Deed, Entry, Said, Submission, Word
from services.certificate.rules.classes import MISSOURI, Rulebook
from services.certificate.rules.completeness import incomplete
from services.certificate.rules.deeds import (
    Acting,
    Doing,
    details,
)
from services.certificate.rules.refusals import refusal
from services.certificate.rules.requirements import Party, Requirement
from services.certificate.rules.standing import Standing, standing
from services.certificate.rules.validity import Held
from shared.policy import Holding, Policy, load

ROBIN: Final = "04172298"
NAME: Final = "Robin Example"


class NotUnderstood(Exception):
    """An example says something that nobody understands."""


@dataclass
class Story:
    """What was told so far."""

    holdings: dict[str, tuple[Holding, ...]] = field(default_factory=lambda: dict(load(MISSOURI).holdings))
    code: str = ""
    entries: list[Entry] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    admitted: list[datetime] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    as_of: date = date.min

    @property
    def book(self) -> Rulebook:
        """The policy with the rules that the story changes."""
        return Rulebook(Policy(self.holdings))

    @property
    def case(self) -> Case:
        """The application."""
        return Case(self.code, tuple(self.entries))

    def stands(self, on: date | None = None) -> Standing:
        """Where it stands."""
        return standing(self.book, self.case, Checks(tuple(self.said), tuple(self.admitted)), on or self.as_of)

    def requirement(self, name: str) -> Requirement:
        """One requirement as it stands."""
        found = {one.code.replace("_", " "): one for one in self.stands().requirements}
        if name not in found:
            raise NotUnderstood(f"this application needs no {name!r}; it needs {', '.join(found)}")
        return found[name]

    def submit(self, day: date, deed: Deed, form: Submission) -> None:
        """The educator submits."""
        governs = self.entries[0].day if self.entries else day
        kind = self.book.find(self.code, governs)
        assert kind is not None, f"there is no class {self.code} on {governs}"
        assert incomplete(kind, self.book, form, governs) is None
        self.add(day, deed, None, {"submission": form.to_json()})

    def act(self, day: date, who: str, doing: Doing) -> None:
        """Somebody does something that the rules let happen."""
        refused = self.refused(who, doing, day)
        assert refused is None, f"{day}: {doing} is refused: {refused}"
        self.add(day, doing.deed, person(who).account_id, details(doing))

    def refused(self, who: str, doing: Doing, day: date) -> str | None:
        """The sentence that refuses something, if one does."""
        found = refusal(doing, self.book, self.case.until(day), self.stands(day), person(who), ROBIN, day)
        return None if found is None else str(found)

    def add(self, day: date, deed: Deed, actor: UUID | None, kept: Mapping[str, Any]) -> None:
        """Something happened to the application."""
        assert not self.entries or self.entries[-1].day <= day, "what happens to an application is told in its order"
        self.entries.append(Entry(len(self.entries) + 1, deed, noon(day), day, actor, "somebody", kept))

    def say(self, at: datetime, word: Word, purpose: str, **more: date) -> None:
        """Fingerprint says something; told in the order of its days, whatever the order in which it arrives."""
        self.said.append(Said(len(self.said) + 1, word, purpose, at, **more))

    def change(self, day: date, key: str, **changed: Any) -> None:
        """A rule is another from a day on."""
        last = self.holdings[key][-1]
        value = last.value | changed if isinstance(last.value, dict) else changed["value"]
        new = Holding.model_validate({"from": day, "value": value, "citation": f"{last.citation}, changed"})
        self.holdings[key] = (*self.holdings[key], new)


def noon(day: date) -> datetime:
    """Noon in Missouri, whatever the season."""
    return datetime.combine(day, time(18), UTC)


def person(name: str) -> Acting:
    """Somebody by their name."""
    account = uuid5(NAMESPACE_URL, name)
    match name:
        case "the educator":
            return Acting(account, "robin.example", Party.EDUCATOR, educator_id=ROBIN)
        case "the institution":
            return Acting(account, "parker.program", Party.INSTITUTION, frozenset({"river-bend"}))
        case _:
            return Acting(account, name.lower(), Party.DEPARTMENT)
