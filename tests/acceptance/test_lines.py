"""Named workers and concurrency keys, with real workers, and with two processes on one store."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import pytest

from faults.scene import Mark, Scene
from headway import Context, Fixed, JobCancelled, Jobs, State, TransientRun, Worker
from tests.acceptance.moments import SHORT, WAIT_S, Gauge, becomes, stored, until

APPLICATION = "tests.acceptance.application:jobs"
JOBS = 20
PAUSE_MS = 5


def spans(marks: Sequence[Mark]) -> list[tuple[float, float, int, int]]:
    """When each body began and ended, in the order of their beginnings; with the job and the process."""
    begun = {mark.id: mark for mark in marks if mark.kind == "S"}
    return sorted((begun[mark.id].at, mark.at, mark.id, mark.pid) for mark in marks if mark.kind == "E")


def overlaps(found: Sequence[tuple[float, float, int, int]]) -> int:
    return sum(after[0] < before[1] for before, after in pairwise(found))


def test_jobs_of_a_named_worker_from_four_threads_run_one_at_a_time_in_order_and_others_go_on(jobs: Jobs) -> None:
    gauge, others, ran = Gauge(), threading.Event(), []

    def send(_number: int) -> None:
        with gauge:
            assert others.wait(WAIT_S), "a job of no worker runs beside it"

    def note(ctx: Context, number: int) -> None:
        send(number)
        ran.append(ctx.id)

    def free() -> None:
        others.set()

    mail = jobs.register(note, name="send", takes_context=True, worker="smtp")
    refs: list[int] = []
    lock = threading.Lock()

    def enqueue() -> None:
        for number in range(JOBS // 4):
            ref = mail.enqueue(number)
            with lock:
                refs.append(ref.id)

    threads = [threading.Thread(target=enqueue) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.register(free, name="free").enqueue()
    with Worker(jobs) as worker:
        assert worker.wait_idle(WAIT_S)
    assert (gauge.most, gauge.runs) == (1, JOBS)
    assert ran == sorted(refs)


def test_two_processes_run_a_named_worker_one_at_a_time_in_order(scene: Scene) -> None:
    workers = [scene.worker(application=APPLICATION) for _ in range(2)]
    ids = scene.put_many([("in_line", {"ms": PAUSE_MS})] * JOBS, lane="smtp")
    free = scene.put_many([("in_line", {"ms": PAUSE_MS})] * JOBS)
    assert set(scene.finish(*ids, *free)) == {State.COMPLETED}
    found = spans([mark for mark in scene.diary() if mark.id in ids])
    assert (overlaps(found), [one[2] for one in found]) == (0, ids)
    assert scene.breaches() == []
    assert len(workers) == 2


def test_two_processes_never_overlap_jobs_of_one_key_and_other_keys_run_in_parallel(scene: Scene) -> None:
    for _ in range(2):
        scene.worker(application=APPLICATION)
    ids: dict[str, list[int]] = defaultdict(list)
    for number in range(JOBS * 2):
        key = f"customer:{number % 4}"
        ids[key] += scene.put_many([("in_line", {"ms": 20})], key=key)
    everything = [job for found in ids.values() for job in found]
    assert set(scene.finish(*everything)) == {State.COMPLETED}
    diary = scene.diary()
    for found in ids.values():
        assert overlaps(spans([mark for mark in diary if mark.id in found])) == 0
    assert overlaps(spans(diary)) > 0, "different keys at the same time"
    assert scene.breaches() == []


def test_a_limit_of_two_lets_two_of_a_key_run_and_holds_no_slot_meanwhile(jobs: Jobs) -> None:
    gauge, both, release = Gauge(), threading.Barrier(3), threading.Event()

    def held() -> None:
        with gauge:
            both.wait(WAIT_S)
            assert release.wait(WAIT_S)

    keyed = jobs.register(held, name="held").using(concurrency_key="customer:42", concurrency_limit=2)
    first, second, third = (keyed.enqueue() for _ in range(3))
    free = jobs.register(lambda: "ran", name="free")
    with Worker(jobs, concurrency=3):
        both.wait(WAIT_S)
        assert free.enqueue().result(WAIT_S) == "ran", "the third slot is free"
        assert (third.status().state, third.status().blocked) == (State.QUEUED, "line")
        release.set()
        both.abort()
        for ref in (first, second):
            ref.result(WAIT_S)
    assert gauge.most == 2


def test_the_key_is_free_between_retries(jobs: Jobs) -> None:
    def fails(ctx: Context) -> None:
        if ctx.attempt == 1:
            raise ConnectionError

    keyed = jobs.register(fails, name="fails", takes_context=True, retries=1, concurrency_key="k").using(
        backoff=Fixed(timedelta(seconds=2))
    )
    other = jobs.register(lambda: "ran", name="other", concurrency_key="k")
    with Worker(jobs):
        first = keyed.enqueue()
        until(lambda: first.status().state is State.SCHEDULED)
        assert other.enqueue().result(WAIT_S) == "ran"
        assert first.status().state is State.SCHEDULED
        first.result(WAIT_S)


def test_a_run_that_is_not_stored_shares_its_named_worker_with_jobs(jobs: Jobs) -> None:
    gauge, ran, begun, release = Gauge(), [], threading.Event(), threading.Event()

    def one(name: str) -> str:
        with gauge:
            begun.set()
            if name == "job":
                assert release.wait(WAIT_S)
            ran.append(name)
        return name

    job = jobs.register(one, name="one").using(worker="smtp")
    with Worker(jobs, concurrency=4) as worker:
        job.enqueue("job")
        job.enqueue("second job")
        assert begun.wait(WAIT_S)
        before = stored(jobs)
        run = job.start("run")
        job.enqueue("later job")
        assert (run.state, stored(jobs)) == (State.QUEUED, before + 1)
        release.set()
        assert run.result(WAIT_S) == "run"
        assert run.state is State.COMPLETED
        assert worker.wait_idle(WAIT_S)
    assert (gauge.most, ran) == (1, ["job", "second job", "run", "later job"])


async def test_an_awaited_run_answers_its_value_and_raises_its_error_in_turn_with_jobs(jobs: Jobs) -> None:
    ran: list[str] = []

    async def one(name: str) -> str:
        ran.append(name)
        if name == "bad":
            raise ValueError(name)
        return name

    job = jobs.register(one, name="one").using(worker="smtp")
    with Worker(jobs) as worker:
        await job.aenqueue("job")
        assert await job.arun("run") == "run"
        with pytest.raises(ValueError, match="bad"):
            await job.arun("bad")
        assert (await job.aenqueue("last")).result is not None
        assert worker.wait_idle(WAIT_S)
    assert ran == ["job", "run", "bad", "last"]


def test_a_process_that_dies_in_a_run_lets_the_named_worker_go_on(scene: Scene) -> None:
    program = (
        "import os, threading\n"
        "from headway import Jobs\n"
        f"jobs = Jobs({str(scene.place)!r})\n"
        "job = jobs.register(lambda: (print('begun', flush=True), threading.Event().wait(60)), name='held')\n"
        "job.using(worker='smtp').start().result()\n"
    )
    dying = scene.program(program)
    until(lambda: "begun" in dying.text)
    with Jobs(str(scene.place)) as jobs:
        run = jobs.register(lambda: "ran", name="next").using(worker="smtp").start()
        assert run.state is State.QUEUED
        dying.popen.kill()
        assert run.result(WAIT_S) == "ran"


def test_a_restarted_worker_stops_a_function_that_is_not_stored_at_its_next_check(jobs: Jobs) -> None:
    begun = threading.Event()

    def held(ctx: Context) -> None:
        begun.set()
        while True:
            ctx.check_cancelled()
            threading.Event().wait(0.01)

    run = jobs.register(held, name="held", takes_context=True).using(worker="smtp").start()
    after = jobs.register(lambda: "ran", name="next").using(worker="smtp").start()
    assert begun.wait(WAIT_S)
    stopped = jobs.restart_worker("smtp", by="ann")
    assert isinstance(stopped, TransientRun)
    assert (stopped.name, stopped.worker, stopped.pid, stopped.asked) == ("held", "smtp", os.getpid(), None)
    with pytest.raises(JobCancelled, match="the run of held on the worker smtp was cancelled by ann"):
        run.result(WAIT_S)
    assert (run.state, after.result(WAIT_S)) == (State.CANCELLED, "ran")
    assert jobs.restart_worker("smtp") is None


@pytest.mark.parametrize("way", ["start", "arun"])
async def test_a_restarted_worker_stops_a_coroutine_that_is_not_stored_where_it_awaits(jobs: Jobs, way: str) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    cleaned: list[str] = []

    async def forever() -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(way)

    async def awaited() -> str:
        with pytest.raises(
            JobCancelled, match="the run of forever on the worker smtp was cancelled while it was running"
        ):
            await (job.arun() if way == "arun" else asyncio.wrap_future(job.start()))
        await asyncio.to_thread(
            begun.is_set
        )  # nothing of the interruption is left in the asyncio task of whoever awaited
        return "went on"

    job = jobs.register(forever, name="forever").using(worker="smtp")
    task = asyncio.create_task(awaited())
    await asyncio.wait_for(begun.wait(), WAIT_S)
    assert isinstance(await jobs.arestart_worker("smtp"), TransientRun)
    assert await asyncio.wait_for(task, WAIT_S) == "went on"
    assert (cleaned, task.cancelling()) == ([way], 0)
    assert await asyncio.wait_for(jobs.register(lambda: 1, name="next").using(worker="smtp").arun(), WAIT_S) == 1


def test_a_restarted_worker_stops_what_another_process_runs_there(scene: Scene) -> None:
    program = (
        "import threading\n"
        "from headway import Context, Jobs\n"
        f"jobs = Jobs({str(scene.place)!r})\n"
        "def held(ctx: Context) -> None:\n"
        "    print('begun', flush=True)\n"
        "    while True:\n"
        "        ctx.check_cancelled()\n"
        "        threading.Event().wait(0.01)\n"
        "run = jobs.register(held, name='held', takes_context=True).using(worker='smtp').start()\n"
        "print(repr(run.exception(60)), flush=True)\n"
        "jobs.close()\n"
    )
    other = scene.program(program)
    until(lambda: "begun" in other.text)
    words = ["workers", "restart", "smtp", "--by", "ann", "--store", str(scene.place)]
    command = [sys.executable, "-m", "headway", *words]
    said = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout
    assert "a run of held that is not stored was asked to stop; it has held the worker smtp since " in said
    assert f"in process {other.popen.pid} on " in said
    until(lambda: "JobCancelled('the run of held on the worker smtp was cancelled by ann')" in other.text)
    with Jobs(str(scene.place)) as jobs:
        assert jobs.register(lambda: "ran", name="next").using(worker="smtp").start().result(WAIT_S) == "ran"


def test_a_run_that_ignores_its_stop_holds_its_named_worker_and_is_told_with_when_it_was_asked(jobs: Jobs) -> None:
    begun, release = threading.Event(), threading.Event()

    def deaf() -> str:
        begun.set()
        assert release.wait(WAIT_S)
        return "done after all"

    run = jobs.register(deaf, name="deaf").using(worker="smtp").start()
    assert begun.wait(WAIT_S)
    first, second = jobs.restart_worker("smtp"), jobs.restart_worker("smtp")
    assert isinstance(first, TransientRun)
    assert isinstance(second, TransientRun)
    assert (first.asked, second.asked is not None, second.since) == (None, True, first.since)
    assert run.state is State.RUNNING
    release.set()
    assert (run.result(WAIT_S), run.state) == ("done after all", State.COMPLETED)


def test_a_restarted_worker_ends_the_running_job_cancelled_and_runs_the_pending_ones_in_order(jobs: Jobs) -> None:
    ran: list[int] = []

    def held(ctx: Context, number: int) -> None:
        while number == 0:
            ctx.check_cancelled()
            threading.Event().wait(0.01)
        ran.append(number)

    job = jobs.register(held, name="held", takes_context=True, worker="smtp")
    refs = [job.enqueue(number) for number in range(4)]
    with Worker(jobs) as worker:
        becomes(refs[0], State.RUNNING)
        stopped = jobs.restart_worker("smtp", by="ann")
        assert stopped is not None
        assert stopped.id == refs[0].id
        with pytest.raises(JobCancelled):
            refs[0].result(WAIT_S)
        assert worker.wait_idle(WAIT_S)
        assert jobs.restart_worker("smtp") is None
    assert ran == [1, 2, 3]


def test_a_body_that_ignores_its_time_out_does_not_hold_its_named_worker_for_ever(jobs: Jobs) -> None:
    release = threading.Event()

    def deaf() -> str:
        release.wait(WAIT_S)
        return "too late"

    first = jobs.register(deaf, name="deaf", worker="smtp", timeout=SHORT, grace=SHORT, retries=0).enqueue()
    second = jobs.register(lambda: "ran", name="next", worker="smtp").enqueue()
    with Worker(jobs, concurrency=2):
        assert second.result(WAIT_S) == "ran"
        release.set()
    assert (first.status().state, first.status().code) == (State.FAILED, "timeout")


@pytest.mark.parametrize("way", ["cancelled", "timed out"])
def test_a_body_that_needs_a_moment_to_stop_keeps_its_named_worker_until_then(jobs: Jobs, way: str) -> None:
    gauge = Gauge()

    def lingers(ctx: Context) -> None:
        with gauge:
            while not ctx.cancelled:
                threading.Event().wait(0.01)
            threading.Event().wait(1.0)

    def after() -> None:
        with gauge:
            pass

    timeout = SHORT if way == "timed out" else None
    first = jobs.register(
        lingers, name="lingers", takes_context=True, worker="smtp", timeout=timeout, retries=0
    ).enqueue()
    second = jobs.register(after, name="after", worker="smtp").enqueue()
    with Worker(jobs, concurrency=2):
        becomes(first, State.RUNNING)
        if way == "cancelled":
            jobs.restart_worker("smtp")
        second.result(WAIT_S)
    assert (gauge.runs, gauge.most) == (2, 1)
