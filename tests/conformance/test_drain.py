"""A draining node is granted nothing, in whatever way it asks; what it runs it ends, and it stays in the store."""

from typing import Any

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import NodeRow
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.test_standby import offer
from tests.conformance.world import World


def drain(world: World, uid: str = "first", **facts: Any) -> bool:
    return world.store.call(world.store.drain_node(uid, **facts))


def undrain(world: World, uid: str = "first", **facts: Any) -> bool:
    return world.store.call(world.store.undrain_node(uid, **facts))


def shown(world: World, node: int) -> NodeRow:
    (row,) = [row for row in world.store.reader.call(world.store.reader.nodes()) if row.id == node]
    return row


class TestGrants:
    def test_end_with_the_drain_and_come_back_with_its_end(self, world: World, node: int) -> None:
        job = world.put()
        assert drain(world)
        assert world.claim_ids(node) == []
        assert world.state(job) is State.QUEUED
        assert undrain(world)
        assert world.claim_ids(node) == [job]

    def test_go_to_other_nodes(self, world: World, node: int) -> None:
        other = world.node("second")
        jobs = [world.put(), world.put(lane="smtp"), world.put(key="ann")]
        drain(world)
        assert world.claim_ids(node) == []
        assert sorted(world.claim_ids(other)) == jobs

    def test_do_not_come_by_an_offer_that_stood_before(self, world: World, node: int) -> None:
        standing = offer(world, node)
        drain(world)
        job = world.put()
        assert world.state(job) is State.QUEUED
        standing.withdraw()

    def test_are_none_also_of_what_is_due_later_or_fails_and_goes_again(self, world: World, node: int) -> None:
        claim = world.running(node, retries=1)
        later = world.put(delay_us=5 * SECOND_US)
        drain(world)
        assert world.end(node, claim, EndKind.RAISED) in {State.QUEUED, State.SCHEDULED}
        world.clock.advance(6)
        assert world.claim_ids(node) == []
        assert world.claim_ids(world.node("second")) == [claim.id, later]


class TestWhatRuns:
    def test_goes_on_to_its_end(self, world: World, node: int) -> None:
        claim = world.running(node)
        drain(world)
        assert world.say(node, claim, "still here").draining
        assert (shown(world, node).state, shown(world, node).running) == ("draining", 1)
        answer = world.settle(node, claim)
        assert (answer.alive, answer.accepted, answer.draining) == (True, (True,), True)
        assert (shown(world, node).state, shown(world, node).running) == ("draining", 0)
        world.healthy()

    def test_can_be_cancelled(self, world: World, node: int) -> None:
        claim = world.running(node)
        drain(world)
        world.store.call(world.store.cancel(claim.id, by="ann"))
        assert [stop.id for stop in world.beat(node).stops] == [claim.id]

    def test_is_given_back_when_the_node_dies(self, world: World, node: int) -> None:
        claim = world.running(node)
        drain(world)
        assert world.reap("first").jobs == 1
        assert (world.state(claim.id), shown(world, node).state) == (State.QUEUED, "dead")
        assert not undrain(world)
        world.healthy()

    def test_keeps_its_lease(self, world: World, node: int) -> None:
        claim = world.running(node)
        drain(world)
        world.sweep(90, beating=[node])
        assert world.state(claim.id) is State.RUNNING
        assert shown(world, node).state == "draining"


class TestTelling:
    def test_comes_with_each_beat_and_turn(self, world: World, node: int) -> None:
        assert (world.beat(node).draining, world.turn(node).draining) == (False, False)
        drain(world)
        assert (world.beat(node).draining, world.turn(node).draining) == (True, True)
        undrain(world)
        assert (world.beat(node).draining, world.turn(node).draining) == (False, False)

    def test_rings_whoever_listens(self, world: World, node: int) -> None:
        rung: list[str] = []
        world.store.listen("first", lambda: rung.append("ring"))
        drain(world)
        after = len(rung)
        undrain(world)
        world.store.unlisten("first")
        assert 0 < after < len(rung)


class TestWho:
    def test_is_an_active_worker_of_the_app(self, world: World, node: int) -> None:
        world.node("runs only", concurrency=0)
        gone = world.node("left")
        world.store.call(world.store.leave(gone))
        assert [drain(world, uid) for uid in ("nobody", "runs only", "left")] == [False] * 3
        assert not drain(world, app="other")
        assert drain(world, app="default")
        assert not drain(world)
        assert not undrain(world, app="other")
        assert undrain(world, app="default")
        assert not undrain(world)
        assert shown(world, node).state == "active"

    @pytest.mark.parametrize("drained", [True, False])
    def test_can_leave(self, world: World, node: int, drained: bool) -> None:
        if drained:
            drain(world)
        world.store.call(world.store.leave(node))
        assert shown(world, node).state == "left"

    def test_that_alone_knows_a_handler_keeps_its_jobs_from_being_parked(self, world: World) -> None:
        world.node("knows", names=("rare",))
        other = world.node("second", names=("work",))
        drain(world, "knows")
        job = world.put(name="rare")
        world.claim(other, names=("work",))
        assert world.row(job).blocked is None
