"""Every page, in every world and shape: shown without an error, readable for everybody, light, and nobody's playground."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import pictures
from tests.browser.hostile import MARK
from tests.browser.judging import FIRST_LOAD_BYTES_MAX, axe, first_load_bytes, overflow
from tests.browser.pictures import NARROW_DARK, SHAPES, WIDE_LIGHT
from tests.browser.places import ELSEWHERE, GETS, PARTICULAR, PLAIN, SIGNING
from tests.browser.watch import Watch
from tests.browser.world import Kind, World, opened

PICTURES = os.environ.get("HEADWAY_PICTURES")
"""A folder for a picture of each page, for whoever wants to look at all of them."""
KINDS = tuple(Kind)
JUDGED = (WIDE_LIGHT, NARROW_DARK)
"""The shapes that axe looks at: both layouts, both themes."""


@pytest.fixture(scope="module")
def worlds(
    seeds: Callable[[Kind], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Kind], World]]:
    """One world of each kind for all tests here: they only look."""
    with ExitStack() as stack:

        @cache
        def world(kind: Kind) -> World:
            return stack.enter_context(opened(kind, seeds(kind), tmp_path_factory.mktemp(kind) / "store"))

        yield world


@pytest.fixture
def world(worlds: Callable[[Kind], World], kind: Kind) -> World:
    return worlds(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", PLAIN)
def test_a_page_is_shown(page: Page, world: World, path: str) -> None:
    answer = page.goto(world.address + path, wait_until="load")

    assert answer is not None
    assert answer.status == 200
    judge(page, f"{path.strip('/').replace('/', '-') or 'dashboard'}-{world.kind}")


@pytest.mark.parametrize("kind", [Kind.USUAL, Kind.HOSTILE])
@pytest.mark.parametrize("of", PARTICULAR)
def test_a_page_of_each_thing_is_shown(page: Page, world: World, of: str) -> None:
    for number, path in enumerate(PARTICULAR[of](world)):
        answer = page.goto(world.address + path, wait_until="load")

        assert answer is not None
        assert answer.status == 200, path
        judge(page, f"{of.strip('/?').partition('/')[0]}-{number}-{world.kind}")


def test_every_page_is_looked_at() -> None:
    assert sorted(set(GETS) - set(PLAIN) - PARTICULAR.keys() - SIGNING - ELSEWHERE) == []


@pytest.mark.parametrize("java_script", [False])
@pytest.mark.parametrize("path", PLAIN)
def test_a_page_can_be_read_without_scripts(page: Page, world: World, path: str) -> None:
    page.goto(world.address + path)

    assert page.get_by_role("heading", level=1).inner_text()
    assert page.locator(".needs-script:visible").count() == 0


def test_a_page_of_nothing_says_so(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 404")

    answer = page.goto(f"{world.address}/nowhere")

    assert answer is not None
    assert answer.status == 404
    axe(page)


def judge(page: Page, name: str) -> None:
    """What holds for each page, in each shape; it is loaded once, and then shown otherwise."""
    __tracebackhide__ = True
    assert page.title() != MARK, "what somebody wrote was run"
    assert first_load_bytes(page) < FIRST_LOAD_BYTES_MAX
    for shape in SHAPES:
        page.set_viewport_size({"width": shape.width, "height": shape.height})
        page.emulate_media(color_scheme=shape.scheme)
        if PICTURES:
            pictures.take(page, Path(PICTURES), f"{name}-{shape.name}")
        assert overflow(page) == 0, f"{page.url} is {overflow(page)} px wider than {shape.width}"
        if shape in JUDGED:
            axe(page)
