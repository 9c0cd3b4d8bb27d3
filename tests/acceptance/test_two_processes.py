"""Composed jobs on two workers in processes of their own: each takes one job at a time, so that no process does it all."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from faults.scene import Scene
from headway import BatchState, Context, JobNotFound, Jobs, State
from tests.acceptance.moments import WAIT_S, until
from tests.acceptance.places import ON_BOTH

pytestmark = ON_BOTH
APPLICATION = "tests.acceptance.application:jobs"


class Two:
    """A client in this process, and two workers beside it."""

    def __init__(self, scene: Scene, client: Jobs) -> None:
        self.scene, self.client = scene, client
        self.queue = client.queue("default")
        self.queue.pause(by="the test")
        self.adds = client.register(_adds, name="adds")
        self.breaks = client.register(_breaks, name="breaks", retries=0)
        self.asks = client.register(_asks, name="asks_for_ten", takes_context=True, retries=2)

    def work(self) -> None:
        """Start both, and let them go together."""
        for _ in range(2):
            self.scene.worker(application=APPLICATION, concurrency=1)
        self.queue.resume()

    def processes(self) -> set[int]:
        """Those in which bodies ran."""
        return {mark.pid for mark in self.scene.diary(kind="S")}


def _adds(a: int, b: int) -> int:
    """The real ones are the application's."""
    return a + b


def _breaks() -> int:
    return 0


def _asks(ctx: Context) -> int:
    return ctx.attempt


@pytest.fixture
def two(tmp_path: Path, url: str | None) -> Iterator[Two]:
    with Scene(tmp_path, url) as scene, Jobs(scene.at) as client:
        yield Two(scene, client)
        assert scene.breaches() == []


def test_chains_pass_results_from_process_to_process(two: Two) -> None:
    chains = []
    for number in range(6):
        first = two.adds.call(number, 1)
        second = two.adds.call(first.value, 10)
        third = two.adds.call(first.value, second.value)
        chains.append(two.client.chain(first, second, third))
    two.work()
    assert [refs[-1].result(WAIT_S) for refs in chains] == [2 * (number + 1) + 10 for number in range(6)]
    assert len(two.processes()) == 2


def test_conditions_are_judged_once_whoever_ends_the_parents(two: Two) -> None:
    good = [two.adds.enqueue(1, number) for number in range(4)]
    bad = [two.breaks.enqueue() for _ in range(4)]
    expected = {
        "success": (State.COMPLETED, State.SKIPPED),
        "failure": (State.SKIPPED, State.COMPLETED),
        "finished": (State.COMPLETED, State.COMPLETED),
    }
    children = {
        when: [
            [two.adds.using(depends_on=parents, when=when).enqueue(0, 0) for parents in side]
            for side in (zip(good[::2], good[1::2], strict=True), zip(bad[::2], bad[1::2], strict=True))
        ]
        for when in expected
    }
    two.work()
    for when, (after_good, after_bad) in children.items():
        assert {ref.wait(WAIT_S).state for ref in after_good} == {expected[when][0]}, when
        assert {ref.wait(WAIT_S).state for ref in after_bad} == {expected[when][1]}, when
    assert len(two.processes()) == 2


def test_ten_children_stay_ten_however_many_attempts_were_needed_and_where(two: Two) -> None:
    parents = [two.asks.enqueue() for _ in range(4)]
    two.work()
    assert [ref.result(WAIT_S) for ref in parents] == [3] * 4
    for ref in parents:
        children = ref.detail().children
        assert len(children) == 10
        assert set(two.scene.finish(*children)) == {State.COMPLETED}
        assert sorted(two.client.get(child).result() for child in children) == [number + 3 for number in range(10)]
    assert len(two.processes()) == 2


def test_batches_in_batches_end_once_with_the_counts_of_all(two: Two) -> None:
    outer = two.client.open_batch("outer", on_finish=two.adds.call(0, 1), on_success=two.adds.call(0, 2))
    inner = [two.client.open_batch(f"inner {number}", parent=outer) for number in range(3)]
    for batch in inner:
        for number in range(8):
            batch.enqueue(two.adds.call(number, number))
        batch.close()
    outer.close()
    two.work()
    assert outer.wait(WAIT_S).state is BatchState.COMPLETED
    assert [batch.status().completed for batch in inner] == [8, 8, 8]
    calls = [two.client.get(f"batch-{outer.status().id}-{name}").result(WAIT_S) for name in ("finish", "success")]
    assert calls == [1, 2]
    assert len(two.scene.diary(kind="S")) == 26
    assert len(two.processes()) == 2


def test_a_batch_is_cancelled_in_both_processes_at_once(two: Two) -> None:
    two.client.register(_waits, name="waits_async", takes_context=True)
    with two.client.batch("long", on_finish=two.adds.call(0, 1), on_success=two.adds.call(0, 2)) as batch:
        for _ in range(6):
            batch.add(two.client.call_by_name("waits_async", {}))
    two.work()
    until(lambda: len(two.scene.diary(kind="S")) == 2, "both run one of its jobs")
    batch.cancel(by="ann")
    status = batch.wait(WAIT_S)
    assert (status.state, status.cancelled) == (BatchState.CANCELLED, 6)
    assert two.client.get(f"batch-{status.id}-finish").result(WAIT_S) == 1
    with pytest.raises(JobNotFound):
        two.client.get(f"batch-{status.id}-success")
    assert len({mark.pid for mark in two.scene.diary(kind="E")} & two.processes()) == 2


async def _waits(ctx: Context) -> None:
    """The real one is the application's."""


def test_a_failed_parent_is_retried_with_its_children_and_a_completed_job_is_done_again_elsewhere(two: Two) -> None:
    parent = two.client.register(_breaks, name="works_again", retries=0).enqueue()
    child = two.adds.using(depends_on=parent).enqueue(1, 2)
    done = two.adds.enqueue(3, 4)
    two.work()
    assert (parent.wait(WAIT_S).state, child.wait(WAIT_S).code) == (State.FAILED, "parent_failed")
    assert (done.result(WAIT_S), done.replay().result(WAIT_S)) == (7, 7)
    parent.retry(revive=True)
    assert (parent.result(WAIT_S), child.result(WAIT_S)) == (2, 3)


def test_what_waits_is_revised_here_and_runs_there_as_revised(two: Two) -> None:
    late = two.adds.using(run_after=timedelta(hours=1)).enqueue(1, 2)
    two.work()
    late.revise(arguments={"a": 40, "b": 2}, run_after=timedelta(0), priority="high")
    assert late.result(WAIT_S) == 42


def test_a_run_that_is_not_stored_takes_its_turn_among_jobs_of_two_other_processes(two: Two) -> None:
    jobs = [two.adds.using(worker="smtp").enqueue(number, 0) for number in range(6)]
    ended: list[int] = []

    def looks() -> None:
        ended.append(sum(ref.status().state.is_final for ref in jobs))

    run = two.client.register(looks, name="looks").using(worker="smtp").start()
    more = [two.adds.using(worker="smtp").enqueue(number, 0) for number in range(6)]
    two.work()
    run.result(WAIT_S)
    assert ended == [6]
    assert {ref.wait(WAIT_S).state for ref in more} == {State.COMPLETED}
    last = max(two.scene.diary(ref.id, "E")[0].at for ref in jobs)
    assert last <= min(two.scene.diary(ref.id, "S")[0].at for ref in more)
