"""Usernames: which may be chosen, which are equal, and which to suggest."""

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

MIN_LENGTH: Final = 3
MAX_LENGTH: Final = 64
_SEPARATORS: Final = "._-"
_SUGGESTED_BY_NUMBER: Final = 20
# Whoever has a long name would have to type it at every login.
_SUGGESTED_LENGTH: Final = 30
_SSN_DIGITS: Final = 9

# Letters that Unicode takes for letters of their own, and what people write for them where a keyboard has none.
_WRITTEN_WITH: Final = str.maketrans(
    {"ł": "l", "đ": "d", "ð": "d", "ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
)

# Names that a letter or a page could be mistaken for the office's own.
_RESERVED: Final = frozenset(
    {"admin", "administrator", "root", "system", "support", "help", "dese", "postmaster", "security"}
)


class UsernameProblem(StrEnum):
    """Why a username cannot be chosen."""

    MISSING = "missing"
    SHORT = "short"
    LONG = "long"
    CHARACTERS = "characters"
    RESERVED = "reserved"
    NUMBER = "number"


def written(username: str) -> str:
    """A username as it is kept and shown: NFKC, so that one that looks the same is the same (ASVS 5.0 V2.2)."""
    # Some characters become a space and an accent, so spaces are cut off after.
    return unicodedata.normalize("NFKC", username).strip()


def key(username: str) -> str:
    """What two usernames are compared by: Unicode's NFKC_Casefold, less its list of invisible characters, which no
    username may hold. Folding can undo the normal form, so both are applied until nothing changes."""
    folded = written(username)
    while True:
        again = written(folded.casefold())
        if again == folded:
            return folded
        folded = again


def problem(username: str) -> UsernameProblem | None:
    """Why this cannot be a username, None where it can.

    Letters and digits of any script, with single points, hyphens and underscores between them. So a username never
    looks like an e-mail address, and "Login" can take either.
    """
    name = written(username)
    if not name:
        return UsernameProblem.MISSING
    if len(name) < MIN_LENGTH:
        return UsernameProblem.SHORT
    if len(name) > MAX_LENGTH or len(key(name)) > MAX_LENGTH:
        return UsernameProblem.LONG
    if not _is_joined_words(name):
        return UsernameProblem.CHARACTERS
    if key(name) in _RESERVED:
        return UsernameProblem.RESERVED
    if may_be_ssn(name):
        return UsernameProblem.NUMBER
    return None


def may_be_ssn(username: str) -> bool:
    """Whether this is nine digits and nothing else: people are used to give their SSN, and a username is public."""
    name = written(username)
    digits = [character for character in name if character not in _SEPARATORS and not character.isspace()]
    return len(digits) == _SSN_DIGITS and all(character.isdecimal() for character in digits)


def suggestions(first_name: str, last_name: str) -> Iterator[str]:
    """Usernames for a person of this name, the plainest first; the caller takes the first that is free."""
    first, last = _plain(first_name), _plain(last_name)
    initial = f"{first[:1]}.{last}" if first and last else ""
    base = ".".join(part for part in (first, last) if part)
    if len(base) > _SUGGESTED_LENGTH:
        base = (initial or base)[:_SUGGESTED_LENGTH]
    base = base or "educator"
    # A base of digits alone could reach the nine digits of an SSN with a number behind it.
    if problem(base) is not None or not any(character.isalpha() for character in base):
        base = f"{base}.educator"
    yield base
    initial = initial[:_SUGGESTED_LENGTH]
    if initial and initial != base and problem(initial) is None:
        yield initial
    for number in range(2, _SUGGESTED_BY_NUMBER):
        yield f"{base}{number}"


def _is_joined_words(name: str) -> bool:
    previous = ""
    for character in name:
        category = unicodedata.category(character)
        if category[0] == "L" or category == "Nd":
            previous = "word"
        elif category in {"Mn", "Mc"} and previous == "word":
            continue
        elif character in _SEPARATORS and previous == "word":
            previous = "separator"
        else:
            return False
    return previous == "word"


def _plain(name: str) -> str:
    """A name in the letters of an English keyboard, as far as it has them: "Muñoz-Díaz" -> "munozdiaz"."""
    bare = unicodedata.normalize("NFKD", name.lower()).translate(_WRITTEN_WITH).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", bare.lower())
