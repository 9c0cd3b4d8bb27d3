"""How attempts end: every ending, what it makes of the job, and the fence around it."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from headway.model.claim import Claim, NewJob
from headway.model.job import State
from headway.model.outcome import CRASHES_MAX, EndKind, Settlement
from headway.store.protocol import Ask
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import ERROR, World

PERMANENT: dict[str, Any] = {"permanent": True}
SOON: dict[str, Any] = {"delay_us": 5 * SECOND_US}
ENDINGS: dict[str, tuple[EndKind, dict[str, Any], dict[str, bool], State]] = {
    "returned": (EndKind.RETURNED, {"result": "7"}, {}, State.COMPLETED),
    "raised, to be retried": (EndKind.RAISED, SOON, {}, State.SCHEDULED),
    "raised for good": (EndKind.RAISED, PERMANENT, {}, State.FAILED),
    "timed out, to be retried": (EndKind.TIMED_OUT, SOON, {}, State.SCHEDULED),
    "timed out for good": (EndKind.TIMED_OUT, {}, {"timeout_retries": False}, State.FAILED),
    "timed out as a cancellation": (
        EndKind.TIMED_OUT, {}, {"timeout_retries": False, "timeout_cancels": True}, State.CANCELLED,
    ),
    "cancelled": (EndKind.CANCELLED, {}, {}, State.CANCELLED),
    "snoozed": (EndKind.SNOOZED, SOON, {}, State.SCHEDULED),
    "released": (EndKind.RELEASED, {}, {}, State.QUEUED),
    "crashed": (EndKind.CRASHED, {}, {}, State.SCHEDULED),
    "crashed where that fails": (EndKind.CRASHED, {}, {"interrupt_fails": True}, State.FAILED),
    "suspect": (EndKind.SUSPECT, {}, {}, State.QUEUED),
    "suspect where that fails": (EndKind.SUSPECT, {}, {"interrupt_fails": True}, State.FAILED),
}  # fmt: skip
every_ending = pytest.mark.parametrize("name", list(ENDINGS))


def settlement(world: World, claim: Claim, name: str) -> Settlement:
    kind, facts, handler, _ = ENDINGS[name]
    return world.settlement(claim, kind, handler=handler, **facts)


class TestEveryEnding:
    @every_ending
    def test_is_written_as_decided(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        world.clock.advance(2)
        written = settlement(world, claim, name)
        answer = world.turn(node, written)
        state = ENDINGS[name][3]
        assert (answer.alive, answer.accepted, answer.states, answer.claims) == (True, (True,), (state,), ())
        row = world.row(claim.id)
        assert (row.state, row.epoch) == (state, 1)
        assert (row.tries, row.crashes, row.suspect) == (written.tries, written.crashes, written.suspect)
        assert row.code == written.code
        assert (row.finished_us is not None) == state.is_final
        if state is State.SCHEDULED:
            assert row.due_us == world.clock.now_us() + written.due_delay_us

    @every_ending
    def test_leaves_one_attempt(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        world.clock.advance(2)
        written = settlement(world, claim, name)
        world.turn(node, written)
        (attempt,) = world.detail(claim.id).attempts
        assert (attempt.epoch, attempt.node_uid, attempt.kind, attempt.code) == (1, "first", written.kind, written.code)
        assert (attempt.started_us, attempt.finished_us) == (written.started_us, written.finished_us)
        assert attempt.error == written.error

    @every_ending
    def test_leaves_a_healthy_store(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        child = world.put(depends_on=(claim.id,))
        world.turn(node, settlement(world, claim, name))
        match ENDINGS[name][3]:
            case State.COMPLETED:
                assert world.state(child) is State.QUEUED
            case State.FAILED | State.CANCELLED:
                assert world.state(child) is State.CANCELLED
            case _:
                assert world.state(child) is State.WAITING
        world.healthy()

    @every_ending
    def test_a_cancellation_asked_for_before_wins(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        children = [world.put(depends_on=(claim.id,))]
        world.store.call(world.store.cancel(claim.id, by="ann"))
        answer = world.turn(node, settlement(world, claim, name))
        assert (answer.accepted, answer.states) == ((True,), (State.CANCELLED,))
        row, detail = world.row(claim.id), world.detail(claim.id)
        assert (row.state, row.code, row.cancel_by) == (State.CANCELLED, "cancelled", "ann")
        assert row.finished_us is not None
        assert detail.result is None
        assert len(detail.attempts) == 1
        assert [world.state(child) for child in children] == [State.CANCELLED]
        assert world.claim_ids(node) == []
        world.healthy()

    def test_a_cancellation_wins_whatever_word_the_ending_carries(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.cancel(claim.id))
        assert world.end(node, claim, EndKind.RAISED, code="cancelled", **SOON) is State.CANCELLED

    def test_a_node_may_settle_and_be_given_the_next_in_one_turn(self, world: World, node: int) -> None:
        claim, follower = world.running(node), world.put()
        answer = world.turn(node, world.settlement(claim), asks=[Ask(limit=1, names=frozenset({"work"}))])
        assert (answer.states, [one.id for one in answer.claims]) == ((State.COMPLETED,), [follower])

    def test_a_child_is_released_before_the_same_turn_claims(self, world: World, node: int) -> None:
        claim = world.running(node)
        child = world.put(depends_on=(claim.id,))
        answer = world.turn(node, world.settlement(claim), asks=[Ask(limit=1, names=frozenset({"work"}))])
        assert [one.id for one in answer.claims] == [child]

    def test_no_worker_says_that_a_job_is_executed(self, world: World, node: int) -> None:
        claim = world.running(node)
        written = msgspec.structs.replace(world.settlement(claim, result="7"), state=State.EXECUTED)
        assert world.turn(node, written).states == (None,)
        assert world.state(claim.id) is State.RUNNING


class TestResult:
    @pytest.mark.parametrize(
        "result", ["null", "0", '""', '{"a":[1,2.5,"ü \\u0000 \\ud83d"]}', '"' + "x" * 300_000 + '"']
    )
    def test_is_kept_as_it_is(self, world: World, node: int, result: str) -> None:
        claim = world.running(node)
        world.end(node, claim, result=result)
        assert world.detail(claim.id).result == result

    def test_may_be_absent(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        assert world.detail(claim.id).result is None

    def test_too_large_is_absent_with_its_size_and_the_job_completed(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, result_size=5_000_000, code="result_omitted")
        detail = world.detail(claim.id)
        assert (detail.row.state, detail.row.code) == (State.COMPLETED, "result_omitted")
        assert (detail.result, detail.result_size) == (None, 5_000_000)


class TestChildren:
    """Calls tied to an attempt: there if and only if it succeeded."""

    def test_are_enqueued_with_the_success(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, children=calls(world.new(ref_id="c1"), world.new(ref_id="c2", depends_on=(claim.id,))))
        assert [world.row(ref).state for ref in ("c1", "c2")] == [State.QUEUED, State.QUEUED]

    @pytest.mark.parametrize("name", [name for name in ENDINGS if name != "returned"])
    def test_are_dropped_with_any_other_ending(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        written = msgspec.structs.replace(settlement(world, claim, name), children=calls(world.new(ref_id="c1")))
        world.turn(node, written)
        assert world.store.reader.call(world.store.reader.job("c1")) is None

    @pytest.mark.parametrize("first", [0, 1])
    @pytest.mark.parametrize(("kind", "state"), [("returned", State.QUEUED), ("cancelled", State.CANCELLED)])
    def test_may_depend_on_what_ends_in_the_same_turn(
        self, world: World, node: int, first: int, kind: str, state: State
    ) -> None:
        other, claim = world.running(node), world.running(node)
        written = [
            world.settlement(other, EndKind(kind)),
            world.settlement(claim, children=calls(world.new(ref_id="c1", depends_on=(other.id,)))),
        ]
        world.turn(node, *(written if first else reversed(written)))
        assert world.row("c1").state is state
        world.healthy()

    def test_are_dropped_when_a_cancellation_wins(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.store.call(world.store.cancel(claim.id))
        world.end(node, claim, children=calls(world.new(ref_id="c1")))
        assert world.store.reader.call(world.store.reader.job("c1")) is None

    def test_of_a_stale_holder_are_dropped(self, world: World, node: int) -> None:
        old = world.running(node)
        world.end(node, old, EndKind.RELEASED)
        world.take(node, old.id)
        world.settle(node, old, children=calls(world.new(ref_id="c1")))
        assert world.store.reader.call(world.store.reader.job("c1")) is None

    def test_that_are_there_already_are_not_doubled(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.put(ref_id="c1", content=b"c")
        world.end(node, claim, children=calls(world.new(ref_id="c1", content=b"c")))
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == 1

    @pytest.mark.parametrize("fault", [{"depends_on": (999_999,)}, {"ref_id": "taken", "content": b"other"}])
    def test_that_cannot_be_stored_do_not_make_the_settling_fail(
        self, world: World, node: int, fault: dict[str, Any]
    ) -> None:
        world.put(ref_id="taken", content=b"one", priority=-1, delay_us=SECOND_US)
        claim, neighbour = world.running(node), world.running(node)
        bad = world.settlement(claim, children=calls(world.new(**fault)))
        answer = world.turn(node, bad, world.settlement(neighbour))
        assert answer.accepted[1]
        assert world.state(neighbour.id) is State.COMPLETED
        assert world.state(claim.id) is not State.RUNNING


def calls(*jobs: NewJob) -> str:
    return msgspec.json.encode(jobs).decode()


class TestBudgets:
    @pytest.mark.parametrize("retries", [0, 1, 2, 5])
    def test_retries_are_tries_after_the_first(self, world: World, node: int, retries: int) -> None:
        job, runs = world.put(retries=retries), 0
        while not world.state(job).is_final:
            world.end(node, world.take(node, job), EndKind.RAISED)
            runs += 1
        assert (runs, world.state(job), world.row(job).tries) == (retries + 1, State.FAILED, retries + 1)
        assert [attempt.epoch for attempt in world.detail(job).attempts] == list(range(1, retries + 2))

    def test_the_third_crash_is_poison(self, world: World, node: int) -> None:
        job = world.put(retries=9)
        waits = []
        for _ in range(CRASHES_MAX):
            world.end(node, world.take(node, job), EndKind.CRASHED)
            row = world.row(job)
            waits.append((row.due_us - world.clock.now_us()) // SECOND_US if row.state is State.SCHEDULED else None)
            world.clock.advance(10)
        row = world.row(job)
        assert (row.state, row.code, row.crashes, row.tries) == (State.FAILED, "poison", 3, 0)
        assert waits == [1, 10, None]

    def test_crashes_and_tries_are_two_budgets(self, world: World, node: int) -> None:
        job = world.put(retries=2)
        for kind in (EndKind.CRASHED, EndKind.RAISED, EndKind.CRASHED, EndKind.TIMED_OUT):
            world.end(node, world.take(node, job), kind)
            world.clock.advance(10)
        row = world.row(job)
        assert (row.state, row.tries, row.crashes) == (State.SCHEDULED, 2, 2)

    @pytest.mark.parametrize("kind", [EndKind.RELEASED, EndKind.SNOOZED, EndKind.SUSPECT])
    def test_these_charge_nothing(self, world: World, node: int, kind: EndKind) -> None:
        job = world.put(retries=0)
        for _ in range(12):
            world.end(node, world.take(node, job), kind)
        row = world.row(job)
        assert (row.tries, row.crashes, row.epoch) == (0, 0, 12)
        claim = world.take(node, job)
        assert (claim.tries, claim.crashes) == (0, 0)
        assert world.end(node, claim) is State.COMPLETED

    def test_a_suspect_is_marked_for_its_next_run_until_it_succeeds(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, EndKind.SUSPECT)
        again = world.take(node, claim.id)
        assert again.suspect > 0
        world.end(node, again, EndKind.RAISED)
        once_more = world.take(node, claim.id)
        assert once_more.suspect > 0
        world.end(node, once_more)
        assert world.row(claim.id).suspect == 0

    def test_a_released_job_keeps_its_place(self, world: World, node: int) -> None:
        claim = world.running(node)
        later = world.put()
        world.end(node, claim, EndKind.RELEASED)
        assert world.claim_ids(node) == [claim.id, later]

    def test_a_snooze_is_due_when_it_said(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, EndKind.SNOOZED, delay_us=60 * SECOND_US)
        world.clock.advance(59)
        assert world.claim_ids(node) == []
        world.clock.advance(1)
        assert world.claim_ids(node) == [claim.id]


class TestFence:
    @every_ending
    def test_an_old_epoch_changes_nothing(self, world: World, node: int, name: str) -> None:
        old = world.running(node)
        world.put(depends_on=(old.id,))
        world.end(node, old, EndKind.RELEASED)
        world.take(node, old.id)
        self._refused(world, node, old, name)

    @every_ending
    def test_an_epoch_never_granted_changes_nothing(self, world: World, node: int, name: str) -> None:
        claim = msgspec.structs.replace(world.running(node), epoch=2)
        self._refused(world, node, claim, name)

    @every_ending
    def test_another_node_changes_nothing(self, world: World, node: int, name: str) -> None:
        self._refused(world, world.node("second"), world.running(node), name)

    @every_ending
    def test_a_second_time_changes_nothing(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        world.put(depends_on=(claim.id,))
        world.end(node, claim, result="1")
        self._refused(world, node, claim, name)

    @every_ending
    @pytest.mark.parametrize("cancelled", [False, True])
    def test_the_same_once_more_because_its_answer_was_lost_is_not_called_late(
        self, world: World, node: int, name: str, *, cancelled: bool
    ) -> None:
        claim = world.running(node)
        if cancelled:
            world.store.call(world.store.cancel(claim.id))
        same = settlement(world, claim, name)
        assert world.turn(node, same).accepted == (True,)
        before = world.everything()
        world.clock.advance(1)
        assert world.turn(node, same).accepted == (False,)
        assert world.everything() == before

    @every_ending
    def test_after_the_job_was_taken_it_changes_nothing(self, world: World, node: int, name: str) -> None:
        claim = world.running(node)
        world.reap("first")
        self._refused(world, node, claim, name, alive=False)

    def test_a_job_that_never_was_is_refused(self, world: World, node: int) -> None:
        claim = world.running(node)
        ghost = msgspec.structs.replace(world.settlement(claim), id=999_999)
        assert world.turn(node, ghost).accepted == (False,)

    @staticmethod
    def _refused(world: World, node: int, claim: Claim, name: str, *, alive: bool = True) -> None:
        before = world.everything()
        late = msgspec.structs.replace(settlement(world, claim, name), result='"late"', error=ERROR)
        answer = world.turn(node, late)
        assert (answer.alive, answer.accepted, answer.states) == (alive, (False,), (None,))
        last = world.detail(claim.id).events[-1]
        assert (last.kind, last.epoch) == ("late_result", claim.epoch)
        assert _without_last_event(world, claim.id) == before

    def test_the_last_words_of_a_stale_holder_are_dropped(self, world: World, node: int) -> None:
        old = world.running(node)
        world.end(node, old, EndKind.RELEASED)
        world.take(node, old.id)
        world.settle(node, old, report=_words(world, old))
        assert (world.lines(old.id), world.row(old.id).status) == ([], None)

    def test_twice_in_one_turn_is_written_once(self, world: World, node: int) -> None:
        claim = world.running(node)
        child = world.put(depends_on=(claim.id, world.put()))
        answer = world.turn(node, world.settlement(claim, result="1"), world.settlement(claim, result="2"))
        assert (answer.accepted, answer.states) == ((True, False), (State.COMPLETED, None))
        assert (world.detail(claim.id).result, len(world.detail(claim.id).attempts)) == ("1", 1)
        assert (world.state(child), world.row(child).parents_left) == (State.WAITING, 1)

    def test_two_verdicts_in_one_turn_the_first_holds(self, world: World, node: int) -> None:
        claim = world.running(node)
        failed = world.settlement(claim, EndKind.RAISED, permanent=True)
        assert world.turn(node, failed, world.settlement(claim)).accepted == (True, False)
        assert world.state(claim.id) is State.FAILED

    def test_accepted_and_refused_mix_in_one_turn(self, world: World, node: int) -> None:
        for _ in range(6):
            world.put()
        claims = world.claim(node, 6)
        for stale in claims[::2]:
            world.end(node, stale, EndKind.CANCELLED)
        answer = world.turn(node, *(world.settlement(claim, result="1") for claim in claims))
        assert answer.accepted == (False, True) * 3
        assert answer.states == (None, State.COMPLETED) * 3
        assert [world.state(claim.id) for claim in claims] == [State.CANCELLED, State.COMPLETED] * 3

    def test_a_retry_and_its_stale_twin_in_one_turn(self, world: World, node: int) -> None:
        claim = world.running(node)
        answer = world.turn(node, world.settlement(claim, EndKind.RAISED, **SOON), world.settlement(claim))
        assert answer.states == (State.SCHEDULED, None)
        assert world.row(claim.id).tries == 1

    def test_hundreds_in_one_turn(self, world: World, node: int) -> None:
        world.enqueue(*[world.new() for _ in range(600)])
        claims = world.claim(node, 600)
        kinds = (EndKind.RETURNED, EndKind.RELEASED, EndKind.CANCELLED)
        answer = world.turn(node, *(world.settlement(one, kinds[n % 3]) for n, one in enumerate(claims)))
        assert answer.states == (State.COMPLETED, State.QUEUED, State.CANCELLED) * 200
        counts = world.store.reader.call(world.store.reader.counts())
        assert (counts[State.COMPLETED], counts[State.QUEUED], counts[State.CANCELLED]) == (200, 200, 200)


def _words(world: World, claim: Claim) -> Any:
    from headway.model.outcome import Report
    from tests.conformance.world import said

    return Report(id=claim.id, epoch=claim.epoch, status="late", fraction=0.9, lines=said(world.clock, "late"))


def _without_last_event(world: World, job: int) -> tuple[Any, ...]:
    details, lines, nodes = world.everything()
    kept = tuple(replace(detail, events=detail.events[:-1]) if detail.row.id == job else detail for detail in details)
    return kept, lines, nodes
