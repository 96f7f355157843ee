"""Legal names: reading them, and seeing whether two of them may be one person's."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from services.educator.rules.reading import Reading, Refused, tidy
from shared.text import Text, text

LONGEST: Final = 100
MOST_FORMER: Final = 10
# Letters of any script with their marks; what people have between them.
_NAME: Final = re.compile(r"[^\W\d_][^\d_]*")
_BETWEEN: Final = frozenset(" '’ʻʼ`´-‐‑–.·")
_NICKNAME: Final = re.compile(r"[\"“”„«»()\[\]{}]")


@dataclass(frozen=True)
class LegalName:
    """The name on a person's papers, and the last names it had before."""

    first: str
    middle: str
    last: str
    former_lasts: tuple[str, ...] = ()


def read(form: Mapping[str, str]) -> tuple[LegalName, dict[str, Text]]:
    """The legal name on the profile form, and what is wrong, by field."""
    reading = Reading(form)
    name = LegalName(
        first=reading.take("first_name", lambda typed: _required(typed, text("Enter your legal first name.")), ""),
        middle=reading.take("middle_name", _optional, ""),
        last=reading.take("last_name", lambda typed: _required(typed, text("Enter your legal last name.")), ""),
        former_lasts=reading.take("former_last_names", _several, ()),
    )
    return name, reading.errors


def _required(typed: str, missing: Text) -> str:
    name = tidy(typed)
    if not name:
        raise Refused(missing)
    return _checked(name)


def _optional(typed: str) -> str:
    name = tidy(typed)
    return _checked(name) if name else ""


def _several(typed: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(_checked(name) for part in re.split(r"[,;\n]", typed) if (name := tidy(part))))
    if len(names) > MOST_FORMER:
        raise Refused(text("Enter at most {count} former last names.", count=MOST_FORMER))
    return names


def _checked(name: str) -> str:
    if len(name) > LONGEST:
        raise Refused(text("A name has at most {count} characters. Shorten it.", count=LONGEST))
    if _NICKNAME.search(name):
        raise Refused(text("Enter your legal name without quotation marks or brackets: no nicknames."))
    if not _NAME.fullmatch(name) or not all(_belongs(character) for character in name):
        raise Refused(text("Use only letters, spaces, hyphens, apostrophes and periods in a name."))
    return name


def _belongs(character: str) -> bool:
    return character in _BETWEEN or unicodedata.category(character)[0] in "LM"


def may_be_one(first: LegalName, second: LegalName) -> bool:
    """Whether two names, already known to share a birth date, may be one person's: any last name, or the first name."""
    lasts = _folded((first.last, *first.former_lasts)) & _folded((second.last, *second.former_lasts))
    return bool(lasts) or bool(_folded((first.first,)) & _folded((second.first,)))


def _folded(names: Iterable[str]) -> frozenset[str]:
    """Letters alone, without accents and case, so that "Núñez-Ortiz" and "NUNEZ ORTIZ" meet."""
    decomposed = (unicodedata.normalize("NFKD", name).casefold() for name in names)
    return frozenset(letters for name in decomposed if (letters := "".join(c for c in name if c.isalpha())))


def after_move(record: LegalName, holder: LegalName) -> LegalName:
    """The name in a record that now belongs to another account's person.

    Where the names may be one person's, what the record knows besides is kept, and a last name given up becomes a
    former one. Where they are plainly two people's, nothing of the first is kept.
    """
    if not may_be_one(record, holder):
        return holder
    same_first = _folded((record.first,)) == _folded((holder.first,))
    kept = _folded((holder.last,))
    former = tuple(last for last in dict.fromkeys((record.last, *record.former_lasts)) if _folded((last,)) != kept)
    return LegalName(holder.first, record.middle if same_first else "", holder.last, former)
