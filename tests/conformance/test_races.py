"""Races with real connections and a barrier: what a sequential model cannot see.

Two stores are open on one place, as two processes would have them; each round sets both off at the same moment.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import CancelAnswer, RequeueAnswer
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import Kind
from tests.conformance.world import BEAT_US, PLENTY, World

ROUNDS = 150
PROCESSES = 4
JOBS_EACH = 2000
WAIT_S = 15


class Pair:
    """Two worlds over one place, and a way to run two things at the same moment."""

    def __init__(self, one: World, two: World) -> None:
        self.one, self.two = one, two
        self._pool = ThreadPoolExecutor(8)

    def race(self, *acts: Callable[[], Any]) -> list[Any]:
        """Everything at once; the answers in order. Which thread is handed which act changes from round to round."""
        barrier = threading.Barrier(len(acts))

        def start(act: Callable[[], Any]) -> Any:
            barrier.wait(WAIT_S)
            return act()

        return [future.result(WAIT_S) for future in [self._pool.submit(start, act) for act in acts]]

    def close(self) -> None:
        self._pool.shutdown()
        self.one.store.close()
        self.two.store.close()


@pytest.fixture
def pair(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


@pytest.mark.parametrize("limit", [1, 3])
def test_two_claimers_never_share_a_job(pair: Pair, limit: int) -> None:
    nodes = pair.one.node(), pair.two.node()
    for _ in range(ROUNDS):
        jobs = [pair.one.put() for _ in range(2 * limit - 1)]
        first, second = pair.race(partial(pair.one.claim, nodes[0], limit), partial(pair.two.claim, nodes[1], limit))
        assert sorted(claim.id for claim in (*first, *second)) == jobs
    pair.one.healthy()


def test_two_settles_of_one_attempt_one_is_accepted(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        claim = pair.one.running(node)
        answers = pair.race(
            partial(pair.one.settle, node, claim, result='"one"'),
            partial(pair.two.settle, node, claim, EndKind.RAISED, permanent=True),
        )
        accepted = [answer.accepted[0] for answer in answers]
        assert sorted(accepted) == [False, True]
        assert pair.one.state(claim.id) is (State.COMPLETED if accepted[0] else State.FAILED)
        assert len(pair.one.detail(claim.id).attempts) == 1


def test_settle_against_cancel(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        claim = pair.one.running(node)
        answer, cancelled = pair.race(
            partial(pair.one.settle, node, claim, result="1"),
            partial(pair.two.store.call, pair.two.store.cancel(claim.id)),
        )
        (settled,) = answer.states
        assert (settled, cancelled) in {
            (State.COMPLETED, CancelAnswer.FINAL), (State.CANCELLED, CancelAnswer.REQUESTED),
        }  # fmt: skip
        assert pair.one.state(claim.id) is settled


def test_claim_against_cancel(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        job = pair.one.put()
        claims, cancelled = pair.race(
            partial(pair.one.claim, node), partial(pair.two.store.call, pair.two.store.cancel(job))
        )
        if claims:
            assert (cancelled, pair.one.state(job)) == (CancelAnswer.REQUESTED, State.RUNNING)
            assert pair.one.end(node, claims[0]) is State.CANCELLED
        else:
            assert (cancelled, pair.one.state(job), pair.one.row(job).epoch) == (
                CancelAnswer.CANCELLED, State.CANCELLED, 0,
            )  # fmt: skip


def test_settle_against_reap(pair: Pair) -> None:
    for number in range(ROUNDS):
        node = pair.one.node(f"doomed-{number}")
        claim = pair.one.running(node)
        answer, reaped = pair.race(
            partial(pair.one.settle, node, claim, result="1"), partial(pair.two.reap, f"doomed-{number}")
        )
        row = pair.one.row(claim.id)
        if answer.accepted[0]:
            assert (row.state, reaped.jobs) == (State.COMPLETED, 0)
        else:
            assert (row.state, reaped.jobs, row.epoch) == (State.QUEUED, 1, 1)
            pair.one.store.call(pair.one.store.cancel(claim.id))
        assert len(pair.one.detail(claim.id).attempts) == 1


def test_beat_against_reap(pair: Pair, clock: OwnedClock) -> None:
    pair.one.reap()
    for number in range(ROUNDS):
        info = pair.one.info(f"slow-{number}")
        node = pair.one.store.call(pair.one.store.register(info, lease_us=SECOND_US))
        job = pair.one.put()
        claim = self_claim(pair.one, node, job)
        clock.advance(2)
        beat, reaped = pair.race(
            partial(pair.one.beat, node),
            partial(pair.two.store.call, pair.two.store.reap(lease_us=SECOND_US, beat_us=BEAT_US)),
        )
        if beat.alive:
            assert (beat.owned, reaped.nodes) == ({(job, 1)}, ())
            assert pair.one.end(node, claim) is State.COMPLETED
            pair.one.store.call(pair.one.store.leave(node))
        else:
            assert (reaped.nodes, reaped.jobs) == ((f"slow-{number}",), 1)
            assert pair.one.state(job) is State.QUEUED
            pair.one.store.call(pair.one.store.cancel(job))


def self_claim(world: World, node: int, job: int) -> Claim:
    from headway.store.protocol import Ask

    asks = [Ask(limit=1, names=frozenset({"work"}))]
    (claim,) = world.store.call(world.store.exchange(node, asks=asks, lease_us=SECOND_US)).claims
    assert claim.id == job
    return claim


def test_requeue_against_reap(pair: Pair) -> None:
    for number in range(ROUNDS):
        node = pair.one.node(f"doomed-{number}")
        claim = pair.one.running(node, interrupt_fails=True)
        answer, reaped = pair.race(
            partial(pair.one.store.call, pair.one.store.requeue(claim.id)), partial(pair.two.reap, f"doomed-{number}")
        )
        assert reaped.jobs == 1
        reopened = answer is RequeueAnswer.REQUEUED
        assert pair.one.state(claim.id) is (State.QUEUED if reopened else State.FAILED)
        pair.one.store.call(pair.one.store.cancel(claim.id))


def test_one_reference_from_many_threads_is_one_job(pair: Pair) -> None:
    for number in range(ROUNDS):
        ref_id = f"same-{number}"
        answers = pair.race(
            *(partial(world.enqueue, world.new(ref_id=ref_id, content=b"c")) for world in (pair.one, pair.two) * 4)
        )
        assert len({answer.id for (answer,) in answers}) == 1
        assert [answer.existing for (answer,) in answers].count(False) == 1


def test_one_reference_of_our_own_repeated_is_one_job(pair: Pair) -> None:
    """A client repeats an enqueue whose answer was lost, while the first one is still on its way."""
    for number in range(ROUNDS):
        ref_id = f"own-{number}"
        answers = pair.race(
            *(partial(world.enqueue, world.new(ref_id=ref_id), world.new()) for world in (pair.one, pair.two))
        )
        assert len({answer[0].id for answer in answers}) == 1
        assert len({answer[1].id for answer in answers}) == 2


def test_archive_against_requeue(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS // 2):
        claim = pair.one.running(node, payload='{"keep":"me"}')
        pair.one.fail(node, claim)
        _, answer = pair.race(pair.one.archive, partial(pair.two.store.call, pair.two.store.requeue(claim.id)))
        assert answer is RequeueAnswer.REQUEUED
        detail = pair.one.detail(claim.id)
        assert (detail.row.state, detail.row.archived, detail.payload) == (State.QUEUED, False, '{"keep":"me"}')
        again = pair.one.take(node, claim.id)
        assert (again.payload, again.epoch) == ('{"keep":"me"}', 2)
        pair.one.end(node, again)
    pair.one.healthy()


def test_two_archivers_move_each_job_once(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(10):
        pair.one.enqueue(*[pair.one.new() for _ in range(20)])
        claims = pair.one.claim(node, 20)
        pair.one.turn(node, *(pair.one.settlement(claim, result="1") for claim in claims))
        assert sum(pair.race(pair.one.archive, pair.two.archive)) == 20
        assert all(pair.two.detail(claim.id).result == "1" for claim in claims)


@pytest.mark.parametrize(
    ("kind_of_end", "state"), [(EndKind.RETURNED, State.QUEUED), (EndKind.CANCELLED, State.CANCELLED)]
)
def test_enqueue_of_a_dependant_against_the_end_of_its_parent(pair: Pair, kind_of_end: EndKind, state: State) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        claim = pair.one.running(node)
        _, child = pair.race(
            partial(pair.one.end, node, claim, kind_of_end), partial(pair.two.put, depends_on=(claim.id,))
        )
        assert pair.one.state(child) is state
        pair.one.store.call(pair.one.store.cancel(child))


def test_the_last_parents_of_one_job_end_at_the_same_moment(pair: Pair) -> None:
    node = pair.one.node()
    for _ in range(ROUNDS):
        left, right = pair.one.running(node), pair.one.running(node)
        child = pair.one.put(depends_on=(left.id, right.id))
        pair.race(partial(pair.one.end, node, left), partial(pair.two.end, node, right))
        pair.one.end(node, pair.one.take(node, child))


def test_register_against_parking(pair: Pair) -> None:
    """A job is never left parked when a node that knows its handler has come."""
    node = pair.one.node()
    for number in range(ROUNDS):
        name = f"fresh-{number}"
        job = pair.one.put(name=name)
        _, knows = pair.race(partial(pair.one.claim_ids, node), partial(pair.two.node, f"knows-{name}", names=(name,)))
        assert pair.two.claim_ids(knows, names=(name,)) == [job]


@pytest.mark.timeout(40)
def test_many_processes_run_every_job_exactly_once(store_kind: Kind, pair: Pair, tmp_path: Path) -> None:
    total = PROCESSES * JOBS_EACH
    jobs = {answer.id for answer in pair.one.enqueue(*[pair.one.new() for _ in range(total)])}
    script = str(Path(__file__).with_name("claimer.py"))
    children = [
        subprocess.Popen(
            [sys.executable, script, store_kind.place(tmp_path), f"process-{number}", "20"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    try:
        assert [child.stdout and child.stdout.readline() for child in children] == ["ready\n"] * PROCESSES
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        told = [child.communicate(timeout=30)[0] for child in children]
    finally:
        for child in children:
            child.kill()
            child.wait()
    ran = [json.loads(text) for text in told]
    assert sorted(job for one in ran for job, _ in one) == sorted(jobs)
    assert {epoch for one in ran for _, epoch in one} == {1}
    assert all(ran), "every process had its share"
    assert pair.one.store.reader.call(pair.one.store.reader.counts())[State.COMPLETED] == total
    assert len(pair.one.claim(pair.one.node(), PLENTY)) == 0
    pair.one.healthy()
