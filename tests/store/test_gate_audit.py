"""The audit sees what the gates of queues should have kept back, and damage to what they remember."""

from tests.conformance.valve import limit_rate, put_many, resize
from tests.conformance.world import World
from tests.store.tampering import invariants, tamper


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
    tamper(world, f"INSERT INTO headway_start VALUES ('default', 'queue_rate:default', {now}, 1, 3, 0)")
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
