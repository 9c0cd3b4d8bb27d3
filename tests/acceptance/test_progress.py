"""What a job says while it runs: context, progress, status, log, counters, and what it hands to its next attempt."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.scene import Scene
from headway import Context, JobFailed, Jobs, State, Worker
from tests.acceptance.moments import AT_ONCE, WAIT_S, until
from tests.acceptance.test_execution import APPLICATION


def test_the_context_knows_what_the_enqueuer_said(jobs: Jobs) -> None:
    def body(ctx: Context, n: int) -> list[object]:
        assert Context.current() is ctx
        return [ctx.id, ctx.ref_id, ctx.tags, ctx.user_id, ctx.attempt, ctx.parent_id, n]

    parent = jobs.register(lambda: None, name="parent").enqueue()
    job = jobs.register(body, name="body", takes_context=True).using(tags=["a"], user_id="u7", parent=parent)
    with Worker(jobs):
        ref = job.enqueue(5)
        assert ref.result(WAIT_S) == [ref.id, ref.ref_id, ["a"], "u7", 1, parent.id, 5]


def test_the_current_context_is_found_in_threads_and_coroutines(jobs: Jobs) -> None:
    def deep() -> int:
        return Context.current().id

    async def adeep() -> int:
        return Context.current().id

    plain, coroutine = jobs.register(deep, name="plain"), jobs.register(adeep, name="coroutine")
    with Worker(jobs):
        refs = [plain.enqueue(), coroutine.enqueue()]
        assert [ref.result(WAIT_S) for ref in refs] == [ref.id for ref in refs]


@dataclass
class Order:
    id: int
    sku: str


def test_the_arguments_come_as_one_value_and_missing_data_is_a_clear_error(jobs: Jobs) -> None:
    def body(ctx: Context, id: int, sku: str = "") -> list[object]:  # noqa: A002 - the data's own word
        order = ctx.data(Order)
        return [order.id, order.sku]

    job = jobs.register(body, name="body", takes_context=True, retries=0)
    with Worker(jobs):
        assert job.enqueue(7, "a").result(WAIT_S) == [7, "a"]
        with pytest.raises(JobFailed, match="sku"):
            job.enqueue(7).result(WAIT_S)


def test_three_ways_to_say_half_show_half_and_a_report_without_message_is_kept(jobs: Jobs) -> None:
    said, go_on = threading.Event(), threading.Event()

    def body(ctx: Context, how: int) -> None:
        match how:
            case 0:
                ctx.progress(50, "half")
            case 1:
                ctx.progress(done=3, total=6)
            case _:
                ctx.progress(fraction=0.5)
        said.set()
        assert go_on.wait(WAIT_S)

    job = jobs.register(body, name="body", takes_context=True)
    with Worker(jobs):
        refs = [job.enqueue(how) for how in range(3)]
        until(lambda: [ref.status().progress_percentage for ref in refs] == [50] * 3, "half is shown")
        assert refs[0].status().message == "half"
        assert not refs[0].status().estimated
        go_on.set()
        assert {ref.wait(WAIT_S).progress for ref in refs} == {1.0}


def test_the_last_of_three_status_texts_is_shown_soon_and_kept(jobs: Jobs) -> None:
    go_on = threading.Event()

    def body(ctx: Context) -> None:
        for n in (1, 2, 3):
            ctx.status(f"Checked {n} URLs")
        assert go_on.wait(WAIT_S)

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        until(lambda: ref.status().state is State.RUNNING)
        until(lambda: ref.status().status_text == "Checked 3 URLs", "it is shown", 2)
        go_on.set()
        assert ref.wait(WAIT_S).status_text == "Checked 3 URLs"


def test_a_hundred_thousand_reports_make_few_writes_and_nothing_said_last_is_lost(jobs: Jobs) -> None:
    count = 100_000

    def body(ctx: Context) -> None:
        for n in range(count):
            ctx.progress(done=n + 1, total=count, message=f"{n + 1} done")
            if n % 1000 == 0:
                ctx.log.info("at %d", n)
        ctx.status("the end")

    writes = Writes(jobs)
    job = jobs.register(body, name="body", takes_context=True)
    with Worker(jobs):
        ref = job.enqueue()
        begun = time.monotonic()
        status = ref.wait(WAIT_S)
        took = time.monotonic() - begun
    assert (status.message, status.status_text) == (f"{count} done", "the end")
    assert [line.line.text for line in ref.log()] == [f"at {n}" for n in range(0, count, 1000)]
    assert 0 < writes.reports <= took / 0.1 + count / 1000 / 50 + 5, (writes.reports, took)


class Writes:
    """Counts the turns of a worker that carried reports to the store."""

    def __init__(self, jobs: Jobs) -> None:
        self.reports = 0
        store, exchange = jobs.store, jobs.store.exchange

        def counted(node_id, **given):
            self.reports += bool(given.get("reports"))
            return exchange(node_id, **given)

        store.exchange = counted  # type: ignore[method-assign]


def test_lines_reach_the_jobs_log_in_order_with_level_and_time_and_normal_logging_too(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    def body(ctx: Context) -> None:
        ctx.log("first")
        ctx.log.warning("second %d", 2)
        logging.getLogger("shop.mail").error("third")

    with caplog.at_level(logging.INFO), Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        ref.wait(WAIT_S)
    lines = [one.line for one in ref.log()]
    assert [(line.level, line.text) for line in lines] == [
        (logging.INFO, "first"), (logging.WARNING, "second 2"), (logging.ERROR, "third"),
    ]  # fmt: skip
    assert [line.at_us for line in lines] == sorted(line.at_us for line in lines)
    shown = [one for one in caplog.records if one.getMessage() in {"first", "second 2", "third"}]
    assert [one.getMessage() for one in shown] == ["first", "second 2", "third"]
    assert {one.job_id for one in shown} == {ref.id}  # type: ignore[attr-defined] # a field of ours


def test_of_five_thousand_lines_the_first_fifty_and_the_newest_are_kept_and_the_rest_is_counted(jobs: Jobs) -> None:
    def body(ctx: Context) -> None:
        for n in range(5000):
            ctx.log.info("%d", n)

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        ref.wait(WAIT_S)
    kept = [int(one.line.text) for one in ref.log(limit=5000)]
    assert kept == [*range(50), *range(4050, 5000)]
    assert ref.detail().lines_dropped == 4000


def test_the_chunks_of_a_followed_log_are_the_whole_log_also_over_the_end(jobs: Jobs) -> None:
    def body(ctx: Context) -> None:
        pause = threading.Event()
        for n in range(300):
            ctx.log.info("%d", n)
            pause.wait(0.002)

    chunks: list[int] = []
    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        after, over = 0, False
        while not over:
            over = ref.status().is_final
            found = ref.log(after=after, limit=50)
            chunks += [int(one.line.text) for one in found]
            after = found[-1].number if found else after
            over = over and not found
    assert chunks == list(range(300))
    assert len(ref.log()) == 300


def test_who_watches_a_job_sees_its_reports_and_its_end(jobs: Jobs) -> None:
    shown = threading.Event()

    def body(ctx: Context, fails: bool) -> None:
        ctx.progress(60, "more than half")
        assert shown.wait(WAIT_S)
        if fails:
            raise ValueError

    job = jobs.register(body, name="body", takes_context=True, retries=0)

    def watched(fails: bool) -> list[tuple[State, int | None]]:
        found = []
        shown.clear()
        for status in job.enqueue(fails).watch():
            found.append((status.state, status.progress_percentage))
            if status.message == "more than half":
                shown.set()
        return found

    with Worker(jobs):
        well, badly = watched(False), watched(True)
    assert (State.RUNNING, 60) in well
    assert (State.RUNNING, 60) in badly
    assert (well[-1], badly[-1]) == ((State.COMPLETED, 100), (State.FAILED, 60))


def test_a_silent_job_shows_an_estimate_from_its_last_run_until_it_reports(jobs: Jobs) -> None:
    steps = [threading.Event() for _ in range(2)]

    def body(ctx: Context, run: int) -> None:
        if run == 1:
            threading.Event().wait(1.0)
            return
        assert steps[0].wait(WAIT_S)
        ctx.progress(7)
        assert steps[1].wait(WAIT_S)

    job = jobs.register(body, name="body", takes_context=True)
    with Worker(jobs):
        first = job.enqueue(1)
        until(lambda: first.status().state is State.RUNNING)
        assert first.status().progress is None, "there is no history yet"
        first.wait(WAIT_S)
        second = job.enqueue(2)
        status = until(lambda: (now := second.status()).progress is not None and now.progress >= 0.4 and now)
        assert status.estimated
        assert status.started is not None
        assert 0.4 <= status.progress < 0.8
        steps[0].set()
        until(lambda: not second.status().estimated, "the report replaces the estimate")
        assert second.status().progress_percentage == 7
        steps[1].set()
        assert second.wait(WAIT_S).progress == 1.0


def test_counters_are_shown_live_and_kept_also_after_a_failure(jobs: Jobs) -> None:
    go_on = threading.Event()

    def body(ctx: Context) -> None:
        ctx.stats.sent += 3
        ctx.stats.bounced += 1
        assert go_on.wait(WAIT_S)
        ctx.stats.sent += 1
        raise ValueError

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True, retries=0).enqueue()
        until(lambda: ref.detail().stats == '{"sent":3,"bounced":1}', "they are shown")
        go_on.set()
        assert ref.wait(WAIT_S).state is State.FAILED
    assert ref.detail().stats == '{"sent":4,"bounced":1}'


def test_an_import_that_failed_half_way_goes_on_there(jobs: Jobs) -> None:
    def body(ctx: Context) -> list[int]:
        begin = ctx.state.get("next", 0)
        for item in range(begin, 1000):
            if item == 500 and ctx.attempt == 1:
                raise ConnectionError
            ctx.state["next"] = item + 1
        return [begin, ctx.state["next"]]

    with Worker(jobs):
        ref = jobs.register(body, name="body", takes_context=True, backoff=AT_ONCE).enqueue()
        assert ref.result(WAIT_S) == [500, 1000]


def test_an_import_in_another_process_goes_on_where_it_failed(scene: Scene) -> None:
    scene.worker(application=APPLICATION)
    (job,) = scene.put_many([("imports", {"items": 1000})], retries=2)
    assert scene.finish(job) == ["completed"]
    assert scene.detail(job).result == "[500,1000]"


def test_the_whole_kept_log_is_read_at_once_after_the_job_was_archived(tmp_path: Path) -> None:
    with Jobs(tmp_path / "store") as jobs, Worker(jobs):

        def body(ctx: Context) -> None:
            for n in range(20):
                ctx.log.info("%d", n)

        ref = jobs.register(body, name="body", takes_context=True).enqueue()
        ref.wait(WAIT_S)
        assert jobs.store.call(jobs.store.archive(before_us=jobs.clock.now_us() + 1)) == 1
        assert [one.line.text for one in ref.log()] == [str(n) for n in range(20)]
