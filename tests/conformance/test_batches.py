"""Batches: counted in the transaction that ends a job, ended once, and waited for."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headway.model.batch import BatchState, status_in, status_of
from headway.model.claim import NewJob
from headway.model.errors import BatchClosed, BatchCycle, BatchExists, BatchFull, BatchNotFound
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.awaited import Awaited
from headway.store.batching import NewBatch
from headway.store.protocol import Ask, CancelAnswer, JobFilter, RequeueAnswer
from tests.conformance.batching import APP, call, calls, cancel, counts, create, look, members, seal
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.world import PLENTY, World

MANY = 2_500
"""More than are told or cancelled in one transaction."""


def requeue(world: World, job: int, *, revive: bool = False) -> RequeueAnswer:
    return world.store.call(world.store.requeue(job, revive=revive))


def calm(world: World) -> int:
    """Let the upkeep come to its end; how many steps that took."""
    for steps in range(10_000):
        if not world.tend():
            return steps
    pytest.fail("the upkeep never came to its end")


class TestCreate:
    def test_with_jobs_is_one_transaction(self, world: World) -> None:
        batch = create(world, "nightly", world.new(), world.new())
        row = look(world, "nightly")
        assert (row.id, row.jobs, row.state) == (batch, 2, BatchState.OPEN)
        assert [world.row(job).batch for job in members(world, batch)] == [batch, batch]
        world.healthy()

    def test_under_a_name_that_is_taken_stores_nothing(self, world: World) -> None:
        create(world, "nightly")
        before = world.everything()
        with pytest.raises(BatchExists, match="'nightly'"):
            create(world, "nightly", world.new())
        assert world.everything() == before

    def test_names_are_taken_within_one_app_only(self, world: World) -> None:
        create(world, "nightly")
        other = world.store.call(world.store.create_batch(NewBatch(app="other", name="nightly")))
        assert look(world, "nightly").id != other.id
        assert world.store.reader.call(world.store.reader.batch(other.id, app=APP)) is None

    def test_with_a_job_that_cannot_be_stored_leaves_no_batch(self, world: World) -> None:
        world.put(ref_id="mine", content=b"one")
        with pytest.raises(ValueError, match="belongs to another job"):
            create(world, "nightly", world.new(), world.new(ref_id="mine", content=b"two"))
        assert world.store.reader.call(world.store.reader.batches()) == ()
        world.healthy()


class TestAdd:
    def test_to_an_open_one_is_counted(self, world: World) -> None:
        batch = create(world, "b")
        world.put(batch=batch)
        world.enqueue(world.new(batch=batch), world.new())
        assert counts(world, batch) == {"jobs": 2}

    def test_again_under_the_same_reference_is_counted_once(self, world: World) -> None:
        batch = create(world, "b")
        for _ in range(2):
            world.put(ref_id="mine", content=b"same", batch=batch)
        seal(world, batch)
        (again,) = world.enqueue(world.new(ref_id="mine", content=b"same", batch=batch))
        assert (again.existing, counts(world, batch)) == (True, {"jobs": 1})

    @pytest.mark.parametrize("how", ["closed", "cancelled", "ended"])
    def test_to_a_closed_one_is_refused_and_stores_nothing(self, world: World, node: int, how: str) -> None:
        batch = create(world, "b", world.new())
        if how == "cancelled":
            cancel(world, batch, by="ann")
        else:
            seal(world, batch)
        if how == "ended":
            world.end(node, world.claim(node)[0])
        before = world.everything()
        with pytest.raises(BatchClosed, match="'b'"):
            world.enqueue(world.new(), world.new(batch=batch))
        assert world.everything() == before
        assert counts(world, batch)["jobs"] == 1

    def test_to_one_that_is_not_there_is_refused(self, world: World) -> None:
        other = world.store.call(world.store.create_batch(NewBatch(app="other", name="b"))).id
        for wrong in (other, other + 1):
            with pytest.raises(BatchNotFound):
                world.put(batch=wrong)
        assert world.store.reader.call(world.store.reader.page(JobFilter())).rows == ()

    def test_beyond_the_total_is_refused_and_stores_nothing(self, world: World) -> None:
        batch = create(world, "b", world.new(), expected=3)
        with pytest.raises(BatchFull, match="a total of 3 jobs, and 1 are there: 3 more"):
            world.enqueue(*(world.new(batch=batch) for _ in range(3)))
        assert counts(world, batch) == {"jobs": 1}

    def test_two_calls_of_one_commit_share_the_room(self, world: World) -> None:
        batch = create(world, "b", expected=3)
        jobs = [[world.new(batch=batch), world.new(batch=batch)] for _ in range(2)]
        answers: list[BaseException | None] = []
        for some in jobs:
            world.store.submit(world.store.enqueue(some), lambda _, error: answers.append(error))
        world.store.call(world.store.enqueue([]))
        assert [type(error) for error in answers] == [type(None), BatchFull]
        assert counts(world, batch) == {"jobs": 2}

    @pytest.mark.parametrize("by", ["unique key", "reference"])
    @pytest.mark.parametrize("first", [True, False])
    def test_a_call_that_is_answered_with_a_job_that_was_there_counts_towards_the_total_and_as_nothing_else(
        self, world: World, node: int, by: str, *, first: bool
    ) -> None:
        facts: dict[str, Any] = {"unique_key": "k"} if by == "unique key" else {"ref_id": "own", "content": b"c"}
        there = world.put(**facts)
        batch = create(world, "b", expected=2, on_finish=call("f"))
        steps = [lambda: world.put(batch=batch, **facts), lambda: world.put(batch=batch)]
        ids = [step() for step in (steps if first else steps[::-1])]
        row = look(world, batch)
        assert (row.jobs, row.existing, row.sealed_us is not None) == (1, 1, True)
        assert (there in ids, world.row(there).batch) == (True, None)
        world.take(node, there)
        (claim,) = world.claim(node)
        world.end(node, claim)
        row = look(world, batch)
        assert (row.outcome, counts(world, batch)) == (State.COMPLETED, {"jobs": 1, "completed": 1})
        assert calls(world) == [f"batch-{batch}-finish"]
        world.healthy()

    def test_where_all_of_its_calls_are_answered_so_it_ends_at_once(self, world: World) -> None:
        world.put(unique_key="k")
        batch = create(world, "b", *(world.new(unique_key="k") for _ in range(3)), expected=3, on_success=call("s"))
        row = look(world, batch)
        assert (row.jobs, row.existing, row.outcome) == (0, 3, State.COMPLETED)
        assert calls(world) == [f"batch-{batch}-success"]
        world.healthy()

    def test_two_calls_of_one_key_in_it_are_one_job_and_two_calls(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(unique_key="k"), world.new(unique_key="k"), expected=3)
        row = look(world, batch)
        assert (row.jobs, row.existing, row.sealed_us) == (1, 1, None)
        world.put(batch=batch, unique_key="k")
        for claim in world.claim(node, 5):
            world.end(node, claim)
        assert look(world, batch).outcome is State.COMPLETED
        world.healthy()

    def test_a_call_that_is_repeated_under_its_reference_counts_once(self, world: World) -> None:
        batch = create(world, "b", expected=4)
        own = {"ref_id": "own", "content": b"c"}
        world.put(**own)
        world.put(unique_key="k")
        for _ in range(3):
            world.put(batch=batch, **own)
            world.put(batch=batch, ref_id="member", content=b"c")
            world.put(batch=batch, ref_id="asked", content=b"c", unique_key="k")
        row = look(world, batch)
        assert (row.jobs, row.existing, row.sealed_us) == (1, 2, None)
        world.put(batch=batch)
        assert look(world, batch).sealed_us is not None

    def test_more_calls_than_the_total_are_refused_also_if_some_were_answered_so(self, world: World) -> None:
        world.put(unique_key="k")
        batch = create(world, "b", world.new(unique_key="k"), expected=2)
        with pytest.raises(BatchFull, match="a total of 2 jobs, and 1 are there: 2 more"):
            world.enqueue(world.new(batch=batch), world.new(batch=batch))
        assert look(world, batch).jobs == 0

    def test_a_batch_that_is_closed_or_of_another_app_counts_no_more_of_them(self, world: World) -> None:
        world.put(unique_key="k")
        batch = create(world, "b", sealed=True)
        before = look(world, batch)
        assert world.enqueue(world.new(batch=batch, unique_key="k"))[0].existing
        assert look(world, batch) == before

    def test_the_last_of_the_total_closes_it(self, world: World, node: int) -> None:
        batch = create(world, "b", expected=2, on_finish=call("f"))
        world.end(node, world.running(node, batch=batch))
        assert look(world, batch).state is BatchState.OPEN
        world.end(node, world.running(node, batch=batch))
        assert look(world, batch).state is BatchState.COMPLETED
        with pytest.raises(BatchFull):
            world.put(batch=batch)

    def test_a_running_member_adds_with_its_success_also_when_it_is_closed(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True, on_finish=call("f"))
        (claim,) = world.claim(node)
        child = world.new(batch=batch, parent_id=claim.id)
        world.end(node, claim, children=as_text([child]))
        assert (look(world, batch).state, counts(world, batch)) == (BatchState.RUNNING, {"jobs": 2, "completed": 1})
        world.end(node, world.claim(node)[0])
        assert (look(world, batch).state, len(calls(world))) == (BatchState.COMPLETED, 1)
        world.healthy()

    def test_a_job_from_outside_does_not(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True)
        outsider = world.put(priority=5)
        claim = world.take(node, outsider)
        child = world.new(batch=batch, parent_id=claim.id)
        state = world.end(node, claim, children=as_text([child]))
        assert (state, world.row(outsider).code) == (State.FAILED, "children_refused")
        assert counts(world, batch) == {"jobs": 1}


def as_text(jobs: list[NewJob]) -> str:
    return msgspec.json.encode(jobs).decode()


class TestEnd:
    def test_fires_in_the_transaction_of_the_last_end(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), sealed=True, on_finish=call("f"), on_success=call("s"))
        one, two = world.claim(node, 2)
        world.end(node, one)
        assert (look(world, batch).state, calls(world)) == (BatchState.RUNNING, [])
        world.end(node, two)
        row = look(world, batch)
        assert (row.state, row.finished_us) == (BatchState.COMPLETED, world.clock.now_us())
        assert calls(world) == [f"batch-{batch}-finish", f"batch-{batch}-success"]
        assert (world.row(f"batch-{batch}-finish").id, world.row(f"batch-{batch}-success").id) == (
            row.finish_job, row.success_job,
        )  # fmt: skip
        world.healthy()

    def test_a_claim_in_the_same_turn_gets_the_callback(self, world: World, node: int) -> None:
        create(world, "b", world.new(), sealed=True, on_finish=call("f"))
        (claim,) = world.claim(node)
        asks = [Ask(limit=1, names=frozenset({"other"}))]
        answer = world.turn(node, world.settlement(claim), asks=asks)
        assert [one.name for one in answer.claims] == ["other"]

    @pytest.mark.parametrize("how", ["failed", "cancelled", "expired", "parent failed"])
    def test_with_one_that_ended_badly_fires_no_success(self, world: World, node: int, how: str) -> None:
        batch = create(world, "b", world.new(), on_finish=call("f"), on_success=call("s"))
        match how:
            case "failed":
                bad = world.put(batch=batch, priority=1)
                world.fail(node, world.take(node, bad))
            case "cancelled":
                world.store.call(world.store.cancel(world.put(batch=batch)))
            case "expired":
                world.put(batch=batch, expires_us=world.clock.now_us() + 1)
                world.clock.advance(1)
                world.tend()
            case _:
                parent = world.put(priority=1)
                world.put(batch=batch, depends_on=(parent,))
                world.fail(node, world.take(node, parent))
        seal(world, batch)
        world.end(node, world.claim(node)[0])
        outcome = State.FAILED if how == "failed" else State.CANCELLED
        assert look(world, batch).outcome is outcome
        assert counts(world, batch) == {"jobs": 2, "completed": 1, outcome.value: 1}
        assert calls(world) == [f"batch-{batch}-finish"]
        world.healthy()

    def test_an_open_one_never_fires(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), on_finish=call("f"), on_success=call("s"))
        world.end(node, world.claim(node)[0])
        assert (calls(world), look(world, batch).state) == ([], BatchState.OPEN)
        assert seal(world, batch)
        assert (len(calls(world)), look(world, batch).state) == (2, BatchState.COMPLETED)

    def test_closing_again_changes_nothing(self, world: World) -> None:
        batch = create(world, "b", on_finish=call("f"))
        assert [seal(world, batch), seal(world, batch)] == [True, False]
        assert len(calls(world)) == 1

    @pytest.mark.parametrize("facts", [{"sealed": True}, {"expected": 0}])
    def test_an_empty_one_fires_when_it_is_closed(self, world: World, facts: dict[str, Any]) -> None:
        batch = create(world, "b", on_finish=call("f"), on_success=call("s"), **facts)
        assert (look(world, batch).state, len(calls(world))) == (BatchState.COMPLETED, 2)
        world.healthy()

    def test_the_callback_carries_the_batch_as_it_was(self, world: World, node: int) -> None:
        batch = create(
            world, "b", world.new(), world.new(), sealed=True, on_finish=call("f", extras='{"args":{"k":1}}')
        )
        one, two = world.claim(node, 2)
        world.turn(node, world.settlement(one), world.settlement(two, EndKind.RAISED, permanent=True))
        (claim,) = world.claim(node)
        status = status_in(claim.extras)
        assert status is not None
        assert (status.name, status.state, status.jobs, status.completed, status.failed) == (
            "b", BatchState.FAILED, 2, 1, 1,
        )  # fmt: skip
        assert json.loads(claim.extras or "")["args"] == {"k": 1}
        assert (claim.batch, counts(world, batch)["jobs"]) == (None, 2)

    def test_of_several_in_one_turn(self, world: World, node: int) -> None:
        batches = [create(world, name, world.new(), world.new(), sealed=True, on_finish=call(name)) for name in "abc"]
        claims = world.claim(node, 6)
        world.turn(node, *(world.settlement(claim) for claim in claims))
        assert calls(world) == [f"batch-{batch}-finish" for batch in batches]
        world.healthy()

    def test_retries_and_crashes_do_not_end_it(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True, on_finish=call("f"))
        for kind in (EndKind.RELEASED, EndKind.SNOOZED, EndKind.CRASHED, EndKind.RAISED):
            world.end(node, world.claim(node)[0], kind)
            world.clock.advance(3600)
            world.beat(node)
            world.tend()
            assert counts(world, batch) == {"jobs": 1}
        world.end(node, world.claim(node)[0])
        assert (counts(world, batch), len(calls(world))) == ({"jobs": 1, "completed": 1}, 1)

    def test_a_reaped_job_that_fails_ends_it(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(interrupt_fails=True), sealed=True, on_finish=call("f"))
        world.claim(node)
        world.reap("first")
        assert (look(world, batch).outcome, len(calls(world))) == (State.FAILED, 1)

    def test_a_reference_that_is_taken_does_not_stop_it(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True, on_finish=call("f"))
        world.put(ref_id=f"batch-{batch}-finish", content=b"squatter", priority=-1)
        assert world.end(node, world.claim(node)[0]) is State.COMPLETED
        assert len(calls(world)) == 1
        world.healthy()

    def test_a_callback_with_a_reference_of_its_own_keeps_it(self, world: World) -> None:
        batch = create(world, "b", sealed=True, on_finish=call("report-7", content=b"report"))
        assert calls(world) == ["report-7"]
        assert look(world, batch).finish_job == world.row("report-7").id

    def test_a_mark_of_the_same_name_triggers_nothing(self, world: World, node: int) -> None:
        create(world, "b", sealed=False, on_finish=call("f"))
        world.end(node, world.running(node, batch_id="b"))
        assert (counts(world, "b"), calls(world)) == ({"jobs": 0}, [])


class TestRequeue:
    def test_changes_the_counts_and_fires_once(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), sealed=True, on_finish=call("f"), on_success=call("s"))
        good, bad = world.claim(node, 2)
        world.end(node, good)
        world.fail(node, bad)
        assert (counts(world, batch), look(world, batch).state) == (
            {"jobs": 2, "completed": 1, "failed": 1}, BatchState.FAILED,
        )  # fmt: skip
        first = look(world, batch).finished_us
        world.clock.advance(10)
        for _ in range(2):
            world.store.call(world.store.requeue(bad.id))
            assert (counts(world, batch), look(world, batch).state) == (
                {"jobs": 2, "completed": 1}, BatchState.RUNNING,
            )  # fmt: skip
            world.fail(node, world.claim(node, names=["work"])[0])
        world.store.call(world.store.requeue(bad.id))
        world.end(node, world.claim(node, names=["work"])[0])
        assert (counts(world, batch), look(world, batch).state) == ({"jobs": 2, "completed": 2}, BatchState.COMPLETED)
        assert calls(world) == [f"batch-{batch}-finish", f"batch-{batch}-success"]
        assert look(world, batch).finished_us == first
        world.healthy()

    def test_of_an_archived_member_is_counted(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), sealed=True)
        world.fail(node, world.claim(node)[0])
        world.archive()
        (job,) = members(world, batch)
        world.store.call(world.store.requeue(job))
        assert counts(world, batch) == {"jobs": 1}
        world.end(node, world.claim(node)[0])
        assert counts(world, batch) == {"jobs": 1, "completed": 1}
        world.healthy()


class TestNested:
    def test_the_outer_one_waits_for_the_inner_one(self, world: World, node: int) -> None:
        outer = create(world, "outer", world.new(), on_finish=call("f"), on_success=call("s"))
        inner = create(world, "inner", parent=outer, on_finish=call("g"))
        seal(world, outer)
        world.end(node, world.claim(node)[0])
        assert look(world, outer).state is BatchState.RUNNING
        job = world.put(batch=inner)
        seal(world, inner)
        assert calls(world) == []
        world.end(node, world.take(node, job))
        assert calls(world) == [f"batch-{outer}-finish", f"batch-{outer}-success", f"batch-{inner}-finish"]
        assert (look(world, outer).batches, look(world, outer).batches_completed) == (1, 1)
        world.healthy()

    def test_how_the_inner_one_ended_counts(self, world: World, node: int) -> None:
        outer = create(world, "outer", on_success=call("s"))
        middle = create(world, "middle", parent=outer)
        inner = create(world, "inner", world.new(), parent=middle)
        for batch in (outer, middle, inner):
            seal(world, batch)
        (claim,) = world.claim(node)
        world.fail(node, claim)
        assert [look(world, one).outcome for one in (outer, middle, inner)] == [State.FAILED] * 3
        world.store.call(world.store.requeue(claim.id))
        assert [look(world, one).state for one in (outer, middle, inner)] == [BatchState.RUNNING] * 3
        world.end(node, world.claim(node)[0])
        assert [look(world, one).outcome for one in (outer, middle, inner)] == [State.COMPLETED] * 3
        assert len(calls(world)) == 1
        world.healthy()

    def test_in_a_closed_or_unknown_one_is_refused(self, world: World) -> None:
        outer = create(world, "outer", sealed=True)
        with pytest.raises(BatchClosed, match="'outer'"):
            create(world, "inner", parent=outer)
        with pytest.raises(BatchNotFound):
            create(world, "inner", parent=outer + 1)
        assert len(world.store.reader.call(world.store.reader.batches())) == 1

    def test_cancelling_the_outer_one_cancels_the_inner_ones(self, world: World, node: int) -> None:
        outer = create(world, "outer", world.new(), on_finish=call("f"))
        inner = create(world, "inner", world.new(), parent=outer)
        (claim,) = world.claim(node)
        answer = cancel(world, outer, by="ann")
        assert (answer.answer, answer.jobs, answer.more) == (CancelAnswer.REQUESTED, 2, False)
        assert look(world, inner).state is BatchState.CANCELLED
        assert look(world, outer).state is BatchState.CANCELLING
        assert world.end(node, claim) is State.CANCELLED
        assert (look(world, outer).state, len(calls(world))) == (BatchState.CANCELLED, 1)
        with pytest.raises(BatchClosed, match="cancelled by ann"):
            world.put(batch=inner)
        world.healthy()


class TestCancel:
    def test_cancels_what_waits_and_asks_what_runs_to_stop(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), on_finish=call("f"), on_success=call("s"))
        done = world.claim(node)[0]
        world.end(node, done)
        (claim,) = world.claim(node)
        waiting = world.put(batch=batch, depends_on=(claim.id,))
        later = world.put(batch=batch, delay_us=1_000_000)
        cancel(world, batch, by="ann")
        assert [world.state(job) for job in (waiting, later)] == [State.CANCELLED] * 2
        assert [stop.id for stop in world.beat(node).stops] == [claim.id]
        assert world.row(later).reason == "its batch 'b' was cancelled by ann"
        world.end(node, claim)
        assert counts(world, batch) == {"jobs": 4, "completed": 1, "cancelled": 3}
        assert calls(world) == [f"batch-{batch}-finish"]
        world.healthy()

    def test_goes_in_steps_and_the_upkeep_finishes_it(self, world: World) -> None:
        batch = create(world, "b")
        world.enqueue(*(world.new(batch=batch) for _ in range(MANY)))
        first = cancel(world, batch, limit=1000)
        assert (first.jobs, first.more, counts(world, batch)["cancelled"]) == (1000, True, 1000)
        again = cancel(world, batch, limit=1000)
        assert (again.answer, again.more) == (CancelAnswer.ALREADY_REQUESTED, True)
        calm(world)
        assert (counts(world, batch)["cancelled"], look(world, batch).state) == (MANY, BatchState.CANCELLED)
        world.healthy()

    def test_of_an_open_one_whose_jobs_all_completed_ends_it_cancelled(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), on_finish=call("f"), on_success=call("s"))
        world.end(node, world.claim(node)[0])
        cancel(world, batch)
        assert (look(world, batch).state, calls(world)) == (BatchState.CANCELLED, [f"batch-{batch}-finish"])
        world.healthy()

    def test_of_one_that_has_ended_or_is_not_there_changes_nothing(self, world: World) -> None:
        batch = create(world, "b", sealed=True)
        assert cancel(world, batch).answer is CancelAnswer.FINAL
        assert cancel(world, batch + 1).answer is CancelAnswer.NOT_FOUND
        assert look(world, batch).state is BatchState.COMPLETED


class TestAwait:
    def test_a_job_starts_after_the_batch(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new())
        child = world.put(after_batches=("b",))
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
        world.end(node, world.claim(node)[0])
        assert world.state(child) is State.WAITING
        seal(world, batch)
        assert (world.state(child), world.claim_ids(node)) == (State.QUEUED, [child])
        world.healthy()

    def test_an_unknown_one_is_waited_for_until_it_came_and_ended(self, world: World) -> None:
        child = world.put(after_batches=("later",))
        assert (world.state(child), awaited(world, child)) == (
            State.WAITING, (Awaited(name="later", exists=False, outcome=None, waits=True),),
        )  # fmt: skip
        calm(world)
        batch = create(world, "later")
        assert (world.state(child), awaited(world, child)[0].exists) == (State.WAITING, True)
        seal(world, batch)
        assert (world.state(child), awaited(world, child)) == (
            State.QUEUED, (Awaited(name="later", exists=True, outcome=State.COMPLETED, waits=False),),
        )  # fmt: skip
        world.healthy()

    def test_one_that_has_ended_well_is_not_waited_for(self, world: World) -> None:
        create(world, "b", sealed=True)
        assert world.state(world.put(after_batches=("b",))) is State.QUEUED

    @pytest.mark.parametrize("before", [True, False])
    def test_one_that_ends_badly_cancels_who_waits_and_who_waits_for_them(
        self, world: World, node: int, before: bool
    ) -> None:
        batch = create(world, "b", world.new(), sealed=True)
        jobs = [world.put(after_batches=("b",))] if before else []
        jobs += [world.put(depends_on=(jobs[0],))] if before else []
        world.fail(node, world.claim(node)[0])
        assert look(world, batch).outcome is State.FAILED
        jobs += [world.put(after_batches=("b",))]
        for job in jobs:
            row = world.row(job)
            assert (row.state, row.code, row.reason) == (
                State.CANCELLED, "parent_failed", "batch 'b' ended failed",
            )  # fmt: skip
        world.healthy()

    def test_with_jobs_and_several_batches_waits_for_the_last(self, world: World, node: int) -> None:
        one, two = create(world, "one"), create(world, "two")
        parent = world.put()
        child = world.put(depends_on=(parent,), after_batches=("one", "two", "one"))
        left = [world.row(child).parents_left]
        seal(world, two)
        left.append(world.row(child).parents_left)
        world.end(node, world.take(node, parent))
        left.append(world.row(child).parents_left)
        seal(world, one)
        assert ([*left, world.row(child).parents_left], world.state(child)) == ([3, 2, 1, 0], State.QUEUED)
        world.healthy()

    def test_by_many_goes_in_steps(self, world: World) -> None:
        batch = create(world, "b")
        children = world.enqueue(*(world.new(after_batches=("b",)) for _ in range(MANY)))
        seal(world, batch)
        states = world.store.reader.call(world.store.reader.states([one.id for one in children]))
        assert 0 < sum(state is State.QUEUED for state in states.values()) < MANY
        assert calm(world) > 0
        states = world.store.reader.call(world.store.reader.states([one.id for one in children]))
        assert set(states.values()) == {State.QUEUED}
        world.healthy()

    def test_a_requeue_waits_for_what_has_not_ended_and_ignores_what_ended_badly(self, world: World, node: int) -> None:
        create(world, "bad", world.new(), sealed=True)
        open_one = create(world, "open")
        child = world.put(after_batches=("bad", "open"))
        world.fail(node, world.claim(node)[0])
        assert world.state(child) is State.CANCELLED
        world.store.call(world.store.requeue(child))
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
        seal(world, open_one)
        assert world.state(child) is State.QUEUED
        world.healthy()

    def test_a_reopened_one_is_waited_for_again(self, world: World, node: int) -> None:
        create(world, "b", world.new(), sealed=True)
        (claim,) = world.claim(node)
        world.fail(node, claim)
        world.store.call(world.store.requeue(claim.id))
        child = world.put(after_batches=("b",))
        assert world.state(child) is State.WAITING
        world.end(node, world.take(node, claim.id))
        assert world.state(child) is State.QUEUED
        world.healthy()

    def test_a_batch_of_another_app_is_another_batch(self, world: World) -> None:
        world.store.call(world.store.create_batch(NewBatch(app="other", name="b"), sealed=True))
        assert world.state(world.put(after_batches=("b",))) is State.WAITING


class TestCycle:
    def test_a_member_that_waits_for_its_own_batch(self, world: World) -> None:
        batch = create(world, "b")
        with pytest.raises(BatchCycle, match="'b' would wait for itself"):
            world.put(batch=batch, after_batches=("b",))
        assert (counts(world, batch), members(world, batch)) == ({"jobs": 0}, [])

    def test_a_member_of_an_inner_batch_that_waits_for_the_outer_one(self, world: World) -> None:
        inner = create(world, "inner", parent=create(world, "outer"))
        with pytest.raises(BatchCycle):
            world.put(batch=inner, after_batches=("outer",))

    def test_two_batches_whose_members_wait_for_each_other(self, world: World) -> None:
        one, two = create(world, "one"), create(world, "two")
        world.put(batch=one, after_batches=("two",))
        with pytest.raises(BatchCycle):
            world.put(batch=two, after_batches=("one",))
        assert counts(world, two) == {"jobs": 0}

    def test_over_jobs_and_a_name_that_came_later(self, world: World) -> None:
        one = create(world, "one")
        first = world.put(batch=one, after_batches=("later",))
        outside = world.put(depends_on=(first,))
        later = create(world, "later")
        inner = create(world, "inner", parent=later)
        world.put(batch=later, after_batches=("else",))
        with pytest.raises(BatchCycle):
            world.put(batch=inner, depends_on=(outside,))
        world.healthy()

    def test_within_one_call(self, world: World) -> None:
        batch = create(world, "b")
        waits = world.put(after_batches=("b",))
        with pytest.raises(BatchCycle):
            world.enqueue(world.new(after_batches=("b",)), world.new(batch=batch, depends_on=(waits,)))

    def test_one_that_ends_as_it_is_stored_and_could_never_go_again(self, world: World) -> None:
        batch, bad = create(world, "b"), world.put()
        world.store.call(world.store.cancel(bad))
        with pytest.raises(BatchCycle):
            world.put(batch=batch, depends_on=(bad,), after_batches=("b",))
        assert counts(world, batch) == {"jobs": 0}

    def test_a_requeue_that_would_make_one_is_refused(self, world: World) -> None:
        batch = create(world, "b")
        waits = world.put(after_batches=("b",))
        world.store.call(world.store.cancel(waits))
        member = world.put(batch=batch, depends_on=(waits,))
        assert requeue(world, waits) is RequeueAnswer.REQUEUED
        assert requeue(world, member) is RequeueAnswer.CYCLE
        assert (world.state(waits), world.state(member)) == (State.WAITING, State.CANCELLED)
        world.healthy()

    def test_what_hangs_on_a_job_is_not_put_back_into_one(self, world: World) -> None:
        batch = create(world, "b")
        waits = world.put(after_batches=("b",))
        world.store.call(world.store.cancel(waits))
        member = world.put(batch=batch, depends_on=(waits,))
        assert requeue(world, waits, revive=True) is RequeueAnswer.REQUEUED
        assert (world.state(waits), world.state(member)) == (State.WAITING, State.CANCELLED)
        last = world.detail(member).events[-1]
        note = f"not put back with job {waits}: it would wait for its own batch for ever"
        assert (last.kind, last.note) == ("not_revived", note)

    def test_what_a_cancelled_job_waited_for_is_none(self, world: World) -> None:
        batch = create(world, "b")
        cancelled, open_ = world.put(after_batches=("b",)), world.put()
        world.store.call(world.store.cancel(cancelled))
        waits = world.put(depends_on=(cancelled, open_), condition="finished")
        world.put(after_batches=("b",))
        assert world.state(world.put(batch=batch, depends_on=(waits,))) is State.WAITING

    def test_a_requeued_member_waits_for_what_does_not_wait_for_its_batch(self, world: World) -> None:
        batch, other = create(world, "b"), create(world, "other")
        world.put(after_batches=("b",))
        member = world.put(batch=batch, after_batches=("other",))
        world.store.call(world.store.cancel(member))
        assert requeue(world, member) is RequeueAnswer.REQUEUED
        seal(world, other)
        assert world.state(member) is State.QUEUED

    def test_what_only_looks_like_one_is_allowed(self, world: World, node: int) -> None:
        one, two = create(world, "one"), create(world, "two")
        world.put(after_batches=("one", "two"))
        first = world.put(batch=one)
        world.put(batch=two, after_batches=("one",), depends_on=(first,))
        world.put(batch=one, depends_on=(first,))
        for batch in (one, two):
            seal(world, batch)
        for _ in range(4):
            world.turn(node, *(world.settlement(claim) for claim in world.claim(node, PLENTY)))
        assert [look(world, batch).outcome for batch in (one, two)] == [State.COMPLETED] * 2


class TestPurge:
    def test_keeps_the_counts_until_the_last_member_goes(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), sealed=True)
        good, bad = world.claim(node, 2)
        world.end(node, good)
        world.fail(node, bad)
        later = world.clock.now_us() + 1
        purge = world.store.purge
        assert world.store.call(purge(completed_before_us=later, failed_before_us=None)) == 1
        assert counts(world, batch) == {"jobs": 2, "completed": 1, "failed": 1}
        world.healthy()
        world.store.call(world.store.requeue(bad.id))
        world.end(node, world.claim(node)[0])
        assert (counts(world, batch), look(world, batch).state) == ({"jobs": 2, "completed": 2}, BatchState.COMPLETED)
        world.healthy()
        later = world.clock.now_us() + 1
        assert world.store.call(purge(completed_before_us=later, failed_before_us=None)) == 1
        assert world.store.reader.call(world.store.reader.batches()) == ()
        world.healthy()

    def test_deletes_no_batch_that_is_open_young_or_has_parts(self, world: World) -> None:
        outer = create(world, "outer")
        create(world, "inner", parent=outer)
        create(world, "ended", sealed=True)
        now = world.clock.now_us()
        world.store.call(world.store.purge(completed_before_us=now, failed_before_us=now))
        assert len(world.store.reader.call(world.store.reader.batches())) == 3
        world.store.call(world.store.purge(completed_before_us=now + 1, failed_before_us=None))
        assert [one.name for one in world.store.reader.call(world.store.reader.batches())] == ["inner", "outer"]


class TestReader:
    def test_lists_newest_first_in_pages_and_by_activity(self, world: World) -> None:
        for name in ("one", "two", "three"):
            create(world, name, sealed=name == "two")
        reader = world.store.reader

        def names(**facts: object) -> list[str]:
            return [row.name for row in reader.call(reader.batches(**facts))]  # type: ignore[arg-type]

        assert names() == ["three", "two", "one"]
        assert names(active=True) == ["three", "one"]
        assert names(limit=1) == ["three"]
        assert names(before_id=look(world, "three").id) == ["two", "one"]
        assert names(app="other") == []

    def test_progress_is_the_share_of_what_has_ended(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), expected=4)
        world.end(node, world.claim(node)[0])
        assert status_of(look(world, batch)).progress == 0.25
        seal(world, batch)
        assert status_of(look(world, batch)).progress == 0.5
        unknown = create(world, "u", world.new())
        assert status_of(look(world, unknown)).progress is None


def awaited(world: World, job: int) -> tuple[Awaited, ...]:
    return world.store.reader.call(world.store.reader.awaited(job))


def test_batches_outlive_the_store(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> None:
    world = World(store=store_kind.open(tmp_path, clock), clock=clock)
    batch = create(world, "b", world.new(), sealed=True, on_finish=call("f"))
    world.store.close()
    world = World(store=store_kind.open(tmp_path, clock), clock=clock, prefix="again")
    node = world.node()
    world.end(node, world.claim(node)[0])
    assert (look(world, batch).state, calls(world)) == (BatchState.COMPLETED, [f"batch-{batch}-finish"])
    world.store.close()


class TestAudit:
    """What the audit says when a batch is not as it should be; the wrong is done behind the store's back."""

    WRONGS = (
        ("UPDATE headway_batch SET completed = completed + 1", "a batch's counts"),
        ("UPDATE headway_batch SET failed = 1, completed = 0", "a batch's counts"),
        ("UPDATE headway_batch SET jobs = jobs + 1", "a batch's counts"),
        ("UPDATE headway_job SET batched = NULL WHERE batch IS NOT NULL", "a batch's counts"),
        ("UPDATE headway_batch SET batches = 1", "a batch's counts"),
        ("UPDATE headway_batch SET outcome = NULL", "a closed batch has ended"),
        ("UPDATE headway_batch SET sealed_at = NULL", "a closed batch has ended"),
        ("UPDATE headway_batch SET finish_job = NULL", "a batch's calls"),
        ("UPDATE headway_batch SET finish_job = 999", "a batch's calls"),
        ("UPDATE headway_batch SET finished_at = NULL, outcome = NULL, sealed_at = NULL", "a batch's calls"),
    )

    @pytest.mark.parametrize(("wrong", "invariant"), WRONGS)
    def test_a_wrong_row_is_found(
        self, store_kind: Kind, tmp_path: Path, world: World, node: int, wrong: str, invariant: str
    ) -> None:
        create(world, "b", world.new(), sealed=True, on_finish=call("f"))
        world.end(node, world.claim(node)[0])
        world.healthy()
        store_kind.tamper(tmp_path, wrong)
        found = [one for one in world.store.call(world.store.audit()) if one.invariant.startswith(invariant)]
        assert [one.note.partition(":")[0] for one in found] == ["batch 'b'"]

    def test_a_waiter_that_nobody_tells_is_found(self, store_kind: Kind, tmp_path: Path, world: World) -> None:
        batch = create(world, "b")
        child = world.put(after_batches=("b",))
        store_kind.tamper(tmp_path, "UPDATE headway_batch SET sealed_at = 1, finished_at = 1, outcome = 'completed'")
        found = world.store.call(world.store.audit())
        assert [(one.job_id, one.invariant.partition(" for")[0]) for one in found if one.job_id] == [
            (child, "who waits")
        ]
        assert batch
