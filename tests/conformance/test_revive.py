"""Reviving: what was cancelled because of a job goes back when that job is let go again."""

from pathlib import Path

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, RequeueAnswer
from headway.store.sqlite import revive as reviving
from tests.conformance.batching import counts, create
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.world import World


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


def test_one_with_a_condition_that_was_skipped_stays(world: World, node: int) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,), condition="success")
    fail(world, node, parent)
    assert world.state(child) is State.SKIPPED
    revive(world, parent)
    assert world.state(child) is State.SKIPPED


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
