"""The pages that ask for something before it is done: forms, also those that were filled in wrongly, and questions."""

import json

import pytest
from playwright.sync_api import Page, expect

from headway import cron
from tests.browser.deeds import press
from tests.browser.judging import axe, judge
from tests.browser.watch import Watch
from tests.browser.world import Kind, World

pytestmark = pytest.mark.parametrize("kind", [Kind.EMPTY])
CRON_OF_FOUR = "0 2 * *"


@pytest.fixture
def schedule(world: World) -> str:
    """Where the one is that may be changed here."""
    world.jobs.add_recurring("nightly", cron("0 2 * * *"), world.shop["housekeeping.sessions"].call(30))
    reader = world.jobs.store.reader
    (row,) = reader.call(reader.schedules(app=world.jobs.app))
    return f"{world.address}/recurring/{row.id}"


def test_the_form_of_a_schedule(page: Page, schedule: str) -> None:
    page.goto(f"{schedule}/edit")
    judge(page, "schedule-edit")

    page.locator("input[name=when]").fill(CRON_OF_FOUR)
    press(page, "Preview")

    expect(page.locator("input[name=when]")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    judge(page, "schedule-edit-wrong")


def test_the_form_of_a_job(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 4")
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}/revise")
    judge(page, "job-revise")

    page.get_by_label("Priority").fill("very")
    press(page, "Change")

    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Priority")).to_have_value("very")
    judge(page, "job-revise-wrong")


def test_the_limits_of_a_queue(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 4")
    world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/queues")

    form = page.get_by_role("form", name="Limits of warehouse")
    form.get_by_label("at once").fill("some")
    press(page, "Set", form)

    expect(page.get_by_role("alert")).to_contain_text("warehouse")
    judge(page, "queues-wrong")


def test_the_form_of_a_command(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 4")
    page.goto(f"{world.address}/command?name=orders.charge")
    page.get_by_text("Queue, delay, priority").click()
    page.get_by_text("All arguments as JSON").click()
    judge(page, "command-open")

    page.get_by_label("order").fill("seventeen")
    page.get_by_label("Delay").fill("soon")
    press(page, "Enqueue")

    expect(page.get_by_label("order")).to_have_value("seventeen")
    expect(page.locator("[aria-invalid=true], [role=alert]").first).to_be_visible()
    judge(page, "command-wrong")


def test_arguments_that_are_no_json(page: Page, watch: Watch, world: World) -> None:
    watch.expect("status of 4")
    page.goto(f"{world.address}/command?name=orders.charge")
    page.get_by_text("All arguments as JSON").click()
    page.get_by_label("Arguments as JSON").fill(json.dumps({"order": 1})[:-1])

    press(page, "Enqueue this JSON")

    expect(page.get_by_label("Arguments as JSON")).to_have_attribute("aria-invalid", "true")
    judge(page, "command-no-json")


def test_questions_in_a_dialog(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")

    press(page, "Cancel")

    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="No, go back")).to_be_focused()
    axe(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    axe(page)


@pytest.mark.parametrize("java_script", [False])
def test_questions_on_a_page(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")

    press(page, "Cancel")

    expect(page.get_by_role("heading", name="Are you sure?")).to_be_visible()
    page.get_by_role("link", name="No, go back").click()
    expect(page).to_have_url(f"{world.address}/jobs/{job.id}")
    assert job.status().state == "queued"
