"""What staff and officials type: bounded, and never with a Social Security Number in it."""

from collections.abc import Mapping
from typing import Final

from services.certificate.rules.words import say_nothing
from shared import ssn
from shared.text import Text, text

LONGEST: Final = 1000
Errors = dict[str, Text]


def words(form: Mapping[str, str], field: str, missing: Text, errors: Errors, longest: int = LONGEST) -> str:
    """A free text; where it is missing, too long or seems to hold an SSN, `errors` says so under the field's name."""
    typed = form.get(field, "").strip()
    if say_nothing(typed):
        errors[field] = missing
    elif len(typed) > longest:
        errors[field] = text("Shorten this to at most {count} characters.", count=longest)
    elif ssn.stands_in(typed):
        errors[field] = ssn.REFUSAL
    return typed


def whole(form: Mapping[str, str], field: str) -> int | None:
    """A whole number; None where it is none, or longer than any that is asked for."""
    typed = form.get(field, "").strip().removeprefix("$").replace(",", "")
    digits = typed.removeprefix("-")
    return int(typed) if digits.isascii() and digits.isdigit() and len(digits) < 7 else None


def picked(values: list[str]) -> list[tuple[str, int]]:
    """Ticked rows: an application's id and the version at which it was seen, `<id>.<version>`, each once."""
    found = {}
    for value in values:
        key, _, version = value.partition(".")
        if version.isascii() and version.isdigit() and len(version) < 7:
            found[key] = int(version)
    return list(found.items())
