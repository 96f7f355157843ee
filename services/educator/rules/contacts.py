"""Contact Information: an e-mail address, a telephone number, a postal address in the United States."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from email_validator import EmailNotValidError, validate_email

from services.educator.rules.reading import Reading, Refused, tidy
from shared import ssn
from shared.text import Text, text

# USPS Publication 28, appendix B, with the digits that a ZIP code of that state begins with (USPS Domestic Mail
# Manual, labeling list L002).
STATES: Final[dict[str, tuple[str, str]]] = {
    "AL": ("Alabama", "3"),
    "AK": ("Alaska", "99"),
    "AS": ("American Samoa", "96"),
    "AZ": ("Arizona", "8"),
    "AR": ("Arkansas", "7"),
    "AA": ("Armed Forces Americas", "340"),
    "AE": ("Armed Forces Europe", "09"),
    "AP": ("Armed Forces Pacific", "96"),
    "CA": ("California", "9"),
    "CO": ("Colorado", "8"),
    "CT": ("Connecticut", "06"),
    "DE": ("Delaware", "19"),
    "DC": ("District of Columbia", "20 56"),
    "FL": ("Florida", "3"),
    "GA": ("Georgia", "3"),
    "GU": ("Guam", "96"),
    "HI": ("Hawaii", "96"),
    "ID": ("Idaho", "83"),
    "IL": ("Illinois", "6"),
    "IN": ("Indiana", "4"),
    "IA": ("Iowa", "5"),
    "KS": ("Kansas", "6"),
    "KY": ("Kentucky", "4"),
    "LA": ("Louisiana", "7"),
    "ME": ("Maine", "0"),
    "MH": ("Marshall Islands", "96"),
    "MD": ("Maryland", "2"),
    "MA": ("Massachusetts", "0"),
    "MI": ("Michigan", "4"),
    "FM": ("Micronesia", "96"),
    "MN": ("Minnesota", "5"),
    "MS": ("Mississippi", "3"),
    "MO": ("Missouri", "6"),
    "MT": ("Montana", "59"),
    "NE": ("Nebraska", "6"),
    "NV": ("Nevada", "8"),
    "NH": ("New Hampshire", "03"),
    "NJ": ("New Jersey", "0"),
    "NM": ("New Mexico", "8"),
    "NY": ("New York", "1 00 06"),
    "NC": ("North Carolina", "2"),
    "ND": ("North Dakota", "58"),
    "MP": ("Northern Mariana Islands", "96"),
    "OH": ("Ohio", "4"),
    "OK": ("Oklahoma", "7"),
    "OR": ("Oregon", "97"),
    "PW": ("Palau", "96"),
    "PA": ("Pennsylvania", "1"),
    "PR": ("Puerto Rico", "00"),
    "RI": ("Rhode Island", "02"),
    "SC": ("South Carolina", "29"),
    "SD": ("South Dakota", "57"),
    "TN": ("Tennessee", "3"),
    "TX": ("Texas", "7 88"),
    "UT": ("Utah", "84"),
    "VT": ("Vermont", "05"),
    "VI": ("Virgin Islands", "00"),
    "VA": ("Virginia", "2"),
    "WA": ("Washington", "9"),
    "WV": ("West Virginia", "2"),
    "WI": ("Wisconsin", "5"),
    "WY": ("Wyoming", "8"),
}
_ADDRESS: Final = ("street", "city", "state", "zip_code")
_LONGEST: Final = 100


@dataclass(frozen=True)
class Contact:
    """How to reach an educator. Empty strings are answers not given."""

    email: str
    phone: str
    street: str
    city: str
    state: str
    zip_code: str


def read(form: Mapping[str, str]) -> tuple[Contact, dict[str, Text]]:
    """The contact form, and what is wrong, by field. A postal address is given whole or not at all."""
    reading = Reading(form)
    contact = Contact(
        email=reading.take("email", email, ""),
        phone=reading.take("phone", phone, ""),
        street=reading.take("street", _line, ""),
        city=reading.take("city", _line, ""),
        state=reading.take("state", _state, ""),
        zip_code=reading.take("zip_code", _zip, ""),
    )
    errors = reading.errors
    if any(tidy(form.get(field, "")) for field in _ADDRESS):
        missing = {
            "street": text("Enter the street address, or leave the whole postal address empty."),
            "city": text("Enter the city."),
            "state": text("Select the state."),
            "zip_code": text("Enter the ZIP code."),
        }
        for field in _ADDRESS:
            if not tidy(form.get(field, "")):
                errors.setdefault(field, missing[field])
    if contact.state and contact.zip_code and not contact.zip_code.startswith(tuple(STATES[contact.state][1].split())):
        errors["zip_code"] = text("This ZIP code does not lie in the state you selected. Check both.")
    return contact, {field: errors[field] for field in ("email", "phone", *_ADDRESS) if field in errors}


def email(typed: str) -> str:
    """An address in the form under which it is kept: as typed, its domain in lower case.

    Raises:
        Refused: nothing typed, or nothing that mail could be sent to.
    """
    # Invisible characters come along with a paste; spaces inside are a mistake to be told.
    typed = tidy(typed)
    if not typed:
        raise Refused(text("Enter an e-mail address. All letters about your certification go there."))
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise Refused(text("Enter an e-mail address in the form name@example.com.")) from None


def masked(address: str) -> str:
    """Enough of an address to recognise one's own: `j•••@example.edu`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}•••@{domain}"


def phone(typed: str) -> str:
    """A telephone number as digits with its country: `+15735550100`. Empty where none was given.

    Raises:
        Refused: too few or too many digits (ITU-T E.164 has at most 15).
    """
    typed = unicodedata.normalize("NFKC", tidy(typed))
    if not typed:
        return ""
    digits = re.sub(r"[\s().\-\u2010-\u2015/]", "", typed)
    if digits.startswith("+"):
        if not (digits[1:].isascii() and digits[1:].isdigit() and 8 <= len(digits) - 1 <= 15):
            raise Refused(text("Enter the phone number with its country, for example +44 20 7946 0000."))
        return digits
    national = digits.removeprefix("1") if len(digits) == 11 else digits
    if not (national.isascii() and national.isdigit() and len(national) == 10):
        raise Refused(text("Enter the phone number with its area code, for example 573-555-0100."))
    return f"+1{national}"


def shown_phone(number: str) -> str:
    """A telephone number as people write it: `573-555-0100`; one from abroad as it is kept."""
    if number.startswith("+1") and len(number) == 12:
        return f"{number[2:5]}-{number[5:8]}-{number[8:]}"
    return number


def _line(typed: str) -> str:
    line = tidy(typed)
    if len(line) > _LONGEST:
        raise Refused(text("Use at most {count} characters here.", count=_LONGEST))
    if ssn.stands_in(line):
        raise Refused(ssn.REFUSAL)
    return line


def _state(typed: str) -> str:
    code = typed.strip()
    if code and code not in STATES:
        raise Refused(text("Select the state from the list."))
    return code


def _zip(typed: str) -> str:
    digits = unicodedata.normalize("NFKC", tidy(typed))
    if not digits:
        return ""
    found = re.fullmatch(r"(\d{5})(?:[\s\-\u2010-\u2015]?(\d{4}))?", digits, re.ASCII)
    if not found or found[1] == "00000":
        raise Refused(text("Enter a ZIP code of 5 digits, or of 9 digits such as 65101-0480."))
    return f"{found[1]}-{found[2]}" if found[2] else found[1]
