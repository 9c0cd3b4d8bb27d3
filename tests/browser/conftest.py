"""One browser for the run; for each test a fresh context, whose every error, dialog and foreign request fails the test."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from tests.browser import chromium, pictures
from tests.browser.watch import Watch

ACTION_MS_MAX = 5_000
"""So long a test waits for what it looks for or clicks."""


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = chromium.find(playwright.chromium.executable_path)
    is_root = chromium.is_root()
    browser = playwright.chromium.launch(executable_path=path, args=chromium.arguments(is_root=is_root))
    yield browser
    browser.close()


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Everything that the pages of this test do; what it did not expect fails it at its end."""
    watch = Watch()
    yield watch
    assert watch.unexpected() == []


@pytest.fixture
def shape() -> pictures.Shape:
    """How the page is looked at; a test may parametrize it."""
    return pictures.WIDE_LIGHT


@pytest.fixture
def java_script() -> bool:
    """Whether scripts run; a test may parametrize it."""
    return True


@pytest.fixture
def page(browser: Browser, watch: Watch, address: str, shape: pictures.Shape, *, java_script: bool) -> Iterator[Page]:
    """A page of a fresh browser, at no address yet; relative addresses are those of the fixture `address`."""
    context = pictures.context(browser, shape, java_script=java_script)
    context.set_default_timeout(ACTION_MS_MAX)
    watch.attach(context, address)
    yield context.new_page()
    context.close()
