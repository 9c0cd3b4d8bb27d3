"""Processes that are killed: who notices, how soon, and what becomes of their jobs."""

import os
import signal
import time

from faults.scene import Scene, is_alive, wait_until


def test_a_killed_child_is_noticed_at_once_and_its_job_runs_again_after_a_second(scene: Scene) -> None:
    scene.worker()
    job = scene.put("rests_apart", s=60)
    first = scene.begun(job)
    os.kill(first.pid, signal.SIGKILL)
    killed = time.time()
    second = scene.begun(job, 2)
    (attempt,) = scene.detail(job).attempts
    assert attempt.kind == "crashed"
    assert "SIGKILL" in (attempt.reason or "")
    assert attempt.finished_us / 1e6 - killed < 0.5, "noticed at once"
    assert 0.9 < second.at - killed < 3
    row = scene.detail(job).row
    assert (row.crashes, row.tries, row.epoch) == (1, 0, 2)


def test_a_killed_host_charges_nobody_and_each_of_its_jobs_runs_next_in_a_process_of_its_own(scene: Scene) -> None:
    worker = scene.worker()
    jobs = scene.put_many([("rests", {"s": 0.8}), ("rests_on_thread", {"s": 0.8})])
    host = scene.begun(jobs[0]).pid
    assert scene.begun(jobs[1]).pid == host
    os.kill(host, signal.SIGKILL)
    again = [scene.begun(job, 2) for job in jobs]
    assert len({mark.pid for mark in again} | {host}) == 3
    assert scene.finish(*jobs) == ["completed", "completed"]
    for job in jobs:
        assert scene.kinds(job) == ["suspect", "returned"]
        assert (scene.detail(job).row.crashes, scene.detail(job).row.tries) == (0, 0)
    assert is_alive(worker.pid)
    after = scene.put("rests", s=0)
    assert scene.finish(after) == ["completed"], "a new host serves"


def test_with_a_killed_supervisor_its_bodies_die_and_a_peer_takes_over_at_once(scene: Scene) -> None:
    victim = scene.worker(lease=30)
    jobs = scene.put_many([("rests", {"s": 60}), ("rests_on_thread", {"s": 60}), ("rests_apart", {"s": 60})])
    bodies = {scene.begun(job).pid for job in jobs}
    scene.worker(lease=30, children=4)
    victim.signal(signal.SIGKILL)
    killed = time.time()
    wait_until(lambda: not any(is_alive(pid) for pid in bodies), "no body outlives its supervisor", 1)
    again = [scene.begun(job, 2) for job in jobs]
    assert max(mark.at for mark in again) - killed < 3, "far within the lease of 30 s"
    for job in jobs:
        assert scene.kinds(job) == ["suspect"]
        assert scene.detail(job).row.crashes == 0
    assert not {mark.pid for mark in again} & bodies


IN_TRANSACTION = """
import os, sys, signal
from headway.store.open import open_store
from headway.store.protocol import Operation
from headway.model.claim import NewJob
store = open_store(os.environ["FAULTS_STORE"])
insert = store.enqueue([NewJob(ref_id="never", name="rests", payload="{}")])
def half(tx):
    insert.run(tx)
    os.kill(os.getpid(), signal.SIG%s)
    return 0
store.call(Operation("half", half, alone=True))
"""


def test_who_is_killed_inside_a_write_leaves_no_trace_and_holds_nobody_up(scene: Scene) -> None:
    before = scene.put("rests", s=0)
    writer = scene.program(IN_TRANSACTION % "KILL")
    assert writer.ended() == -signal.SIGKILL
    begun = time.monotonic()
    after = scene.put("rests", s=0)
    assert time.monotonic() - begun < 1
    assert scene.store.reader.call(scene.store.reader.job("never")) is None
    assert after == before + 1
    assert scene.breaches() == []
