"""Every page, in every world and shape: shown without an error, readable for everybody, light, and nobody's playground."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.judging import axe, judge
from tests.browser.places import ELSEWHERE, GETS, PARTICULAR, PLAIN, SIGNING
from tests.browser.watch import Watch
from tests.browser.world import Kind, World, opened

KINDS = tuple(Kind)


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


@pytest.mark.timeout(60)  # several pages, in four shapes
@pytest.mark.parametrize("kind", [Kind.USUAL, Kind.HOSTILE])
@pytest.mark.parametrize("of", PARTICULAR)
def test_a_page_of_each_thing_is_shown(page: Page, world: World, of: str) -> None:
    for number, path in enumerate(PARTICULAR[of](world)):
        answer = page.goto(world.address + path, wait_until="load")

        assert answer is not None
        assert answer.status == 200, path
        judge(page, f"{of.strip('/').replace('/{id}', '').replace('?', '-found')}-{number}-{world.kind}")


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
