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
from tests.browser.pictures import NARROW_DARK, NARROW_LIGHT, SHAPES, WIDE_DARK, WIDE_LIGHT
from tests.browser.places import PLAIN, jobs_to_look_at
from tests.browser.watch import Watch
from tests.browser.world import Kind, World, opened

PICTURES = os.environ.get("HEADWAY_PICTURES")
"""A folder for a picture of each page, for whoever wants to look at all of them."""
LOOKS = (
    *((Kind.USUAL, shape) for shape in SHAPES),
    *((Kind.EMPTY, shape) for shape in (WIDE_LIGHT, NARROW_DARK)),
    *((Kind.HOSTILE, shape) for shape in (WIDE_DARK, NARROW_LIGHT)),
)


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


@pytest.mark.parametrize(("kind", "shape"), LOOKS, ids=[f"{kind.value}-{shape.name}" for kind, shape in LOOKS])
@pytest.mark.parametrize("path", PLAIN)
def test_a_page_is_shown(page: Page, world: World, shape: pictures.Shape, path: str) -> None:
    answer = page.goto(world.address + path, wait_until="load")

    assert answer is not None
    assert answer.status == 200
    judge(page, shape)
    picture(page, f"{path.strip('/').replace('/', '-') or 'dashboard'}-{world.kind}-{shape.name}")


@pytest.mark.parametrize(
    ("kind", "shape"),
    [(Kind.USUAL, WIDE_LIGHT), (Kind.USUAL, NARROW_DARK), (Kind.HOSTILE, WIDE_DARK), (Kind.HOSTILE, NARROW_LIGHT)],
    ids=lambda one: getattr(one, "name", one).lower(),
)
def test_a_job_of_each_kind_is_shown(page: Page, world: World, shape: pictures.Shape) -> None:
    for number, job in enumerate(jobs_to_look_at(world)):
        answer = page.goto(f"{world.address}/jobs/{job}", wait_until="load")

        assert answer is not None
        assert answer.status == 200
        judge(page, shape)
        picture(page, f"job-{number}-{world.kind}-{shape.name}")


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


def judge(page: Page, shape: pictures.Shape) -> None:
    """What holds for each page."""
    __tracebackhide__ = True
    assert MARK not in page.title()
    assert overflow(page) == 0, f"{page.url} is {overflow(page)} px wider than {shape.width}"
    assert first_load_bytes(page) < FIRST_LOAD_BYTES_MAX
    axe(page)


def picture(page: Page, name: str) -> None:
    if PICTURES:
        pictures.take(page, Path(PICTURES), name)
