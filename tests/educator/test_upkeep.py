"""What educator forgets, and when."""

from datetime import timedelta

from services.educator.actions import contacts, upkeep
from services.educator.actions.contacts import Links
from services.educator.actions.upkeep import CLOSED_STAYS, EXPIRED_STAYS
from services.educator.rules.cases import Decision
from services.educator.rules.contacts import Contact
from tests.educator.conftest import NOW, Account, House
from tests.educator.test_decisions import LATER, NUMBER, case_of, decide, on

DAY = timedelta(days=1)


async def test_an_address_that_nobody_confirmed_is_forgotten_a_week_after_its_link_expired(house: House) -> None:
    jordan = Account("jordan.rivera")
    await house.linked(jordan, NUMBER)
    links = Links("http://localhost:8080", DAY, house.keys)
    async with house.database.transaction() as session:
        await contacts.save(session, jordan, Contact("new@example.edu", "", "", "", "", ""), 1, links, NOW)
    for after, left in ((EXPIRED_STAYS, 1), (EXPIRED_STAYS + DAY, 0)):
        async with house.database.transaction() as session:
            await upkeep.forget_what_is_over(session, NOW + after)
        assert len(await house.rows("SELECT 1 FROM pending_addresses")) == left


async def test_a_closed_account_is_forgotten_a_month_after_its_case_and_the_one_kept_is_not(house: House) -> None:
    first, second = Account("first"), Account("second")
    await house.linked(first, NUMBER)
    await house.hears_of(second)
    await decide(house, seen := await case_of(house, second), on(seen, Decision.SAME_PERSON))
    for after, known in ((CLOSED_STAYS - DAY, ["first", "second"]), (CLOSED_STAYS, ["first"])):
        async with house.database.transaction() as session:
            await upkeep.forget_what_is_over(session, LATER + after)
        rows = await house.rows("SELECT username FROM known_accounts ORDER BY username")
        assert [row.username for row in rows] == known
