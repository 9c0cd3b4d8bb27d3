"""The number of an attempt: what `ref.status()` says is what the attempt itself was told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from headway import Cancelled, Context, Fixed, Jobs, Snooze, State, Status
from headway.model.outcome import EndKind
from headway.testing import manual
from tests.client.turns import Turns


def test_a_status_says_the_number_that_the_attempt_was_told_and_the_epoch_apart(jobs: Jobs) -> None:
    told: list[tuple[int, int]] = []
    seen: list[tuple[int, int]] = []

    @jobs.job(name="third", takes_context=True, retries=2, backoff=Fixed(timedelta(seconds=1)))
    def third(ctx: Context) -> Snooze | None:
        told.append((ctx.attempt, ctx.epoch))
        status = jobs.get(ctx.id).status()
        seen.append((status.attempt, status.epoch))
        if ctx.epoch == 2:
            return Snooze(timedelta(seconds=1))
        if ctx.attempt < 3:
            raise ConnectionError
        return None

    with manual(jobs) as world:
        ref = third.enqueue()
        after = [_numbers(ref.status())]
        for _ in range(4):
            world.run_one()
            after.append(_numbers(ref.status()))
            world.clock.advance(timedelta(seconds=1))
            world.store.call(world.store.tend())
    assert told == seen == [(1, 1), (2, 2), (2, 3), (3, 4)]
    assert after == [(0, 0), (1, 1), (1, 2), (2, 3), (3, 4)]


@pytest.mark.parametrize("retries", [0, 1])
def test_a_job_that_failed_for_good_says_its_last_attempt_and_a_requeue_begins_anew(jobs: Jobs, retries: int) -> None:
    def broken() -> None:
        raise KeyError

    with manual(jobs) as world:
        ref = jobs.register(broken, name="broken", retries=retries, backoff=Fixed(timedelta(0))).enqueue()
        world.drain()
        assert _numbers(ref.status()) == (retries + 1, retries + 1)
        ref.retry()
        assert _numbers(ref.status()) == (0, retries + 1)


def test_a_cancelled_job_says_the_attempt_in_which_it_ended_if_it_ran(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(lambda: Cancelled("not needed"), name="job")
    waiting, running = job.enqueue(), job.enqueue()
    waiting.cancel()
    claim = turns.claim()
    running.cancel()
    turns.world.end(turns.node, claim, EndKind.CANCELLED)
    assert [ref.status().state for ref in (waiting, running)] == [State.CANCELLED] * 2
    assert [ref.status().attempt for ref in (waiting, running)] == [0, 1]


def test_a_time_out_that_cancels_is_counted_once(jobs: Jobs) -> None:
    @jobs.job(name="slow", takes_context=True, retries=0, timeout=timedelta(seconds=1), timeout_state="cancelled")
    def slow(ctx: Context) -> None:
        world.clock.advance(timedelta(seconds=2))
        ctx.check_cancelled()

    with manual(jobs) as world:
        ref = slow.enqueue()
        world.drain()
        assert (ref.status().code, ref.status().attempt) == ("timeout", 1)


def _numbers(status: Status) -> tuple[int, int]:
    return status.attempt, status.epoch
