"""Races over batches with real connections and a barrier: the last two ends, closing, adding, cancelling."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from headway.model.batch import BatchState
from headway.model.errors import BatchClosed, BatchExists, BatchFull
from headway.model.job import State
from tests.conformance.batching import call, calls, cancel, counts, create, look, seal
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.test_races import Pair
from tests.conformance.world import World

ROUNDS = 60


@pytest.fixture
def pair(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Pair]:
    worlds = [World(store=store_kind.open(tmp_path, clock), clock=clock, prefix=prefix) for prefix in ("one", "two")]
    pair = Pair(*worlds)
    yield pair
    pair.close()


def test_two_processes_end_the_last_two_jobs_at_once(pair: Pair) -> None:
    one, two = pair.one, pair.two
    nodes = one.node(), two.node()
    for number in range(ROUNDS):
        batch = create(one, f"b{number}", one.new(), one.new(), sealed=True, on_finish=call("f"), on_success=call("s"))
        waits = one.put(after_batches=(f"b{number}",))
        first, second = one.claim(nodes[0], names=["work"])[0], two.claim(nodes[1], names=["work"])[0]
        pair.race(partial(one.end, nodes[0], first), partial(two.end, nodes[1], second))
        assert calls(one, f"batch-{batch}-finish", f"batch-{batch}-success") == [
            f"batch-{batch}-finish", f"batch-{batch}-success",
        ]  # fmt: skip
        (claim,) = one.claim(nodes[0], names=["work"])
        assert (claim.id, one.end(nodes[0], claim)) == (waits, State.COMPLETED)
    one.healthy()


def test_close_against_the_last_end(pair: Pair) -> None:
    one, two = pair.one, pair.two
    node = one.node()
    for number in range(ROUNDS):
        batch = create(one, f"b{number}", one.new(), on_finish=call("f"))
        (claim,) = one.claim(node, names=["work"])
        pair.race(partial(one.end, node, claim), partial(seal, two, batch))
        assert look(one, batch).state is BatchState.COMPLETED
        assert calls(one, f"batch-{batch}-finish") == [f"batch-{batch}-finish"]
    one.healthy()


def test_add_against_close(pair: Pair) -> None:
    one, two = pair.one, pair.two
    for number in range(ROUNDS):
        batch = create(one, f"b{number}", on_finish=call("f"))
        added, closed = pair.race(partial(caught, one, batch), partial(seal, two, batch))
        assert closed is True
        fired = calls(one, f"batch-{batch}-finish")
        if added is None:
            assert (counts(one, batch), look(one, batch).state, fired) == ({"jobs": 1}, BatchState.RUNNING, [])
        else:
            assert isinstance(added, BatchClosed)
            assert (counts(one, batch), len(fired)) == ({"jobs": 0}, 1)
    one.healthy()


def test_two_adders_for_the_last_place(pair: Pair) -> None:
    one, two = pair.one, pair.two
    for number in range(ROUNDS):
        batch = create(one, f"b{number}", expected=1)
        answers = pair.race(partial(caught, one, batch), partial(caught, two, batch))
        assert sorted(type(answer).__name__ for answer in answers) == ["BatchFull", "NoneType"]
        assert (counts(one, batch), look(one, batch).state) == ({"jobs": 1}, BatchState.RUNNING)
    one.healthy()


def test_two_who_create_the_same_one(pair: Pair) -> None:
    for number in range(ROUNDS):
        answers = pair.race(*(partial(caught_create, world, f"b{number}") for world in (pair.one, pair.two)))
        assert sorted(type(answer).__name__ for answer in answers) == ["BatchExists", "int"]
    pair.one.healthy()


def test_cancel_against_the_last_end(pair: Pair) -> None:
    one, two = pair.one, pair.two
    node = one.node()
    for number in range(ROUNDS):
        batch = create(one, f"b{number}", one.new(), sealed=True, on_finish=call("f"), on_success=call("s"))
        (claim,) = one.claim(node, names=["work"])
        state, _ = pair.race(partial(one.end, node, claim), partial(cancel, two, batch))
        assert look(one, batch).outcome is state
        fired = calls(one, f"batch-{batch}-finish", f"batch-{batch}-success")
        assert len(fired) == (2 if state is State.COMPLETED else 1)
    one.healthy()


def caught(world: World, batch: int) -> BaseException | None:
    try:
        world.put(batch=batch)
    except (BatchClosed, BatchFull) as error:
        return error
    return None


def caught_create(world: World, name: str) -> BatchExists | int:
    try:
        return create(world, name, world.new())
    except BatchExists as error:
        return error
