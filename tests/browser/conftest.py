"""Browsers for tests: Chromium at 1280 and 320 pixels, with and without JavaScript."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page, async_playwright

from deploy.local.system import System
from tests.browser import checks
from tests.browser.cast.accounts import Member, lend
from tests.browser.cast.desks import Cast
from tests.browser.walker import Walker
from tests.ports import free_port

NewPage = Callable[..., Awaitable[Page]]
Comes = Callable[[Member], Awaitable[Walker]]
AtDesk = Callable[[Member], Awaitable[Walker]]
Checked = Callable[[Page, str], Awaitable[None]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the whole session."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=checks.chromium(), args=list(checks.ARGUMENTS))
        yield started
        await started.close()


@pytest.fixture(scope="session")
def documents() -> checks.Documents:
    """What the pages received."""
    return checks.Documents()


@pytest.fixture
async def new_page(browser: Browser, documents: checks.Documents) -> AsyncIterator[NewPage]:
    """Opens a window of a person of their own: `await new_page(width=320, javascript=False)`."""
    contexts = []

    async def opened(width: int = 1280, javascript: bool = True) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": 800}, java_script_enabled=javascript, locale="en-US"
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(45_000)
        documents.watch(page, javascript=javascript)
        return page

    yield opened
    for context in contexts:
        await context.close()


@pytest.fixture(params=[1280, 320])
def width(request: pytest.FixtureRequest) -> int:
    """A computer's window and the narrowest phone's."""
    return int(request.param)


@pytest.fixture(params=[True, False], ids=["js", "plain"])
def javascript(request: pytest.FixtureRequest) -> bool:
    """With JavaScript, and without."""
    return bool(request.param)


@pytest.fixture
async def page(new_page: NewPage, width: int, javascript: bool) -> Page:
    """A window in each of the four ways."""
    return await new_page(width, javascript)


@pytest.fixture(scope="session")
def nu(tmp_path_factory: pytest.TempPathFactory) -> Iterator[checks.NuChecker]:
    """The Nu HTML checker, running."""
    checker = checks.NuChecker(tmp_path_factory.mktemp("nu"), free_port())
    checker.start()
    yield checker
    checker.stop()


@pytest.fixture
def checked(nu: checks.NuChecker, documents: checks.Documents) -> Checked:
    """`await checked(page, "login")`: every promise about how pages are made, and a picture in `.cache/screens`."""

    async def check(page: Page, name: str) -> None:
        await page.wait_for_load_state()  # a click returns before the page it leads to has its styles
        await checks.keep_picture(page, name)
        html = await documents.last(page)
        assert nu.errors(html) == []
        assert await checks.sideways(page) == 0
        if documents.is_plain(page):
            async with checks.twin(page, html) as same:
                assert await checks.axe_violations(same) == []
        else:
            assert await checks.axe_violations(page) == []

    return check


@pytest.fixture(scope="session")
def cast(system: System) -> Cast:
    """People in every situation, made when a test first asks for them."""
    return Cast(system)


@pytest.fixture(params=[(1280, True), (320, False)], ids=["1280-js", "320-plain"])
async def walker(request: pytest.FixtureRequest, new_page: NewPage, system: System) -> Walker:
    """Somebody new at a computer with JavaScript, and on a narrow phone without."""
    width, javascript = request.param
    return Walker(await new_page(width, javascript), system.origin)


@pytest.fixture
def comes(walker: Walker) -> Comes:
    """`await comes(cast.cleared)`: the walker is signed in as this member of the cast."""

    async def come(member: Member) -> Walker:
        await lend(walker.page.context, member.browser)
        return walker

    return come


@pytest.fixture
def at_desk(new_page: NewPage, system: System) -> AtDesk:
    """`await at_desk(cast.analyst)`: staff, beside the walker, at a computer with JavaScript."""

    async def sit(member: Member) -> Walker:
        desk = Walker(await new_page(), system.origin)
        await lend(desk.page.context, member.browser)
        return desk

    return sit
