"""Educators with a record, and what the bureaus answered about them."""

from datetime import timedelta
from functools import cached_property
from typing import Final, Literal

from shared.policy import today
from tests.browser.cast.accounts import Accounts, Member
from tests.flow import hearing, people, result_files

RAP_SHEET: Final = "INVENTED RECORD\nARREST 2011-06-18 EXAMPLE CITY POLICE DEPARTMENT\nCHARGE STEALING UNDER $500"


class Educators(Accounts):
    """People with a record."""

    # --- educators ---

    def educator(self, first: str = "Robin", last: str = "Example", ssn: str = "") -> Member:
        """A new person with a record of which everybody has heard."""
        member = self.account(first, last)
        people.request_access(member.browser)
        people.identify(member.browser, ssn or people.new_ssn())
        member.educator_id = people.educator_id(member.browser)
        hearing.settle(self.system)
        return member

    def answered(self, member: Member, *answers: bytes, sign: str) -> Member:
        """Drop result files; wait until the person's page says so, everybody has heard, and the letters are there."""
        for content in answers:
            result_files.drop(self.system.home.folder, content)
        member.browser.until("/ecs/fingerprints", lambda page: sign in page.text, 30)
        hearing.deliver(self.system)
        return member

    @cached_property
    def fresh(self) -> Member:
        """No result, no code asked for."""
        return self.educator()

    @cached_property
    def prepared(self) -> Member:
        """Has read the notice and got the code."""
        member = self.educator()
        member.browser.open("/ecs/fingerprints").choose("I have read and understood this notice")
        member.browser.choose("My initial certificate").press("Show my code")
        return member

    @cached_property
    def choosing(self) -> Member:
        """Asks for one code after the other."""
        return self.educator()

    @cached_property
    def one_in(self) -> Member:
        """The state has answered."""
        member = self.educator()
        return self.answered(member, self.no_record("state", member), sign="State result received")

    @cached_property
    def cleared(self) -> Member:
        """Both have answered: no record."""
        member = self.educator()
        answers = self.no_record("fbi", member), self.no_record("state", member)
        return self.answered(member, *answers, sign="Cleared")

    @cached_property
    def checked(self) -> Member:
        """The FBI found a record."""
        member = self.educator(last="Checked")
        state = result_files.answer("state", oca=member.educator_id, name="CHECKED,ROBIN")
        return self.answered(member, self.record(member), state, sign="Being checked")

    @cached_property
    def rejected_twice(self) -> Member:
        """The FBI could not read two sets of prints."""
        member = self.educator(last="Rejected")
        days = [today() - timedelta(days) for days in (9, 2)]
        answers = [result_files.unreadable("fbi", oca=member.educator_id, on=day) for day in days]
        return self.answered(member, *answers, sign="A check by name")

    @cached_property
    def reprint(self) -> Member:
        """The FBI could not read the prints."""
        member = self.educator()
        answers = result_files.unreadable("fbi", oca=member.educator_id), self.no_record("state", member)
        return self.answered(member, *answers, sign="You need to act")

    def record(self, member: Member) -> bytes:
        """The FBI's answer about somebody of whom it has a record."""
        return result_files.answer(
            "fbi", oca=member.educator_id, name="CHECKED,ROBIN", finding="I", rap_sheet=RAP_SHEET
        )

    def no_record(self, bureau: Literal["fbi", "state"], member: Member) -> bytes:
        """The plain answer."""
        return result_files.answer(bureau, oca=member.educator_id, name="EXAMPLE,ROBIN")

    @cached_property
    def editing(self) -> Member:
        """Changes their own profile in two windows."""
        return self.educator()

    @cached_property
    def moving(self) -> Member:
        """Has given a new address, not confirmed."""
        member = self.educator()
        address = member.email.replace("@", "@new.")
        member.browser.open("/ecs/profile").fill("E-mail address", address).press("Save")
        return member
