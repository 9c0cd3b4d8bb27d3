"""A worker inside an application's own process, where user code can hold up everything, the beats too."""

import re
import signal
import time

import pytest

from faults.scene import LEASE_S, Scene, wait_until

EMBEDDED = """
import logging, sys
from datetime import timedelta
from faults.bodies import jobs
from headway import Worker
logging.basicConfig(level=logging.WARNING)
lease = timedelta(seconds=LEASE)
sys.exit(Worker(jobs, lease=lease, beat=lease / 6, margin=lease / 5, sweep=lease / 10, children=2,
    shutdown_timeout=timedelta(seconds=0.5), shutdown_grace=timedelta(seconds=0.5)).run())
""".replace("LEASE", str(LEASE_S))


@pytest.mark.timeout(60)  # the expression may run twice, each time up to three leases
def test_a_held_interpreter_costs_the_lease_or_holds_up_every_writer_and_one_result_stands(scene: Scene) -> None:
    """What holds the interpreter may do so while the store's thread has the writer lock: then nobody can take the job."""
    scene.worker(concurrency=1)
    scene.begun(scene.put("rests", s=1.5 * LEASE_S))
    mine = scene.program(EMBEDDED)
    wait_until(lambda: scene.node_of(mine), "it registers")
    job = scene.put("holds_gil", s=1.2 * LEASE_S)
    assert scene.finish(job, seconds=40) == ["completed"]
    wait_until(lambda: len(scene.diary(job, "E")) == len(scene.diary(job, "S")), "every body has come to its end")
    kinds = scene.kinds(job)
    assert kinds in (["returned"], ["suspect", "returned"])
    assert scene.detail(job).row.epoch == len(kinds)
    after = scene.put_many([("rests", {"s": 0})] * 10)
    assert set(scene.finish(*after)) == {"completed"}
    assert scene.breaches() == []


def test_a_sleeping_thread_does_not_keep_an_embedded_worker_from_stopping(scene: Scene) -> None:
    mine = scene.program(EMBEDDED)
    wait_until(lambda: scene.node_of(mine), "it registers")
    job = scene.put("rests_on_thread", s=60)
    scene.begun(job)
    mine.signal(signal.SIGTERM)
    asked = time.monotonic()
    assert mine.ended() == 0
    assert time.monotonic() - asked <= 0.5 + 0.5 + 2
    assert (scene.state(job), scene.kinds(job), scene.detail(job).row.tries) == ("queued", ["released"], 0)


def test_an_embedded_worker_whose_log_file_was_deleted_ends_with_exit_code_4(scene: Scene) -> None:
    mine = scene.program(EMBEDDED)
    wait_until(lambda: scene.node_of(mine), "it registers")
    scene.close_store()
    (scene.place / "jobs.db-wal").unlink()
    assert mine.ended(8) == 4
    assert re.search(
        "jobs.db-wal was (deleted|replaced) while it was open", mine.text
    )  # whoever reads may have made another
