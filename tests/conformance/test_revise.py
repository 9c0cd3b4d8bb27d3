"""Revising: a job that waits is changed, one that has started is not."""

from functools import partial
from typing import Any

import pytest

from headway.model.job import PENDING, State
from headway.model.outcome import EndKind
from headway.store.protocol import Operation
from headway.store.revision import ReviseAnswer, Revision
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.stages import DRIVE, drive
from tests.conformance.test_audit import together
from tests.conformance.test_races import ROUNDS, Pair, pair
from tests.conformance.world import World

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
