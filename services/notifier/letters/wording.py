"""What a letter is made of, and how its kinds are put into words.

A letter is a list of blocks: paragraphs, lists, facts, links. It is kept so, as JSON, and shown from it three times: as
plain text, as HTML, and on the page Messages; so that the three can never say different things. A one-time link is a
block without an address: the address is put in only while the letter is sent.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from services.notifier.letters import office
from shared.text import Text, long_date, text, translate

ONE_TIME: Final = None  # the address of a one-time link


@dataclass(frozen=True)
class Told:
    """All that a letter may say."""

    today: date
    language: str
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    other_username: str = ""
    reason: str = ""  # written by staff for this person
    details: Mapping[str, Any] = field(default_factory=dict)

    def day(self, name: str) -> str:
        """A date of the details, as people write it."""
        return long_date(date.fromisoformat(self.details[name]), self.language)


@dataclass(frozen=True)
class Link:
    """Leads into the portal: `path` begins with a slash; None where it is a one-time link."""

    label: Text
    path: str | None


@dataclass(frozen=True)
class Listed:
    """Things to do or to know, one line each."""

    items: Sequence[Text]


@dataclass(frozen=True)
class Facts:
    """Names and values."""

    rows: Sequence[tuple[Text, Text | str]]


@dataclass(frozen=True)
class Quoted:
    """What staff wrote for this person, in their words."""

    words: str


Part = Text | Link | Listed | Facts | Quoted


@dataclass(frozen=True)
class Words:
    """One letter: its subject, its parts in order, and why it came."""

    subject: Text
    parts: Sequence[Part]
    because: Text
    by_name: bool = True


@dataclass(frozen=True)
class Written:
    """A letter in one language, ready to be kept."""

    subject: str
    body: list[dict[str, Any]]


Writing = Callable[[Told], Words]
KINDS: Final[dict[str, Writing]] = {}


def letter(kind: str) -> Callable[[Writing], Writing]:
    """Mark the function that puts letters of this kind into words."""

    def keep(function: Writing) -> Writing:
        if kind in KINDS:
            raise ValueError(f"two letters are named {kind}")
        KINDS[kind] = function
        return function

    return keep


def write(kind: str, told: Told, origin: str) -> Written:
    """The letter in its recipient's language.

    Args:
        kind: a key of KINDS.
        told: what it may say.
        origin: where the portal is, the beginning of links.
    """
    words = KINDS[kind](told)
    in_language = _Language(told.language, origin)
    greeting = (
        text("Hello {first} {last},", first=told.first_name, last=told.last_name)
        if words.by_name and told.last_name
        else text("Hello {first},", first=told.first_name)
        if words.by_name and told.first_name
        else text("Hello,")
    )
    return Written(
        subject=" ".join(translate(words.subject, told.language).split()),
        body=[
            *(in_language.block(part) for part in (greeting, *words.parts)),
            {"kind": "help", "text": in_language.said(office.sentence(told.today))},
            {"kind": "because", "text": in_language.said(words.because)},
        ],
    )


@dataclass(frozen=True)
class _Language:
    language: str
    origin: str

    def said(self, sentence: Text | str) -> str:
        return translate(sentence, self.language)

    def block(self, part: Part) -> dict[str, Any]:
        match part:
            case Text():
                return {"kind": "paragraph", "text": self.said(part)}
            case Link(label, path):
                href = None if path is ONE_TIME else f"{self.origin}{path}"
                return {"kind": "link", "label": self.said(label), "href": href}
            case Listed(items):
                return {"kind": "list", "items": [self.said(item) for item in items]}
            case Facts(rows):
                return {"kind": "facts", "rows": [[self.said(name), self.said(value)] for name, value in rows]}
            case Quoted(words):
                return {"kind": "quoted", "text": words}
