"""Letters about an account: signing up, signing in."""

from typing import Final

from services.notifier.letters.wording import ONE_TIME, Facts, Link, Listed, Told, Words, letter
from shared.text import Text, text

OF_THE_ACCOUNT: Final = text(
    "You receive this e-mail because this is the sign-in address of an account in the Educator Certification System."
)
_NOT_YOU: Final = text("If this was not you, you need not do anything: nothing changes.")


def _username(told: Told) -> tuple[Text, str]:
    return text("Username"), told.username


@letter("confirm_email")
def confirm_email(told: Told) -> Words:
    """A registration waits for its address; the link is good for 24 hours."""
    return Words(
        subject=text("Confirm your e-mail address"),
        parts=[
            text("You asked for an account in the Educator Certification System. One step is left."),
            Facts([_username(told)]),
            text(
                "Open this page, enter the password that you chose, and select Confirm. The link can be used once,"
                " within 24 hours; after that, ask for a new one on the Login page."
            ),
            Link(text("Confirm my e-mail address"), ONE_TIME),
            text("If you did not ask for an account, you need not do anything: without Confirm none is made."),
        ],
        because=text(
            "You receive this e-mail because somebody gave this address when registering in the Educator"
            " Certification System."
        ),
    )


@letter("account_exists")
def account_exists(told: Told) -> Words:
    """Somebody registered with the address of an account that is there already."""
    return Words(
        subject=text("You already have an account"),
        parts=[
            text(
                "Somebody, probably you, tried to register in the Educator Certification System with this e-mail"
                " address. It belongs to an account already, so no second one was made."
            ),
            Facts([_username(told)]),
            text("Log in with this username. If you no longer know the password, ask for a new one:"),
            Link(text("Login"), "/login"),
            Link(text("Forgot Username/Password?"), "/forgot"),
            _NOT_YOU,
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("username_reminder")
def username_reminder(told: Told) -> Words:
    """Somebody forgot the username."""
    return Words(
        subject=text("Your username"),
        parts=[
            text("You asked which username you have in the Educator Certification System."),
            Facts([_username(told)]),
            Link(text("Login"), "/login"),
            _NOT_YOU,
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("password_reset")
def password_reset(told: Told) -> Words:
    """Somebody forgot the password; the link is good for 30 minutes."""
    return Words(
        subject=text("Reset your password"),
        parts=[
            text("You asked to choose a new password for the Educator Certification System."),
            Facts([_username(told)]),
            text("Open this page and choose it. The link can be used once, within 30 minutes."),
            Link(text("Choose a new password"), ONE_TIME),
            text(
                "If you did not ask for this, you need not do anything: your password stays as it is. Never give the"
                " link to anybody."
            ),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("password_changed")
def password_changed(told: Told) -> Words:
    """The password is another now (NIST SP 800-63B-4, 4.6: account notifications)."""
    return Words(
        subject=text("Your password was changed"),
        parts=[
            text(
                "The password of your account in the Educator Certification System was changed, and you were logged"
                " off everywhere."
            ),
            Facts([_username(told)]),
            text("If you changed it, there is nothing to do. Log in with the new password:"),
            Link(text("Login"), "/login"),
            text(
                "If you did not change it, choose a new password now, and call us: somebody may have read your e-mail."
            ),
            Link(text("Forgot Username/Password?"), "/forgot"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("account_locked")
def account_locked(told: Told) -> Words:
    """Five failed logins in 15 minutes on an account that may read criminal history (CJIS Security Policy AC-7)."""
    return Words(
        subject=text("Your account is locked"),
        parts=[
            text(
                "There were five failed logins in a row on your account in the Educator Certification System, so it"
                " is locked."
            ),
            Facts([_username(told)]),
            Listed(
                [
                    text("If it was you: an administrator can unlock the account. Call us."),
                    text("If it was not you: call us as well, and say so. Somebody may be trying to log in as you."),
                ]
            ),
        ],
        because=OF_THE_ACCOUNT,
    )
