"""The Mailroom's list of people at a real browser: one press, and the portal's tab is that person's."""

import pytest
from playwright.async_api import Page, expect

from deploy.local.system import System
from tests.browser.walker import Walker


async def is_signed_in(page: Page, username: str) -> None:
    """The page says so."""
    await expect(page.get_by_text(f"Signed in as {username}")).to_be_visible()


async def test_one_press_signs_in_and_the_portal_keeps_its_tab(page: Page, system: System) -> None:
    walker = Walker(page, system.origin)
    await walker.open("/mailroom")
    await walker.follow("Demonstration people")
    async with page.context.expect_page() as opening:
        await walker.press("Log in as Dana Whitfield")
    portal = await opening.value
    await is_signed_in(portal, "dana.analyst")
    await walker.press("Log in as Pat Ellison")
    await is_signed_in(portal, "pat.program")
    assert page.context.pages == [page, portal]


@pytest.mark.parametrize("width", [320], indirect=True)
async def test_on_a_phone_a_link_leads_to_each_role(page: Page, system: System) -> None:
    walker = Walker(page, system.origin)
    await walker.open("/mailroom/people")
    await walker.follow("Department: administrator")
    await expect(page.get_by_role("button", name="Log in as Alex Thornton")).to_be_in_viewport()
