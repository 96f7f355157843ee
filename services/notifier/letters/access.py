"""Letters about what an account may use."""

from typing import Final

from services.notifier.letters import office
from services.notifier.letters.account import OF_THE_ACCOUNT
from services.notifier.letters.wording import Facts, Link, Quoted, Told, Words, letter
from shared.events import Role
from shared.text import Text, text

_ROLES: Final = {
    Role.EDUCATOR: text("Educator"),
    Role.ANALYST: text("Analyst"),
    Role.ADJUDICATOR: text("Adjudicator"),
    Role.ADMINISTRATOR: text("Administrator"),
    Role.PROGRAM: text("Program official"),
    Role.DISTRICT: text("District official"),
}
_OFFICE: Final = text("Log in, then select Certification office.")
# Where the role's pages are under User Applications; a district has none yet.
_NEXT: Final = {
    Role.EDUCATOR: text("Log in, then select Educator Certification System to connect your account with your record."),
    Role.ANALYST: _OFFICE,
    Role.ADJUDICATOR: _OFFICE,
    Role.ADMINISTRATOR: _OFFICE,
    Role.PROGRAM: text("Log in, then select Program work log."),
    Role.DISTRICT: text("Log in to see your roles."),
}


def _role(told: Told) -> Facts:
    rows: list[tuple[Text, Text | str]] = [(text("Role"), _ROLES[Role(told.details["role"])])]
    if told.details.get("institution"):
        rows.append((text("Institution"), office.place(told.details["institution"], told.today)))
    return Facts(rows)


@letter("access_granted")
def access_granted(told: Told) -> Words:
    """The account has a role now."""
    return Words(
        subject=text("You have access to the Educator Certification System"),
        parts=[
            text("You asked for access to the Educator Certification System. You have it now."),
            _role(told),
            _NEXT[Role(told.details["role"])],
            Link(text("User Applications"), "/applications"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("access_refused")
def access_refused(told: Told) -> Words:
    """An administrator refused a role, with a reason."""
    return Words(
        subject=text("Your request for access was refused"),
        parts=[
            text("You asked for access to the Educator Certification System. An administrator refused it."),
            _role(told),
            text("The reason, in the administrator's words:"),
            Quoted(told.reason),
            text("If you think that this is wrong, call us. You can also ask again under User Applications."),
            Link(text("User Applications"), "/applications"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("access_revoked")
def access_revoked(told: Told) -> Words:
    """An administrator took a role back. Why is kept for the office alone."""
    return Words(
        subject=text("A role of your account was taken back"),
        parts=[
            text("An administrator took back a role that your account had. Its pages are closed to you now."),
            _role(told),
            text("Your account stays, and every other role with it. If you think that this is wrong, call us."),
            Link(text("User Applications"), "/applications"),
        ],
        because=OF_THE_ACCOUNT,
    )
