"""Pages that are open follow what happens, without losing what somebody is doing on them."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from headway import Context, State, Worker
from tests.browser.watch import Watch
from tests.browser.world import Kind, World

STEPS = 4
WAIT_SECONDS_MAX = 30

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])


class Gate:
    """Lets a body go on step by step."""

    def __init__(self) -> None:
        self._turns = threading.Semaphore(0)

    def open(self, steps: int = 1) -> None:
        self._turns.release(steps)

    def wait(self) -> None:
        assert self._turns.acquire(timeout=WAIT_SECONDS_MAX)


@pytest.fixture
def gate(world: World) -> Iterator[Gate]:
    """Of the job `climb`, which a worker of this test runs."""
    gate = Gate()

    @world.jobs.job(name="climb", takes_context=True)
    def climb(ctx: Context, mountain: str) -> str:
        for step in ctx.track(range(STEPS), f"climbing {mountain}"):
            gate.wait()
            ctx.log.warning("camp %d reached", step + 1)
        return f"on top of {mountain}"

    with Worker(world.jobs):
        yield gate
        gate.open(100)


def climb(world: World, mountain: str = "Rigi") -> int:
    job: int = world.jobs.enqueue_by_name("climb", {"mountain": mountain}).id
    return job


def test_a_job_is_watched_from_its_start_to_its_end(page: Page, world: World, gate: Gate) -> None:
    page.goto(f"{world.address}/jobs/{climb(world)}")
    page.evaluate("window.stayed = true")
    log = page.get_by_role("list", name="Lines of the log")
    expect(page.locator("#live-mark")).to_have_text("Live")
    expect(page.locator("#head")).to_contain_text("running")

    for step in range(1, STEPS):
        gate.open()
        expect(page.locator("#now")).to_contain_text(f"{100 * step // STEPS} %")
        expect(page.locator("#now progress")).to_have_attribute("value", f"{100 * step // STEPS}")
        expect(log).to_contain_text(f"camp {step} reached")
    gate.open()

    expect(page.locator("#head")).to_contain_text("completed")
    expect(page.locator("#result")).to_contain_text("on top of Rigi")
    expect(log).to_contain_text(f"camp {STEPS} reached")
    assert page.evaluate("window.stayed"), "the page was loaded again"


def test_a_log_shows_the_level_that_is_asked_for(page: Page, world: World, gate: Gate) -> None:
    page.goto(f"{world.address}/jobs/{climb(world)}")
    gate.open(STEPS)
    line = page.get_by_text("camp 1 reached")
    expect(line).to_be_visible()

    page.get_by_role("link", name="Errors").click()
    expect(line).to_be_hidden()
    page.get_by_role("link", name="Warnings").click()

    expect(line).to_be_visible()


def test_a_job_that_is_enqueued_appears_in_an_open_list(page: Page, world: World) -> None:
    world.shop["mail.receipt"].enqueue(1, "ann@example.org")
    page.goto(f"{world.address}/jobs")
    expect(page.locator("#live-mark")).to_have_text("Live")

    world.shop["orders.pack"].enqueue(2)

    expect(page.locator("tr[data-row]")).to_have_count(2)
    expect(page.locator("tr[data-row]").first).to_contain_text("orders.pack")


def test_a_list_keeps_focus_and_selection_while_it_changes(page: Page, world: World) -> None:
    first = world.shop["mail.receipt"].enqueue(1, "ann@example.org")
    page.goto(f"{world.address}/jobs")
    expect(page.locator("#live-mark")).to_have_text("Live")
    box = page.locator(f"#job-{first.id} input[type=checkbox]")
    box.check()
    box.focus()

    world.shop["orders.pack"].enqueue(2)
    expect(page.locator("tr[data-row]")).to_have_count(2)

    expect(box).to_be_checked()
    expect(box).to_be_focused()


def test_a_page_that_lost_its_server_says_so_and_comes_back(page: Page, watch: Watch, world: World) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED")
    page.goto(f"{world.address}/jobs")
    mark = page.locator("#live-mark")
    expect(mark).to_have_text("Live")

    page.context.set_offline(offline=True)
    expect(mark).to_contain_text("stale since")
    world.shop["orders.pack"].enqueue(2)
    page.context.set_offline(offline=False)

    expect(mark).to_have_text("Live")
    expect(page.locator("tr[data-row]")).to_have_count(1)


def test_the_clocks_of_a_page_that_lost_its_server_stand_still(
    page: Page, watch: Watch, world: World, gate: Gate
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED")
    page.clock.install()
    page.goto(f"{world.address}/jobs/{climb(world)}")
    running = page.locator("#now time[data-since]")
    mark = page.locator("#live-mark")
    expect(mark).to_have_text("Live")
    expect(running).to_be_visible()

    page.context.set_offline(offline=True)
    expect(mark).to_contain_text("stale since")
    shown = running.inner_text()
    page.clock.fast_forward("10:00")
    assert running.inner_text() == shown
    page.context.set_offline(offline=False)

    expect(mark).to_have_text("Live")
    expect(running).not_to_have_text(shown)


def test_what_runs_on_a_page_that_is_not_live_does_not_count_on(page: Page, world: World, gate: Gate) -> None:
    job = climb(world)
    page.goto(f"{world.address}/jobs/{job}")
    expect(page.locator("#head")).to_contain_text("running")
    page.clock.install()
    page.goto(f"{world.address}/jobs?sort=-duration")
    running = page.locator("time[data-since]")
    shown = running.inner_text()

    page.clock.fast_forward("10:00")

    assert page.locator("#live-mark").is_hidden()
    assert running.inner_text() == shown


def test_leaving_a_live_page_ends_its_stream_without_a_word(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(2)
    for _ in range(8):
        page.goto(f"{world.address}/jobs")
        expect(page.locator("#live-mark")).to_have_text("Live")
        page.goto(f"{world.address}/jobs/{job.id}")
        expect(page.locator("#live-mark")).to_have_text("Live")

    assert job.status().state is State.QUEUED
