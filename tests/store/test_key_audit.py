"""The audit sees what the rate limit of a key should have kept back, and a line that nobody would open again."""

from headway.model.rate import Window
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import put_many
from tests.conformance.world import World
from tests.store.tampering import invariants, tamper

MINUTE = {"key": "ann", "key_limit": 9, "key_rate": Window(2, 60 * SECOND_US)}
SLOW = {"key": "ann", "key_limit": 9, "key_rate": Window(1, 60 * SECOND_US)}
RATE = "no more jobs start in a span than the rate limit of their key"
HELD = "a concurrency key that may start more has ready jobs"


def start_by_hand(world: World, node: int, job: int, *, logged: bool) -> None:
    now = world.clock.now_us()
    claim = "UPDATE headway_job SET state = 'running', blocked = NULL, epoch = 1"
    statements = [f"{claim}, node_id = {node}, started_at = {now} WHERE id = {job}"]
    if logged:
        statements.append(f"INSERT INTO headway_start VALUES ('default', 'key_rate:ann', {now}, 1, 3, 0)")
    tamper(world, *statements)


def test_more_starts_in_a_span_than_the_rate_are_found(world: World) -> None:
    node = world.node()
    jobs = put_many(world, 4, **MINUTE)
    for _ in range(2):
        world.clock.advance(25)
        assert len(world.claim(node, 1)) == 1
    world.healthy()
    world.clock.advance(1)
    start_by_hand(world, node, jobs[2], logged=True)
    assert RATE in invariants(world)


def test_a_start_that_is_not_remembered_is_found(world: World) -> None:
    node = world.node()
    jobs = put_many(world, 2, **MINUTE)
    world.claim(node, 1)
    world.clock.advance(1)
    start_by_hand(world, node, jobs[1], logged=False)
    assert invariants(world) == ["a start of a key with a rate limit is remembered"]


def test_each_start_is_judged_by_the_rate_of_its_own_job(world: World) -> None:
    node = world.node()
    put_many(world, 2, **SLOW)
    assert len(world.claim(node, 9)) == 1
    world.clock.advance(1)
    world.put(**MINUTE)
    assert len(world.claim(node, 9)) == 1
    world.healthy()


def test_a_line_that_is_not_opened_though_there_is_room_is_found(world: World) -> None:
    world.node()
    job = world.put(**MINUTE)
    tamper(world, f"UPDATE headway_job SET blocked = 'line', front = NULL WHERE id = {job}")
    assert invariants(world) == [HELD]


def test_a_closed_line_of_which_nobody_knows_when_it_opens_is_found(world: World) -> None:
    node = world.node()
    put_many(world, 3, **MINUTE)
    world.claim(node, 9)
    world.healthy()
    tamper(world, "UPDATE headway_key SET opens_at = NULL")
    assert invariants(world) == [HELD]


def test_a_line_that_has_just_opened_and_that_nobody_looked_at_yet_is_no_breach(world: World) -> None:
    node = world.node()
    put_many(world, 3, **MINUTE)
    world.claim(node, 9)
    world.clock.advance(60)
    world.healthy()
