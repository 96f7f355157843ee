""" "Log off", and sessions that end by themselves."""

from playwright.async_api import expect

from deploy.local.system import System
from tests.browser import arranged, steps
from tests.browser.cast.accounts import Member, lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Comes, NewPage
from tests.browser.walker import Walker


async def test_after_log_off_nothing_can_be_seen_not_even_with_the_back_button(comes: Comes, cast: Cast) -> None:
    member = cast.educator()
    walker = await comes(member)
    await walker.open("/ecs/profile")
    await walker.press("Log off")
    await walker.is_at("Login", "/login")
    await expect(walker.page.get_by_role("status")).to_have_text("You are logged off.")
    await walker.page.go_back()
    await walker.is_at("Login", "/login")
    assert member.email not in await walker.page.content()


async def test_an_idle_session_ends_and_login_leads_back(comes: Comes, cast: Cast, system: System) -> None:
    member = cast.educator()
    walker = await comes(member)
    arranged.let_idle(system, member.browser, 19)
    await walker.open("/ecs/certificates")
    await walker.is_at("Certificate Status")
    arranged.let_idle(system, member.browser, 21)
    await walker.open("/ecs/certificates")
    await walker.is_at("Login", "/login")
    await steps.try_to_log_in(walker, member.username, steps.PASSWORD)
    await walker.is_at("Certificate Status", "/ecs/certificates")


async def test_staff_are_idle_after_fifteen_minutes(comes: Comes, cast: Cast, system: System) -> None:
    member = cast.demonstration("analyst")
    walker = await comes(member)
    arranged.let_idle(system, member.browser, 14)
    await walker.open("/staff")
    await walker.is_at("Needs attention")
    arranged.let_idle(system, member.browser, 16)
    await walker.open("/staff")
    await walker.is_at("Login", "/login")


async def _warned(walker: Walker, member: Member, path: str, minutes: int) -> None:
    """The page warns two minutes before the end, and not earlier; staying puts it off."""
    await lend(walker.page.context, member.browser)
    page = walker.page
    await page.clock.install()
    await walker.open(path)
    # what a page knows of the session may be a minute old, so the warning comes up to a minute early, never late
    await page.clock.run_for(f"{minutes - 4}:55")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.clock.run_for("01:10")
    await expect(page.get_by_role("heading", name="Do you want to stay signed in?")).to_be_visible()
    await page.get_by_role("button", name="Stay signed in").click()
    await page.clock.run_for("00:03")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.clock.run_for(f"{minutes - 4}:00")
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_everybody_is_warned_two_minutes_before(new_page: NewPage, cast: Cast) -> None:
    await _warned(Walker(await new_page(), cast.system.origin), cast.fresh, "/ecs/profile", 20)
    await _warned(Walker(await new_page(320), cast.system.origin), cast.analyst, "/staff", 15)


async def test_without_scripts_the_page_says_until_when(new_page: NewPage, cast: Cast) -> None:
    walker = Walker(await new_page(320, javascript=False), cast.system.origin)
    await lend(walker.page.context, cast.fresh.browser)
    await walker.open("/ecs/profile")
    await expect(walker.page.get_by_text("You will be logged off at")).to_be_visible()
