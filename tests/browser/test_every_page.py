"""Every page of every service, as the role that sees it, in its situations: nothing to object to at either width."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, Page

from tests.access.cells import FOR_PEOPLE
from tests.browser import checks
from tests.browser.cast.accounts import lend
from tests.browser.cast.desks import Cast
from tests.browser.scenes import applying, deciding, public, refusals, results, signed_in, staff
from tests.browser.scenes.scene import Scene
from tests.browser.walker import Walker

SCENES: Final = (
    *public.SCENES,
    *signed_in.SCENES,
    *applying.SCENES,
    *deciding.SCENES,
    *staff.SCENES,
    *results.SCENES,
    *refusals.SCENES,
)
WIDTHS: Final = (1280, 320)

# What has an address and is no page: it leads to one.
LEADS_ON: Final = {
    "/weblogin/login.aspx": "/login",
    "/ecs/profile/contact": "/ecs/profile",
    "/staff/queue/export.csv": "/staff/queue",
    "/staff/queue/export.xlsx": "/staff/queue",
    "/staff/imports/{batch_id}/errors.csv": "/staff/imports/{batch_id}",
    "/staff/quarantine/export.csv": "/staff/quarantine",
    "/staff/cases/{case_id}/values": "/staff/cases/{case_id}",
}


def test_every_page_of_the_table_of_access_is_looked_at() -> None:
    pages = {row.path for row in FOR_PEOPLE if row.method == "GET"}
    assert pages - LEADS_ON.keys() - {scene.route for scene in SCENES} == set()
    assert {scene.route for scene in SCENES if scene.route} - pages == set()


def test_every_scene_has_its_own_name() -> None:
    names = [scene.name for scene in SCENES]
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
async def lasting_window(browser: Browser, documents: checks.Documents) -> AsyncIterator[Page]:
    """One for all scenes: a new one would load and read every style and script again."""
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    page.set_default_timeout(45_000)
    documents.watch(page, javascript=True)
    yield page
    await context.close()


@pytest.fixture
async def window(lasting_window: Page) -> AsyncIterator[Page]:
    """A window that knows nobody: whoever was there before took their cookies along."""
    await lasting_window.set_viewport_size({"width": WIDTHS[0], "height": 800})
    yield lasting_window
    if lasting_window.url.startswith("http"):
        await lasting_window.evaluate("localStorage.clear()")
    await lasting_window.goto("about:blank")
    await lasting_window.context.clear_cookies()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_page_has_nothing_to_object_to(
    window: Page, cast: Cast, nu: checks.NuChecker, documents: checks.Documents, scene: Scene
) -> None:
    visitor = scene.browser(cast)
    address = scene.address(cast)
    if visitor is not None:
        await lend(window.context, visitor)
    walker = Walker(window, cast.system.origin)
    await walker.open_whole(address)
    if scene.act is not None:
        await scene.act(walker)
    await walker.sees(scene.sees)
    assert documents.status(window) == scene.status
    assert (await window.title()).strip()
    assert await window.locator("h1").count() == 1
    assert nu.errors(await documents.last(window)) == []
    for width in WIDTHS:
        await window.set_viewport_size({"width": width, "height": 800})
        await checks.keep_picture(window, f"every/{scene.name}")
        assert await checks.sideways(window) == 0
        assert await checks.axe_violations(window) == []
