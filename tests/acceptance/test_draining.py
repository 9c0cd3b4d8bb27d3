"""Draining a node: it ends what it runs and takes nothing more, others take the rest, and it works again when told."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from headway import Jobs, Ref, State, Worker
from headway.store.protocol import NodeRow
from tests.acceptance.moments import WAIT_S, until
from tests.acceptance.places import ON_BOTH

pytestmark = ON_BOTH
COUNT = 40
GRACE = timedelta(seconds=1)


class Bodies:
    """Bodies that begin, say so, and end when they are let go."""

    def __init__(self, jobs: Jobs) -> None:
        self.begun = threading.Semaphore(0)
        self.gate = threading.Event()

        def body() -> None:
            self.begun.release()
            self.gate.wait(WAIT_S)

        self._call = jobs.register(body, name="waits", run_in="thread")

    def put(self, count: int) -> list[Ref[Any]]:
        return [self._call.enqueue() for _ in range(count)]

    def begin(self, count: int) -> None:
        for _ in range(count):
            assert self.begun.acquire(timeout=WAIT_S)


def nodes(jobs: Jobs) -> dict[str, NodeRow]:
    """Those that live, by uid."""
    found = jobs.store.reader.call(jobs.store.reader.nodes())
    return {node.uid: node for node in found if node.state in {"active", "draining"}}


def ran_on(jobs: Jobs, ref: Ref[Any]) -> str | None:
    detail = jobs.store.reader.call(jobs.store.reader.detail(ref.id))
    assert detail is not None
    return detail.attempts[-1].node_uid


def is_still(jobs: Jobs, uid: str) -> bool:
    node = nodes(jobs)[uid]
    return node.state == "draining" and node.running == 0


@pytest.fixture
def bodies(jobs: Jobs) -> Bodies:
    return Bodies(jobs)


def test_a_drained_node_ends_with_nothing_running_and_another_takes_the_rest(jobs: Jobs, bodies: Bodies) -> None:
    store = jobs.store
    with Worker(jobs, concurrency=2, shutdown_grace=GRACE):
        (first,) = nodes(jobs)
        refs = bodies.put(COUNT)
        bodies.begin(2)
        assert store.call(store.drain_node(first))
        assert nodes(jobs)[first].running == 2
        with Worker(jobs, concurrency=2, shutdown_grace=GRACE):
            bodies.begin(2)
            bodies.gate.set()
            for ref in refs:
                ref.result(timeout=WAIT_S)
            until(lambda: is_still(jobs, first), "the drained node runs nothing")
            (second,) = set(nodes(jobs)) - {first}
            ran = Counter(ran_on(jobs, ref) for ref in refs)
            assert ran == {first: 2, second: COUNT - 2}, "what ran when it was drained, and nothing else"
        left = bodies.put(3)
        assert is_still(jobs, first)
        assert store.call(store.undrain_node(first))
        for ref in left:
            ref.result(timeout=WAIT_S)
        assert nodes(jobs)[first].state == "active"
    assert store.call(store.audit()) == ()


def test_what_a_node_was_granted_ahead_goes_to_the_other_one(jobs: Jobs) -> None:
    """Many quick bodies make a node look ahead: what had not begun when it was drained runs elsewhere, uncharged."""
    store = jobs.store
    quick = jobs.register(nothing, name="quick")
    with Worker(jobs, concurrency=4, shutdown_grace=GRACE):
        (first,) = nodes(jobs)
        refs = jobs.enqueue_many([quick.call() for _ in range(1500)])
        refs[50].result(timeout=WAIT_S)
        assert store.call(store.drain_node(first))
        until(lambda: is_still(jobs, first), "the drained node runs nothing")
        with Worker(jobs, concurrency=4, shutdown_grace=GRACE):
            refs[-1].result(timeout=WAIT_S)
            until(lambda: jobs.counts()[State.COMPLETED] == len(refs), "everything ran")
    assert store.call(store.audit()) == ()


def nothing() -> None:
    """Do nothing."""
