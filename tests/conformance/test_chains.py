"""Jobs of one call that depend on each other, and arguments that are results of jobs that ended before."""

from typing import Any

import msgspec
import pytest

from headway.model.errors import JobNotFound
from headway.model.job import State
from headway.model.outcome import EndKind
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World


def arguments(payload: str) -> Any:
    return msgspec.json.decode(payload)


def linked(world: World, parent: int | str, **facts: Any) -> int:
    links = msgspec.json.encode({"total": parent}).decode()
    return world.put(depends_on=(parent,), links=links, **facts)


class TestOneCall:
    def test_stores_jobs_that_wait_for_each_other(self, world: World, node: int) -> None:
        one, two, three = world.enqueue(
            world.new(ref_id="a"), world.new(ref_id="b", depends_on=("a",)), world.new(ref_id="c", depends_on=("b",))
        )
        assert [answer.state for answer in (one, two, three)] == [State.QUEUED, State.WAITING, State.WAITING]
        assert [world.detail(answer.id).parents for answer in (two, three)] == [(one.id,), (two.id,)]
        for answer in (one, two, three):
            world.end(node, world.take(node, answer.id))
        world.healthy()

    def test_that_fails_ends_the_rest(self, world: World, node: int) -> None:
        one, two, three = world.enqueue(
            world.new(ref_id="a"), world.new(ref_id="b", depends_on=("a",)), world.new(ref_id="c", depends_on=("b",))
        )
        world.fail(node, world.take(node, one.id))
        assert [world.row(job.id).code for job in (two, three)] == ["parent_failed"] * 2

    def test_may_join(self, world: World, node: int) -> None:
        *_, last = world.enqueue(
            world.new(ref_id="a"), world.new(ref_id="b"), world.new(ref_id="c", depends_on=("a", "b", "a"))
        )
        assert world.row(last.id).parents_left == 2
        world.healthy()

    def test_knows_jobs_that_are_stored_by_their_reference(self, world: World, node: int) -> None:
        world.end(node, world.running(node, ref_id="done"))
        (answer,) = world.enqueue(world.new(depends_on=("done",)))
        assert answer.state is State.QUEUED

    def test_mixes_ids_and_references_of_one_job(self, world: World) -> None:
        parent = world.put(ref_id="p")
        child = world.put(depends_on=(parent, "p"))
        assert (world.row(child).parents_left, world.detail(child).parents) == (1, (parent,))
        world.healthy()

    def test_names_nobody_who_comes_later_or_never(self, world: World) -> None:
        before = world.everything()
        for jobs in (
            [world.new(depends_on=("b",)), world.new(ref_id="b")],
            [world.new(depends_on=("nobody",))],
            [world.new(ref_id="self", depends_on=("self",))],
        ):
            with pytest.raises(JobNotFound, match="there is no job with the reference"):
                world.enqueue(*jobs)
        assert world.everything() == before

    def test_of_another_app_does_not_see_it(self, world: World) -> None:
        with pytest.raises(JobNotFound):
            world.enqueue(world.new(ref_id="a", app="shop"), world.new(depends_on=("a",)))

    def test_repeated_answers_with_the_jobs_that_are_there(self, world: World) -> None:
        jobs = [
            world.new(ref_id="a", content=b"1"), world.new(ref_id="b", content=b"2", depends_on=("a",))
        ]  # fmt: skip
        first, again = world.enqueue(*jobs), world.enqueue(*jobs)
        assert [one.id for one in first] == [one.id for one in again]
        assert all(one.existing for one in again)

    def test_after_a_skipped_first_one(self, world: World, node: int) -> None:
        world.end(node, world.running(node, ref_id="p"))
        _, second = world.enqueue(
            world.new(ref_id="a", depends_on=("p",), condition="failure"),
            world.new(ref_id="b", depends_on=("a",), condition="finished"),
        )
        assert second.state is State.QUEUED
        world.healthy()


class TestResults:
    def test_are_arguments_of_those_that_waited_for_them(self, world: World, node: int) -> None:
        parent = world.put()
        child = linked(world, parent)
        world.end(node, world.take(node, parent), result='{"n":7}')
        claim = world.take(node, child)
        assert (arguments(claim.payload), claim.links) == ({"x": 1, "total": {"n": 7}}, None)
        assert arguments(world.detail(child).payload or "") == {"x": 1, "total": {"n": 7}}

    def test_that_were_there_before(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.end(node, parent, result="7")
        assert arguments(world.take(node, linked(world, parent.id)).payload)["total"] == 7

    def test_that_were_archived(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.end(node, parent, result="7")
        world.archive()
        assert world.row(parent.id).archived
        assert arguments(world.take(node, linked(world, parent.id)).payload)["total"] == 7

    def test_of_one_that_was_archived_while_another_was_waited_for(self, world: World, node: int) -> None:
        first, second = world.running(node), world.put()
        links = msgspec.json.encode({"a": first.id, "b": second}).decode()
        child = world.put(depends_on=(first.id, second), links=links)
        world.end(node, first, result="1")
        world.archive()
        world.end(node, world.take(node, second), result="2")
        assert arguments(world.take(node, child).payload) == {"x": 1, "a": 1, "b": 2}

    def test_of_jobs_of_the_same_call(self, world: World, node: int) -> None:
        one, two = world.enqueue(world.new(ref_id="a"), world.new(ref_id="b", depends_on=("a",), links='{"total":"a"}'))
        world.end(node, world.take(node, one.id), result="7")
        assert arguments(world.take(node, two.id).payload)["total"] == 7

    def test_of_a_job_that_returned_nothing_are_null(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.end(node, parent)
        assert arguments(world.take(node, linked(world, parent.id)).payload)["total"] is None

    def test_come_once_the_callback_has_completed(self, world: World, node: int) -> None:
        from tests.conformance.test_callbacks import callback, callback_of

        parent = world.running(node, callback=callback())
        child = linked(world, parent.id)
        world.end(node, parent, result="7")
        world.end(node, world.take(node, callback_of(world, parent.id)))
        assert arguments(world.take(node, child).payload)["total"] == 7

    def test_are_there_when_it_starts_later(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = linked(world, parent.id, delay_us=60 * SECOND_US)
        world.end(node, parent, result="7")
        assert world.state(child) is State.SCHEDULED
        world.archive()
        world.clock.advance(20)
        world.beat(node)
        world.clock.advance(20)
        world.beat(node)
        world.clock.advance(21)
        world.beat(node)
        assert arguments(world.take(node, child).payload)["total"] == 7

    def test_stay_over_retries(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = linked(world, parent.id)
        world.end(node, parent, result="7")
        world.end(node, world.take(node, child), EndKind.RAISED, delay_us=0)
        assert arguments(world.take(node, child).payload)["total"] == 7

    @pytest.mark.parametrize(
        "facts", [{"code": "result_omitted", "result_size": 9_999_999}, {"code": "result_not_storable"}]
    )
    def test_that_were_not_stored_are_missed(self, world: World, node: int, facts: dict[str, Any]) -> None:
        parent = world.running(node)
        child = linked(world, parent.id)
        world.end(node, parent, **facts)
        claim = world.take(node, child)
        assert (arguments(claim.payload), arguments(claim.links or "")) == ({"x": 1}, {"total": parent.id})

    def test_of_one_that_failed_are_missed(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = linked(world, parent.id, condition="finished")
        world.fail(node, parent)
        assert arguments(world.take(node, child).links or "") == {"total": parent.id}

    def test_that_were_missed_are_looked_for_again(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = linked(world, parent.id, condition="finished")
        world.fail(node, parent)
        world.fail(node, world.take(node, child))
        world.archive()
        world.store.call(world.store.requeue(parent.id))
        world.end(node, world.take(node, parent.id), result="7")
        world.store.call(world.store.requeue(child))
        claim = world.take(node, child)
        assert (arguments(claim.payload)["total"], claim.links) == (7, None)
        world.healthy()

    def test_carry_large_numbers_exactly(self, world: World, node: int) -> None:
        parent = world.running(node)
        child = linked(world, parent.id)
        world.end(node, parent, result="1" * 400)
        assert f'"total":{"1" * 400}}}' in world.take(node, child).payload
