"""What reopening promises."""

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import RequeueAnswer
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World


def requeue(world: World, job: int | str, **facts: str) -> RequeueAnswer:
    return world.store.call(world.store.requeue(job, **facts))


class TestReopened:
    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_is_queued_as_if_new_but_for_its_history(self, world: World, node: int, state: State) -> None:
        job = drive(world, node, state)
        world.clock.advance(5)
        assert requeue(world, job, by="ann") is RequeueAnswer.REQUEUED
        detail = world.detail(job)
        row = detail.row
        assert (row.state, row.tries, row.crashes, row.epoch) == (State.QUEUED, 0, 0, 1)
        assert (row.code, row.reason, row.finished_us, row.cancel_us, row.cancel_by) == (None,) * 5
        assert row.due_us <= world.clock.now_us()
        assert [attempt.epoch for attempt in detail.attempts] == [1]
        assert [(event.kind, event.by) for event in detail.events if event.kind == "requeue"] == [("requeue", "ann")]
        assert world.claim(node)[0].epoch == 2
        world.healthy()

    @pytest.mark.parametrize("retries", [0, 1, 3])
    def test_has_exactly_its_budget_back(self, world: World, node: int, retries: int) -> None:
        job = world.put(retries=retries)
        for _ in range(3):
            runs = 0
            while not world.state(job).is_final:
                world.end(node, world.take(node, job), EndKind.RAISED)
                runs += 1
            assert runs == retries + 1
            assert requeue(world, job) is RequeueAnswer.REQUEUED
        epochs = [attempt.epoch for attempt in world.detail(job).attempts]
        assert epochs == list(range(1, 3 * (retries + 1) + 1))

    def test_has_its_crashes_back(self, world: World, node: int) -> None:
        job = world.put()
        for _ in range(2):
            for _ in range(3):
                world.end(node, world.take(node, job), EndKind.CRASHED)
                world.clock.advance(10)
            assert world.row(job).code == "poison"
            requeue(world, job)
        assert (world.row(job).crashes, world.row(job).epoch) == (0, 6)

    def test_a_poisoned_job_still_runs_alone(self, world: World, node: int) -> None:
        job = world.put()
        for _ in range(3):
            world.end(node, world.take(node, job), EndKind.CRASHED)
            world.clock.advance(10)
        requeue(world, job)
        assert world.take(node, job).suspect > 0

    def test_after_a_requested_cancel_it_is_not_asked_to_stop_again(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.cancel(claim.id))
        world.end(node, claim)
        requeue(world, claim.id)
        again = world.take(node, claim.id)
        assert world.beat(node).stops == ()
        assert world.end(node, again) is State.COMPLETED

    def test_an_expired_one_does_not_expire_at_once_again(self, world: World, node: int) -> None:
        job = world.put(expires_us=world.clock.now_us() + SECOND_US)
        world.clock.advance(2)
        world.tend()
        requeue(world, job)
        world.tend()
        assert world.claim_ids(node) == [job]

    def test_a_late_outcome_of_before_is_refused(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.fail(node, claim)
        requeue(world, claim.id)
        assert world.settle(node, claim).accepted == (False,)
        again = world.take(node, claim.id)
        assert world.settle(node, claim).accepted == (False,)
        assert world.end(node, again) is State.COMPLETED

    def test_twice_is_refused_the_second_time(self, world: World, node: int) -> None:
        job = drive(world, node, State.FAILED)
        assert requeue(world, job) is RequeueAnswer.REQUEUED
        assert requeue(world, job) is RequeueAnswer.REFUSED

    def test_its_log_goes_on(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, "first")
        world.fail(node, claim)
        requeue(world, claim.id)
        world.say(node, world.take(node, claim.id), "second")
        assert world.lines(claim.id) == ["first", "second"]


class TestRefused:
    @pytest.mark.parametrize("state", [state for state in DRIVE if state not in {State.FAILED, State.CANCELLED}])
    def test_changes_nothing(self, world: World, node: int, state: State) -> None:
        job = drive(world, node, state)
        before = world.everything()
        assert requeue(world, job) is RequeueAnswer.REFUSED
        assert world.everything() == before

    def test_when_there_is_no_such_job(self, world: World) -> None:
        assert requeue(world, 999_999) is RequeueAnswer.NOT_FOUND
        assert requeue(world, "nobody") is RequeueAnswer.NOT_FOUND

    def test_for_another_apps_job(self, world: World, node: int) -> None:
        job = drive(world, node, State.FAILED)
        assert requeue(world, job, app="shop") is RequeueAnswer.NOT_FOUND
        assert world.state(job) is State.FAILED


class TestFamilies:
    def test_a_child_waits_for_a_parent_that_was_reopened(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        requeue(world, parent.id)
        requeue(world, child)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
        world.end(node, world.take(node, parent.id))
        assert (world.state(child), world.row(child).parents_left) == (State.QUEUED, 0)
        world.healthy()

    def test_a_reopened_parent_that_fails_again_cancels_the_reopened_child(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        requeue(world, parent.id)
        requeue(world, child)
        world.fail(node, world.take(node, parent.id))
        assert (world.state(child), world.row(child).code) == (State.CANCELLED, "parent_failed")

    def test_a_child_is_not_revived_by_its_parent_alone(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        requeue(world, parent.id)
        world.end(node, world.take(node, parent.id))
        assert world.state(child) is State.CANCELLED

    def test_a_child_whose_parent_succeeded_by_now_is_queued(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        requeue(world, parent.id)
        world.end(node, world.take(node, parent.id))
        requeue(world, child)
        assert (world.state(child), world.row(child).parents_left) == (State.QUEUED, 0)

    def test_a_child_never_waits_for_ever_on_a_parent_that_stays_failed(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        requeue(world, child)
        world.tend()
        assert world.state(child) is not State.WAITING
        world.healthy()

    def test_only_the_open_parents_of_several_are_waited_for(self, world: World, node: int) -> None:
        good, bad, later = world.running(node), world.running(node), world.put(delay_us=60 * SECOND_US)
        child = world.put(depends_on=(good.id, bad.id, later))
        world.end(node, good)
        world.fail(node, bad)
        requeue(world, bad.id)
        requeue(world, child)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 2)
        world.end(node, world.take(node, bad.id))
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)


class TestArchived:
    @pytest.mark.parametrize("state", [State.FAILED, State.CANCELLED])
    def test_is_copied_back_whole(self, world: World, node: int, state: State) -> None:
        claim = world.running(node, ref_id="order-7", payload='{"keep":"me"}', options='{"o":1}', extras='{"e":1}')
        world.say(node, claim, "first", status="half", stats='{"n":1}', checkpoint='{"at":1}')
        world.end(node, claim, EndKind.RAISED if state is State.FAILED else EndKind.CANCELLED, permanent=True)
        before = world.detail(claim.id)
        world.archive()
        assert world.row(claim.id).archived
        assert requeue(world, "order-7", by="ann") is RequeueAnswer.REQUEUED
        after = world.detail(claim.id)
        assert (after.row.state, after.row.archived, after.row.epoch) == (State.QUEUED, False, 1)
        assert (after.payload, after.options, after.extras) == (before.payload, before.options, before.extras)
        assert (after.checkpoint, after.attempts) == (before.checkpoint, before.attempts)
        assert world.lines(claim.id) == ["first"]
        again = world.take(node, claim.id)
        assert (again.payload, again.checkpoint, again.epoch) == ('{"keep":"me"}', '{"at":1}', 2)
        world.say(node, again, "second")
        world.end(node, again)
        assert world.archive() == 1
        assert world.lines(claim.id) == ["first", "second"]
        assert [attempt.epoch for attempt in world.detail(claim.id).attempts] == [1, 2]
        world.healthy()
