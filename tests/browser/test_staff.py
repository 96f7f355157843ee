"""Staff: what needs a person, and the accounts."""

import asyncio

from playwright.async_api import expect

from deploy.local.system import System
from tests.browser import checks, steps
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Comes
from tests.flow import people
from tests.visitor import Visitor


async def test_the_first_page_counts_what_waits_and_tells_nothing_of_it(comes: Comes, cast: Cast) -> None:
    waiting = (cast.asking, cast.in_case, cast.unmatched, cast.refused_letter)
    assert all(waiting)
    walker = await comes(cast.administrator)
    await walker.open_whole("/staff")
    for line in ("Identity cases to decide", "Requests for access", "Fingerprint answers that wait", "Unsent letters"):
        await walker.sees(line)
    await walker.sees("Parked records", "Oldest unsent message")
    await expect(walker.page.locator("td").get_by_text("Answers", exact=True)).to_have_count(5)
    content = await walker.page.content()
    for secret in (cast.asking.username, cast.in_case.username, "WAITING", "Reviews"):
        assert secret not in content
    await walker.follow("Identity cases to decide")
    await walker.is_at("Identity cases")


async def test_a_service_that_is_away_is_said_and_the_rest_counted(comes: Comes, cast: Cast, system: System) -> None:
    walker = await comes(cast.administrator)
    program = system.parts()["certificate"]
    await asyncio.to_thread(program.stop)
    try:
        await walker.open("/staff")
        await walker.sees("Certificates does not answer at the moment.", "Away", "Not known")
        await expect(walker.page.locator("td").get_by_text("Answers", exact=True)).to_have_count(4)
    finally:
        await asyncio.to_thread(program.start)
    await walker.open_whole("/staff")


async def test_the_longest_name_stays_inside_every_list(comes: Comes, cast: Cast) -> None:
    holder, second = cast.claimant("Holder" * 16)
    asking = cast.asks("Analyst", "Q" * 100, "W" * 100)
    walker = await comes(cast.administrator)
    for path, name in (
        ("/staff/cases", second.username),
        (cast.case_of(second), holder.username),
        ("/staff/access", asking.username),
        (f"/staff/accounts?q={asking.username}", asking.username),
    ):
        await walker.open(path)
        await walker.sees(name)
        assert await checks.sideways(walker.page) == 0, path


async def test_a_locked_adjudicator_is_released_with_a_reason(comes: Comes, cast: Cast) -> None:
    member, _ = cast.decided("Adjudicator", "Approve", "Works with us.")
    for _ in range(5):
        people.log_in(Visitor(cast.system.origin), member.username, "not the password")
    walker = await comes(cast.administrator)
    await walker.open("/staff/accounts")
    await walker.fill("Find an account", member.username)
    await walker.press("Search")
    await walker.sees("Locked")
    await walker.page.locator("tbody th").get_by_role("link").click()
    await walker.sees("Talk to the person first")
    await walker.press("Release account")
    await walker.is_told("Say why. The reason is kept with your decision.")
    await walker.fill("Why do you release it?", "Called back; it was a new keyboard.")
    await walker.press("Release account")
    await expect(walker.page.get_by_role("status")).to_contain_text("The account is released.")
    await walker.page.context.clear_cookies()
    await steps.log_in_when_it_may(walker, member.username)
    await walker.is_at("User Applications")


async def test_a_role_is_revoked_at_once(comes: Comes, cast: Cast) -> None:
    member, _ = cast.decided("Analyst", "Approve", "Works with us.")
    assert member.browser.open("/staff").heading == "Needs attention"
    walker = await comes(cast.administrator)
    await walker.open(f"/staff/accounts?q={member.username}")
    await walker.page.locator("tbody th").get_by_role("link").click()
    await walker.choose("Analyst")
    await walker.fill("Why do you revoke it?", "Has left the office.")
    await walker.press("Revoke role")
    await expect(walker.page.get_by_role("status")).to_have_text("The role is revoked.")
    assert member.browser.open("/staff").status == 403
