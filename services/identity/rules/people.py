"""Legal names and e-mail addresses: what is accepted, and how it is written."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from email_validator import EmailNotValidError, EmailSyntaxError, validate_email

from services.identity.rules import usernames

MAX_NAME: Final = 100
MAX_ADDRESS: Final = 254  # RFC 5321, less the brackets

# A point only ends an abbreviation ("St. Clair", "Jr."), so that no name can hold a web address: it stands in letters.
# Apostrophes and hyphens come in several characters that look the same, from phones and from what is pasted.
_NAME: Final = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’ʻʼ`´\-‐‑–·]|\.(?= |$)|[̀-ͯ])*")


class NameProblem(StrEnum):
    """Why a name cannot be written down as a legal name."""

    MISSING = "missing"
    LONG = "long"
    CHARACTERS = "characters"


class AddressProblem(StrEnum):
    """Why an e-mail address cannot be written to."""

    MISSING = "missing"
    FORM = "form"


@dataclass(frozen=True)
class Address:
    """An e-mail address, and what two of them are compared by."""

    email: str

    @property
    def key(self) -> str:
        """Without regard to case: providers that tell cases apart are not known, people who mix them are many."""
        return self.email.casefold()

    @property
    def mailbox(self) -> str:
        """Where its letters land: what stands after a "+" is the owner's own mark."""
        local, _, domain = self.key.rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"

    @property
    def masked(self) -> str:
        """To be recognised by its owner on a screen that others may see: "j•••@example.edu"."""
        local, _, domain = self.email.rpartition("@")
        return f"{local[:1]}•••@{domain}"


def name(typed: str) -> str:
    """A name as it is kept: NFC, single spaces."""
    return " ".join(unicodedata.normalize("NFC", typed).split())


def name_problem(typed: str) -> NameProblem | None:
    """Why this cannot be a legal name, None where it can."""
    written = name(typed)
    if not written:
        return NameProblem.MISSING
    if len(written) > MAX_NAME:
        return NameProblem.LONG
    if not _NAME.fullmatch(written):
        return NameProblem.CHARACTERS
    return None


def address(typed: str, *, demonstration: bool) -> Address | AddressProblem:
    """The address that was typed, or why it is none.

    Args:
        demonstration: also accept `.test`, which reaches nobody (RFC 6761).
    """
    bare = typed.strip()
    if not bare:
        return AddressProblem.MISSING
    if len(bare) > MAX_ADDRESS:
        return AddressProblem.FORM
    try:
        found = validate_email(
            bare, check_deliverability=False, allow_smtputf8=False, test_environment=demonstration, strict=True
        )
    except (EmailSyntaxError, EmailNotValidError):
        return AddressProblem.FORM
    return Address(found.ascii_email or found.normalized)


def sign_in_key(typed: str) -> str:
    """What an account is looked up by when somebody types a username or an address. Any text gives a key."""
    if "@" not in usernames.written(typed):
        return usernames.key(typed)
    found = address(typed, demonstration=True)
    return found.key if isinstance(found, Address) else usernames.key(typed)
