"""The page of what runs and what is to run, open while jobs come: each is there within two seconds, without a reload."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import Kind, World

WITHIN_MS = 2_000

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])


def test_a_new_job_appears_within_two_seconds(page: Page, world: World) -> None:
    page.goto(f"{world.address}/live")
    page.evaluate("window.stayed = true")
    expect(page.locator("#live-mark")).to_have_text("Live")

    for number in range(1, 4):
        job = world.shop["orders.pack"].enqueue(number)
        expect(page.locator(f"#pending #job-{job.id}")).to_be_visible(timeout=WITHIN_MS)

    expect(page.locator("#pending .count")).to_contain_text("3 queued")
    assert page.evaluate("window.stayed"), "the page was loaded again"


def test_a_job_that_ends_leaves_it(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/live")
    expect(page.locator(f"#job-{job.id}")).to_be_visible()
    expect(page.locator("#live-mark")).to_have_text("Live")

    job.cancel(by="bob")

    expect(page.locator(f"#job-{job.id}")).to_have_count(0, timeout=WITHIN_MS)
    expect(page.locator("#pending")).to_contain_text("Nothing is pending")
