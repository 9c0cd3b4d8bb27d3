"""Rate limits of concurrency keys: never more than so many starts of one key in any span, and what waits costs a claim nothing."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headway.model.gate import GateKind
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.rate import Window
from headway.store.protocol import Ask
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.test_rates import most_within
from tests.conformance.valve import explain, kinds, put_many, waiting
from tests.conformance.world import NAMES, PLENTY, World

SPAN_S = 60


def rated(starts: int, span_s: int = SPAN_S, key: str = "ann", **facts: Any) -> dict[str, Any]:
    return {"key": key, "key_limit": 1000, "key_rate": Window(starts, span_s * SECOND_US)} | facts


def ready(world: World, jobs: list[int]) -> list[int]:
    return [job for job in jobs if world.row(job).blocked is None and world.state(job) is State.QUEUED]


class TestSpan:
    def test_no_more_than_that_start_until_the_first_is_a_span_old(self, world: World, node: int) -> None:
        jobs = put_many(world, 9, **rated(3))
        assert world.claim_ids(node, 2) == jobs[:2]
        world.clock.advance(30)
        assert world.claim_ids(node) == jobs[2:3]
        world.clock.step_wall(29.999999)
        assert world.claim_ids(node) == []
        world.clock.step_wall(0.000001)
        assert world.claim_ids(node) == jobs[3:5]
        assert world.claim_ids(node) == []

    def test_starts_count_and_not_ends(self, world: World, node: int) -> None:
        jobs = put_many(world, 2, **rated(1))
        world.end(node, world.take(node, jobs[0]))
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert world.claim_ids(node) == jobs[1:]

    @pytest.mark.parametrize("kind", [EndKind.RAISED, EndKind.CRASHED, EndKind.SNOOZED, EndKind.RELEASED])
    def test_whatever_comes_back_starts_again(self, world: World, node: int, kind: EndKind) -> None:
        claim = world.running(node, **rated(2))
        world.end(node, claim, kind, delay_us=SECOND_US)
        later = world.put(**rated(2), priority=1)
        world.clock.advance(9)
        assert world.claim_ids(node) == [later]
        world.clock.advance(52)
        assert world.claim_ids(node) == [claim.id]

    def test_a_job_of_a_dead_node_starts_again(self, world: World, node: int) -> None:
        doomed = world.node("doomed")
        claim = world.running(doomed, **rated(1))
        world.reap("doomed")
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert world.claim_ids(node) == [claim.id]

    def test_over_queues_handlers_and_nodes(self, world: World, node: int) -> None:
        for number in range(9):
            world.put(**rated(4), queue=f"q{number % 3}", name=NAMES[number % 2])
        assert len(world.claim_ids(node, 1)) + len(world.claim_ids(world.node("second"))) == 4
        assert world.claim_ids(node) == []

    def test_other_keys_and_apps_have_their_own(self, world: World, node: int) -> None:
        shop = world.node("shop", app="shop")
        jobs = [world.put(**rated(1, key=key, app=app)) for key in ("ann", "bob") for app in ("default", "shop")]
        for again in jobs:
            world.put(**rated(1, key=world.row(again).key or "", app=world.row(again).app))
        assert world.claim_ids(node) + world.claim_ids(shop) == [jobs[0], jobs[2], jobs[1], jobs[3]]

    def test_with_a_limit_both_hold(self, world: World, node: int) -> None:
        jobs = put_many(world, 9, **rated(3, key_limit=2))
        first, second = world.claim(node, 9)
        world.end(node, first)
        assert world.claim_ids(node) == jobs[2:3]
        world.end(node, second)
        assert kinds(world, jobs[3]) == [GateKind.KEY_RATE]
        world.clock.advance(60)
        assert world.claim_ids(node) == jobs[3:4]
        assert kinds(world, jobs[4]) == [GateKind.KEY]


class TestOrder:
    def test_the_higher_priority_goes_first_also_when_it_comes_later(self, world: World, node: int) -> None:
        jobs = put_many(world, 4, **rated(2))
        world.claim(node, 2)
        high = world.put(**rated(2), priority=5)
        world.clock.advance(60)
        assert world.claim_ids(node) == [high, jobs[2]]

    def test_no_more_are_ready_than_may_start(self, world: World, node: int) -> None:
        jobs = put_many(world, 6, **rated(3))
        assert ready(world, jobs) == jobs[:3]
        world.claim(node, 1)
        assert ready(world, jobs) == jobs[1:3]
        world.claim(node, 2)
        assert ready(world, jobs) == []
        world.clock.advance(60)
        world.tend()
        assert ready(world, jobs) == jobs[3:]

    def test_jobs_of_one_key_are_each_held_by_their_own_rate(self, world: World, node: int) -> None:
        quick, slow, free = (
            put_many(world, 4, **rated(3)),
            put_many(world, 4, **rated(1)),
            world.put(key="ann", key_limit=9),
        )
        assert world.claim_ids(node, 1) == quick[:1]
        assert kinds(world, slow[0]) == [GateKind.KEY_RATE]
        assert set(world.claim_ids(node)) == {*quick[1:3], free}
        for started in (quick[3], slow[0], slow[1]):
            world.clock.advance(60)
            assert world.claim_ids(node) == [started]
            world.healthy()

    def test_of_two_spans_the_longer_remembers_what_the_shorter_would_forget(self, world: World, node: int) -> None:
        put_many(world, 9, **rated(1, 10))
        slow = world.put(**rated(3, 60), priority=-1)
        for _ in range(3):
            assert len(world.claim_ids(node, 1)) == 1
            world.clock.advance(10)
        put_many(world, 1, **rated(1, 10), priority=9)
        world.claim_ids(node, 1)
        assert kinds(world, slow) == [GateKind.KEY_RATE]
        world.clock.advance(30)
        assert GateKind.KEY_RATE in kinds(world, slow)
        world.clock.advance(20)
        assert GateKind.KEY_RATE not in kinds(world, slow)

    def test_jobs_without_a_rate_are_neither_held_nor_counted(self, world: World, node: int) -> None:
        held = put_many(world, 2, **rated(1))
        free = put_many(world, 3, key="ann", key_limit=1000)
        assert world.claim_ids(node) == [held[0], *free]

    def test_a_named_worker_goes_on_only_when_the_key_lets_it(self, world: World, node: int) -> None:
        jobs = put_many(world, 3, **rated(1), lane="smtp")
        world.end(node, world.take(node, jobs[0]))
        assert world.claim_ids(node) == []
        assert kinds(world, jobs[1]) == [GateKind.KEY_RATE]
        assert kinds(world, jobs[2]) == [GateKind.WORKER, GateKind.KEY_RATE]
        world.clock.advance(60)
        assert world.claim_ids(node) == [jobs[1]]


class TestWaiting:
    def test_what_waits_is_in_no_group_that_a_claim_reads(self, world: World, node: int) -> None:
        jobs = put_many(world, 50, **rated(1))
        world.claim(node, 1)
        assert [world.row(job).blocked for job in jobs[1:]] == ["line"] * 49
        assert kinds(world, jobs[9]) == [GateKind.KEY_RATE]

    def test_explain_names_the_rate_and_the_moment_at_which_it_frees(self, world: World, node: int) -> None:
        jobs = put_many(world, 3, **rated(2))
        began = world.clock.now_us()
        world.claim(node, 1)
        world.clock.advance(10)
        world.claim(node, 1)
        (gate,) = explain(world, jobs[2]).gates
        assert (gate.kind, gate.subject, gate.limit, gate.span_us) == (GateKind.KEY_RATE, "ann", 2, 60 * SECOND_US)
        assert gate.opens_us == began + 60 * SECOND_US

    def test_cancelled_and_requeued_it_keeps_its_rate(self, world: World, node: int) -> None:
        first, second = put_many(world, 2, **rated(1))
        world.claim(node)
        world.store.call(world.store.cancel(second))
        world.store.call(world.store.requeue(second))
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert world.claim_ids(node) == [second]
        assert first != second

    def test_a_repeated_job_has_the_same_rate(self, world: World, node: int) -> None:
        claim = world.running(node, **rated(1))
        world.end(node, claim)
        world.store.call(world.store.replay(claim.id, ref_id="again"))
        assert world.row("again").key_rate == Window(1, 60 * SECOND_US)
        assert world.claim_ids(node) == []


class TestWaking:
    def test_the_claim_that_fills_it_says_when_it_opens(self, world: World, node: int) -> None:
        put_many(world, 3, **rated(2))
        answer = world.turn(node, asks=[ask()])
        assert (len(answer.claims), answer.next_due_us) == (2, world.clock.now_us() + 60 * SECOND_US)

    def test_so_does_every_later_look_also_of_others(self, world: World, node: int) -> None:
        put_many(world, 3, **rated(1))
        opens = world.clock.now_us() + 60 * SECOND_US
        world.claim(node)
        world.clock.advance(5)
        assert world.turn(world.node("other"), asks=[ask()]).next_due_us == opens
        assert world.turn(node).next_due_us == opens

    def test_an_earlier_due_moment_comes_first(self, world: World, node: int) -> None:
        put_many(world, 2, **rated(1))
        world.put(delay_us=7 * SECOND_US)
        assert world.turn(node, asks=[ask()]).next_due_us == world.clock.now_us() + 7 * SECOND_US

    def test_with_nobody_waiting_nobody_is_woken(self, world: World, node: int) -> None:
        put_many(world, 2, **rated(2))
        assert len(world.claim(node, 9)) == 2
        assert world.turn(node, asks=[ask()]).next_due_us is None

    def test_where_a_place_is_wanted_too_time_alone_opens_nothing(self, world: World, node: int) -> None:
        put_many(world, 2, **rated(1, key_limit=1))
        (held,) = world.claim(node)
        assert world.turn(node, asks=[ask()]).next_due_us is None
        world.end(node, held)
        assert world.turn(node, asks=[ask()]).next_due_us == held.claimed_us + 60 * SECOND_US

    def test_once_open_it_is_not_looked_at_for_ever(self, world: World, node: int) -> None:
        world.node("other")
        put_many(world, 2, **rated(1, queue="unserved"))
        world.claim(node)
        world.clock.advance(60)
        assert world.turn(node, asks=[Ask(limit=9, names=frozenset(NAMES), queues=("else",))]).next_due_us is None

    def test_the_upkeep_opens_it_too_and_rings(self, world: World, node: int) -> None:
        jobs = put_many(world, 2, **rated(1))
        world.claim(node)
        world.clock.advance(60)
        waiting(world, node)
        world.tend()
        assert world.state(jobs[1]) is State.RUNNING, "whoever stood by was granted it in the upkeep's own commit"


class TestClock:
    def test_set_back_it_closes_for_one_span_at_most(self, world: World, node: int) -> None:
        jobs = put_many(world, 9, **rated(2))
        assert world.claim_ids(node, 1) == jobs[:1]
        world.clock.step_wall(-3600)
        assert world.claim_ids(node) == jobs[1:2]
        assert world.claim_ids(node) == []
        world.clock.step_wall(60)
        assert world.claim_ids(node) == jobs[2:4]

    def test_set_back_when_it_is_closed_the_upkeep_looks_again(self, world: World, node: int) -> None:
        jobs = put_many(world, 3, **rated(1))
        world.claim(node)
        world.clock.step_wall(-3600)
        world.tend()
        world.clock.step_wall(60)
        assert world.claim_ids(node) == jobs[1:2]

    def test_nothing_is_remembered_for_longer_than_it_can_count(self, world: World, node: int) -> None:
        jobs = put_many(world, 2, **rated(1))
        world.end(node, world.take(node, jobs[0]))
        world.clock.advance(60)
        world.end(node, world.take(node, jobs[1]))
        world.tend()
        world.clock.advance(59)
        job = world.put(**rated(1))
        assert kinds(world, job) == [GateKind.KEY_RATE]
        world.clock.advance(1)
        world.tend()
        world.end(node, world.take(node, job))
        world.clock.advance(60)
        world.tend()
        world.healthy()
        assert world.claim_ids(node) == []


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
def test_in_no_span_do_more_of_a_key_start_and_none_is_wasted(
    world: World, starts: int, span_s: int, steps: list[tuple[int, float]], seed: int
) -> None:
    queue = f"q-{next(world.numbers)}"
    put_many(world, 100, queue=queue, **rated(starts, span_s, key=queue))
    put_many(world, 100, queue=queue, **rated(starts, span_s, key=queue, name="other"))
    nodes = [world.node(), world.node()]
    draw = random.Random(seed)
    began: list[int] = []
    for limit, passed in steps:
        now = world.clock.now_us()
        recent = sum(now - span_s * SECOND_US < at for at in began)
        taken = world.claim(draw.choice(nodes), limit, queues=(queue,))
        assert len(taken) == min(limit, starts - recent)
        began += [claim.claimed_us for claim in taken]
        if draw.random() < 0.3:
            world.tend()
        world.clock.step_wall(passed)
    assert most_within(began, span_s * SECOND_US) <= starts
