"""A worker with few file handles, and a client whose handles are used up."""

import os
import resource

import pytest

from faults.scene import Scene, is_alive, wait_until

HANDLES_OF_A_CLIENT = """
import os, resource
from headway.store.open import open_store
from headway.model.claim import NewJob
store = open_store(os.environ["FAULTS_STORE"])
def put(ref):
    return store.call(store.enqueue([NewJob(ref_id=ref, name="rests", payload='{"s":0}')]))[0].id
put("before")
used = len(os.listdir("/proc/self/fd"))
resource.setrlimit(resource.RLIMIT_NOFILE, (used, used))
taken = []
try:
    while True:
        taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print("used up:", error.strerror)
print("acknowledged", put("after"))
"""


@pytest.mark.parametrize("handles", [30, 48])
def test_a_worker_with_few_handles_does_its_work(scene: Scene, handles: int) -> None:
    worker = scene.worker(wrap=("sh", "-c", f'ulimit -n {handles}; exec "$@"', "sh"), children=2)
    jobs = scene.put_many([("rests", {"s": 0.05}), ("rests_on_thread", {"s": 0.05}), ("rests_apart", {"s": 0.05})] * 5)
    assert set(scene.finish(*jobs)) == {"completed"}
    assert {len(scene.diary(job, "S")) for job in jobs} == {1}
    assert is_alive(worker.pid)


def test_a_worker_whose_handles_are_used_up_loses_nothing_and_others_do_the_work(scene: Scene) -> None:
    """Jobs that need no new process go on where they are; the others run where there is one."""
    poor = scene.worker(children=1)
    running = scene.put_many([("rests", {"s": 1})] * 3)
    for job in running:
        scene.begun(job)
    used = len(os.listdir(f"/proc/{poor.pid}/fd"))
    resource.prlimit(poor.pid, resource.RLIMIT_NOFILE, (used, used))
    scene.worker()
    jobs = scene.put_many([("rests", {"s": 0.05}), ("rests_on_thread", {"s": 0.05})] * 20)
    assert set(scene.finish(*running, *jobs)) == {"completed"}
    assert {tuple(scene.kinds(job)) for job in (*running, *jobs)} == {("returned",)}
    assert is_alive(poor.pid)
    assert scene.breaches() == []


def test_a_worker_that_can_start_no_process_leaves_those_jobs_to_others(scene: Scene) -> None:
    poor = scene.worker(children=2)
    used = len(os.listdir(f"/proc/{poor.pid}/fd"))
    resource.prlimit(poor.pid, resource.RLIMIT_NOFILE, (used, used))
    first = scene.put_many([("rests_apart", {"s": 0.05})] * 6)
    wait_until(lambda: "Too many open files" in poor.text, "it says why")
    scene.worker(children=2)
    second = scene.put_many([("rests_apart", {"s": 0.05})] * 6)
    assert set(scene.finish(*first, *second)) == {"completed"}
    for job in (*first, *second):
        assert set(scene.kinds(job)[:-1]) <= {"released"}
        assert (scene.detail(job).row.tries, scene.detail(job).row.crashes) == (0, 0)
    assert is_alive(poor.pid)


def test_a_client_whose_handles_are_used_up_still_enqueues(scene: Scene) -> None:
    """Its connection stays open."""
    client = scene.program(HANDLES_OF_A_CLIENT)
    assert client.ended() == 0, client.text
    assert "used up: Too many open files" in client.text
    row = scene.store.reader.call(scene.store.reader.job("after"))
    assert row is not None
    assert row.state == "queued"
