"""What people write in their own words."""

import unicodedata
from collections.abc import Iterable


def say_nothing(words: str) -> bool:
    """Whether a reader finds no letter and no digit in it: blanks, dots, characters that nobody sees."""
    return not any(character.isalnum() for character in words)


def holds_name(typed: str, names: Iterable[str]) -> bool:
    """Whether all these names stand in what was typed, whatever the accents, capitals, hyphens and middle names."""
    return all(_letters(name) in _letters(typed) for name in names)


def _letters(words: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", words).casefold() if one.isalnum())
