"""A real worker in this process: its start-up, the hooks it tells, the parents its jobs see, handlers that come late."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import Cancelled, Context, EventKind, JobEvent, Jobs, StartupFailed, State, Worker
from headway.store.protocol import JobFilter
from tests.run.stage import wait_for

WAIT_S = 15


class Seen:
    """What hooks were told, to be waited for."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[JobEvent] = []

    def __call__(self, event: JobEvent) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def until(self, count: int) -> list[JobEvent]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.events) >= count, WAIT_S), self.events
            return list(self.events)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        yield jobs


@pytest.fixture
def seen() -> Seen:
    return Seen()


def test_hooks_are_told_of_a_retry_the_failure_and_a_cancellation_after_they_are_durable(
    jobs: Jobs, seen: Seen
) -> None:
    states: list[State] = []

    @jobs.on_failure
    def failed(event: JobEvent) -> None:
        row = jobs.store.reader.call(jobs.store.reader.job(event.id))
        assert row is not None
        states.append(row.state)
        seen(event)

    @jobs.on_retry
    @jobs.on_cancel
    async def told(event: JobEvent) -> None:
        seen(event)

    def broken() -> None:
        raise ValueError("no such page")

    def declines() -> Cancelled:
        return Cancelled("nothing to do")

    job = jobs.register(broken, name="broken", retries=1, backoff=lambda _failures: timedelta(0))
    with Worker(jobs, concurrency=1):
        ref = job.enqueue()
        retrying, failed_ = seen.until(2)
        jobs.register(declines, name="declines").enqueue()
        cancelled = seen.until(3)[2]
    assert (retrying.kind, retrying.attempt, retrying.due is not None) == (EventKind.RETRYING, 1, True)
    assert (failed_.kind, failed_.attempt, failed_.ref_id, failed_.queue) == (
        EventKind.FAILED, 2, ref.ref_id, "default",
    )  # fmt: skip
    assert (failed_.error_type, failed_.message) == ("ValueError", "no such page")
    assert "broken" in (failed_.traceback or "")
    assert (cancelled.kind, cancelled.reason) == (EventKind.CANCELLED, "nothing to do")
    assert states == [State.FAILED]
    assert len(seen.events) == 3


def test_a_worker_that_stops_tells_its_hooks_of_the_last_ends(jobs: Jobs, seen: Seen) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def broken() -> None:
        begun.set()
        assert go_on.wait(WAIT_S)
        raise ValueError

    jobs.on_failure(seen)
    jobs.register(broken, name="broken", retries=0).enqueue()
    worker = Worker(jobs)
    worker.start()
    assert begun.wait(WAIT_S)
    stopping = threading.Thread(target=worker.stop)
    stopping.start()
    go_on.set()
    stopping.join(WAIT_S)
    assert [event.kind for event in seen.events] == [EventKind.FAILED]


def test_start_up_hooks_run_before_the_first_claim(jobs: Jobs) -> None:
    order: list[str] = []

    @jobs.on_startup(priority=1)
    async def second() -> None:
        order.append("second")

    @jobs.on_startup(priority=2)
    def first() -> None:
        order.append("first")

    job = jobs.register(lambda: order.append("job"), name="job")
    job.enqueue()
    assert Worker(jobs).run_until_idle(WAIT_S)
    assert order == ["first", "second", "job"]


def test_a_start_up_hook_that_raises_leaves_nothing_started_and_nothing_claimed(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    ref = job.enqueue()
    broken = [True]

    @jobs.on_startup()
    def connect() -> None:
        if broken[0]:
            raise ConnectionError("no database")

    worker = Worker(jobs)
    with pytest.raises(StartupFailed, match="connect failed: ConnectionError: no database"):
        worker.start()
    worker.stop()
    assert ref.status().state is State.QUEUED
    assert jobs.store.reader.call(jobs.store.reader.nodes()) == ()
    broken[0] = False
    assert Worker(jobs).run_until_idle(WAIT_S)
    assert ref.status().state is State.COMPLETED


def test_a_handler_that_a_start_up_hook_registers_is_claimed(jobs: Jobs) -> None:
    @jobs.on_startup()
    def discover() -> None:
        jobs.register(lambda: 5, name="late")

    ref = jobs.enqueue_by_name("late", {}, allow_unknown=True)
    with Worker(jobs):
        assert ref.result(timeout=WAIT_S) == 5


PLUGIN = """
from late_shop import jobs

@jobs.job(name="plugged", run_in="process")
def plugged() -> int:
    return 6
"""


def test_a_process_handler_whose_module_is_imported_late_runs_in_a_warm_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = str(tmp_path / "store")
    source = f"""
import os
from headway import Jobs

jobs = Jobs({place!r}, durability="relaxed")

@jobs.job(name="early", run_in="process")
def early() -> int:
    return os.getpid()
"""
    (tmp_path / "late_shop.py").write_text(source)
    (tmp_path / "late_plugin.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    shop = importlib.import_module("late_shop")
    with shop.jobs, Worker(shop.jobs, children=1):
        shop.early.enqueue().result(timeout=WAIT_S)
        plugin = importlib.import_module("late_plugin")
        assert plugin.plugged.enqueue().result(timeout=WAIT_S) == 6
    for name in ("late_shop", "late_plugin"):
        del sys.modules[name]


def test_a_process_handler_that_only_this_process_has_is_claimed_no_more_and_named_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = str(tmp_path / "store")
    (tmp_path / "lone_shop.py").write_text(f"from headway import Jobs\njobs = Jobs({place!r}, durability='relaxed')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    jobs = importlib.import_module("lone_shop").jobs
    with jobs, Worker(jobs, children=1) as worker:
        ref = jobs.register(lambda: 1, name="only_here", run_in="process").enqueue()
        after = jobs.register(lambda: 2, name="after").enqueue()
        assert after.result(timeout=WAIT_S) == 2
        wait_for(lambda: "no child process knows only_here" in caplog.text)
        assert worker.wait_idle(WAIT_S)
        status = ref.status()
        assert (status.state, status.tries) == (State.QUEUED, 0)
    del sys.modules["lone_shop"]


async def test_under_a_lifespan_asynchronous_hooks_run_on_the_application_s_loop(jobs: Jobs) -> None:
    loops: list[Any] = []
    told = asyncio.Event()

    @jobs.on_startup()
    async def connect() -> None:
        loops.append(asyncio.get_running_loop())

    @jobs.on_failure
    async def failed(_event: JobEvent) -> None:
        loops.append(asyncio.get_running_loop())
        told.set()

    async def broken() -> None:
        raise ValueError

    job = jobs.register(broken, name="broken", retries=0)
    async with Worker(jobs).lifespan():
        await job.aenqueue()
        await asyncio.wait_for(told.wait(), WAIT_S)
    assert loops == [asyncio.get_running_loop()] * 2


def test_a_job_sees_its_parents_also_from_a_coroutine(jobs: Jobs) -> None:
    def number(n: int) -> int:
        return 10 * n

    def total() -> int:
        context = Context.current()
        assert context.parent == context.parents[0]
        return sum(parent.result for parent in context.parents)

    async def atotal(ctx: Context) -> list[int]:
        parents = await ctx.aparents()
        assert ctx.parents is parents
        return [parent.arguments["n"] for parent in parents]

    job = jobs.register(number, name="number")
    refs = [job.enqueue(1), job.enqueue(2)]
    plain = jobs.register(total, name="total").using(depends_on=refs).enqueue()
    awaited = jobs.register(atotal, name="atotal", takes_context=True).using(depends_on=refs).enqueue()
    with Worker(jobs):
        assert plain.result(timeout=WAIT_S) == 30
        assert awaited.result(timeout=WAIT_S) == [1, 2]


def test_the_limit_of_results_is_the_application_s_own(tmp_path: Path) -> None:
    with Jobs(tmp_path / "small", durability="relaxed", result_max_bytes=10) as jobs:
        ref = jobs.register(lambda: "longer than that", name="talks").enqueue()
        assert Worker(jobs).run_until_idle(WAIT_S)
        (row,) = jobs.store.reader.call(jobs.store.reader.page(JobFilter())).rows
        assert (row.state, row.code, ref.result()) == (State.COMPLETED, "result_omitted", None)
