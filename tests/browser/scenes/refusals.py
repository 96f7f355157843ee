"""Pages that say no, calmly; and the pages that are no service's."""

from typing import Final

from tests.browser.scenes.scene import Scene
from tests.browser.walker import Walker

SOMEBODYS: Final = "5f0c2a9e-8d1b-4c57-9a43-0e6b7f1d2c38"


async def _sends_a_stale_form(walker: Walker) -> None:
    await walker.page.locator("main input[name=csrf]").first.evaluate("e => { e.value = 'stale' }")
    await walker.press("Save Profile")


# Hidden, since a browser takes seconds to lay out so long a line.
async def _sends_too_much(walker: Walker) -> None:
    await walker.page.locator("input[name=username]").evaluate(
        "e => { e.type = 'hidden'; e.value = 'x'.repeat(3_000_000) }"
    )
    await walker.press("Login")


async def _sends_far_too_much(walker: Walker) -> None:
    await walker.page.locator("input[name=username]").evaluate(
        "e => { e.type = 'hidden'; e.value = 'x'.repeat(13_000_000) }"
    )
    await walker.press("Login")


async def _wants_to_be_nobody(walker: Walker) -> None:
    await walker.page.locator("form").first.evaluate(
        "e => { e.action = '/mailroom/people/nobody'; e.removeAttribute('target') }"
    )
    await walker.press("Log in as Jordan Rivera")


SCENES: Final = (
    Scene("403-role", "", "Error 403", "/staff/access", "fresh", status=403),
    Scene("403-staff", "", "Error 403", "/staff/review", "analyst", status=403),
    Scene("403-stale", "", "Error 403", "/ecs/profile", "fresh", _sends_a_stale_form, 403),
    Scene("404", "", "Error 404", "/no/such/page", status=404),
    Scene("404-signed-in", "", "Error 404", f"/ecs/messages/{SOMEBODYS}", "fresh", status=404),
    Scene("404-staff", "", "Error 404", f"/staff/cases/{SOMEBODYS}", "administrator", status=404),
    Scene("404-closed", "", "Error 404", "/internal/attention", status=404),
    Scene("405", "", "Error 405", "/register/again", status=405),
    Scene("413", "", "Error 413", "/login", act=_sends_too_much, status=413),
    Scene("413-gateway", "", "large", "/login", act=_sends_far_too_much, status=413),
    Scene("404-static", "", "There is no such page", "/static/nothing.css", status=404),
    Scene("mailroom", "", "newest first", "/mailroom", needs=("nobody",)),
    Scene("mailroom-empty", "", "No letter to this address", "/mailroom?to=nobody@example.com"),
    Scene(
        "mailroom-letter",
        "",
        "As plain text",
        lambda cast: cast.letter_page,
    ),
    Scene("mailroom-people", "", "Everybody here is invented", "/mailroom/people"),
    Scene("mailroom-nobody", "", "No such person", "/mailroom/people", act=_wants_to_be_nobody, status=404),
    Scene("mailroom-404", "", "There is no letter at this address", "/mailroom/nothing", status=404),
)
