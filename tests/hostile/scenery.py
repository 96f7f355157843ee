"""Something on every page: cases, answers, reviews, requests, links."""

from dataclasses import dataclass
from typing import Final

from deploy.local.system import System
from shared import educator_id
from tests.flow import hearing, people, result_files
from tests.hostile.crowd import SECOND, Crowd, Member, account
from tests.visitor import Visitor

UNKNOWN_ID: Final = educator_id.make(9_310_000)
# Transaction, Educator ID and name of answers that are nobody's: one waits for an educator, one holds no number.
UNMATCHED: Final = (
    ("HOSTILE0000000000001", UNKNOWN_ID, "WAITING,WANDA"),
    ("HOSTILE0000000000002", "", "NUMBERLESS,NORA"),
)


@dataclass(frozen=True)
class Scenery:
    """Where to begin looking, besides the menus.

    Attributes:
        links: pages behind one-time links.
        registering: a browser in the middle of registering.
        claimant: a person in an identity case.
        newcomer: a person who has asked for nothing yet.
    """

    links: list[str]
    registering: Visitor
    claimant: Member
    newcomer: Member


def paint(system: System, crowd: Crowd) -> Scenery:
    """Make it all, and wait until it shows."""
    home = system.home.folder
    first, second = crowd.members["educator"], crowd.members[SECOND]
    # a record for the one, an innocent cause for the other: both are reviewed
    for content in (
        result_files.answer("state", oca=first.educator_id, name="EXAMPLE,ROBIN"),
        result_files.answer("fbi", oca=first.educator_id, name="EXAMPLE,ROBIN", finding="I", rap_sheet="SAMPLE LINE"),
        result_files.answer("state", oca=second.educator_id, name="OTHER,KIM"),
        result_files.answer("fbi", oca=second.educator_id, name="ELSE,SOMEBODY"),
        *(result_files.answer("fbi", oca=oca, name=name, tcn=tcn) for tcn, oca, name in UNMATCHED),
        b"no transaction at all",
    ):
        result_files.drop(home, content)

    number = people.new_ssn()
    people.become_educator(system, first="Hana", last="Holder", ssn=number)
    claimant = account(system, "Hana", "Holder")
    people.request_access(claimant.browser)
    people.identify(claimant.browser, number)

    asking = account(system)
    asking.browser.open("/applications/ecs/role").choose("Analyst").press("Submit")

    registering, username, email = people.newcomer(system)
    people.register(registering, username, email)
    reset = account(system)
    Visitor(system.origin).open("/forgot").choose("My password").fill("E-mail address", reset.email).press("Send")
    elsewhere = second.email.replace("@", "@new.")
    second.browser.open("/ecs/profile").fill("E-mail address", elsewhere).press("Save")
    links = [
        people.link_in(people.letter(system, email, "confirm"), "/register/confirm/"),
        people.link_in(people.letter(system, reset.email, "password"), "/reset/"),
        people.link_in(people.letter(system, elsewhere, "confirm"), "/ecs/contact/confirm/"),
    ]
    crowd[SECOND].until("/ecs/fingerprints", lambda page: "Being checked" in page.text)
    crowd["educator"].until("/ecs/fingerprints", lambda page: "Being checked" in page.text)
    signs = ("could not be read", *(tcn for tcn, _, _ in UNMATCHED))
    crowd["adjudicator"].until("/staff/unmatched", lambda page: all(sign in page.text for sign in signs))
    hearing.deliver(system)
    return Scenery([one.removeprefix(system.origin) for one in links], registering, claimant, account(system))
