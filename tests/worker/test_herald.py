"""When the hooks of an application are told: once an attempt's end is durable, once, and only if somebody listens."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from headway.model.clock import from_us
from headway.model.errors import StoreUnavailable
from headway.model.event import EventKind
from headway.model.outcome import EndKind
from headway.store.protocol import Operation
from tests.worker.stage import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def told(bench: Bench) -> list[tuple[int, str, str | None]]:
    return [(event.id, event.kind.value, event.code) for event in bench.host.told]


def run_one(bench: Bench, kind: EndKind, **options: object) -> int:
    job = bench.enqueue(**options)
    bench.turn()
    bench.host.end(bench.host.given[-1], kind)
    bench.engine.turn()
    return job


def test_a_retry_and_then_the_final_failure_are_told_once_each(bench: Bench) -> None:
    job = run_one(bench, EndKind.RAISED, retries=1)
    (retry,) = bench.host.told
    assert (retry.kind, retry.attempt, retry.message) == (EventKind.RETRYING, 1, "no")
    assert retry.due == from_us(bench.clock.now_us()) + timedelta(seconds=7)
    bench.clock.advance(8)
    bench.turn()
    bench.host.end(bench.host.given[-1], EndKind.RAISED)
    bench.engine.turn()
    bench.turn()
    assert told(bench) == [(job, "retrying", None), (job, "failed", None)]
    assert bench.host.told[-1].attempt == 2


def test_a_time_out_that_the_parent_of_a_host_decided_is_told_like_any_other(bench: Bench) -> None:
    job = run_one(bench, EndKind.TIMED_OUT, retries=0)
    assert told(bench) == [(job, "failed", "timeout")]


def test_the_third_crash_of_a_child_is_told_by_a_host_as_poison(bench: Bench) -> None:
    job = bench.enqueue("heavy")
    for crash in range(3):
        bench.clock.advance(11)
        bench.turn()
        bench.pool.end(bench.pool.given[crash], EndKind.CRASHED)
        bench.engine.turn()
    assert told(bench) == [(job, "retrying", "crashed"), (job, "retrying", "crashed"), (job, "failed", "poison")]
    assert bench.pool.told == []


def test_a_cancellation_that_came_before_the_settle_is_told_although_the_body_succeeded(bench: Bench) -> None:
    job = bench.enqueue()
    bench.turn()
    bench.store.call(bench.store.cancel(job, by="ann"))
    bench.host.end(bench.host.given[0])
    bench.engine.turn()
    assert told(bench) == [(job, "cancelled", "cancelled")]


@pytest.mark.parametrize("kind", [EndKind.RETURNED, EndKind.SNOOZED, EndKind.RELEASED])
def test_what_is_no_failure_is_not_told(bench: Bench, kind: EndKind) -> None:
    run_one(bench, kind)
    assert told(bench) == []


def test_only_what_somebody_listens_to_is_told(bench: Bench) -> None:
    bench.listened = frozenset({EventKind.CANCELLED})
    run_one(bench, EndKind.RAISED, retries=0)
    assert told(bench) == []


def test_a_result_that_was_refused_is_not_told(bench: Bench, tmp_path: Path) -> None:
    bench.enqueue(retries=0)
    bench.turn()
    bench.store.call(bench.store.leave(bench.node.id))  # its jobs are released
    bench.host.end(bench.host.given[0], EndKind.RAISED)
    bench.engine.turn()
    assert told(bench) == []


def test_an_end_that_the_store_could_not_take_is_told_when_it_took_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.enqueue(retries=0)
    bench.turn()
    bench.host.end(bench.host.given[0], EndKind.RAISED)

    def fail(operation: Operation[object]) -> object:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "call", fail)
        with pytest.raises(StoreUnavailable):
            bench.engine.turn()
    assert told(bench) == []
    assert not bench.engine.quiet
    bench.engine.turn()
    assert told(bench) == [(job, "failed", None)]
    assert bench.engine.quiet
