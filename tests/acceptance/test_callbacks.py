"""Callbacks of one call: in the process that enqueued, once, whichever process ran the job, and lost with that process."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from headway import JobCancelled, JobFailed, Jobs, Worker
from tests.acceptance.moments import AT_ONCE, WAIT_S, stored

ENQUEUE = """
import sys
from headway import Jobs
jobs = Jobs(sys.argv[1], durability="relaxed")
jobs.register(lambda: None, name="job").using(ref_id="lost", on_success=lambda value: print("told")).enqueue()
"""
WORK = """
import os, sys
from headway import Jobs, Worker
jobs = Jobs(sys.argv[1], durability="relaxed")
jobs.register(lambda: os.getpid(), name="where")
def broken():
    raise KeyError("colour")
jobs.register(broken, name="broken")
with Worker(jobs):
    jobs.get("where").wait(15), jobs.get("broken").wait(15)
"""


def test_callbacks_are_called_once_where_the_call_was_enqueued(jobs: Jobs) -> None:
    told: queue.Queue[Any] = queue.Queue()

    def divide(a: int, b: int) -> float:
        return a / b

    job = jobs.register(divide, name="divide", retries=2, backoff=AT_ONCE)
    with Worker(jobs):
        asked = job.using(
            on_success=lambda value: told.put(("well", os.getpid(), value)),
            on_failure=lambda error: told.put(("badly", os.getpid(), type(error), getattr(error, "error_type", None))),
        )
        asked.enqueue(6, 3)
        assert told.get(timeout=WAIT_S) == ("well", os.getpid(), 2.0)
        asked.enqueue(1, 0)
        assert told.get(timeout=WAIT_S) == ("badly", os.getpid(), JobFailed, "ZeroDivisionError")
        asked.using(run_after=timedelta(hours=1)).enqueue(1, 1).cancel()
        assert told.get(timeout=WAIT_S)[:3] == ("badly", os.getpid(), JobCancelled)
        job.enqueue(8, 2).result(WAIT_S)
    assert told.empty()


def test_callbacks_are_called_for_what_another_process_ran(jobs: Jobs, tmp_path: Path) -> None:
    told: queue.Queue[Any] = queue.Queue()
    jobs.enqueue_by_name("where", {}, allow_unknown=True, ref_id="where", on_success=told.put)
    jobs.enqueue_by_name("broken", {}, allow_unknown=True, ref_id="broken", retries=0, on_failure=told.put)
    with subprocess.Popen([sys.executable, "-c", WORK, str(tmp_path / "store")]) as worker:
        ends = [told.get(timeout=WAIT_S), told.get(timeout=WAIT_S)]
        assert worker.pid in ends
        assert [one.error_type for one in ends if isinstance(one, JobFailed)] == ["KeyError"]
        assert worker.wait(WAIT_S) == 0


def test_callbacks_are_lost_with_the_process_that_enqueued_and_the_job_is_not(tmp_path: Path) -> None:
    store = tmp_path / "store"
    done = subprocess.run(
        [sys.executable, "-c", ENQUEUE, str(store)], capture_output=True, text=True, timeout=15, check=True
    )
    with Jobs(store, durability="relaxed") as later:
        told: list[object] = []
        job = later.register(lambda: told.append("ran"), name="job")
        with Worker(later):
            later.get("lost").wait(WAIT_S)
        assert (done.stdout, done.stderr, told, stored(later)) == ("", "", ["ran"], 1)
        assert job.name == "job"
