"""Cancellation, before the start and while a job runs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from datetime import timedelta

import pytest

from faults.scene import Scene, is_alive
from headway import CancelAnswer, Context, Jobs, State, Worker
from headway.model.outcome import EndKind
from tests.acceptance.moments import WAIT_S
from tests.acceptance.test_execution import APPLICATION


def test_a_cancelled_pending_job_never_runs_and_tells_who_and_when(jobs: Jobs) -> None:
    ran: list[int] = []
    job = jobs.register(lambda: ran.append(1), name="job")
    queued, scheduled = job.enqueue(), job.using(run_after=timedelta(milliseconds=50)).enqueue()
    assert (jobs.cancel(queued.id, by="ann"), jobs.cancel(scheduled.ref_id)) == (CancelAnswer.CANCELLED,) * 2
    assert Worker(jobs).run_until_idle(WAIT_S)
    assert jobs.cancel(queued.id) is CancelAnswer.FINAL
    status = queued.status()
    assert (status.state, ran) == (State.CANCELLED, [])
    assert status.finished is not None
    (event,) = queued.detail().events
    assert (event.kind, event.by) == ("cancel", "ann")


@pytest.mark.parametrize("name", ["waits_async", "waits_thread", "waits_process"])
def test_a_running_job_of_another_process_is_cancelled_within_a_second(scene: Scene, name: str) -> None:
    scene.worker(application=APPLICATION)
    with Jobs(str(scene.place)) as client:
        ref = client.enqueue_by_name(name, {}, allow_unknown=True)
        scene.begun(ref.id)
        asked = time.monotonic()
        assert ref.cancel(by="ann") is CancelAnswer.REQUESTED
        status = ref.wait(WAIT_S)
        took = time.monotonic() - asked
    assert (status.state, len(scene.detail(ref.id).attempts)) == (State.CANCELLED, 1)
    assert took < 2 if name == "waits_process" else took < 1
    if name != "waits_process":
        assert len(scene.diary(ref.id, "E")) == 1, "its own clean-up ran"


def test_a_cancelled_process_that_ignores_every_signal_is_killed_after_its_grace_and_others_run_on(
    scene: Scene,
) -> None:
    scene.worker(application=APPLICATION)
    with Jobs(str(scene.place)) as client:
        ref = client.enqueue_by_name("deaf_process", {}, allow_unknown=True)
        body = scene.begun(ref.id).pid
        assert is_alive(body)
        assert ref.cancel(by="ann") is CancelAnswer.REQUESTED
        status = ref.wait(WAIT_S)
        assert (status.state, status.reason) == (State.CANCELLED, "cancelled by ann")
        assert not is_alive(body), "it is settled only after the kill"
        (attempt,) = ref.detail().attempts
        assert attempt.kind is EndKind.CANCELLED
        assert isinstance(client.enqueue_by_name("burns", {"seconds": 0}, allow_unknown=True).result(WAIT_S), int)


def test_a_loop_that_looks_at_its_token_stops_at_the_next_look(jobs: Jobs) -> None:
    steps, begun = [], threading.Event()

    def body(ctx: Context) -> None:
        pause = threading.Event()
        for step in ctx.track(range(10_000)):
            steps.append(step)
            begun.set()
            pause.wait(0.005)

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        assert begun.wait(WAIT_S)
        ref.cancel()
        assert ref.wait(WAIT_S).state is State.CANCELLED
    assert len(steps) < 1000


def test_the_result_of_a_job_that_swallows_its_cancellation_is_discarded(jobs: Jobs) -> None:
    begun = threading.Event()

    async def stubborn() -> int:
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return 42

    with Worker(jobs):
        ref = jobs.register(stubborn, name="stubborn").enqueue()
        assert begun.wait(WAIT_S)
        ref.cancel()
        assert ref.wait(WAIT_S).state is State.CANCELLED
    assert ref.detail().result is None
