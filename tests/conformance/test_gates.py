"""Queues that are paused and sized at run time, and limits that handlers declare: what a claim may take."""

import pytest

from headway.model.gate import GateKind
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import Ask
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import kinds, limits, pause, put_many, resize, resume, shown, waiting
from tests.conformance.world import NAMES, World


class TestPause:
    def test_nothing_of_a_paused_queue_starts_on_any_node(self, world: World, node: int) -> None:
        mail, other = world.put(queue="mail"), world.put()
        assert pause(world, "mail")
        assert world.claim_ids(node) == [other]
        assert world.claim_ids(world.node("second")) == []
        assert world.state(mail) is State.QUEUED

    def test_what_runs_goes_on_to_its_end(self, world: World, node: int) -> None:
        claim = world.running(node)
        pause(world)
        assert world.end(node, claim) is State.COMPLETED

    def test_resumed_it_starts_again(self, world: World, node: int) -> None:
        job = world.put()
        pause(world)
        assert resume(world)
        assert world.claim_ids(node) == [job]

    def test_who_paused_first_stays_and_a_second_pause_says_so(self, world: World) -> None:
        assert pause(world, by="ann")
        since = world.clock.now_us()
        world.clock.advance(5)
        assert not pause(world, by="bob")
        found = shown(world)
        assert found is not None
        assert (found.paused_by, found.paused_us, found.is_paused) == ("ann", since, True)

    def test_a_queue_that_is_not_paused_cannot_be_resumed(self, world: World) -> None:
        assert not resume(world)
        resize(world, 3)
        assert not resume(world)

    def test_of_another_app_it_is_another_queue(self, world: World) -> None:
        job = world.put(app="shop")
        pause(world)
        assert world.claim_ids(world.node("shop-1", app="shop")) == [job]

    def test_a_retry_and_a_released_job_wait_too(self, world: World, node: int) -> None:
        retried, released = world.running(node), world.running(node)
        pause(world)
        world.end(node, retried, EndKind.RAISED, delay_us=SECOND_US)
        world.end(node, released, EndKind.RELEASED)
        world.clock.advance(2)
        assert world.claim_ids(node) == []
        resume(world)
        assert sorted(world.claim_ids(node)) == sorted([retried.id, released.id])

    def test_a_paused_job_can_be_cancelled(self, world: World) -> None:
        job = world.put()
        pause(world)
        world.store.call(world.store.cancel(job))
        assert world.state(job) is State.CANCELLED

    def test_thousands_of_a_paused_queue_do_not_stand_in_the_way(self, world: World, node: int) -> None:
        put_many(world, 3000, queue="mail", priority=9)
        job = world.put()
        pause(world, "mail")
        assert world.claim_ids(node, 1) == [job]

    def test_a_resume_wakes_whoever_waits(self, world: World, node: int) -> None:
        job = world.put()
        pause(world)
        standing = waiting(world, node)
        resume(world)
        assert not standing.withdraw()
        assert [claim.id for claim in standing.result().claims] == [job]


class TestSize:
    def test_no_more_than_that_run_at_once_over_all_nodes(self, world: World, node: int) -> None:
        jobs = put_many(world, 5)
        resize(world, 3)
        first, second = world.claim(node, 2), world.claim(world.node("second"), 9)
        assert [claim.id for claim in (*first, *second)] == jobs[:3]
        assert world.claim_ids(node) == []
        world.end(node, first[0])
        assert world.claim_ids(node) == [jobs[3]]

    def test_it_counts_all_handlers_of_the_queue_and_no_other_queue(self, world: World, node: int) -> None:
        world.running(node)
        resize(world, 2)
        other, more, elsewhere = world.put(name="other"), world.put(), world.put(queue="mail")
        assert world.claim_ids(node) == [other, elsewhere]
        assert world.state(more) is State.QUEUED

    def test_larger_at_run_time_it_lets_more_start_at_once(self, world: World, node: int) -> None:
        jobs = put_many(world, 8)
        resize(world, 1)
        assert world.claim_ids(node) == jobs[:1]
        resize(world, 8)
        assert world.claim_ids(node) == jobs[1:]

    def test_smaller_than_what_runs_it_stops_nothing_and_starts_nothing(self, world: World, node: int) -> None:
        put_many(world, 4)
        claims = world.claim(node, 3)
        resize(world, 1)
        for claim in claims:
            assert world.claim_ids(node) == []
            world.end(node, claim)
        assert len(world.claim_ids(node)) == 1

    def test_taken_away_it_bounds_nothing(self, world: World, node: int) -> None:
        jobs = put_many(world, 4)
        resize(world, 1)
        resize(world, None)
        found = shown(world)
        assert found is not None
        assert found.size is None
        assert world.claim_ids(node) == jobs

    def test_the_best_jobs_get_the_places(self, world: World, node: int) -> None:
        low, high, other = world.put(), world.put(priority=5, name="other"), world.put(priority=3)
        resize(world, 2)
        assert world.claim_ids(node) == [high, other]
        assert world.state(low) is State.QUEUED

    def test_several_asks_share_the_places(self, world: World, node: int) -> None:
        works, others = put_many(world, 3), put_many(world, 3, name="other")
        resize(world, 4)
        asks = [Ask(limit=3, names=frozenset({name})) for name in NAMES]
        given = [claim.id for claim in world.turn(node, asks=asks).claims]
        assert sorted(given) == sorted([*works, others[0]])

    def test_a_place_of_a_dead_node_is_given_back_once(self, world: World) -> None:
        doomed = world.node("doomed")
        jobs = put_many(world, 3)
        resize(world, 1)
        assert world.claim_ids(doomed) == jobs[:1]
        world.reap("doomed")
        world.reap("doomed")
        assert world.claim_ids(world.node("next")) == jobs[:1]

    def test_a_larger_one_wakes_whoever_waits(self, world: World, node: int) -> None:
        jobs = put_many(world, 2)
        resize(world, 1)
        world.take(node, jobs[0])
        standing = waiting(world, node)
        resize(world, 2)
        assert not standing.withdraw()
        assert [claim.id for claim in standing.result().claims] == jobs[1:]

    @pytest.mark.parametrize("asks", [(), (Ask(limit=1, names=frozenset({"other"})),)])
    def test_the_end_of_a_job_wakes_another_node_for_the_place(
        self, world: World, node: int, asks: tuple[Ask, ...]
    ) -> None:
        jobs = put_many(world, 2)
        resize(world, 1)
        claim = world.take(node, jobs[0])
        standing = waiting(world, world.node("second"))
        world.turn(node, world.settlement(claim), asks=asks)
        assert not standing.withdraw()
        assert [claim.id for claim in standing.result().claims] == jobs[1:]

    def test_the_end_of_a_job_wakes_nobody_when_its_node_takes_the_place(self, world: World, node: int) -> None:
        jobs = put_many(world, 3)
        resize(world, 1)
        claim = world.take(node, jobs[0])
        standing = waiting(world, world.node("second"))
        answer = world.turn(node, world.settlement(claim), asks=[Ask(limit=1, names=frozenset(NAMES))])
        assert [one.id for one in answer.claims] == jobs[1:2]
        assert standing.withdraw()

    def test_the_end_of_a_job_wakes_nobody_where_there_was_room_anyway(self, world: World, node: int) -> None:
        jobs = put_many(world, 4)
        resize(world, 9)
        claim = world.take(node, jobs[0])
        standing = waiting(world, world.node("second"))
        world.turn(node, world.settlement(claim), asks=[Ask(limit=1, names=frozenset(NAMES))])
        assert standing.withdraw()


class TestHandlerLimit:
    def test_no_more_than_that_run_at_once_over_all_nodes(self, world: World) -> None:
        nodes = [world.node(uid, limits=limits(limit=2)) for uid in ("one", "two")]
        jobs = put_many(world, 4)
        assert world.claim_ids(nodes[0], 1) == jobs[:1]
        claims = world.claim(nodes[1], 9)
        assert [claim.id for claim in claims] == jobs[1:2]
        world.end(nodes[1], claims[0])
        assert world.claim_ids(nodes[0]) == jobs[2:3]

    def test_it_counts_over_queues_and_aliases_and_no_other_handler(self, world: World) -> None:
        node = world.node("one", names=("work", "old_work", "other"), limits=limits("work", "old_work", limit=2))
        jobs = [world.put(), world.put(queue="mail", name="old_work"), world.put(queue="x"), world.put(name="other")]
        given = world.claim_ids(node, names=("work", "old_work", "other"))
        assert given == [jobs[0], jobs[1], jobs[3]]
        assert kinds(world, jobs[2]) == [GateKind.HANDLER_LIMIT]

    def test_a_node_that_knows_no_limit_heeds_none(self, world: World) -> None:
        strict, free = world.node("one", limits=limits(limit=1)), world.node("two")
        jobs = put_many(world, 3)
        assert world.claim_ids(strict) == jobs[:1]
        assert world.claim_ids(free, 1) == jobs[1:2]
        assert world.claim_ids(strict) == []

    def test_learned_later_it_counts_from_then_on(self, world: World, node: int) -> None:
        jobs = put_many(world, 3)
        world.store.call(world.store.learn(node, NAMES, limits(limit=2)))
        assert world.claim_ids(node) == jobs[:2]
        world.store.call(world.store.learn(node, NAMES))
        assert world.claim_ids(node) == jobs[2:]

    def test_together_with_the_size_of_a_queue_the_smaller_counts(self, world: World) -> None:
        node = world.node("one", limits=limits(limit=2))
        put_many(world, 5)
        put_many(world, 5, name="other")
        resize(world, 3)
        names = sorted(claim.name for claim in world.claim(node, 9))
        assert names == ["other", "work", "work"]


class TestShown:
    def test_a_queue_with_a_gate_is_listed_without_a_job(self, world: World) -> None:
        resize(world, 3, queue="mail")
        found = shown(world, "mail")
        assert found is not None
        assert (found.queued, found.running, found.size) == (0, 0, 3)

    def test_a_queue_without_gate_and_job_is_not(self, world: World) -> None:
        resize(world, 3, queue="mail")
        resize(world, None, queue="mail")
        assert shown(world, "mail") is None

    def test_what_runs_is_counted(self, world: World, node: int) -> None:
        world.running(node, queue="mail")
        world.put(queue="mail")
        pause(world, "mail")
        found = shown(world, "mail")
        assert found is not None
        assert (found.queued, found.running, found.paused_by) == (1, 1, "ann")
