"""Messages: every letter sent to me, readable, with what became of it."""

import asyncio
from typing import Final

from playwright.async_api import expect

from tests.browser import arranged, steps
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Comes
from tests.flow import hearing

CONFIRM: Final = "Confirm your e-mail address"
ACCESS: Final = "You have access to the Educator Certification System"
RESULT: Final = "A fingerprint result was received"


async def test_letters_are_listed_newest_first_and_can_be_read(comes: Comes, cast: Cast) -> None:
    member = cast.cleared
    cleared = await steps.letter(cast.system, member.email, "cleared")
    walker = await comes(member)
    await walker.until("/ecs/messages", cleared["subject"])
    await walker.until("/ecs/messages", CONFIRM)
    subjects = walker.page.locator("tbody th").get_by_role("link")
    await expect(subjects).to_have_text([cleared["subject"], RESULT, RESULT, ACCESS, CONFIRM])
    await walker.until("/ecs/messages", "Sent ")
    await walker.follow(cleared["subject"])
    await walker.is_at(cleared["subject"])
    words = " ".join((await walker.page.locator("main").inner_text()).split())
    said = [line for line in cleared["text"].splitlines() if line.endswith(".")]
    assert said
    assert [line for line in said if line not in words] == []
    assert "<p" in cleared["html"]
    await walker.follow("All messages")
    await walker.is_at("Messages", "/ecs/messages")


async def test_a_one_time_link_is_in_the_mailbox_alone(comes: Comes, cast: Cast) -> None:
    walker = await comes(cast.fresh)
    await walker.until("/ecs/messages", CONFIRM)
    await walker.follow(CONFIRM)
    await walker.sees("[one-time link, sent by e-mail]")
    assert "/register/confirm/" not in await walker.page.content()


async def test_nobody_reads_anothers_letter(comes: Comes, cast: Cast) -> None:
    walker = await comes(cast.cleared)
    await walker.open("/ecs/messages")
    letter = await walker.page.locator("tbody th").first.get_by_role("link").get_attribute("href")
    assert letter
    walker = await comes(cast.fresh)
    await walker.open(letter)
    await walker.is_at("We cannot find that page")


async def test_a_letter_that_failed_is_said_to_its_reader_and_staff_send_it_again(comes: Comes, cast: Cast) -> None:
    member = cast.educator()
    await steps.letter(cast.system, member.email, "You have access")
    letter = arranged.refuse_letter(cast.system, member.email, "access_granted")
    walker = await comes(member)
    await walker.open("/ecs/messages")
    await walker.sees("Our last letter to you could not be delivered", "Could not be delivered")

    walker = await comes(cast.analyst)
    await walker.open("/staff")
    await walker.follow("Unsent letters")
    await walker.is_at("Letters", "/staff/mail")
    await walker.sees_not(member.email)
    await walker.open(f"/staff/mail/{letter}")
    await walker.sees("The mail server refused it for good")
    await walker.fill("Reason", "The mailbox is there again.")
    await walker.press("Send again")
    await expect(walker.page.get_by_role("status")).to_have_text("The letter is being sent again.")
    await asyncio.to_thread(hearing.deliver, cast.system)
    walker = await comes(member)
    await walker.open("/ecs/messages")
    await walker.sees("Sent ")
    await walker.sees_not("could not be delivered")
