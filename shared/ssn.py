"""Whether words that people write seem to hold a Social Security Number, which stands only in educator's vault."""

import re
import unicodedata
from typing import Final

from shared.text import Text, text

# Nine digits in a row, in the groups of a card, or in others that people write; a ZIP+4, an Educator ID, a date and a
# telephone number are something else.
_SIGN: Final = r"[.\-/_\u00b7\u2010-\u2015\u2212]"
_GAP: Final = rf"(?:\)?\s{{0,3}}{_SIGN}\s{{0,3}}|\)?\s{{1,3}})"
_WRITTEN: Final = (
    r"\d{9}",
    rf"\d{{3}}{_GAP}\d{{2}}{_GAP}?\d{{4}}",
    rf"\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3}}",
    rf"\d{{3}}(?:{_GAP}\d{{2}}){{3}}",
    rf"\d(?:{_GAP}\d){{8}}",
)
_IN_PROSE: Final = re.compile(rf"(?<!\d)(?:{'|'.join(_WRITTEN)})(?!\d)")

_DIGIT: Final = re.compile(r"\d")

REFUSAL: Final[Text] = text(
    "Take the nine digits out of this text. They may be a Social Security Number, which must not be written here."
)


def stands_in(prose: str) -> bool:
    """Whether a text for people seems to hold a Social Security Number."""
    return _IN_PROSE.search(_seen(prose)) is not None


def covered(prose: str) -> str:
    """A text as it may go back to whoever wrote it: with dots in place of what may be a Social Security Number."""
    if not stands_in(prose):
        return prose
    return _IN_PROSE.sub(lambda found: _DIGIT.sub("\u2022", found[0]), _seen(prose))


def _seen(prose: str) -> str:
    """What a reader sees: what is not to be seen, as a zero-width space, parts no number."""
    return "".join(one for one in unicodedata.normalize("NFKC", prose) if unicodedata.category(one) != "Cf")
