"""Runs that are not stored."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest

from headway import ArgumentsInvalid, Context, HandlerRefused, Jobs, OptionInvalid, Run, State

WAIT_S = 10.0


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as made:
        yield made


def add(one: int, two: int) -> int:
    return one + two


async def slow(ctx: Context, one: int) -> tuple[int, str | None, tuple[str, ...], dict[str, Any]]:
    return one, ctx.worker, ctx.tags, ctx.args


def broken() -> None:
    raise ValueError("no")


def test_a_run_answers_a_future_that_says_how_it_stands(jobs: Jobs) -> None:
    begun, release = threading.Event(), threading.Event()

    def held(number: int) -> int:
        begun.set()
        assert release.wait(WAIT_S)
        return number

    run = jobs.register(held, name="held").start(7)
    assert begun.wait(WAIT_S)
    assert (run.state, run.name, run.worker) == (State.RUNNING, "held", None)
    release.set()
    assert run.result(WAIT_S) == 7
    assert run.state is State.COMPLETED
    assert "held completed" in repr(run)


def test_without_a_worker_nothing_touches_the_store(tmp_path: Path) -> None:
    with Jobs(tmp_path / "nowhere") as jobs:
        job = jobs.register(add, name="add")
        assert job.start(1, 2).result(WAIT_S) == 3
        assert jobs.start(add, 3, two=4).result(WAIT_S) == 7
        assert jobs.start(job.call(5, 6)).result(WAIT_S) == 11
    assert not (tmp_path / "nowhere").exists()


async def test_awaited_a_run_answers_the_value_and_raises_what_the_handler_raises(jobs: Jobs) -> None:
    job = jobs.register(slow, name="slow", takes_context=True)
    chosen = job.using(tags=["red"], args={"a": 1})
    assert await chosen.arun(1) == (1, None, ("red",), {"a": 1})
    assert await chosen.using(worker="smtp").arun(1) == (1, "smtp", ("red",), {"a": 1})
    assert await jobs.register(add, name="add").arun(1, 2) == 3
    assert await jobs.arun(add, 3, 4) == 7
    with pytest.raises(ValueError, match="no"):
        await jobs.register(broken, name="broken").arun()
    with pytest.raises(ValueError, match="no"):
        await jobs.register(broken, name="again").using(worker="smtp").arun()


@pytest.mark.parametrize("worker", [{}, {"worker": "smtp"}], ids=["no worker", "named worker"])
def test_an_exception_is_raised_to_whoever_asks(jobs: Jobs, worker: Any) -> None:
    run = jobs.register(broken, name="broken").using(**worker).start()
    with pytest.raises(ValueError, match="no"):
        run.result(WAIT_S)
    assert run.state is State.FAILED


def test_runs_of_one_worker_come_one_after_the_other_in_order(jobs: Jobs) -> None:
    at_once, ran, lock = [0, 0], [], threading.Lock()

    def count(number: int) -> None:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        ran.append(number)
        with lock:
            at_once[0] -= 1

    job = jobs.register(count, name="count").using(worker="smtp")
    for run in [job.start(number) for number in range(10)]:
        run.result(WAIT_S)
    assert (ran, at_once[1]) == (list(range(10)), 1)


def test_a_run_that_waits_can_be_cancelled_and_leaves_the_line(jobs: Jobs) -> None:
    release = threading.Event()
    held = jobs.register(lambda: release.wait(WAIT_S), name="held").using(worker="smtp")
    first, second, third = held.start(), held.start(), held.start()
    assert second.cancel()
    assert second.state is State.CANCELLED
    release.set()
    assert (first.result(WAIT_S), third.result(WAIT_S)) == (True, True)
    with pytest.raises(CancelledError):
        second.result(WAIT_S)


async def test_a_cancelled_await_gives_the_turn_back(jobs: Jobs) -> None:
    begun = asyncio.Event()

    async def forever() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(jobs.register(forever, name="forever").using(worker="smtp").arun())
    await begun.wait()
    waiting = asyncio.create_task(jobs.register(slow, name="slow", takes_context=True).using(worker="smtp").arun(1))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await asyncio.wait_for(waiting, WAIT_S))[0] == 1


def test_closing_cancels_what_waits_and_waits_for_what_runs(tmp_path: Path) -> None:
    begun, release = threading.Event(), threading.Event()

    def held() -> str:
        begun.set()
        assert release.wait(WAIT_S)
        return "done"

    jobs = Jobs(tmp_path / "store", durability="relaxed")
    job = jobs.register(held, name="held").using(worker="smtp")
    runs: list[Run[str]] = [job.start(), job.start()]
    assert begun.wait(WAIT_S)
    closing = threading.Thread(target=jobs.close)
    closing.start()
    with pytest.raises(CancelledError):
        runs[1].result(WAIT_S)
    release.set()
    closing.join(WAIT_S)
    assert runs[0].result(0) == "done"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ref_id": "mine"}, "ref_id is for jobs that are stored"),
        ({"queue": "mail"}, "queue is for jobs that are stored"),
        ({"concurrency_key": "ann"}, "concurrency_key is for jobs that are stored"),
        ({"on_success": print}, "on_success is for jobs that are stored"),
    ],
)
def test_options_of_stored_jobs_are_refused(jobs: Jobs, options: Any, said: str) -> None:
    job = jobs.register(add, name="add").using(**options)
    with pytest.raises(OptionInvalid, match=said):
        job.start(1, 2)


def test_a_declared_key_is_not_silently_ignored(jobs: Jobs) -> None:
    with pytest.raises(OptionInvalid, match="declared with a concurrency_key"):
        jobs.register(add, name="add", concurrency_key="all").start(1, 2)


def test_wrong_calls_are_refused_at_once(jobs: Jobs) -> None:
    job = jobs.register(add, name="add")
    with pytest.raises(ArgumentsInvalid):
        job.start(1)  # type: ignore[call-arg]
    with pytest.raises(HandlerRefused, match="not registered here"):
        jobs.start(jobs.call_by_name("strange", {}, allow_unknown=True))


def test_a_process_that_only_runs_is_no_worker_to_anybody(jobs: Jobs) -> None:
    assert jobs.register(add, name="add").using(worker="smtp").start(1, 2).result(WAIT_S) == 3
    assert jobs.store.reader.call(jobs.store.reader.nodes()) == ()
    assert sum(jobs.counts().values()) == 0
