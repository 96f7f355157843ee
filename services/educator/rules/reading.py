"""Reading what a person typed: a value, or one sentence that says what is wrong and what to do."""

import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

from shared.text import Text

T = TypeVar("T")


class Refused(Exception):
    """What was typed cannot be taken. Carries the sentence for the person, never what was typed."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class Reading:
    """A form being read: every field is looked at, and all that is wrong is told at once."""

    def __init__(self, form: Mapping[str, str]) -> None:
        self._form = form
        self.errors: dict[str, Text] = {}

    def take(self, field: str, read: Callable[[str], T], default: T) -> T:
        """The field's value; `default` where it was refused, which then stands in `errors`."""
        try:
            return read(self._form.get(field, ""))
        except Refused as refused:
            self.errors[field] = refused.sentence
            return default


def tidy(typed: str) -> str:
    """One line in Unicode's composed form, its spaces collapsed, its invisible characters gone."""
    spaced = "".join(" " if character.isspace() else character for character in unicodedata.normalize("NFC", typed))
    return " ".join("".join(c for c in spaced if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn")).split())
