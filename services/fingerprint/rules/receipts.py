"""The number (TCN) on a vendor's receipt, as people type it. It finds candidates, and clears nobody: a friend's receipt
would do, and an answer (SRE) holds no birth date by which to tell."""

import re
import unicodedata
from typing import Final

_FORM: Final = re.compile(r"(?=.*[0-9])[A-Z0-9][A-Z0-9-]{6,38}[A-Z0-9]")
LONGEST: Final = 40


def plain(written: str) -> str:
    """The number by which equal ones are found: capitals, without spaces."""
    return "".join(unicodedata.normalize("NFKC", written).split()).upper()


def read(typed: str) -> str | None:
    """The number that was typed; None where it can be none.

    One has letters, digits and dashes, 8 to 40 of them and a digit at least.
    """
    number = plain(typed)
    return number if _FORM.fullmatch(number) else None
