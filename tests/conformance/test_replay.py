"""Replay: what an ended job did is done once more, by a new job."""

from pathlib import Path
from typing import Any

import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.job import State
from headway.store.protocol import JobFilter
from headway.store.revision import ReplayAnswer, Replayed
from tests.conformance.batching import create, look
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World, new

FACTS: dict[str, Any] = {
    "name": "other", "payload": '{"keep":"me"}', "queue": "mail", "priority": 7, "retries": 5,
    "interrupt_fails": True, "options": '{"timeout_us":5}', "extras": '{"args":{"customer":17}}',
    "tags": ("red", "blue"), "created_by": "ann", "user_id": "u1", "reply_to": "https://example.org/",
}  # fmt: skip


def replay(world: World, job: int | str, **facts: Any) -> Replayed:
    ref_id = f"again-{next(world.numbers)}"
    return world.store.call(world.store.replay(job, ref_id=ref_id, **facts))


def again(world: World, job: int | str, **facts: Any) -> int:
    answer = replay(world, job, **facts)
    assert answer.answer is ReplayAnswer.REPLAYED
    assert answer.enqueued is not None
    assert not answer.enqueued.existing
    return answer.enqueued.id


@pytest.mark.parametrize("archived", [True, False])
def test_the_new_job_has_the_arguments_and_options_of_the_old_one_which_stays_as_it_is(
    world: World, node: int, archived: bool
) -> None:
    parent = world.running(node)
    world.end(node, parent)
    claim = world.running(node, depends_on=(parent.id,), parent_id=parent.id, batch_id="b1", **FACTS)
    world.say(node, claim, "done", checkpoint='{"at":1}')
    world.end(node, claim, result="1")
    if archived:
        world.archive()
    before = world.detail(claim.id)
    world.clock.advance(5)
    new = again(world, claim.id, by="bob")
    assert world.detail(claim.id) == before
    row, detail = world.row(new), world.detail(new)
    assert new > claim.id
    assert (row.state, row.created_us, row.due_us) == (State.QUEUED, world.clock.now_us(), world.clock.now_us())
    for fact in ("name", "queue", "priority", "retries", "tags", "created_by", "user_id", "reply_to"):
        assert getattr(row, fact) == FACTS[fact], fact
    for fact in ("payload", "options", "extras"):
        assert getattr(detail, fact) == FACTS[fact], fact
    assert (row.replay_of, row.parent_id, row.batch_id, row.batch) == (claim.id, parent.id, None, None)
    assert (detail.parents, detail.attempts, detail.result, detail.checkpoint) == ((), (), None, None)
    assert [(event.kind, event.by, event.note) for event in detail.events] == [("replay", "bob", f"of job {claim.id}")]
    found = world.store.reader.call(world.store.reader.ids(JobFilter(facts=(("customer", "17"),), tag="red")))
    assert found == (new, claim.id)
    run = world.take(node, new)
    assert (run.replay_of, run.checkpoint, run.interrupt_fails) == (claim.id, None, True)
    world.end(node, run)
    world.healthy()


def test_as_often_as_somebody_wants_and_of_a_replay_too(world: World, node: int) -> None:
    first = drive(world, node, State.COMPLETED)
    second, third = again(world, first), again(world, first)
    world.end(node, world.claim(node)[0])
    fourth = again(world, second)
    assert [world.row(job).replay_of for job in (second, third, fourth)] == [first, first, second]


@pytest.mark.parametrize("state", list(DRIVE))
def test_only_of_what_has_ended(world: World, node: int, state: State) -> None:
    job = drive(world, node, state)
    before = world.everything()
    answer = replay(world, job)
    if state.is_final:
        assert answer.answer is ReplayAnswer.REPLAYED
    else:
        assert answer == Replayed(answer=ReplayAnswer.REFUSED)
        assert world.everything() == before


def test_one_that_is_not_there(world: World) -> None:
    job = world.put()
    world.store.call(world.store.cancel(job))
    assert replay(world, 10**9).answer is ReplayAnswer.NOT_FOUND
    assert replay(world, job, app="elsewhere").answer is ReplayAnswer.NOT_FOUND


def test_one_whose_arguments_are_gone_is_refused(store_kind: Kind, world: World, node: int, tmp_path: Path) -> None:
    pruned = drive(world, node, State.COMPLETED)
    world.archive()
    world.store.call(world.store.prune(logs_before_us=None, bodies_before_us=world.clock.now_us() + 1))
    lost = drive(world, node, State.COMPLETED)
    world.archive()
    (month,) = store_kind.months(tmp_path)
    store_kind.lose_month(tmp_path, month)
    said = [replay(world, job) for job in (pruned, lost)]
    assert [one.answer for one in said] == [ReplayAnswer.BODY_GONE] * 2
    assert "removed by retention (keep_bodies)" in said[0].why
    assert f"was archived to {month}" in said[1].why


def test_a_member_of_a_batch_is_repeated_outside_of_it(world: World, node: int) -> None:
    batch = create(world, "b", world.new(lane="smtp"), sealed=True)
    (claim,) = world.claim(node)
    world.end(node, claim)
    before = look(world, batch)
    new = again(world, claim.id)
    assert (world.row(new).batch, world.row(new).lane) == (None, "smtp")
    world.end(node, world.take(node, new))
    assert look(world, batch) == before
    world.healthy()


@pytest.mark.parametrize("archived", [True, False])
def test_its_callback_comes_once_more_too(world: World, node: int, archived: bool) -> None:
    claim = world.running(node, callback=as_text(NewCallback(job=new("then", name="other"), argument="value")))
    world.end(node, claim, result="7")
    world.end(node, world.claim(node)[0])
    assert world.state(claim.id) is State.COMPLETED
    if archived:
        world.archive()
    new_job = again(world, claim.id)
    world.end(node, world.take(node, new_job), result="8")
    (then,) = world.claim(node)
    assert (then.callback_of, then.payload) == (new_job, '{"x":1,"value":8}')
    world.end(node, then)
    assert world.state(new_job) is State.COMPLETED
    world.healthy()


@pytest.mark.parametrize("archived", [True, False])
def test_a_result_that_was_passed_on_is_passed_on_again(world: World, node: int, *, archived: bool) -> None:
    parent = world.put()
    claim = world.put(depends_on=(parent,), links=f'{{"value":{parent}}}')
    world.end(node, world.take(node, parent), result="7")
    world.end(node, world.take(node, claim))
    if archived:
        world.archive()
    new_job = again(world, claim)
    assert world.take(node, new_job).payload == '{"x":1,"value":7}'


def test_one_that_was_never_given_the_result_that_it_waited_for_is_refused(world: World, node: int) -> None:
    parent = world.put()
    claim = world.put(depends_on=(parent,), links=f'{{"value":{parent}}}')
    world.fail(node, world.take(node, parent))
    before = world.everything()
    why = f"its argument value was to be the result of job {parent}, which has none"
    assert replay(world, claim) == Replayed(answer=ReplayAnswer.RESULT_GONE, why=why)
    assert world.everything() == before


@pytest.mark.parametrize("archived", [True, False])
def test_one_that_was_cancelled_with_its_parent_is_given_the_result_that_this_has_now(
    world: World, node: int, *, archived: bool
) -> None:
    parent = world.put()
    child = world.put(depends_on=(parent,), links=f'{{"value":{parent}}}')
    world.fail(node, world.take(node, parent))
    world.store.call(world.store.requeue(parent))
    world.end(node, world.take(node, parent), result="7")
    assert world.state(child) is State.CANCELLED
    if archived:
        world.archive()
    new_job = again(world, child)
    claim = world.take(node, new_job)
    assert (claim.payload, claim.links) == ('{"x":1,"value":7}', None)
    world.healthy()


class TestUniqueKeys:
    def test_the_new_job_holds_the_key(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key="k")
        world.end(node, claim)
        new = again(world, claim.id)
        assert world.put(unique_key="k") == new
        world.healthy()

    def test_a_key_of_another_job_is_not_taken(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key="k")
        world.end(node, claim)
        other = world.put(unique_key="k")
        before = world.everything()
        assert replay(world, claim.id) == Replayed(answer=ReplayAnswer.KEY_HELD, holder=other)
        assert world.everything() == before

    def test_a_span_goes_over_to_the_new_job_and_begins_with_it(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key="k", unique_for_us=60 * SECOND_US)
        world.end(node, claim)
        world.clock.advance(30)
        new = again(world, claim.id)
        world.clock.advance(59)
        assert world.put(unique_key="k") == new
        world.clock.advance(1)
        assert world.put(unique_key="k") != new
        world.healthy()
