"""Access for educators at once; roles for officials and staff, which an administrator decides about."""

import asyncio

from playwright.async_api import Route, expect

from tests.browser import steps
from tests.browser.cast.accounts import lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import AtDesk, Comes, NewPage
from tests.browser.walker import Walker


async def test_the_summary_says_what_is_asked_for_and_a_small_window_that_it_is_there(comes: Comes, cast: Cast) -> None:
    member = cast.account()
    walker = await comes(member)
    await walker.open("/applications")
    await walker.is_at("User Applications")
    await walker.follow(steps.REQUEST)
    await walker.sees("Educator Certification System", "Educator", member.username, "Robin Example", member.email)
    await walker.press("Submit")
    window = walker.page.get_by_role("dialog")
    await expect(window).to_be_visible()
    await expect(window.get_by_role("button", name="Close", exact=True)).to_be_focused()
    await walker.press("Close")
    await expect(window).to_have_count(0)
    await expect(walker.page.get_by_role("link", name=steps.REQUEST)).to_have_count(0)
    await steps.letter(cast.system, member.email, "access")
    await walker.follow("Educator Certification System")
    await walker.is_at("Find your record", "/ecs/identify")


async def test_a_window_that_was_closed_does_not_come_again(new_page: NewPage, cast: Cast) -> None:
    walker = Walker(await new_page(), cast.system.origin)
    await lend(walker.page.context, cast.account().browser)
    await steps.request_access(walker)
    window = walker.page.get_by_role("dialog")
    await expect(walker.page).to_have_url(f"{cast.system.origin}/applications")
    await walker.page.reload()
    await walker.is_at("User Applications", "/applications")
    await expect(window).to_have_count(0)
    await walker.follow("Educator Certification System")
    await walker.is_at("Find your record", "/ecs/identify")
    await walker.page.go_back()
    await walker.is_at("User Applications", "/applications")
    await expect(window).to_have_count(0)


async def test_a_window_that_was_closed_before_the_script_came_does_not_come_again_either(
    new_page: NewPage, cast: Cast
) -> None:
    walker, let_go = Walker(await new_page(), cast.system.origin), asyncio.Event()
    await lend(walker.page.context, cast.account().browser)

    async def late(route: Route) -> None:
        await let_go.wait()
        await route.continue_()

    await walker.page.route("**/*.js", late)
    await walker.page.goto(f"{cast.system.origin}/applications?requested=role", wait_until="commit")
    await walker.page.get_by_role("button", name="Close", exact=True).click()
    let_go.set()
    await expect(walker.page).to_have_url(f"{cast.system.origin}/applications")


async def test_a_program_official_names_the_institution_and_is_approved(
    comes: Comes, cast: Cast, at_desk: AtDesk
) -> None:
    member = cast.account()
    walker = await comes(member)
    await walker.open("/applications")
    await walker.follow("Request a role for officials and staff")
    await walker.choose("Program official")
    await walker.press("Submit")
    await walker.is_told("Choose the institution whose program you act for.")
    await walker.pick("Institution", "Ozark Hills University")
    await walker.press("Submit")
    await expect(walker.page.get_by_role("dialog")).to_contain_text("Your request is sent")
    await walker.press("Close")
    await walker.sees("Program official, Ozark Hills University", "Waiting for an administrator")

    desk = await at_desk(cast.administrator)
    await desk.open("/staff/access")
    await desk.page.locator("tr").filter(has_text=member.username).get_by_role("link").click()
    await desk.sees(member.email, "Ozark Hills University")
    await desk.press("Approve")
    await expect(desk.page.get_by_role("status")).to_have_text("Access is granted. The person gets an e-mail.")
    await steps.letter(cast.system, member.email, "access")
    await walker.open("/applications")
    await walker.sees("Granted")


async def test_a_refusal_needs_a_reason_which_the_person_reads(comes: Comes, cast: Cast, at_desk: AtDesk) -> None:
    member = cast.asks("Analyst")
    walker, desk = await comes(member), await at_desk(cast.administrator)
    await desk.open(cast.request_of(member))
    await desk.press("Refuse")
    await desk.is_told("Say why you refuse. The person is sent your words.")
    await desk.fill("Reason", "Please ask your supervisor to name you first.")
    await desk.press("Refuse")
    await desk.is_at("Access requests")
    refused = await steps.letter(cast.system, member.email, "refused")
    assert "Please ask your supervisor to name you first." in refused["text"]
    await walker.open("/applications")
    await walker.sees("Refused", "Please ask your supervisor to name you first.")
    await walker.open("/staff")
    await walker.is_at("You cannot open this page")


async def test_an_analyst_who_is_approved_finds_the_office(comes: Comes, cast: Cast) -> None:
    member, _ = cast.decided("Analyst", "Approve", "Works with us.")
    walker = await comes(member)
    await walker.open("/applications")
    await walker.follow("Certification office")
    await walker.is_at("Needs attention", "/staff")
