"""Retries, time-outs and cancellation, as a user meets them."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from faults.scene import Scene
from faults.tree import kill_tree
from headway import Context, Delays, Exponential, Fixed, JobNotRetryable, Jobs, Linear, Retry, State, Worker
from tests.acceptance.moments import AT_ONCE, SECOND, WAIT_S, becomes, until
from tests.acceptance.test_execution import APPLICATION


def broken() -> None:
    """Always fails."""
    raise ConnectionError("no line")


def test_without_options_a_job_that_always_fails_is_tried_three_times(jobs: Jobs) -> None:
    job = jobs.register(broken, name="broken", backoff=AT_ONCE)
    with Worker(jobs):
        ref = job.enqueue()
        assert ref.wait(WAIT_S).state is State.FAILED
    assert len(ref.detail().attempts) == 3


def test_the_default_of_retries_is_a_setting(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", default_retries=4) as jobs, Worker(jobs):
        ref = jobs.register(broken, name="broken", backoff=AT_ONCE).enqueue()
        assert ref.wait(WAIT_S).state is State.FAILED
        assert len(ref.detail().attempts) == 5


def test_each_family_of_pauses_gives_its_numbers() -> None:
    second = timedelta(seconds=1)

    def pauses(backoff: Fixed | Linear | Exponential | Delays, random: float = 0.0) -> list[float]:
        return [backoff.delay(n, random).total_seconds() for n in range(1, 6)]

    assert pauses(Fixed(second)) == [1] * 5
    assert pauses(Linear(second, cap=4 * second)) == [1, 2, 3, 4, 4]
    assert pauses(Exponential(second, cap=10 * second, jitter=False)) == [1, 2, 4, 8, 10]
    assert pauses(Exponential(second, cap=10 * second), random=0.0) == [0.5, 1, 2, 4, 5]
    assert pauses(Exponential(second, cap=10 * second), random=0.5) == [0.75, 1.5, 3, 6, 7.5]
    assert pauses(Delays([second, 5 * second])) == [1, 5, 5, 5, 5]


def test_a_function_says_how_long_to_wait_and_is_asked_once_for_each_retry(jobs: Jobs) -> None:
    asked: list[int] = []

    def pause(failures: int) -> timedelta:
        asked.append(failures)
        return timedelta(milliseconds=failures)

    with Worker(jobs):
        jobs.register(broken, name="broken", retries=3, backoff=pause).enqueue().wait(WAIT_S)
        assert asked == [1, 2, 3]
        jobs.register(broken, name="never", retries=0, backoff=pause).enqueue().wait(WAIT_S)
    assert asked == [1, 2, 3]


def test_the_function_is_asked_once_for_a_body_that_ignores_its_time_out_and_never_where_none_follows(
    jobs: Jobs,
) -> None:
    asked: list[int] = []
    release, ended = threading.Event(), threading.Event()

    def pause(failures: int) -> timedelta:
        asked.append(failures)
        return timedelta(hours=1)

    def deaf() -> None:
        assert release.wait(WAIT_S)
        ended.set()

    limit = timedelta(milliseconds=50)
    with Worker(jobs):
        final = jobs.register(deaf, name="final", retries=3, timeout=limit, backoff=pause, retry_on_timeout=False)
        assert final.enqueue().wait(WAIT_S).state is State.FAILED
        assert asked == []
        ref = jobs.register(deaf, name="deaf", retries=1, timeout=limit, backoff=pause).enqueue()
        until(lambda: ref.status().state is State.SCHEDULED, "its retry waits")
        release.set()
        assert ended.wait(WAIT_S)
    assert asked == [1]


def test_while_a_retry_waits_its_slot_is_free(jobs: Jobs) -> None:
    waiting = jobs.register(broken, name="broken", backoff=Fixed(timedelta(hours=1)))
    with Worker(jobs, concurrency=1):
        ref = waiting.enqueue()
        becomes(ref, State.SCHEDULED)
        assert jobs.register(lambda: 1, name="other").enqueue().result(WAIT_S) == 1
        assert ref.status().state is State.SCHEDULED


def test_a_waiting_retry_survives_kill_9_and_its_pause_is_kept(scene: Scene) -> None:
    victim = scene.worker(application=APPLICATION)
    job = scene.put_many([("later", {})], retries=1)[0]
    until(lambda: scene.state(job) is State.SCHEDULED)
    due_us = scene.detail(job).row.due_us
    kill_tree(victim.pid)
    scene.worker(application=APPLICATION)
    assert (scene.state(job), scene.detail(job).row.due_us) == (State.SCHEDULED, due_us)
    assert scene.finish(job) == ["completed"]
    began = scene.diary(job, "S")[1].at
    assert 0 <= began - due_us / 1e6 < 1


def test_a_job_keeps_its_number_and_reference_and_every_attempt_is_recorded(jobs: Jobs) -> None:
    seen: list[tuple[int, str, int]] = []

    def body(ctx: Context) -> None:
        seen.append((ctx.id, ctx.ref_id, ctx.attempt))
        raise ConnectionError(f"line {ctx.attempt}")

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True, backoff=AT_ONCE).enqueue()
        ref.wait(WAIT_S)
    assert seen == [(ref.id, ref.ref_id, n) for n in (1, 2, 3)]
    attempts = ref.detail().attempts
    assert [attempt.error.message for attempt in attempts if attempt.error] == ["line 1", "line 2", "line 3"]
    assert all(attempt.node_uid and attempt.finished_us >= attempt.started_us > 0 for attempt in attempts)


def test_listed_exceptions_and_their_subclasses_decide_about_a_retry(jobs: Jobs) -> None:
    def body(kind: str) -> None:
        raise {"os": OSError, "reset": ConnectionResetError, "value": ValueError, "key": KeyError}[kind]

    only = jobs.register(body, name="only", retry_on=[OSError], retries=1, backoff=AT_ONCE)
    never = jobs.register(body, name="never", no_retry_on=[LookupError], retries=1, backoff=AT_ONCE)
    asked = jobs.register(
        body, name="asked", should_retry=lambda ctx, exc: isinstance(exc, OSError), retries=1, backoff=AT_ONCE
    )
    with Worker(jobs):
        attempts = {
            (job.name, kind): len(_ended(job.enqueue(kind)))
            for job in (only, never, asked)
            for kind in ("reset", "key")
        }
    assert attempts == {
        ("only", "reset"): 2, ("only", "key"): 1,
        ("never", "reset"): 2, ("never", "key"): 1,
        ("asked", "reset"): 2, ("asked", "key"): 1,
    }  # fmt: skip


def _ended(ref):
    ref.wait(WAIT_S)
    return ref.detail().attempts


def test_a_handler_asks_for_a_retry_at_a_moment_of_its_own(jobs: Jobs) -> None:
    def body(ctx: Context) -> int:
        if ctx.attempt == 1:
            raise Retry(in_=timedelta(milliseconds=10))
        return ctx.attempt

    with Worker(jobs):
        job = jobs.register(body, name="body", takes_context=True, backoff=Fixed(timedelta(hours=1)))
        assert job.enqueue().result(WAIT_S) == 2


def test_a_failed_job_is_requeued_with_its_number_its_whole_budget_and_its_old_attempts(jobs: Jobs) -> None:
    job = jobs.register(broken, name="broken", retries=1, backoff=AT_ONCE)
    with Worker(jobs):
        ref = job.enqueue()
        ref.wait(WAIT_S)
        jobs.retry(ref.id, by="ann")
        until(lambda: len(ref.detail().attempts) == 4)
        assert ref.wait(WAIT_S).state is State.FAILED
        completed = jobs.register(lambda: 1, name="well").enqueue()
        completed.wait(WAIT_S)
        with pytest.raises(JobNotRetryable):
            completed.retry()
    assert len(ref.detail().attempts) == 4
    assert [(event.kind, event.by) for event in ref.detail().events] == [("requeue", "ann")]


def test_the_default_time_out_holds_and_a_call_sets_or_lifts_it(tmp_path: Path) -> None:
    async def sleeps() -> str:
        await asyncio.to_thread(threading.Event().wait, 0.6)
        return "slept"

    with Jobs(tmp_path / "store", default_timeout=timedelta(milliseconds=200)) as jobs, Worker(jobs):
        job = jobs.register(sleeps, name="sleeps", retries=0)
        usual, longer, none = job.enqueue(), job.using(timeout=10 * SECOND).enqueue(), job.using(timeout=None).enqueue()
        assert usual.wait(WAIT_S).code == "timeout"
        assert (longer.result(WAIT_S), none.result(WAIT_S)) == ("slept", "slept")


def test_a_time_out_is_told_apart_from_a_cancellation_and_may_end_as_one(jobs: Jobs) -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    limit = timedelta(milliseconds=150)
    failing = jobs.register(waits, name="failing", timeout=limit, retries=1, backoff=AT_ONCE)
    single = jobs.register(waits, name="single", timeout=limit, retries=5, retry_on_timeout=False)
    gentle = jobs.register(waits, name="gentle", timeout=limit, retries=0, timeout_state="cancelled")
    with Worker(jobs):
        refs = [failing.enqueue(), single.enqueue(), gentle.enqueue()]
        by_hand = jobs.register(waits, name="by-hand").enqueue()
        becomes(by_hand, State.RUNNING)
        by_hand.cancel(by="ann")
        ended = [ref.wait(WAIT_S) for ref in (*refs, by_hand)]
    assert [(one.state, one.code) for one in ended[:3]] == [
        (State.FAILED, "timeout"), (State.FAILED, "timeout"), (State.CANCELLED, "timeout"),
    ]  # fmt: skip
    assert (ended[3].state, ended[3].code) == (State.CANCELLED, "cancelled")
    assert [len(ref.detail().attempts) for ref in refs] == [2, 1, 1]


def test_time_outs_and_cancellations_of_libraries_are_ordinary_failures_that_are_retried(jobs: Jobs) -> None:
    attempts: list[str] = []

    async def waits_too_long(how: str) -> str:
        attempts.append(how)
        if attempts.count(how) == 1:
            match how:
                case "wait_for":
                    await asyncio.wait_for(asyncio.Event().wait(), 0.02)
                case "timeout":
                    async with asyncio.timeout(0.02):
                        await asyncio.Event().wait()
                case "cancelled":
                    inner = asyncio.create_task(asyncio.Event().wait())
                    inner.cancel()
                    await inner
        return how

    job = jobs.register(waits_too_long, name="waits", retries=1, backoff=AT_ONCE)
    hows = ["wait_for", "timeout", "cancelled"]
    with Worker(jobs):
        assert [job.enqueue(how).result(WAIT_S) for how in hows] == hows
    assert sorted(attempts) == sorted(hows * 2)


def test_a_socket_that_times_out_is_retried(jobs: Jobs) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        def fetches(ctx: Context) -> int:
            if ctx.attempt == 1:
                with pytest.raises((TimeoutError, URLError)) as raised:
                    urlopen(address, timeout=0.05)  # nobody answers
                raise raised.value
            return ctx.attempt

        with Worker(jobs):
            job = jobs.register(fetches, name="fetches", takes_context=True, retries=1, backoff=AT_ONCE)
            assert job.enqueue().result(WAIT_S) == 2
