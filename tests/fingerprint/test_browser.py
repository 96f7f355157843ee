"""Every state of fingerprint's pages in a real browser: axe, the Nu checker, nothing sideways, by keyboard."""

# ruff: noqa: F401, F811 - pytest finds fixtures by their names

import pytest
from playwright.async_api import Page

from shared.events import Role
from tests.browser.conftest import (
    Checked,
    NewPage,
    browser,
    checked,
    documents,
    new_page,
    nu,
)
from tests.fingerprint.answers import FBI, STATE, an_educator, answer, image_of_type_4
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site
from tests.visitor import Visitor

RAP_SHEET = "UNITED STATES DEPARTMENT OF JUSTICE - SAMPLE LINE WITHOUT ANY BREAK" + "-" * 120 + "\n"


@pytest.fixture(params=[(1280, True), (320, False)], ids=["1280-js", "320-plain"])
async def page(request: pytest.FixtureRequest, new_page: NewPage) -> Page:
    """A computer's window with JavaScript, the narrowest phone's without: these pages have no script of their own."""
    width, javascript = request.param
    return await new_page(width, javascript)


async def _as(page: Page, visitor: Visitor, site: Site) -> None:
    """The browser takes over the visitor's session."""
    ((name, value),) = visitor.cookies.items()
    secure = site.origin.replace("http:", "https:")
    await page.context.add_cookies([{"name": name, "value": value, "url": secure, "secure": True}])


async def test_the_educators_page_in_every_state(
    bench: Bench,
    site: Site,
    page: Page,
    checked: Checked,
) -> None:
    educator = an_educator()
    await _as(page, site.sign_in(Role.EDUCATOR, account_id=await bench.know(educator)), site)
    path = f"{site.origin}/ecs/fingerprints"
    await page.goto(path)
    await checked(page, "fingerprints-before")
    await page.get_by_role("button", name="Show my code").click()
    await checked(page, "fingerprints-refused")
    await page.get_by_label("Student teaching").press("Space")
    await page.get_by_label("I have read and understood this notice").press("Space")
    await page.get_by_role("button", name="Show my code").press("Enter")
    await page.get_by_text(f"2301-{educator}").first.wait_for()
    await checked(page, "fingerprints-code")
    steps = {
        "one-in": answer(STATE, educator),
        "act": answer(FBI, educator, kind="ERRT"),
        "being-checked": answer(FBI, educator, tcn=f"B{educator}", found="I", stamped="20260902000000Z"),
        "cleared": answer(FBI, educator, tcn=f"B{educator}", stamped="20260903000000Z"),
    }
    for state, content in steps.items():
        await bench.take(content)
        await page.goto(path)
        await checked(page, f"fingerprints-{state}")


async def test_the_staffs_pages(bench: Bench, site: Site, page: Page, checked: Checked) -> None:
    for content in (answer(STATE), answer(FBI, an_educator()), answer("XX9999999"), image_of_type_4(), b"noise"):
        await bench.take(content)
    await _as(page, site.sign_in(Role.ANALYST), site)
    await page.goto(f"{site.origin}/staff/unmatched")
    await checked(page, "unmatched")
    await page.get_by_role("link", name="Open answer").first.click()
    await checked(page, "unmatched-one")
    await page.get_by_role("button", name="Set aside").click()
    await checked(page, "unmatched-refused")
    await page.get_by_label("Reason for setting it aside").fill("A test")
    await page.get_by_role("button", name="Set aside").click()
    await page.get_by_role("link", name="Undo for answer").click()
    await checked(page, "unmatched-undo")


async def test_the_adjudicators_pages(bench: Bench, site: Site, page: Page, checked: Checked) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, educator))
    await bench.take(answer(FBI, educator, found="I", rap_sheet=RAP_SHEET * 30))
    await _as(page, site.sign_in(Role.ADJUDICATOR), site)
    await page.goto(f"{site.origin}/staff/review")
    await checked(page, "review")
    await page.get_by_role("link", name="Open the case").click()
    await checked(page, "review-purpose")
    await page.get_by_label("Purpose").fill("Decide the check")
    await page.get_by_role("button", name="Open the case").click()
    await checked(page, "review-opened")
    await page.get_by_role("button", name="Clear", exact=True).click()
    await checked(page, "review-refused")
    await page.get_by_label("Reason").fill("Old and minor")
    await page.get_by_role("button", name="Do not clear").click()
    await page.get_by_text("Your decision is kept").wait_for()
