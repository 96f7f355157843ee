"""Letters about an educator's contact address."""

from services.notifier.letters.wording import ONE_TIME, Link, Told, Words, letter
from shared.text import text


@letter("contact_confirm")
def contact_confirm(told: Told) -> Words:
    """A new contact address waits to be confirmed; the link is good for 24 hours."""
    return Words(
        subject=text("Confirm your new contact address"),
        parts=[
            text(
                "This address was entered as your new contact address in the Educator Certification System. It is"
                " used as soon as you confirm it."
            ),
            text("Open this page and select Confirm. The link can be used once, within 24 hours."),
            Link(text("Confirm my new contact address"), ONE_TIME),
            text("If you did not ask for this, you need not do anything: the old address stays in use."),
        ],
        because=text(
            "You receive this e-mail because this address was entered as a contact address in the Educator"
            " Certification System."
        ),
    )


@letter("contact_changed")
def contact_changed(told: Told) -> Words:
    """To the address that was in use before.

    It names nobody: the record may have moved to another person's account, whose name is not this reader's business.
    """
    return Words(
        subject=text("Your contact address was changed"),
        parts=[
            text(
                "This address is no longer the contact address of an educator's record in the Educator Certification"
                " System. Letters about the record go to another address from now on."
            ),
            text("If you changed it, there is nothing to do."),
            text("If you did not change it, call us, and look at Contact Information in your profile:"),
            Link(text("Educator Profile"), "/ecs/profile"),
        ],
        because=text("You receive this e-mail because this was the contact address of an educator's record until now."),
        by_name=False,
    )
