"""A person at a real browser, driven by what pages say: visible labels, never what they are made of.

`Walker` points and clicks; `KeyboardWalker` does the same with Tab, Space, Enter and arrows alone, so that one walk is
tried both ways.
"""

import asyncio
import re
import time
from collections.abc import Callable
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.async_api import Locator, Page, expect

from tests.visitor import AWAY

# More stops than any page has.
MOST_TABS: Final = 120

Part = Literal["button", "link"]

# Other test runs and a cold cache may share the machine.
expect.set_options(timeout=45_000)


def label(text: str) -> re.Pattern[str]:
    """A field's label, with or without "(optional)"."""
    return re.compile(rf"^\s*{re.escape(text)}(\s*\(optional\))?\s*$")


class Walker:
    """Somebody with a pointer."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin

    # --- going somewhere ---

    async def open(self, path: str) -> None:
        """Type an address."""
        await self.page.goto(self.origin + path.removeprefix(self.origin))

    async def follow(self, text: str, *, among: str = "") -> None:
        """Follow the link with this text; `among` names the navigation it stands in."""
        await self._activate(self._named("link", text, among))

    async def press(self, text: str, *, within: str = "") -> None:
        """Press the button with this label; `within` is a text of its form, where several are labelled alike."""
        scope = self.page.locator("form").filter(has_text=within) if within else self.page
        await self._activate(scope.get_by_role("button", name=text, exact=True))

    # --- filling in ---

    async def fill(self, text: str, value: str) -> None:
        """Type into the field with this label."""
        await self.field(text).fill(value)

    async def pick(self, text: str, option: str) -> None:
        """Choose an option of the list with this label."""
        await self.field(text).select_option(label=option)

    async def choose(self, text: str) -> None:
        """Tick the box, or pick the radio button, with this label."""
        await self.field(text).check()

    # --- looking ---

    def field(self, text: str) -> Locator:
        """The field with this label."""
        return self.page.get_by_label(label(text))

    async def is_at(self, heading: str, path: str = "") -> None:
        """The page has this h1, and no other; and this path, if one is given."""
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        if path:
            assert urlsplit(self.page.url).path == path

    async def sees(self, *sentences: str) -> None:
        """The main part says all of this."""
        for sentence in sentences:
            await expect(self.page.locator("main")).to_contain_text(sentence)

    async def sees_not(self, *sentences: str) -> None:
        """The main part says none of this."""
        for sentence in sentences:
            await expect(self.page.locator("main")).not_to_contain_text(sentence)

    async def is_told(self, *problems: str) -> None:
        """There is an error summary with exactly these sentences, and the title says so too."""
        await expect(self.page.get_by_role("alert").get_by_role("listitem")).to_have_text(list(problems))
        assert (await self.page.title()).startswith("Error: ")

    async def until(self, path: str, sentence: str, seconds: float = 60) -> None:
        """Reload a page until its main part says this."""
        await self._reload(path, lambda said: sentence in said, seconds)

    async def open_whole(self, path: str, seconds: float = 60) -> None:
        """Open a page, again where a service was too slow to have its part on it."""
        await self._reload(path, lambda said: not any(sentence in said for sentence in AWAY), seconds)

    async def _reload(self, path: str, holds: Callable[[str], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while True:
            await self.open(path)
            said = await self.page.locator("main").inner_text()
            if holds(said):
                return
            assert time.monotonic() < deadline, f"{path} still says: {said}"
            await asyncio.sleep(0.1)

    # --- inside ---

    def _named(self, part: Part, text: str, among: str) -> Locator:
        scope = self.page.get_by_role("navigation", name=among, exact=True) if among else self.page
        return scope.get_by_role(part, name=text, exact=True).first

    async def _activate(self, what: Locator) -> None:
        await what.click()


class KeyboardWalker(Walker):
    """Somebody without a pointer."""

    async def fill(self, text: str, value: str) -> None:
        """Tab to the field, type."""
        await self._tab_to(self.field(text))
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.insert_text(value)

    async def pick(self, text: str, option: str) -> None:
        """Tab to the list, type the option's first letters, as people do."""
        await self._tab_to(self.field(text))
        await self.page.keyboard.type(option)
        chosen = await self.field(text).evaluate("e => e.selectedOptions[0].label")
        assert chosen == option

    async def choose(self, text: str) -> None:
        """Tab to the group or box; arrows to the right button, Space for a box."""
        field = self.field(text)
        if await field.get_attribute("type") == "checkbox":
            await self._tab_to(field)
            await self.page.keyboard.press("Space")
        else:
            name = await field.get_attribute("name")
            await self._tab_to(self.page.locator(f'input[type=radio][name="{name}"]'))
            await self.page.keyboard.press("Space")
            for _ in range(MOST_TABS):
                if await field.is_checked():
                    break
                await self.page.keyboard.press("ArrowDown")
        await expect(field).to_be_checked()

    async def _activate(self, what: Locator) -> None:
        await self._tab_to(what)
        await self.page.keyboard.press("Enter")
        await self.page.wait_for_load_state()

    async def _tab_to(self, what: Locator) -> None:
        """Tab until it has the focus, which must be visible there."""
        await expect(what.first).to_be_visible()
        for _ in range(MOST_TABS):
            if await what.evaluate_all("(all) => all.includes(document.activeElement)"):
                break
            await self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"{what} cannot be reached with Tab on {self.page.url}")
        assert await self.page.evaluate(
            """() => {
                const e = document.activeElement, drawn = e.labels?.[0] ?? e;
                const ring = (s) => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0;
                const shows = (s) => ring(s) || s.boxShadow !== 'none';
                return [getComputedStyle(e), getComputedStyle(drawn), getComputedStyle(drawn, '::before')].some(shows);
            }"""
        ), f"nothing shows that {what} has the focus"
