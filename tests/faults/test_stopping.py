"""A worker that is told to stop: what fits the time ends, what does not is given back, and the exit is bounded."""

import signal
import time

import pytest

from faults.scene import Scene, is_alive, wait_until


def test_a_deploy_interrupts_no_job_that_fits_the_time(scene: Scene) -> None:
    longest_s = 1.0
    old = scene.worker(shutdown_timeout=5)
    jobs = scene.put_many([
        *[("rests", {"s": longest_s})] * 4, *[("rests_on_thread", {"s": 0.7})] * 3, *[("rests_apart", {"s": 0.7})] * 2,
    ])  # fmt: skip
    waiting = scene.put_many([("rests", {"s": 0.05})] * 20)
    for job in jobs:
        scene.begun(job)
    old.signal(signal.SIGTERM)
    asked = time.monotonic()
    new = scene.worker(ready=False)
    assert old.ended() == 0
    assert time.monotonic() - asked <= longest_s + 1
    scene.finish(*jobs, *waiting)
    assert {tuple(scene.kinds(job)) for job in jobs} == {("returned",)}, "nothing was interrupted"
    assert {scene.kinds(job)[-1] for job in waiting} == {"returned"}
    assert {scene.detail(job).row.tries for job in waiting} == {0}
    assert is_alive(new.pid)
    assert scene.breaches() == []


@pytest.mark.parametrize("name", ["rests", "rests_on_thread", "rests_apart"])
def test_what_does_not_fit_the_time_is_given_back_uncharged_and_runs_elsewhere_soon(scene: Scene, name: str) -> None:
    """Also a thread that sleeps and hears nothing: it does not keep the process."""
    timeout_s, grace_s = 0.5, 0.5
    old = scene.worker(shutdown_timeout=timeout_s, shutdown_grace=grace_s)
    job = scene.put(name, s=60)
    first = scene.begun(job)
    scene.worker()
    old.signal(signal.SIGTERM)
    asked = time.monotonic()
    second = scene.begun(job, 2)
    assert time.monotonic() - asked <= timeout_s + grace_s + 2
    assert old.ended() == 0
    assert time.monotonic() - asked <= timeout_s + grace_s + 2
    wait_until(lambda: not is_alive(first.pid), "the first body is gone")
    row = scene.detail(job).row
    assert (row.state, row.tries, row.crashes) == ("running", 0, 0)
    assert scene.kinds(job) == ["released"]
    assert (second.epoch, second.pid == first.pid) == (2, False)


def test_a_process_that_ignores_sigterm_is_killed_and_its_job_runs_elsewhere(scene: Scene) -> None:
    old = scene.worker(shutdown_timeout=0.3, shutdown_grace=0.5)
    job = scene.put("deaf")
    first = scene.begun(job)
    old.signal(signal.SIGTERM)
    asked = time.monotonic()
    assert old.ended() == 0
    assert time.monotonic() - asked <= 0.3 + 0.5 + 2
    assert not is_alive(first.pid)
    assert (scene.state(job), scene.kinds(job), scene.detail(job).row.tries) == ("queued", ["released"], 0)


@pytest.mark.parametrize("name", ["deaf", "swallows_cancel"])
def test_a_job_that_ignores_its_cancellation_ends_cancelled_all_the_same(scene: Scene, name: str) -> None:
    worker = scene.worker()
    job = scene.put(name)
    first = scene.begun(job)
    scene.store.call(scene.store.cancel(job, by="ann"))
    assert scene.finish(job, seconds=5) == ["cancelled"]
    wait_until(lambda: not is_alive(first.pid), "the process with the deaf body is replaced", 8)
    after = scene.put_many([("rests", {"s": 0}), ("rests_apart", {"s": 0})])
    assert scene.finish(*after) == ["completed", "completed"]
    assert len(scene.diary(job, "S")) == 1, "it never runs again"
    assert is_alive(worker.pid)
