"""Whoever may only look is offered nothing else, on any page; and what they ask for all the same is refused."""

from typing import Any

import pytest
from playwright.sync_api import Page

from headway.web import Viewer
from tests.browser.judging import axe
from tests.browser.places import PARTICULAR, PLAIN
from tests.browser.watch import Watch
from tests.browser.world import LOOKER, VIEWER, Kind, World

READ_ONLY: dict[str, Any] = {"readonly": True}

pytestmark = pytest.mark.parametrize(
    ("viewer", "options"), [(LOOKER, {}), (VIEWER, READ_ONLY)], ids=["a-viewer", "a-read-only-console"]
)
CHANGING = "main form[method=post]"
FOR_MANAGERS = "/jobs/bulk"
"""Where what is done to many jobs is asked about: it is not even shown to others."""


@pytest.mark.timeout(60)  # it goes through all pages
def test_no_page_offers_a_change(page: Page, watch: Watch, world: World, viewer: Viewer) -> None:
    watch.expect("status of 403")
    for path in PLAIN:
        answer = page.goto(world.address + path)
        assert answer is not None
        assert (path, answer.status) == (path, 403 if path.startswith(FOR_MANAGERS) else 200)
        assert page.locator(CHANGING).count() == 0, path


def test_no_page_of_a_single_thing_offers_a_change(page: Page, world: World, viewer: Viewer) -> None:
    for path in (path for places in PARTICULAR.values() for path in places(world)):
        page.goto(world.address + path)
        assert page.locator(CHANGING).count() == 0, path


@pytest.mark.parametrize("kind", [Kind.EMPTY])
def test_a_change_is_refused_with_a_page_that_says_why(page: Page, watch: Watch, world: World, viewer: Viewer) -> None:
    watch.expect("status of 403")
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")

    page.evaluate(
        """(action) => {
            const form = document.createElement("form");
            Object.assign(form, { method: "post", action });
            document.body.append(form);
            form.submit();
        }""",
        f"{world.address}/jobs/{job.id}/cancel",
    )
    page.wait_for_url("**/cancel")

    assert page.locator("main .status").inner_text() == "403"
    axe(page)
    assert job.status().state == "queued"
