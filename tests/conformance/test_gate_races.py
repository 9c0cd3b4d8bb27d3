"""Races at the gates: two stores on one place, set off at the same moment, never let more through than there is room for."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from headway.model.claim import Claim
from headway.model.gate import GateKind
from headway.model.rate import Window
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import Kind
from tests.conformance.test_races import Pair
from tests.conformance.valve import kinds, limit_rate, limits, pause, put_many, resize, resume
from tests.conformance.world import World

ROUNDS = 100


@pytest.fixture
def two(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


def both_claim(two: Pair, nodes: tuple[int, int], limit: int) -> list[tuple[int, Claim]]:
    first, second = two.race(partial(two.one.claim, nodes[0], limit), partial(two.two.claim, nodes[1], limit))
    return [(node, claim) for node, claims in zip(nodes, (first, second), strict=True) for claim in claims]


@pytest.mark.parametrize("size", [1, 3])
def test_two_claimers_never_run_more_than_the_size_of_the_queue(two: Pair, size: int) -> None:
    nodes = two.one.node(), two.two.node()
    resize(two.one, size)
    put_many(two.one, ROUNDS * size + size)
    for _ in range(ROUNDS):
        taken = both_claim(two, nodes, size)
        assert len(taken) == size
        two.race(*(partial(world.end, *one) for world, one in zip((two.one, two.two) * size, taken, strict=False)))
    two.one.healthy()


def test_two_claimers_never_run_more_than_the_limit_of_the_handler(two: Pair) -> None:
    nodes = two.one.node(limits=limits(limit=2)), two.two.node(limits=limits(limit=2))
    put_many(two.one, ROUNDS * 2 + 2)
    for _ in range(ROUNDS):
        taken = both_claim(two, nodes, 2)
        assert len(taken) == 2
        for node, claim in taken:
            two.one.end(node, claim)


@pytest.mark.parametrize("starts", [1, 4])
def test_two_claimers_never_start_more_than_the_rate(two: Pair, starts: int, clock: OwnedClock) -> None:
    nodes = two.one.node(), two.two.node()
    limit_rate(two.one, starts, 60)
    put_many(two.one, ROUNDS * starts + 2)
    for _ in range(ROUNDS):
        assert len(both_claim(two, nodes, starts)) == starts
        clock.step_wall(60)


@pytest.mark.parametrize(("starts", "places"), [(1, 1), (4, 9), (5, 3)])
def test_two_claimers_never_start_more_of_a_key_than_its_rate(
    two: Pair, starts: int, places: int, clock: OwnedClock
) -> None:
    nodes = two.one.node(), two.two.node()
    facts = {"key": "ann", "key_limit": places, "key_rate": Window(starts, 60 * SECOND_US)}
    for queue in ("default", "mail"):
        put_many(two.one, ROUNDS * starts + 2, queue=queue, **facts)
    for _ in range(ROUNDS):
        began = 0
        while taken := both_claim(two, nodes, starts):
            began += len(taken)
            two.race(
                *(partial(world.end, *one) for world, one in zip((two.one, two.two) * starts, taken, strict=False))
            )
        assert began == starts
        clock.step_wall(60)
    two.one.healthy()


def test_an_enqueue_against_the_claim_that_fills_a_rate_is_never_left_behind(two: Pair, clock: OwnedClock) -> None:
    node = two.two.node()
    rated = {"key": "ann", "key_rate": Window(1, 60 * SECOND_US)}
    two.one.put(**rated)
    for _ in range(ROUNDS):
        _, taken = two.race(partial(two.one.put, **rated), partial(two.two.claim, node, 5))
        assert len(taken) == 1
        two.two.end(node, taken[0])
        clock.step_wall(60)
    two.one.healthy()


def test_two_limits_of_one_handler_over_two_queues(two: Pair, clock: OwnedClock) -> None:
    rate = limits("work", rate=Window(3, 60 * SECOND_US))
    nodes = two.one.node(limits=rate), two.two.node(limits=rate)
    put_many(two.one, 2 * ROUNDS)
    put_many(two.one, 2 * ROUNDS, queue="mail")
    for _ in range(ROUNDS):
        assert len(both_claim(two, nodes, 3)) == 3
        clock.step_wall(60)


def test_after_a_pause_was_answered_nothing_starts(two: Pair) -> None:
    nodes = two.one.node(), two.two.node()
    put_many(two.one, 4 * ROUNDS)
    for _ in range(ROUNDS):
        _, taken = two.race(partial(pause, two.one), partial(two.two.claim, nodes[1], 2))
        assert len(taken) in {0, 2}
        assert two.one.claim_ids(nodes[0], 1) == []
        assert two.two.claim_ids(nodes[1], 1) == []
        assert resume(two.two)
        assert len(two.one.claim_ids(nodes[0], 1)) == 1


def test_the_place_of_a_dead_node_is_given_back_exactly_once(two: Pair) -> None:
    node = two.two.node()
    resize(two.one, 2)
    put_many(two.one, 3 * ROUNDS)
    for number in range(ROUNDS):
        doomed = two.one.node(f"doomed-{number}")
        assert len(two.one.claim(doomed, 1)) == 1
        reaped, taken = two.race(partial(two.one.reap, f"doomed-{number}"), partial(two.two.claim, node, 5))
        taken += two.two.claim(node, 5)
        assert (reaped.jobs, len(taken)) == (1, 2)
        two.two.turn(node, *(two.two.settlement(claim) for claim in taken))
    two.one.healthy()


def test_a_smaller_size_against_a_claim_is_heeded_by_the_next(two: Pair) -> None:
    nodes = two.one.node(), two.two.node()
    jobs = put_many(two.one, 5 * ROUNDS)
    for _ in range(ROUNDS):
        resize(two.one, 4)
        _, taken = two.race(partial(resize, two.one, 2), partial(two.two.claim, nodes[1], 4))
        assert len(taken) in {2, 4}
        assert two.one.claim_ids(nodes[0]) == []
        assert kinds(two.one, jobs[-1]) == [GateKind.QUEUE_SIZE]
        two.two.turn(nodes[1], *(two.two.settlement(claim) for claim in taken))
