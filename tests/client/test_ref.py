"""References: how a job stands, waiting for its end, what became of it, cancelling and retrying."""

import asyncio
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import (
    CancelAnswer,
    JobCancelled,
    JobFailed,
    JobNotFound,
    JobNotRetryable,
    Jobs,
    NestedLoop,
    OptionInvalid,
    OptionUnknown,
    PayloadInvalid,
    Ref,
    ResultNotReady,
    State,
)
from headway.client.waiting import PAUSE_MAX_S, RealWaiter
from headway.model.clock import SystemClock
from headway.model.outcome import EndKind, LogLine, Report
from tests.client.turns import ClockWaiter, Turns
from tests.conformance.owned_clock import SECOND_US, OwnedClock

WAIT = """
import sys
from headway import Jobs

with Jobs(sys.argv[1]) as jobs:
    ref = jobs.get(sys.argv[2])
    print(ref.status().state, flush=True)
    print(ref.result(timeout=15))
"""


@dataclass
class Total:
    year: int
    amounts: tuple[int, ...]


def count(year: int) -> Total:
    return Total(year, ())


def ping() -> None: ...


# -- status ----------------------------------------------------------------------------------------------------------


def test_a_status_tells_the_life_of_a_job(jobs: Jobs, turns: Turns, clock: OwnedClock) -> None:
    ref = jobs.register(ping).enqueue()
    status = ref.status()
    assert (status.state, status.progress, status.attempt, status.started) == (State.QUEUED, None, 0, None)
    claim = turns.claim()
    clock.advance(1)
    turns.world.report(turns.node, claim, fraction=0.404, message="half-way", status="busy")
    status = ref.status()
    assert (status.state, status.progress, status.progress_percentage) == (State.RUNNING, 0.404, 40)
    assert (status.message, status.status_text, status.attempt, status.estimated) == ("half-way", "busy", 1, False)
    turns.world.end(turns.node, claim)
    status = ref.status()
    assert (status.state, status.progress, status.is_final) == (State.COMPLETED, 1.0, True)
    assert status.finished is not None
    assert status.finished - status.created == timedelta(seconds=1)


def test_progress_is_estimated_from_earlier_runs_when_none_is_reported(
    jobs: Jobs, turns: Turns, clock: OwnedClock
) -> None:
    job = jobs.register(ping)
    for seconds in (8, 10, 90):
        job.enqueue()
        claim = turns.claim()
        clock.advance(seconds)
        turns.world.end(turns.node, claim)
    ref = job.enqueue()
    turns.claim()
    clock.advance(4)
    status = ref.status()
    assert (status.progress, status.estimated) == (0.4, True)
    clock.advance(1000)
    assert ref.status().progress == 0.99


async def test_the_awaited_twins_see_the_same(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(count).enqueue(2026)
    turns.complete('{"year":2026,"amounts":[1,2]}')
    assert await ref.astatus() == ref.status()
    assert await ref.adetail() == ref.detail()
    assert await ref.aresult(timeout=0) == ref.result(timeout=0)
    assert await ref.alog() == ref.log()
    assert await jobs.aget(ref.id) == jobs.get(ref.ref_id)
    assert await jobs.acounts() == jobs.counts()
    assert await jobs.alist() == jobs.list()
    assert await jobs.aqueues() == jobs.queues()
    assert await ref.await_() == ref.status()


def test_the_log_is_read_from_a_number_on(jobs: Jobs, turns: Turns, clock: OwnedClock) -> None:
    ref = jobs.register(ping).enqueue()
    claim = turns.claim()
    lines = tuple(LogLine(at_us=clock.now_us(), level=20, text=text) for text in "abc")
    turns.world.turn(turns.node, reports=[Report(id=claim.id, epoch=claim.epoch, lines=lines)])
    first = ref.log(limit=1)
    assert [stored.line.text for stored in first] == ["a"]
    assert [stored.line.text for stored in ref.log(after=first[-1].number)] == ["b", "c"]


# -- result ----------------------------------------------------------------------------------------------------------


def test_the_result_has_the_type_of_the_handlers_return(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(count).enqueue(2026)
    turns.complete('{"year":2026,"amounts":[1,2]}')
    assert ref.result() == Total(2026, (1, 2))


def test_the_result_of_a_handler_that_is_not_known_here_is_plain_json(
    jobs: Jobs, turns: Turns, tmp_path: Path, clock: OwnedClock
) -> None:
    ref = jobs.register(count, name="count").enqueue(2026)
    turns.complete('{"year":2026,"amounts":[1,2]}')
    with Jobs(tmp_path / "store", clock=clock) as elsewhere:
        assert elsewhere.get(ref.ref_id).result() == {"year": 2026, "amounts": [1, 2]}


def test_a_stored_result_that_no_longer_fits_is_an_error_and_not_a_wrong_value(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(count).enqueue(2026)
    turns.complete('{"year":"MMXXVI"}')
    with pytest.raises(PayloadInvalid):
        ref.result()


def test_a_job_without_a_stored_result_answers_none(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(ping).enqueue()
    turns.world.end(turns.node, turns.claim(), result=None)
    assert ref.result() is None


def test_a_failed_job_raises_with_the_last_error(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(ping, name="ping").enqueue()
    turns.fail("the disk is full")
    with pytest.raises(
        JobFailed, match=rf"job {ref.id} \(ping\) failed after 1 attempt: ValueError: the disk"
    ) as caught:
        ref.result()
    error = caught.value
    assert (error.message, error.error_type, error.attempts) == ("the disk is full", "ValueError", 1)
    assert "Traceback" in (error.traceback or "")


def test_a_cancelled_job_raises_with_the_reason(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping)
    parent = job.enqueue()
    child = job.using(depends_on=parent).enqueue()
    turns.fail()
    with pytest.raises(JobCancelled, match="parent_failed") as caught:
        child.result()
    assert caught.value.code == "parent_failed"


def test_waiting_looks_again_after_growing_pauses_until_the_job_has_ended(
    jobs: Jobs, turns: Turns, waiter: ClockWaiter
) -> None:
    ref = jobs.register(ping).enqueue()
    claim = turns.claim()

    def end_at_last() -> None:
        if len(waiter.pauses) == 12:
            turns.world.end(turns.node, claim)

    waiter.then = end_at_last
    assert ref.wait(timedelta(minutes=1)).state is State.COMPLETED
    assert waiter.pauses == sorted(waiter.pauses)
    assert (len(waiter.pauses), waiter.pauses[0], waiter.pauses[-1]) == (12, 0.01, PAUSE_MAX_S)


def test_when_the_time_is_over_the_job_goes_on(jobs: Jobs, waiter: ClockWaiter, clock: OwnedClock) -> None:
    ref = jobs.register(ping).enqueue()
    before = clock.monotonic()
    with pytest.raises(ResultNotReady, match=f"job {ref.id} is still queued after 2 s; it goes on"):
        ref.result(timeout=2)
    assert clock.monotonic() - before == pytest.approx(2)
    assert issubclass(ResultNotReady, TimeoutError)
    waiter.pauses.clear()
    with pytest.raises(ResultNotReady):
        ref.result(timeout=0)
    assert waiter.pauses == []


async def test_awaiting_a_result_lets_others_run_and_ends_in_time(jobs: Jobs, waiter: ClockWaiter) -> None:
    ref = jobs.register(ping).enqueue()
    with pytest.raises(ResultNotReady):
        await ref.aresult(timeout=1)
    assert sum(waiter.pauses) == pytest.approx(1)


async def test_a_blocking_wait_on_the_running_loop_is_refused(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(ping).enqueue()
    with pytest.raises(NestedLoop, match="await aresult"):
        ref.result(timeout=5)
    with pytest.raises(NestedLoop, match="await await_"):
        ref.wait()
    turns.complete()
    assert ref.result(timeout=0) is None
    assert await asyncio.to_thread(ref.result) is None


async def test_the_real_waiter_waits_and_lets_the_loop_run() -> None:
    clock, others = SystemClock(), asyncio.Event()
    asyncio.get_running_loop().call_soon(others.set)
    start = clock.monotonic()
    await RealWaiter().apause(0.02)
    assert others.is_set()
    RealWaiter().pause(0.02)
    assert clock.monotonic() - start >= 0.035


@pytest.mark.parametrize("timeout", [-1, float("nan"), "5", True])
def test_a_time_limit_is_a_number_from_nought(jobs: Jobs, timeout: Any) -> None:
    with pytest.raises(OptionInvalid, match="timeout must be seconds"):
        jobs.register(ping).enqueue().result(timeout)


def test_another_process_can_wait_for_the_result(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(count, name="count").enqueue(2026)
    with subprocess.Popen(
        [sys.executable, "-c", WAIT, jobs.place, ref.ref_id], stdout=subprocess.PIPE, text=True
    ) as waiting:
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == "queued\n"
        turns.complete('{"year":2026,"amounts":[]}')
        assert waiting.stdout.read() == "{'year': 2026, 'amounts': []}\n"
    assert waiting.returncode == 0


# -- cancel, retry ---------------------------------------------------------------------------------------------------


def test_cancel_tells_what_happened(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping)
    pending, running = job.enqueue(), job.using(priority="high").enqueue()
    claim = turns.claim()
    assert claim.id == running.id
    assert pending.cancel(by="ann") is CancelAnswer.CANCELLED
    assert running.cancel() is CancelAnswer.REQUESTED
    assert running.status().cancel_requested
    assert pending.cancel() is CancelAnswer.FINAL
    assert jobs.cancel(running.ref_id) is CancelAnswer.ALREADY_REQUESTED
    assert [(event.kind, event.by) for event in pending.detail().events] == [("cancel", "ann")]


async def test_cancel_and_retry_have_twins(jobs: Jobs) -> None:
    ref = jobs.register(ping).enqueue()
    assert await ref.acancel("ann") is CancelAnswer.CANCELLED
    await ref.aretry()
    assert await jobs.acancel(ref.id) is CancelAnswer.CANCELLED
    await jobs.aretry(ref.ref_id)
    assert ref.status().state is State.QUEUED


def test_a_failed_job_can_be_retried_and_a_queued_one_cannot(jobs: Jobs, turns: Turns) -> None:
    ref = jobs.register(ping).enqueue()
    with pytest.raises(JobNotRetryable):
        ref.retry()
    turns.fail()
    ref.retry(by="ann")
    assert ref.status().state is State.QUEUED
    turns.world.end(turns.node, turns.claim(), EndKind.RETURNED, result="null")
    with pytest.raises(JobNotRetryable):
        jobs.retry(ref.id)


# -- finding ---------------------------------------------------------------------------------------------------------


def test_a_job_is_found_by_its_number_and_by_its_reference(jobs: Jobs) -> None:
    ref = jobs.register(ping, name="ping").using(ref_id="nightly").enqueue()
    assert jobs.get(ref.id) == jobs.get("nightly") == ref
    assert (jobs.get(ref.id).ref_id, jobs.get("nightly").id, jobs.get(ref.id).name) == ("nightly", ref.id, "ping")
    assert hash(jobs.get(ref.id)) == hash(ref)


def test_a_job_that_is_not_there_or_of_another_app_is_not_found(jobs: Jobs, tmp_path: Path) -> None:
    ref = jobs.register(ping).enqueue()
    for unknown in (ref.id + 1, "nobody"):
        with pytest.raises(JobNotFound):
            jobs.get(unknown)
    with Jobs(tmp_path / "store", app="other") as other, pytest.raises(JobNotFound):
        other.get(ref.id)


def test_a_reference_to_nothing_says_so(jobs: Jobs) -> None:
    gone = Ref[Any](jobs, id=999, ref_id="gone", name="ping")
    for use in (gone.status, gone.detail, gone.wait, gone.result, gone.cancel, gone.retry):
        with pytest.raises(JobNotFound, match="999"):
            use()


def test_jobs_are_listed_by_what_must_hold(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping, name="ping")
    mail = job.using(queue="mail", tags=["a"], created_by="ann").enqueue()
    child = job.using(parent=mail, batch_id="b").enqueue()
    turns.fail()
    ids = {
        "queue": [row.id for row in jobs.list(queues=["mail"]).rows],
        "tag": [row.id for row in jobs.list(tag="a", created_by="ann").rows],
        "parent": [row.id for row in jobs.list(parent=mail).rows],
        "batch": [row.id for row in jobs.list(batch_id="b", names=["ping"]).rows],
        "state": [row.id for row in jobs.list(states=[State.FAILED]).rows],
        "created": [row.id for row in jobs.list(created_until=mail.status().created - timedelta(seconds=1)).rows],
    }
    assert ids == {
        "queue": [mail.id],
        "tag": [mail.id],
        "parent": [child.id],
        "batch": [child.id],
        "state": [mail.id],
        "created": [],
    }
    page = jobs.list(limit=1)
    assert ([row.id for row in page.rows], page.total) == ([child.id], 2)
    assert [row.id for row in jobs.list(limit=1, before_id=page.next_cursor).rows] == [mail.id]


def test_a_filter_that_does_not_exist_names_the_nearest(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="did you mean 'states'"):
        jobs.list(state="failed")  # type: ignore[call-arg]
    with pytest.raises(OptionInvalid, match="list of states"):
        jobs.list(states="failed")  # type: ignore[arg-type]
    with pytest.raises(OptionInvalid, match="the states are: scheduled"):
        jobs.list(states=["broken"])  # type: ignore[list-item]
    with pytest.raises(OptionInvalid, match="must be a list"):
        jobs.list(queues="mail")


def test_jobs_are_counted_by_state_and_queue(jobs: Jobs, turns: Turns) -> None:
    job = jobs.register(ping)
    job.enqueue()
    job.using(queue="mail").enqueue()
    turns.complete()
    assert (jobs.counts()[State.COMPLETED], jobs.counts()[State.QUEUED]) == (1, 1)
    assert [(queue.queue, queue.queued) for queue in jobs.queues() if queue.queued] == [("mail", 1)]
    assert SECOND_US == 1_000_000
