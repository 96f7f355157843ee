"""Deciding at a real browser: the queue, the desk of two analysts, and an institution's work log."""

from playwright.async_api import Page

from deploy.local.system import System
from shared import educator_id
from tests.browser import steps
from tests.browser.cast.accounts import Member, lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Checked
from tests.browser.walker import Walker
from tests.flow import applying, working


async def at(page: Page, system: System, member: Member) -> Walker:
    """The window is this person's now."""
    await lend(page.context, member.browser)
    return Walker(page, system.origin)


async def unfold(walker: Walker, summary: str) -> None:
    """Open a form that lies folded."""
    await walker.page.locator("summary").get_by_text(summary, exact=True).click()


async def test_a_substitute_application_is_decided_by_two(
    system: System, cast: Cast, page: Page, checked: Checked
) -> None:
    member = cast.educator()
    cast.answered(member, cast.no_record("fbi", member), cast.no_record("state", member), sign="Cleared")
    number = working.number(applying.apply_for_substitute(member.browser, "In 2011 I was fined."))

    walker = await at(page, system, cast.analyst)
    await walker.open("/staff/queue")
    await walker.fill("Search", educator_id.shown(member.educator_id))
    await walker.press("Show")
    await checked(page, "queue-found")
    await walker.choose(f"Tick {number}")
    await walker.press("Assign to me")
    await walker.sees("1 application is assigned to you.", "You")
    await walker.follow(number)
    await walker.is_at(f"Application {number}: Robin Example")
    await walker.sees("It cannot be issued now", "In 2011 I was fined.")

    await unfold(walker, "Record a document")
    await walker.pick("Document", "36 semester hours from an accredited college or university")
    await walker.choose("Seen")
    await walker.press("Record")
    await walker.is_told("Write on what: which document, from whom, and when it came.")
    await checked(page, "desk-document-errors")
    await walker.fill("On what", "Official transcript, by post")
    await walker.fill("How much it shows", "36")
    await walker.press("Record")
    await walker.sees("The document is recorded.", "Official transcript, by post")
    await unfold(walker, "Record the fee")
    await walker.fill("Amount in dollars", "50")
    await walker.fill("How it came", "Check 1001")
    await walker.press("Record the fee")
    await unfold(walker, "Ask a question")
    await walker.choose("Something else")
    await walker.fill("Your question", "Under which name did you study?")
    await checked(page, "desk-question-form")
    await walker.press("Send the question")
    await walker.sees("Question asked", "A question to the educator is open.")
    await steps.letter(system, member.email, "question")
    await unfold(walker, "Close the question")
    await walker.fill("What was answered, and how", "Under the same, by telephone")
    await walker.press("Close the question")
    await unfold(walker, "Review conduct")
    await walker.choose("It does not stand in the way")
    await walker.fill("Reason for your finding", "Long ago, and told openly")
    await walker.press("Record the review")
    await walker.sees("You recorded the review of conduct, so somebody else must issue this certificate.")
    await checked(page, "desk-reviewed")
    address = page.url

    walker = await at(page, system, cast.second_analyst)
    await walker.open(address)
    await walker.follow("Issue")
    await walker.is_at("Issue this certificate?")
    await walker.sees("Content Substitute", "Effective date", "Expiration date")
    await checked(page, "desk-issue")
    await walker.press("Issue the certificate")
    await walker.sees("The certificate is issued.", "Certificate issued")
    await checked(page, "desk-issued")
    await steps.letter(system, member.email, "certificate")
    await page.go_back()
    await walker.open(address + "/issue")
    await walker.sees("This application has ended, so nothing was done.")


async def test_an_institution_recommends_several_at_once(
    system: System, cast: Cast, page: Page, checked: Checked
) -> None:
    numbers = []
    for _ in range(2):
        visitor = cast.educator().browser
        applied = applying.apply_for_professional(visitor, "Example State University", "Mathematics, grades 9 to 12")
        numbers.append(working.number(applied))
    walker = await at(page, system, cast.program)
    await walker.open("/applications")
    await walker.follow("Program work log")
    await walker.is_at("Work log")
    for number in numbers:
        await walker.choose(f"Tick {number}")
    await checked(page, "worklog-ticked")
    await walker.press("Recommend those ticked")
    await walker.is_at("Recommend several")
    await walker.sees(*numbers)
    await walker.press("Recommend all listed")
    await walker.is_told("Enter the day on which the program was completed: month, day and year.")
    await walker.pick("Month", "May")
    await walker.fill("Day", "15")
    await walker.fill("Year", "2026")
    await walker.press("Recommend all listed")
    await walker.is_at("What was done")
    await walker.sees("Recommended: 2 of 2.")
    await checked(page, "worklog-recommended")
    await walker.follow(numbers[0])
    await walker.sees("Nothing is asked of your institution now.", "Recommended by the institution")

    await unfold(walker, "Take back the recommendation")
    await walker.press("Take back the recommendation")
    await walker.is_told("Write why you take it back. The educator and the department read this.")
    await checked(page, "worklog-take-back")
    await walker.fill("Why you take it back", "It was another student of the same name.")
    await walker.press("Take back the recommendation")
    await walker.sees("The recommendation is taken back.", numbers[0], "With us, recommendation taken back")
    await walker.follow(numbers[0])
    await walker.sees("It was another student of the same name.")
    await checked(page, "worklog-taken-back")
