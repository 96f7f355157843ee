"""The two questions that connect an account with its record, and the cases that come of them."""

import asyncio
import re
from typing import Final

from playwright.async_api import expect

from shared import educator_id
from tests.browser import steps
from tests.browser.cast.accounts import Member
from tests.browser.cast.desks import Cast, a_name
from tests.browser.conftest import AtDesk, Comes
from tests.browser.walker import Walker
from tests.flow import hearing, people

IMPOSSIBLE: Final = {
    "000-12-3456": "No Social Security Number begins with these three digits. Check your card and try again.",
    "666123456": "No Social Security Number begins with these three digits. Check your card and try again.",
    "987-65-4329": (
        "No Social Security Number begins with 9. If this is a taxpayer number (ITIN), leave it out and choose that"
        " you do not have an SSN."
    ),
    "123 00 4567": "The two middle digits of a Social Security Number are never 00. Check your card.",
    "123-45-0000": "The last four digits of a Social Security Number are never 0000. Check your card.",
    "12345678": "A Social Security Number has exactly 9 digits. Check your card and enter all of them.",
}
CALM: Final = "A person is looking at this"
HOLDER_LETTER: Final = "Another account asked for an educator record like yours"
CASE_LETTER: Final = "We are checking your identity"


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


async def test_a_number_with_dashes_is_taken_and_asked_for_once(comes: Comes, cast: Cast) -> None:
    member = cast.account()
    people.request_access(member.browser)
    walker = await comes(member)
    number = people.new_ssn()
    await walker.open("/ecs")
    await steps.fill_identification(walker, f"{number[:3]}-{number[3:5]}-{number[5:]}")
    await walker.is_at("Educator Profile", "/ecs/profile")
    assert number not in digits(await walker.page.content())
    for path in ("/ecs/identify", "/ecs"):
        await walker.open(path)
        await walker.is_at("Educator Profile", "/ecs/profile")


async def test_impossible_numbers_are_refused_with_the_reason_and_never_come_back(comes: Comes, cast: Cast) -> None:
    member = cast.account()
    people.request_access(member.browser)
    walker = await comes(member)
    await walker.open("/ecs")
    for number, reason in IMPOSSIBLE.items():
        await steps.fill_identification(walker, number)
        await walker.is_told(reason)
        assert number not in await walker.page.content()
        await expect(walker.field("Social Security Number")).to_have_value("")
        await expect(walker.field("Year")).to_have_value("1999")


async def test_without_a_number_an_administrator_makes_the_person(comes: Comes, cast: Cast, at_desk: AtDesk) -> None:
    member = cast.account("Noor", a_name())
    people.request_access(member.browser)
    walker = await comes(member)
    await walker.open("/ecs")
    await walker.choose("I do not have an SSN")
    await steps.fill_identification(walker, "")
    await walker.is_at(CALM, "/ecs")
    await walker.sees("a person sets it up for you", "We do: Educator Certification", "Most cases are decided within")
    await steps.letter(cast.system, member.email, CASE_LETTER)

    desk = await at_desk(cast.administrator)
    await desk.open(cast.case_of(member))
    await _decide(desk, "No SSN: make the person", "Birth certificate seen.")
    await walker.until("/ecs", "Educator ID")
    await walker.is_at("Educator Profile", "/ecs/profile")


async def test_a_second_account_sees_nothing_and_opens_one_case(comes: Comes, cast: Cast) -> None:
    last, number = a_name(), people.new_ssn()
    holder = cast.educator("Hana", last, number)
    told = []
    for month in ("April", "May"):  # the right birth date, and a wrong one
        second = cast.account("Else", "Somebody")
        people.request_access(second.browser)
        walker = await comes(second)
        await walker.open("/ecs")
        await walker.fill("Social Security Number", number)
        await walker.pick("Month", month)
        await walker.fill("Day", "28")
        await walker.fill("Year", "1999")
        await walker.press("Submit")
        await walker.is_at(CALM, "/ecs")
        page = await walker.page.locator("main").inner_text()
        told.append(re.sub(r"\d+:\d\d", "", page))
        content = await walker.page.content()
        assert last not in content
        assert holder.username not in content
        assert holder.educator_id not in digits(content)
        for path in ("/ecs/profile", "/ecs/identify"):
            await walker.open(path)
            await walker.is_at(CALM, "/ecs")
        await steps.letter(cast.system, second.email, CASE_LETTER)
        assert cast.case_of(second)
    assert told[0] == told[1]

    walker = await comes(holder)
    await walker.open("/ecs/profile")
    await expect(walker.field("Last name")).to_have_value(last)
    await walker.sees(educator_id.shown(holder.educator_id))
    await asyncio.to_thread(hearing.deliver, cast.system)
    subjects = [one["subject"] for one in people.letters(cast.system, holder.email)]
    assert subjects.count(HOLDER_LETTER) == 2, "one for each of the two accounts that asked"
    mine = [one["subject"] for one in people.letters(cast.system, second.email)]
    assert mine.count(CASE_LETTER) == 1


async def test_same_person_closes_the_second_account_and_names_the_first(
    comes: Comes, cast: Cast, at_desk: AtDesk
) -> None:
    holder, second = cast.claimant(a_name())
    desk = await at_desk(cast.administrator)
    await desk.open(cast.case_of(second))
    await desk.sees(holder.username, second.username, "The same")
    await _choose_record(desk, holder)
    await _decide(desk, "Same person", "One person, two usernames.")
    named = await steps.letter(cast.system, second.email, "Please use your other account")
    assert holder.username in named["text"]
    await asyncio.to_thread(hearing.settle, cast.system)  # identity closes the account
    walker = await comes(second)
    await walker.page.context.clear_cookies()
    await walker.open("/login")
    await steps.try_to_log_in(walker, second.username, steps.PASSWORD)
    await walker.sees("This account is closed because you have another one.")


async def test_the_record_is_given_to_the_second_account(comes: Comes, cast: Cast, at_desk: AtDesk) -> None:
    holder, second = cast.claimant(a_name())
    desk = await at_desk(cast.administrator)
    await desk.open(cast.case_of(second))
    await _choose_record(desk, holder)
    await _decide(desk, "Give the record to the second account", "The number belongs to the second person.")
    walker = await comes(second)
    await walker.open("/ecs")
    await walker.is_at("Educator Profile", "/ecs/profile")
    await walker.sees(educator_id.shown(holder.educator_id))
    walker = await comes(holder)
    await walker.open("/ecs/profile")
    await walker.is_at("Find your record", "/ecs/identify")
    await walker.sees("Your record moved to another username")


async def test_documents_are_asked_for_and_said_to_be_sent(comes: Comes, cast: Cast, at_desk: AtDesk) -> None:
    _, second = cast.claimant(a_name())
    desk = await at_desk(cast.administrator)
    await desk.open(cast.case_of(second))
    await _decide(desk, "Ask for documents", "Please bring your Social Security card.")
    asked = await steps.letter(cast.system, second.email, "document")
    assert "Please bring your Social Security card." in asked["text"]
    walker = await comes(second)
    await walker.open("/ecs")
    await walker.is_at("Please send us documents")
    await walker.sees("Please bring your Social Security card.")
    await walker.press("I have sent the documents")
    await walker.is_at(CALM)
    await walker.sees("You said that the documents are on their way")
    await desk.open(cast.case_of(second))
    await desk.sees("the educator says that the documents were sent")


async def _choose_record(desk: Walker, holder: Member) -> None:
    """Pick the holder's record, where there is more than one to pick from."""
    await desk.page.get_by_label(re.compile(re.escape(educator_id.shown(holder.educator_id)))).check()


async def _decide(desk: Walker, decision: str, reason: str) -> None:
    await desk.choose(decision)
    await desk.fill("Reason", reason)
    await desk.press("Save decision")
    await expect(desk.page.get_by_role("status")).to_be_visible()
