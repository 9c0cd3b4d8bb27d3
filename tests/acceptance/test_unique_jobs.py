"""One job of a key: while it has not ended, or for a span, however many ask for it, from however many processes."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from headway import Context, DuplicateJob, Jobs, OptionInvalid, Permanent, State, Worker
from headway.store.protocol import JobFilter
from tests.acceptance.moments import WAIT_S, stored
from tests.conformance.owned_clock import OwnedClock

PROCESSES, EACH = 2, 5
ENQUEUER = """
import sys, threading
from headway import Jobs
jobs = Jobs(sys.argv[1])
report = jobs.register(lambda n: n, name="report").using(unique_key="report:7")
barrier, refs = threading.Barrier(int(sys.argv[2]) + 1), []
def enqueue(n):
    barrier.wait(10)
    refs.append(report.enqueue(n))
threads = [threading.Thread(target=enqueue, args=(n,)) for n in range(int(sys.argv[2]))]
for thread in threads:
    thread.start()
jobs.counts()
print("ready", flush=True)
sys.stdin.readline()
barrier.wait(10)
for thread in threads:
    thread.join(10)
print(*(f"{ref.id}:{ref.existing}" for ref in refs), flush=True)
"""


def test_ten_enqueues_of_one_key_from_two_processes_are_one_job_and_after_its_end_comes_another(
    jobs: Jobs, tmp_path: Path
) -> None:
    words = [sys.executable, "-c", ENQUEUER, str(tmp_path / "store"), str(EACH)]
    jobs.counts()
    processes = [
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(PROCESSES)
    ]
    assert [process.stdout and process.stdout.readline() for process in processes] == ["ready\n"] * PROCESSES
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [word.split(":") for process in processes for word in process.communicate(timeout=WAIT_S)[0].split()]
    assert len(said) == PROCESSES * EACH
    assert len({number for number, _ in said}) == 1
    assert [existing for _, existing in said].count("False") == 1
    assert stored(jobs) == 1

    report = jobs.register(lambda n: n, name="report").using(unique_key="report:7")
    again = report.enqueue(99)
    assert (again.existing, str(again.id)) == (True, said[0][0])
    with Worker(jobs):
        first = again.result(WAIT_S)
        after = report.enqueue(100)
        assert (after.existing, after.result(WAIT_S)) == (False, 100)
    assert first in range(EACH)


def test_a_running_job_keeps_its_key_and_a_duplicate_waits_for_its_result(jobs: Jobs) -> None:
    begun, release = threading.Event(), threading.Event()

    def report(n: int) -> int:
        begun.set()
        assert release.wait(WAIT_S)
        return n

    job = jobs.register(report, name="report").using(unique_key="report:7")
    with Worker(jobs):
        first = job.enqueue(1)
        assert begun.wait(WAIT_S)
        second = job.enqueue(2)
        assert second == first
        with pytest.raises(DuplicateJob, match=f"belongs to job {first.id} ") as caught:
            job.using(on_duplicate="raise").enqueue(3)
        assert caught.value.id == first.id
        release.set()
        assert second.result(WAIT_S) == 1


def test_within_ten_minutes_the_same_call_is_the_same_job_and_afterwards_another(tmp_path: Path) -> None:
    clock = OwnedClock()
    with Jobs(tmp_path / "store", clock=clock, durability="relaxed") as jobs:
        send = jobs.register(lambda to, text="": None, name="send").using(unique_for=timedelta(minutes=10))
        first = send.enqueue("ann")
        first.cancel()
        clock.advance(599)
        assert send.enqueue(to="ann") == first
        assert send.enqueue("bob") != first
        with pytest.raises(DuplicateJob):
            send.using(on_duplicate="raise").enqueue("ann")
        clock.advance(1)
        later = send.enqueue("ann")
        assert not later.existing
        assert later != first


def test_a_job_that_is_unique_by_its_decorator(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="nightly", unique_key="nightly", on_duplicate="raise")
    first = job.enqueue()
    with pytest.raises(DuplicateJob):
        jobs.enqueue_by_name("nightly", {})
    assert job.using(on_duplicate="return").enqueue() == first
    assert job.using(unique_key=None).enqueue() != first


def test_many_calls_of_one_key_in_one_enqueue_are_one_job(jobs: Jobs) -> None:
    job = jobs.register(lambda n: n, name="job")
    calls = [job.using(unique_key=f"k{n % 2}").call(n) for n in range(6)]
    refs = jobs.enqueue_many(calls)
    assert [ref.id for ref in refs] == [refs[0].id, refs[1].id] * 3
    assert [ref.existing for ref in refs] == [False, False, True, True, True, True]
    assert stored(jobs) == 2


def test_a_job_leaves_its_successor_behind_in_the_moment_of_its_end(jobs: Jobs) -> None:
    def step(ctx: Context, left: int) -> int:
        if left:
            ctx.enqueue(again.call(left - 1))
        return left

    again = jobs.register(step, name="step", takes_context=True).using(unique_key="walk")
    with Worker(jobs) as worker:
        again.enqueue(3)
        assert worker.wait_idle(WAIT_S)
    reader = jobs.store.reader
    rows = reader.call(reader.page(JobFilter())).rows
    assert [row.state for row in rows] == [State.COMPLETED] * 4


def test_a_retry_of_a_job_whose_key_is_taken_says_by_whom(jobs: Jobs) -> None:
    def fail() -> None:
        raise Permanent

    job = jobs.register(fail, name="job").using(unique_key="only")
    with Worker(jobs):
        first = job.enqueue()
        first.wait(WAIT_S)
    second = job.enqueue()
    said = (
        f"job {first.id} cannot be retried: its unique key 'only' belongs to job {second.id} \\(job\\), which is queued"
    )
    with pytest.raises(DuplicateJob, match=said):
        first.retry()
    assert first.status().state is State.FAILED
    second.cancel()
    first.retry()
    assert job.enqueue() == first


def test_options_that_contradict_each_other_store_nothing(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    minute = timedelta(minutes=1)
    with pytest.raises(OptionInvalid, match="ref_id and unique_for contradict each other"):
        job.using(unique_for=minute, ref_id="mine").enqueue()
    with pytest.raises(OptionInvalid, match="give unique_key or unique_for too"):
        job.using(on_duplicate="raise").enqueue()
    for span in (timedelta(0), -minute):
        with pytest.raises(OptionInvalid, match="unique_for must be above 0"):
            job.using(unique_for=span)
    with pytest.raises(OptionInvalid, match="the limit is 200"):
        job.using(unique_key="k" * 201)
    with pytest.raises(OptionInvalid, match="on_duplicate must be one of 'return', 'raise'"):
        job.using(on_duplicate="replace")  # type: ignore[arg-type]
    assert stored(jobs) == 0
