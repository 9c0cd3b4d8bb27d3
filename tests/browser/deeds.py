"""How a person does each thing that the pages offer: what they click, and what has to be true then, on the page and in the store."""

import os
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from playwright.sync_api import Locator, Page, expect

from headway import BatchState, Rate, Ref, ScheduleState, State, cron
from headway.model.ids import uuid7
from headway.store.protocol import NodeInfo
from tests.browser.world import World

LEASE_US = 3_600_000_000

Deed = Callable[[Page, World], None]


def sure(page: Page) -> None:
    """Say yes to the question that is asked: in a dialog, or on a page of its own without scripts."""
    dialog = page.get_by_role("dialog")
    if dialog.is_visible():
        dialog.get_by_role("button").filter(has_not_text="No, go back").click()
        return
    expect(page.get_by_role("heading", name="Are you sure?")).to_be_visible()
    page.get_by_role("button", name="Yes").click()


def press(page: Page, name: str, inside: Locator | None = None) -> None:
    """Click the first button of this name."""
    (inside or page.get_by_role("main")).get_by_role("button", name=name, exact=True).first.click()


def said(page: Page, words: str) -> None:
    """The page tells what was done."""
    expect(page.locator(".flash").first).to_contain_text(words)


def cancel_job(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")
    press(page, "Cancel")
    sure(page)
    expect(page).to_have_url(f"{world.address}/jobs/{job.id}")
    expect(page.get_by_role("main")).to_contain_text("cancelled")
    assert job.status().state is State.CANCELLED


def _cancelled(world: World) -> Ref[str]:
    job: Ref[str] = world.shop["orders.pack"].enqueue(1)
    job.cancel(by="ann")
    return job


def retry_job(page: Page, world: World) -> None:
    job = _cancelled(world)
    page.goto(f"{world.address}/jobs/{job.id}")
    press(page, "Retry")
    expect(page.locator("#head .badge")).to_have_text("queued")
    assert job.status().state is State.QUEUED


def replay_job(page: Page, world: World) -> None:
    job = _cancelled(world)
    page.goto(f"{world.address}/jobs/{job.id}")
    press(page, "Replay")
    sure(page)
    said(page, f"a new job that does what job {job.id} did")
    expect(page).to_have_url(f"{world.address}/jobs/{job.id + 1}")
    assert world.jobs.get(job.id + 1).detail().row.name == "orders.pack"


def delete_job(page: Page, world: World) -> None:
    job = _cancelled(world)
    page.goto(f"{world.address}/jobs/{job.id}")
    press(page, "Delete")
    sure(page)
    said(page, f"Job {job.id} is deleted")
    assert world.jobs.list().rows == ()


def revise_job(page: Page, world: World) -> None:
    job = world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/jobs/{job.id}")
    page.get_by_role("link", name="Change").click()
    page.get_by_label("Queue").fill("attic")
    page.get_by_label("Priority").fill("7")
    page.get_by_label("Arguments").fill('{"order": 42}')
    press(page, "Change")
    expect(page).to_have_url(f"{world.address}/jobs/{job.id}")
    expect(page.locator("#facts")).to_contain_text("attic")
    detail = job.detail()
    assert (detail.row.queue, detail.row.priority, detail.payload) == ("attic", 7, '{"order":42}')


def cancel_selected_jobs(page: Page, world: World) -> None:
    jobs = [world.shop["orders.pack"].enqueue(order) for order in range(3)]
    page.goto(f"{world.address}/jobs")
    for job in jobs[:2]:
        page.locator(f"#job-{job.id}").get_by_role("checkbox").check()
    press(page, "Cancel")
    sure(page)
    said(page, "2 cancelled")
    assert [job.status().state for job in jobs] == [State.CANCELLED, State.CANCELLED, State.QUEUED]


def toggle_schedule(page: Page, world: World) -> None:
    schedule = _scheduled(world)
    page.goto(f"{world.address}/recurring")
    press(page, "Pause", page.locator("tr[data-row]"))
    said(page, "nightly is paused")
    assert world.jobs.get_recurring(schedule).info().state is ScheduleState.PAUSED
    press(page, "Resume", page.locator("tr[data-row]"))
    said(page, "nightly fires again")
    assert world.jobs.get_recurring(schedule).info().state is ScheduleState.ACTIVE


def pause_all_schedules(page: Page, world: World) -> None:
    _scheduled(world)
    page.goto(f"{world.address}/recurring")
    press(page, "Pause all")
    sure(page)
    said(page, "All schedules are paused")
    expect(page.get_by_role("main")).to_contain_text("All schedules are paused by ann")


def resume_all_schedules(page: Page, world: World) -> None:
    pause_all_schedules(page, world)
    press(page, "Resume all")
    said(page, "The schedules fire again")


def run_schedule(page: Page, world: World) -> None:
    _scheduled(world)
    page.goto(f"{world.address}/recurring")
    page.get_by_role("link", name="nightly").first.click()
    press(page, "Run now")
    said(page, "nightly runs now, as job 1")
    assert world.jobs.get(1).name == "housekeeping.sessions"


def remove_schedule(page: Page, world: World) -> None:
    _scheduled(world)
    page.goto(f"{world.address}/recurring")
    press(page, "Remove", page.locator("tr[data-row]"))
    sure(page)
    said(page, "nightly is removed")
    assert world.jobs.schedules() == ()


def change_schedule(page: Page, world: World) -> None:
    schedule = _scheduled(world)
    page.goto(f"{world.address}/recurring")
    page.get_by_role("link", name="nightly").first.click()
    page.get_by_role("link", name="Change").click()
    page.locator("input[name=when]").fill("30 4 * * *")
    page.locator("input[name=zone]").fill("Europe/Berlin")
    press(page, "Preview")
    expect(page.get_by_role("main")).to_contain_text("04:30")
    press(page, "Save")
    expect(page).to_have_url(re.compile(r"/recurring/\d+$"))
    expect(page.get_by_role("main")).to_contain_text("At 04:30")
    assert world.jobs.get_recurring(schedule).next_runs(1)[0].strftime("%H:%M %Z") in {"04:30 CET", "04:30 CEST"}


def cancel_batch(page: Page, world: World) -> None:
    with world.jobs.batch("prices") as batch:
        for order in range(3):
            batch.add(world.shop["orders.pack"].call(order))
    page.goto(f"{world.address}/batches")
    page.get_by_role("link", name="prices").first.click()
    press(page, "Cancel")
    sure(page)
    expect(page.get_by_role("main")).to_contain_text("cancelled by ann")
    assert batch.status().state is BatchState.CANCELLED


def pause_queue(page: Page, world: World) -> None:
    world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/queues")
    press(page, "Pause", page.locator("tr[data-row]"))
    expect(page.locator("tr[data-row]")).to_contain_text("paused by ann")
    (queue,) = world.jobs.queues()
    assert (queue.queue, queue.is_paused, queue.paused_by) == ("warehouse", True, "ann")


def resume_queue(page: Page, world: World) -> None:
    pause_queue(page, world)
    press(page, "Resume", page.locator("tr[data-row]"))
    expect(page.locator("tr[data-row]")).not_to_contain_text("paused")
    assert [queue.is_paused for queue in world.jobs.queues()] == [False]


def limit_queue(page: Page, world: World) -> None:
    world.shop["orders.pack"].enqueue(1)
    page.goto(f"{world.address}/queues")
    form = page.get_by_role("form", name="Limits of warehouse")
    form.get_by_label("at once").fill("3")
    form.get_by_label("starts").fill("10")
    form.get_by_label("in", exact=True).fill("1min")
    press(page, "Set", form)
    expect(page.locator("tr[data-row]")).to_contain_text("3 at once")
    (queue,) = world.jobs.queues()
    assert (queue.size, queue.rate and queue.rate.starts) == (3, 10)
    assert isinstance(queue.rate, Rate)


def drain_worker(page: Page, world: World) -> None:
    uid = _worker(world)
    page.goto(f"{world.address}/workers")
    press(page, "Drain")
    sure(page)
    expect(page.locator("section.node")).to_contain_text("draining")
    assert _state(world, uid) == "draining"


def undrain_worker(page: Page, world: World) -> None:
    drain_worker(page, world)
    press(page, "Work again")
    expect(page.locator("section.node")).to_contain_text("active")
    assert {node.state for node in world.jobs.store.reader.call(world.jobs.store.reader.nodes())} == {"active"}


def run_command(page: Page, world: World) -> None:
    page.goto(f"{world.address}/commands")
    page.get_by_role("link", name="orders.ship").first.click()
    page.get_by_label("order").fill("17")
    page.get_by_label("carrier").fill("gls")
    press(page, "Enqueue")
    expect(page).to_have_url(re.compile(r"/jobs/1$"))
    said(page, "Job 1 is enqueued")
    made: Ref[str] = world.jobs.get(1)
    assert made.name == "orders.ship"
    assert made.detail().payload == '{"order":17,"carrier":"gls"}'


def _scheduled(world: World) -> str:
    call = world.shop["housekeeping.sessions"].call(30)
    return world.jobs.add_recurring("nightly", cron("0 2 * * *"), call).name


def _worker(world: World) -> str:
    jobs = world.jobs
    uid = uuid7(jobs.clock.now_us(), os.urandom(10))
    info = NodeInfo(
        uid=uid, app=jobs.app, host="worker-9", pid=99, names=tuple(world.shop.work), queues=None, concurrency=4, version="1"
    )  # fmt: skip
    jobs.store.call(jobs.store.register(info, lease_us=LEASE_US))
    return uid


def _state(world: World, uid: str) -> str:
    reader = world.jobs.store.reader
    return next(str(node.state) for node in reader.call(reader.nodes()) if node.uid == uid)


DEEDS: Mapping[str, Deed] = MappingProxyType(
    {
        "job-cancel": cancel_job,
        "job-retry": retry_job,
        "job-replay": replay_job,
        "job-delete": delete_job,
        "job-revise-act": revise_job,
        "jobs-bulk-act": cancel_selected_jobs,
        "schedule-toggle": toggle_schedule,
        "schedules-pause": pause_all_schedules,
        "schedules-resume": resume_all_schedules,
        "schedule-run": run_schedule,
        "schedule-remove": remove_schedule,
        "schedule-revise": change_schedule,
        "batch-cancel": cancel_batch,
        "queue-pause": pause_queue,
        "queue-resume": resume_queue,
        "queue-limit": limit_queue,
        "node-drain": drain_worker,
        "node-undrain": undrain_worker,
        "command-run": run_command,
    }
)
"""By the name of the form's route."""
