"""What the rules' findings are called in sentences: what is wrong, and what to do."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Final

from services.identity.rules import passwords, people, usernames
from services.identity.rules.access import RequestProblem
from services.identity.rules.passwords import PasswordProblem
from services.identity.rules.people import AddressProblem, NameProblem
from services.identity.rules.usernames import UsernameProblem
from shared.events import Role
from shared.text import Text, plural, text

USERNAME: Final[Mapping[UsernameProblem, Text]] = {
    UsernameProblem.MISSING: text("Enter a username."),
    UsernameProblem.SHORT: text("A username has at least {least} characters. Add some.", least=usernames.MIN_LENGTH),
    UsernameProblem.LONG: text("A username has at most {most} characters. Shorten it.", most=usernames.MAX_LENGTH),
    UsernameProblem.CHARACTERS: text(
        "A username is made of letters and digits, with single points, hyphens or underscores between them."
        " Change the other characters."
    ),
    UsernameProblem.RESERVED: text("That username is kept for the office itself. Choose another."),
    UsernameProblem.NUMBER: text(
        "A username cannot be nine digits: others see it, and it could be a Social Security Number. Choose another."
    ),
}
USERNAME_TAKEN: Final = "That username is taken. {suggestion} is free, so we have put it in for you."
USERNAME_MISSING: Final = "Choose a username. {suggestion} is free, so we have put it in for you."

FIRST_NAME: Final[Mapping[NameProblem, Text]] = {
    NameProblem.MISSING: text("Enter your legal first name."),
    NameProblem.LONG: text("Shorten your first name to {most} characters.", most=people.MAX_NAME),
    NameProblem.CHARACTERS: text("Enter your first name with letters, spaces, hyphens, apostrophes and periods only."),
}
LAST_NAME: Final[Mapping[NameProblem, Text]] = {
    NameProblem.MISSING: text("Enter your legal last name."),
    NameProblem.LONG: text("Shorten your last name to {most} characters.", most=people.MAX_NAME),
    NameProblem.CHARACTERS: text("Enter your last name with letters, spaces, hyphens, apostrophes and periods only."),
}
ADDRESS: Final[Mapping[AddressProblem, Text]] = {
    AddressProblem.MISSING: text("Enter your e-mail address."),
    AddressProblem.FORM: text("Enter a complete e-mail address, like jordan.rivera@example.edu."),
}
PASSWORD: Final[Mapping[PasswordProblem, Text]] = {
    PasswordProblem.MISSING: text("Enter a password."),
    PasswordProblem.SHORT: text(
        "A password has at least {least} characters. Add more; a few words with spaces work well.",
        least=passwords.MIN_LENGTH,
    ),
    PasswordProblem.LONG: text("A password has at most {most} characters. Shorten it.", most=passwords.MAX_LENGTH),
    PasswordProblem.OWN: text(
        "This password is built on your own name, username or e-mail address, which are tried first."
        " Choose words that have nothing to do with them."
    ),
    PasswordProblem.SERVICE: text(
        "This password is built on the name of this service, which is tried first. Choose other words."
    ),
    PasswordProblem.PATTERN: text(
        "This password repeats itself or follows the keyboard or the alphabet, which is tried first."
        " Choose a few words that do not belong together."
    ),
    PasswordProblem.COMMON: text(
        "This password is a common one, which is tried first. Choose a few words that do not belong together."
    ),
}

ROLE: Final[Mapping[Role, Text]] = {
    Role.EDUCATOR: text("Educator"),
    Role.ANALYST: text("Analyst"),
    Role.ADJUDICATOR: text("Adjudicator"),
    Role.ADMINISTRATOR: text("Administrator"),
    Role.PROGRAM: text("Program official"),
    Role.DISTRICT: text("District official"),
}
ABOUT_ROLE: Final[Mapping[Role, Text]] = {
    Role.ANALYST: text("Certification staff: applications, certificates, result files, letters."),
    Role.ADJUDICATOR: text("Certification staff who may read criminal history and decide about it."),
    Role.ADMINISTRATOR: text("Decides about access and identity cases, and releases accounts."),
    Role.PROGRAM: text("Acts for an educator preparation program. Name its institution below."),
    Role.DISTRICT: text("Acts for a school district. Name it below."),
}
REQUEST: Final[Mapping[RequestProblem, tuple[str, Text]]] = {
    RequestProblem.ROLE: ("role", text("Choose the role you need.")),
    RequestProblem.HELD: ("role", text("You have this role already. Choose another, or go back.")),
}
INSTITUTION: Final[Mapping[Role, Text]] = {
    Role.PROGRAM: text("Choose the institution whose program you act for."),
    Role.DISTRICT: text("Choose the school district you act for."),
}

REASON_MISSING: Final = text("Say why. The reason is kept with your decision.")
REASON_LONG: Final = text("Shorten the reason to {most} characters.", most=1000)
OWN_ACCOUNT: Final = text("This is your own account. Ask another administrator to decide.")

ALIKE_ACCOUNT: Final = text("This account has your own name or e-mail address. Ask another administrator to decide.")
TWIN: Final = text(
    "Another account that may be the same person's has a role in the office already. Look at it below, then decide."
)

NOT_KNOWN: Final = text(
    "That username and password do not match. Check both and try again; capital letters count in the password."
)
NOT_CHOSEN: Final = text(
    "This is not the password that was chosen with this username. Check it and try again; capital letters count."
    " If you did not register, do nothing."
)
LOCKED: Final = text(
    "Your account is locked because of failed logins. An administrator must release it;"
    " the letter we sent you says whom to ask."
)
CLOSED: Final = text(
    "This account is closed because you have another one. The letter we sent you names it:"
    ' log in with that username, or choose "Forgot Username/Password?".'
)
BUSY_HEADING: Final = text("Many people are logging in right now")
BUSY: Final = text("Please try again in a minute. Nothing was saved.")


def wait(left: timedelta) -> Text:
    """Why an attempt was not looked at, and when the next one is."""
    return text(
        "There were too many failed tries with this username. Wait {time} and try again, or reset your password.",
        time=spoken(left),
    )


def wait_here(left: timedelta) -> Text:
    """Why a password of a registration was not looked at; it cannot be reset, since there is no account yet."""
    return text(
        "There were too many failed tries with this username. Wait {time} and try again, or start over.",
        time=spoken(left),
    )


def spoken(left: timedelta) -> Text:
    """A time to wait, rounded up, as people say it."""
    seconds = max(1, ceil(left.total_seconds()))
    if seconds < 60:
        return plural("{n} second", "{n} seconds", n=seconds)
    return plural("{n} minute", "{n} minutes", n=ceil(seconds / 60))
