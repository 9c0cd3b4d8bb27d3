"""Who holds what, for how long: register, beat, reap, leave."""

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import Ask, NodeInfo, Stop
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import LEASE_US, World

LEASE_S = LEASE_US // SECOND_US


class TestRegister:
    def test_enters_an_active_node_as_it_describes_itself(self, world: World) -> None:
        node = world.node("mine", host="box", pid=7, queues=("b", "a"), concurrency=3, version="1.2", names=("work",))
        (row,) = world.store.reader.call(world.store.reader.nodes())
        assert (row.id, row.uid, row.app, row.host, row.pid) == (node, "mine", "default", "box", 7)
        assert (row.version, row.state, row.concurrency, row.running) == ("1.2", "active", 3, 0)
        assert (row.queues, row.names) == (("b", "a"), ("work",))
        assert row.started_us == row.seen_us == world.clock.now_us()

    def test_ids_are_never_used_again(self, world: World) -> None:
        first = world.node()
        world.store.call(world.store.leave(first))
        assert world.node() > first

    def test_running_jobs_are_counted(self, world: World, node: int) -> None:
        world.running(node)
        world.running(node)
        assert world.store.reader.call(world.store.reader.nodes())[0].running == 2


class TestBeat:
    def test_keeps_the_lease_for_ever(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.sweep(10 * LEASE_S, beating=[node])
        assert world.state(claim.id) is State.RUNNING
        assert world.end(node, claim) is State.COMPLETED

    def test_says_what_is_still_owned(self, world: World, node: int) -> None:
        first, second = world.running(node), world.running(node)
        world.running(world.node("second"))
        assert world.beat(node).owned == {(first.id, 1), (second.id, 1)}
        world.end(node, first, EndKind.RELEASED)
        world.take(node, first.id)
        assert world.beat(node).owned == {(first.id, 2), (second.id, 1)}

    def test_says_which_attempts_to_stop(self, world: World, node: int) -> None:
        claim, spared = world.running(node), world.running(node)
        world.store.call(world.store.cancel(claim.id, by="ann"))
        answer = world.beat(node)
        assert answer.stops == (Stop(id=claim.id, epoch=1, by="ann"),)
        assert (claim.id, 1) in answer.owned
        assert (spared.id, 1) in answer.owned
        assert world.beat(node).stops == answer.stops
        world.end(node, claim, EndKind.CANCELLED)
        assert world.beat(node).stops == ()

    def test_of_one_node_renews_no_other(self, world: World, node: int) -> None:
        world.node("silent")
        silent = world.store.reader.call(world.store.reader.nodes())[0].id
        claim = world.running(silent)
        world.sweep(LEASE_S + 6, beating=[node])
        assert world.state(claim.id) is State.QUEUED
        assert not world.beat(silent).alive
        assert world.beat(node).alive

    def test_revives_a_lapsed_lease_that_nobody_reaped(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.clock.advance(10 * LEASE_S)
        assert world.beat(node).owned == {(claim.id, 1)}
        world.sweep(LEASE_S - 6)
        assert world.state(claim.id) is State.RUNNING

    def test_tells_a_dead_node_that_it_is_dead(self, world: World, node: int) -> None:
        world.running(node)
        world.reap("first")
        answer = world.beat(node)
        assert (answer.alive, answer.stops, answer.owned) == (False, (), frozenset())

    def test_tells_a_node_that_never_was_that_it_is_dead(self, world: World) -> None:
        assert not world.beat(4711).alive

    def test_tells_a_node_of_an_earlier_boot_that_it_is_dead(self, world: World, node: int) -> None:
        world.clock.reboot()
        world.reap()
        assert not world.beat(node).alive

    def test_is_seen_on_the_wall_clock(self, world: World, node: int) -> None:
        world.clock.advance(7)
        world.beat(node)
        assert world.store.reader.call(world.store.reader.nodes())[0].seen_us == world.clock.now_us()


class TestReapNamed:
    def test_takes_the_jobs_at_once_uncharged_as_suspects(self, world: World, node: int) -> None:
        claims = [world.running(node) for _ in range(3)]
        answer = world.reap("first")
        assert (answer.nodes, answer.jobs, answer.held) == (("first",), 3, False)
        for claim in claims:
            row = world.row(claim.id)
            assert (row.state, row.tries, row.crashes, row.epoch) == (State.QUEUED, 0, 0, 1)
            assert row.suspect > 0
        assert world.store.reader.call(world.store.reader.nodes())[0].state == "dead"

    def test_leaves_an_attempt_that_says_so(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.reap("first")
        (attempt,) = world.detail(claim.id).attempts
        assert (attempt.epoch, attempt.node_uid, attempt.kind) == (1, "first", EndKind.SUSPECT)

    def test_fails_the_jobs_that_ask_for_it(self, world: World, node: int) -> None:
        fragile, tough = world.running(node, interrupt_fails=True), world.running(node)
        assert fragile.interrupt_fails
        child = world.put(depends_on=(fragile.id,))
        assert world.reap("first").jobs == 2
        row = world.row(fragile.id)
        assert (row.state, row.code) == (State.FAILED, "interrupted")
        assert (world.state(tough.id), world.state(child)) == (State.QUEUED, State.CANCELLED)
        world.healthy()

    def test_a_job_asked_to_cancel_never_runs_again(self, world: World, node: int) -> None:
        claim = world.running(node)
        child = world.put(depends_on=(claim.id,))
        world.store.call(world.store.cancel(claim.id, by="ann"))
        world.reap("first")
        row = world.row(claim.id)
        assert (row.state, row.code, row.cancel_by) == (State.CANCELLED, "cancelled", "ann")
        assert world.state(child) is State.CANCELLED
        assert world.claim_ids(world.node("second")) == []

    def test_spares_everybody_else(self, world: World, node: int) -> None:
        spared = world.running(world.node("second"))
        world.running(node)
        world.reap("first")
        assert world.state(spared.id) is State.RUNNING

    def test_twice_does_nothing_more(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.reap("first")
        other = world.node("second")
        world.take(other, claim.id)
        before = world.everything()
        assert (world.reap("first").nodes, world.everything()) == ((), before)

    def test_of_a_node_that_never_was_does_nothing(self, world: World, node: int) -> None:
        claim = world.running(node)
        assert world.reap("nobody").nodes == ()
        assert world.state(claim.id) is State.RUNNING

    def test_many_jobs_of_a_node_go_in_one_sweep(self, world: World, node: int) -> None:
        world.enqueue(*[world.new() for _ in range(700)])
        assert len(world.claim(node, 700)) == 700
        assert world.reap("first").jobs == 700
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == 700

    def test_works_while_lapsed_leases_are_held(self, world: World, node: int) -> None:
        named, healthy = world.running(node), world.running(world.node("second"))
        world.reap()
        world.clock.advance(10 * LEASE_S)
        answer = world.reap("first")
        assert (answer.held, answer.nodes) == (True, ("first",))
        assert (world.state(named.id), world.state(healthy.id)) == (State.QUEUED, State.RUNNING)


class TestReapLapsed:
    def test_takes_after_the_lease_and_not_before(self, world: World, node: int) -> None:
        claim = world.running(node)
        assert not any(answer.nodes for answer in world.sweep(LEASE_S))
        assert world.state(claim.id) is State.RUNNING
        answers = world.sweep(6)
        assert [uid for answer in answers for uid in answer.nodes] == ["first"]
        assert (world.state(claim.id), world.row(claim.id).crashes) == (State.QUEUED, 0)

    def test_what_was_taken_runs_elsewhere_under_a_new_epoch(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.sweep(LEASE_S + 6)
        again = world.take(world.node("second"), claim.id)
        assert (again.epoch, again.suspect > 0) == (2, True)
        assert world.settle(node, claim).accepted == (False,)

    def test_a_dead_node_is_given_nothing(self, world: World, node: int) -> None:
        world.put()
        world.sweep(LEASE_S + 6)
        answer = world.turn(node, asks=[Ask(limit=1, names=frozenset({"work"}))])
        assert (answer.alive, answer.claims) == (False, ())

    @pytest.mark.parametrize("away", [11, 100, 100_000])
    def test_after_an_outage_a_healthy_node_keeps_its_jobs(self, world: World, node: int, away: int) -> None:
        claim = world.running(node)
        world.reap()
        world.clock.advance(away)
        answer = world.reap()
        assert (answer.held, answer.nodes, answer.jobs) == (True, (), 0)
        world.sweep(LEASE_S - 6)
        assert world.state(claim.id) is State.RUNNING
        assert world.beat(node).owned == {(claim.id, 1)}
        world.sweep(2 * LEASE_S, beating=[node])
        assert world.state(claim.id) is State.RUNNING

    def test_after_an_outage_a_dead_node_loses_its_jobs_one_lease_later(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.reap()
        world.clock.advance(1000)
        assert world.reap().held
        world.sweep(LEASE_S - 6)
        assert world.state(claim.id) is State.RUNNING
        world.sweep(12)
        assert world.state(claim.id) is State.QUEUED

    def test_a_pause_of_two_beats_is_no_outage(self, world: World, node: int) -> None:
        world.running(node)
        world.sweep(LEASE_S)
        world.clock.advance(10)
        assert world.reap().nodes == ("first",)

    @pytest.mark.parametrize("step", [-1_000_000, 1_000_000])
    def test_a_step_of_the_wall_clock_takes_nothing(self, world: World, node: int, step: int) -> None:
        claim = world.running(node)
        world.reap()
        world.clock.step_wall(step)
        answer = world.reap()
        assert (answer.held, answer.nodes) == (False, ())
        assert world.beat(node).owned == {(claim.id, 1)}
        world.sweep(2 * LEASE_S, beating=[node])
        assert world.end(node, claim) is State.COMPLETED

    def test_a_reboot_ends_every_lease_at_once(self, world: World, node: int) -> None:
        claims = [world.running(node), world.running(world.node("second"))]
        world.sweep(6, beating=[node])
        world.clock.reboot()
        answer = world.reap()
        assert (set(answer.nodes), answer.jobs) == ({"first", "second"}, 2)
        assert [world.state(claim.id) for claim in claims] == [State.QUEUED] * 2

    def test_a_reboot_spares_the_nodes_of_the_new_boot(self, world: World, node: int) -> None:
        old = world.running(node)
        world.clock.reboot()
        young = world.running(world.node("young"))
        assert world.reap().nodes == ("first",)
        assert (world.state(old.id), world.state(young.id)) == (State.QUEUED, State.RUNNING)
        world.sweep(2 * LEASE_S, beating=[young_id(world)])
        assert world.state(young.id) is State.RUNNING


def young_id(world: World) -> int:
    return world.store.reader.call(world.store.reader.nodes())[0].id


class TestLeave:
    def test_releases_what_it_had_uncharged(self, world: World, node: int) -> None:
        claims = [world.running(node) for _ in range(3)]
        assert world.store.call(world.store.leave(node)) == 3
        for claim in claims:
            row = world.row(claim.id)
            assert (row.state, row.tries, row.crashes, row.suspect) == (State.QUEUED, 0, 0, 0)
        assert world.store.reader.call(world.store.reader.nodes())[0].state == "left"
        assert world.claim_ids(world.node("second")) == [claim.id for claim in claims]

    def test_twice_or_unknown_releases_nothing(self, world: World, node: int) -> None:
        world.running(node)
        world.store.call(world.store.leave(node))
        assert world.store.call(world.store.leave(node)) == 0
        assert world.store.call(world.store.leave(4711)) == 0

    def test_a_late_outcome_is_refused(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.leave(node))
        answer = world.settle(node, claim)
        assert (answer.alive, answer.accepted) == (False, (False,))
        assert world.state(claim.id) is State.QUEUED

    def test_a_job_asked_to_cancel_is_cancelled(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.cancel(claim.id))
        world.store.call(world.store.leave(node))
        assert world.state(claim.id) is State.CANCELLED

    def test_a_dead_node_that_leaves_stays_dead(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.reap("first")
        other = world.node("second")
        world.take(other, claim.id)
        assert world.store.call(world.store.leave(node)) == 0
        assert world.state(claim.id) is State.RUNNING


class TestShieldedNodes:
    def shielded(self, world: World, uid: str) -> int:
        info = NodeInfo(
            uid=uid,
            app="default",
            host="h",
            pid=1,
            names=("work",),
            queues=None,
            concurrency=9,
            version="0",
            shielded=True,
        )
        return world.store.call(world.store.register(info, lease_us=LEASE_US))

    def test_a_job_is_a_suspect_only_when_a_second_one_dies_with_it(self, world: World) -> None:
        first = world.running(self.shielded(world, "one"))
        world.reap("one")
        assert (world.state(first.id), world.row(first.id).suspect) == (State.QUEUED, 0)
        world.take(self.shielded(world, "two"), first.id)
        world.reap("two")
        assert (world.state(first.id), world.row(first.id).suspect) == (State.QUEUED, 1)
