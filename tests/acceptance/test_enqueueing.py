"""Enqueueing and its options, seen at the handler and in the store."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from headway import (
    Context,
    Delays,
    DuplicateRefId,
    JobCancelled,
    JobFailed,
    Jobs,
    OptionInvalid,
    PayloadTooLarge,
    ResultNotReady,
    State,
    Worker,
)
from tests.acceptance.moments import AT_ONCE, SECOND, WAIT_S, becomes, stored, until
from tests.cli.stage import run


def test_enqueue_returns_before_the_job_runs_and_the_job_is_there(jobs: Jobs) -> None:
    release = threading.Event()
    job = jobs.register(lambda: release.wait(WAIT_S), name="waits")
    with Worker(jobs):
        ref = job.enqueue()
        assert jobs.get(ref.id).ref_id == ref.ref_id
        assert ref.status().state in {State.QUEUED, State.RUNNING}
        release.set()
        assert ref.result(WAIT_S) is True


async def test_coroutines_enqueue_and_wait_with_the_awaited_twins(jobs: Jobs) -> None:
    async def doubled(n: int) -> int:
        return 2 * n

    job = jobs.register(doubled, name="doubled")
    async with Worker(jobs).lifespan():
        refs = await asyncio.gather(*(job.aenqueue(n) for n in range(5)))
        assert [await ref.aresult(WAIT_S) for ref in refs] == [0, 2, 4, 6, 8]


def test_a_job_is_the_same_by_its_number_and_by_its_reference(jobs: Jobs) -> None:
    ref = jobs.register(lambda: None, name="job").enqueue()
    assert jobs.get(ref.id) == jobs.get(ref.ref_id) == ref


def test_a_delay_is_kept_within_a_second_and_with_all_options(jobs: Jobs) -> None:
    def when(ctx: Context, text: str) -> tuple[str, float, str]:
        return text, time.time(), ctx.queue

    job = jobs.register(when, name="when", takes_context=True)
    with Worker(jobs):
        asked = time.time()
        ref = job.using(run_after=2 * SECOND, queue="slow").enqueue("a")
        assert ref.status().state is State.SCHEDULED
        text, ran, queue = ref.result(WAIT_S)
    assert (text, queue) == ("a", "slow")
    assert 2.0 <= ran - asked < 3.0


def test_a_moment_without_a_time_zone_is_refused(jobs: Jobs) -> None:
    job = jobs.register(lambda: None, name="job")
    with pytest.raises(OptionInvalid):
        job.using(run_after=datetime(2030, 1, 1)).enqueue()  # noqa: DTZ001 - the mistake itself
    assert stored(jobs) == 0


def test_a_ref_id_of_the_callers_own_is_one_job_and_other_content_is_refused(jobs: Jobs) -> None:
    job = jobs.register(lambda n: n, name="job")
    first = job.using(ref_id="order-7").enqueue(1)
    again = job.using(ref_id="order-7").enqueue(1)
    assert (again.id, again.existing) == (first.id, True)
    with pytest.raises(DuplicateRefId):
        job.using(ref_id="order-7").enqueue(2)
    assert stored(jobs) == 1


def test_facts_of_a_call_are_read_in_the_handler_in_the_detail_and_found_by_filters(jobs: Jobs) -> None:
    def body(ctx: Context) -> object:
        return [ctx.tags, ctx.created_by, ctx.batch_id, ctx.args.get("k"), ctx.reply_to]

    job = jobs.register(body, name="body", takes_context=True)
    given = job.using(
        tags=["red"],
        created_by="ann",
        batch_id="b-1",
        args={"k": [1], "customer": 17, "city": "Rome"},
        reply_to="https://shop.example/done",
    )
    with Worker(jobs):
        ref = given.enqueue()
        job.enqueue().wait(WAIT_S)
        assert ref.result(WAIT_S) == [["red"], "ann", "b-1", [1], "https://shop.example/done"]
    row = ref.detail().row
    assert (row.tags, row.created_by, row.batch_id, row.reply_to) == (
        ("red",), "ann", "b-1", "https://shop.example/done",
    )  # fmt: skip
    assert '"k"' in (ref.detail().extras or "")
    shown = run("jobs", "show", ref.id, "--store", jobs.place, "--json").json
    names = ("tags", "created_by", "batch_id", "reply_to")
    assert [shown[name] for name in names] == [["red"], "ann", "b-1", "https://shop.example/done"]
    assert shown["extras"]["args"] == {"k": [1], "customer": 17, "city": "Rome"}
    for found in (
        jobs.list(tag="red"), jobs.list(created_by="ann"), jobs.list(batch_id="b-1"),
        jobs.list(reply_to="https://shop.example/done"), jobs.list(args={"customer": 17, "city": "Rome"}),
    ):  # fmt: skip
        assert [one.id for one in found.rows] == [ref.id]
    assert jobs.list(args={"customer": 17, "city": "Oslo"}).rows == ()


def test_a_parent_link_gates_nothing_and_leads_both_ways(jobs: Jobs) -> None:
    parent = jobs.register(lambda: None, name="parent").using(run_after=timedelta(hours=1)).enqueue()
    child = jobs.register(lambda: "ran", name="child").using(parent=parent).enqueue()
    with Worker(jobs):
        assert child.result(WAIT_S) == "ran"
    assert child.detail().row.parent_id == parent.id
    assert parent.detail().children == (child.id,)
    assert [row.id for row in jobs.list(parent=parent).rows] == [child.id]


def test_a_worker_of_one_queue_never_runs_another_and_the_queue_stays_over_retry_delay_and_requeue(jobs: Jobs) -> None:
    ran: list[str] = []

    def body(ctx: Context) -> None:
        ran.append(ctx.queue)
        if len(ran) < 4:
            raise ValueError

    job = jobs.register(body, name="body", takes_context=True, retries=1, backoff=AT_ONCE)
    other = job.using(queue="beta").enqueue()
    ref = job.using(queue="alpha", run_after=timedelta(milliseconds=50)).enqueue()
    with Worker(jobs, queues={"alpha": 2}) as worker:
        assert ref.wait(WAIT_S).state is State.FAILED
        ref.retry()
        assert ref.wait(WAIT_S).state is State.COMPLETED
        assert worker.wait_idle(WAIT_S)
    assert ran == ["alpha"] * 4
    assert (other.status().state, other.status().attempt) == (State.QUEUED, 0)


def test_with_one_slot_jobs_start_by_priority_then_age(jobs: Jobs) -> None:
    begun, release, order = threading.Event(), threading.Event(), []

    def blocker() -> None:
        begun.set()
        assert release.wait(WAIT_S)

    job = jobs.register(lambda text: order.append(text), name="notes")  # noqa: PLW0108 - a handler is a function
    with Worker(jobs, concurrency=1) as worker:
        jobs.register(blocker, name="blocker").enqueue()
        assert begun.wait(WAIT_S)
        for text, priority in (("low", "low"), ("1st", 0), ("2nd", 0), ("urgent", "urgent"), ("high", 5), ("3rd", 0)):
            job.using(priority=priority).enqueue(text)  # type: ignore[arg-type]
        release.set()
        until(lambda: len(order) == 6)
        assert worker.wait_idle(WAIT_S)
    assert order == ["urgent", "high", "1st", "2nd", "3rd", "low"]


def test_three_retries_are_four_attempts_whose_gaps_follow_the_policy(jobs: Jobs) -> None:
    starts: list[float] = []

    def broken() -> None:
        starts.append(time.monotonic())
        raise ValueError

    pauses = [timedelta(milliseconds=ms) for ms in (100, 300, 500)]
    with Worker(jobs):
        ref = jobs.register(broken, name="broken", retries=3, backoff=Delays(pauses)).enqueue()
        assert ref.wait(WAIT_S).state is State.FAILED
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert len(starts) == 4
    assert all(0 <= gap - pause.total_seconds() < 0.3 for gap, pause in zip(gaps, pauses, strict=True)), gaps


def test_a_long_sleep_with_a_time_out_of_a_second_ends_within_two(jobs: Jobs) -> None:
    async def sleeps() -> None:
        await asyncio.Event().wait()

    job = jobs.register(sleeps, name="sleeps", retries=0)
    with Worker(jobs):
        asked = time.monotonic()
        status = job.using(timeout=SECOND).enqueue().wait(WAIT_S)
        assert time.monotonic() - asked < 2.2
    assert (status.state, status.code) == (State.FAILED, "timeout")


def test_what_has_not_started_by_its_expiry_is_cancelled_and_never_runs(jobs: Jobs) -> None:
    ran: list[int] = []
    job = jobs.register(lambda: ran.append(1), name="job")
    ref = job.using(expires=timedelta(milliseconds=1)).enqueue()
    until(lambda: time.time() > ref.status().created.timestamp() + 0.002)
    with Worker(jobs):
        status = ref.wait(WAIT_S)
    assert (status.state, status.code, ran) == (State.CANCELLED, "expired", [])


def test_ten_thousand_jobs_in_one_call_are_ten_times_faster_than_one_by_one(tmp_path: Path) -> None:
    ratios: list[float] = []
    with Jobs(tmp_path / "store") as jobs:  # every commit waits for the disk, as it does by default
        job = jobs.register(lambda n: None, name="job")
        for _ in range(3):  # somebody else's load on this machine is not the store's doing: the best of three counts
            begun = time.perf_counter()
            for n in range(200):
                job.enqueue(n)
            single_s = (time.perf_counter() - begun) / 200
            begun = time.perf_counter()
            refs = jobs.enqueue_many(job.call(n) for n in range(10_000))
            ratios.append(single_s / ((time.perf_counter() - begun) / 10_000))
            assert len({ref.id for ref in refs}) == 10_000
            if ratios[-1] >= 10:
                break
        assert stored(jobs) == 10_200 * len(ratios)
    assert max(ratios) >= 10, ratios


def test_many_calls_are_stored_all_or_none(jobs: Jobs) -> None:
    job = jobs.register(lambda n: None, name="job")
    job.using(ref_id="taken").enqueue(1)
    with pytest.raises(DuplicateRefId):
        jobs.enqueue_many([job.call(1), job.using(ref_id="taken").call(2), job.call(3)])
    assert stored(jobs) == 1


ELSEWHERE = """
import sys
from headway import Jobs, JobFailed
with Jobs(sys.argv[1]) as jobs:
    print(jobs.get(int(sys.argv[2])).result(10))
    try:
        jobs.get(int(sys.argv[3])).result(10)
    except JobFailed as error:
        print(error.message)
"""


def test_the_result_is_waited_for_from_another_process_too(jobs: Jobs) -> None:
    release = threading.Event()

    def well() -> int:
        assert release.wait(WAIT_S)
        return 42

    def bad() -> None:
        raise ValueError("no paper")

    refs = [jobs.register(well, name="well").enqueue(), jobs.register(bad, name="bad", retries=0).enqueue()]
    with Worker(jobs):
        with pytest.raises(ResultNotReady):
            refs[0].result(0.05)
        words = [sys.executable, "-c", ELSEWHERE, jobs.place, *(str(ref.id) for ref in refs)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env=os.environ.copy()) as other:
            becomes(refs[1], State.FAILED)
            release.set()
            out, _ = other.communicate(timeout=WAIT_S)
    assert out.decode().split("\n") == ["42", "no paper", ""]


def test_a_result_raises_the_jobs_error_or_its_cancellation(jobs: Jobs) -> None:
    def bad() -> None:
        raise ValueError("no paper")

    cancelled = jobs.register(lambda: None, name="never").using(run_after=timedelta(hours=1)).enqueue()
    cancelled.cancel(by="ann")
    with Worker(jobs), pytest.raises(JobFailed, match="no paper"):
        jobs.register(bad, name="bad", retries=0).enqueue().result(WAIT_S)
    with pytest.raises(JobCancelled):
        cancelled.result(WAIT_S)


def test_jobs_alone_never_work_and_a_worker_elsewhere_runs_what_they_enqueue(tmp_path: Path) -> None:
    place = tmp_path / "store"
    threads = threading.active_count()
    with Jobs(place, durability="relaxed") as producer, Jobs(place, durability="relaxed") as consumer:
        ref = producer.register(lambda: "mine", name="job").enqueue()
        with pytest.raises(ResultNotReady):
            ref.result(0.2)
        assert (ref.status().state, producer.store.reader.call(producer.store.reader.nodes())) == (State.QUEUED, ())
        assert threading.active_count() <= threads + 4, "the store's own threads at most"
        consumer.register(lambda: "yours", name="job")
        with Worker(consumer):
            assert ref.result(WAIT_S) == "yours"


def test_a_payload_over_the_limit_stores_nothing_and_names_both_sizes(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", payload_max_bytes=100) as jobs:
        with pytest.raises(PayloadTooLarge, match=r"100\b") as raised:
            jobs.register(lambda text: None, name="job").enqueue("x" * 200)
        assert (raised.value.size > 200, raised.value.limit) == (True, 100)
        assert stored(jobs) == 0


def test_the_handler_sees_the_trace_of_whoever_enqueued_it(jobs: Jobs) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    jobs.trace_context = lambda: trace
    with Worker(jobs):
        ref = jobs.register(lambda: Context.current().traceparent, name="traced").enqueue()
        assert ref.result(WAIT_S) == trace
