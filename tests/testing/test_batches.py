"""Batches inside the test modes: inline they have ended when their block has."""

from collections.abc import Callable

import pytest

from headway import BatchState, Context, Jobs
from headway.testing import inline, manual


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
