"""Which passwords may be chosen (NIST SP 800-63B-4 3.1.1.2, ASVS 5.0 V6.2).

Long ones, of any characters: 15 to 256, spaces welcome, no rule of composition. Refused are those that everybody tries:
common ones, repetitions, walks over the keyboard, and those built on what is known of the person or of this service.
How common one is, zxcvbn estimates: its lists of leaked passwords and common words, and its eye for patterns, say about
how many guesses a patient attacker would need.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Final

from zxcvbn import zxcvbn  # type: ignore[import-untyped]

MIN_LENGTH: Final = 15
MAX_LENGTH: Final = 256

# A billion guesses: "princess princess" and "thisisapassword" stay below, three uncommon words are far above.
_FEWEST_GUESSES: Final = 1e9
# A simpler form of a password (without spaces, without doubled letters ...) tells only of the pattern in it.
_FEWEST_GUESSES_OF_FORM: Final = 1e6
_FEWEST_CHARACTERS: Final = 5
# What must be left of a password besides the person's own words.
_FEWEST_BESIDES: Final = 8
_SHORTEST_WORD: Final = 3
# The estimate's time grows with the square of the length: 16 ms at 72, 300 ms at 256.
_ESTIMATED: Final = 72

_SERVICE_WORDS: Final = ("educator", "certification", "certificate", "missouri", "dese", "teacher", "fingerprint")
_LOOKALIKES: Final = str.maketrans("430157@$!|", "aeoistasil")
_PATTERNS: Final = frozenset({"repeat", "sequence", "spatial"})


class PasswordProblem(StrEnum):
    """Why a password cannot be chosen."""

    MISSING = "missing"
    SHORT = "short"
    LONG = "long"
    OWN = "own"
    SERVICE = "service"
    PATTERN = "pattern"
    COMMON = "common"


def written(password: str) -> str:
    """A password as it is hashed: NFKC, so that the same keys on another device give the same bytes. Spaces stay."""
    return unicodedata.normalize("NFKC", password)


def problem(password: str, *, own: Iterable[str]) -> PasswordProblem | None:
    """Why this cannot be the person's password, None where it can.

    Takes up to 100 ms for a long one: call it off the event loop.

    Args:
        own: what is known of the person: names, username, e-mail address.
    """
    typed = written(password)
    if not typed:
        return PasswordProblem.MISSING
    if len(typed) < MIN_LENGTH:
        return PasswordProblem.SHORT
    if len(typed) > MAX_LENGTH:
        return PasswordProblem.LONG
    words = own_words(own)
    if _is_built_on(typed, words):
        return PasswordProblem.OWN
    if _is_built_on(typed, _SERVICE_WORDS):
        return PasswordProblem.SERVICE
    if len(set(typed.casefold())) < _FEWEST_CHARACTERS:
        return PasswordProblem.PATTERN
    return _guessed_problem(typed, [*words, *_SERVICE_WORDS])


def own_words(own: Iterable[str]) -> list[str]:
    """The words in what is known of a person, the longest first: "jordan.rivera@example.edu" holds four."""
    words = {
        word
        for known in own
        for word in (*re.findall(r"[^\W_]+", known.casefold()), re.sub(r"[\W_]", "", known.casefold()))
        if len(word) >= _SHORTEST_WORD
    }
    return sorted(words, key=lambda word: (-len(word), word))


def _is_built_on(password: str, words: Iterable[str]) -> bool:
    """Whether these words, forwards or backwards, with letters as digits or not, make up all but a little of it."""
    plain = re.sub(r"[\W_]", "", password.casefold())
    likeness = re.sub(r"[\W_]", "", password.casefold().translate(_LOOKALIKES))
    return any(_holds_little_besides(form, words) for form in (plain, likeness))


def _holds_little_besides(form: str, words: Iterable[str]) -> bool:
    rest = form
    for word in words:
        for spelling in (word, word[::-1]):
            rest = rest.replace(spelling, "")
    return rest != form and len(rest) < _FEWEST_BESIDES


def _guessed_problem(password: str, known: list[str]) -> PasswordProblem | None:
    parts = [password] if len(password) <= _ESTIMATED else [password[:_ESTIMATED], password[-_ESTIMATED:]]
    estimates = [_estimate(part, known) for part in parts]
    if all(estimate["guesses"] < _FEWEST_GUESSES for estimate in estimates):
        return _reason(estimates[0])
    for form in _simpler_forms(parts[0]):
        if len(parts) == 1 and len(form) >= _FEWEST_CHARACTERS:
            estimate = _estimate(form, known)
            if estimate["guesses"] < _FEWEST_GUESSES_OF_FORM:
                return _reason(estimate)
    return None


def _simpler_forms(password: str) -> Iterable[str]:
    letters = re.sub(r"[\W_]", "", password.casefold())
    yield letters
    yield re.sub(r"(.)\1+", r"\1", letters)
    # "a1b2c3d4e5f6g7h8": two series woven into one, as long as both are weak together.
    yield letters[::2] + letters[1::2]


def _estimate(password: str, known: list[str]) -> dict[str, Any]:
    return dict(zxcvbn(password, known, max_length=_ESTIMATED))


def _reason(estimate: dict[str, Any]) -> PasswordProblem:
    patterns = {match["pattern"] for match in estimate["sequence"]}
    return PasswordProblem.PATTERN if patterns & _PATTERNS else PasswordProblem.COMMON
