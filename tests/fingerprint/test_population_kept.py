"""A small population through the database, in any order: every answer ends where the rules alone say it belongs."""

import random
from typing import Final

import pytest

from services.fingerprint import awaited
from services.fingerprint.rules.addressing import Address
from tests.fingerprint.answers import FBI, OURS, answer, notice, submission
from tests.fingerprint.office import Office
from tests.fingerprint.population import NOW, Human, Population, Printed, population
from tests.fingerprint.test_population import placed

SIZE: Final = 250


def letters(people: Population) -> dict[str, bytes]:
    """What comes in, by the number of each."""
    found = {}
    for place, printed in enumerate(people.printed):
        tcn = f"A{place:05d}"
        if printed.notice:
            found[tcn] = notice(printed.subscriber, tcn, tcr=printed.tcn)
        else:
            found[tcn] = answer(FBI, printed.oca, tcn=tcn, tcr=printed.tcn, name=printed.name)
        if printed.fed:
            found[printed.tcn] = submission(
                printed.tcn,
                *printed.numbers,
                oca=printed.oca,
                name=printed.name,
                born=f"{printed.born_on:%Y%m%d}",
                reason="SCHOOL EMPLOYEE",
                origin=OURS,
            )
    return found


def foretold(people: Population, printed: Printed) -> tuple[str, str | None, str | None, str]:
    """Place, educator, purpose and how, by the rules alone."""
    address = placed(people, printed)
    compartment = "adjudicator" if printed.notice else ""
    if not isinstance(address, Address):
        return compartment or "unmatched", None, None, ""
    if address.educator_id not in people.by_id:
        return compartment or "waiting", None, None, address.how
    return "matched", address.educator_id, address.purpose, address.how


async def hear(office: Office, human: Human) -> None:
    """Their profile is linked."""
    now, *former = human.names
    last = now.name.last
    await office.hears(human.educator_id, now.name.first, last, *(said.name.last for said in former), at=now.at)


@pytest.mark.parametrize("seed", [1, 2])
async def test_every_answer_ends_where_the_rules_say_whatever_the_order(office: Office, seed: int) -> None:
    people = population(SIZE, seed=7)
    office.educator.people = {
        number: (human.educator_id, human.born_on.isoformat()) for number, human in people.by_number.items()
    }
    draw = random.Random(seed)
    coming: list[Human | bytes] = [*people.by_id.values(), *letters(people).values()]
    draw.shuffle(coming)
    while coming:
        now, coming = coming[:60], coming[60:]
        for human in now:
            if isinstance(human, Human):
                await hear(office, human)
        await office.bench.take_all(*((one, "a.eft") for one in now if isinstance(one, bytes)), at=NOW)
        await office.ask()
    await office.ask_all()
    while await awaited.once(office.bench.database, office.vault):
        pass
    rows = await office.bench.rows(
        "SELECT tcn, place, educator_id, purpose, how FROM answers WHERE place <> 'kept' ORDER BY tcn"
    )
    found = {row["tcn"]: (row["place"], row["educator_id"], row["purpose"], row["how"]) for row in rows}
    assert found == {f"A{place:05d}": foretold(people, printed) for place, printed in enumerate(people.printed)}
    # the population is one in which something can go wrong
    assert {"matched", "unmatched", "adjudicator"} <= {place for place, *_ in found.values()}
    assert {"submission", "case_number", "subscription"} <= {how for *_, how in found.values()}
