"""Social Security Numbers: reading what was typed, and refusing numbers that nobody can have.

The refusals name a reason and never the number. Sources: SSA POMS RM 10201.035 (areas, groups and serials that are
never assigned) and SSA's history of numbers that became invalid by being printed.
"""

import re
import unicodedata
from typing import Final

from services.educator.rules.reading import Refused
from shared.text import text

# Numbers that stood on a card in a wallet, in a pamphlet or in an advertisement, or that people make up.
PUBLISHED: Final = frozenset({
    "002281852", "022281852", "042103580", "062360749", "078051120", "095073645", "111111111", "123456789",
    "128036045", "135016629", "141186941", "165167999", "165187999", "165207999", "165227999", "165247999",
    "189092294", "212097694", "212099999", "219099999", "306302348", "308125070", "333333333", "457555462",
    "468288779", "549241889",
})  # fmt: skip
_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015\u2212.]")


def read(typed: str) -> str:
    """The nine digits of a possible number, typed with dashes, spaces or neither.

    Raises:
        Refused: with the reason; it never carries what was typed.
    """
    # What is pasted may bring characters along that nobody sees, such as marks of direction.
    seen = "".join(one for one in unicodedata.normalize("NFKC", typed) if unicodedata.category(one) != "Cf")
    digits = _BETWEEN.sub("", seen)
    if not digits:
        raise Refused(text("Enter all 9 digits of your Social Security Number."))
    if not (digits.isascii() and digits.isdigit()):
        raise Refused(text("A Social Security Number has digits only. Enter its 9 digits, with or without dashes."))
    if len(digits) != 9:
        raise Refused(text("A Social Security Number has exactly 9 digits. Check your card and enter all of them."))
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if area.startswith("9"):
        raise Refused(
            text(
                "No Social Security Number begins with 9. If this is a taxpayer number (ITIN), leave it out and choose"
                " that you do not have an SSN."
            )
        )
    if area in ("000", "666"):
        raise Refused(text("No Social Security Number begins with these three digits. Check your card and try again."))
    if group == "00":
        raise Refused(text("The two middle digits of a Social Security Number are never 00. Check your card."))
    if serial == "0000":
        raise Refused(text("The last four digits of a Social Security Number are never 0000. Check your card."))
    if digits in PUBLISHED:
        raise Refused(
            text("This is a well-known example number that belongs to nobody. Enter the number on your own card.")
        )
    return digits
