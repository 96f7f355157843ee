"""Any program may restart between any two steps of the walk, in any order: nothing is lost, nothing is doubled."""

import httpx

from deploy.local.system import System
from tests.flow import people, result_files
from tests.waiting import wait_until


def restart(system: System, *programs: str) -> None:
    """Stop them, start them again, and wait until the whole system says that it is ready."""
    for program in programs:
        system.restart(program)
    wait_until(lambda: ready(system), 60, lambda: f"not ready after a restart of {programs}")


def ready(system: System) -> bool:
    try:
        return httpx.get(f"{system.origin}/health/ready", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_the_walk_goes_on_over_restarts_of_everything(system: System) -> None:
    robin, username, email = people.newcomer(system)
    people.register(robin, username, email)
    restart(system, "kafka", "identity")
    people.confirm(system, robin, email)
    restart(system, "postgres")
    people.log_in(robin, username)
    restart(system, "valkey", "educator")
    people.request_access(robin)
    restart(system, "gateway", "notifier")
    people.identify(robin, people.new_ssn())
    educator_id = people.educator_id(robin)
    restart(system, "fingerprint", "certificate")
    result_files.drop(system.home.folder, result_files.answer("fbi", oca=educator_id, name="EXAMPLE,ROBIN"))
    restart(system, "fingerprint", "postgres", "kafka")
    robin.until("/ecs/fingerprints", lambda page: "FBI result received" in page.text, 30)
    restart(system, "mailroom", "notifier")
    result_files.drop(system.home.folder, result_files.answer("state", oca=educator_id, name="EXAMPLE,ROBIN"))
    robin.until("/ecs/fingerprints", lambda page: "Cleared" in page.text, 30)
    people.letter(system, email, "cleared", seconds=60)
    robin.until("/ecs/certificates", lambda page: "Cleared" in page.text, 30)

    subjects = [one["subject"] for one in people.letters(system, email)]
    assert len(subjects) == len({(one["subject"], one["text"]) for one in people.letters(system, email)}), subjects
    assert sum("cleared" in subject.lower() for subject in subjects) == 1
