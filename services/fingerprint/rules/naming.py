"""Whether the name in an answer (EBTS 2.018 NAM) contradicts the educator's legal names. A check only, never a key.

NAM is `SURNAME,GIVEN MIDDLE`, cut at 30 bytes (50 since EBTS 9.4). Case, accents, hyphens, spaces, apostrophes and
generation suffixes say nothing. Anything that is not plainly the same person's name contradicts: the price of a false
alarm is that a person looks, the price of a missed one is somebody else's clearance.
"""

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

SHORTEST_CUT: Final = 30
_SUFFIXES: Final = frozenset({"JR", "SR", "II", "III", "IV"})


@dataclass(frozen=True, slots=True)
class Name:
    """A legal name, present or former."""

    first: str
    middle: str
    last: str


@dataclass(frozen=True, slots=True)
class Said:
    """A legal name, when the educator first gave it, and the number of the last fact that gave it; 0: a former one."""

    name: Name
    at: datetime
    number: int = 0


def given_before(moment: datetime, names: Collection[Said]) -> list[Name]:
    """The names that count for an answer received at this moment: those given by then, or the first ones if none was.

    A name given after an answer came never makes it fit: who knows which name contradicts could simply claim it. The
    moment of the claim decides, not of its arrival here, so that every order of arrival ends alike.
    """
    latest = max(moment, min((one.at for one in names), default=moment))
    return [one.name for one in names if one.at <= latest]


def present(names: Collection[Said]) -> Said | None:
    """The present name: the one that was given last."""
    return max(names, key=lambda one: one.number, default=None)


def is_foreign(written: str, name: Name) -> bool:
    """Whether the name in the answer shares neither the first nor the last name with this one, the present.

    Names are what an educator says, and counts as said: whoever took a friend's name for as long as the friend was
    printed for them is found when they take their own again. A marriage, which leaves the first name, is not.
    An initial is shared by too many to count.
    """
    if len(name.first) > 1 and _is_plainly(written, name):
        return False
    surname, _, given = written.partition(",")
    first, known = _words(given), _words(name.first)
    same_first = bool(first and known) and (
        first[0] == known[0] or _joins(first, "".join(known)) or _joins([*known, *_words(name.middle)], first[0])
    )
    cut = len(written.encode()) >= SHORTEST_CUT
    return not (same_first and len(first[0]) > 1) and not _same_last("".join(_words(surname)), name, cut)


def key(written: str) -> str:
    """What a written name is found by: the last name and the first given one, in plain capitals."""
    surname, _, given = written.partition(",")
    return f"{''.join(_words(surname))},{''.join(_words(given)[:1])}"


def shares_first(written: str, names: Iterable[Name]) -> bool:
    """Whether the given name that is written is one of theirs. Twins share a birth date and the last name, and nearly
    their numbers; a marriage leaves the given name."""
    _, _, given = written.partition(",")
    cut = len(written.encode()) >= SHORTEST_CUT
    return any(_same_first(_words(given), name, cut) for name in names)


def contradicts(written: str, names: Collection[Name]) -> bool:
    """Whether none of a person's names is the one written in the answer."""
    if any(_is_plainly(written, name) for name in names):
        return False
    surname, _, given = written.partition(",")
    last = "".join(_words(surname))
    cut = len(written.encode()) >= SHORTEST_CUT
    return not any(_same_last(last, name, cut) and _same_first(_words(given), name, cut) for name in names)


def _is_plainly(written: str, name: Name) -> bool:
    """Whether this is the name letter for letter: nearly all are, and need not be taken apart to be compared."""
    last, first = name.last, name.first
    if not (written.isascii() and last.isascii() and first.isascii() and last.isalpha() and first.isalpha()):
        return False
    whole = f"{last},{first}".upper()
    if {last.upper(), first.upper()} & _SUFFIXES:
        return False
    return written == whole or written.startswith(f"{whole} ")


def _same_last(written: str, name: Name, cut: bool) -> bool:
    known = "".join(_words(name.last))
    return bool(written) and (written == known or (cut and known.startswith(written)))


def _same_first(written: Sequence[str], name: Name, cut: bool) -> bool:
    """The first given name is the same, or an initial of it; `MARY ANN` and `Maryann` are the same."""
    known = _words(name.first)
    if not written or not known:
        # a cut may leave no given name at all; otherwise an answer names one exactly if the person has one
        return cut or (not written and not known)
    if written[0] == known[0] or ((len(written[0]) == 1 or len(known[0]) == 1) and written[0][0] == known[0][0]):
        return True
    if cut and len(written) == 1 and known[0].startswith(written[0]):
        return True
    whole = [*known, *_words(name.middle)]
    return _joins(written, "".join(known)) or _joins(whole, written[0])


def _joins(words: Sequence[str], whole: str) -> bool:
    """Whether the first few words, written together, are that whole."""
    return any("".join(words[:count]) == whole for count in range(1, len(words) + 1))


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    """Letters alone, upper case, without accents; hyphens and spaces part words, suffixes are dropped.

    Many people share a name, and each of theirs is compared several times.
    """
    plain = unicodedata.normalize("NFKD", text).upper()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    parted = "".join(c if c.isalpha() else "" if c in "'’.`" else " " for c in letters).split()
    return tuple(word for word in parted if word not in _SUFFIXES) or tuple(parted)
