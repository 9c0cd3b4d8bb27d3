"""Callbacks in tests: called in the thread of the test when the job ends, and never where nothing runs."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import JobCancelled, JobFailed, Jobs, Snooze
from headway.testing import inline, manual, recording
from tests.testing.application import Shop


def test_in_manual_mode_they_are_called_when_the_job_ends(app: Shop) -> None:
    told: list[Any] = []
    with manual(app.jobs) as world:
        app.plain.using(on_success=lambda value: told.append((value, threading.current_thread()))).enqueue("abc")
        assert told == []
        world.drain()
        assert told == [(3, threading.current_thread())]
        world.drain()
    assert len(told) == 1


def test_in_manual_mode_a_failure_is_told_after_the_last_retry_and_a_cancellation_at_once(app: Shop) -> None:
    told: list[Any] = []
    with manual(app.jobs) as world:
        app.failing.using(on_failure=told.append, retries=1).enqueue()
        world.run_one()
        assert told == []
        world.drain(world.clock.now() + timedelta(days=1))
        assert isinstance(told.pop(), JobFailed)
        ref = app.plain.using(on_failure=told.append, on_success=told.append).enqueue("a")
        ref.cancel()
        assert isinstance(told.pop(), JobCancelled)


def test_what_expires_while_time_passes_is_told(app: Shop) -> None:
    told: list[Any] = []
    with manual(app.jobs) as world:
        later, soon = timedelta(hours=2), timedelta(hours=1)
        app.plain.using(run_after=world.clock.now() + later, expires=soon, on_failure=told.append).enqueue("a")
        world.drain(world.clock.now() + later)
    assert [one.code for one in told] == ["expired"]


def test_a_job_that_had_ended_before_is_told_at_once(app: Shop) -> None:
    told: list[Any] = []
    with manual(app.jobs) as world:
        app.plain.using(ref_id="once").enqueue("abc")
        world.drain()
        app.plain.using(ref_id="once", on_success=told.append).enqueue("abc")
        assert told == [3]
    with inline(app.jobs):
        for _ in range(2):
            app.plain.using(ref_id="once", on_success=told.append).enqueue("abc")
    assert told == [3, 3, 3]


def test_a_call_that_is_performed_has_them_too(app: Shop) -> None:
    told: list[Any] = []
    with manual(app.jobs) as world:
        world.perform(app.plain.call("abc").using(on_success=told.append))
    assert told == [3]


def test_in_inline_mode_they_are_called_before_enqueue_returns_or_raises(app: Shop) -> None:
    told: list[Any] = []
    with inline(app.jobs):
        app.plain.using(on_success=told.append).enqueue("abc")
        assert told == [3]
        with pytest.raises(KeyError):
            app.failing.using(on_failure=told.append, retries=0).enqueue()
        assert isinstance(told[-1], JobFailed)
        app.jobs.enqueue_many(app.plain.call(text).using(on_success=told.append) for text in ("a", "bb"))
    assert told[2:] == [1, 2]


def test_what_a_callback_enqueues_runs_too(app: Shop) -> None:
    told: list[Any] = []
    with inline(app.jobs):
        again = app.plain.using(on_success=told.append)
        app.plain.using(on_success=lambda value: again.enqueue("x" * (value + 1))).enqueue("abc")
    assert told == [4]


async def test_coroutine_functions_have_ended_when_the_await_returns(app: Shop) -> None:
    told: list[Any] = []

    async def tell(value: int) -> None:
        await app.plain.aenqueue("more")
        told.append(value)

    with inline(app.jobs):
        await app.coroutine.using(on_success=tell).aenqueue("abc")
        assert told == [3]
    with manual(app.jobs) as world:
        await app.coroutine.using(on_success=tell).aenqueue("abcd")
        await world.adrain()
        assert told == [3, 4]
        await world.aperform(app.coroutine.call("abcde").using(on_success=tell))
        assert told == [3, 4, 5]


def test_one_that_fails_is_logged_and_one_that_ends_the_test_ends_it(
    app: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with manual(app.jobs) as world:
        app.plain.using(on_success=lambda value: value["no"]).enqueue("a")  # type: ignore[index]
        world.drain()
        assert "a callback of job 1 failed" in caplog.text
        app.plain.using(on_success=lambda _: pytest.fail("as told")).enqueue("a")
        with pytest.raises(pytest.fail.Exception, match="as told"):
            world.drain()


def test_where_nothing_runs_none_is_called(app: Shop) -> None:
    told: list[Any] = []
    with recording(app.jobs) as sent:
        ref = app.plain.using(on_success=told.append, on_failure=told.append).enqueue("a")
        ref.cancel()
    assert told == []
    assert sent.options_of(app.plain) == [{"on_success": told.append, "on_failure": told.append}]


def test_after_the_block_none_is_called_and_outside_of_it_the_real_ones_are(tmp_path: Path) -> None:
    told: list[Any] = []
    real = threading.Event()
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        job = jobs.register(lambda: Snooze(timedelta(hours=1)), name="job")
        waiting = job.using(on_failure=lambda _: real.set()).enqueue()
        with manual(jobs) as world:
            job.using(on_failure=told.append).enqueue()
            world.drain()
        waiting.cancel()
        assert real.wait(10)
    assert told == []
