"""Rate limits: never more than so many starts in any span of that length, by the store's clock."""

import random
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.model.gate import GateKind
from headway.model.outcome import EndKind
from headway.model.rate import Window
from headway.store.protocol import Ask
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import kinds, limit_rate, limits, put_many
from tests.conformance.world import NAMES, PLENTY, World


def most_within(starts: Sequence[int], span_us: int) -> int:
    """The most starts in any span of that length."""
    return max((sum(at <= one < at + span_us for one in starts) for at in starts), default=0)


class TestSpan:
    def test_no_more_than_that_start_until_the_first_is_a_span_old(self, world: World, node: int) -> None:
        limit_rate(world, 3, 60)
        jobs = put_many(world, 9)
        assert world.claim_ids(node, 2) == jobs[:2]
        world.clock.advance(30)
        assert world.claim_ids(node) == jobs[2:3]
        world.clock.step_wall(29.999999)
        assert world.claim_ids(node) == []
        world.clock.step_wall(0.000001)
        assert world.claim_ids(node) == jobs[3:5]
        assert world.claim_ids(node) == []

    def test_starts_count_and_not_ends(self, world: World, node: int) -> None:
        limit_rate(world, 1, 60)
        jobs = put_many(world, 2)
        world.end(node, world.take(node, jobs[0]))
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert world.claim_ids(node) == jobs[1:]

    def test_a_retry_is_a_start(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        claim = world.running(node)
        world.end(node, claim, EndKind.RAISED, delay_us=SECOND_US)
        later = world.put()
        world.clock.advance(2)
        assert world.claim_ids(node) == [later]
        world.clock.advance(59)
        assert world.claim_ids(node) == [claim.id]

    def test_over_all_nodes(self, world: World, node: int) -> None:
        limit_rate(world, 3, 60)
        put_many(world, 9)
        assert len(world.claim_ids(node, 2)) + len(world.claim_ids(world.node("second"))) == 3

    def test_the_limit_of_a_handler_counts_over_queues_and_aliases(self, world: World) -> None:
        rate = Window(2, 60 * SECOND_US)
        node = world.node("one", names=("work", "old", "other"), limits=limits("work", "old", rate=rate))
        jobs = [world.put(), world.put(name="old", queue="mail"), world.put(queue="x"), world.put(name="other")]
        assert world.claim_ids(node, names=("work", "old", "other")) == [jobs[0], jobs[1], jobs[3]]
        assert kinds(world, jobs[2]) == [GateKind.HANDLER_RATE]

    def test_two_rates_hold_both(self, world: World) -> None:
        node = world.node("one", limits=limits(rate=Window(3, 10 * SECOND_US)))
        limit_rate(world, 4, 60)
        put_many(world, 20)
        taken = []
        for _ in range(7):
            taken.append(len(world.claim_ids(node)))
            world.clock.advance(10)
        assert taken == [3, 1, 0, 0, 0, 0, 3]


class TestChange:
    def test_a_smaller_one_counts_what_was_started_before(self, world: World, node: int) -> None:
        limit_rate(world, 5, 60)
        put_many(world, 9)
        assert len(world.claim_ids(node)) == 5
        limit_rate(world, 2, 60)
        world.clock.advance(59)
        assert world.claim_ids(node) == []
        world.clock.advance(1)
        assert len(world.claim_ids(node)) == 2

    def test_a_larger_one_lets_more_start_at_once(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        put_many(world, 9)
        assert len(world.claim_ids(node)) == 2
        limit_rate(world, 6, 60)
        assert len(world.claim_ids(node)) == 4

    def test_taken_away_and_set_again_it_begins_anew(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        put_many(world, 9)
        world.claim_ids(node)
        limit_rate(world, None)
        assert len(world.claim_ids(node, 3)) == 3
        limit_rate(world, 2, 60)
        assert len(world.claim_ids(node)) == 2

    def test_a_longer_span_goes_on_with_what_is_remembered(self, world: World, node: int) -> None:
        limit_rate(world, 2, 10)
        put_many(world, 9)
        for _ in range(3):
            world.clock.advance(10)
            assert len(world.claim_ids(node)) == 2
        limit_rate(world, 2, 60)
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert len(world.claim_ids(node)) == 2


class TestWaking:
    def test_the_answer_says_when_the_first_one_may_start(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        put_many(world, 9)
        began = world.clock.now_us()
        world.claim(node)
        world.clock.advance(5)
        world.claim(node)
        assert world.turn(node).next_due_us is None
        answer = world.turn(node, asks=[ask()])
        assert answer.next_due_us == began + 60 * SECOND_US

    def test_the_claim_that_fills_it_says_so_too(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        put_many(world, 9)
        answer = world.turn(node, asks=[ask()])
        assert (len(answer.claims), answer.next_due_us) == (2, world.clock.now_us() + 60 * SECOND_US)

    def test_an_earlier_due_moment_comes_first(self, world: World, node: int) -> None:
        limit_rate(world, 1, 60)
        put_many(world, 2)
        world.put(delay_us=7 * SECOND_US)
        assert world.turn(node, asks=[ask()]).next_due_us == world.clock.now_us() + 7 * SECOND_US

    def test_with_a_second_gate_closed_nothing_opens_by_itself(self, world: World, node: int) -> None:
        limit_rate(world, 1, 60)
        put_many(world, 2)
        world.claim(node)
        world.store.call(world.store.pause_queue("default", app="default"))
        assert world.turn(node, asks=[ask()]).next_due_us is None


class TestClock:
    def test_set_back_it_closes_for_one_span_at_most(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        jobs = put_many(world, 9)
        assert world.claim_ids(node, 1) == jobs[:1]
        world.clock.step_wall(-3600)
        assert world.claim_ids(node) == jobs[1:2]
        assert world.claim_ids(node) == []
        world.clock.step_wall(60)
        assert world.claim_ids(node) == jobs[2:4]

    def test_set_back_when_it_is_closed_it_opens_a_span_later(self, world: World, node: int) -> None:
        limit_rate(world, 1, 60)
        jobs = put_many(world, 2)
        assert world.claim_ids(node) == jobs[:1]
        world.clock.step_wall(-3600)
        world.tend()
        world.clock.step_wall(59)
        assert world.claim_ids(node) == []
        world.clock.step_wall(1)
        assert world.claim_ids(node) == jobs[1:]
        world.healthy()

    def test_starts_of_several_spans_are_set_back_to_one_moment_and_are_no_breach(
        self, world: World, node: int
    ) -> None:
        limit_rate(world, 1, 60)
        jobs = put_many(world, 3)
        assert world.claim_ids(node) == jobs[:1]
        world.clock.advance(60)
        assert world.claim_ids(node) == jobs[1:2]
        world.clock.step_wall(-3600)
        world.tend()
        world.clock.step_wall(1)
        world.healthy()
        world.clock.step_wall(59)
        assert world.claim_ids(node) == jobs[2:]
        world.clock.advance(1)
        world.healthy()

    def test_nothing_is_remembered_for_longer_than_it_can_count(self, world: World, node: int) -> None:
        limit_rate(world, 5, 60)
        put_many(world, 9)
        world.claim(node)
        world.clock.advance(40 * 24 * 3600)
        world.tend()
        assert len(world.claim_ids(node)) == 5


def ask() -> Ask:
    return Ask(limit=PLENTY, names=frozenset(NAMES))


@pytest.mark.timeout(60)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    starts=st.integers(1, 6),
    span_s=st.sampled_from([1, 5, 60]),
    steps=st.lists(st.tuples(st.integers(1, 4), st.floats(0, 40)), min_size=5, max_size=40),
    seed=st.integers(0, 9),
)
def test_in_no_span_do_more_start_and_none_is_wasted(
    world: World, starts: int, span_s: int, steps: list[tuple[int, float]], seed: int
) -> None:
    queue = f"q-{next(world.numbers)}"
    limit_rate(world, starts, span_s, queue)
    put_many(world, 200, queue=queue)
    nodes = [world.node(), world.node()]
    draw = random.Random(seed)
    began: list[int] = []
    for limit, passed in steps:
        now = world.clock.now_us()
        recent = sum(now - span_s * SECOND_US < at for at in began)
        taken = world.claim(draw.choice(nodes), limit, queues=(queue,))
        assert len(taken) == min(limit, starts - recent)
        began += [claim.claimed_us for claim in taken]
        world.clock.step_wall(passed)
    assert most_within(began, span_s * SECOND_US) <= starts
