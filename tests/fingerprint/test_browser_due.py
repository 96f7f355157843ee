"""What the calendar and wrong codes make of fingerprint's pages, in a browser: axe, the Nu checker, both widths."""

# ruff: noqa: F401, F811 - pytest finds fixtures by their names

from datetime import UTC, datetime, timedelta

from playwright.async_api import Page

from shared.events import Role
from shared.policy import today
from tests.browser.conftest import Checked, browser, checked, documents, new_page, nu
from tests.fingerprint.answers import FBI, STATE, an_educator, answer
from tests.fingerprint.conftest import Bench
from tests.fingerprint.site import Site
from tests.fingerprint.test_browser import _as, page
from tests.fingerprint.test_name_checks import one_of, rejected, twice

PAGE = "/ecs/fingerprints"


async def _of(bench: Bench, site: Site, page: Page, educator: str, sequence: int = 9) -> None:
    account = await bench.identify(educator, sequence=sequence)
    await _as(page, site.sign_in(Role.EDUCATOR, account_id=account), site)
    await page.goto(f"{site.origin}{PAGE}")


async def test_the_educators_page_in_the_states_that_time_brings(
    bench: Bench, site: Site, page: Page, checked: Checked
) -> None:
    await _of(bench, site, page, await twice(bench))
    await checked(page, "fingerprints-by-name")
    await _of(bench, site, page, await twice(bench, code="L0117"))
    await checked(page, "fingerprints-by-name-impossible")
    late = await twice(bench, ago=100)
    await bench.take(answer(STATE, f"2301-{late}"))
    await _of(bench, site, page, late)
    await checked(page, "fingerprints-by-name-overdue")
    both = await twice(bench)
    await rejected(bench, both, today(), origin=STATE)
    await _of(bench, site, page, both)
    await checked(page, "fingerprints-by-name-and-reprint")

    expired = an_educator()
    await bench.know(expired)
    then = datetime.now(UTC) - timedelta(days=700)
    for origin in (STATE, FBI):
        await bench.take(answer(origin, expired, dated=f"{then:%Y%m%d}", stamped=""), at=then)
    await _of(bench, site, page, expired)
    await page.get_by_text("Expired on").first.wait_for()
    await checked(page, "fingerprints-expired")
    await bench.take(answer(STATE, expired, dated=f"{today():%Y%m%d}", stamped=""))
    await page.reload()
    await page.get_by_text("Your earlier background check").first.wait_for()
    await checked(page, "fingerprints-expired-one-in")


async def test_wrong_codes_on_the_educators_page(bench: Bench, site: Site, page: Page, checked: Checked) -> None:
    educator = an_educator()
    await bench.know(educator)
    await bench.take(answer(STATE, f"2399-{educator}"))
    await _of(bench, site, page, educator)
    await page.get_by_label("My initial certificate").press("Space")
    await page.get_by_label("I have read and understood this notice").press("Space")
    await page.get_by_role("button", name="Show my code").press("Enter")
    await page.get_by_text(f"2300-{educator}").first.wait_for()
    await bench.take(answer(FBI, f"2301-{educator}"))
    await page.goto(f"{site.origin}{PAGE}")
    await page.get_by_text("another code than you asked for").wait_for()
    await checked(page, "fingerprints-wrong-codes")


async def test_the_staffs_checks_by_name(bench: Bench, site: Site, page: Page, checked: Checked) -> None:
    await _as(page, site.sign_in(Role.ANALYST), site)
    await page.goto(f"{site.origin}/staff/namechecks")
    await checked(page, "namechecks-none")
    late, soon = await twice(bench, ago=100), await twice(bench, ago=80)
    await page.reload()
    await checked(page, "namechecks-list")
    await page.goto(f"{site.origin}{one_of(late)}")
    await checked(page, "namecheck-overdue")
    await page.goto(f"{site.origin}{one_of(soon)}")
    await page.get_by_role("button", name="Requested").click()
    await checked(page, "namecheck-refused")
    await page.get_by_label("Note").fill(f"By e-mail on {today() - timedelta(1)}.")
    await page.get_by_role("button", name="Requested").click()
    await page.get_by_text("is noted as requested").wait_for()
    await page.goto(f"{site.origin}{one_of(soon)}")
    await checked(page, "namecheck-requested")
