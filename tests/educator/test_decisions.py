"""An administrator's decision is carried out once, on what was seen, with a reason; and every case has a way out."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from services.educator.actions import cases, contacts, decisions, identification, persons
from services.educator.actions.cases import Sight
from services.educator.actions.contacts import Links
from services.educator.actions.decisions import AddressUnknown, Deciding, NotOne, OwnCase, Stale
from services.educator.rules.cases import Decision, Turn
from services.educator.rules.contacts import Contact
from shared.events import (
    ContactChanged,
    EducatorIdentified,
    IdentityCaseClosed,
    IdentityDocumentsRequested,
    NameChanged,
)
from shared.keys import Keys
from shared.sealed import Opener
from tests.educator.conftest import BORN, NOW, Account, House

NUMBER = "512345678"
ADMINISTRATOR = Account("admin.lee")
LATER = NOW + timedelta(days=1)


async def sight_of(house: House, case_id: UUID) -> Sight:
    async with house.database.reading() as session:
        seen = await cases.sight(session, case_id)
    assert seen
    return seen


async def case_of(house: House, person: Account, number: str | None = NUMBER, born: date = BORN) -> Sight:
    standing = await house.identify(person, number, born)
    assert standing.case
    return await sight_of(house, standing.case.case_id)


def on(seen: Sight, decision: Decision, record: str | None = None) -> Deciding:
    chosen = record if record is not None else (seen.records[0].educator_id if seen.records else "")
    return Deciding(decision, "Saw the passport.", chosen, seen.case.version, seen.mark)


async def decide(house: House, seen: Sight, deciding: Deciding, actor: Account = ADMINISTRATOR) -> None:
    async with house.database.transaction() as session:
        await decisions.decide(session, house.vault, house.keys, actor, seen.case.case_id, deciding, LATER)


async def closed(house: House) -> IdentityCaseClosed:
    [fact] = await house.said(IdentityCaseClosed)
    assert isinstance(fact, IdentityCaseClosed)
    return fact


async def test_same_person_names_the_first_account_and_leaves_the_record_with_it(house: House) -> None:
    first, second = Account("first"), Account("second")
    educator_id = await house.linked(first, NUMBER)
    await decide(house, seen := await case_of(house, second), on(seen, Decision.SAME_PERSON))
    fact = await closed(house)
    assert (fact.subject_id, fact.outcome) == (str(second.account_id), "same_person")
    assert fact.holder_account_id == first.account_id
    assert (await house.standing(first)).educator_id == educator_id
    standing = await house.standing(second)
    assert standing.closed
    assert not standing.may_identify
    assert (await house.identify(second, "512345679")).educator_id is None


async def test_a_moved_record_reaches_the_second_account_with_nothing_of_the_first_left_in_sight(house: House) -> None:
    first, second = Account("first", "Jordan", "Rivera"), Account("second", "Sam", "Okafor")
    educator_id = await house.linked(first, NUMBER)
    await house.hears_of(second)
    links = Links("http://localhost", timedelta(days=1), house.keys)
    async with house.database.transaction() as session:
        filled = Contact("new@example.edu", "+15735550100", "205 Jefferson St", "Jefferson City", "MO", "65101")
        await contacts.save(session, first, filled, 1, links, NOW)
    born = date(1980, 2, 29)
    await decide(house, seen := await case_of(house, second, born=born), on(seen, Decision.RECORD_MOVED))

    assert (await house.standing(second)).educator_id == educator_id
    lost = await house.standing(first)
    assert lost.educator_id is None
    assert lost.lost is not None
    assert lost.may_identify
    async with house.database.reading() as session:
        person = await persons.of_account(session, second.account_id)
        entry = await persons.entry(session, educator_id)
        assert await contacts.pending(session, educator_id) is None
    assert person
    assert (person.first_name, person.last_name, person.email) == ("Sam", "Okafor", second.email)
    assert not any((person.phone, person.street, person.city, person.state, person.zip_code))
    assert house.vault.birth_date(educator_id, entry) == born
    assert house.vault.ssn(educator_id, entry) == NUMBER
    assert [
        fact.account_id for fact in await house.said(EducatorIdentified) if isinstance(fact, EducatorIdentified)
    ] == [
        first.account_id,
        second.account_id,
    ]
    assert [f.last_name for f in await house.said(NameChanged) if isinstance(f, NameChanged)] == ["Rivera", "Okafor"]
    assert [f.email for f in await house.said(ContactChanged) if isinstance(f, ContactChanged)] == [
        first.email,
        second.email,
    ]
    fact = await closed(house)
    assert (fact.outcome, fact.holder_account_id) == ("record_moved", first.account_id)


async def test_a_moved_record_is_found_by_its_number_again_and_the_first_account_may_start_anew(house: House) -> None:
    first, second = Account("first"), Account("second")
    await house.linked(first, NUMBER)
    await house.hears_of(second)
    await decide(house, seen := await case_of(house, second), on(seen, Decision.RECORD_MOVED))
    assert (await house.identify(first, "512345679")).educator_id
    third = await case_of(house, Account("third"))
    assert third.records[0].account_id == second.account_id


async def test_a_record_waits_for_the_new_address_before_it_moves(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    seen = await case_of(house, Account("second"))
    with pytest.raises(AddressUnknown):
        await decide(house, seen, on(seen, Decision.RECORD_MOVED))
    assert await house.said(IdentityCaseClosed) == []


async def test_asking_for_documents_turns_the_move_and_sending_them_turns_it_back(
    house: House, key_folder: object
) -> None:
    second = Account("second")
    await house.linked(Account("first"), NUMBER)
    await decide(house, seen := await case_of(house, second), on(seen, Decision.DOCUMENTS))
    asked = await sight_of(house, seen.case.case_id)
    assert asked.turn is Turn.EDUCATOR
    [fact] = await house.said(IdentityDocumentsRequested)
    assert isinstance(fact, IdentityDocumentsRequested)
    opener = Opener(Keys(house.keys.folder, "notifier"))
    assert opener.open(fact.sealed) == {"reason": "Saw the passport."}
    assert "passport" not in fact.model_dump_json()
    for _ in range(2):
        async with house.database.transaction() as session:
            await identification.documents_sent(session, second, LATER)
    sent = await sight_of(house, seen.case.case_id)
    assert sent.turn is Turn.STAFF
    assert sent.case.version == asked.case.version + 1
    await decide(house, sent, on(sent, Decision.SAME_PERSON))
    assert (await closed(house)).outcome == "same_person"


async def test_a_person_without_a_number_is_made_once_decided(house: House) -> None:
    ana = Account("ana", "Ana", "Núñez")
    await house.hears_of(ana)
    await decide(house, seen := await case_of(house, ana, None), on(seen, Decision.PERSON_MADE))
    educator_id = (await house.standing(ana)).educator_id
    assert educator_id
    async with house.database.reading() as session:
        entry = await persons.entry(session, educator_id)
    assert entry.ssn is None
    assert house.vault.birth_date(educator_id, entry) == BORN
    assert (await closed(house)).outcome == "person_made"
    assert [type(fact) for fact in (await house.said())[-4:]] == [
        EducatorIdentified,
        NameChanged,
        ContactChanged,
        IdentityCaseClosed,
    ]


async def test_whoever_has_the_number_is_told_that_the_other_account_got_a_record_of_its_own(house: House) -> None:
    first, second = Account("first"), Account("second", "Sam", "Okafor")
    await house.linked(first, NUMBER)
    await decide(house, seen := await case_of(house, second), on(seen, Decision.PERSON_MADE))
    fact = await closed(house)
    assert (fact.outcome, fact.holder_account_id) == ("person_made", first.account_id)
    assert (await house.standing(first)).lost is None


async def test_a_case_without_a_number_shows_records_with_its_birth_date_and_a_name_like_its_own(house: House) -> None:
    alike = await house.linked(Account("ana.lopez", "Ana", "Lopez"), "512345601")
    await house.linked(Account("other.name", "Maria", "Miller"), "512345602")
    await house.linked(Account("other.date", "Ana", "Núñez"), "512345603", date(1998, 4, 28))
    seen = await case_of(house, Account("ana", "Ana", "Núñez"), None)
    assert [record.educator_id for record in seen.records] == [alike]
    assert seen.records[0].same_birth_date
    assert not seen.records[0].same_number


async def test_a_duplicate_without_a_number_can_end_as_the_same_person_or_by_moving_the_record(house: House) -> None:
    holder = Account("ana.lopez", "Ana", "Lopez")
    educator_id = await house.linked(holder, NUMBER)
    for name, decision in (("one", Decision.SAME_PERSON), ("two", Decision.RECORD_MOVED)):
        second = Account(name, "Ana", "Núñez")
        await house.hears_of(second)
        await decide(house, seen := await case_of(house, second, None), on(seen, decision))
    assert (await house.standing(second)).educator_id == educator_id
    assert [f.outcome for f in await house.said(IdentityCaseClosed) if isinstance(f, IdentityCaseClosed)] == [
        "same_person",
        "record_moved",
    ]


async def test_other_open_cases_of_perhaps_the_same_person_stand_beside(house: House) -> None:
    await case_of(house, Account("ana1", "Ana", "Núñez"), None)
    seen = await case_of(house, Account("ana2", "Ana", "Núñez"), None)
    assert [other.username for other in seen.others] == ["ana1"]


async def test_two_cases_of_one_person_without_a_number_do_not_become_two_records_unseen(house: House) -> None:
    seen = [await case_of(house, Account(name, "Ana", "Núñez"), None) for name in ("ana1", "ana2")]
    ends = await asyncio.gather(
        *(decide(house, one, on(one, Decision.PERSON_MADE)) for one in seen), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Stale"]
    assert len(await house.rows("SELECT 1 FROM persons")) == 1


async def test_of_eight_administrators_at_once_one_is_heard(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    second = Account("second")
    await house.hears_of(second)
    seen = await case_of(house, second)
    ways = [Decision.SAME_PERSON, Decision.RECORD_MOVED, Decision.PERSON_MADE, Decision.DOCUMENTS] * 2
    ends = await asyncio.gather(
        *(decide(house, seen, on(seen, way), Account(f"admin{n}")) for n, way in enumerate(ways)),
        return_exceptions=True,
    )
    assert [type(end) for end in ends if end is not None] == [Stale] * 7
    decided = [row for row in await house.trail() if row[0] in {f"identity_case.{way}" for way in ways}]
    assert len(decided) == 1


async def test_two_cases_cannot_take_one_record_on_sights_of_the_same_moment(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    people = [Account("second"), Account("third")]
    await house.hears_of(*people)
    seen = [await case_of(house, person) for person in people]
    ends = await asyncio.gather(
        *(decide(house, one, on(one, Decision.RECORD_MOVED)) for one in seen), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["NoneType", "Stale"]


async def test_a_decision_on_an_older_sight_is_refused(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    seen = await case_of(house, Account("second"))
    deciding = on(seen, Decision.SAME_PERSON)
    for older in (replace(deciding, version=0), replace(deciding, mark="0" * 16)):
        with pytest.raises(Stale):
            await decide(house, seen, older)
    await decide(house, seen, deciding)
    with pytest.raises(Stale):
        await decide(house, seen, deciding)


async def test_a_decision_about_a_record_names_one_that_was_shown(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    stranger = await house.linked(Account("stranger", "Sam", "Okafor"), "512345679")
    seen = await case_of(house, Account("second"))
    for record in ("", stranger, "nonsense"):
        with pytest.raises(NotOne):
            await decide(house, seen, on(seen, Decision.RECORD_MOVED, record))


async def test_nobody_decides_a_case_of_their_own(house: House) -> None:
    first, second = Account("first"), Account("second")
    await house.linked(first, NUMBER)
    seen = await case_of(house, second)
    for own in (first, second):
        with pytest.raises(OwnCase):
            await decide(house, seen, on(seen, Decision.SAME_PERSON), own)


async def test_every_decision_and_every_value_opened_stands_in_the_trail_with_its_reason(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    seen = await case_of(house, Account("second"), born=date(1980, 1, 1))
    async with house.database.transaction() as session:
        opened = await cases.open_values(session, house.vault, ADMINISTRATOR, seen, "Compare with the card.")
    claim, record = opened
    assert (claim.last_four, claim.birth_date) == (None, date(1980, 1, 1))
    assert (record.last_four, record.birth_date) == ("5678", BORN)
    await decide(house, seen, on(seen, Decision.SAME_PERSON))
    mine = [row for row in await house.trail() if row[1] == ADMINISTRATOR.username]
    assert mine == [
        ("birth_date.read", "admin.lee", "Compare with the card."),
        ("birth_date.read", "admin.lee", "Compare with the card."),
        ("ssn.read", "admin.lee", "Compare with the card."),
        ("identity_case.same_person", "admin.lee", "Saw the passport."),
    ]


async def test_what_a_case_claimed_is_forgotten_when_it_ends(house: House) -> None:
    await house.linked(Account("first"), NUMBER)
    seen = await case_of(house, Account("second"))
    assert len(await house.rows("SELECT 1 FROM vault")) == 2
    await decide(house, seen, on(seen, Decision.SAME_PERSON))
    assert len(await house.rows("SELECT 1 FROM vault")) == 1
    assert len(await house.rows("SELECT 1 FROM blind_index")) == 2


async def test_the_queue_has_the_oldest_open_case_first_and_counts_what_waits_for_staff(house: House) -> None:
    for n in range(3):
        await house.identify(Account(f"person{n}"), None, now=NOW - timedelta(days=n))
    async with house.database.reading() as session:
        found, count = await cases.queue(session, ended=False, offset=0, limit=2)
        assert await cases.waiting_for_staff(session) == 3
    assert ([case.username for case in found], count) == (["person2", "person1"], 3)
    await decide(house, seen := await sight_of(house, found[0].case_id), on(seen, Decision.DOCUMENTS))
    async with house.database.reading() as session:
        assert await cases.waiting_for_staff(session) == 2
