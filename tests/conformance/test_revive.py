"""Reviving: what was cancelled because of a job goes back when that job is let go again."""

from pathlib import Path

import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, RequeueAnswer
from headway.store.verbs import revive as reviving
from tests.conformance.batching import cancel, counts, create, look, members, seal
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.world import World, new


def revive(world: World, job: int, by: str | None = None) -> RequeueAnswer:
    return world.store.call(world.store.requeue(job, by=by, revive=True))


def fail(world: World, node: int, job: int) -> None:
    world.fail(node, world.take(node, job))


def test_a_child_waits_again_and_runs_after_its_parent(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,))
    fail(world, node, parent)
    assert (world.state(child), world.row(child).code) == (State.CANCELLED, "parent_failed")
    assert revive(world, parent, by="ann") is RequeueAnswer.REQUEUED
    row = world.row(child)
    assert (row.state, row.parents_left, row.code, row.reason, row.finished_us) == (State.WAITING, 1, None, None, None)
    last = world.detail(child).events[-1]
    assert (last.kind, last.by, last.note) == ("requeue", "ann", f"with job {parent}, was cancelled (parent_failed)")
    world.healthy()
    world.end(node, world.take(node, parent))
    world.end(node, world.take(node, child))
    assert world.state(child) is State.COMPLETED
    world.healthy()


def test_without_the_word_nobody_is_revived(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,))
    fail(world, node, parent)
    world.store.call(world.store.requeue(parent))
    world.tend()
    assert world.state(child) is State.CANCELLED


def test_a_parent_that_fails_again_cancels_them_again(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,))
    for _ in range(3):
        fail(world, node, parent)
        assert world.state(child) is State.CANCELLED
        revive(world, parent)
        assert world.state(child) is State.WAITING
    world.healthy()


def test_of_a_cancelled_parent_too(world: World) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,))
    world.store.call(world.store.cancel(parent))
    revive(world, parent)
    assert world.state(child) is State.WAITING


def test_a_whole_family_comes_back(world: World, node: int) -> None:
    root = world.put()
    left, right = world.put(depends_on=(root,)), world.put(depends_on=(root,))
    both = world.put(depends_on=(left, right, root))
    last = world.put(depends_on=(both,))
    fail(world, node, root)
    family = (left, right, both, last)
    assert {world.state(job) for job in family} == {State.CANCELLED}
    revive(world, root)
    assert {world.state(job) for job in family} == {State.WAITING}
    assert [world.row(job).parents_left for job in family] == [1, 1, 3, 1]
    world.healthy()
    assert world.claim_ids(node) == [root]


def test_one_that_somebody_cancelled_stays(world: World, node: int) -> None:
    parent = world.put()
    chosen, other = world.put(depends_on=(parent,)), world.put(depends_on=(parent,))
    world.store.call(world.store.cancel(chosen))
    fail(world, node, parent)
    revive(world, parent)
    assert (world.state(chosen), world.state(other)) == (State.CANCELLED, State.WAITING)


def test_one_whose_other_parent_stands_failed_stays_until_that_goes_too(world: World, node: int) -> None:
    one, two = world.put(), world.put()
    child = world.put(depends_on=(one, two))
    fail(world, node, one)
    fail(world, node, two)
    revive(world, one)
    assert world.state(child) is State.CANCELLED
    revive(world, two)
    assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 2)
    world.healthy()


def test_only_open_parents_are_waited_for(world: World, node: int) -> None:
    good, bad = world.put(), world.put()
    child = world.put(depends_on=(good, bad))
    world.end(node, world.take(node, good))
    fail(world, node, bad)
    revive(world, bad)
    assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)
    world.end(node, world.take(node, bad))
    assert world.state(child) is State.QUEUED


def test_its_delay_is_kept(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,), delay_us=60 * SECOND_US)
    fail(world, node, parent)
    revive(world, parent)
    world.end(node, world.take(node, parent))
    assert world.state(child) is State.SCHEDULED


def test_an_archived_one_is_copied_back(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,), payload='{"keep":"me"}')
    fail(world, node, parent)
    world.archive()
    revive(world, parent)
    assert (world.row(child).archived, world.detail(child).payload) == (False, '{"keep":"me"}')
    world.end(node, world.take(node, parent))
    assert world.take(node, child).payload == '{"keep":"me"}'
    world.healthy()


def test_one_whose_arguments_are_gone_stays_and_harms_no_other(
    store_kind: Kind, world: World, node: int, tmp_path: Path
) -> None:
    parent = world.put()
    lost = world.put(depends_on=(parent,))
    fail(world, node, parent)
    world.archive()
    world.store.call(world.store.requeue(parent))
    kept = world.put(depends_on=(parent,))
    fail(world, node, parent)
    (month,) = store_kind.months(tmp_path)
    store_kind.lose_month(tmp_path, month)
    assert revive(world, parent) is RequeueAnswer.REQUEUED
    assert (world.state(lost), world.state(kept)) == (State.CANCELLED, State.WAITING)


def test_one_whose_key_belongs_to_another_by_now_stays(world: World, node: int) -> None:
    parent = world.put()
    child, free = world.put(depends_on=(parent,), unique_key="k"), world.put(depends_on=(parent,), unique_key="free")
    fail(world, node, parent)
    other = world.put(unique_key="k", delay_us=SECOND_US)
    revive(world, parent)
    assert (world.state(child), world.state(free)) == (State.CANCELLED, State.WAITING)
    note = f"not put back with job {parent}: its unique key belongs to job {other}"
    assert (world.detail(child).events[-1].kind, world.detail(child).events[-1].note) == ("not_revived", note)
    assert world.put(unique_key="free") == free
    world.healthy()


def test_members_of_a_batch_are_counted_again(world: World, node: int) -> None:
    parent = world.put()
    batch = create(world, "b", world.new(depends_on=(parent,)), sealed=True)
    fail(world, node, parent)
    assert counts(world, batch) == {"jobs": 1, "cancelled": 1}
    revive(world, parent)
    assert counts(world, batch) == {"jobs": 1}
    world.end(node, world.take(node, parent))
    world.end(node, world.claim(node)[0])
    assert counts(world, batch) == {"jobs": 1, "completed": 1}
    world.healthy()


def test_one_that_waits_for_a_batch_too_waits_for_both(world: World, node: int) -> None:
    parent = world.put()
    batch = create(world, "b", world.new(delay_us=60 * SECOND_US), sealed=True)
    child = world.put(depends_on=(parent,), after_batches=("b",))
    fail(world, node, parent)
    assert world.state(child) is State.CANCELLED
    revive(world, parent)
    assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 2)
    world.end(node, world.take(node, parent))
    assert world.state(child) is State.WAITING
    world.clock.advance(60)
    world.end(node, world.claim(node)[0])
    assert (counts(world, batch), world.state(child)) == ({"jobs": 1, "completed": 1}, State.QUEUED)
    world.healthy()


def test_one_whose_batch_ended_badly_stays(world: World, node: int) -> None:
    parent = world.put(delay_us=60 * SECOND_US)
    batch = create(world, "b", world.new(), sealed=True)
    child = world.put(depends_on=(parent,), after_batches=("b",))
    world.fail(node, world.claim(node)[0])
    assert (counts(world, batch), world.state(child)) == ({"jobs": 1, "failed": 1}, State.CANCELLED)
    world.store.call(world.store.cancel(parent))
    revive(world, parent)
    assert world.state(child) is State.CANCELLED
    world.healthy()


class TestConditions:
    def test_one_that_was_skipped_is_judged_anew(self, world: World, node: int) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,), condition="success", delay_us=SECOND_US)
        grandchild = world.put(depends_on=(child,))
        fail(world, node, parent)
        assert (world.state(child), world.state(grandchild)) == (State.SKIPPED, State.CANCELLED)
        revive(world, parent, by="ann")
        row = world.row(child)
        assert (row.state, row.parents_left, row.code, row.reason, row.finished_us) == (
            State.WAITING, 1, None, None, None,
        )  # fmt: skip
        last = world.detail(child).events[-1]
        assert (last.kind, last.by, last.note) == (
            "requeue",
            "ann",
            f"with job {parent}, was skipped (condition_unmet)",
        )
        assert world.state(grandchild) is State.WAITING
        world.healthy()
        world.end(node, world.take(node, parent))
        assert world.state(child) is State.SCHEDULED
        world.clock.advance(1)
        world.end(node, world.take(node, child))
        world.end(node, world.take(node, grandchild))
        world.healthy()

    @pytest.mark.parametrize("condition", ["failure", "failure_or_cancelled", "cancelled"])
    @pytest.mark.parametrize("fails", [True, False])
    def test_by_how_the_parent_ends_this_time(self, world: World, node: int, condition: str, *, fails: bool) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,), condition=condition)
        if condition == "failure":
            world.store.call(world.store.cancel(parent))
        else:
            world.end(node, world.take(node, parent), EndKind.RAISED, permanent=True)
        ran = world.state(child) is State.QUEUED
        assert ran is (condition == "failure_or_cancelled")
        revive(world, parent)
        assert world.state(child) is (State.QUEUED if ran else State.WAITING)
        if ran:
            return
        claim = world.take(node, parent)
        world.fail(node, claim) if fails else world.end(node, claim)
        assert world.state(child) is (State.QUEUED if fails and condition == "failure" else State.SKIPPED)
        world.healthy()

    def test_one_that_another_parent_would_have_skipped_again_stays(self, world: World, node: int) -> None:
        one, two = world.put(), world.put()
        child = world.put(depends_on=(one, two), condition="success")
        fail(world, node, one)
        fail(world, node, two)
        revive(world, one)
        assert world.state(child) is State.SKIPPED
        revive(world, two)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 2)
        world.healthy()

    def test_what_others_did_meanwhile_counts(self, world: World, node: int) -> None:
        one, two = world.put(), world.put()
        child = world.put(depends_on=(one, two), condition="cancelled")
        world.end(node, world.take(node, one))
        fail(world, node, two)
        assert world.state(child) is State.SKIPPED
        revive(world, two)
        world.store.call(world.store.cancel(two))
        assert world.state(child) is State.QUEUED
        world.healthy()

    def test_an_archived_one_is_copied_back(self, world: World, node: int) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,), condition="success", payload='{"keep":"me"}')
        fail(world, node, parent)
        world.archive()
        revive(world, parent)
        assert (world.state(child), world.detail(child).payload) == (State.WAITING, '{"keep":"me"}')
        world.healthy()

    def test_a_member_that_was_skipped_is_counted_again(self, world: World, node: int) -> None:
        parent = world.put()
        batch = create(world, "b", world.new(depends_on=(parent,), condition="success"), sealed=True)
        fail(world, node, parent)
        assert (counts(world, batch), look(world, batch).outcome) == ({"jobs": 1, "skipped": 1}, State.COMPLETED)
        revive(world, parent)
        assert (counts(world, batch), look(world, batch).outcome) == ({"jobs": 1}, None)
        world.healthy()


class TestBatches:
    def test_those_that_waited_for_its_batch_go_back(self, world: World, node: int) -> None:
        batch = create(world, "b", world.new(), world.new(), sealed=True)
        first, second = world.claim(node, 2)
        child = world.put(after_batches=("b",))
        skipped = world.put(after_batches=("b",), condition="success")
        grandchild = world.put(depends_on=(child,))
        asked = world.put(after_batches=("b",))
        world.store.call(world.store.cancel(asked))
        world.fail(node, first)
        world.end(node, second)
        family = (child, skipped, grandchild)
        assert [world.state(job) for job in family] == [State.CANCELLED, State.SKIPPED, State.CANCELLED]
        revive(world, first.id, by="ann")
        assert [world.state(job) for job in family] == [State.WAITING] * 3
        assert world.state(asked) is State.CANCELLED
        last = world.detail(child).events[-1]
        assert (last.by, last.note) == ("ann", f"with batch {batch}, was cancelled (parent_failed)")
        world.healthy()
        world.end(node, world.take(node, first.id))
        assert look(world, batch).outcome is State.COMPLETED
        assert [world.state(job) for job in family] == [State.QUEUED, State.QUEUED, State.WAITING]
        world.healthy()

    def test_also_of_the_batches_around_it(self, world: World, node: int) -> None:
        outer = create(world, "outer")
        create(world, "inner", world.new(), parent=outer, sealed=True)
        seal(world, outer)
        child = world.put(after_batches=("outer",))
        (claim,) = world.claim(node)
        world.fail(node, claim)
        assert world.state(child) is State.CANCELLED
        revive(world, claim.id)
        assert (world.state(child), look(world, outer).outcome) == (State.WAITING, None)
        world.healthy()
        world.end(node, world.take(node, claim.id))
        assert world.state(child) is State.QUEUED

    def test_a_batch_that_a_revived_dependant_opens_counts_too(self, world: World, node: int) -> None:
        parent = world.put()
        create(world, "b", world.new(depends_on=(parent,)), sealed=True)
        child = world.put(after_batches=("b",))
        fail(world, node, parent)
        assert world.state(child) is State.CANCELLED
        revive(world, parent)
        assert world.state(child) is State.WAITING
        world.healthy()

    def test_while_another_batch_stands_failed_it_stays(self, world: World, node: int) -> None:
        for name in ("one", "two"):
            create(world, name, world.new(), sealed=True)
        child = world.put(after_batches=("one", "two"))
        first, second = world.claim(node, 2)
        world.fail(node, first)
        world.fail(node, second)
        revive(world, first.id)
        assert world.state(child) is State.CANCELLED
        revive(world, second.id)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 2)
        world.healthy()

    def test_members_that_were_cancelled_with_their_batch_stay_until_they_are_asked_for(
        self, world: World, node: int
    ) -> None:
        batch = create(world, "b", world.new(), world.new(), world.new(), sealed=True)
        child = world.put(after_batches=("b",), condition="finished")
        waiter = world.put(after_batches=("b",))
        cancel(world, batch)
        jobs = members(world, batch)
        assert {world.state(job) for job in (*jobs, waiter)} == {State.CANCELLED}
        assert world.state(child) is State.QUEUED
        revive(world, jobs[0])
        assert [world.state(job) for job in jobs] == [State.QUEUED, State.CANCELLED, State.CANCELLED]
        assert (world.state(waiter), world.state(child)) == (State.WAITING, State.QUEUED)
        where = JobFilter(batch_id=world.row(jobs[0]).batch_id, states=(State.CANCELLED,))
        world.store.call(world.store.requeue_many(jobs[1:], where=where, revive=True))
        assert {world.state(job) for job in jobs} == {State.QUEUED}
        for claim in world.claim(node, 10):
            world.end(node, claim)
        assert look(world, batch).outcome is State.CANCELLED
        assert world.state(waiter) is State.CANCELLED
        world.healthy()


@pytest.mark.parametrize("which", ["job", "callback"])
def test_dependants_of_a_job_whose_callback_failed_go_back_with_either(world: World, node: int, which: str) -> None:
    caller = world.running(node, callback=as_text(NewCallback(job=new("then", name="other"), argument=None)))
    child = world.put(depends_on=(caller.id,))
    world.end(node, caller)
    (callback,) = world.claim(node)
    world.fail(node, callback)
    assert (world.state(caller.id), world.state(child)) == (State.FAILED, State.CANCELLED)
    revive(world, caller.id if which == "job" else callback.id)
    assert (world.state(caller.id), world.state(child)) == (State.EXECUTED, State.WAITING)
    world.healthy()
    world.end(node, world.take(node, callback.id))
    assert world.state(child) is State.QUEUED


def test_in_a_line_each_takes_its_turn(world: World, node: int) -> None:
    parent = world.put()
    children = [world.put(depends_on=(parent,), lane="smtp") for _ in range(2)]
    fail(world, node, parent)
    revive(world, parent)
    world.end(node, world.take(node, parent))
    assert world.claim_ids(node) == children[:1]
    world.healthy()


def test_many_at_once(world: World, node: int) -> None:
    parents = [world.put() for _ in range(3)]
    children = [world.put(depends_on=(parent,)) for parent in parents]
    for parent in parents:
        fail(world, node, parent)
    answers = world.store.call(world.store.requeue_many(parents[:2], where=JobFilter(), revive=True)).answers
    assert answers == tuple((parent, RequeueAnswer.REQUEUED) for parent in parents[:2])
    assert [world.state(child) for child in children] == [State.WAITING, State.WAITING, State.CANCELLED]


class TestInSteps:
    @pytest.fixture(autouse=True)
    def short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(reviving, "STEP_MAX", 4)

    def test_tend_goes_on_where_a_step_ended(self, world: World, node: int) -> None:
        parent = world.put()
        children = [world.put(depends_on=(parent,)) for _ in range(10)]
        grandchild = world.put(depends_on=(children[0],))
        fail(world, node, parent)
        revive(world, parent, by="ann")
        assert [world.state(child) for child in children].count(State.WAITING) == 4
        steps = 0
        while world.tend():
            steps += 1
        assert {world.state(job) for job in (*children, grandchild)} == {State.WAITING}
        assert 2 <= steps <= 4
        assert {world.detail(child).events[-1].by for child in children} == {"ann"}
        world.healthy()

    def test_of_a_batch_too(self, world: World, node: int) -> None:
        create(world, "b", world.new(), sealed=True)
        (claim,) = world.claim(node)
        children = [world.put(after_batches=("b",)) for _ in range(10)]
        world.fail(node, claim)
        while world.tend():
            pass
        assert {world.state(child) for child in children} == {State.CANCELLED}
        revive(world, claim.id)
        assert [world.state(child) for child in children].count(State.WAITING) == 4
        while world.tend():
            pass
        assert {world.state(child) for child in children} == {State.WAITING}
        world.healthy()

    def test_one_that_comes_after_the_end_of_its_parent_is_ready(self, world: World, node: int) -> None:
        parent = world.put()
        children = [world.put(depends_on=(parent,), delay_us=number % 2) for number in range(8)]
        late = world.put(depends_on=(parent,), delay_us=60 * SECOND_US)
        fail(world, node, parent)
        revive(world, parent)
        world.end(node, world.take(node, parent))
        while world.tend():
            pass
        assert {world.state(child) for child in children} <= {State.QUEUED, State.SCHEDULED}
        assert world.state(late) is State.SCHEDULED
        world.healthy()

    def test_those_that_are_left_stay_when_the_parent_fails_again(self, world: World, node: int) -> None:
        parent = world.put()
        children = [world.put(depends_on=(parent,)) for _ in range(10)]
        fail(world, node, parent)
        revive(world, parent)
        world.end(node, world.take(node, parent), EndKind.RAISED, permanent=True)
        while world.tend():
            pass
        assert {world.state(child) for child in children} == {State.CANCELLED}
        assert world.tend() == 0
        world.healthy()

    def test_those_that_stay_do_not_stop_the_step(self, world: World, node: int) -> None:
        parent, bad = world.put(), world.put()
        stuck = [world.put(depends_on=(parent, bad)) for _ in range(9)]
        last = world.put(depends_on=(parent,))
        fail(world, node, parent)
        fail(world, node, bad)
        revive(world, parent)
        for _ in range(4):
            world.tend()
        assert {world.state(child) for child in stuck} == {State.CANCELLED}
        assert world.state(last) is State.WAITING
