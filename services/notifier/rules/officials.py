"""Who was an official of an institution at a moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Word:
    """What identity said of an account and an institution: that it acts for it from then on, or no more."""

    sequence: int
    said_at: datetime
    acts: bool


def acted(words: Iterable[Word], at: datetime) -> bool:
    """Whether the account acted for the institution at a moment, in whatever order the words came."""
    newest = max((word for word in words if word.said_at <= at), key=lambda word: word.sequence, default=None)
    return newest is not None and newest.acts
