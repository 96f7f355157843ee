"""The office that letters come from, and what it calls things, from `policy/`."""

from datetime import date
from pathlib import Path
from typing import Final

from shared import policy
from shared.text import Text, text

POLICY: Final = policy.load(Path(__file__).parent.parent / "policy" / policy.STATE)


def sentence(as_of: date) -> Text:
    """How to get help."""
    return text(
        "Questions? Call {office} at {phone}, {hours}. Do not reply to this e-mail: nobody reads the answers.",
        office=POLICY.value("office.name", as_of=as_of),
        phone=POLICY.value("office.phone", as_of=as_of),
        hours=POLICY.value("office.hours", as_of=as_of),
    )


def purpose(code: str, as_of: date) -> Text:
    """What a fingerprint check is for, in words, with its code."""
    name = policy.purposes(as_of).get(code)
    return text("{purpose} (code {code})", purpose=text(name), code=code) if name else text("code {code}", code=code)


def bureau(code: str, as_of: date) -> Text:
    """Who answered, as part of a sentence."""
    return text(POLICY.value("bureaus", as_of=as_of)[code])


def place(code: str, as_of: date) -> str:
    """The name of an institution or a district; its code where it has none."""
    return policy.institutions(as_of).get(code) or policy.districts(as_of).get(code) or code
