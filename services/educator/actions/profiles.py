"""Profile information: the legal name and the educator preparation program."""

from services.educator.actions import persons
from services.educator.actions.identification import Claimant
from services.educator.rules.names import LegalName
from services.educator.tables import Person
from shared import audit
from shared.db import Session
from shared.outbox import publish


class Overtaken(Exception):
    """The form was opened before something else was saved; nothing was overwritten. Carries the record as it is."""

    def __init__(self, person: Person) -> None:
        super().__init__("saved elsewhere meanwhile")
        self.person = person


async def save(session: Session, claimant: Claimant, name: LegalName, program: str, version: int) -> bool:
    """Save the name and the program; a changed name is told to the others and stands in the trail.

    Sending again what is saved already changes nothing, whatever the version: a double submit or the back button.

    Returns:
        False where the account holds no record.

    Raises:
        Overtaken: the record changed since the form was opened.
    """
    person = await persons.of_account(session, claimant.account_id, lock=True)
    if person is None:
        return False
    old_name, old_program = persons.name_of(person), person.program
    if (old_name, old_program) == (name, program):
        return True
    if person.profile_version != version:
        raise Overtaken(person)
    person.first_name, person.middle_name, person.last_name = name.first, name.middle, name.last
    person.former_last_names = list(name.former_lasts)
    person.program = program
    person.profile_version += 1
    await audit.record(
        session,
        action="profile.changed",
        actor=claimant,
        subject=f"educator:{person.educator_id}",
        old=_written(old_name, old_program),
        new=_written(name, program),
    )
    if name != old_name:
        await publish(session, persons.name_changed(person.educator_id, name))
    return True


def _written(name: LegalName, program: str) -> dict[str, object]:
    return {
        "first": name.first,
        "middle": name.middle,
        "last": name.last,
        "former": list(name.former_lasts),
        "program": program,
    }
