"""Settings, hooks and what tests of an application are given."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from headway import Context, JobEvent, Jobs, OptionUnknown, StartupFailed, State, Worker
from headway.testing import FakeClock, inline, manual, recording
from tests.acceptance.moments import AT_ONCE, WAIT_S, until


def test_an_argument_beats_a_variable_beats_a_file_beats_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen = [Jobs().settings.default_retries]
    (tmp_path / "headway.toml").write_text("default_retries = 3\n")
    seen.append(Jobs().settings.default_retries)
    monkeypatch.setenv("HEADWAY_DEFAULT_RETRIES", "4")
    seen.append(Jobs().settings.default_retries)
    seen.append(Jobs(default_retries=5).settings.default_retries)
    assert seen == [2, 3, 4, 5]
    with pytest.raises(OptionUnknown, match="default_retries"):
        Jobs(default_retrys=1)  # type: ignore[call-arg]


def test_jobs_start_after_the_start_up_actions_and_a_failing_one_stops_the_start(jobs: Jobs) -> None:
    order: list[str] = []
    ready = threading.Event()
    job = jobs.register(lambda: order.append("job"), name="job")
    ref = job.enqueue()

    @jobs.on_startup(priority=1)
    def second() -> None:
        order.append("second")

    @jobs.on_startup(priority=5)
    async def first() -> None:
        order.append("first")
        if not ready.is_set():
            raise ConnectionError("no database")

    with pytest.raises(StartupFailed, match="no database"), Worker(jobs):
        order.append("never")
    assert ref.status().state is State.QUEUED
    ready.set()
    with Worker(jobs):
        ref.result(WAIT_S)
    assert order == ["first", "first", "second", "job"]


def test_a_final_failure_is_told_once_with_job_and_error_and_an_error_of_the_hook_changes_nothing(jobs: Jobs) -> None:
    failed, retried, cancelled = [], [], []

    @jobs.on_failure
    def raises(event: JobEvent) -> None:
        failed.append(event)
        raise RuntimeError("the hook itself is broken")

    jobs.on_retry(retried.append)
    jobs.on_cancel(cancelled.append)

    def broken() -> None:
        raise ValueError("no paper")

    with Worker(jobs):
        ref = jobs.register(broken, name="broken", retries=2, backoff=AT_ONCE).enqueue()
        ref.wait(WAIT_S)
        off = jobs.register(lambda ctx: ctx.cancelled, name="off", takes_context=True)
        off.enqueue().wait(WAIT_S)
        until(lambda: failed and len(retried) == 2)
    (event,) = failed
    assert (event.id, event.ref_id, event.name, event.attempt) == (ref.id, ref.ref_id, "broken", 3)
    assert (event.error_type, event.message) == ("ValueError", "no paper")
    assert cancelled == []


def test_time_outs_leases_and_pauses_follow_an_owned_clock(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "real")

    def broken(ctx: Context) -> str:
        if ctx.attempt < 4:
            raise ConnectionError
        return "up"

    job = jobs.register(broken, name="broken", takes_context=True, retries=5)
    with manual(jobs, clock=FakeClock()) as world:
        start = world.clock.now()
        refs = [job.using(run_after=timedelta(days=day)).enqueue() for day in range(0, 364, 7)]
        done = world.drain(until=start + timedelta(days=366))
        assert (done.run, done.completed) == (4 * 52, 52)
        assert refs[-1].result() == "up"
        finished = refs[-1].status().finished
        assert finished is not None
        assert timedelta(days=357) < finished - start < timedelta(days=357, minutes=1)


def test_a_test_records_runs_by_hand_or_runs_at_once_without_threads(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path / "real")
    names: list[str] = []

    def greet(name: str) -> str:
        names.append(f"{name} on {threading.current_thread().name}")
        return f"hello {name}"

    job = jobs.register(greet, name="greet")
    here = threading.current_thread().name
    with recording(jobs) as sent:
        job.enqueue("ann")
        assert sent.of(job) == [job.call("ann")]
    with manual(jobs) as world:
        ref = job.enqueue("bob")
        world.drain()
        assert ref.result() == "hello bob"
    with inline(jobs):
        assert job.enqueue("cy").result() == "hello cy"
    assert names == [f"bob on {here}", f"cy on {here}"]
    assert not (tmp_path / "real").exists()
