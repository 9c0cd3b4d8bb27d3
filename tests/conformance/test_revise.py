"""Revising: a job that waits is changed, one that has started is not."""

from functools import partial
from typing import Any

import msgspec
import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.errors import JobNotFound, JobNotRevisable
from headway.model.job import PENDING, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, Operation
from headway.store.revision import ReviseAnswer, Revision
from tests.conformance.batching import create
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.stages import DRIVE, drive
from tests.conformance.test_audit import together
from tests.conformance.test_races import ROUNDS, Pair, pair
from tests.conformance.world import World, new

__all__ = ["pair"]

OLD, NEW = '{"x":1}', '{"x":2}'
EVERYTHING = Revision(priority=9, queue="mail", payload=NEW, old_payload=OLD, said="x 1 -> 2")


def operation(world: World, job: int | str, by: str | None = None, **parts: Any) -> Operation[ReviseAnswer]:
    return world.store.revise(job, Revision(**parts), by=by)


def revise(world: World, job: int | str, by: str | None = None, **parts: Any) -> ReviseAnswer:
    return world.store.call(operation(world, job, by, **parts))


@pytest.mark.parametrize("state", list(DRIVE))
def test_in_each_state_all_of_it_or_nothing(world: World, node: int, state: State) -> None:
    job = drive(world, node, state)
    before = world.everything()
    answer = world.store.call(world.store.revise(job, EVERYTHING, by="ann"))
    if state not in PENDING:
        assert answer is ReviseAnswer.STARTED
        assert world.everything() == before
        return
    assert answer is ReviseAnswer.REVISED
    row, detail = world.row(job), world.detail(job)
    assert (row.state, row.priority, row.queue, detail.payload) == (state, 9, "mail", NEW)
    (event,) = detail.events
    note = "priority 0 -> 9; queue default -> mail; x 1 -> 2"
    assert (event.kind, event.by, event.note) == ("revise", "ann", note)
    world.healthy()


def test_one_that_is_not_there(world: World) -> None:
    job = world.put()
    assert revise(world, 10**9, priority=1) is ReviseAnswer.NOT_FOUND
    answer = world.store.call(world.store.revise(job, Revision(priority=1), app="elsewhere"))
    assert answer is ReviseAnswer.NOT_FOUND


def test_what_changes_nothing_leaves_no_trace(world: World) -> None:
    job = world.put(priority=3, queue="mail")
    assert revise(world, job, priority=3, queue="mail") is ReviseAnswer.REVISED
    assert world.events(job) == []


def test_priority_and_queue_are_what_the_claim_goes_by(world: World, node: int) -> None:
    first, second, third = world.put(), world.put(), world.put()
    revise(world, third, priority=5)
    revise(world, first, queue="mail")
    assert world.claim_ids(node, queues=("default",)) == [third, second]
    assert world.claim_ids(node, queues=("mail",)) == [first]


class TestDue:
    def test_later_it_is_scheduled(self, world: World, node: int) -> None:
        job = world.put()
        due = world.clock.now_us() + 60 * SECOND_US
        assert revise(world, job, due_us=due) is ReviseAnswer.REVISED
        assert (world.state(job), world.row(job).due_us) == (State.SCHEDULED, due)
        assert world.claim_ids(node) == []
        world.clock.advance(60)
        assert world.claim_ids(node) == [job]

    def test_now_it_is_queued(self, world: World, node: int) -> None:
        job = world.put(delay_us=3600 * SECOND_US)
        assert revise(world, job, delay_us=0) is ReviseAnswer.REVISED
        assert (world.state(job), world.row(job).due_us) == (State.QUEUED, world.clock.now_us())
        assert world.claim_ids(node) == [job]

    def test_a_waiting_one_waits_on_and_is_due_then(self, world: World, node: int) -> None:
        parent = world.put()
        job = world.put(depends_on=(parent,))
        assert revise(world, job, delay_us=60 * SECOND_US) is ReviseAnswer.REVISED
        assert world.state(job) is State.WAITING
        world.end(node, world.take(node, parent))
        assert world.state(job) is State.SCHEDULED

    def test_another_priority_moves_no_due_moment(self, world: World) -> None:
        job = world.put(delay_us=60 * SECOND_US)
        before = world.row(job)
        revise(world, job, priority=1)
        assert (world.state(job), world.row(job).due_us) == (State.SCHEDULED, before.due_us)

    def test_the_history_names_both_moments(self, world: World) -> None:
        job = world.put()
        revise(world, job, delay_us=90 * SECOND_US)
        assert world.detail(job).events[0].note == "due 2027-01-15 08:00:00 -> 2027-01-15 08:01:30"

    def test_a_retry_may_come_sooner(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, delay_us=3600 * SECOND_US, kind=EndKind.RAISED)
        assert revise(world, claim.id, delay_us=0) is ReviseAnswer.REVISED
        assert world.take(node, claim.id).epoch == 2


class TestArguments:
    def test_the_body_is_given_the_new_ones(self, world: World, node: int) -> None:
        job = world.put(payload=OLD)
        assert revise(world, job, payload=NEW, old_payload=OLD) is ReviseAnswer.REVISED
        assert world.take(node, job).payload == NEW

    def test_that_are_not_the_old_ones_any_more_are_left_alone(self, world: World) -> None:
        job = world.put(payload='{"x":3}')
        before = world.everything()
        answer = revise(world, job, priority=1, payload=NEW, old_payload=OLD)
        assert answer is ReviseAnswer.CHANGED
        assert world.everything() == before


def linked(world: World, parent: int, *, asked: bool = False, **facts: Any) -> int:
    """A job with an argument that is the result of a parent, for which alone it waits, unless it was asked to anyway."""
    depends_on = (*facts.pop("depends_on", ()), parent)
    return world.put(payload=OLD, links=text(y=(parent,) if asked else parent), depends_on=depends_on, **facts)


def text(**links: int | tuple[int]) -> str:
    return msgspec.json.encode(links).decode()


def relink(world: World, job: int, *, payload: str = OLD, old_payload: str = OLD, **links: int) -> ReviseAnswer:
    """Leave the job with these links, and no others."""
    new = text(**links) if links else None
    old = world.detail(job).links
    return revise(world, job, payload=payload, old_payload=old_payload, links=new, old_links=old)


def waits_for(world: World, job: int) -> tuple[State, int, tuple[int, ...]]:
    row, detail = world.row(job), world.detail(job)
    return row.state, row.parents_left, detail.parents


class TestLinks:
    def test_other_arguments_are_changed_and_the_link_stays(self, world: World, node: int) -> None:
        parent = world.put()
        job = linked(world, parent)
        old = world.detail(job).links
        assert revise(world, job, payload=NEW, old_payload=OLD, links=old, old_links=old) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.WAITING, 1, (parent,))
        world.end(node, world.take(node, parent), result="7")
        assert world.take(node, job).payload == '{"x":2,"y":7}'
        world.healthy()

    def test_with_the_link_goes_the_waiting_for_it(self, world: World, node: int) -> None:
        parent = world.put()
        job = linked(world, parent)
        value = '{"x":1,"y":5}'
        assert relink(world, job, payload=value) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.QUEUED, 0, ())
        assert world.claim_ids(node) == [parent, job]
        assert (world.detail(job).payload, world.detail(job).links) == (value, None)
        world.healthy()

    def test_but_not_where_it_was_asked_to_wait_anyway(self, world: World, node: int) -> None:
        parent = world.put()
        job = linked(world, parent, asked=True)
        assert relink(world, job, payload='{"x":1,"y":5}') is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.WAITING, 1, (parent,))
        world.end(node, world.take(node, parent), result="7")
        assert world.take(node, job).payload == '{"x":1,"y":5}'

    def test_nor_where_another_argument_is_its_result_too(self, world: World, node: int) -> None:
        parent = world.put()
        job = world.put(payload=OLD, links=text(y=parent, z=parent), depends_on=(parent,))
        assert relink(world, job, payload='{"x":1,"y":5}', z=parent) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.WAITING, 1, (parent,))
        world.end(node, world.take(node, parent), result="7")
        assert world.take(node, job).payload == '{"x":1,"y":5,"z":7}'

    def test_a_delay_is_kept_when_the_waiting_ends(self, world: World) -> None:
        job = linked(world, world.put(), delay_us=60 * SECOND_US)
        relink(world, job, payload='{"x":1,"y":5}')
        assert waits_for(world, job) == (State.SCHEDULED, 0, ())

    def test_another_job_takes_the_place_of_the_first(self, world: World, node: int) -> None:
        first, second = world.put(), world.put()
        job = linked(world, first)
        assert relink(world, job, y=second) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.WAITING, 1, (second,))
        world.fail(node, world.take(node, first))
        assert world.state(job) is State.WAITING
        world.end(node, world.take(node, second), result="7")
        assert world.take(node, job).payload == '{"x":1,"y":7}'
        world.healthy()

    def test_one_that_has_completed_gives_its_result_at_once(self, world: World, node: int) -> None:
        done = world.running(node)
        world.end(node, done, result="7")
        world.archive()
        job = linked(world, world.put())
        assert relink(world, job, y=done.id) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.QUEUED, 0, (done.id,))
        assert (world.detail(job).payload, world.detail(job).links) == ('{"x":1,"y":7}', None)
        world.healthy()

    @pytest.mark.parametrize("facts", [{}, {"delay_us": SECOND_US}, {"lane": "smtp"}, {"key": "ann"}])
    def test_one_that_waited_for_nobody_waits_now(self, world: World, node: int, facts: dict[str, Any]) -> None:
        parent = world.put()
        job = world.put(payload=OLD, **facts)
        behind = world.put(**facts)
        assert relink(world, job, y=parent) is ReviseAnswer.REVISED
        assert waits_for(world, job) == (State.WAITING, 1, (parent,))
        world.healthy()
        world.clock.advance(2)
        first, other = world.claim(node, 5)
        assert (first.id, other.id) == (parent, behind)
        world.end(node, first, result="7")
        world.end(node, other)
        assert world.take(node, job).payload == '{"x":1,"y":7}'
        world.healthy()

    def test_a_new_parent_that_ends_badly_takes_it_along(self, world: World, node: int) -> None:
        parent, job = world.put(), world.put(payload=OLD)
        relink(world, job, y=parent)
        world.fail(node, world.take(node, parent))
        assert (world.state(job), world.row(job).code) == (State.CANCELLED, "parent_failed")

    def test_a_parent_that_was_let_go_again_is_waited_for_anew(self, world: World, node: int) -> None:
        parent = world.put()
        job = world.put(payload=OLD, depends_on=(parent,), condition="finished")
        world.fail(node, world.take(node, parent))
        world.store.call(world.store.requeue(parent))
        assert waits_for(world, job) == (State.QUEUED, 0, (parent,))
        relink(world, job, y=parent)
        assert waits_for(world, job) == (State.WAITING, 1, (parent,))
        world.end(node, world.take(node, parent), result="7")
        assert world.take(node, job).payload == '{"x":1,"y":7}'
        world.healthy()

    def test_a_condition_is_judged_by_who_is_left(self, world: World, node: int) -> None:
        good, slow = world.put(), world.put()
        job = linked(world, slow, depends_on=(good,), condition="failure")
        child = world.put(depends_on=(job,))
        world.end(node, world.take(node, good))
        relink(world, job, payload='{"x":1,"y":5}')
        assert (world.state(job), world.row(job).code) == (State.SKIPPED, "condition_unmet")
        assert (world.state(child), world.row(child).code) == (State.CANCELLED, "parent_failed")
        world.healthy()

    def test_a_result_that_was_missing_can_be_given(self, world: World, node: int) -> None:
        parent = world.put()
        job = linked(world, parent, condition="finished")
        world.fail(node, world.take(node, parent))
        assert world.detail(job).links == text(y=parent)
        relink(world, job, payload='{"x":1,"y":5}')
        claim = world.take(node, job)
        assert (claim.payload, claim.links) == ('{"x":1,"y":5}', None)

    @pytest.mark.parametrize("end", ["failed", "cancelled", "unknown", "another app's"])
    def test_of_one_that_will_never_have_a_result_is_refused_and_changes_nothing(
        self, world: World, node: int, end: str
    ) -> None:
        other = 10**9 if end == "unknown" else world.put(app="elsewhere" if end == "another app's" else "default")
        if end == "failed":
            world.fail(node, world.take(node, other))
        if end == "cancelled":
            world.store.call(world.store.cancel(other))
        job = linked(world, world.put())
        before = world.everything()
        error = JobNotRevisable if end in {"failed", "cancelled"} else JobNotFound
        with pytest.raises(error, match=str(other)):
            relink(world, job, payload=NEW, y=other)
        assert world.everything() == before

    def test_links_that_somebody_else_has_changed_are_left_alone(self, world: World) -> None:
        first, second = world.put(), world.put()
        job = linked(world, first)
        old = world.detail(job).links
        relink(world, job, y=second)
        before = world.everything()
        answer = revise(world, job, payload=OLD, old_payload=OLD, links=text(y=first), old_links=old)
        assert answer is ReviseAnswer.CHANGED
        assert world.everything() == before


class TestCycles:
    def refused(self, world: World, job: int, parent: int) -> None:
        before = world.everything()
        with pytest.raises(JobNotRevisable, match="it would wait for itself"):
            relink(world, job, y=parent)
        assert world.everything() == before
        world.healthy()

    def test_a_job_cannot_wait_for_itself(self, world: World) -> None:
        job = world.put(payload=OLD)
        self.refused(world, job, job)

    def test_nor_for_a_dependant_of_its_dependants(self, world: World) -> None:
        job = world.put(payload=OLD)
        child = world.put(depends_on=(job,))
        self.refused(world, job, world.put(depends_on=(child,)))

    @pytest.mark.parametrize("nested", [False, True])
    def test_nor_for_one_that_waits_for_its_batch(self, world: World, *, nested: bool) -> None:
        outer = create(world, "outer")
        inner = create(world, "inner", parent=outer)
        job = world.put(payload=OLD, batch=inner if nested else outer)
        self.refused(world, job, world.put(after_batches=("outer",)))

    def test_nor_for_one_whose_callback_waits_for_it(self, world: World, node: int) -> None:
        callback = as_text(NewCallback(job=new("then", name="other", payload=OLD), argument=None))
        caller = world.running(node, callback=callback)
        job = world.put(payload=OLD, priority=-1)
        world.end(node, caller)
        (then,) = (row.id for row in world.store.reader.call(world.store.reader.page(JobFilter())).rows[:1])
        relink(world, then, y=job)
        assert world.state(then) is State.WAITING
        self.refused(world, job, caller.id)


class TestKeys:
    def test_a_key_that_follows_from_the_arguments_follows_them(self, world: World) -> None:
        job = world.put(payload=OLD, unique_key="of 1")
        parts = {"payload": NEW, "old_payload": OLD, "unique_key": "of 2"}
        assert revise(world, job, **parts) is ReviseAnswer.REVISED
        assert world.put(unique_key="of 2") == job
        assert world.put(unique_key="of 1") != job
        world.healthy()

    def test_one_that_another_job_holds_is_not_taken(self, world: World) -> None:
        job = world.put(payload=OLD, unique_key="of 1")
        world.put(unique_key="of 2")
        before = world.everything()
        parts = {"payload": NEW, "old_payload": OLD, "unique_key": "of 2"}
        assert revise(world, job, **parts) is ReviseAnswer.KEY_HELD
        assert world.everything() == before

    def test_one_that_is_not_held_any_more_is_not_held_again(self, world: World) -> None:
        job = world.put(payload=OLD, unique_key="of 1", unique_for_us=SECOND_US)
        world.clock.advance(2)
        world.tend()
        revise(world, job, payload=NEW, old_payload=OLD, unique_key="of 2")
        assert world.put(unique_key="of 2") != job
        world.healthy()


def test_calls_that_share_a_commit_do_not_disturb_each_other(world: World) -> None:
    jobs = [world.put() for _ in range(10)]
    operations = [operation(world, job, priority=number) for number, job in enumerate(jobs)]
    operations.insert(5, operation(world, 10**9, priority=1))
    answers = together(world.store, operations)
    assert answers.pop(5) is ReviseAnswer.NOT_FOUND
    assert set(answers) == {ReviseAnswer.REVISED}
    assert [world.row(job).priority for job in jobs] == list(range(10))


def test_a_parked_one_stays_parked(world: World, node: int) -> None:
    job = world.put(name="nobody knows")
    world.claim(node)
    assert world.row(job).blocked == "unknown_handler"
    revise(world, job, priority=5)
    assert world.row(job).blocked == "unknown_handler"
    knows = world.node("knows", names=("nobody knows",))
    assert world.claim_ids(knows, names=("nobody knows",)) == [job]


class TestInLines:
    """A revised job takes its place in its line anew, and others may take the one that it had."""

    def test_a_higher_priority_goes_first_of_those_that_wait_for_a_key(self, world: World, node: int) -> None:
        runs = world.running(node, key="customer:42")
        first, second = world.put(key="customer:42"), world.put(key="customer:42")
        revise(world, second, priority=5)
        world.end(node, runs)
        assert world.claim_ids(node) == [second]
        assert first != second
        world.healthy()

    @pytest.mark.parametrize(
        "facts", [{"lane": "smtp"}, {"key": "customer:42"}, {"lane": "smtp", "key": "customer:42"}]
    )
    def test_one_whose_turn_it_was_and_that_is_due_later_lets_the_next_go(
        self, world: World, node: int, facts: dict[str, Any]
    ) -> None:
        first, second = world.put(**facts), world.put(**facts)
        revise(world, first, delay_us=60 * SECOND_US)
        assert world.claim_ids(node) == [second]
        world.healthy()

    @pytest.mark.parametrize(
        "facts", [{"lane": "smtp"}, {"key": "customer:42"}, {"lane": "smtp", "key": "customer:42"}]
    )
    def test_one_that_is_due_now_stands_where_it_belongs(self, world: World, node: int, facts: dict[str, Any]) -> None:
        first, second = world.put(delay_us=60 * SECOND_US, priority=1, **facts), world.put(**facts)
        revise(world, first, delay_us=0)
        assert world.claim_ids(node) == [first]
        assert world.state(second) is State.QUEUED
        world.healthy()

    @pytest.mark.parametrize("facts", [{"lane": "smtp"}, {"key": "customer:42"}])
    def test_in_another_queue_it_is_still_one_at_a_time(self, world: World, node: int, facts: dict[str, Any]) -> None:
        first, second = world.put(**facts), world.put(**facts)
        revise(world, first, queue="mail")
        assert world.claim_ids(node, queues=("mail",)) == [first]
        assert world.claim_ids(node) == []
        assert world.state(second) is State.QUEUED
        world.healthy()


def test_against_a_claim(pair: Pair) -> None:
    """Either the attempt is given the new arguments, or the revision is refused and the attempt has the old ones."""
    node = pair.one.node()
    for _ in range(ROUNDS):
        job = pair.one.put(payload=OLD)
        claims, answer = pair.race(
            partial(pair.one.claim, node), partial(revise, pair.two, job, priority=1, payload=NEW, old_payload=OLD)
        )
        (claim,) = claims
        expected = (NEW, 1) if answer is ReviseAnswer.REVISED else (OLD, 0)
        assert answer in {ReviseAnswer.REVISED, ReviseAnswer.STARTED}
        assert (claim.payload, pair.one.row(job).priority) == expected
        pair.one.end(node, claim)
    pair.one.healthy()
