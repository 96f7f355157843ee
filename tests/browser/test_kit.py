"""Every part of the page kit, in a real browser."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from playwright.async_api import Page, expect

from shared.pages.build import build
from tests.browser.conftest import Checked, NewPage
from tests.shared import kit_app


@pytest.fixture(scope="module")
async def origin() -> AsyncIterator[str]:
    """The kit's app, running."""
    build()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(kit_app.make(port), log_level="warning", lifespan="off"))
        running = asyncio.create_task(server.serve([listening]))
        yield f"http://localhost:{port}"
        server.should_exit = True
        await running


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/kit/public", None),
        ("/kit/educator", "educator"),
        ("/kit/staff", "administrator"),
        ("/kit/window", "educator"),
        ("/kit/error/403", None),  # all errors have one template
        ("/kit/error/500", None),
        ("/kit/staff", "nobody"),
    ],
)
async def test_page_passes_every_check(origin: str, page: Page, checked: Checked, path: str, role: str | None) -> None:
    if role:
        await page.goto(f"{origin}/kit/sign-in/{role}")
    await page.goto(origin + path)
    await checked(page, f"kit{path.removeprefix('/kit').replace('/', '-')}{f'-{role}' if role else ''}")


async def test_errors_are_summed_up_first_and_lead_to_their_fields(origin: str, page: Page, checked: Checked) -> None:
    await page.goto(f"{origin}/kit/sign-in/educator")
    await page.goto(f"{origin}/kit/educator")
    await page.get_by_label("Social Security Number", exact=True).fill("123-45-678")
    await page.get_by_role("button", name="Save Profile").click()
    await expect(page).to_have_title("Error: Profile - Educator Certification System")
    await expect(page.get_by_role("alert")).to_be_focused()
    await checked(page, "kit-errors")
    assert "123-45-678" not in await page.content()
    assert await page.get_by_label("Social Security Number", exact=True).input_value() == ""
    await page.get_by_role("link", name="Enter your date of birth: month, day and year.").click()
    await expect(page.get_by_label("Month")).to_be_focused()
    await expect(page.get_by_label("First name")).to_have_value("Jordan")


async def test_on_a_narrow_window_the_sentences_of_a_summary_have_most_of_its_width(
    origin: str, new_page: NewPage
) -> None:
    page = await new_page(320)
    await page.goto(f"{origin}/kit/public")
    await page.get_by_role("button", name="Login").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.wait_for_load_state()  # a click returns before the page it leads to has its styles
    box = await page.get_by_role("alert").bounding_box()
    line = await page.get_by_role("alert").get_by_role("listitem").first.bounding_box()
    assert box is not None
    assert line is not None
    assert line["width"] > 0.75 * box["width"]


async def test_the_notice_of_a_demonstration_begins_where_a_wide_page_does(origin: str, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{origin}/kit/public")
    await page.evaluate("document.querySelector('main').classList.add('ecs-wide')")
    notice = await page.locator(".usa-site-alert .usa-alert__body").bounding_box()
    name = await page.locator(".ecs-header .grid-container").bounding_box()
    assert notice is not None
    assert name is not None
    assert abs(notice["x"] - name["x"]) <= 8, "no more than the bar at the notice's edge"


async def test_what_a_demonstration_prints_says_that_it_is_one(origin: str, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{origin}/kit/public")
    await page.emulate_media(media="print")
    await expect(page.get_by_text("This is not an official website.")).to_be_visible()
    await expect(page.get_by_role("contentinfo")).to_be_hidden()


async def test_a_confirmation_is_shown_once(origin: str, page: Page) -> None:
    await page.goto(f"{origin}/kit/public")
    await page.get_by_label("Username").fill("<b>jordan</b>")
    await page.get_by_role("button", name="Login").click()
    await expect(page.get_by_role("status")).to_have_text("Thank you, <b>jordan</b>.")
    await page.goto(f"{origin}/kit/public")
    await expect(page.get_by_role("status")).to_have_count(0)


async def test_skip_link_is_first_by_keyboard_and_leads_to_the_content(origin: str, page: Page) -> None:
    await page.goto(f"{origin}/kit/public")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Username")).to_be_focused()


async def test_menu_folds_on_a_narrow_window_and_opens_by_keyboard(origin: str, new_page: NewPage) -> None:
    page = await new_page(width=320, javascript=False)
    await page.goto(f"{origin}/kit/sign-in/educator")
    await page.goto(f"{origin}/kit/educator")
    link = page.get_by_role("link", name="Certificate Status")
    await expect(link).to_have_count(0)
    await page.get_by_text("Educator menu").focus()
    await page.keyboard.press("Enter")
    await expect(link).to_be_visible()


async def test_a_window_closes_with_and_without_javascript(origin: str, page: Page) -> None:
    await page.goto(f"{origin}/kit/sign-in/educator")
    window = page.get_by_role("dialog")
    await expect(window).to_be_visible()
    await window.get_by_role("button", name="Close").click()
    await expect(window).to_have_count(0)


async def test_what_is_hidden_can_be_shown(origin: str, new_page: NewPage) -> None:
    page = await new_page()
    await page.goto(f"{origin}/kit/public")
    password = page.get_by_label("Password", exact=True)
    await page.get_by_role("button", name="Show password").click()
    await expect(password).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Hide password").click()
    await expect(password).to_have_attribute("type", "password")
    await page.goto(f"{origin}/kit/sign-in/educator")
    await page.goto(f"{origin}/kit/educator")
    number = page.get_by_label("Social Security Number", exact=True)
    masking = "e => getComputedStyle(e).webkitTextSecurity"
    assert await number.evaluate(masking) == "disc"
    await page.get_by_role("button", name="Show number").click()
    assert await number.evaluate(masking) == "none"


async def test_without_javascript_nothing_is_offered_that_needs_it(origin: str, new_page: NewPage) -> None:
    page = await new_page(javascript=False)
    await page.goto(f"{origin}/kit/sign-in/educator")
    await page.goto(f"{origin}/kit/educator")
    await expect(page.get_by_role("button", name="Show number")).to_have_count(0)
    await expect(page.get_by_text("You will be logged off at")).to_be_visible()


async def test_the_end_of_a_session_is_announced_and_can_be_put_off(origin: str, new_page: NewPage) -> None:
    page = await new_page()
    await page.clock.install()
    await page.goto(f"{origin}/kit/sign-in/educator")
    await page.goto(f"{origin}/kit/educator")
    await page.clock.run_for("17:55")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.clock.run_for("00:10")
    await expect(page.get_by_role("heading", name="Do you want to stay signed in?")).to_be_visible()
    await page.get_by_role("button", name="Stay signed in").click()
    await page.clock.run_for("00:02")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.clock.run_for("19:00")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.clock.run_for("02:00")
    await page.wait_for_url("**/login?ended=1&next=%2Fkit%2Feducator")


async def test_a_cold_page_is_small(origin: str, new_page: NewPage) -> None:
    page = await new_page()
    paths: set[str] = set()
    page.on("request", lambda request: paths.add(request.url.removeprefix(origin)))
    answer = await page.goto(f"{origin}/kit/educator")
    assert answer is not None
    await page.wait_for_load_state("networkidle")
    static = [build() / path.removeprefix("/static/") for path in paths if path.startswith("/static/")]
    sizes = [min(f.stat().st_size for f in file.parent.glob(f"{file.name}*")) for file in static]
    assert len(static) >= 5
    assert sum(sizes) + len(await answer.body()) < 110 * 1024
