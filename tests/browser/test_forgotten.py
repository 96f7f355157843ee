""" "Forgot Username/Password?": letters, the one-time link, and what a new password ends."""

from playwright.async_api import expect

from tests.browser import steps
from tests.browser.cast.accounts import lend
from tests.browser.cast.desks import Cast
from tests.browser.conftest import NewPage
from tests.browser.walker import Walker
from tests.flow import people

NEW: str = "seven quiet lamps by the river"


async def _ask(walker: Walker, what: str, who: str) -> str:
    await walker.open("/login")
    await walker.follow("Forgot Username/Password?")
    await walker.is_at("Forgot Username/Password?")
    await walker.choose(what)
    await walker.fill("E-mail address", who)
    await walker.press("Send")
    await walker.is_at("Check your e-mail")
    return await walker.page.locator("main").inner_text()


async def test_known_and_unknown_get_the_same_answer_and_the_known_a_letter(walker: Walker, cast: Cast) -> None:
    for what in ("My username", "My password"):
        known = await _ask(walker, what, cast.nobody.email)
        assert known == await _ask(walker, what, "nobody.at.all@example.edu")
    reminder = await steps.letter(cast.system, cast.nobody.email, "username")
    assert cast.nobody.username in reminder["text"]


async def test_a_new_password_is_chosen_once_and_ends_every_session(
    walker: Walker, cast: Cast, new_page: NewPage
) -> None:
    member = cast.account()
    elsewhere = Walker(await new_page(), walker.origin)
    await lend(elsewhere.page.context, member.browser)
    await elsewhere.open("/applications")
    await elsewhere.is_at("User Applications")

    await _ask(walker, "My password", member.username)
    link = people.link_in(await steps.letter(cast.system, member.email, "password"), "/reset/")
    await walker.open(link)
    await walker.is_at("Choose a new password")
    await walker.sees(member.username)
    await walker.fill("New password", NEW)
    await walker.press("Change password")
    await walker.is_at("Login", "/login")
    await expect(walker.page.get_by_role("status")).to_contain_text("Your password is changed.")

    await elsewhere.open("/applications")
    await elsewhere.is_at("Login", "/login")
    await steps.try_to_log_in(walker, member.username, steps.PASSWORD)
    await walker.sees("That username and password do not match.")
    await steps.log_in(walker, member.username, NEW)
    await steps.letter(cast.system, member.email, "changed")
    await walker.open(link)
    await walker.is_at("This link is no longer good")
