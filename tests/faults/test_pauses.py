"""Processes that stand still for longer than a lease, and go on."""

import os
import signal

from faults.scene import LEASE_S, Scene, is_alive, state_of, wait, wait_until
from tests.faults.test_death import IN_TRANSACTION

STANDSTILL_S = 2 * LEASE_S


def test_bodies_that_stand_still_keep_their_lease_and_their_jobs_run_once(scene: Scene) -> None:
    """The supervisor beats for them."""
    scene.worker()
    jobs = scene.put_many([("rests", {"s": 3}), ("rests_on_thread", {"s": 3}), ("rests_apart", {"s": 3})])
    bodies = {scene.begun(job).pid for job in jobs}
    for body in bodies:
        os.kill(body, signal.SIGSTOP)
    scene.worker()
    wait(STANDSTILL_S)
    for job in jobs:
        assert (scene.state(job), scene.detail(job).row.epoch) == ("running", 1)
    for body in bodies:
        os.kill(body, signal.SIGCONT)
    assert set(scene.finish(*jobs)) == {"completed"}
    assert {tuple(scene.kinds(job)) for job in jobs} == {("returned",)}
    assert len(scene.nodes()) == 2


def test_a_host_that_stands_still_is_named_with_its_jobs(scene: Scene) -> None:
    worker = scene.worker()
    job = scene.put("rests", s=0.2)
    body = scene.begun(job).pid
    os.kill(body, signal.SIGSTOP)
    wait_until(lambda: "has shown no life for" in worker.text, "a warning", 8)
    assert "in it: rests" in worker.text
    os.kill(body, signal.SIGCONT)
    assert scene.finish(job) == ["completed"]


def test_a_supervisor_that_stood_still_kills_its_bodies_takes_a_new_identity_and_settles_nothing(scene: Scene) -> None:
    victim = scene.worker()
    node = scene.node_of(victim)
    assert node is not None
    jobs = scene.put_many([("rests", {"s": 60}), ("rests_on_thread", {"s": 60}), ("rests_apart", {"s": 60})])
    ending = scene.put("rests", s=3.0)
    first = {job: scene.begun(job) for job in (*jobs, ending)}
    scene.worker(children=5)
    scene.stop_outside_writes(victim)
    again = {job: scene.begun(job, 2) for job in jobs}  # after the lease: its process lives, so only time tells
    wait_until(lambda: scene.state(ending) == "completed", "the job that would end meanwhile ends elsewhere")
    settled = {job: scene.detail(job).attempts for job in (*jobs, ending)}
    victim.signal(signal.SIGCONT)
    wait_until(lambda: (now := scene.node_of(victim)) is not None and now.uid != node.uid, "a new identity")
    wait_until(lambda: not any(is_alive(first[job].pid) for job in jobs[:2]), "its bodies are stopped", 10)
    assert [mark.epoch for mark in scene.diary(jobs[2], "F")] == [1]
    assert [one.uid for one in scene.nodes("dead")] == [node.uid]
    assert {job: scene.detail(job).attempts for job in settled} == settled, "nothing was settled by the first"
    for job in jobs:
        row = scene.detail(job).row
        assert (row.state, row.epoch, row.crashes, row.tries) == ("running", 2, 0, 0)
        assert is_alive(again[job].pid)
    assert [attempt.kind for attempt in settled[ending]] == ["suspect", "returned"]
    assert f"late result of job {ending}, epoch 1: ignored" in victim.text
    late = scene.put("rests", s=0)
    assert scene.finish(late) == ["completed"]
    assert scene.breaches() == []


def test_who_stands_still_inside_a_write_is_named_and_afterwards_no_lease_is_lost(scene: Scene) -> None:
    workers = [scene.worker(lease=30), scene.worker(lease=30)]
    jobs = scene.put_many([("rests", {"s": 7}), ("rests_on_thread", {"s": 7}), ("rests_apart", {"s": 7})])
    for job in jobs:
        scene.begun(job)
    nodes = {node.uid for node in scene.nodes()}
    writer = scene.program(IN_TRANSACTION % "STOP")
    wait_until(lambda: state_of(writer.pid) == "T", "it stands still inside its write")
    said = f"held by process {writer.pid} (stopped)"
    wait_until(
        lambda: all(said in worker.text for worker in workers),
        lambda: "every worker names who holds it up:\n" + "\n--\n".join(worker.text for worker in workers),
    )
    writer.signal(signal.SIGCONT)
    assert writer.ended() == 0
    scene.finish(*jobs)
    assert {tuple(scene.kinds(job)) for job in jobs} == {("returned",)}
    assert {node.uid for node in scene.nodes()} == nodes
