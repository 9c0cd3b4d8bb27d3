"""What is granted in an answer that never arrives: the store says that this node runs it, and nothing here knows of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headway.model.errors import StoreError, StoreUnavailable
from headway.model.outcome import EndKind
from headway.store.protocol import Operation, StandBy, Store
from tests.worker.stage import Bench


class Line:
    """Between an engine and its store; commits and loses the answer when it is told to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.loses = False
        self.offers: list[StandBy[Any]] = []

    def stand_by(self, offer: StandBy[Any]) -> None:
        """Kept by the test, which takes it."""
        self.offers.append(offer)

    def call(self, operation: Operation[Any]) -> Any:
        answer = self._store.call(operation)
        if self.loses:
            raise StoreUnavailable("the answer was lost")
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.close()


@pytest.fixture
def line(bench: Bench) -> Line:
    made = Line(bench.store)
    bench.engine._store = made  # type: ignore[assignment]
    bench.engine._standing._store = made  # type: ignore[assignment]
    return made


def lost_turn(bench: Bench, line: Line) -> None:
    line.loses = True
    bench.engine.ring()
    assert bench.engine.step(woken=True)
    line.loses = False


def test_a_job_granted_in_a_lost_answer_is_given_back_uncharged_and_runs(bench: Bench, line: Line) -> None:
    job = bench.enqueue()
    lost_turn(bench, line)
    assert bench.state(job) == "running"
    assert bench.host.given == []
    bench.turn()
    assert [(claim.id, claim.epoch, claim.tries, claim.crashes) for claim in bench.host.given] == [(job, 2, 0, 0)]
    bench.host.end(bench.host.given[0])
    bench.turn()
    detail = bench.store.reader.call(bench.store.reader.detail(job))
    assert detail is not None
    assert [attempt.kind for attempt in detail.attempts] == [EndKind.RELEASED, EndKind.RETURNED]


def test_what_a_standing_claim_was_granted_in_a_lost_answer_is_given_back_at_once(bench: Bench, line: Line) -> None:
    bench.turn()
    (offer,) = line.offers
    job = bench.enqueue()
    assert offer.take()
    bench.store.call(Operation("exchange", offer.run))
    offer.fail(StoreError("the answer was lost"))
    assert (bench.state(job), bench.host.given) == ("running", [])
    bench.turn()
    assert [(claim.id, claim.epoch, claim.tries, claim.crashes) for claim in bench.host.given] == [(job, 2, 0, 0)]


def test_what_runs_and_what_has_just_ended_is_kept(bench: Bench, line: Line) -> None:
    running, ended = bench.enqueue(), bench.enqueue()
    bench.turn()
    bench.host.end(bench.host.given[1])
    line.loses = True
    bench.engine.step(woken=True)
    line.loses = False
    bench.turn()
    assert (bench.state(running), bench.state(ended)) == ("running", "completed")
    detail = bench.store.reader.call(bench.store.reader.detail(running))
    assert detail is not None
    assert detail.attempts == ()


def test_an_outage_that_granted_nothing_gives_nothing_back(bench: Bench, line: Line) -> None:
    lost_turn(bench, line)
    job = bench.enqueue()
    bench.turn()
    assert [(claim.id, claim.epoch) for claim in bench.host.given] == [(job, 1)]


def test_what_the_store_has_forgotten_the_end_of_is_given_back_and_runs_again(bench: Bench) -> None:
    """As after a failover that lost the commit in which it was settled: the store says that it runs here, beat after beat."""
    job = bench.enqueue()
    bench.turn()
    (claim,) = bench.host.given
    bench.engine._ledger.take(claim.id, claim.epoch)
    bench.engine.heard(bench.store.call(bench.store.beat(bench.node.id, lease_us=bench.node.lease_us)))
    bench.turn()
    assert bench.state(job) == "running", "once may be an answer on its way"
    bench.engine.heard(bench.store.call(bench.store.beat(bench.node.id, lease_us=bench.node.lease_us)))
    bench.turn()
    assert [(one.id, one.epoch) for one in bench.host.given] == [(job, 1), (job, 2)]
