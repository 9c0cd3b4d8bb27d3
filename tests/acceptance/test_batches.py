"""Batches as their users see them: one process adds, others run; each batch ends once."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from faults.scene import Scene
from faults.tree import kill_tree
from headway import (
    BatchClosed,
    BatchCycle,
    BatchExists,
    BatchFull,
    BatchNotFound,
    BatchState,
    BatchStatus,
    Call,
    CancelAnswer,
    Context,
    Jobs,
    OptionInvalid,
    ResultNotReady,
    State,
    Worker,
)
from tests.acceptance.moments import WAIT_S, becomes, stored, until


def told(jobs: Jobs, name: str) -> tuple[list[BatchStatus], Call[None]]:
    """A callback that writes down what it finds of its batch."""
    seen: list[BatchStatus] = []

    def tell(ctx: Context) -> None:
        assert ctx.batch is not None
        seen.append(ctx.batch)

    return seen, jobs.register(tell, name=name, takes_context=True).call()


def test_the_callback_comes_once_when_the_last_job_has_ended_with_the_counts(jobs: Jobs) -> None:
    finished, on_finish = told(jobs, "finished")
    succeeded, on_success = told(jobs, "succeeded")
    release = threading.Event()
    first = jobs.register(lambda: release.wait(WAIT_S), name="first")
    other = jobs.register(lambda: None, name="other")
    with jobs.batch("nightly", on_finish=on_finish, on_success=on_success) as batch:
        batch.add(first.call())
        for _ in range(5):
            batch.add(other.call())
        assert stored(jobs) == 0
    with Worker(jobs) as worker:
        until(lambda: batch.status().pending == 1)
        assert (batch.status().progress, finished) == (5 / 6, [])
        release.set()
        assert batch.wait(WAIT_S).state is BatchState.COMPLETED
        assert worker.wait_idle(WAIT_S)
    assert stored(jobs) == 8
    (status,) = finished
    assert (status.name, status.state, status.jobs, status.completed) == ("nightly", BatchState.COMPLETED, 6, 6)
    assert len(succeeded) == 1


@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_a_failed_or_cancelled_job_keeps_the_success_callback_back_until_a_retry_completes_it(
    jobs: Jobs, how: str
) -> None:
    finished, on_finish = told(jobs, "finished")
    succeeded, on_success = told(jobs, "succeeded")
    broken = [True]

    def sometimes() -> None:
        if broken:
            raise ValueError

    with jobs.batch("b", on_finish=on_finish, on_success=on_success) as batch:
        batch.add(jobs.register(lambda: None, name="good").call())
        batch.add(jobs.register(sometimes, name="bad", retries=0).call())
    bad = batch.refs[1]
    if how == "cancelled":
        bad.cancel()
    with Worker(jobs) as worker:
        assert batch.wait(WAIT_S).state.value == how
        assert worker.wait_idle(WAIT_S)
        assert ([one.state.value for one in finished], succeeded) == ([how], [])
        broken.clear()
        bad.retry()
        assert batch.wait(WAIT_S).state is BatchState.COMPLETED
        assert worker.wait_idle(WAIT_S)
    assert (len(finished), [one.completed for one in succeeded]) == (1, [2])


def test_without_a_total_a_batch_ends_only_after_it_was_closed(jobs: Jobs) -> None:
    finished, on_finish = told(jobs, "finished")
    work = jobs.register(lambda: None, name="work")
    batch = jobs.open_batch("b", on_finish=on_finish)
    with Worker(jobs) as worker:
        batch.enqueue(work.call()).wait(WAIT_S)
        assert worker.wait_idle(WAIT_S)
        assert (batch.status().state, batch.status().pending, finished) == (BatchState.OPEN, 0, [])
        with pytest.raises(ResultNotReady, match="still open"):
            batch.wait(0)
        batch.enqueue(work.call())
        jobs.get_batch("b").close()
        assert batch.wait(WAIT_S).completed == 2
        assert worker.wait_idle(WAIT_S)
    assert len(finished) == 1
    batch.close()
    with pytest.raises(BatchClosed):
        batch.enqueue(work.call())


def test_with_a_total_it_ends_although_a_call_was_answered_with_a_job_that_was_there(jobs: Jobs) -> None:
    told: list[tuple[int, int, int]] = []

    def tell(ctx: Context) -> None:
        assert ctx.batch is not None
        told.append((ctx.batch.jobs, ctx.batch.existing, ctx.batch.completed))

    finished = jobs.register(tell, name="tell", takes_context=True).call()
    work = jobs.register(lambda n: n, name="work")
    outside = work.using(unique_key="one").enqueue(1)
    with jobs.batch("b", total=3, on_finish=finished) as batch:
        batch.add(work.using(unique_key="one").call(1))
        batch.add(work.call(2))
    assert [ref.existing for ref in batch.refs] == [True, False]
    status = batch.status()
    assert (batch.refs[0].id, status.state, status.progress) == (outside.id, BatchState.OPEN, 0.0)
    assert (status.total, status.jobs, status.existing) == (3, 1, 1)
    with Worker(jobs) as worker:
        batch.enqueue(work.call(3))
        assert batch.wait(WAIT_S).state is BatchState.COMPLETED
        worker.wait_idle(WAIT_S)
    assert told == [(2, 1, 2)]


def test_with_a_total_it_closes_itself(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    with jobs.batch("b", total=3) as batch:
        batch.add(work.call())
    assert (batch.status().state, batch.status().total, batch.status().progress) == (BatchState.OPEN, 3, 0.0)
    with pytest.raises(BatchFull, match="3 more do not fit"):
        batch.enqueue_many(work.call() for _ in range(3))
    batch.enqueue_many(work.call() for _ in range(2))
    assert batch.status().state is BatchState.RUNNING
    with Worker(jobs):
        assert batch.wait(WAIT_S).state is BatchState.COMPLETED


def test_a_block_that_raises_stores_nothing(jobs: Jobs) -> None:
    work = jobs.register(lambda n: None, name="work")

    def block() -> None:
        with jobs.batch("b") as batch:
            batch.add(work.call(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        block()
    assert stored(jobs) == 0
    with pytest.raises(BatchNotFound, match="no batch 'b'"):
        jobs.get_batch("b")


def test_a_name_is_taken_once_and_nothing_of_the_second_is_stored(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    jobs.open_batch("b")
    with pytest.raises(BatchExists, match="'b'"), jobs.batch("b") as batch:
        batch.add(work.call())
    assert stored(jobs) == 0
    with jobs.batch() as one, jobs.batch() as two:
        pass
    assert one.name != two.name


def test_coroutines_have_the_same(jobs: Jobs) -> None:
    async def work(ctx: Context) -> str:
        status = await ctx.abatch()
        assert status is not None
        return status.name

    job = jobs.register(work, name="work", takes_context=True)

    async def scene() -> None:
        async with jobs.batch("whole") as whole:
            whole.add(job.call())
        opened = await jobs.aopen_batch("opened")
        await opened.aenqueue(job.call())
        await opened.aenqueue_many([job.call()])
        await (await jobs.aget_batch("opened")).aclose()
        assert [one.name for one in await jobs.abatches()] == ["opened", "whole"]
        assert (await opened.astatus()).jobs == 2
        assert (await opened.await_(WAIT_S)).completed == 2
        assert (await whole.await_(WAIT_S)).state is BatchState.COMPLETED
        assert await whole.refs[0].aresult(WAIT_S) == "whole"
        assert await jobs.acancel_batch("whole") is CancelAnswer.FINAL

    with Worker(jobs):
        asyncio.run(scene())


def test_cancel_cancels_what_waits_stops_what_runs_and_lets_nothing_in(jobs: Jobs) -> None:
    finished, on_finish = told(jobs, "finished")
    succeeded, on_success = told(jobs, "succeeded")
    stop = threading.Event()

    def loops(ctx: Context) -> None:
        while not stop.wait(0.01):
            ctx.check_cancelled()

    running = jobs.register(loops, name="loops", takes_context=True)
    work = jobs.register(lambda: None, name="work")
    batch = jobs.open_batch("b", on_finish=on_finish, on_success=on_success)
    inner = jobs.open_batch("inner", parent=batch)
    first = batch.enqueue(running.call())
    later = [batch.enqueue(work.using(run_after=timedelta(hours=1)).call()) for _ in range(3)]
    later.append(inner.enqueue(work.using(run_after=timedelta(hours=1)).call()))
    with Worker(jobs) as worker:
        becomes(first, State.RUNNING)
        assert jobs.cancel_batch("b", by="ann") is CancelAnswer.REQUESTED
        assert [one.status().state for one in later] == [State.CANCELLED] * 4
        status = batch.wait(WAIT_S)
        assert worker.wait_idle(WAIT_S)
    assert (status.state, status.cancelled, status.cancelled_by) == (BatchState.CANCELLED, 4, "ann")
    assert first.status().state is State.CANCELLED
    assert (len(finished), succeeded) == (1, [])
    for one in (batch, inner):
        with pytest.raises(BatchClosed, match="cancelled by ann"):
            one.enqueue(work.call())
    with pytest.raises(BatchClosed):
        jobs.open_batch("another", parent=batch)


def test_a_batch_waits_for_the_batches_in_it(jobs: Jobs) -> None:
    finished, on_finish = told(jobs, "finished")
    work = jobs.register(lambda: None, name="work")
    outer = jobs.open_batch("outer", on_finish=on_finish)
    inner = jobs.open_batch("inner", parent=outer)
    outer.close()
    with Worker(jobs) as worker:
        inner.enqueue(work.call()).wait(WAIT_S)
        assert worker.wait_idle(WAIT_S)
        assert (outer.status().state, outer.status().batches_pending, finished) == (BatchState.RUNNING, 1, [])
        inner.close()
        assert outer.wait(WAIT_S).state is BatchState.COMPLETED
        assert worker.wait_idle(WAIT_S)
    assert len(finished) == 1


def test_a_job_waits_for_a_batch_also_for_one_that_comes_later(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    report = jobs.register(lambda: "done", name="report").using(depends_on=jobs.batch_ref("later")).enqueue()
    batch = jobs.open_batch("now")
    both = work.using(depends_on=[batch, batch.enqueue(work.call())]).enqueue()
    with Worker(jobs) as worker:
        until(lambda: batch.status().pending == 0)
        assert worker.wait_idle(WAIT_S)
        assert [report.status().state, both.status().state] == [State.WAITING] * 2
        batch.close()
        both.result(WAIT_S)
        with jobs.batch("later") as later:
            later.add(work.call())
        assert report.result(WAIT_S) == "done"


def test_who_waits_for_a_batch_that_ends_badly_is_cancelled(jobs: Jobs) -> None:
    def fails() -> None:
        raise ValueError

    with jobs.batch("b") as batch:
        batch.add(jobs.register(fails, name="fails", retries=0).call())
    waits = jobs.register(lambda: None, name="waits").using(depends_on=batch).enqueue()
    with Worker(jobs):
        status = waits.wait(WAIT_S)
    assert (status.state, status.code, status.reason) == (State.CANCELLED, "parent_failed", "batch 'b' ended failed")


def test_a_job_adds_to_its_own_batch_although_that_is_closed(jobs: Jobs) -> None:
    finished, on_finish = told(jobs, "finished")

    def splits(ctx: Context, depth: int) -> None:
        assert ctx.batch is not None
        assert (ctx.batch.name, ctx.batch_id) == ("tree", "tree")
        if depth:
            for _ in range(2):
                ctx.enqueue(split.using(batch=ctx.batch).call(depth - 1))

    split = jobs.register(splits, name="splits", takes_context=True)
    with jobs.batch("tree", on_finish=on_finish) as batch:
        batch.add(split.call(3))
    with Worker(jobs) as worker:
        assert batch.wait(WAIT_S).completed == 15
        assert worker.wait_idle(WAIT_S)
    assert [one.jobs for one in finished] == [15]


def test_a_job_that_is_in_no_batch_has_none_and_a_mark_makes_none(jobs: Jobs) -> None:
    seen: list[object] = []
    look = jobs.register(lambda ctx: seen.append(ctx.batch), name="look", takes_context=True)
    with Worker(jobs):
        look.using(batch_id="only-a-mark").enqueue().result(WAIT_S)
    assert seen == [None]
    assert jobs.list(batch_id="only-a-mark").total == 1
    with pytest.raises(BatchNotFound):
        jobs.get_batch("only-a-mark")


def test_members_are_found_by_the_name_of_their_batch(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    with jobs.batch("b") as batch:
        ids = [batch.add(work.call()), batch.add(work.using(batch_id="my own mark").call())]
    assert [row.ref_id for row in jobs.list(batch_id="b").rows] == ids[:1]
    assert [ref.ref_id for ref in batch.refs] == ids


def test_what_cannot_be_is_refused_in_one_sentence_and_nothing_is_stored(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    ref = work.enqueue()
    batch = jobs.open_batch("b")
    draft = jobs.batch("draft")
    with pytest.raises(BatchCycle, match="'b' would wait for itself"):
        batch.enqueue(work.using(depends_on=batch).call())
    with pytest.raises(BatchNotFound, match="not stored yet"):
        work.using(batch=draft).enqueue()
    for options in ({"batch": "b"}, {"batch": jobs.batch_ref("b")}, {"batch": ref}, {"depends_on": "b"}):
        with pytest.raises(OptionInvalid):
            work.using(**options)
    for total in (-1, True, 1.5):
        with pytest.raises(OptionInvalid, match="total must be an integer"):
            jobs.batch("x", total=total)
    for name in ("", "a\nb", " a", "x" * 201):
        with pytest.raises(OptionInvalid, match="batch name"):
            jobs.batch(name)
    hour = timedelta(hours=1)
    for call in (
        work.using(depends_on=ref).call(), work.using(batch=batch).call(), work.using(expires=hour).call(),
        work.using(depends_on=jobs.batch_ref("y")).call(), work.using(on_success=print).call(),
    ):  # fmt: skip
        with pytest.raises(OptionInvalid, match="leave it out"):
            jobs.batch("x", on_finish=call)
    other = jobs.open_batch("other")
    with pytest.raises(OptionInvalid, match="another batch already"):
        other.enqueue(work.using(batch=batch).call())
    with pytest.raises(BatchFull, match="a total of 0"):
        jobs.batch("x", total=0).add(work.call())
    assert (stored(jobs), batch.status().jobs, len(jobs.batches())) == (1, 0, 2)


def test_batches_of_another_app_are_not_mine(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", app="mine") as mine, Jobs(tmp_path / "store", app="yours") as yours:
        batch = yours.open_batch("b")
        with pytest.raises(BatchNotFound):
            mine.get_batch("b")
        with pytest.raises(OptionInvalid, match="belongs to the app 'yours'"):
            mine.register(lambda: None, name="work").using(depends_on=batch)
        with pytest.raises(OptionInvalid, match="belongs to the app 'yours'"):
            mine.open_batch("inner", parent=batch)
        assert mine.batches() == ()


def test_over_two_processes_and_a_kill_the_counts_are_right_and_the_callback_comes_once(scene: Scene) -> None:
    """Two workers share a batch; one is killed in the middle of it."""
    with Jobs(scene.place) as client:

        def call(ms: int) -> Call[Any]:
            return client.call_by_name("short", {"ms": ms}, allow_unknown=True, retries=5)

        with client.batch("b", on_finish=call(1)) as batch:
            for _ in range(300):
                batch.add(call(20))
        waits = call(1).using(depends_on=batch)
        waiting = client.enqueue(waits)
        doomed, _ = scene.worker(), scene.worker()
        until(lambda: batch.status().completed > 20)
        kill_tree(doomed.pid)
        status = batch.wait(WAIT_S)
        assert (status.state, status.completed) == (BatchState.COMPLETED, 300)
        for ref in (client.get(f"batch-{status.id}-finish"), waiting):
            assert ref.wait(WAIT_S).state is State.COMPLETED
        assert stored(client) == 302
        assert scene.breaches() == []
