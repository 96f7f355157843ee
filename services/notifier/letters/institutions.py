"""Letters about the part of an application that an institution has: to the educator, and to its officials."""

from services.notifier.letters import office
from services.notifier.letters.applications import about, application
from services.notifier.letters.fingerprints import OF_THE_EDUCATOR
from services.notifier.letters.wording import Link, Quoted, Told, Words, letter
from shared.text import text


def _institution(told: Told) -> str:
    return office.place(told.details["institution"], told.today)


@letter("recommendation_requested")
def recommendation_requested(told: Told) -> Words:
    """To the educator: the institution acts next. After a correction it comes again."""
    return Words(
        subject=text("Your application {number} is with your institution", number=told.details["number"]),
        parts=[
            text(
                "{institution} has your application now, and its officials were told. It is their move: they"
                " recommend you, or return the application to you with a reason. We write to you either way.",
                institution=_institution(told),
            ),
            about(told),
            text("You need not do anything for this. Whatever else is missing can come to us meanwhile:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("recommendation_requested_official")
def recommendation_requested_official(told: Told) -> Words:
    """To each official of the institution. It names no educator: an e-mail is read by more than its reader."""
    return Words(
        subject=text("Application {number} waits for your institution", number=told.details["number"]),
        parts=[
            text(
                "An educator submitted an application to {institution}. The department decides nothing before your"
                " institution has looked at it.",
                institution=_institution(told),
            ),
            about(told),
            text(
                "Open the work log, then recommend the educator or return the application with a reason. It is done"
                " once one official of your institution has done it."
            ),
            Link(text("Work log"), "/program/worklog"),
        ],
        because=text(
            "You receive this e-mail because you act for an educator preparation program in the Educator"
            " Certification System."
        ),
    )


@letter("application_recommended")
def recommended(told: Told) -> Words:
    """The department acts next."""
    return Words(
        subject=text("Your institution recommended you"),
        parts=[
            text(
                "{institution} recommended you. Your application goes on at the department: our staff look at it as"
                " soon as everything else it needs is there.",
                institution=_institution(told),
            ),
            about(told),
            text("See whether anything is still missing:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("recommendation_taken_back")
def taken_back(told: Told) -> Words:
    """The institution acts next, again."""
    return Words(
        subject=text(
            "Your institution took back its recommendation for application {number}", number=told.details["number"]
        ),
        parts=[
            text("{institution} took its recommendation back. The reason:", institution=_institution(told)),
            Quoted(told.reason),
            about(told),
            text(
                "Your application is with your institution again. It is their move: they recommend you, or return the"
                " application to you with a reason. We write to you either way. If you do not know what is meant, ask"
                " your institution."
            ),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("application_returned")
def returned(told: Told) -> Words:
    """The educator acts next."""
    return Words(
        subject=text("Your institution returned your application {number}", number=told.details["number"]),
        parts=[
            text("{institution} sent your application back to you. The reason:", institution=_institution(told)),
            Quoted(told.reason),
            about(told),
            text(
                "It is your move: open the application, correct it, and submit it again. What you entered is still"
                " there, and its last day stays the same."
            ),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )
