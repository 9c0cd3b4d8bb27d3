"""Ageing: what has been due for more than ten minutes rises by a level a minute, and nothing below that age is touched."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.model.ageing import order
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import put_many
from tests.conformance.world import NAMES, World

MINUTE_US = 60 * SECOND_US


def aged(world: World, minutes: float, **facts: object) -> int:
    return world.put(due_us=world.clock.now_us() - int(minutes * MINUTE_US), **facts)


class TestLift:
    def test_up_to_ten_minutes_priority_alone_decides(self, world: World, node: int) -> None:
        old, fresh = aged(world, 10.99), world.put(priority=1)
        assert world.claim_ids(node) == [fresh, old]

    def test_a_minute_more_lifts_by_one_level_and_the_older_goes_first(self, world: World, node: int) -> None:
        old, fresh = aged(world, 11), world.put(priority=1)
        assert world.claim_ids(node) == [old, fresh]

    def test_each_minute_more_lifts_by_one_more(self, world: World, node: int) -> None:
        low, high = aged(world, 10 + 5, priority=-10), world.put(priority=-4)
        assert world.claim_ids(node, 1) == [high]
        world.put(priority=-5)
        assert world.claim_ids(node, 1) == [low]

    def test_the_oldest_due_first_and_not_the_oldest_call(self, world: World, node: int) -> None:
        called_first = world.put(delay_us=20 * MINUTE_US)
        aged_more = world.put()
        world.clock.advance(25 * 60)
        assert world.claim_ids(node) == [aged_more, called_first]

    @pytest.mark.parametrize("limit", [1, 5, 50])
    def test_behind_thousands_of_a_higher_priority_it_is_seen(self, world: World, node: int, limit: int) -> None:
        old = aged(world, 22, priority=-10)
        put_many(world, 2000, priority=1)
        assert world.claim_ids(node, limit)[0] == old

    @pytest.mark.parametrize("limit", [1, 5, 50])
    def test_what_is_not_lifted_enough_stays_behind(self, world: World, node: int, limit: int) -> None:
        old = aged(world, 20, priority=-10)
        put_many(world, 60, priority=1)
        given = world.claim_ids(node, limit)
        assert len(given) == limit
        assert old not in given

    def test_between_queues_and_handlers_too(self, world: World, node: int) -> None:
        old = aged(world, 30, queue="slow", name="other")
        put_many(world, 100, priority=10)
        assert world.claim_ids(node, 3)[0] == old

    def test_levels_below_are_read_when_the_lifted_ones_are_gone(self, world: World, node: int) -> None:
        top = put_many(world, 3, priority=5)
        old = aged(world, 30, priority=1)
        bottom = put_many(world, 3, priority=-3)
        assert world.claim_ids(node, 20) == [old, *top, *bottom]


@pytest.mark.timeout(60)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    jobs=st.lists(
        st.tuples(st.integers(-3, 3), st.integers(0, 16 * 60), st.sampled_from(NAMES), st.sampled_from(["a", "b"])),
        min_size=1,
        max_size=60,
    ),
    limits=st.lists(st.integers(1, 30), min_size=1, max_size=4),
)
def test_jobs_start_in_the_order_of_their_lifted_priority(
    world: World, jobs: list[tuple[int, int, str, str]], limits: list[int]
) -> None:
    now = world.clock.now_us()
    app = f"app-{next(world.numbers)}"
    node = world.node(app=app)
    answers = world.enqueue(
        *(
            world.new(priority=priority, due_us=now - age_s * SECOND_US, name=name, queue=queue, app=app)
            for priority, age_s, name, queue in jobs
        )
    )
    places = {
        answer.id: (answer.id, priority, now - age_s * SECOND_US)
        for answer, (priority, age_s, _, _) in zip(answers, jobs, strict=True)
    }
    best = sorted(places, key=lambda job: order(places[job], now))
    given: list[int] = []
    while turn := world.claim_ids(node, limits[len(given) % len(limits)]):
        given += turn
    assert given == best
    young = [job for job in best if now - places[job][2] <= 10 * MINUTE_US]
    assert young == sorted(young, key=lambda job: (-places[job][1], places[job][2], job)), "the plain order below that"


def test_nothing_starves_under_a_steady_stream_of_higher_priorities(world: World, node: int) -> None:
    """Each minute brings more urgent jobs than start; the humble one starts all the same."""
    humble = world.put(priority=-5)
    for minute in range(1, 40):
        put_many(world, 3, priority=10)
        world.clock.advance(60)
        world.beat(node)
        if humble in world.claim_ids(node, 2):
            assert minute <= 10 + 15 + 15 + 1
            return
    raise AssertionError("it never started")
