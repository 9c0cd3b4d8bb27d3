"""What a standing offer promises: it rides in the commit that brings the work, once, and harms nobody."""

import threading
from typing import Any

import pytest

from headway.model.errors import DuplicateRefId, StoreError
from headway.model.job import State
from headway.store.protocol import Ask, Exchange, Operation, StandBy
from tests.conformance.world import LEASE_US, NAMES, World


class Told:
    """What the store's thread told whoever stands by, and whether that was enough."""

    def __init__(self, *, enough: bool = True) -> None:
        self.answers: list[Exchange] = []
        self._enough = enough

    def __call__(self, answer: Exchange) -> bool:
        self.answers.append(answer)
        return self._enough


def offer(
    world: World, node: int, *, limit: int = 8, uid: str = "first", told: Told | None = None
) -> StandBy[Exchange]:
    asks = (Ask(limit=limit, names=frozenset(NAMES)),)
    made = StandBy(world.store.exchange(node, asks=asks, lease_us=LEASE_US), uid, told or Told())
    world.store.stand_by(made)
    return made


def test_what_is_enqueued_next_is_running_when_the_enqueue_answers(world: World, node: int) -> None:
    told = Told()
    standing = offer(world, node, told=told)
    job = world.put()
    assert world.state(job) is State.RUNNING
    assert not standing.withdraw()
    assert [claim.id for claim in standing.result().claims] == [job]
    assert told.answers == [standing.result()]


def test_it_is_granted_within_the_gates_of_its_queue(world: World, node: int) -> None:
    """What a gate lets through may have to be looked up in a way that the enqueue alone would not need."""
    world.store.call(world.store.size_queue("default", 1, app="default"))
    told = Told()
    standing = offer(world, node, told=told)
    first, second = (answer.id for answer in world.enqueue(world.new(), world.new()))
    assert [claim.id for claim in standing.result().claims] == [first]
    assert told.answers == [standing.result()]
    assert (world.state(first), world.state(second)) == (State.RUNNING, State.QUEUED)
    world.healthy()


def test_it_is_granted_no_more_than_it_asked_for(world: World, node: int) -> None:
    standing = offer(world, node, limit=2)
    answers = world.enqueue(*[world.new() for _ in range(5)])
    assert [claim.id for claim in standing.result().claims] == [answers[0].id, answers[1].id]
    assert [world.state(answer.id) for answer in answers[2:]] == [State.QUEUED] * 3


def test_it_is_served_once(world: World, node: int) -> None:
    offer(world, node)
    world.put()
    assert world.state(world.put()) is State.QUEUED


def test_a_withdrawn_one_is_left_alone(world: World, node: int) -> None:
    standing = offer(world, node)
    assert standing.withdraw()
    assert not standing.withdraw()
    assert world.state(world.put()) is State.QUEUED


def test_the_latest_of_a_listener_counts(world: World, node: int) -> None:
    early, late = offer(world, node), offer(world, node)
    job = world.put()
    assert [claim.id for claim in late.result().claims] == [job]
    assert early.withdraw()


def test_one_of_a_job_that_is_not_due_brings_nothing(world: World, node: int) -> None:
    standing = offer(world, node)
    job = world.put(delay_us=60_000_000)
    assert world.state(job) is State.SCHEDULED
    if not standing.withdraw():
        assert standing.result().claims == ()


def test_a_node_that_was_declared_dead_is_told_so_and_gets_nothing(world: World, node: int) -> None:
    world.store.call(world.store.leave(node))
    standing = offer(world, node)
    job = world.put()
    assert world.state(job) is State.QUEUED
    assert not standing.result().alive


def test_a_held_store_grants_nothing(world: World, node: int) -> None:
    world.store.call(world.store.hold_claims())
    standing = offer(world, node)
    assert world.state(world.put()) is State.QUEUED
    assert standing.result().held


def test_an_enqueue_that_is_refused_takes_the_grant_back_with_it(world: World, node: int) -> None:
    world.put(ref_id="taken", content=b"one")
    waiting = world.put()
    standing = offer(world, node)
    with pytest.raises(DuplicateRefId):
        world.enqueue(world.new(), world.new(ref_id="taken", content=b"two"))
    assert world.state(waiting) is State.QUEUED
    if not standing.withdraw():
        with pytest.raises(StoreError):
            standing.result()


def test_one_that_fails_harms_nobody_who_enqueues(world: World, node: int) -> None:
    def fails(transaction: Any) -> Exchange:
        raise ZeroDivisionError

    told = Told()
    standing = StandBy(Operation("fails", fails), "first", told)
    world.store.stand_by(standing)
    job = world.put()
    assert world.state(job) is State.QUEUED
    with pytest.raises(StoreError, match="rolled back"):
        standing.result()
    assert told.answers == []
    world.healthy()


def test_whoever_else_listens_is_rung_and_so_is_who_was_not_told_enough(world: World, node: int) -> None:
    first, second = threading.Event(), threading.Event()
    world.store.listen("first", first.set)
    world.store.listen("second", second.set)
    offer(world, node, told=Told(enough=False))
    world.put()
    assert first.wait(5)
    assert second.wait(5)


def test_who_does_not_listen_any_more_is_offered_nothing(world: World, node: int) -> None:
    world.store.listen("first", lambda: None)
    offer(world, node)
    world.store.unlisten("first")
    assert world.state(world.put()) is State.QUEUED
