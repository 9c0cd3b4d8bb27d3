"""Finds a Chromium, or brings one: `python -m tests.browser.chromium` prints where it is, and installs it first where it may.

A browser is looked for under its usual names, then among those that Playwright downloaded. Where there is none, root on
Debian gets the distribution's; elsewhere Playwright downloads its own. The tests only look: they never install.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
CHOSEN = "HEADWAY_CHROMIUM"
INSTALL_SECONDS_MAX = 600
MISSING = (
    "the browser tests need a Chromium: install one (apt-get install chromium), name one in "
    f"{CHOSEN}, or run `make test-browser`, which brings one where it may"
)


class BrowserMissing(Exception):
    """There is no Chromium, and none could be brought."""


def find(downloaded: str) -> str:
    """Where a Chromium is; `downloaded` is where Playwright would have put its own. BrowserMissing where there is none."""
    chosen = os.environ.get(CHOSEN)
    candidates = (chosen,) if chosen else (*NAMES, downloaded)
    found = next(filter(None, map(shutil.which, candidates)), None)
    if found is None:
        raise BrowserMissing(MISSING)
    return found


def arguments(*, is_root: bool) -> list[str]:
    """What it is started with. It has no sandbox for root, and nobody else gives that up."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-quic", "--no-first-run"]
    return [*quiet, "--no-sandbox"] if is_root else quiet


def is_root() -> bool:
    """Whether the tests run as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def bring() -> str:
    """Find one, else install one; BrowserMissing says what each attempt came to."""
    with sync_playwright() as playwright:
        downloaded = playwright.chromium.executable_path
    if os.environ.get(CHOSEN):
        return find(downloaded)
    troubles = []
    for attempt in _attempts():
        try:
            return find(downloaded)
        except BrowserMissing:
            troubles.append(attempt())
    try:
        return find(downloaded)
    except BrowserMissing as missing:
        raise BrowserMissing("\n".join([str(missing), *filter(None, troubles)])) from None


def _attempts() -> Iterator[Callable[[], str]]:
    if is_root() and shutil.which("apt-get"):
        yield lambda: _tried("apt-get", "update", "--quiet")
        yield lambda: _tried("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", "chromium")
    yield lambda: _tried(sys.executable, "-m", "playwright", "install", "--no-shell", "chromium")


def _tried(*command: str) -> str:
    sys.stderr.write(f"no Chromium here: {' '.join(command)}\n")
    bare = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        run = subprocess.run(
            command, env=bare, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{' '.join(command)}: {error}"
    return f"{' '.join(command)}: {run.stderr[-1000:]}" if run.returncode else ""


if __name__ == "__main__":
    try:
        sys.stdout.write(bring() + "\n")
    except BrowserMissing as missing:
        sys.exit(str(missing))
