"""Why a job is not running: the gate is named exactly, and named if and only if a claim would refuse the job for it."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headway.model.gate import GateKind
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter
from tests.conformance.deeds import DEEDS, LIMITS, LINES, QUEUES, UNKNOWN_ON_WORKER, clear, set_aside
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.valve import explain, kinds, limit_rate, limits, pause, put_many, resize
from tests.conformance.world import NAMES, World

MINUTE_US = 60 * SECOND_US


class TestOneGate:
    def test_its_moment(self, world: World, node: int) -> None:
        job = world.put(delay_us=3 * MINUTE_US)
        (gate,) = explain(world, job).gates
        assert (gate.kind, gate.opens_us) == (GateKind.DUE, world.clock.now_us() + 3 * MINUTE_US)

    def test_the_pause_before_a_retry(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, EndKind.RAISED, delay_us=MINUTE_US)
        assert kinds(world, claim.id) == [GateKind.DUE]

    def test_the_parents_that_have_not_ended(self, world: World, node: int) -> None:
        done, two, three = world.running(node), world.put(), world.put()
        job = world.put(depends_on=(done.id, two, three))
        world.end(node, done)
        (gate,) = explain(world, job).gates
        assert (gate.kind, gate.jobs) == (GateKind.PARENTS, (two, three))

    def test_a_pause_says_who_and_since_when(self, world: World, node: int) -> None:
        job = world.put(queue="mail")
        pause(world, "mail", by="ann")
        since = world.clock.now_us()
        world.clock.advance(9)
        (gate,) = explain(world, job).gates
        assert (gate.kind, gate.subject, gate.by, gate.since_us) == (GateKind.PAUSED, "mail", "ann", since)

    def test_a_full_queue(self, world: World, node: int) -> None:
        world.running(node)
        resize(world, 1)
        (gate,) = explain(world, world.put()).gates
        assert (gate.kind, gate.subject, gate.limit) == (GateKind.QUEUE_SIZE, "default", 1)

    def test_a_rate_limit_says_when_it_frees(self, world: World, node: int) -> None:
        limit_rate(world, 2, 60)
        world.running(node)
        began = world.clock.now_us()
        world.clock.advance(10)
        world.running(node)
        (gate,) = explain(world, world.put()).gates
        assert (gate.kind, gate.limit, gate.span_us) == (GateKind.QUEUE_RATE, 2, MINUTE_US)
        assert gate.opens_us == began + MINUTE_US

    def test_the_limit_of_a_handler(self, world: World) -> None:
        node = world.node("one", limits=limits("work", "old", limit=1))
        world.running(node)
        (gate,) = explain(world, world.put()).gates
        assert (gate.kind, gate.subject, gate.limit) == (GateKind.HANDLER_LIMIT, "work", 1)

    def test_no_worker_knows_the_handler(self, world: World, node: int) -> None:
        job = world.put(name="renamed")
        (gate,) = explain(world, job).gates
        assert (gate.kind, gate.subject) == (GateKind.NO_HANDLER, "renamed")
        world.claim(node)
        assert kinds(world, job) == [GateKind.NO_HANDLER]

    def test_no_worker_at_all(self, world: World) -> None:
        assert kinds(world, world.put()) == [GateKind.NO_WORKER]

    def test_no_worker_serves_the_queue(self, world: World) -> None:
        world.node("one", queues=("mail",))
        (gate,) = explain(world, world.put(queue="slow")).gates
        assert (gate.kind, gate.subject) == (GateKind.NO_WORKER, "work")

    def test_a_node_that_left_or_died_serves_nothing(self, world: World) -> None:
        world.store.call(world.store.leave(world.node("one")))
        world.node("two")
        world.reap("two")
        assert kinds(world, world.put()) == [GateKind.NO_WORKER]

    def test_the_held_store(self, world: World, node: int) -> None:
        world.store.call(world.store.hold_claims())
        (gate,) = explain(world, world.put()).gates
        assert (gate.kind, gate.since_us) == (GateKind.HELD, world.clock.now_us())
        assert gate.by

    def test_an_expiry_that_has_passed(self, world: World, node: int) -> None:
        job = world.put(expires_us=world.clock.now_us() + SECOND_US)
        world.clock.advance(2)
        assert kinds(world, job) == [GateKind.EXPIRED]


class TestSeveral:
    def test_all_that_keep_it_back_are_named(self, world: World, node: int) -> None:
        world.running(node)
        job = world.put()
        resize(world, 1)
        pause(world)
        assert kinds(world, job) == [GateKind.PAUSED, GateKind.QUEUE_SIZE]

    def test_of_what_is_not_due_only_what_stays_is_named_beside(self, world: World, node: int) -> None:
        world.running(node)
        job = world.put(delay_us=MINUTE_US)
        resize(world, 1)
        pause(world)
        assert kinds(world, job) == [GateKind.DUE, GateKind.PAUSED]

    def test_it_is_kept_back_only_by_what_every_worker_heeds(self, world: World) -> None:
        strict = world.node("strict", limits=limits(limit=1))
        world.running(strict)
        job = world.put()
        assert kinds(world, job) == [GateKind.HANDLER_LIMIT]
        world.node("free")
        assert kinds(world, job) == []


class TestLines:
    """As the next claim will find them: what has expired is gone, what has become due is there."""

    def test_behind_a_run_that_is_not_stored(self, world: World, node: int) -> None:
        turn = world.store.call(world.store.ask_turn(node, "smtp", app="default"))
        began = world.clock.now_us()
        world.clock.advance(9)
        (gate,) = explain(world, world.put(lane="smtp")).gates
        assert (gate.kind, gate.subject, gate.jobs, gate.limit) == (GateKind.WORKER, "smtp", (), 1)
        assert (turn is not None, gate.since_us) == (True, began)

    def test_a_job_of_both_that_waits_for_its_worker_names_the_worker(self, world: World, node: int) -> None:
        first, both = world.put(lane="smtp"), world.put(lane="smtp", key="ann")
        (gate,) = explain(world, both).gates
        assert (gate.kind, gate.jobs) == (GateKind.WORKER, (first,))

    @pytest.mark.parametrize("facts", [{"lane": "smtp"}, {"key": "ann"}])
    def test_what_has_expired_keeps_nobody_back(self, world: World, node: int, facts: dict[str, str]) -> None:
        world.put(**facts, expires_us=world.clock.now_us() + SECOND_US)
        second = world.put(**facts)
        world.clock.advance(2)
        assert kinds(world, second) == []
        assert world.claim_ids(node) == [second]

    def test_what_has_become_due_takes_its_place(self, world: World, node: int) -> None:
        late, held = world.put(lane="smtp", delay_us=SECOND_US), world.put(lane="smtp", queue="b")
        assert kinds(world, held) == []
        world.clock.advance(2)
        (gate,) = explain(world, held).gates
        assert (gate.kind, gate.jobs) == (GateKind.WORKER, (late,))
        assert world.claim_ids(node) == [late]

    def test_of_a_key_as_many_go_first_as_there_are_places(self, world: World, node: int) -> None:
        jobs = [world.put(key="ann", key_limit=3) for _ in range(5)]
        world.claim(node, 1)
        assert [kinds(world, job) for job in jobs[1:4]] == [[], [], [GateKind.KEY]]
        (gate,) = explain(world, jobs[4]).gates
        assert (gate.jobs, gate.limit) == ((jobs[1], jobs[2]), None)


class TestReady:
    def test_the_jobs_ahead_of_it_are_counted_as_a_claim_would_take_them(self, world: World, node: int) -> None:
        jobs = [world.put(priority=number % 3, name=NAMES[number % 2]) for number in range(12)]
        world.put(queue="other", priority=9)
        ahead = {job: explain(world, job).ahead for job in jobs}
        taken = world.claim_ids(node, queues=("default",))
        assert [ahead[job] for job in taken] == list(range(12))

    def test_what_waiting_has_lifted_is_counted_so(self, world: World, node: int) -> None:
        old = world.put(due_us=world.clock.now_us() - 20 * MINUTE_US)
        fresh = world.put(priority=3)
        assert (explain(world, old).ahead, explain(world, fresh).ahead) == (0, 1)

    def test_an_estimate_from_the_latest_runs_and_the_places(self, world: World) -> None:
        node = world.node("one", concurrency=2)
        for _ in range(3):
            claim = world.running(node)
            world.clock.advance(4)
            world.end(node, claim)
        jobs = put_many(world, 5)
        found = explain(world, jobs[4])
        assert (found.ahead, found.starts_in_us) == (4, 8 * SECOND_US)

    def test_without_a_run_nobody_can_tell(self, world: World, node: int) -> None:
        found = explain(world, world.put())
        assert (found.gates, found.is_ready, found.ahead, found.starts_in_us) == ((), True, 0, None)

    def test_a_rate_limit_is_part_of_the_estimate(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        limit_rate(world, 2, 60)
        jobs = put_many(world, 6)
        assert explain(world, jobs[1]).starts_in_us == 0
        assert explain(world, jobs[4]).starts_in_us == 2 * MINUTE_US


class TestPast:
    def test_a_running_job_says_since_when(self, world: World, node: int) -> None:
        claim = world.running(node)
        found = explain(world, claim.id)
        assert (found.state, found.gates, found.since_us, found.ahead) == (State.RUNNING, (), claim.claimed_us, None)

    def test_an_ended_one_says_why(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.cancel(claim.id, by="ann"))
        world.end(node, claim)
        found = explain(world, claim.id)
        assert (found.state, found.gates, found.since_us) == (State.CANCELLED, (), world.clock.now_us())
        assert found.reason == "cancelled by ann"

    def test_an_unknown_one_is_none(self, world: World) -> None:
        assert world.store.reader.call(world.store.reader.explain(99)) is None

    def test_by_its_reference_and_within_its_app(self, world: World, node: int) -> None:
        world.put(ref_id="mine")
        reader = world.store.reader
        found = reader.call(reader.explain("mine", app="default"))
        assert found is not None
        assert found.ahead == 0
        assert reader.call(reader.explain("mine", app="shop")) is None


deeds = st.tuples(st.sampled_from(list(DEEDS)), st.sampled_from(QUEUES))
in_lines = st.tuples(st.sampled_from(list(LINES)), st.sampled_from(QUEUES))


@pytest.mark.timeout(90)
def test_a_claim_with_room_takes_what_no_gate_is_named_for_and_nothing_else(world: World, store_kind: Kind) -> None:
    @settings(max_examples=150 // store_kind.lives, deadline=None, derandomize=True)
    @given(
        handlers=st.sampled_from(LIMITS),
        done=st.lists(deeds | in_lines, min_size=4, max_size=25),
        taken=st.integers(0, 4),
        rest=st.lists(deeds | in_lines, max_size=6),
    )
    def holds(handlers: Any, done: list[tuple[str, str]], taken: int, rest: list[tuple[str, str]]) -> None:
        clear(world)
        node = world.node(limits=handlers)
        for deed, queue in done:
            DEEDS[deed](world, queue)
        for claim in world.claim(node, taken)[::2]:
            world.end(node, claim)
        for deed, queue in rest:
            DEEDS[deed](world, queue)
        if any(deed == UNKNOWN_ON_WORKER for deed, _ in done + rest):
            set_aside(world, node)
        _compare(world, node)

    holds()


def _compare(world: World, node: int) -> None:
    waiting = world.store.reader.call(world.store.reader.ids(JobFilter(states=(State.QUEUED, State.SCHEDULED))))
    free = {job for job in waiting if not explain(world, job).gates}
    one = world.claim_ids(node, 1)
    assert set(one) <= free
    assert bool(one) is bool(free), "with room for one, one of those starts"
    given_all = set(one)
    while more := world.claim_ids(
        node
    ):  # one that a rival of its key kept from starting took a place in its queue's gate
        given_all |= {*more}
    assert given_all <= free, "what starts was not said to be kept back"
    for job in free - given_all:
        assert kinds(world, job), f"{job} was left behind, so now something keeps it back"
    world.healthy()
