"""Fingerprint Information: what to do before the prints, and what every kind of answer becomes."""

import re

import pytest
from playwright.async_api import expect

from deploy.local.system import System
from shared import educator_id
from tests.browser import steps
from tests.browser.cast.accounts import Member
from tests.browser.cast.desks import Cast
from tests.browser.conftest import AtDesk, Comes
from tests.flow import result_files


@pytest.mark.parametrize(
    ("activity", "code"),
    [
        ("A practicum or field experience", "2301"),
        ("Student teaching", "2301"),
        ("Work as a substitute teacher", "2301"),
        ("My initial certificate", "2300"),
    ],
)
async def test_the_code_is_given_once_the_notice_is_read(comes: Comes, cast: Cast, activity: str, code: str) -> None:
    member = cast.choosing
    walker = await comes(member)
    await walker.open("/ecs/fingerprints?choose=1")
    await walker.sees("Notice before your fingerprints are taken (28 CFR 50.12)", "challenge what it says")
    acknowledged = walker.field("I have read and understood this notice")
    await expect(acknowledged).not_to_be_checked()
    await walker.choose(activity)
    await walker.press("Show my code")
    await walker.is_told("Read the notice and tick the box under it. Your code is shown after that.")
    await expect(walker.field(activity)).to_be_checked()
    await walker.choose("I have read and understood this notice")
    await walker.press("Show my code")
    await walker.sees(
        "Code to give at the vendor", code, f"{code}-{member.educator_id}", "How to book", "What is usual"
    )
    await walker.sees("days", "$41.75")


async def test_results_come_in_any_order_and_show_at_once(comes: Comes, cast: Cast, system: System) -> None:
    member = cast.educator()
    walker = await comes(member)
    answers = cast.no_record("fbi", member), cast.no_record("state", member)
    for answer, sign in zip(answers, ("The state answers next.", "Valid for new applications until"), strict=True):
        result_files.drop(system.home.folder, answer)
        await walker.until("/ecs/fingerprints", sign)
    await walker.sees("Cleared", "FBI and state background check cleared on")
    cleared = await steps.letter(system, member.email, "cleared")
    assert "until" in cleared["text"]
    await walker.until("/ecs/certificates", "valid for new applications until")


async def test_a_record_and_an_innocent_cause_read_the_same_and_say_no_more(comes: Comes, cast: Cast) -> None:
    pages = []
    for member in (cast.checked, cast.doubtful):
        walker = await comes(member)
        await walker.until("/ecs/messages", "4 letters")
        for path in ("/ecs/fingerprints", "/ecs/profile", "/ecs/messages", "/ecs/certificates"):
            await walker.open(path)
            content = await walker.page.content()
            pages.append(_neutral(content, member))
            assert not re.search(r"criminal record|arrest|identification|police", content, re.IGNORECASE)
        await walker.open("/ecs/fingerprints")
        await walker.sees("Being checked", "a person looks at the results", "We write to you when it is done.")
    assert pages[:4] == pages[4:]


async def test_prints_that_cannot_be_read_ask_to_be_printed_again(comes: Comes, cast: Cast) -> None:
    member = cast.reprint
    walker = await comes(member)
    await walker.open("/ecs/fingerprints")
    await walker.sees("You need to act", "their quality was too low", "free of charge", f"2301-{member.educator_id}")
    await walker.open("/ecs/profile")
    await walker.sees("You need to act")
    again = await steps.letter(cast.system, member.email, "printed again")
    assert "2301" in again["text"]


async def test_an_answer_that_matches_nobody_waits_in_sight_of_staff_and_is_assigned(
    comes: Comes, cast: Cast, at_desk: AtDesk
) -> None:
    member = cast.educator(last="Misprint")
    address = cast.dropped("MISPRINT,ROBIN", oca="not a number")
    desk = await at_desk(cast.analyst)
    await desk.open("/staff")
    await desk.follow("Fingerprint answers that wait or match nobody")
    await desk.is_at("Unmatched results")
    await desk.open(address)
    await desk.press("Assign")
    await desk.sees("Enter the eight digits of the Educator ID.", "Write the reason.")
    await desk.fill("Educator ID", educator_id.shown(member.educator_id))
    await desk.page.locator("#reason").fill("The vendor's receipt shows this number.")
    await desk.press("Assign")
    await desk.is_at("Unmatched results", "/staff/unmatched")
    walker = await comes(member)
    await walker.until("/ecs/fingerprints", "FBI result received")


def _neutral(content: str, member: Member) -> str:
    """A page without what is this person's alone, and without when."""
    found = re.sub(r"[0-9a-f]{64}|[0-9a-f-]{36}", "TOKEN", content)
    for mine in (educator_id.shown(member.educator_id), member.educator_id, member.username, member.email):
        found = found.replace(mine, "MINE")
    found = re.sub(r"Doubtful|Checked\b(?=[\"<])", "NAME", found)
    return re.sub(r"\d+:\d\d [AP]M|data-seconds=\"\d+\"", "TIME", found)
