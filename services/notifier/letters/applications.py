"""Letters about applications and certificates: what happened, what comes next, and whose move it is.

What the policy calls a class, a requirement or a content area comes in its English, and is translated here.
"""

from typing import Final

from services.notifier.letters.fingerprints import OF_THE_EDUCATOR
from services.notifier.letters.wording import Facts, Link, Listed, Part, Quoted, Told, Words, letter
from shared.text import Text, text

_ALL: Final = Link(text("Application Status"), "/ecs/applications")


def application(told: Told) -> Link:
    """To the application."""
    return Link(text("Application Status"), f"/ecs/applications/{told.details['application_id']}")


def about(told: Told, *more: tuple[Text, Text | str]) -> Facts:
    """Which application it is."""
    return Facts(
        [
            (text("Certificate"), text(told.details["classification"])),
            (text("Application number"), told.details["number"]),
            *more,
        ]
    )


@letter("application_received")
def received(told: Told) -> Words:
    """Signed and submitted; where it goes to an institution, the letter about that says the rest."""
    goes_on = (
        text("Your institution looks at it first. Another letter tells you about that.")
        if "institution" in told.details
        else text("Our staff look at it as soon as everything it needs is there. You need not apply again.")
    )
    return Words(
        subject=text("Your application {number} was received", number=told.details["number"]),
        parts=[
            text("We received your application. It is signed, and the form is complete."),
            about(told, (text("Everything it needs is due by"), told.day("due_on"))),
            goes_on,
            *_wanting(told, text("What it still needs:")),
            text(
                "What you can do about it stands under Application Status, with what is there already. We remind you"
                " before the last day."
            ),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


def _wanting(told: Told, words: Text) -> list[Part]:
    """What is missing, one under the other; facts of before do not say it."""
    titles = [text(title) for title in told.details.get("wanting", ())]
    return [words, Listed(titles)] if titles else []


def _requirement(told: Told) -> Facts:
    areas = [(text("Content area"), text(one)) for one in told.details.get("areas", ())]
    return about(told, (text("Requirement"), text(told.details["requirement"])), *areas)


@letter("requirement_seen")
def requirement_seen(told: Told) -> Words:
    """Staff saw a document; it may show less than is needed."""
    return Words(
        subject=text("We have seen a document for your application {number}", number=told.details["number"]),
        parts=[
            text("A document for your application came, and a member of our staff has recorded it."),
            _requirement(told),
            text("See what it counts for, and whether anything is still missing:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("requirement_not_accepted")
def requirement_not_accepted(told: Told) -> Words:
    """The educator acts next."""
    return Words(
        subject=text("A document for your application {number} was not accepted", number=told.details["number"]),
        parts=[
            text("A document for your application came, and we could not accept it. The reason:"),
            Quoted(told.reason),
            _requirement(told),
            text("It is your move. What to send, and to whom, stands under Application Status:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("requirement_received")
def requirement_received(told: Told) -> Words:
    """The fee came, or a part of it."""
    return Words(
        subject=text("We received a payment for your application {number}", number=told.details["number"]),
        parts=[
            text("A payment for your application came. Thank you."),
            _requirement(told),
            text("See whether anything is still missing:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("payment_went_back")
def payment_went_back(told: Told) -> Words:
    """A check was not honoured, or too much had come: the fee may be due again."""
    amount = text("${dollars}", dollars=-int(told.details["dollars"]))
    return Words(
        subject=text("A payment for your application {number} went back", number=told.details["number"]),
        parts=[
            text("Money that had come for your application went back, or did not reach us. What our staff wrote:"),
            Quoted(told.reason),
            about(told, (text("Requirement"), text(told.details["requirement"])), (text("Amount"), amount)),
            text("See whether it has to be paid again:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("requirement_reviewed")
def requirement_reviewed(told: Told) -> Words:
    """A person read the conduct answers; the same words whatever came of it."""
    return Words(
        subject=text("We have read your explanation for application {number}", number=told.details["number"]),
        parts=[
            text(
                "A member of our staff has read what you explained in your application. This letter is the same"
                " whatever came of it."
            ),
            _requirement(told),
            text("You need not do anything now. See where your application stands:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("information_requested")
def information_requested(told: Told) -> Words:
    """The educator acts next."""
    return Words(
        subject=text("We have a question about your application {number}", number=told.details["number"]),
        parts=[
            text("A member of our staff looked at your application and needs to know something. The question:"),
            Quoted(told.reason),
            about(told),
            text("It is your move. Open the application and write your answer there:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("information_received")
def information_received(told: Told) -> Words:
    """The department acts next."""
    return Words(
        subject=text("We have the answer to our question about application {number}", number=told.details["number"]),
        parts=[
            text(
                "The answer to our question is in your application now. It is our move again: whoever asked reads it"
                " and goes on."
            ),
            about(told),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("application_reminded")
def reminded(told: Told) -> Words:
    """Something is still missing."""
    return Words(
        subject=text("Your application {number} is not complete yet", number=told.details["number"]),
        parts=[
            text("Your application is open, and something that it needs is not there yet."),
            about(told, (text("The last day"), told.day("due_on"))),
            *_wanting(told, text("What is missing:")),
            text(
                "See what to do about it, and whose move it is. An application that is not complete after its last day"
                " is closed."
            ),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("application_withdrawn")
def withdrawn(told: Told) -> Words:
    """The educator ended it."""
    return Words(
        subject=text("You withdrew your application {number}", number=told.details["number"]),
        parts=[
            text("Your application was withdrawn, as you asked. Nobody works on it any more."),
            about(told),
            text("You can apply again whenever you like. If it was not you who withdrew it, call us."),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("application_incomplete")
def incomplete(told: Told) -> Words:
    """Its last day passed."""
    return Words(
        subject=text("Your application {number} was closed as incomplete", number=told.details["number"]),
        parts=[
            text(
                "The last day of your application has passed, and not everything that it needs was there. So it is"
                " closed. This says nothing about you, and nothing stands against a new application."
            ),
            about(told),
            *_wanting(told, text("What was missing:")),
            text("See how it went. You can apply again whenever you like:"),
            application(told),
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("draft_expiring")
def draft_expiring(told: Told) -> Words:
    """What was typed is deleted soon."""
    return Words(
        subject=text("An application that you began will be deleted"),
        parts=[
            text("You began an application and did not submit it. What you entered is kept for a while only."),
            Facts(
                [
                    (text("Certificate"), text(told.details["classification"])),
                    (text("Kept until"), told.day("drop_on")),
                ]
            ),
            text("To keep it, open it and go on. If you do not want it any more, you need not do anything."),
            _ALL,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("draft_dropped")
def draft_dropped(told: Told) -> Words:
    """What was typed is deleted."""
    return Words(
        subject=text("An application that you began was deleted"),
        parts=[
            text("You began an application and did not submit it for a long time, so what you entered was deleted."),
            Facts([(text("Certificate"), text(told.details["classification"]))]),
            text("You need not do anything. You can begin again whenever you like:"),
            _ALL,
        ],
        because=OF_THE_EDUCATOR,
    )


@letter("certificate_issued")
def issued(told: Told) -> Words:
    """The certificate is there."""
    rows: list[tuple[Text, Text | str]] = [
        (text("Classification"), text(told.details["classification"])),
        (text("Effective date"), told.day("effective_on")),
    ]
    if "expires_on" in told.details:
        rows.append((text("Expiration date"), told.day("expires_on")))
    if "number" in told.details:
        rows.append((text("Application number"), told.details["number"]))
    areas = [text(area) for area in told.details.get("areas", [])]
    covers: list[Part] = [text("It covers:"), Listed(areas)] if areas else []
    return Words(
        subject=text("Your certificate is issued"),
        parts=[
            text("Your certificate is issued. Congratulations."),
            Facts(rows),
            *covers,
            text("It stands under Certificate Status from now on. You need not do anything."),
            Link(text("Certificate Status"), "/ecs/certificates"),
        ],
        because=OF_THE_EDUCATOR,
    )
