"""One turn at a time: what is claimed, what is settled, what happens when the lease is lost."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headway.model.errors import StoreUnavailable
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.run.runner import StopReason
from headway.store.protocol import Operation, Store
from headway.worker.settings import WorkerSettings
from tests.worker.stage import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


def test_a_turn_claims_no_more_than_can_start_now(bench: Bench) -> None:
    for _ in range(5):
        bench.enqueue()
    bench.turn()
    assert [claim.id for claim in bench.host.given] == [1, 2]


def test_process_jobs_go_to_the_pool_and_only_as_many_as_it_has_children(bench: Bench) -> None:
    for _ in range(3):
        bench.enqueue("heavy")
    bench.turn()
    assert [claim.id for claim in bench.pool.given] == [1]
    assert bench.host.given == []


def test_an_ending_is_settled_in_the_turn_that_claims_the_next_job(bench: Bench) -> None:
    ids = [bench.enqueue() for _ in range(3)]
    bench.turn()
    bench.host.end(bench.host.given[0])
    bench.engine.turn()
    assert [bench.state(one) for one in ids] == ["completed", "running", "running"]


def test_a_failure_waits_for_its_back_off_and_runs_again_on_time(bench: Bench) -> None:
    job = bench.enqueue(retries=1)
    bench.turn()
    bench.host.end(bench.host.given[0], EndKind.RAISED)
    bench.engine.turn()
    assert bench.state(job) == State.SCHEDULED
    bench.clock.advance(6.9)
    bench.turn()
    assert len(bench.host.given) == 1
    bench.clock.advance(0.2)
    bench.turn()
    assert [claim.epoch for claim in bench.host.given] == [1, 2]


def test_after_a_clock_stepped_forward_a_scheduled_job_is_claimed_without_a_wake_up(bench: Bench) -> None:
    bench.enqueue(delay_us=3_600_000_000)
    bench.turn()
    bench.clock.step_wall(3601)
    bench.engine.turn()
    assert len(bench.host.given) == 1


def test_a_full_worker_rests_while_others_are_due(bench: Bench) -> None:
    for name in ("job", "job", "heavy"):
        bench.enqueue(name)
    bench.enqueue(delay_us=1_000_000)
    bench.turn()
    bench.clock.advance(2)
    for _ in range(3):
        bench.engine.step(woken=True)
        assert bench.engine.pause_s() > 0.5
    bench.host.end(bench.host.given[0])
    bench.engine.step(woken=True)
    assert len(bench.host.given) == 3


def test_a_cancel_reaches_the_body_once(bench: Bench) -> None:
    job = bench.enqueue()
    bench.turn()
    bench.store.call(bench.store.cancel(job, by="ann"))
    bench.turn()
    bench.turn()
    assert [(stop.id, stop.reason) for stop in bench.host.stops] == [(job, StopReason.CANCEL)]
    bench.host.end(bench.host.given[0])
    bench.engine.turn()
    assert bench.state(job) == State.CANCELLED


def test_past_its_deadline_a_node_stops_its_bodies_before_it_says_anything(bench: Bench) -> None:
    job = bench.enqueue()
    bench.turn()
    before = bench.node.uid
    bench.clock.advance(25)
    bench.host.end(bench.host.given[0], EndKind.RAISED)
    bench.engine.turn()
    assert [stop.reason for stop in bench.host.stops] == [StopReason.LEASE_LOST]
    assert bench.node.uid != before
    assert bench.state(job) == State.RUNNING  # not settled: whose it is now, only the reaper says


def test_the_keeper_stops_bodies_while_the_engine_waits_for_the_store(bench: Bench) -> None:
    job = bench.enqueue()
    bench.turn()
    before = bench.node.uid
    bench.clock.advance(25)
    bench.engine.lose()  # by the thread that looks at the lease; the engine's makes no turn
    assert [(stop.id, stop.reason) for stop in bench.host.stops] == [(job, StopReason.LEASE_LOST)]
    bench.engine.lose()
    assert len(bench.host.stops) == 1
    bench.engine.turn()
    assert bench.node.uid != before


def test_what_is_granted_too_late_is_not_begun(bench: Bench) -> None:
    first = bench.enqueue(retries=0)
    bench.turn()
    child, late = bench.enqueue(depends_on=(first,)), bench.enqueue()
    bench.host.end(bench.host.given[0], EndKind.RAISED)
    bench.store.unattend(bench.herald.hear)
    # so long took the commit with which the child is cancelled
    bench.store.attend(lambda _ended: bench.clock.advance(25))
    bench.turn()
    assert [bench.state(one) for one in (first, child)] == [State.FAILED, State.CANCELLED]
    assert [claim.id for claim in bench.host.given] == [first]
    assert bench.state(late) == State.RUNNING  # others have it, once this node is taken for dead


def test_the_second_run_stands_and_a_late_success_is_refused_and_written_down(bench: Bench, tmp_path: Path) -> None:
    job = bench.enqueue()
    bench.turn()
    first = bench.host.given[0]
    other = Bench(tmp_path, clock=bench.clock)
    bench.clock.advance(31)
    other.node.beat(lambda _beat: None, lambda _why: None)
    for _ in range(2):  # the sweeper was away: it holds its hand for one lease first
        other.store.call(other.store.reap(lease_us=30_000_000, beat_us=5_000_000))
        bench.clock.advance(9)
        other.store.call(other.store.beat(other.node.id, lease_us=30_000_000))
    for _ in range(5):
        bench.clock.advance(9)
        other.store.call(other.store.beat(other.node.id, lease_us=30_000_000))
        other.store.call(other.store.reap(lease_us=30_000_000, beat_us=5_000_000))
    other.node.deadline = bench.clock.monotonic() + 20
    other.turn()
    assert [claim.id for claim in other.pool.given] == [job]  # a suspect runs alone
    bench.engine.turn()
    bench.host.end(first)
    bench.engine.turn()
    other.pool.end(other.pool.given[0])
    other.engine.turn()
    detail = bench.store.reader.call(bench.store.reader.detail(job))
    assert detail is not None
    assert detail.row.state is State.COMPLETED
    assert [attempt.kind for attempt in detail.attempts] == [EndKind.SUSPECT, EndKind.RETURNED]
    assert "late_result" in [event.kind for event in detail.events]
    other.close()


def test_queues_have_limits_of_their_own(tmp_path: Path) -> None:
    bench = Bench(tmp_path, settings=WorkerSettings(queues={"mail": 1, "reports": 2}, concurrency=3))
    for queue in ("mail", "mail", "reports", "reports", "reports", "other"):
        bench.enqueue(queue=queue)
    bench.turn()
    assert sorted(claim.queue for claim in bench.host.given) == ["mail", "reports", "reports"]
    bench.close()


def test_idle_is_known_only_when_nothing_runs_and_nothing_is_due(bench: Bench) -> None:
    bench.enqueue()
    bench.turn()
    assert not bench.engine.idle.is_set()
    bench.host.end(bench.host.given[0])
    bench.engine.turn()
    assert bench.engine.idle.is_set()


def test_a_node_that_lost_its_lease_is_not_idle_while_it_cannot_enter_again(bench: Bench) -> None:
    bench.turn()
    assert bench.engine.idle.is_set()
    bench.node._store = Away(bench.store)  # type: ignore[assignment]
    bench.engine.lose()
    bench.engine.step(woken=True)
    bench.enqueue()
    assert not bench.engine.idle.is_set()


class Away:
    """A store that cannot be reached by its node."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def call(self, _operation: Operation[Any]) -> Any:
        raise StoreUnavailable("the store cannot be reached")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def test_a_quiet_turn_writes_nothing(bench: Bench) -> None:
    bench.turn()
    log = Path(bench.store.place) / "jobs.db-wal"
    before = log.stat().st_size, log.stat().st_mtime_ns
    bench.turn()
    assert (log.stat().st_size, log.stat().st_mtime_ns) == before


def test_a_standing_claim_reaches_the_host_in_this_process_without_a_turn_of_the_engine(bench: Bench) -> None:
    bench.turn()
    job = bench.enqueue()
    assert [claim.id for claim in bench.host.given] == [job]
    assert bench.engine.running == 1
    bench.host.end(bench.host.given[0])
    bench.turn()
    assert bench.state(job) == "completed"
    assert [claim.id for claim in bench.host.given] == [job]  # heard of in the turn, and not given a second time


def test_what_a_standing_claim_was_granted_for_a_child_waits_for_the_engine(bench: Bench) -> None:
    bench.turn()
    job = bench.enqueue("heavy")
    assert bench.pool.given == []
    bench.engine.turn()
    assert [claim.id for claim in bench.pool.given] == [job]


@pytest.mark.parametrize("how", ["lose", "stop_claiming", "late"])
def test_a_standing_claim_is_given_to_nobody_by_a_node_that_may_not_run_it(bench: Bench, how: str) -> None:
    bench.turn()
    if how == "late":
        bench.clock.advance(bench.settings.lease.total_seconds())
    else:
        getattr(bench.engine, how)()
    bench.enqueue()
    assert bench.host.given == []


def test_a_host_that_cannot_take_a_standing_claim_breaks_the_worker_and_not_the_enqueue(bench: Bench) -> None:
    def fails(_claims: object) -> None:
        raise RuntimeError("a defect")

    bench.turn()
    bench.host.give = fails  # type: ignore[method-assign]
    job = bench.enqueue()
    assert bench.state(job) == "running"
    assert not bench.engine.fitness.is_good
