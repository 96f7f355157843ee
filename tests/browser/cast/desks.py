"""What lies on the desks of staff: identity cases, requests for roles, results that match nobody, refused letters."""

import secrets
from functools import cached_property
from typing import Final

from shared import educator_id
from tests.browser import arranged
from tests.browser.cast.accounts import Member
from tests.browser.cast.applicants import Applicants
from tests.flow import hearing, people, result_files
from tests.visitor import Visitor

# A right Educator ID that nobody is given.
UNKNOWN: Final = educator_id.make(9_320_001)


def a_name() -> str:
    """A last name that nobody else has, so that nobody else's record comes into question."""
    return "".join(secrets.choice("abcdefghijklmnop") for _ in range(12)).title()


class Cast(Applicants):
    """Everybody, and everything that waits for staff."""

    # --- identity cases ---

    def claimant(self, last: str = "Holder") -> tuple[Member, Member]:
        """A person with a record, and a second account that gives the same number: an open case."""
        number = people.new_ssn()
        holder = self.educator("Hana", last, number)
        second = self.account("Hana", last)
        people.request_access(second.browser)
        people.identify(second.browser, number)
        assert second.browser.path == "/ecs", second.browser.text
        return holder, second

    def case_of(self, member: Member) -> str:
        """The address of the open case of this account."""
        return self.administrator.browser.open("/staff/cases").links[member.username]

    @cached_property
    def in_case(self) -> Member:
        """Second account with a known number: nobody has looked at it."""
        return self.claimant()[1]

    @cached_property
    def without_number(self) -> Member:
        """Says that there is no SSN."""
        member = self.account("Noor", "Numberless")
        people.request_access(member.browser)
        member.browser.open("/ecs").choose("I do not have an SSN")
        member.browser.fill("Month", "April").fill("Day", "28").fill("Year", "1999").press("Submit")
        return member

    @cached_property
    def asked_for_documents(self) -> Member:
        """An administrator asked for documents."""
        second = self.claimant()[1]
        desk = self.administrator.browser.open(self.case_of(second))
        desk.choose("Ask for documents").fill("Reason", "Please bring your birth certificate.").press("Save decision")
        return second

    @cached_property
    def ended_case(self) -> tuple[Member, str]:
        """A second account that was closed, and the address of its case."""
        last = a_name()
        holder, second = self.claimant(last)
        address = self.case_of(second)
        desk = self.administrator.browser.open(address)
        desk.choose(f"{educator_id.shown(holder.educator_id)}, Hana {last}").choose("Same person").fill(
            "Reason", "One person, two usernames."
        ).press("Save decision")
        assert "ended" in desk.text
        hearing.settle(self.system)  # identity closes the account
        return second, address

    # --- requests for roles ---

    def asks(self, role: str, first: str = "Robin", last: str = "Example") -> Member:
        """A new person who asked for a role."""
        member = self.account(first, last)
        asking = member.browser.open("/applications/ecs/role").choose(role)
        if role == "Program official":
            asking.fill("Institution", "Example State University")
        if role == "District official":
            asking.fill("School district", "Cedar County R-I")
        asking.press("Submit")
        return member

    def request_of(self, member: Member) -> str:
        """The address of the request that waits."""
        return self.row("/staff/access", self.administrator, member.username)

    def decided(self, role: str, decision: str, reason: str) -> tuple[Member, str]:
        """A new person's request, decided; with its address."""
        member = self.asks(role)
        address = self.request_of(member)
        self.administrator.browser.open(address).fill("Reason", reason).press(decision)
        assert self.administrator.browser.heading == "Access requests"
        return member, address

    @cached_property
    def asking(self) -> Member:
        """Waits for a decision."""
        return self.asks("Program official")

    @cached_property
    def namesake(self) -> Member:
        """Waits for a role in the office, where somebody of the same name has one."""
        return self.asks("Adjudicator", "Dana", "Whitfield")

    @cached_property
    def _refused(self) -> tuple[Member, str]:
        return self.decided("District official", "Refuse", "Your district named somebody else.")

    @property
    def refused(self) -> Member:
        """Was refused a role."""
        return self._refused[0]

    @property
    def refused_request(self) -> str:
        """The address of that request."""
        return self._refused[1]

    @cached_property
    def _second_adjudicator(self) -> tuple[Member, str]:
        return self.decided("Adjudicator", "Approve", "Works with us.")

    @property
    def approved_request(self) -> str:
        """The address of a request that was approved."""
        return self._second_adjudicator[1]

    @cached_property
    def locked(self) -> Member:
        """An adjudicator at whose account somebody failed five times."""
        member = self._second_adjudicator[0]
        for _ in range(5):
            people.log_in(Visitor(self.system.origin), member.username, "not the password")
        return member

    # --- results ---

    @cached_property
    def doubtful(self) -> Member:
        """Has an answer in another name."""
        member = self.educator(last="Doubtful")
        other = result_files.answer("fbi", oca=member.educator_id, name="ELSE,SOMEBODY")
        state = result_files.answer("state", oca=member.educator_id, name="DOUBTFUL,ROBIN")
        return self.answered(member, other, state, sign="Being checked")

    @cached_property
    def ruled_case(self) -> str:
        """The page of a case that an adjudicator decided, whose session may still read it."""
        member = self.educator(last="Decided")
        state = result_files.answer("state", oca=member.educator_id, name="DECIDED,ROBIN")
        case = self.review_of(self.answered(member, self.record(member), state, sign="Being checked"))
        desk = self.adjudicator.browser
        desk.open(case).fill("Purpose", "Decide the certification check").press("Open the case")
        desk.fill("Reason", "Court papers read; see the file.").press("Do not clear")
        return case

    @property
    def name_check(self) -> str:
        """The page of a check by name that the FBI is to be asked for."""
        return f"/staff/namechecks/{self.rejected_twice.educator_id}/2301/fbi"

    def review_of(self, member: Member) -> str:
        """The address of the open case of this educator."""
        shown = educator_id.shown(member.educator_id)
        return self.row("/staff/review", self.adjudicator, shown)

    def dropped(self, name: str, oca: str) -> str:
        """An answer that matches nobody; its page."""
        tcn = f"B{secrets.randbelow(10**18):019d}"
        result_files.drop(self.system.home.folder, result_files.answer("fbi", name=name, oca=oca, tcn=tcn))
        desk = self.analyst.browser
        desk.until("/staff/unmatched", lambda page: tcn in page.text, 30)
        return self.row("/staff/unmatched", self.analyst, tcn)

    @cached_property
    def unmatched(self) -> str:
        """The page of an answer whose educator is not known yet."""
        return self.dropped("WAITING,WANDA", oca=UNKNOWN)

    @cached_property
    def set_aside(self) -> str:
        """The page of an answer that counts for nobody."""
        address = self.dropped("NUMBERLESS,NORA", oca="")
        self.analyst.browser.open(address).fill("Reason for setting it aside", "Another state's.").press("Set aside")
        return address

    @cached_property
    def unreadable_file(self) -> bool:
        """A file that is no result file."""
        result_files.drop(self.system.home.folder, b"no transaction at all")
        self.analyst.browser.until("/staff/quarantine", lambda page: "the newest first" in page.text, 30)
        return True

    @cached_property
    def refused_letter(self) -> str:
        """The page of a letter that the mail server refused."""
        member = self.decided("District official", "Refuse", "Your district named somebody else.")[0]
        people.letter(self.system, member.email, "access")
        return f"/staff/mail/{arranged.refuse_letter(self.system, member.email, 'access_refused')}"
