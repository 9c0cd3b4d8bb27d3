"""Deleting a job by a person's word: what runs and what is needed stays, and whatever named the rest goes on without it."""

from pathlib import Path
from typing import Any

import pytest

from headway.model.condition import Condition
from headway.model.errors import JobNotFound
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import Enqueued, JobFilter
from headway.store.sqlite import month
from headway.store.values import DeleteAnswer
from headway.store.verbs import family
from tests.conformance import scheduling
from tests.conformance.batching import call, calls, counts, create, look, members, seal
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.test_callbacks import executed
from tests.conformance.world import World

KEY = "report:7"
ANY = JobFilter()


def delete(world: World, job: int | str, **facts: Any) -> DeleteAnswer:
    return world.store.call(world.store.delete(job, **facts))


def is_gone(world: World, job: int) -> bool:
    reader = world.store.reader
    return reader.call(reader.detail(job)) is None and job not in reader.call(reader.states((job,)))


def deleted(world: World, *jobs: int) -> None:
    """Each goes, and nothing is left that names it."""
    for job in jobs:
        assert delete(world, job, by="ann") is DeleteAnswer.DELETED
        assert is_gone(world, job)
        world.healthy()


class TestStates:
    @pytest.mark.parametrize("archived", [True, False])
    @pytest.mark.parametrize("state", list(DRIVE))
    def test_what_runs_stays_and_all_else_goes(self, world: World, node: int, state: State, archived: bool) -> None:
        job = drive(world, node, state)
        if archived:
            world.archive()
        before = world.everything()
        answer = delete(world, job)
        if state in {State.RUNNING, State.EXECUTED}:
            assert answer is DeleteAnswer.RUNNING
            assert world.everything() == before
        else:
            assert answer is DeleteAnswer.DELETED
            assert is_gone(world, job)
        world.healthy()

    def test_by_reference_and_only_of_its_app(self, world: World) -> None:
        job = world.put(ref_id="order-7")
        assert delete(world, "order-7", app="other") is DeleteAnswer.NOT_FOUND
        assert delete(world, 4711) is DeleteAnswer.NOT_FOUND
        assert delete(world, "order-7", app="default") is DeleteAnswer.DELETED
        assert delete(world, "order-7", app="default") is DeleteAnswer.NOT_FOUND
        (again,) = world.enqueue(world.new(ref_id="order-7"))
        assert not again.existing
        assert again.id > job, "numbers are never used again"

    def test_with_everything_that_was_said_of_it(self, world: World, node: int) -> None:
        claim = world.running(node, tags=("red",), extras='{"args":{"region":"eu"}}')
        world.say(node, claim, "one", "two", status="s")
        world.fail(node, claim)
        deleted(world, claim.id)
        reader = world.store.reader
        assert world.store.reader.call(reader.lines(claim.id)) == ()
        for where in (JobFilter(tag="red"), JobFilter(facts=(("region", "eu"),))):
            assert reader.call(reader.page(where)).rows == ()

    def test_frees_its_unique_key(self, world: World, node: int) -> None:
        pending = world.put(unique_key=KEY)
        deleted(world, pending)
        claim = world.running(node, unique_key=KEY, unique_for_us=600 * SECOND_US)
        world.end(node, claim)
        deleted(world, claim.id)
        (answer,) = world.enqueue(world.new(unique_key=KEY))
        assert not answer.existing

    def test_lets_the_next_of_its_line_run(self, world: World, node: int) -> None:
        first, second = world.put(lane="smtp"), world.put(lane="smtp")
        assert world.row(second).blocked == "line"
        deleted(world, first)
        assert world.claim_ids(node) == [second]


class TestArchive:
    def test_takes_the_record_with_it_and_an_empty_month(
        self, store_kind: Kind, world: World, node: int, tmp_path: Path
    ) -> None:
        jobs = [drive(world, node, State.COMPLETED) for _ in range(2)]
        world.archive()
        assert len(store_kind.months(tmp_path)) == 1
        deleted(world, jobs[0])
        assert world.detail(jobs[1]).payload is not None
        deleted(world, jobs[1])
        assert store_kind.months(tmp_path) == []

    @pytest.mark.only_on("sqlite", "its months are files, which are written after the commit")
    def test_opens_a_sealed_month_which_is_sealed_anew(self, world: World, node: int) -> None:
        jobs = [drive(world, node, State.COMPLETED) for _ in range(2)]
        world.archive()
        world.clock.advance(40 * 24 * 3600)
        while world.store.seal(before_us=world.clock.now_us()):
            pass
        (path,) = month.month_files(Path(world.store.place))
        sealed = month.seal_of(path)
        assert sealed is not None
        assert sealed.jobs == 2
        deleted(world, jobs[0])
        opened = month.seal_of(path)
        assert opened is not None
        assert opened.sealed_at is None
        world.clock.advance(24 * 3600)
        while world.store.seal(before_us=world.clock.now_us()):
            pass
        again = month.seal_of(path)
        assert again is not None
        assert again.jobs == 1
        world.healthy()

    def test_of_a_month_that_was_taken_away_the_row_goes(
        self, store_kind: Kind, world: World, node: int, tmp_path: Path
    ) -> None:
        job = drive(world, node, State.FAILED)
        world.archive()
        for name in store_kind.months(tmp_path):
            store_kind.lose_month(tmp_path, name)
        deleted(world, job)


class TestDependants:
    def test_that_wait_for_its_success_are_cancelled_with_it(self, world: World) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,))
        grandchild = world.put(depends_on=(child,))
        deleted(world, parent)
        assert [world.state(job) for job in (child, grandchild)] == [State.CANCELLED] * 2
        assert world.row(child).code == "parent_failed"
        deleted(world, child, grandchild)

    @pytest.mark.parametrize("condition", [Condition.FINISHED, Condition.CANCELLED])
    def test_that_ask_how_it_ended_keep_it(self, world: World, node: int, condition: Condition) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,), condition=condition.value)
        assert delete(world, parent) is DeleteAnswer.NEEDED
        assert world.state(parent) is State.QUEUED
        world.store.call(world.store.cancel(parent))
        assert delete(world, parent) is DeleteAnswer.NEEDED, "what runs after it may look at it"
        claim = world.take(node, child)
        assert delete(world, parent) is DeleteAnswer.NEEDED
        world.end(node, claim)
        deleted(world, parent, child)

    def test_that_run_keep_their_parents(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.end(node, parent)
        claim = world.take(node, child)
        assert delete(world, parent.id) is DeleteAnswer.NEEDED
        world.end(node, claim)
        deleted(world, parent.id)

    def test_that_have_still_to_be_told_keep_it(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(family, "STEP_MAX", 2)
        parent = world.put()
        children = [world.put(depends_on=(parent,)) for _ in range(5)]
        world.store.call(world.store.cancel(parent))
        assert delete(world, parent) is DeleteAnswer.NEEDED
        while world.tend():
            pass
        assert {world.state(child) for child in children} == {State.CANCELLED}
        deleted(world, parent)

    def test_can_be_deleted_and_their_parents_go_on(self, world: World, node: int) -> None:
        parent = world.put()
        child, other = world.put(depends_on=(parent,)), world.put(depends_on=(parent,))
        deleted(world, child)
        world.end(node, world.take(node, parent))
        assert world.claim_ids(node) == [other]

    def test_that_ended_can_be_reopened_without_it(self, world: World, node: int) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,))
        deleted(world, parent)
        world.store.call(world.store.requeue(child))
        world.end(node, world.take(node, child))
        world.healthy()

    def test_cannot_come_after_it_is_gone(self, world: World) -> None:
        parent = world.put()
        deleted(world, parent)
        with pytest.raises(JobNotFound):
            world.put(depends_on=(parent,))


class TestBatches:
    def test_go_on_counting_it_as_it_ended(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), world.new(), on_finish=call("finish"))
        done, failed, pending = members(world, batch)
        world.end(node, world.take(node, done))
        world.fail(node, world.take(node, failed))
        deleted(world, done, failed)
        assert counts(world, batch) == {"jobs": 3, "completed": 1, "failed": 1}
        seal(world, batch)
        deleted(world, pending)
        assert counts(world, batch) == {"jobs": 3, "completed": 1, "failed": 1, "cancelled": 1}
        assert look(world, batch).outcome is State.FAILED
        assert len(calls(world)) == 1
        world.healthy()

    def test_whose_last_job_goes_end_and_tell(self, world: World) -> None:
        batch = create(world, "b", world.new(), sealed=True)
        waiter = world.put(after_batches=("b",))
        deleted(world, *members(world, batch))
        assert world.state(waiter) is State.CANCELLED
        deleted(world, waiter)

    def test_forget_a_job_that_waited_for_them(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True)
        waiter = world.put(after_batches=("b",))
        deleted(world, waiter)
        world.end(node, world.take(node, *members(world, batch)))
        world.healthy()


class TestCallbacks:
    def test_hold_the_job_until_they_ended(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        assert delete(world, job) is DeleteAnswer.RUNNING
        world.end(node, world.take(node, then))
        deleted(world, then, job)

    def test_that_are_deleted_before_they_begin_fail_it(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        deleted(world, then)
        row = world.row(job)
        assert (row.state, row.code) == (State.FAILED, "callback_failed")
        world.store.call(world.store.requeue(job))
        world.healthy()
        assert world.state(job) is State.EXECUTED

    def test_that_run_again_outlive_it(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        world.fail(node, world.take(node, then))
        deleted(world, job)
        world.store.call(world.store.requeue(then))
        world.end(node, world.take(node, then))
        world.healthy()


class TestSchedules:
    def test_know_how_a_deleted_run_ended(self, world: World, node: int) -> None:
        scheduling.put(world, scheduling.minutely(overlap="allow"))
        scheduling.pass_minutes(world, 2)
        first, second = scheduling.runs(world)
        world.end(node, world.take(node, first.id))
        deleted(world, first.id, second.id)
        assert [(tick.state, tick.job_id) for tick in scheduling.ticks(world)] == [
            (State.COMPLETED, None), (State.CANCELLED, None),
        ]  # fmt: skip
        scheduling.pass_minutes(world)
        assert len(scheduling.runs(world)) == 1


class TestRevival:
    def test_goes_on_before_its_parent_may_go(self, world: World, node: int, monkeypatch: pytest.MonkeyPatch) -> None:
        from headway.store.verbs import revive

        monkeypatch.setattr(revive, "STEP_MAX", 2)
        parent = world.put()
        children = [world.put(depends_on=(parent,)) for _ in range(5)]
        world.store.call(world.store.cancel(parent))
        world.store.call(world.store.requeue(parent, revive=True))
        world.fail(node, world.take(node, parent))
        answers = {delete(world, parent)}
        while world.tend():
            answers.add(delete(world, parent))
            world.healthy()
        assert DeleteAnswer.NEEDED in answers
        assert {world.state(child) for child in children} <= {State.CANCELLED, State.QUEUED, State.WAITING}


class TestMany:
    def test_does_to_each_what_delete_does_if_the_filter_names_it(self, world: World, node: int) -> None:
        runs = world.running(node, tags=("red",))
        done = [world.put(tags=("red",)) for _ in range(3)]
        other, gone = world.put(), 10**9
        where = JobFilter(tag="red")
        acted = world.store.call(world.store.delete_many((runs.id, *done, other, gone), where=where, by="ann"))
        assert dict(acted.answers) == {runs.id: DeleteAnswer.RUNNING} | dict.fromkeys(done, DeleteAnswer.DELETED)
        assert acted.seen == 6
        assert [world.state(job) for job in (runs.id, other)] == [State.RUNNING, State.QUEUED]
        world.healthy()

    def test_parents_and_children_in_any_order(self, world: World) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,))
        assert dict(world.store.call(world.store.delete_many((parent, child), where=ANY)).answers) == dict.fromkeys(
            (parent, child), DeleteAnswer.DELETED
        )
        world.healthy()

    @pytest.mark.only_on("sqlite", "its months are files, which are written after the commit")
    def test_archived_ones_with_one_write_for_a_month(
        self, world: World, node: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = [drive(world, node, State.FAILED) for _ in range(20)]
        world.archive()
        dropped: list[int] = []
        real = month.drop
        monkeypatch.setattr(month, "drop", lambda path, ids, now: (dropped.append(len(ids)), real(path, ids, now)))
        left = tuple(jobs)
        while left:
            acted = world.store.call(world.store.delete_many(left, where=ANY))
            assert dropped.pop() == len(acted.answers)
            left = left[acted.seen :]
        assert dropped == []
        world.healthy()


def test_what_was_enqueued_in_the_same_transaction_can_be_deleted(world: World, node: int) -> None:
    """Operations that wait together share a transaction: what one ended the next one deletes."""
    claim = world.running(node, batch=create(world, "b"))
    answers: list[Any] = []
    store = world.store
    end = store.exchange(node, settlements=[world.settlement(claim)], lease_us=SECOND_US)
    for operation in (store.enqueue([world.new()]), end, store.delete(claim.id)):
        store.submit(operation, lambda value, error: answers.append(error or value))
    store.call(store.enqueue([world.new()]))
    assert isinstance(answers[0][0], Enqueued)
    assert answers[2] is DeleteAnswer.DELETED
    assert counts(world, "b") == {"jobs": 1, "completed": 1}
    world.healthy()


def test_an_attempt_that_ended_badly_does_not_bring_a_deleted_job_back(world: World, node: int) -> None:
    claim = world.running(node)
    world.fail(node, claim)
    deleted(world, claim.id)
    assert world.settle(node, claim, EndKind.RETURNED).accepted == (False,)
    world.healthy()
