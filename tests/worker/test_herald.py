"""When the hooks of an application are told: once an attempt's end is durable, once, and only if somebody listens."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from headway.model.clock import from_us
from headway.model.errors import StoreUnavailable
from headway.model.event import EventKind
from headway.model.outcome import EndKind
from headway.store.open import open_store
from headway.store.presence import Bystander
from headway.store.protocol import Ask, NodeInfo, Operation
from headway.worker.herald import Herald
from tests.run.stage import wait_for
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


def test_a_success_is_told(bench: Bench) -> None:
    job = run_one(bench, EndKind.RETURNED)
    assert told(bench) == [(job, "completed", None)]


def later(bench: Bench, count: int) -> list[tuple[int, str, str | None]]:
    """What was told beside the engine's own turns: the rows are read on another thread."""
    wait_for(lambda: len(bench.host.told) >= count)
    return told(bench)


def test_a_job_that_expired_before_it_ran_is_told(bench: Bench) -> None:
    job = bench.enqueue(expires_us=bench.clock.now_us() + 1_000_000)
    bench.clock.advance(2)
    bench.store.call(bench.store.tend())
    assert later(bench, 1) == [(job, "cancelled", "expired")]
    (event,) = bench.host.told
    assert (event.attempt, event.name, event.ref_id, event.reason) == (0, "job", "ref-1", "not started by its expiry")


def test_dependants_are_told_that_their_parent_ended_badly(bench: Bench) -> None:
    parent = bench.enqueue(retries=0)
    child = bench.enqueue(depends_on=(parent,))
    grandchild = bench.enqueue(depends_on=(child,))
    bench.turn()
    bench.host.end(bench.host.given[0], EndKind.RAISED)
    bench.engine.turn()
    assert sorted(later(bench, 3)) == [
        (parent, "failed", None),
        (child, "cancelled", "parent_failed"),
        (grandchild, "cancelled", "parent_failed"),
    ]


def test_a_job_that_this_process_cancels_before_it_runs_is_told(bench: Bench) -> None:
    job = bench.enqueue()
    bench.store.call(bench.store.cancel(job, by="ann"))
    assert later(bench, 1) == [(job, "cancelled", "cancelled")]


def dead_node(bench: Bench, **options: object) -> int:
    """A job that was running on a node that is gone."""
    node = NodeInfo(
        uid="gone", app="default", host="h", pid=1, names=("job",), queues=None, concurrency=1, version="test"
    )
    node_id = bench.store.call(bench.store.register(node, lease_us=30_000_000))
    job = bench.enqueue(**options)
    ask = Ask(limit=1, names=frozenset({"job"}))
    bench.store.call(bench.store.exchange(node_id, asks=(ask,), lease_us=30_000_000))
    return job


def test_what_the_reaper_ends_is_told_as_the_attempt_that_it_was(bench: Bench) -> None:
    interrupted = dead_node(bench, interrupt_fails=True)
    bench.store.call(bench.store.reap(dead=("gone",), lease_us=30_000_000, beat_us=5_000_000))
    assert later(bench, 1) == [(interrupted, "failed", "interrupted")]
    assert bench.host.told[0].attempt == 1


def test_a_job_that_the_reaper_gives_back_has_not_ended(bench: Bench) -> None:
    dead_node(bench)
    bench.store.call(bench.store.reap(dead=("gone",), lease_us=30_000_000, beat_us=5_000_000))
    cancelled = bench.enqueue()
    bench.store.call(bench.store.cancel(cancelled))
    assert later(bench, 1) == [(cancelled, "cancelled", "cancelled")]


def test_what_happens_to_jobs_of_another_app_is_not_told(bench: Bench) -> None:
    other, own = bench.enqueue(app="other"), bench.enqueue()
    for job in (other, own):
        bench.store.call(bench.store.cancel(job))
    assert later(bench, 1) == [(own, "cancelled", "cancelled")]


def test_a_job_that_was_requeued_meanwhile_has_not_ended(bench: Bench) -> None:
    job = bench.enqueue()
    herald = Herald(lambda: bench.listened, bench.crew.tell, bench.clock, bench.store.reader, "default")
    herald.hear([Bystander(job, was_running=False)])
    bench.store.reader.call(bench.store.reader.job(job))  # the reader's thread has read the one before
    assert told(bench) == []


def test_nobody_reads_rows_when_nobody_listens(bench: Bench) -> None:
    herald = Herald(
        lambda: frozenset({EventKind.COMPLETED}), bench.crew.tell, bench.clock, bench.store.reader, "default"
    )
    bench.store.reader.close()  # would be refused
    herald.hear([Bystander(1, was_running=False)])
    assert told(bench) == []


def test_of_two_who_attend_the_first_is_told_and_the_next_one_when_it_left(bench: Bench) -> None:
    heard: list[str] = []
    first, second = (lambda _ended: heard.append("first")), (lambda _ended: heard.append("second"))
    store = open_store(bench.store.place, clock=bench.clock, durability="relaxed")
    store.attend(first)
    store.attend(second)
    for _ in range(2):
        store.call(store.cancel(bench.enqueue()))
        store.unattend(first)
    store.unattend(second)
    store.call(store.cancel(bench.enqueue()))
    store.close()
    assert heard == ["first", "second"]


def test_who_fails_when_told_harms_no_write(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_ended: Sequence[Bystander]) -> None:
        raise LookupError("planted")

    store = open_store(bench.store.place, clock=bench.clock, durability="relaxed")
    store.attend(fail)
    job = bench.enqueue()
    store.call(store.cancel(job))
    store.close()
    assert bench.state(job) == "cancelled"
    assert "could not be told" in caplog.text


@pytest.mark.parametrize("kind", [EndKind.SNOOZED, EndKind.RELEASED])
def test_what_is_no_end_is_not_told(bench: Bench, kind: EndKind) -> None:
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
