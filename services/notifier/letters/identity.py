"""Letters about identity cases. None tells one person anything of another's record."""

from typing import Final

from services.notifier.letters.account import OF_THE_ACCOUNT
from services.notifier.letters.wording import Facts, Link, Quoted, Told, Words, letter
from shared.text import text

_DECIDED: Final = text("A member of our staff decides it, and we write to you then.")
_ECS: Final = Link(text("Educator Certification System"), "/ecs")


@letter("case_opened")
def case_opened(told: Told) -> Words:
    """To the account that could not be connected with a record by machine."""
    what = (
        text("You told us that you do not have a Social Security Number.")
        if told.details["case_kind"] == "no_number"
        else text("What you entered could not be matched by our computer alone, so your account is not connected yet.")
    )
    return Words(
        subject=text("We are checking your identity"),
        parts=[
            text("You asked to connect your account with your educator record."),
            what,
            _DECIDED,
            text(
                "You need not do anything now. If we need documents, we tell you which. See where it stands, and how"
                " long it usually takes:"
            ),
            _ECS,
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_opened_holder")
def case_opened_holder(told: Told) -> Words:
    """To the account that holds the record."""
    return Words(
        subject=text("Another account asked for an educator record like yours"),
        parts=[
            text(
                "Another account asked to be connected with an educator record, and what was entered points to the"
                " record that your account holds. Nothing has changed: your record is yours, and the other account"
                " has seen nothing of it."
            ),
            text("A member of our staff looks into it, and we write to you then."),
            text(
                "If you made a second account yourself, call us and say so: that ends the matter quickly. Otherwise"
                " you need not do anything."
            ),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("documents_requested")
def documents_requested(told: Told) -> Words:
    """Staff need documents to decide a case."""
    return Words(
        subject=text("We need documents from you"),
        parts=[
            text("We are checking your identity, and need documents to go on. What our staff wrote:"),
            Quoted(told.reason),
            text("Do not send documents by e-mail. When they are on their way, say so on this page:"),
            _ECS,
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_same_person")
def case_same_person(told: Told) -> Words:
    """To the account that is closed; it names the one that stays."""
    return Words(
        subject=text("Please use your other account"),
        parts=[
            text(
                "We checked your identity. You had two accounts in the Educator Certification System. The one with"
                " your record stays; this one is closed and can no longer log in."
            ),
            Facts(
                [
                    (text("Closed"), told.username),
                    (text("Use this username"), told.other_username),
                ]
            ),
            text("Log in with that username. If you no longer know its password, ask for a new one:"),
            Link(text("Login"), "/login"),
            Link(text("Forgot Username/Password?"), "/forgot"),
        ],
        because=text(
            "You receive this e-mail because this was the sign-in address of an account in the Educator"
            " Certification System."
        ),
    )


@letter("case_same_person_holder")
def case_same_person_holder(told: Told) -> Words:
    """To the account that stays."""
    return Words(
        subject=text("Your second account is closed"),
        parts=[
            text(
                "We checked who asked for your educator record: it was you, from a second account. That account is"
                " closed. Your record stays with this one, and nothing in it has changed."
            ),
            Facts([(text("Your username"), told.username)]),
            text("If you never made a second account, call us."),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_record_moved")
def case_record_moved(told: Told) -> Words:
    """To the account that has the record now."""
    return Words(
        subject=text("Your account is connected with your record"),
        parts=[
            text("We checked your identity. Your account is connected with your educator record now."),
            text("Please look at your profile, and correct your contact address if you need to:"),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_record_moved_holder")
def case_record_moved_holder(told: Told) -> Words:
    """To the account that had it."""
    return Words(
        subject=text("Your account is no longer connected with an educator record"),
        parts=[
            text(
                "We checked to whom the educator record belongs that your account held. It belongs to another person,"
                " so your account is no longer connected with it. Your account stays open."
            ),
            text("Log in and connect your account with your own record. If you think that this is wrong, call us."),
            _ECS,
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_person_made")
def case_person_made(told: Told) -> Words:
    """To the account that got a record of its own."""
    return Words(
        subject=text("Your educator record is ready"),
        parts=[
            text("We checked your identity and made an educator record for you. Your account is connected with it."),
            text("Please look at your profile, and complete it:"),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=OF_THE_ACCOUNT,
    )


@letter("case_person_made_holder")
def case_person_made_holder(told: Told) -> Words:
    """To the account whose record the case was about."""
    return Words(
        subject=text("Your educator record is unchanged"),
        parts=[
            text(
                "We looked into the other account that asked for an educator record like yours. It belongs to another"
                " person. Your record stays as it is, and you need not do anything."
            ),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=OF_THE_ACCOUNT,
    )
