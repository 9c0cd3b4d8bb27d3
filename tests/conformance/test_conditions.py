"""What becomes of jobs that wait for their parents to end in a certain way."""

import itertools

import pytest

from headway.model.condition import Condition
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import RequeueAnswer
from tests.conformance.stages import drive
from tests.conformance.world import World

OUTCOMES = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
RUNS_AFTER: dict[Condition | None, set[State]] = {
    None: {State.COMPLETED},
    Condition.SUCCESS: {State.COMPLETED},
    Condition.FAILURE: {State.FAILED},
    Condition.CANCELLED: {State.CANCELLED},
    Condition.FAILURE_OR_CANCELLED: {State.FAILED, State.CANCELLED},
    Condition.FINISHED: set(OUTCOMES),
}
"""Of one parent."""
CELLS = list(itertools.product(RUNS_AFTER, OUTCOMES))


def text(condition: Condition | None) -> str | None:
    return None if condition is None else condition.value


def unmet(condition: Condition | None) -> State:
    return State.CANCELLED if condition is None else State.SKIPPED


def parent_to_be(world: World, outcome: State) -> int:
    """A job that has not ended; `end` leads it to the outcome."""
    if outcome is not State.SKIPPED:
        return world.put()
    grandparent = world.put()
    return world.put(depends_on=(grandparent,), condition="failure")


def end(world: World, node: int, job: int, outcome: State) -> None:
    match outcome:
        case State.SKIPPED:
            (claim,) = world.claim(node)
            world.end(node, claim)
        case State.CANCELLED:
            world.end(node, world.take(node, job), EndKind.CANCELLED)
        case State.FAILED:
            world.fail(node, world.take(node, job))
        case _:
            world.end(node, world.take(node, job))
    assert world.state(job) is outcome


@pytest.mark.parametrize(("condition", "outcome"), CELLS)
class TestOneParent:
    def test_that_ends_later(self, world: World, node: int, condition: Condition | None, outcome: State) -> None:
        parent = parent_to_be(world, outcome)
        child = world.put(depends_on=(parent,), condition=text(condition))
        assert (world.state(child), world.row(child).condition) == (State.WAITING, text(condition))
        end(world, node, parent, outcome)
        runs = outcome in RUNS_AFTER[condition]
        assert world.state(child) is (State.QUEUED if runs else unmet(condition))
        assert world.claim_ids(node) == ([child] if runs else [])
        world.healthy()

    def test_that_had_ended(self, world: World, node: int, condition: Condition | None, outcome: State) -> None:
        parent = parent_to_be(world, outcome)
        end(world, node, parent, outcome)
        (answer,) = world.enqueue(world.new(depends_on=(parent,), condition=text(condition)))
        runs = outcome in RUNS_AFTER[condition]
        assert answer.state is world.state(answer.id) is (State.QUEUED if runs else unmet(condition))
        assert world.claim_ids(node) == ([answer.id] if runs else [])
        world.healthy()


class TestSkipped:
    def test_says_why_and_is_final(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,), condition="failure")
        world.end(node, parent)
        row = world.row(child)
        assert (row.state, row.code, row.finished_us) == (State.SKIPPED, "condition_unmet", world.clock.now_us())
        assert row.reason == "it runs on failure of what it waited for, and that ended completed"

    def test_is_never_reopened(self, world: World, node: int) -> None:
        job = drive(world, node, State.SKIPPED)
        assert world.store.call(world.store.requeue(job)) is RequeueAnswer.REFUSED

    def test_goes_down_to_dependants_as_a_parent_that_did_not_complete(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,), condition="failure")
        plain = world.put(depends_on=(child,))
        on_success = world.put(depends_on=(child,), condition="success")
        anyway = world.put(depends_on=(child,), condition="finished")
        world.end(node, parent)
        rows = [world.row(job) for job in (child, plain, on_success, anyway)]
        assert [row.state for row in rows] == [State.SKIPPED, State.CANCELLED, State.SKIPPED, State.QUEUED]
        assert [row.code for row in rows] == ["condition_unmet", "parent_failed", "condition_unmet", None]
        world.healthy()

    def test_is_archived_like_any_end(self, world: World, node: int) -> None:
        job = drive(world, node, State.SKIPPED)
        world.archive()
        assert (world.row(job).archived, world.state(job)) == (True, State.SKIPPED)
        world.healthy()


class TestSeveralParents:
    @pytest.mark.parametrize("condition", [one for one in Condition if one is not Condition.SUCCESS])
    @pytest.mark.parametrize("first", [State.COMPLETED, State.FAILED, State.CANCELLED])
    @pytest.mark.parametrize("second", [State.COMPLETED, State.FAILED, State.CANCELLED])
    def test_are_judged_once_all_have_ended(
        self, world: World, node: int, condition: Condition, first: State, second: State
    ) -> None:
        one, two = world.put(), world.put()
        child = world.put(depends_on=(one, two), condition=condition.value)
        end(world, node, one, first)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
        end(world, node, two, second)
        runs = not RUNS_AFTER[condition].isdisjoint({first, second})
        assert world.state(child) is (State.QUEUED if runs else State.SKIPPED)
        world.healthy()

    def test_success_is_decided_by_the_first_that_did_not_complete(self, world: World, node: int) -> None:
        good, bad, later = world.running(node), world.running(node), world.put()
        child = world.put(depends_on=(good.id, bad.id, later), condition="success")
        world.end(node, good)
        assert world.state(child) is State.WAITING
        world.fail(node, bad)
        assert world.state(child) is State.SKIPPED
        world.end(node, world.take(node, later))
        assert world.state(child) is State.SKIPPED
        world.healthy()

    def test_that_ended_before_the_enqueue_count_with_those_that_end_later(self, world: World, node: int) -> None:
        failed, completed, open_ = world.running(node), world.running(node), world.put()
        world.fail(node, failed)
        world.end(node, completed)
        child = world.put(depends_on=(failed.id, completed.id, open_), condition="failure")
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
        world.end(node, world.take(node, open_))
        assert world.state(child) is State.QUEUED

    def test_an_outcome_counts_as_it_was_when_it_was_told(self, world: World, node: int) -> None:
        failed, open_ = world.running(node), world.put(priority=-1)
        child = world.put(depends_on=(failed.id, open_), condition="failure")
        world.fail(node, failed)
        world.store.call(world.store.requeue(failed.id))
        world.end(node, world.take(node, failed.id))
        world.end(node, world.take(node, open_))
        assert world.state(child) is State.QUEUED

    def test_of_one_turn(self, world: World, node: int) -> None:
        parents = [world.running(node) for _ in range(2)]
        child = world.put(depends_on=tuple(parent.id for parent in parents), condition="failure_or_cancelled")
        world.turn(node, world.settlement(parents[0]), world.settlement(parents[1], EndKind.CANCELLED))
        assert world.state(child) is State.QUEUED


class TestReopened:
    def test_a_cancelled_one_is_judged_by_the_parents_that_are_open(self, world: World, node: int) -> None:
        failed, open_ = world.running(node), world.put()
        child = world.put(depends_on=(failed.id, open_), condition="failure")
        world.fail(node, failed)
        world.store.call(world.store.cancel(child))
        world.store.call(world.store.requeue(child))
        assert world.state(child) is State.WAITING
        world.end(node, world.take(node, open_))
        assert world.state(child) is State.QUEUED

    def test_one_for_success_is_not_held_by_what_failed_before(self, world: World, node: int) -> None:
        failed, open_ = world.running(node), world.put()
        child = world.put(depends_on=(failed.id, open_), condition="success")
        world.store.call(world.store.cancel(child))
        world.fail(node, failed)
        world.store.call(world.store.requeue(child))
        assert world.state(child) is State.WAITING
        world.end(node, world.take(node, open_))
        assert world.state(child) is State.QUEUED


class TestLargeFamilies:
    def test_every_dependant_is_told(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.enqueue(*[world.new(depends_on=(parent.id,), condition="failure") for _ in range(1500)])
        world.end(node, parent)
        for _ in range(10):
            if not world.tend():
                break
        assert world.store.reader.call(world.store.reader.counts())[State.SKIPPED] == 1500
        world.healthy()


def test_a_condition_of_a_newer_version_counts_as_success(world: World, node: int) -> None:
    parent = world.running(node)
    child = world.put(depends_on=(parent.id,), condition="on_a_full_moon")
    world.fail(node, parent)
    assert world.state(child) is State.SKIPPED
