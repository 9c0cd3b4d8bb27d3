"""What cancelling promises."""

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import CancelAnswer
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.stages import drive
from tests.conformance.world import World


def cancel(world: World, job: int | str, **facts: str) -> CancelAnswer:
    return world.store.call(world.store.cancel(job, **facts))


class TestNotStarted:
    @pytest.mark.parametrize("state", [State.SCHEDULED, State.WAITING, State.QUEUED])
    def test_is_cancelled_at_once_and_never_starts(self, world: World, node: int, state: State) -> None:
        job = drive(world, node, state)
        assert cancel(world, job, by="ann") is CancelAnswer.CANCELLED
        row = world.row(job)
        assert (row.state, row.code, row.finished_us) == (State.CANCELLED, "cancelled", world.clock.now_us())
        world.clock.advance(100)
        world.tend()
        assert job not in world.claim_ids(node)
        world.healthy()

    def test_tells_who_did_it(self, world: World) -> None:
        job = world.put()
        cancel(world, job, by="ann")
        (event,) = world.detail(job).events
        assert (event.kind, event.by, event.at_us, event.epoch) == ("cancel", "ann", world.clock.now_us(), 0)

    def test_takes_its_dependants_with_it(self, world: World) -> None:
        job = world.put()
        child = world.put(depends_on=(job,))
        grandchild = world.put(depends_on=(child,))
        cancel(world, job)
        assert [(world.state(one), world.row(one).code) for one in (child, grandchild)] == [
            (State.CANCELLED, "parent_failed")
        ] * 2

    def test_has_no_attempt(self, world: World) -> None:
        job = world.put()
        cancel(world, job)
        assert (world.detail(job).attempts, world.row(job).epoch) == ((), 0)


class TestRunning:
    def test_is_asked_and_goes_on(self, world: World, node: int) -> None:
        claim = world.running(node)
        assert cancel(world, claim.id, by="ann") is CancelAnswer.REQUESTED
        row = world.row(claim.id)
        assert (row.state, row.cancel_us, row.cancel_by) == (State.RUNNING, world.clock.now_us(), "ann")

    def test_twice_keeps_the_first_request(self, world: World, node: int) -> None:
        claim = world.running(node)
        cancel(world, claim.id, by="ann")
        first = world.clock.now_us()
        world.clock.advance(3)
        assert cancel(world, claim.id, by="bob") is CancelAnswer.ALREADY_REQUESTED
        assert (world.row(claim.id).cancel_us, world.row(claim.id).cancel_by) == (first, "ann")

    def test_that_was_settled_before_stays_completed(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, result="1")
        assert cancel(world, claim.id) is CancelAnswer.FINAL
        assert (world.state(claim.id), world.detail(claim.id).result) == (State.COMPLETED, "1")

    def test_ends_cancelled_and_is_never_run_again(self, world: World, node: int) -> None:
        claim = world.running(node)
        cancel(world, claim.id)
        world.end(node, claim, EndKind.RAISED)
        world.clock.advance(100)
        world.tend()
        assert world.claim_ids(node) == []
        assert world.row(claim.id).epoch == 1

    def test_that_is_scheduled_again_by_then_is_cancelled_at_once(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, EndKind.RAISED, delay_us=SECOND_US)
        assert cancel(world, claim.id) is CancelAnswer.CANCELLED
        assert world.state(claim.id) is State.CANCELLED


class TestWhich:
    def test_by_id_or_reference(self, world: World) -> None:
        world.put(ref_id="order-7")
        assert cancel(world, "order-7", app="default") is CancelAnswer.CANCELLED
        assert world.row("order-7").state is State.CANCELLED

    def test_nothing_by_that_name(self, world: World) -> None:
        assert cancel(world, 999_999) is CancelAnswer.NOT_FOUND
        assert cancel(world, "nobody") is CancelAnswer.NOT_FOUND

    def test_another_apps_job_is_not_there(self, world: World) -> None:
        job = world.put(ref_id="order-7", app="shop")
        assert cancel(world, job, app="default") is CancelAnswer.NOT_FOUND
        assert cancel(world, "order-7", app="default") is CancelAnswer.NOT_FOUND
        assert world.state(job) is State.QUEUED

    def test_an_archived_job_is_final(self, world: World, node: int) -> None:
        job = drive(world, node, State.FAILED)
        world.archive()
        assert cancel(world, job) is CancelAnswer.FINAL
        assert world.state(job) is State.FAILED
