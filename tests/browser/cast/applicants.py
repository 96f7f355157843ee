"""Educators who apply: in the middle of a form, at its end, with an application that goes on or has ended."""

from functools import cached_property

from tests.browser.cast.accounts import Member
from tests.browser.cast.educators import Educators
from tests.flow import applying
from tests.visitor import Visitor


class Applicants(Educators):
    """People who apply for a certificate."""

    @cached_property
    def drafting(self) -> Member:
        """Has begun both forms and answered nothing."""
        member = self.educator()
        member.browser.open("/ecs/apply/substitute").press("Start now")
        member.browser.open("/ecs/apply/ipc").press("Start now")
        return member

    @cached_property
    def rewriting(self) -> Member:
        """Writes a draft in two windows."""
        member = self.educator()
        member.browser.open("/ecs/apply/substitute").press("Start now")
        return member

    @cached_property
    def about_to_submit(self) -> Member:
        """Has answered and signed everything, one question with Yes."""
        member = self.educator()
        visitor = member.browser.open("/ecs/apply/substitute").press("Start now")
        visitor.choose("I have 36 or more semester hours from an accredited college or university")
        visitor.press("Save and continue")
        applying.answer_conduct(visitor, "In 2011 I was fined for stealing a sign. I was nineteen.")
        applying.sign(applying.sign(visitor))
        assert visitor.heading == "Check your answers", visitor.text
        return member

    @cached_property
    def applied(self) -> Member:
        """Has applied for a substitute certificate and, at an institution, for the professional one."""
        member = self.educator()
        applying.apply_for_substitute(member.browser)
        applying.apply_for_professional(member.browser, "Example State University", "Mathematics, grades 9 to 12")
        return member

    @cached_property
    def withdrawn(self) -> Member:
        """Applied and withdrew."""
        member = self.educator()
        applying.apply_for_substitute(member.browser)
        self.open_application(member, "Content Substitute").follow("Withdraw").press("Withdraw this application")
        return member

    def application_of(self, member: Member, title: str) -> str:
        """The address of an application for a certificate of this title."""
        return member.browser.open("/ecs/applications").links[title]

    def open_application(self, member: Member, title: str) -> Visitor:
        """Its page."""
        return member.browser.open(self.application_of(member, title))
