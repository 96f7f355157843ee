"""Adjudicators: the list that nobody else sees, the stated purpose, and the decision."""

from playwright.async_api import expect

from deploy.local.system import System
from shared import educator_id
from tests.browser import steps
from tests.browser.cast.accounts import Member
from tests.browser.cast.desks import Cast
from tests.browser.conftest import Comes
from tests.browser.walker import Walker
from tests.flow import hearing, result_files

PURPOSE = "Decide the certification check of this educator"


async def test_nobody_else_sees_the_list_or_is_offered_it(comes: Comes, cast: Cast) -> None:
    address = cast.review_of(cast.checked)
    for member in (cast.analyst, cast.administrator, cast.fresh):
        walker = await comes(member)
        for path in ("/staff/review", address):
            await walker.open(path)
            await walker.is_at("You cannot open this page")
            await walker.sees_not("Checked")
    walker = await comes(cast.analyst)
    await walker.open("/staff")
    await expect(walker.page.get_by_text("Review list")).to_have_count(0)


async def test_a_case_opens_with_a_stated_purpose_which_is_kept(comes: Comes, cast: Cast, system: System) -> None:
    walker = await comes(cast.adjudicator)
    member = _with_record(cast)
    await _open(walker, member)
    await walker.sees("Why do you open this case?")
    await walker.sees_not("EXAMPLE CITY")
    await walker.press("Open the case")
    await walker.is_told("Write why you open this case. It is kept in the audit trail.")
    await walker.fill("Purpose", PURPOSE)
    await walker.press("Open the case")
    await walker.sees("EXAMPLE CITY POLICE DEPARTMENT", f"Stated purpose: {PURPOSE}")
    looks = "SELECT reason FROM audit WHERE subject LIKE '%' || $1 || '%' AND actor_name = $2"
    kept = hearing.rows(system, "fingerprint", looks, member.educator_id, cast.adjudicator.username)
    assert PURPOSE in [row["reason"] for row in kept]


async def test_do_not_clear_denies_nothing_and_clear_clears(comes: Comes, cast: Cast) -> None:
    denied, cleared = _with_record(cast), _with_record(cast)
    for member, button in ((denied, "Do not clear"), (cleared, "Clear")):
        walker = await comes(cast.adjudicator)
        await _open(walker, member)
        await walker.fill("Purpose", PURPOSE)
        await walker.press("Open the case")
        await walker.sees('"Do not clear" denies nothing by itself')
        await walker.press(button)
        await walker.is_told("Write the reason for your decision. It is kept with the case.")
        await walker.fill("Reason", "Court papers read; see the file.")
        await walker.press(button)
        await walker.is_at("Review list", "/staff/review")
        await walker.sees_not(educator_id.shown(member.educator_id))
    walker = await comes(denied)
    await walker.open("/ecs/fingerprints")
    await walker.sees("Being checked")
    walker = await comes(cleared)
    await walker.open("/ecs/fingerprints")
    await walker.sees("Cleared", "Valid for new applications until")
    await steps.letter(cast.system, cleared.email, "cleared")


def _with_record(cast: Cast) -> Member:
    member = cast.educator(last="Checked")
    fbi = cast.record(member)
    state = result_files.answer("state", oca=member.educator_id, name="CHECKED,ROBIN")
    return cast.answered(member, fbi, state, sign="Being checked")


async def _open(walker: Walker, member: Member) -> None:
    """From the list; the case is found by its Educator ID."""
    await walker.open("/staff/review")
    row = walker.page.locator("tr").filter(has_text=educator_id.shown(member.educator_id))
    await row.get_by_role("link").click()
    await walker.is_at("Review: Robin Checked")
