"""What becomes of the jobs that wait for others."""

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World

DEEP = 1000
WIDE = 3000


def calm(world: World) -> None:
    """Large families are told in steps: let them all be told."""
    for _ in range(10_000):
        if not world.tend():
            return
    pytest.fail("the upkeep never came to its end")


class TestRelease:
    def test_only_after_the_success_of_the_parent(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        assert world.claim_ids(node) == []
        world.end(node, parent)
        assert (world.state(child), world.row(child).parents_left) == (State.QUEUED, 0)
        assert world.claim_ids(node) == [child]

    def test_only_after_the_last_of_several(self, world: World, node: int) -> None:
        parents = [world.running(node) for _ in range(3)]
        child = world.put(depends_on=tuple(parent.id for parent in parents))
        for left, parent in zip((2, 1, 0), parents, strict=True):
            world.end(node, parent)
            assert world.row(child).parents_left == left
        assert world.state(child) is State.QUEUED

    def test_of_several_ended_in_one_turn(self, world: World, node: int) -> None:
        parents = [world.running(node) for _ in range(3)]
        child = world.put(depends_on=tuple(parent.id for parent in parents))
        world.turn(node, *(world.settlement(parent) for parent in parents))
        assert (world.state(child), world.row(child).parents_left) == (State.QUEUED, 0)

    def test_to_scheduled_when_it_is_due_later(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,), delay_us=60 * SECOND_US)
        due = world.row(child).due_us
        world.end(node, parent)
        assert (world.state(child), world.row(child).due_us) == (State.SCHEDULED, due)

    @pytest.mark.parametrize("kind", [EndKind.RAISED, EndKind.SNOOZED, EndKind.RELEASED, EndKind.CRASHED])
    def test_not_by_an_attempt_that_will_be_repeated(self, world: World, node: int, kind: EndKind) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.end(node, parent, kind)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)

    def test_a_diamond_joins_once(self, world: World, node: int) -> None:
        top = world.running(node)
        left, right = world.put(depends_on=(top.id,)), world.put(depends_on=(top.id,))
        bottom = world.put(depends_on=(left, right))
        world.end(node, top)
        one, two = world.claim(node, 2)
        world.end(node, one)
        assert world.state(bottom) is State.WAITING
        world.end(node, two)
        assert world.state(bottom) is State.QUEUED
        assert world.claim_ids(node) == [bottom]

    def test_over_three_levels_in_order(self, world: World, node: int) -> None:
        first = world.put()
        second = world.put(depends_on=(first,))
        third = world.put(depends_on=(second,))
        for job in (first, second, third):
            assert world.state(job) is State.QUEUED
            world.end(node, world.take(node, job))
        world.healthy()

    def test_of_a_wide_family_reaches_everybody(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.enqueue(*[world.new(depends_on=(parent.id,)) for _ in range(WIDE)])
        world.end(node, parent)
        calm(world)
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == WIDE
        world.healthy()

    def test_of_children_in_one_call_with_their_parents_reference(self, world: World, node: int) -> None:
        parent = world.put()
        children = [answer.id for answer in world.enqueue(*[world.new(depends_on=(parent,)) for _ in range(50)])]
        world.end(node, world.take(node, parent))
        assert world.claim_ids(node) == children


class TestCancellation:
    @pytest.mark.parametrize("how", ["failed", "cancelled", "poison", "expired", "cancel"])
    def test_of_the_parent_cancels_them(self, world: World, node: int, how: str) -> None:
        parent = world.put(expires_us=world.clock.now_us() + 100 * SECOND_US)
        child = world.put(depends_on=(parent,))
        match how:
            case "failed":
                world.fail(node, world.take(node, parent))
            case "cancelled":
                world.end(node, world.take(node, parent), EndKind.CANCELLED)
            case "poison":
                for _ in range(3):
                    world.end(node, world.take(node, parent), EndKind.CRASHED)
                    world.clock.advance(10)
            case "expired":
                world.clock.advance(101)
                world.tend()
            case _:
                world.store.call(world.store.cancel(parent))
        row = world.row(child)
        assert (row.state, row.code, row.finished_us) == (
            State.CANCELLED,
            "parent_failed",
            world.clock.now_us() - (10 * SECOND_US if how == "poison" else 0),
        )
        assert world.claim_ids(node) == []
        world.healthy()

    def test_goes_down_three_levels_at_once(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        grandchild = world.put(depends_on=(child,))
        last = world.put(depends_on=(grandchild,), delay_us=SECOND_US)
        bystander = world.put(depends_on=(world.put(),))
        world.fail(node, parent)
        rows = [world.row(job) for job in (child, grandchild, last)]
        assert [(row.state, row.code) for row in rows] == [(State.CANCELLED, "parent_failed")] * 3
        assert world.state(bystander) is State.WAITING

    def test_goes_down_a_chain_of_a_thousand(self, world: World, node: int) -> None:
        parent = world.running(node)
        chain = [parent.id]
        for _ in range(DEEP):
            chain.append(world.put(depends_on=(chain[-1],)))
        world.fail(node, parent)
        calm(world)
        assert world.store.reader.call(world.store.reader.counts())[State.CANCELLED] == DEEP
        world.healthy()

    def test_by_a_person_goes_down_a_chain_of_a_thousand(self, world: World) -> None:
        chain = [world.put()]
        for _ in range(DEEP):
            chain.append(world.put(depends_on=(chain[-1],)))
        world.store.call(world.store.cancel(chain[0]))
        calm(world)
        assert world.store.reader.call(world.store.reader.counts())[State.CANCELLED] == DEEP + 1
        world.healthy()

    def test_of_a_wide_family_reaches_everybody(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.enqueue(*[world.new(depends_on=(parent.id,)) for _ in range(WIDE)])
        world.fail(node, parent)
        assert world.claim_ids(node) == []
        calm(world)
        assert world.store.reader.call(world.store.reader.counts())[State.CANCELLED] == WIDE
        world.healthy()

    def test_one_bad_parent_of_several_is_enough(self, world: World, node: int) -> None:
        good, bad = world.running(node), world.running(node)
        child = world.put(depends_on=(good.id, bad.id))
        world.fail(node, bad)
        assert world.state(child) is State.CANCELLED
        world.end(node, good)
        assert world.state(child) is State.CANCELLED
        assert world.claim_ids(node) == []

    def test_of_one_arm_of_a_diamond_cancels_the_bottom_only(self, world: World, node: int) -> None:
        top = world.running(node)
        left, right = world.put(depends_on=(top.id,)), world.put(depends_on=(top.id,))
        bottom = world.put(depends_on=(left, right))
        world.end(node, top)
        one, two = world.claim(node, 2)
        assert (one.id, two.id) == (left, right)
        world.fail(node, one)
        assert (world.state(bottom), world.state(right)) == (State.CANCELLED, State.RUNNING)
        world.end(node, two)
        assert world.state(bottom) is State.CANCELLED
        world.healthy()

    def test_both_parents_bad_in_one_turn(self, world: World, node: int) -> None:
        parents = [world.running(node) for _ in range(2)]
        child = world.put(depends_on=tuple(parent.id for parent in parents))
        world.turn(node, *(world.settlement(parent, EndKind.CANCELLED) for parent in parents))
        assert world.state(child) is State.CANCELLED

    def test_one_good_and_one_bad_in_one_turn(self, world: World, node: int) -> None:
        good, bad = world.running(node), world.running(node)
        child = world.put(depends_on=(good.id, bad.id))
        world.turn(node, world.settlement(good), world.settlement(bad, EndKind.RAISED, permanent=True))
        assert world.state(child) is State.CANCELLED

    def test_of_a_child_leaves_its_parents_alone(self, world: World, node: int) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,))
        world.store.call(world.store.cancel(child))
        assert world.state(parent) is State.QUEUED
        world.end(node, world.take(node, parent))
        assert world.state(child) is State.CANCELLED

    def test_the_code_of_the_parent_is_told_in_words(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = world.put(depends_on=(parent.id,))
        world.fail(node, parent)
        assert str(parent.id) in (world.row(child).reason or "")
