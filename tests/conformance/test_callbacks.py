"""What callbacks promise: stored with the success, run once for it, and the job ends as they do."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import msgspec
import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import Ask, CancelAnswer, JobFilter, RequeueAnswer
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World, new


def callback(argument: str | None = "result", **facts: Any) -> str:
    return as_text(NewCallback(job=new("", name="other", **facts), argument=argument))


def executed(world: World, node: int, result: str | None = "7", **facts: Any) -> tuple[int, int]:
    """A job that has returned, and its callback, which waits to be claimed."""
    claim = world.running(node, callback=facts.pop("callback", callback()), **facts)
    assert world.end(node, claim, result=result) is State.EXECUTED
    return claim.id, callback_of(world, claim.id)


def callbacks_of(world: World, job: int) -> list[int]:
    rows = world.store.reader.call(world.store.reader.page(JobFilter(), limit=1000)).rows
    return sorted(row.id for row in rows if row.callback_of == job)


def callback_of(world: World, job: int) -> int:
    (found,) = callbacks_of(world, job)
    return found


class TestSuccess:
    def test_makes_the_job_executed_with_its_result_and_inserts_the_callback(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        row, after = world.row(job), world.row(then)
        assert (row.state, row.finished_us, world.detail(job).result) == (State.EXECUTED, None, "7")
        assert (after.state, after.ref_id, after.callback_of) == (State.QUEUED, f"callback-{job}-1", job)
        assert world.archive() == 0
        world.healthy()

    def test_of_the_callback_completes_the_job(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        world.clock.advance(5)
        world.end(node, world.take(node, then))
        row = world.row(job)
        assert (row.state, row.finished_us, row.code) == (State.COMPLETED, world.clock.now_us(), None)
        assert world.detail(job).result == "7"
        assert callbacks_of(world, job) == [then]
        world.healthy()

    @pytest.mark.parametrize(
        ("result", "payload"),
        [
            ("7", {"x": 1, "result": 7}),
            (None, {"x": 1, "result": None}),
            ('{"a":[1,"ü"]}', {"x": 1, "result": {"a": [1, "ü"]}}),
        ],
    )
    def test_gives_the_callback_the_result(self, world: World, node: int, result: str | None, payload: object) -> None:
        _, then = executed(world, node, result)
        assert msgspec.json.decode(world.take(node, then).payload) == payload

    def test_carries_large_numbers_exactly(self, world: World, node: int) -> None:
        _, then = executed(world, node, "1" * 400)
        assert f'"result":{"1" * 400}}}' in world.take(node, then).payload

    def test_gives_a_callback_without_argument_nothing(self, world: World, node: int) -> None:
        _, then = executed(world, node, callback=callback(None, payload="{}"))
        assert world.take(node, then).payload == "{}"

    def test_of_a_later_attempt_inserts_one_callback(self, world: World, node: int) -> None:
        first = world.running(node, callback=callback())
        world.end(node, first, EndKind.RAISED, delay_us=0)
        assert callbacks_of(world, first.id) == []
        world.end(node, world.take(node, first.id))
        assert world.row(callback_of(world, first.id)).ref_id == f"callback-{first.id}-2"

    @pytest.mark.parametrize("kind", [kind for kind in EndKind if kind is not EndKind.RETURNED])
    def test_alone_inserts_it(self, world: World, node: int, kind: EndKind) -> None:
        claim = world.running(node, callback=callback())
        world.end(node, claim, kind)
        assert callbacks_of(world, claim.id) == []

    def test_is_not_said_by_a_late_attempt(self, world: World, node: int) -> None:
        old = world.running(node, callback=callback())
        world.end(node, old, EndKind.RELEASED)
        job = world.take(node, old.id)
        assert world.settle(node, old).accepted == (False,)
        assert (world.state(job.id), callbacks_of(world, job.id)) == (State.RUNNING, [])

    def test_loses_to_a_cancellation_asked_for_in_time(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        world.store.call(world.store.cancel(claim.id))
        assert world.end(node, claim) is State.CANCELLED
        assert callbacks_of(world, claim.id) == []

    def test_may_be_claimed_in_the_same_turn(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        answer = world.turn(node, world.settlement(claim), asks=[Ask(limit=1, names=frozenset({"other"}))])
        assert [one.callback_of for one in answer.claims] == [claim.id]

    def test_whatever_references_people_chose(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        world.put(ref_id=f"callback-{claim.id}-1", content=b"mine", delay_us=SECOND_US)
        world.end(node, claim)
        assert world.row(callback_of(world, claim.id)).ref_id == f"callback-{claim.id}-1-2"

    def test_with_a_callback_that_cannot_be_stored_fails_the_job_and_not_the_settling(
        self, world: World, node: int
    ) -> None:
        broken = world.running(node, callback=callback(depends_on=(999_999,)))
        other = world.running(node)
        answer = world.turn(node, world.settlement(broken, result="7"), world.settlement(other))
        assert answer.accepted == (True, True)
        row = world.row(broken.id)
        assert (row.state, row.code, world.detail(broken.id).result) == (State.FAILED, "callback_failed", "7")
        assert world.state(other.id) is State.COMPLETED
        world.healthy()

    def test_of_many_in_one_turn(self, world: World, node: int) -> None:
        claims = [world.running(node, callback=callback()) for _ in range(20)]
        world.turn(node, *(world.settlement(claim) for claim in claims))
        assert len({callback_of(world, claim.id) for claim in claims}) == 20
        world.healthy()

    def test_runs_callbacks_of_callbacks(self, world: World, node: int) -> None:
        inner = callback(callback=callback())
        job, then = executed(world, node, callback=inner)
        assert world.end(node, world.take(node, then), result="8") is State.EXECUTED
        last = callback_of(world, then)
        assert (world.state(job), world.state(then)) == (State.EXECUTED, State.EXECUTED)
        world.end(node, world.take(node, last))
        assert (world.state(job), world.state(then)) == (State.COMPLETED, State.COMPLETED)
        world.healthy()


def failed(world: World, node: int, **facts: Any) -> tuple[int, int]:
    """A job whose callback failed for good."""
    job, then = executed(world, node, **facts)
    world.fail(node, world.take(node, then))
    return job, then


class TestFailure:
    def test_of_the_callback_fails_the_job_which_keeps_its_result(self, world: World, node: int) -> None:
        job, then = failed(world, node)
        row = world.row(job)
        assert (row.state, row.code, row.epoch) == (State.FAILED, "callback_failed", 1)
        assert row.reason == f"its callback, job {then}, ended failed"
        assert world.detail(job).result == "7"
        world.healthy()

    def test_that_will_be_retried_is_none(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        world.end(node, world.take(node, then), EndKind.RAISED, delay_us=0)
        assert world.state(job) is State.EXECUTED
        world.end(node, world.take(node, then))
        assert world.state(job) is State.COMPLETED

    @pytest.mark.parametrize("how", ["cancel", "expiry", "parent"])
    def test_to_start_is_one_too(self, world: World, node: int, how: str) -> None:
        other = world.put(delay_us=100 * SECOND_US)
        facts: dict[str, Any] = {"cancel": {}, "parent": {"depends_on": (other,)}}.get(
            how, {"expires_us": world.clock.now_us() + SECOND_US}
        )
        job, then = executed(world, node, callback=callback(**facts))
        match how:
            case "cancel":
                world.store.call(world.store.cancel(then))
            case "expiry":
                world.clock.advance(2)
                world.tend()
            case _:
                world.store.call(world.store.cancel(other))
        assert (world.state(then), world.state(job)) == (State.CANCELLED, State.FAILED)
        assert world.row(job).code == "callback_failed"
        world.healthy()

    def test_in_a_process_that_died(self, world: World, node: int) -> None:
        job, then = executed(world, node, callback=callback(interrupt_fails=True))
        world.take(node, then)
        world.reap("first")
        assert (world.state(then), world.state(job)) == (State.FAILED, State.FAILED)
        world.healthy()


class TestDependants:
    def test_wait_until_the_job_has_completed(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        child = world.put(depends_on=(claim.id,))
        world.end(node, claim)
        late = world.put(depends_on=(claim.id,))
        assert (world.state(child), world.state(late)) == (State.WAITING, State.WAITING)
        world.end(node, world.take(node, callback_of(world, claim.id)))
        assert (world.state(child), world.state(late)) == (State.QUEUED, State.QUEUED)
        world.healthy()

    def test_of_a_job_whose_callback_failed_are_those_of_a_failed_one(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        plain = world.put(depends_on=(claim.id,))
        rescue = world.put(depends_on=(claim.id,), condition="failure")
        world.end(node, claim)
        world.fail(node, world.take(node, callback_of(world, claim.id)))
        assert (world.state(plain), world.state(rescue)) == (State.CANCELLED, State.QUEUED)


class TestCancel:
    def test_of_an_executed_job_cancels_its_callback(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        assert world.store.call(world.store.cancel(job, by="ann")) is CancelAnswer.CANCELLED
        assert (world.state(then), world.state(job)) == (State.CANCELLED, State.FAILED)
        assert (world.row(job).code, world.detail(job).result) == ("callback_failed", "7")
        world.healthy()

    def test_of_one_whose_callback_runs_is_a_request(self, world: World, node: int) -> None:
        job, then = executed(world, node)
        claim = world.take(node, then)
        assert world.store.call(world.store.cancel(job, by="ann")) is CancelAnswer.REQUESTED
        assert world.store.call(world.store.cancel(job)) is CancelAnswer.ALREADY_REQUESTED
        assert [stop.id for stop in world.turn(node).stops] == [then]
        world.end(node, claim)
        assert world.state(job) is State.FAILED


class TestRequeue:
    @pytest.mark.parametrize("which", ["job", "callback"])
    def test_runs_only_the_callback_again(self, world: World, node: int, which: str) -> None:
        job, then = failed(world, node)
        answer = world.store.call(world.store.requeue(job if which == "job" else then, by="ann"))
        assert answer is RequeueAnswer.REQUEUED
        row = world.row(job)
        assert (row.state, row.epoch, row.code, row.finished_us) == (State.EXECUTED, 1, None, None)
        world.healthy()
        again = world.take(node, then)
        assert (again.epoch, again.payload) == (2, '{"x":1,"result":7}')
        world.end(node, again)
        assert (world.state(job), callbacks_of(world, job)) == (State.COMPLETED, [then])
        assert world.claim_ids(node) == []
        world.healthy()

    @pytest.mark.parametrize("which", ["job", "callback"])
    def test_of_an_archived_one(self, world: World, node: int, which: str) -> None:
        job, then = failed(world, node)
        assert world.archive() == 2
        world.store.call(world.store.requeue(job if which == "job" else then))
        assert (world.state(job), world.state(then)) == (State.EXECUTED, State.QUEUED)
        world.healthy()
        world.end(node, world.take(node, then))
        assert (world.state(job), world.detail(job).result) == (State.COMPLETED, "7")
        world.healthy()

    def test_of_one_that_failed_itself_runs_it_and_then_its_callback(self, world: World, node: int) -> None:
        claim = world.running(node, callback=callback())
        world.fail(node, claim)
        world.archive()
        world.store.call(world.store.requeue(claim.id))
        assert world.end(node, world.take(node, claim.id), result="8") is State.EXECUTED
        assert world.take(node, callback_of(world, claim.id)).payload == '{"x":1,"result":8}'
        world.healthy()

    def test_of_a_callback_whose_job_is_gone_runs_it_alone(self, world: World, node: int) -> None:
        job, then = failed(world, node)
        later = world.clock.now_us() + 1
        assert world.store.call(world.store.purge(completed_before_us=None, failed_before_us=later, limit=1)) == 1
        assert world.store.reader.call(world.store.reader.job(job)) is None
        world.store.call(world.store.requeue(then))
        assert world.end(node, world.take(node, then)) is State.COMPLETED
        world.healthy()

    def test_of_the_outermost_reopens_the_whole_chain(self, world: World, node: int) -> None:
        job, then = executed(world, node, callback=callback(callback=callback()))
        world.end(node, world.take(node, then), result="8")
        last = callback_of(world, then)
        world.fail(node, world.take(node, last))
        assert [world.state(one) for one in (job, then, last)] == [State.FAILED] * 3
        for start in (job, then, last):
            world.store.call(world.store.requeue(start))
            assert [world.state(one) for one in (job, then, last)] == [State.EXECUTED, State.EXECUTED, State.QUEUED]
            world.healthy()
            world.fail(node, world.take(node, last))
        world.store.call(world.store.requeue(last))
        world.end(node, world.take(node, last))
        assert [world.state(one) for one in (job, then, last)] == [State.COMPLETED] * 3
        world.healthy()

    def test_of_one_without_arguments_is_refused(self, world: World, node: int) -> None:
        job, _ = failed(world, node)
        world.archive()
        world.store.call(world.store.prune(logs_before_us=None, bodies_before_us=world.clock.now_us() + 1))
        where = JobFilter(states=(State.FAILED,))
        answer = world.store.call(world.store.requeue_many([job], where=where))
        assert dict(answer.answers) == {job: RequeueAnswer.BODY_GONE}
        assert world.state(job) is State.FAILED


class TestRaces:
    """With a barrier: whoever comes first, nothing comes in between."""

    def test_the_end_of_the_callback_against_a_cancel_of_the_job(self, world: World, node: int) -> None:
        for _ in range(20):
            job, then = executed(world, node)
            claim = world.take(node, then)
            _, answer = together(partial(world.settle, node, claim), partial(world.store.call, world.store.cancel(job)))
            completed = answer is CancelAnswer.FINAL
            expected = (State.COMPLETED, State.COMPLETED) if completed else (State.CANCELLED, State.FAILED)
            assert (world.state(then), world.state(job)) == expected
        world.healthy()

    def test_the_end_of_the_callback_against_a_dependant_that_comes(self, world: World, node: int) -> None:
        for _ in range(20):
            job, then = executed(world, node)
            claim = world.take(node, then)
            _, child = together(partial(world.settle, node, claim), partial(world.put, depends_on=(job,)))
            world.end(node, world.take(node, child))
        world.healthy()


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Do these at the same moment; their answers."""
    barrier = threading.Barrier(len(acts))

    def act(one: Callable[[], Any]) -> Any:
        barrier.wait(10)
        return one()

    with ThreadPoolExecutor(len(acts)) as threads:
        return [answer.result(10) for answer in [threads.submit(act, one) for one in acts]]
