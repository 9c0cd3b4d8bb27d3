"""The audit sees what the gates of queues should have kept back, and damage to what they remember."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headway.store.open import open_store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.valve import limit_rate, put_many, resize
from tests.conformance.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    with closing(open_store(str(tmp_path / "store"), clock=clock, durability="relaxed")) as store:
        yield World(store=store, clock=clock)


def tamper(world: World, sql: str) -> None:
    with closing(sqlite3.connect(Path(world.store.place) / "jobs.db")) as connection:
        assert connection.execute(sql).rowcount > 0
        connection.commit()


def invariants(world: World) -> list[str]:
    return [one.invariant for one in world.store.call(world.store.audit())]


def test_a_job_that_started_in_a_full_queue_is_found(world: World) -> None:
    node = world.node()
    resize(world, 2)
    world.clock.advance(1)
    jobs = put_many(world, 3)
    world.claim(node, 9)
    world.healthy()
    claim = (
        f"UPDATE headway_job SET state = 'running', epoch = 1, node_id = {node}, started_at = {world.clock.now_us()}"
    )
    tamper(world, f"{claim} WHERE id = {jobs[2]}")
    assert invariants(world) == ["no more jobs of a queue run than its size"]


def test_a_size_that_came_later_is_no_breach(world: World) -> None:
    node = world.node()
    put_many(world, 3)
    world.claim(node, 9)
    world.clock.advance(1)
    resize(world, 2)
    world.healthy()


def test_more_starts_in_a_span_than_the_rate_are_found(world: World) -> None:
    node = world.node()
    limit_rate(world, 2, 60)
    put_many(world, 3)
    for _ in range(2):
        world.clock.advance(25)
        world.claim(node, 1)
    world.healthy()
    now = world.clock.now_us() + 1
    tamper(world, f"INSERT INTO headway_start VALUES ('default', 'queue_rate:default', {now}, 1, 3)")
    assert invariants(world) == ["no more jobs start in a span than the rate limit of their queue"]


def test_a_log_that_does_not_add_up_is_found(world: World) -> None:
    node = world.node()
    limit_rate(world, 5, 60)
    put_many(world, 3)
    world.claim(node, 1)
    world.clock.advance(1)
    world.claim(node, 1)
    tamper(world, "UPDATE headway_start SET starts = 2 WHERE total = 2")
    assert invariants(world) == ["what a rate limit remembers adds up"]
