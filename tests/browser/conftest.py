"""One browser for the run; for each test a fresh context, whose every error, dialog and foreign request fails the test."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from headway.web import Viewer
from tests.browser import chromium, pictures
from tests.browser.watch import Watch
from tests.browser.world import VIEWER, Kind, World, make, opened

WAIT_MS_MAX = 15_000
"""So long a test waits for what it looks for or clicks: a busy machine takes its time, and how quick a page is, is measured elsewhere."""

expect.set_options(timeout=WAIT_MS_MAX)


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


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], Path]:
    """The made-up store of each kind of world, made when it is first asked for."""

    @cache
    def seed(kind: Kind) -> Path:
        folder = tmp_path_factory.mktemp("seeds") / kind
        with ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one, and drains refuse to block a loop
            thread.submit(make, kind, folder).result()
        return folder

    return seed


@pytest.fixture
def kind() -> Kind:
    """How the test's world is furnished; a test may parametrize it."""
    return Kind.USUAL


@pytest.fixture
def viewer() -> Viewer:
    """Who looks; a test may parametrize it."""
    return VIEWER


@pytest.fixture
def options() -> dict[str, Any]:
    """What `admin` is given besides; a test may parametrize it."""
    return {}


@pytest.fixture
def world(
    kind: Kind, viewer: Viewer, options: dict[str, Any], seeds: Callable[[Kind], Path], tmp_path: Path
) -> Iterator[World]:
    """A world of the test's own."""
    with opened(kind, seeds(kind), tmp_path / "store", viewer=viewer, **options) as world:
        yield world


@pytest.fixture
def address(world: World) -> str:
    """Where the pages are; a test without a world has another one of its own."""
    return world.address


@pytest.fixture
def page(browser: Browser, watch: Watch, address: str, shape: pictures.Shape, *, java_script: bool) -> Iterator[Page]:
    """A page of a fresh browser, at no address yet; relative addresses are those of the fixture `address`."""
    context = pictures.context(browser, shape, java_script=java_script)
    context.set_default_timeout(WAIT_MS_MAX)
    watch.attach(context, address)
    yield context.new_page()
    context.close()
