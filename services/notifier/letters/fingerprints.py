"""Letters about fingerprint checks.

Nothing in them, not even that one came or its size, tells whether a bureau's answer held a record: every answer has the
same letter, and a check that takes longer has none.
"""

from datetime import date, timedelta
from typing import Final

from services.notifier.letters import office
from services.notifier.letters.wording import Facts, Link, Listed, Told, Words, letter
from shared.text import long_date, text

OF_THE_EDUCATOR: Final = text("You receive this e-mail because this is the contact address in your educator record.")
_FINGERPRINTS: Final = Link(text("Fingerprint Information"), "/ecs/fingerprints")


def _purpose(told: Told) -> Facts:
    return Facts([(text("For"), office.purpose(told.details["purpose"], told.today))])


@letter("result_received")
def result_received(told: Told) -> Words:
    """A bureau answered; the same words whatever the answer."""
    bureau = office.bureau(told.details["bureau"], told.today)
    return Words(
        subject=text("A fingerprint result was received"),
        parts=[
            text("We received an answer from {bureau} about your fingerprints.", bureau=bureau),
            _purpose(told),
            text(
                "A check is complete when both the state and the FBI have answered and we have looked at both. This"
                " letter is the same for every answer. See where your check stands:"
            ),
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("reprint")
def reprint(told: Told) -> Words:
    """The prints could not be read (EBTS: an error answer, ERRT)."""
    return Words(
        subject=text("You need to be printed again"),
        parts=[
            text(
                "Your fingerprints could not be read well enough. This happens often, for example with dry skin, and"
                " says nothing about you. You need to be printed again, free of charge."
            ),
            _purpose(told),
            Listed(
                [
                    text("Open Fingerprint Information: the code and the number to give at the vendor are there."),
                    text("Book a new appointment, and say that you are printed again."),
                    text("Use hand lotion for a few days before, but not on the day itself."),
                ]
            ),
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("cleared")
def cleared(told: Told) -> Words:
    """State and FBI answers leave the educator free to be certified."""
    return Words(
        subject=text("Your fingerprint check is cleared"),
        parts=[
            text("Your fingerprint check is complete, and you are cleared."),
            Facts(
                [
                    (text("For"), office.purpose(told.details["purpose"], told.today)),
                    (text("Cleared on"), told.day("cleared_on")),
                    (text("Valid until"), told.day("valid_until")),
                ]
            ),
            text("You need not do anything now."),
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("prints_rejected_twice")
def prints_rejected_twice(told: Told) -> Words:
    """A bureau could not read two sets of prints, and is asked for a check by name."""
    bureau = office.bureau(told.details["bureau"], told.today)
    return Words(
        subject=text("Your fingerprints could not be read twice; we ask for a check by name"),
        parts=[
            text(
                "Your fingerprints could not be read well enough by {bureau}, now for the second time. This happens,"
                " for example with worn fingertips, and says nothing about you.",
                bureau=bureau,
            ),
            _purpose(told),
            text(
                "We ask for a check by name instead. You need not do anything, and you need not be printed again. The"
                " check is free of charge, and can take some weeks. We write to you when there is an answer, or if you"
                " have to do something after all."
            ),
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


_AGAIN: Final = Listed(
    [
        text("Open Fingerprint Information, say what you are about to do, and get the code to give at the vendor."),
        text("Have your fingerprints taken. The answers of the state and the FBI usually come within ten days."),
    ]
)


@letter("clearance_expiring")
def clearance_expiring(told: Told) -> Words:
    """A clearance comes to its last day."""
    return Words(
        subject=text("Your fingerprint clearance expires on {day}", day=told.day("valid_until")),
        parts=[
            text(
                "Your fingerprint clearance is valid until {day}. After that day it counts for no application.",
                day=told.day("valid_until"),
            ),
            Facts(
                [
                    (text("For"), office.purpose(told.details["purpose"], told.today)),
                    (text("Valid until"), told.day("valid_until")),
                ]
            ),
            text(
                "A certificate that you have stays valid. If you mean to apply for one, or have an application that is"
                " not finished, be printed again in time. If you do not, you need not do anything."
            ),
            _AGAIN,
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("clearance_expired")
def clearance_expired(told: Told) -> Words:
    """The time of a clearance is over."""
    last = date.fromisoformat(told.details["ended_on"]) - timedelta(days=1)
    return Words(
        subject=text("Your fingerprint clearance has expired"),
        parts=[
            text("A fingerprint clearance is valid for a limited time, and the time of yours is over."),
            Facts(
                [
                    (text("For"), office.purpose(told.details["purpose"], told.today)),
                    (text("Was valid until"), long_date(last, told.language)),
                ]
            ),
            text(
                "A certificate that you have stays valid. Before you apply for one, or to finish an application, be"
                " printed again. If you do not mean to apply, you need not do anything."
            ),
            _AGAIN,
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("clearance_ended")
def clearance_ended(told: Told) -> Words:
    """A clearance holds no longer; why is not said."""
    return Words(
        subject=text("Your fingerprint clearance has ended"),
        parts=[
            text("A fingerprint clearance that you had is no longer in force."),
            Facts(
                [
                    (text("For"), office.purpose(told.details["purpose"], told.today)),
                    (text("Ended on"), told.day("ended_on")),
                ]
            ),
            text("Open Fingerprint Information to see where you stand and what to do next:"),
            _FINGERPRINTS,
        ],
        because=OF_THE_EDUCATOR,
    )
