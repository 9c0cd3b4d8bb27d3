"""The page of a job, open while it runs: what the job says is there within two seconds, and it can be stopped from there."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from headway import Context, State, Worker
from tests.browser.world import Kind, World

WITHIN_MS = 2_000
STEPS = 3

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])


@pytest.fixture
def steps(world: World) -> Iterator[threading.Semaphore]:
    """Each release lets the job `climb` go on by a step."""
    steps = threading.Semaphore(0)

    @world.jobs.job(name="climb", takes_context=True, retries=0)
    def climb(ctx: Context) -> None:
        for step in range(1, STEPS + 2):
            while not steps.acquire(timeout=0.05):
                ctx.raise_if_cancelled()
            ctx.progress(100 * step // (STEPS + 1), f"camp {step}")
            ctx.log.warning("camp %d reached", step)

    with Worker(world.jobs):
        yield steps
        steps.release(10 * STEPS)


def test_what_a_job_says_is_there_within_two_seconds_and_it_is_stopped(
    page: Page, world: World, steps: threading.Semaphore
) -> None:
    job = world.jobs.enqueue_by_name("climb", {})
    page.goto(f"{world.address}/jobs/{job.id}")
    page.evaluate("window.stayed = true")
    expect(page.locator("#live-mark")).to_have_text("Live")
    expect(page.locator("#head")).to_contain_text("running")

    for step in range(1, STEPS + 1):
        steps.release()
        expect(page.locator("#now")).to_contain_text(f"camp {step}", timeout=WITHIN_MS)
        expect(page.get_by_text(f"camp {step} reached")).to_be_visible(timeout=WITHIN_MS)

    page.get_by_role("button", name="Cancel").click()
    page.locator("#ask-yes").click()
    expect(page.locator("#head")).to_contain_text("cancelled")
    assert page.evaluate("window.stayed") is None, "a form loads the page again"
    assert job.status().state is State.CANCELLED

    page.get_by_role("button", name="Retry").click()
    expect(page.locator("#head")).to_contain_text("running")
