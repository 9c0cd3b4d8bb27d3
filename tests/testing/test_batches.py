"""Batches inside the test modes: inline they have ended when their block has."""

from collections.abc import Callable

import pytest

from headway import BatchExists, BatchNotFound, BatchState, Context, Jobs
from headway.testing import inline, manual, recording


@pytest.fixture
def jobs() -> Jobs:
    return Jobs("memory://")


def told(jobs: Jobs) -> tuple[list[tuple[str, int]], object]:
    seen: list[tuple[str, int]] = []

    def tell(ctx: Context) -> None:
        assert ctx.batch is not None
        seen.append((ctx.batch.name, ctx.batch.completed))

    return seen, jobs.register(tell, name="tell", takes_context=True).call()


def into(ran: list[int]) -> Callable[[int], None]:
    def append(number: int) -> None:
        ran.append(number)

    return append


def test_recorded_its_calls_and_what_was_to_follow_it_are_told_apart(jobs: Jobs) -> None:
    work, report, party = (jobs.register(lambda: None, name=name) for name in ("work", "report", "party"))
    with recording(jobs) as sent:
        work.enqueue()
        with jobs.batch("b", on_finish=report.using(queue="mail").call(), on_success=party.call()) as batch:
            batch.add(work.call())
            batch.add(work.using(priority="high").call())
        seen = sent.batch("b")
    assert sent.all == (work.call(), work.call(), work.using(priority="high").call())
    assert sent.of(report) == sent.of(party) == []
    assert sent.batches == (seen,)
    assert seen.calls == (work.call(), work.using(priority="high").call())
    assert (seen.of(work), seen.of(report), len(seen)) == (list(seen.calls), [], 2)
    assert (seen.on_finish, seen.on_success) == (report.using(queue="mail").call(), party.call())
    assert (seen.total, seen.parent, seen.closed, seen.cancelled) == (None, None, True, False)


def test_recorded_an_open_batch_has_what_was_added_in_whatever_way(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")
    with recording(jobs) as sent:
        outer = jobs.open_batch("outer", total=3)
        inner = jobs.open_batch("inner", parent=outer)
        outer.enqueue(work.call())
        work.using(batch=outer).enqueue()
        assert [one.closed for one in sent.batches] == [False, False]
        inner.cancel()
        outer.enqueue(work.call())
    first, second = sent.batches
    assert (first.name, first.total, len(first), first.closed, first.parent) == ("outer", 3, 3, True, None)
    assert (second.name, second.parent, second.cancelled, second.calls) == ("inner", "outer", True, ())


@pytest.mark.parametrize("ref_id", [None, "the report of today"])
def test_recorded_what_follows_an_empty_batch_is_no_enqueue_of_the_code_under_test(
    jobs: Jobs, ref_id: str | None
) -> None:
    report = jobs.register(lambda: None, name="report")
    call = report.call() if ref_id is None else report.using(ref_id=ref_id).call()
    with recording(jobs) as sent, jobs.batch("empty", on_finish=call):
        pass
    assert (sent.all, sent.batch("empty").on_finish) == ((), call)


def test_recorded_a_batch_that_was_refused_or_whose_block_raised_was_never_there(jobs: Jobs) -> None:
    work = jobs.register(lambda: None, name="work")

    def broken() -> None:
        with jobs.batch("broken", on_finish=work.call()) as batch:
            batch.add(work.call())
            raise ZeroDivisionError

    with recording(jobs) as sent:
        with pytest.raises(ZeroDivisionError):
            broken()
        jobs.open_batch("b", on_finish=work.call())
        with pytest.raises(BatchExists):
            jobs.open_batch("b", on_success=work.call())
    assert [batch.name for batch in sent.batches] == ["b"]
    assert sent.batch("b").on_success is None
    assert sent.all == ()
    with pytest.raises(BatchNotFound, match=r"no batch 'broken' was created; there were \['b'\]"):
        sent.batch("broken")


def test_inline_a_batch_and_its_callback_have_run_at_the_end_of_the_block(jobs: Jobs) -> None:
    ran: list[int] = []
    seen, call = told(jobs)
    work = jobs.register(into(ran), name="work")
    with inline(jobs):
        with jobs.batch("b", on_finish=call) as batch:
            batch.add(work.call(1))
            batch.add(work.call(2))
        assert (ran, seen, batch.status().state) == ([1, 2], [("b", 2)], BatchState.COMPLETED)


def test_inline_the_callback_of_an_open_batch_runs_with_its_close(jobs: Jobs) -> None:
    ran: list[int] = []
    seen, call = told(jobs)
    work = jobs.register(into(ran), name="work")
    with inline(jobs):
        batch = jobs.open_batch("b", on_finish=call)
        batch.enqueue(work.call(1))
        assert (ran, seen) == ([1], [])
        batch.close()
        assert seen == [("b", 1)]


async def _in_a_loop(jobs: Jobs, seen: list[tuple[str, int]], call: object) -> None:
    work = jobs.register(lambda: None, name="work")
    with inline(jobs):
        async with jobs.batch("b", on_finish=call) as batch:  # type: ignore[arg-type]
            batch.add(work.call())
        assert seen == [("b", 1)]
        other = await jobs.aopen_batch("other", on_finish=call)  # type: ignore[arg-type]
        await other.acancel()
        assert seen == [("b", 1), ("other", 0)]


def test_inline_coroutines_have_the_same(jobs: Jobs) -> None:
    import asyncio

    asyncio.run(_in_a_loop(jobs, *told(jobs)))


def test_by_hand_a_batch_ends_when_it_is_driven(jobs: Jobs) -> None:
    seen, call = told(jobs)
    work = jobs.register(lambda: None, name="work")
    with manual(jobs) as world:
        with jobs.batch("b", on_finish=call) as batch:
            batch.add(work.call())
        assert batch.status().pending == 1
        world.drain()
        assert (seen, batch.status().state) == ([("b", 1)], BatchState.COMPLETED)
