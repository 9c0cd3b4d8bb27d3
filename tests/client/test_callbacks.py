"""Callbacks of one call: who calls them, when, how often, and when nobody does."""

from __future__ import annotations

import asyncio
import functools
import logging
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headway import Call, JobCancelled, JobFailed, Jobs, OptionInvalid, OptionUnknown, State
from headway.client import listening
from headway.model.outcome import EndKind
from tests.client.turns import Turns

WAIT_S = 10.0
FORK = """
import os, queue, sys
from headway import Jobs, Worker
jobs = Jobs(sys.argv[1], durability="relaxed")
job = jobs.register(lambda who: who, name="job")
told = queue.Queue()
first = job.using(on_success=lambda who: told.put((os.getpid(), who))).enqueue("parent")
pid = os.fork()
if pid == 0:
    second = job.using(on_success=lambda who: told.put((os.getpid(), who))).enqueue("child")
    with Worker(jobs):
        first.wait(10), second.wait(10)
        mine = told.get(timeout=10)
    jobs.close()
    print("child", mine == (os.getpid(), "child"), told.empty(), flush=True)
    os._exit(0)
os.waitpid(pid, 0)
print("parent", told.get(timeout=10) == (os.getpid(), "parent"))
jobs.close()
print(told.empty())
"""


class Told(queue.Queue[Any]):
    """What callbacks were told, in order."""

    def next(self) -> Any:
        return self.get(timeout=WAIT_S)


@pytest.fixture
def told() -> Told:
    return Told()


def double(number: int) -> int:
    return 2 * number


def test_the_result_of_its_type_is_told_once_the_job_has_completed(jobs: Jobs, turns: Turns, told: Told) -> None:
    def pair(number: int) -> tuple[int, int]:
        return number, number

    jobs.register(pair, name="pair").using(on_success=told.put, on_failure=told.put).enqueue(1)
    assert told.empty()
    turns.complete("[1,2]")
    assert told.next() == (1, 2)


def test_the_error_that_result_would_raise_is_told(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double").using(on_success=told.put, on_failure=told.put)
    failed = job.enqueue(1)
    turns.fail("no paper")
    error = told.next()
    assert isinstance(error, JobFailed)
    with pytest.raises(JobFailed) as raised:
        failed.result(timeout=0)
    assert (str(error), error.error_type) == (str(raised.value), "ValueError")
    cancelled = job.enqueue(2)
    cancelled.cancel()
    error = told.next()
    assert isinstance(error, JobCancelled)
    assert str(cancelled.id) in str(error)


def test_a_result_that_no_longer_fits_its_type_is_told_to_nobody_but_the_log(
    jobs: Jobs, turns: Turns, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    job = jobs.register(double, name="double").using(on_success=told.put, on_failure=told.put)
    ref = job.enqueue(1)
    turns.complete('"many"')
    job.enqueue(1)
    turns.complete("2")
    assert told.next() == 2
    nobody_listens()
    assert told.empty()
    assert f"no callback of job {ref.id} (double) is called: its result cannot be read" in caplog.text


def test_an_end_that_nobody_asked_to_be_told_of_is_told_to_nobody(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double")
    job.using(on_success=told.put).enqueue(1)
    turns.fail()
    job.using(on_failure=told.put).enqueue(1)
    turns.complete("2")
    job.using(on_success=told.put).enqueue(1)
    turns.complete("3")
    assert told.next() == 3
    assert told.empty()


def test_a_retry_in_between_is_no_end(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double").using(on_success=told.put, on_failure=told.put)
    job.enqueue(1)
    claim = turns.claim()
    turns.world.end(turns.node, claim, EndKind.RAISED, delay_us=0)
    turns.world.tend()
    turns.complete("4")
    assert told.next() == 4
    assert told.empty()


def test_a_job_that_had_ended_before_is_told_at_once_to_each_that_asks(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double").using(ref_id="once")
    job.enqueue(1)
    turns.complete("2")
    again = [job.using(on_success=lambda value, n=n: told.put((n, value))).enqueue(1) for n in range(2)]
    assert [ref.existing for ref in again] == [True, True]
    assert sorted([told.next(), told.next()]) == [(0, 2), (1, 2)]
    nobody_listens()
    assert told.empty()


def nobody_listens() -> None:
    """The thread has ended, as there is nothing left to listen for: whatever it had to call was called."""
    for thread in threading.enumerate():
        if thread.name == "headway-callbacks":
            thread.join(3)
            assert not thread.is_alive()


def test_each_call_of_many_has_its_own(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double")
    calls: list[Call[int]] = [job.call(n).using(on_success=functools.partial(put_with, told, n)) for n in range(3)]
    jobs.enqueue_many([*calls, job.call(3)])
    for _ in range(4):
        turns.complete("7")
    assert [told.next() for _ in range(3)] == [(0, 7), (1, 7), (2, 7)]
    assert told.empty()


def put_with(told: Told, number: int, value: object) -> None:
    told.put((number, value))


def test_a_job_enqueued_by_name_has_them_too(jobs: Jobs, turns: Turns, told: Told) -> None:
    jobs.register(double, name="double")
    jobs.enqueue_by_name("double", {"number": 1}, on_success=told.put)
    turns.complete("2")
    assert told.next() == 2


def test_one_that_raises_is_logged_and_the_next_is_called(
    jobs: Jobs, turns: Turns, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    def leaves(_value: object) -> None:
        raise SystemExit

    job = jobs.register(double, name="double")
    ref = job.using(on_success=lambda value: value["no"]).enqueue(1)  # type: ignore[index]
    job.using(on_success=leaves).enqueue(1)
    job.using(on_success=told.put).enqueue(1)
    for _ in range(3):
        turns.complete("2")
    assert told.next() == 2
    assert f"a callback of job {ref.id} failed" in caplog.text
    assert "SystemExit" in caplog.text


def test_a_function_that_answers_a_coroutine_is_told_of_in_the_log(
    jobs: Jobs, turns: Turns, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    async def later(_value: object) -> None: ...

    job = jobs.register(double, name="double")
    job.using(on_success=lambda value: later(value)).enqueue(1)  # noqa: PLW0108 - a lambda is no coroutine function
    job.using(on_success=told.put).enqueue(1)
    turns.complete("2")
    turns.complete("2")
    assert told.next() == 2
    assert "give the coroutine function itself" in caplog.text


async def test_a_coroutine_function_runs_on_the_loop_of_whoever_enqueued(jobs: Jobs, turns: Turns) -> None:
    told: asyncio.Queue[tuple[int, int]] = asyncio.Queue()

    async def on_success(value: int) -> None:
        await asyncio.Event().wait() if value < 0 else None
        told.put_nowait((value, threading.get_ident()))

    await jobs.register(double, name="double").using(on_success=on_success).aenqueue(1)
    await asyncio.to_thread(turns.complete, "2")
    assert await asyncio.wait_for(told.get(), WAIT_S) == (2, threading.get_ident())


async def test_an_error_in_a_coroutine_function_is_logged(
    jobs: Jobs, turns: Turns, caplog: pytest.LogCaptureFixture
) -> None:
    called = asyncio.Event()

    async def broken(_value: object) -> None:
        called.set()
        raise KeyError("colour")

    ref = await jobs.register(double, name="double").using(on_success=broken).aenqueue(1)
    await asyncio.to_thread(turns.complete, "2")
    await asyncio.wait_for(called.wait(), WAIT_S)
    assert f"a callback of job {ref.id} failed" in caplog.text


def test_a_coroutine_function_without_a_loop_is_refused_and_nothing_is_stored(jobs: Jobs) -> None:
    async def on_success(_value: int) -> None: ...

    class Async:
        async def __call__(self, _value: object) -> None: ...

    job = jobs.register(double, name="double")
    for one in (on_success, functools.partial(on_success), Async()):
        with pytest.raises(OptionInvalid, match="enqueue in a coroutine, or give a plain function"):
            job.using(on_success=one).enqueue(1)
    assert jobs.list().rows == ()


def test_a_loop_that_is_closed_by_then_is_named_in_the_log(
    jobs: Jobs, turns: Turns, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    async def on_success(_value: int) -> None: ...

    job = jobs.register(double, name="double")

    async def enqueue() -> None:
        await job.using(on_success=on_success).aenqueue(1)

    asyncio.run(enqueue())
    job.using(on_success=told.put).enqueue(1)
    turns.complete("2")
    turns.complete("2")
    assert told.next() == 2
    assert "loop that enqueued it is closed" in caplog.text


def test_what_is_no_function_is_refused(jobs: Jobs) -> None:
    job = jobs.register(double, name="double")
    with pytest.raises(OptionInvalid, match="on_success must be a function"):
        job.using(on_success="print")  # type: ignore[arg-type]
    with pytest.raises(OptionUnknown, match="on_success"):
        job.using(on_sucess=print)  # type: ignore[call-arg]


def test_more_than_a_process_can_keep_are_refused(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, turns: Turns, told: Told
) -> None:
    monkeypatch.setattr(listening, "HEARD_MAX", 2)
    job = jobs.register(double, name="double").using(on_success=told.put)
    job.enqueue(1)
    job.enqueue(1)
    with pytest.raises(OptionInvalid, match="have not ended yet"):
        job.enqueue(1)
    assert len(jobs.list().rows) == 2
    turns.complete("2")
    assert told.next() == 2
    job.enqueue(1)


def test_of_more_jobs_than_one_look_takes_each_has_its_turn(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch, turns: Turns, told: Told
) -> None:
    monkeypatch.setattr(listening.Heard.next_ids, "__defaults__", (2,))
    job = jobs.register(double, name="double")
    jobs.enqueue_many(job.call(n).using(on_success=told.put) for n in range(7))
    for n in range(7):
        turns.complete(str(n))
    assert sorted(told.next() for _ in range(7)) == list(range(7))


def test_the_same_call_with_other_callbacks_is_the_same_content(jobs: Jobs, told: Told) -> None:
    job = jobs.register(double, name="double").using(ref_id="once")
    assert job.using(on_success=told.put).enqueue(1) == job.using(on_failure=told.put).enqueue(1)
    detail = jobs.get("once").detail()
    assert (detail.options, detail.extras) == (None, None)


def test_after_closing_none_is_called(tmp_path: Path, told: Told) -> None:
    with Jobs(tmp_path / "store", durability="relaxed") as mine, Jobs(tmp_path / "store") as others:
        job = mine.register(double, name="double")
        first = job.using(on_success=told.put).enqueue(1)
        mine.close()
        others.register(double, name="double").using(ref_id="own", on_failure=told.put).enqueue(1)
        others.cancel(first.id)
        others.cancel("own")
        assert str(others.get("own").id) in str(told.next())
        assert told.empty()
    assert not [one for one in threading.enumerate() if one.name == "headway-callbacks"]


def test_a_callback_may_close_the_jobs(tmp_path: Path, told: Told) -> None:
    jobs = Jobs(tmp_path / "store", durability="relaxed")

    def close(error: JobFailed | JobCancelled) -> None:
        jobs.close()
        told.put(error)

    jobs.register(double, name="double").using(on_failure=close).enqueue(1).cancel()
    assert isinstance(told.next(), JobCancelled)


def test_a_callback_may_enqueue(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double")
    job.using(on_success=lambda value: job.using(on_success=told.put).enqueue(value)).enqueue(1)
    turns.complete("2")
    waits(lambda: jobs.counts()[State.QUEUED] == 1)
    turns.complete("3")
    assert told.next() == 3


def waits(condition: Callable[[], bool]) -> None:
    limit = threading.Event()
    for _ in range(1000):
        if condition():
            return
        limit.wait(0.01)
    raise AssertionError("it did not come")


def test_a_job_that_is_gone_is_named_in_the_log(
    jobs: Jobs, turns: Turns, told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    heard = listening.Heard(jobs.registry)
    callbacks = jobs.register(double, name="double").using(on_success=told.put).call(1).plan.callbacks
    assert callbacks is not None
    heard.add(999, callbacks)
    assert heard.take(999, None) == []
    assert "job 999 is called: the job is gone" in caplog.text
    assert len(heard) == 0
    del turns


def test_a_job_that_somebody_lets_run_again_is_listened_for_on(jobs: Jobs, turns: Turns, told: Told) -> None:
    job = jobs.register(double, name="double").using(on_failure=told.put)
    ref = job.enqueue(1)
    callbacks = job.call(1).plan.callbacks
    assert callbacks is not None
    heard = listening.Heard(jobs.registry)
    heard.add(ref.id, callbacks)
    assert heard.take(ref.id, ref.detail()) == []
    assert len(heard) == 1
    turns.fail()
    assert len(heard.take(ref.id, ref.detail())) == 1
    assert len(heard) == 0


def test_a_store_that_cannot_be_read_is_asked_again(
    jobs: Jobs, turns: Turns, told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(listening, "PAUSE_FAILED_S", 0.01)
    reader, asked = jobs.store.reader, threading.Event()
    usual = reader.states

    def states(ids: Any) -> Any:
        if not asked.is_set():
            asked.set()
            raise OSError("a disk went away")
        return usual(ids)

    monkeypatch.setattr(reader, "states", states)
    with caplog.at_level(logging.ERROR):
        jobs.register(double, name="double").using(on_success=told.put).enqueue(1)
        assert asked.wait(WAIT_S)
        turns.complete("2")
        assert told.next() == 2
    assert "trying again" in caplog.text


def test_after_a_fork_each_process_calls_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        timeout=18,
        check=False,
    )
    assert (done.stderr, done.stdout.split("\n")) == ("", ["child True True", "parent True", "True", ""])
