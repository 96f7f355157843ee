"""The README's pictures, taken from the running demonstration: `make up` in one window, `make pictures` in another.

Drops the result files that the pictures need, waits for what comes of them, and writes docs/pictures/*.png.
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.local import chromium
from deploy.local.__main__ import chosen
from deploy.local.process import Failed
from deploy.local.system import System
from docs.png import small

FOLDER: Final = Path(__file__).parent / "pictures"
LARGEST: Final = 120 * 1024  # bytes of one picture
WIDE, NARROW = 1280, 320
CLEARED: Final = "Your fingerprint check is cleared"
SECONDS: Final = 60


class Photographer:
    """Takes pictures of one system."""

    def __init__(self, system: System, browser: Browser) -> None:
        self.origin = system.origin
        self.browser = browser
        self.home = system.home
        self.people = {one["username"]: one for one in json.loads(system.home.people.read_bytes())}

    @contextmanager
    def window(self, username: str = "", width: int = WIDE) -> Iterator[Page]:
        """A browser's window, this person signed in."""
        context = self.browser.new_context(viewport={"width": width, "height": 720}, locale="en-US")
        page = context.new_page()
        if username:
            page.goto(f"{self.origin}/login")
            page.get_by_label("Username", exact=True).fill(username)
            page.get_by_label("Password", exact=True).fill(self.people[username]["password"])
            page.get_by_role("button", name="Login", exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_have_text("User Applications")
        yield page
        context.close()

    def drop(self, *names: str) -> None:
        """Hand in the result files whose names begin so, as the README says."""
        for name in names:
            for file in sorted(self.home.demo.glob(f"{name}*.eft")):
                shutil.copy(file, self.home.folder / "spool" / "incoming")

    def take(self, page: Page, name: str) -> None:
        """Keep a picture of the whole page.

        Raises:
            Failed: it is too large for a README.
        """
        page.evaluate("document.fonts.ready.then(() => document.activeElement?.blur())")
        content = small(page, page.screenshot(full_page=True, animations="disabled"))
        if len(content) > LARGEST:
            raise Failed(f"The picture {name} has {len(content)} bytes; {LARGEST} are allowed.")
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{name}.png").write_bytes(content)
        sys.stdout.write(f"  docs/pictures/{name}.png: {len(content) // 1024} KB\n")

    def until(self, page: Page, path: str, holds: Callable[[Page], bool]) -> None:
        """Reload until the page shows it.

        Raises:
            Failed: it does not within a minute.
        """
        for _ in range(SECONDS * 2):
            page.goto(self.origin + path)
            if holds(page):
                return
            page.wait_for_timeout(500)
        raise Failed(f"{self.origin}{path} does not show what the picture is for. The logs are in {self.home.log}.")

    def take_all(self) -> None:
        """All of them."""
        with self.window() as page:
            page.goto(f"{self.origin}/login")
            self.take(page, "login")
        with self.window("jordan.rivera") as page:
            self.take(page, "applications")
            page.goto(f"{self.origin}/ecs/profile")
            if not _says("Valid for new applications until")(page):
                self.drop("jordan-rivera")
            self.until(page, "/ecs/fingerprints", _says("Valid for new applications until"))
            self.take(page, "fingerprints")
            self.until(page, "/ecs/profile", _says("Valid for new applications until"))
            self.take(page, "profile")
            page.set_viewport_size({"width": NARROW, "height": 720})
            self.take(page, "profile-narrow")
        with self.window() as page:
            jordan = self.people["jordan.rivera"]["email"]
            self.until(page, f"/mailroom?to={jordan}", _says(CLEARED))
            page.get_by_role("link", name=CLEARED).first.click()
            page.get_by_role("heading", name=CLEARED).wait_for()
            self.take(page, "letter")
        with self.window("emerson.hale") as page:
            page.goto(f"{self.origin}/ecs/applications")
            page.get_by_role("link", name="Content Substitute").first.click()
            page.get_by_role("heading", level=1).wait_for()
            self.take(page, "application")
        with self.window("kendall.ross") as page:
            page.goto(f"{self.origin}/ecs/certificates")
            self.take(page, "certificates")
        with self.window("dana.analyst") as page:
            page.goto(f"{self.origin}/staff/queue")
            self.take(page, "queue")
        with self.window("alex.admin") as page:
            page.goto(f"{self.origin}/staff")
            if not _says("Fingerprint answers that wait")(page):
                self.drop("nobody")
            self.until(page, "/staff", _says("Fingerprint answers that wait"))
            self.take(page, "staff")


def _says(sentence: str) -> Callable[[Page], bool]:
    return lambda page: page.get_by_text(sentence).count() > 0


def main() -> None:
    """Take them.

    Raises:
        Failed: no system runs, or it is none for demonstration.
    """
    system = System(*chosen())
    if system.gateway.what_is_wrong() or not system.home.people.exists():
        raise Failed(f"No demonstration answers at {system.origin}. Start it with 'make up', then try again.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox", "--disable-gpu"])
        Photographer(system, browser).take_all()
        browser.close()


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(str(failed))
