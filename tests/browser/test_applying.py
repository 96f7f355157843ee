"""Applying at a real browser: wide and narrow, with scripts and without, and what happens to what was typed."""

from playwright.async_api import Page, expect

from deploy.local.system import System
from tests.browser import steps
from tests.browser.cast.accounts import lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Checked, NewPage
from tests.browser.walker import Walker
from tests.flow import applying, working

NAME = "Robin Example"
CONDUCT = "/ecs/apply/substitute/conduct"


async def begin(walker: Walker, label: str) -> None:
    """From the menu to the first question."""
    await walker.open("/ecs/profile")
    if walker.page.viewport_size and walker.page.viewport_size["width"] < 1000:
        await walker.page.get_by_text("Educator menu").click()
    await walker.follow(label, among="Educator menu")
    await walker.is_at(label)


async def answer_conduct(walker: Walker, explanation: str) -> None:
    """The first question Yes, with an explanation; all others No."""
    await walker.is_at("Questions about your conduct")
    groups = walker.page.get_by_role("main").get_by_role("group")
    for number in range(1, await groups.count()):
        await groups.nth(number).get_by_label("No", exact=True).check()
    explains = walker.page.locator("#explanation_convicted")
    await expect(explains).to_be_hidden()
    await groups.first.get_by_label("Yes", exact=True).check()
    await expect(explains).to_be_visible()
    await explains.fill(explanation)
    await walker.press("Save and continue")


async def sign(walker: Walker, heading: str) -> None:
    """Accept, and type the name."""
    await walker.is_at(heading)
    await walker.choose("I Accept")
    await walker.fill("Full name", NAME)
    await walker.press("Sign and continue")


async def test_a_substitute_certificate_is_applied_for(
    system: System, cast: Cast, page: Page, checked: Checked
) -> None:
    member = cast.educator()
    await lend(page.context, member.browser)
    walker = Walker(page, system.origin)
    await begin(walker, "Apply: Substitute")
    await walker.sees("$50", "36 semester hours", "A background check")
    await checked(page, "apply-start")
    await walker.press("Start now")
    await walker.is_at("How do you qualify?")
    await walker.press("Save and continue")
    await walker.is_told("Choose how you qualify.")
    await walker.choose("I have 36 or more semester hours from an accredited college or university")
    await walker.press("Save and continue")
    await answer_conduct(walker, "In 2011 I was fined.")
    await sign(walker, "The sworn statement")
    await checked(page, "apply-release")
    await sign(walker, "The release of educational information")
    await walker.is_at("Check your answers", "/ecs/apply/substitute/check")
    await walker.sees("In 2011 I was fined.", f"Signed by {NAME}")
    await checked(page, "apply-check-answers")

    # One answer is changed: what was signed is signed again.
    await page.get_by_role("link", name="Change: How you qualify").click()
    await walker.choose(
        "I have a high-school diploma (or GED or HiSET) and 20 clock hours of approved substitute training"
    )
    await walker.press("Save and check your answers")
    await walker.is_at("Check your answers")
    await expect(page.get_by_role("button", name="Submit to DESE")).to_have_count(0)
    for statement in ("The sworn statement", "The release of educational information"):
        await walker.follow(f"Sign: {statement}.")
        await walker.is_at(statement)
        await walker.choose("I Accept")
        await walker.fill("Full name", NAME)
        await walker.press("Save and check your answers")
    await walker.press("Submit to DESE")
    await walker.is_at("Your application is submitted")
    await walker.sees("Application number A", "A high-school diploma, GED or HiSET", "Pay the fee")
    await checked(page, "apply-submitted")

    # Back, and once more: the same application.
    await page.go_back()
    await walker.sees("You have applied for this certificate already.")
    await walker.sees("It has not come yet.", "The questions about conduct")
    await checked(page, "apply-application")
    await walker.open("/ecs/certificates")
    await walker.sees("Content Substitute", "Something is missing", "Not issued yet")
    await steps.letter(system, member.email, "application")


async def test_a_professional_certificate_is_applied_for_at_the_institution(
    system: System, cast: Cast, page: Page, checked: Checked
) -> None:
    member = cast.educator()
    await lend(page.context, member.browser)
    walker = Walker(page, system.origin)
    await begin(walker, "Apply: Initial Professional (IPC)")
    await walker.press("Start now")
    await walker.is_at("Which institution prepared you?")
    await walker.pick("Institution", "Ozark Hills University")
    await walker.press("Save and continue")
    await walker.choose("Bachelor's program in teacher education")
    await walker.press("Save and continue")
    await walker.choose("Mathematics, grades 9 to 12")
    await walker.choose("Physics, grades 9 to 12")
    await checked(page, "apply-areas")
    await walker.press("Save and continue")
    await answer_conduct(walker, "In 2011 I was fined.")
    await sign(walker, "The sworn statement")
    await sign(walker, "The release of educational information")
    await walker.sees("Mathematics, grades 9 to 12", "Physics, grades 9 to 12", "Ozark Hills University")
    await walker.press("Submit to Institution")
    await walker.is_at("Your application is submitted")
    await walker.sees("Your institution", "Ozark Hills University reads your application")
    await walker.follow("See where your application stands")
    await walker.sees("With your institution", "You submitted it to Ozark Hills University")
    await checked(page, "apply-at-institution")

    await walker.follow("Withdraw")
    await walker.press("Withdraw this application")
    await walker.sees("Withdrawn", "You can apply again at any time.")


async def test_what_is_typed_is_there_again_on_another_device_though_nothing_was_sent(
    system: System, cast: Cast, new_page: NewPage
) -> None:
    member = cast.educator()
    member.browser.open("/ecs/apply/substitute").press("Start now")
    first = Walker(await new_page(), system.origin)
    await lend(first.page.context, member.browser)
    await first.open(CONDUCT)
    await first.page.locator("#conduct_charged").check()
    await first.page.locator("#explanation_charged").press_sequentially("A hearing is")
    await expect(first.page.get_by_role("status")).to_have_text("Saved in your draft.")
    await first.page.context.clear_cookies()  # the session has ended in the middle of the form
    second = Walker(await new_page(320, javascript=False), system.origin)
    await lend(second.page.context, member.browser)
    await second.open("/ecs/apply/substitute")
    await second.follow("Go on with your draft")
    await second.open(CONDUCT)
    await expect(second.page.locator("#conduct_charged")).to_be_checked()
    await expect(second.page.locator("#explanation_charged")).to_have_value("A hearing is")


async def test_what_was_kept_while_typing_is_sent_with_the_button_without_being_taken_for_another_window(
    system: System, cast: Cast, new_page: NewPage
) -> None:
    member = cast.educator()
    member.browser.open("/ecs/apply/ipc").press("Start now")
    walker = Walker(await new_page(), system.origin)
    await lend(walker.page.context, member.browser)
    await walker.open("/ecs/apply/ipc/areas")
    for area in ("Art, kindergarten to grade 12", "Music, kindergarten to grade 12"):
        await walker.choose(area)
        await expect(walker.page.get_by_role("status")).to_have_text("Saved in your draft.")
    async with walker.page.expect_request("**/ecs/apply/ipc/areas"):  # on its way
        await walker.choose("English, grades 9 to 12")
    await walker.press("Save and continue")
    await walker.is_at("Questions about your conduct")
    await walker.open("/ecs/apply/ipc/check")
    await walker.sees("Art, kindergarten to grade 12", "Music, kindergarten to grade 12", "English, grades 9 to 12")


async def test_a_double_click_does_it_once_and_says_that_it_is_done(
    system: System, cast: Cast, new_page: NewPage
) -> None:
    member = cast.educator()
    number = working.number(applying.apply_for_substitute(member.browser))
    walker = Walker(await new_page(), system.origin)
    await lend(walker.page.context, member.browser)
    await walker.open("/ecs/applications")
    await walker.follow("Content Substitute")
    await walker.follow("Withdraw")
    await walker.is_at(f"Withdraw application {number}?")
    await walker.page.get_by_role("button", name="Withdraw this application").dblclick()
    await walker.sees("Your application is withdrawn.", "It ended on")
    await walker.sees_not("Something happened to this application meanwhile")


async def test_of_two_windows_the_second_is_told_while_it_is_typed_in(
    system: System, cast: Cast, new_page: NewPage
) -> None:
    member = cast.educator()
    member.browser.open("/ecs/apply/substitute").press("Start now")
    first = Walker(await new_page(), system.origin)
    await lend(first.page.context, member.browser)
    second = Walker(await first.page.context.new_page(), system.origin)
    for window in (first, second):
        await window.open("/ecs/apply/substitute/route")
    await first.page.locator("#route").check()
    await expect(first.page.get_by_role("status")).to_have_text("Saved in your draft.")
    await second.page.locator("#route-2").check()
    await expect(second.page.get_by_role("status")).to_contain_text("changed in another window")
    await second.press("Save and continue")
    await second.sees("Saved in the other window", "I have 36 or more semester hours")
    await expect(second.page.locator("#route-2")).to_be_checked()
