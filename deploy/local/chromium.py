"""Finds or installs a Chromium for the browser tests and prints its path: `python -m deploy.local.chromium`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def on_path() -> str:
    """The one on the PATH, empty if there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def by_apt() -> str:
    """Install the distribution's, as root; empty if that does not work."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return ""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "chromium"]):
        if subprocess.run(command, check=False, stdout=sys.stderr, env=quiet).returncode:
            return ""
    return on_path()


def by_playwright() -> str:
    """Install Playwright's own, kept in `.cache/`; empty if that does not work."""
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(Path(__file__).resolve().parents[2] / ".cache" / "browsers"))
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if subprocess.run(command, check=False, stdout=sys.stderr).returncode:
        return ""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def find() -> str:
    """The path of a Chromium that starts.

    Raises:
        SystemExit: none can be had; the text says what to do.
    """
    if (given := os.environ.get("CHROMIUM")) and not shutil.which(given):
        raise SystemExit(f"CHROMIUM names {given}, which is not a program. Name one that is, or leave it out.")
    if found := given or on_path() or by_apt() or by_playwright():
        return found
    raise SystemExit("The browser tests need Chromium and none can be installed. Install it, or set CHROMIUM=path.")


if __name__ == "__main__":
    sys.stdout.write(find() + "\n")
