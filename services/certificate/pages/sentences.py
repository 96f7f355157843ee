"""What pages call states, parties and requirements."""

from typing import Final

from services.certificate.actions.usual import Usual
from services.certificate.rules.requirements import Met, Party
from services.certificate.rules.standing import State
from shared.text import Text, plural, text

STATES: Final[dict[State, Text]] = {
    State.AT_INSTITUTION: text("With your institution"),
    State.RETURNED: text("Returned to you"),
    State.QUESTION: text("A question for you"),
    State.INCOMPLETE: text("Something is missing"),
    State.IN_REVIEW: text("In review"),
    State.READY: text("Complete, ready to be decided"),
    State.WITHDRAWN: text("Withdrawn"),
    State.CLOSED: text("Closed as incomplete"),
    State.ISSUED: text("Certificate issued"),
}
# The same for staff and officials, who are not the educator.
STATES_TO_STAFF: Final[dict[State, Text]] = {
    **STATES,
    State.AT_INSTITUTION: text("With the institution"),
    State.RETURNED: text("Returned to the educator"),
    State.QUESTION: text("Question asked"),
    State.READY: text("Ready to be decided"),
}
PARTIES: Final[dict[Party, Text]] = {
    Party.EDUCATOR: text("You"),
    Party.INSTITUTION: text("Your institution"),
    Party.DEPARTMENT: text("The department"),
    Party.NOBODY: text("Nobody: it has ended"),
}
# The same for staff and officials, who are not the educator.
PARTIES_TO_STAFF: Final[dict[Party, Text]] = {
    **PARTIES,
    Party.EDUCATOR: text("Educator"),
    Party.INSTITUTION: text("Institution"),
    Party.DEPARTMENT: text("Department"),
    Party.NOBODY: text("Nobody"),
}
MET: Final[dict[Met, Text]] = {
    Met.MET: text("Met"),
    Met.WAITING: text("Waiting"),
    Met.MISSING: text("Missing"),
}
# How much each state asks of the educator, as the kit's tags show it.
TAGS: Final[dict[State, str]] = {
    State.AT_INSTITUTION: "waiting",
    State.RETURNED: "act",
    State.QUESTION: "act",
    State.INCOMPLETE: "act",
    State.IN_REVIEW: "waiting",
    State.READY: "waiting",
    State.WITHDRAWN: "ended",
    State.CLOSED: "ended",
    State.ISSUED: "done",
}


# How much each state asks of the department.
TAGS_TO_STAFF: Final[dict[State, str]] = {
    **dict.fromkeys(State, "waiting"),
    State.READY: "done",
    State.IN_REVIEW: "act",
    State.WITHDRAWN: "ended",
    State.CLOSED: "ended",
    State.ISSUED: "ended",
}


def usual_whole(found: Usual) -> Text:
    """How long it usually takes from an application to the certificate, or that nobody can say yet."""
    if found.days is None:
        return text("Too few certificates of this kind were issued here to say how long it usually takes.")
    if found.days == 0:
        return text(
            "Half of the last {count} certificates of this kind were issued on the day of the application.",
            count=found.count,
        )
    return plural(
        "Half of the last {count} certificates of this kind were issued within {n} day of the application.",
        "Half of the last {count} certificates of this kind were issued within {n} days of the application.",
        n=found.days,
        count=found.count,
    )


def usual_now(state: State, found: Usual) -> Text:
    """What is usual for an application that stands so."""
    if state is State.AT_INSTITUTION and found.institution_days is not None:
        if found.institution_days == 0:
            return text(
                "Half of the last {count} applications were answered by the institution on the day they came.",
                count=found.count,
            )
        return plural(
            "Half of the last {count} applications were answered by the institution within {n} day.",
            "Half of the last {count} applications were answered by the institution within {n} days.",
            n=found.institution_days,
            count=found.count,
        )
    return usual_whole(found)
