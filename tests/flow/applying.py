"""What educators do to apply, page by page, as functions that a test strings together."""

from typing import Final

from tests.visitor import Visitor

NAME: Final = "Robin Example"


def questions(visitor: Visitor) -> list[str]:
    """The questions about conduct on this page."""
    return [" ".join(legend.text_content().split()) for legend in visitor.tree.iter("legend")]


def answer_conduct(visitor: Visitor, explanation: str = "") -> Visitor:
    """Answer every question No, or the first one Yes with this explanation."""
    asked = questions(visitor)
    assert len(asked) > 1, visitor.text
    for question in asked:
        visitor.choose("No", within=question)
    if explanation:
        visitor.choose("Yes", within=asked[0])
        visitor.fill("If Yes, explain", explanation, within=asked[0])
    return visitor.press("Save and continue")


def sign(visitor: Visitor, name: str = NAME) -> Visitor:
    """Accept the statement on this page."""
    return visitor.choose("I Accept").fill("Full name", name).press("Sign and continue")


def begin_substitute(visitor: Visitor) -> Visitor:
    """From the menu to the questions about conduct."""
    visitor.open("/ecs/profile").follow("Apply: Substitute").press("Start now")
    visitor.choose("I have 36 or more semester hours from an accredited college or university")
    return visitor.press("Save and continue")


def apply_for_substitute(visitor: Visitor, explanation: str = "") -> Visitor:
    """From the menu to "Submit to DESE"."""
    begin_substitute(visitor)
    answer_conduct(visitor, explanation)
    sign(sign(visitor))
    assert visitor.heading == "Check your answers", visitor.text
    return visitor.press("Submit to DESE")


def apply_for_professional(visitor: Visitor, institution: str, area: str) -> Visitor:
    """From the menu to "Submit to Institution"."""
    visitor.open("/ecs/profile").follow("Apply: Initial Professional (IPC)").press("Start now")
    visitor.fill("Institution", institution).press("Save and continue")
    visitor.choose("Bachelor's program in teacher education").press("Save and continue")
    visitor.choose(area).press("Save and continue")
    answer_conduct(visitor)
    sign(sign(visitor))
    assert visitor.heading == "Check your answers", visitor.text
    return visitor.press("Submit to Institution")
