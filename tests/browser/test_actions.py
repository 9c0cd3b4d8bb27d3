"""Every form that changes something, clicked as a person does, with scripts and without."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from headway import State
from headway.web.pages.table import ROUTES
from tests.browser.world import World

Deed = Callable[[Page, World], None]


def sure(page: Page, *, yes: bool = True) -> None:
    """Answer the question that is asked: in a dialog, or on a page of its own without scripts."""
    dialog = page.get_by_role("dialog")
    if dialog.is_visible():
        dialog.get_by_role("button").filter(has_not_text="No, go back").click()
        return
    expect(page.get_by_role("heading", name="Are you sure?")).to_be_visible()
    page.get_by_role("button", name="Yes").click()


def cancel(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")
    page.get_by_role("button", name="Cancel").click()
    sure(page)
    expect(page).to_have_url(f"{world.address}/jobs/{job.id}")
    expect(page.get_by_role("main")).to_contain_text("cancelled")
    assert job.status().state is State.CANCELLED


DEEDS: dict[str, Deed] = {"job-cancel": cancel}
"""What each form's route is called, and how it is clicked."""


@pytest.mark.parametrize("java_script", [True, False], ids=["with-scripts", "without-scripts"])
@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS.keys())
def test_a_form_does_what_it_says(page: Page, world: World, deed: Deed) -> None:
    deed(page, world)


def test_every_form_is_clicked_here() -> None:
    forms = {route.name for route in ROUTES if route.method == "POST"}

    assert sorted(forms ^ DEEDS.keys()) == []
