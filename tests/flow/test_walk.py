"""The walk of one item: from registering to the letter that says "issued", on real parts, through the gateway."""

import re

from deploy.local.system import System
from tests.flow import applying, people, result_files, working
from tests.visitor import Visitor


def cleared(system: System, visitor: Visitor, educator_id: str, purpose: str) -> None:
    """State and FBI find nothing."""
    for bureau in ("state", "fbi"):
        file = result_files.answer(bureau, oca=f"{purpose}-{educator_id}", name="EXAMPLE,ROBIN")
        result_files.drop(system.home.folder, file)
    visitor.until("/ecs/certificates", lambda page: "valid for new applications until" in page.text)


def holds(visitor: Visitor, classification: str) -> bool:
    """Certificate Status shows a valid certificate of this classification."""
    rows = [" ".join(row.text_content().split()) for row in visitor.tree.iter("tr")]
    return any(re.search(rf"{classification}.*\bValid\b", row) for row in rows)


def test_from_registering_to_a_certificate(system: System) -> None:
    robin, username, email = people.newcomer(system)
    people.register(robin, username, email)
    assert robin.heading == "Confirm your e-mail address"
    assert username in robin.text
    assert email not in robin.text, "the address is shown masked"

    people.confirm(system, robin, email)
    assert robin.heading == "Login"
    people.log_in(robin, username)
    assert robin.heading == "User Applications"

    people.request_access(robin)
    assert "Close" in {**robin.links, **dict.fromkeys(robin.buttons)}, "the small confirmation window"
    robin.open("/applications").follow("Educator Certification System")
    people.identify(robin, people.new_ssn())
    assert robin.heading == "Educator Profile"
    assert (robin.value("First name"), robin.value("Last name")) == ("Robin", "Example")
    robin.until("/ecs/profile", lambda page: page.value("E-mail address") == email)

    educator_id = people.educator_id(robin)
    robin.until("/ecs/fingerprints", lambda page: "I have read and understood this notice" in page.text)
    robin.choose("I have read and understood this notice")
    robin.choose("Work as a substitute teacher").press("Show my code")
    assert "2301" in robin.text

    result_files.drop(system.home.folder, result_files.answer("state", oca=f"2301-{educator_id}", name="EXAMPLE,ROBIN"))
    robin.until("/ecs/fingerprints", lambda page: "State result received" in page.text)
    assert "Cleared" not in robin.text
    people.letter(system, email, "result")

    result_files.drop(system.home.folder, result_files.answer("fbi", oca=educator_id, name="EXAMPLE,ROBIN"))
    robin.until("/ecs/fingerprints", lambda page: "Cleared" in page.text)
    assert "Valid for new applications until" in robin.text
    robin.until("/ecs/profile", lambda page: "Cleared" in page.text)

    letter = people.letter(system, email, "cleared")
    assert "2301" in letter["text"] or "ubstitute" in letter["text"]
    robin.until("/ecs/messages", lambda page: letter["subject"] in page.text)
    robin.until("/ecs/certificates", lambda page: "valid for new applications until" in page.text)
    assert robin.heading == "Certificate Status"

    applying.apply_for_substitute(robin)
    assert robin.heading == "Your application is submitted"
    application = working.number(robin)
    received = people.letter(system, email, f"{application} was received")
    status = people.link_in(received, "/ecs/applications/")
    assert "You" in robin.open(status).text
    assert "Missing" in robin.text

    analyst = people.demonstration(system, "dana.analyst")
    working.find(analyst, application)
    assert "It cannot be issued now" in analyst.text
    working.see(analyst, "36 semester hours from an accredited college or university", "48")
    working.take_fee(analyst, "50")
    people.letter(system, email, "a payment for your application")
    working.issue(analyst)
    assert "Certificate issued" in analyst.text

    issued = people.letter(system, email, "Your certificate is issued")
    assert "Content Substitute" in issued["text"]
    robin.until("/ecs/certificates", lambda page: holds(page, "Content Substitute"))
    robin.until("/ecs/messages", lambda page: issued["subject"] in page.text)
    subjects = [one["subject"] for one in people.letters(system, email)]
    assert subjects.count("Your certificate is issued") == 1


def test_with_an_institution_in_between(system: System) -> None:
    robin, educator_id = people.become_educator(system)
    email = robin.open("/ecs/profile").value("E-mail address")
    official, analyst = people.demonstration(system, "pat.program"), people.demonstration(system, "dana.analyst")

    applying.apply_for_professional(robin, "Example State University", "Mathematics, grades 9 to 12")
    application = working.number(robin)
    people.letter(system, email, f"{application} is with your institution")
    told = people.letter(system, "pat.program@example.edu", f"{application} waits for your institution")
    assert educator_id not in told["text"]
    assert "/program/worklog" in people.link_in(told, "/program/worklog")

    working.give_back(official, application, "Tick the area of your student teaching as well.")
    returned = people.letter(system, email, f"returned your application {application}")
    assert "Tick the area of your student teaching as well." in returned["text"]
    robin.open(people.link_in(returned, "/ecs/applications/")).press("Correct and submit again")
    applying.sign(applying.sign(robin.open("/ecs/apply/ipc/sworn")))
    robin.press("Submit to Institution")
    assert working.number(robin) == application, "it keeps its number"
    waits = f"Application {application} waits for your institution"
    people.letter(system, "pat.program@example.edu", waits, beyond=1)

    working.recommend(official, application)
    people.letter(system, email, "Your institution recommended you")
    cleared(system, robin, educator_id, "2300")
    working.find(analyst, application)
    working.see(analyst, "A bachelor's degree")
    working.see(analyst, "The state's assessment for each content area, passed")
    working.take_fee(analyst, "35")
    working.issue(analyst)

    issued = people.letter(system, email, "Your certificate is issued")
    assert "Mathematics, grades 9 to 12" in issued["text"]
    robin.until("/ecs/certificates", lambda page: holds(page, "Initial Professional"))
    subjects = [one["subject"] for one in people.letters(system, "pat.program@example.edu")]
    assert subjects.count(waits) == 2, "once for each time it came"
