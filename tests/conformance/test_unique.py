"""Unique keys: one job of a key while it has not ended, or for a span; by one index, however the jobs come and go."""

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from headway.model.callback import NewCallback, as_text
from headway.model.claim import Claim, NewJob
from headway.model.errors import DuplicateJob
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, RequeueAnswer
from tests.conformance.batching import counts, create
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.stages import CALLBACK, DRIVE
from tests.conformance.test_audit import together
from tests.conformance.test_races import ROUNDS, WAIT_S, Pair, pair
from tests.conformance.world import World, new

__all__ = ["pair"]

KEY = "report:7"
SPAN_US = 600 * SECOND_US


def holder(world: World, key: str = KEY) -> int | None:
    row: JobRow | None = world.store.reader.call(world.store.reader.holder(key, app="default"))
    return None if row is None else row.id


def count(world: World) -> int:
    return world.store.reader.call(world.store.reader.page(JobFilter())).total


class TestWhileActive:
    def test_a_second_one_is_answered_with_the_first(self, world: World) -> None:
        first = world.put(ref_id="first", unique_key=KEY)
        (answer,) = world.enqueue(world.new(ref_id="second", unique_key=KEY, payload='{"x":2}', name="other"))
        assert (answer.id, answer.ref_id, answer.state, answer.existing) == (first, "first", State.QUEUED, True)
        assert answer.name == "work"
        assert (count(world), holder(world), world.row(first).unique_key) == (1, first, KEY)

    def test_or_refused_by_name_where_that_was_asked_for(self, world: World) -> None:
        first = world.put(unique_key=KEY)
        with pytest.raises(DuplicateJob, match=f"'{KEY}' belongs to job {first} \\(work\\), which is queued") as caught:
            world.enqueue(world.new(), world.new(unique_key=KEY, duplicate_raises=True))
        assert (caught.value.id, caught.value.key, count(world)) == (first, KEY, 1)

    @pytest.mark.parametrize("state", list(DRIVE))
    def test_in_every_state_but_the_final_ones(self, world: World, node: int, state: State) -> None:
        job = world.put(unique_key=KEY, **({"delay_us": SECOND_US} if state is State.SCHEDULED else {}))
        match state:
            case State.WAITING:
                world.store.call(world.store.cancel(job))
                job = world.put(unique_key=KEY, depends_on=(world.put(delay_us=SECOND_US),))
            case State.RUNNING:
                world.take(node, job)
            case State.EXECUTED:
                world.store.call(world.store.cancel(job))
                job = world.put(unique_key=KEY, callback=CALLBACK)
                world.end(node, world.take(node, job))
            case State.SKIPPED:
                world.store.call(world.store.cancel(job))
                parent = world.running(node)
                job = world.put(unique_key=KEY, depends_on=(parent.id,), condition="failure")
                world.end(node, parent)
            case State.COMPLETED:
                world.end(node, world.take(node, job))
            case State.FAILED:
                world.fail(node, world.take(node, job))
            case State.CANCELLED:
                world.store.call(world.store.cancel(job))
            case _:
                pass
        assert world.state(job) is state
        (answer,) = world.enqueue(world.new(unique_key=KEY))
        assert answer.existing is not state.is_final
        assert (answer.id == job) is answer.existing
        assert holder(world) == answer.id
        world.healthy()

    @pytest.mark.parametrize("kind", [EndKind.RAISED, EndKind.RELEASED, EndKind.SNOOZED, EndKind.TIMED_OUT])
    def test_no_gap_between_attempts(self, world: World, node: int, kind: EndKind) -> None:
        claim = world.running(node, unique_key=KEY)
        assert not world.end(node, claim, kind, delay_us=SECOND_US).is_final
        assert world.enqueue(world.new(unique_key=KEY))[0].id == claim.id

    def test_a_dead_node_frees_nothing(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY)
        world.reap("first")
        assert world.enqueue(world.new(unique_key=KEY))[0].id == claim.id

    @pytest.mark.parametrize("way", ["expiry", "parent", "interrupt", "cancel_many"])
    def test_whatever_ends_it_frees_it(self, world: World, node: int, way: str) -> None:
        parent = world.running(node)
        facts: dict[str, Any] = {
            "expiry": {"expires_us": world.clock.now_us() + SECOND_US},
            "parent": {"depends_on": (parent.id,)},
            "interrupt": {"interrupt_fails": True},
        }.get(way, {})
        job = world.put(unique_key=KEY, **facts)
        match way:
            case "expiry":
                world.clock.advance(2)
                world.tend()
            case "parent":
                world.fail(node, parent)
            case "interrupt":
                world.take(node, job)
                world.reap("first")
            case _:
                world.store.call(world.store.cancel_many([job], where=JobFilter()))
        assert world.state(job).is_final
        assert holder(world) is None
        assert not world.enqueue(world.new(unique_key=KEY))[0].existing
        world.healthy()

    def test_a_key_is_one_for_all_handlers_of_an_app_and_for_no_other_app(self, world: World) -> None:
        first = world.put(unique_key=KEY)
        assert world.put(unique_key=KEY, name="other") == first
        assert world.put(unique_key=KEY, app="elsewhere") != first

    def test_one_that_is_cancelled_as_it_is_stored_holds_nothing(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.fail(node, parent)
        born = world.put(unique_key=KEY, depends_on=(parent.id,))
        assert (world.state(born), holder(world)) == (State.CANCELLED, None)
        assert world.put(unique_key=KEY) != born
        world.healthy()

    def test_the_next_one_may_come_in_the_commit_that_ends_the_first(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY)
        ending = world.settlement(claim)
        operations = [
            world.store.exchange(node, settlements=[ending], lease_us=30 * SECOND_US),
            world.store.enqueue((world.new(ref_id="next", unique_key=KEY),)),
        ]
        _, (answer,) = together(world.store, operations)
        assert (answer.existing, answer.ref_id) == (False, "next")
        world.healthy()

    def test_a_job_may_leave_its_successor_behind(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY)
        children = msgspec_json([world.new(ref_id="next", unique_key=KEY)])
        world.end(node, claim, children=children)
        assert (world.state(claim.id), world.row("next").state) == (State.COMPLETED, State.QUEUED)
        assert holder(world) == world.row("next").id
        world.healthy()

    def test_a_successor_of_one_that_holds_for_a_span_is_not_stored(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY, unique_for_us=SPAN_US)
        world.end(node, claim, children=msgspec_json([world.new(unique_key=KEY)]))
        assert (count(world), holder(world)) == (1, claim.id)


def msgspec_json(jobs: list[NewJob]) -> str:
    import msgspec

    return msgspec.json.encode(jobs).decode()


class TestTogether:
    def test_two_of_one_call_are_one_job(self, world: World) -> None:
        answers = world.enqueue(*[world.new(unique_key=f"k{number % 3}") for number in range(9)])
        assert [answer.existing for answer in answers] == [False] * 3 + [True] * 6
        assert [answer.id for answer in answers] == [answer.id for answer in answers[:3]] * 3
        assert count(world) == 3

    def test_two_of_one_call_are_refused_where_that_was_asked_for(self, world: World) -> None:
        jobs = [world.new(unique_key=KEY, duplicate_raises=True) for _ in range(2)]
        with pytest.raises(DuplicateJob, match="belongs to two calls of this enqueue") as caught:
            world.enqueue(*jobs)
        assert (caught.value.id, count(world)) == (None, 0)

    def test_calls_that_share_a_commit_are_refused_each_for_itself(self, world: World) -> None:
        jobs = [world.new(unique_key=f"k{number % 4}", duplicate_raises=True) for number in range(12)]
        answers = together(world.store, [world.store.enqueue((job,)) for job in jobs])
        assert [isinstance(answer, DuplicateJob) for answer in answers] == [False] * 4 + [True] * 8
        assert {error.id for error in answers[4:]} == {answer[0].id for answer in answers[:4]}
        assert count(world) == 4

    def test_a_repeat_whose_answer_was_lost_is_no_duplicate(self, world: World) -> None:
        job = world.new(unique_key=KEY, duplicate_raises=True)
        first, again = world.enqueue(job)[0], world.enqueue(job)[0]
        assert (again.id, again.existing) == (first.id, True)

    def test_a_reference_is_looked_at_first(self, world: World, node: int) -> None:
        ended = world.running(node, ref_id="mine", content=b"c", unique_key=KEY)
        world.end(node, ended)
        other = world.put(unique_key=KEY)
        repeat = world.enqueue(world.new(ref_id="mine", content=b"c", unique_key=KEY, duplicate_raises=True))[0]
        assert (repeat.id, repeat.existing) == (ended.id, True)
        assert world.enqueue(world.new(ref_id="new", content=b"c", unique_key=KEY))[0].id == other


def callback_failed(world: World, node: int) -> tuple[int, int]:
    """A job with the key that failed with its callback, and that callback."""
    claim = world.running(node, unique_key=KEY, callback=as_text(NewCallback(job=new("", name="work"))))
    assert world.end(node, claim) is State.EXECUTED
    (then,) = world.claim(node, 1)
    world.end(node, then, EndKind.RAISED, permanent=True)
    assert (world.state(claim.id), holder(world)) == (State.FAILED, None)
    return claim.id, then.id


@pytest.mark.parametrize("which", [0, 1])
def test_a_job_whose_callback_goes_again_holds_its_key_again(world: World, node: int, which: int) -> None:
    jobs = callback_failed(world, node)
    assert world.store.call(world.store.requeue(jobs[which])) is RequeueAnswer.REQUEUED
    assert (world.state(jobs[0]), holder(world)) == (State.EXECUTED, jobs[0])
    (answer,) = world.enqueue(world.new(unique_key=KEY))
    assert (answer.id, answer.existing) == (jobs[0], True)
    world.end(node, world.claim(node, 1)[0])
    assert (world.state(jobs[0]), holder(world)) == (State.COMPLETED, None)
    world.healthy()


@pytest.mark.parametrize("which", [0, 1])
def test_and_does_not_go_again_when_another_has_it(world: World, node: int, which: int) -> None:
    jobs = callback_failed(world, node)
    other = world.put(unique_key=KEY)
    assert world.store.call(world.store.requeue(jobs[which])) is RequeueAnswer.KEY_HELD
    assert ([world.state(job) for job in jobs], holder(world)) == ([State.FAILED] * 2, other)
    world.healthy()


def test_a_callback_comes_though_its_key_is_taken(world: World, node: int) -> None:
    world.put(unique_key=KEY, delay_us=SECOND_US)
    callback = NewCallback(job=new("then", name="other", unique_key=KEY, duplicate_raises=True))
    claim = world.running(node, callback=as_text(callback))
    world.end(node, claim)
    (then,) = world.claim(node)
    assert then.callback_of == claim.id
    world.end(node, then)
    assert world.state(claim.id) is State.COMPLETED
    world.healthy()


def test_a_call_of_a_batch_whose_key_is_taken_is_no_member(world: World, node: int) -> None:
    other = world.put(unique_key=KEY, delay_us=SECOND_US)
    batch = create(world, "b", world.new(), world.new(unique_key=KEY), sealed=True)
    assert counts(world, batch) == {"jobs": 1}
    assert world.row(other).batch is None
    world.end(node, world.claim(node)[0])
    assert counts(world, batch) == {"jobs": 1, "completed": 1}
    world.healthy()


class TestForASpan:
    def test_until_it_is_over_whatever_becomes_of_the_job(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY, unique_for_us=SPAN_US)
        world.end(node, claim)
        world.clock.advance(599)
        assert world.enqueue(world.new(unique_key=KEY, unique_for_us=SPAN_US))[0].id == claim.id
        world.healthy()
        world.clock.advance(1)
        (answer,) = world.enqueue(world.new(unique_key=KEY, unique_for_us=SPAN_US))
        assert not answer.existing
        assert holder(world) == answer.id
        world.healthy()

    def test_also_when_the_job_has_not_ended_by_then(self, world: World) -> None:
        first = world.put(unique_key=KEY, unique_for_us=SPAN_US)
        world.clock.advance(600)
        assert holder(world) is None
        assert world.put(unique_key=KEY) != first
        world.healthy()

    def test_tend_frees_what_nobody_asks_for(self, world: World) -> None:
        world.put(unique_key=KEY, unique_for_us=SPAN_US)
        assert world.tend() == 0
        world.clock.advance(600)
        assert (world.tend(), world.tend()) == (1, 0)

    def test_a_job_cancelled_as_it_is_stored_counts_too(self, world: World, node: int) -> None:
        parent = world.running(node)
        world.fail(node, parent)
        born = world.put(unique_key=KEY, unique_for_us=SPAN_US, depends_on=(parent.id,))
        assert world.put(unique_key=KEY) == born
        world.healthy()

    def test_archived_it_is_held_on(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY, unique_for_us=SPAN_US)
        world.end(node, claim)
        world.archive()
        assert world.put(unique_key=KEY) == claim.id


class TestRequeue:
    def test_holds_its_key_again(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY)
        world.fail(node, claim)
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.REQUEUED
        assert world.put(unique_key=KEY) == claim.id
        world.healthy()

    @pytest.mark.parametrize("archived", [True, False])
    def test_is_refused_while_another_holds_it(self, world: World, node: int, archived: bool) -> None:
        claim = world.running(node, unique_key=KEY)
        world.fail(node, claim)
        if archived:
            world.archive()
        other = world.put(unique_key=KEY)
        before = world.detail(claim.id)
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.KEY_HELD
        answers = world.store.call(world.store.requeue_many([claim.id], where=JobFilter())).answers
        assert answers == ((claim.id, RequeueAnswer.KEY_HELD),)
        assert world.detail(claim.id) == before
        world.store.call(world.store.cancel(other))
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.REQUEUED
        assert holder(world) == claim.id
        world.healthy()

    def test_a_span_is_neither_asked_nor_begun_anew(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY, unique_for_us=SPAN_US)
        world.fail(node, claim)
        world.clock.advance(600)
        other = world.put(unique_key=KEY)
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.REQUEUED
        assert holder(world) == other
        world.healthy()

    def test_a_span_that_is_over_stands_in_nobodys_way(self, world: World, node: int) -> None:
        claim = world.running(node, unique_key=KEY)
        world.fail(node, claim)
        world.put(unique_key=KEY, unique_for_us=SPAN_US)
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.KEY_HELD
        world.clock.advance(600)
        assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.REQUEUED
        assert holder(world) == claim.id


def test_one_key_from_many_threads_is_one_job(pair: Pair) -> None:
    node = pair.one.node()
    for number in range(ROUNDS):
        answers = pair.race(
            *(partial(world.enqueue, world.new(unique_key=f"k{number}")) for world in (pair.one, pair.two) * 4)
        )
        assert len({answer.id for (answer,) in answers}) == 1
        assert [answer.existing for (answer,) in answers].count(False) == 1
        (claim,) = pair.one.claim(node, 8)
        assert pair.one.end(node, claim) is State.COMPLETED


def test_an_enqueue_against_the_end_of_the_holder(pair: Pair) -> None:
    """Either it is given the job that was still there, or it is stored: never neither, never both."""
    node = pair.one.node()
    for number in range(ROUNDS):
        key = f"k{number}"
        claim = pair.one.running(node, unique_key=key)
        _, (answer,) = pair.race(
            partial(pair.one.end, node, claim), partial(pair.two.enqueue, pair.two.new(unique_key=key))
        )
        assert answer.existing is (answer.id == claim.id)
        assert holder(pair.one, key) == (None if answer.existing else answer.id)
        if not answer.existing:
            pair.one.end(node, pair.one.take(node, answer.id))
    pair.one.healthy()


def test_a_requeue_against_an_enqueue_of_its_key(pair: Pair) -> None:
    node = pair.one.node()
    for number in range(ROUNDS):
        key = f"k{number}"
        claim = pair.one.running(node, unique_key=key)
        pair.one.fail(node, claim)
        requeued, (answer,) = pair.race(
            partial(pair.one.store.call, pair.one.store.requeue(claim.id)),
            partial(pair.two.enqueue, pair.two.new(unique_key=key)),
        )
        assert answer.existing is (requeued is RequeueAnswer.REQUEUED)
        assert holder(pair.one, key) == answer.id
        pair.one.store.call(pair.one.store.cancel(answer.id))
    pair.one.healthy()


PROCESSES, EACH = 2, 5
PROGRAM = """
import sys, threading
from headway.model.claim import NewJob
from headway.store.open import open_store
store = open_store(sys.argv[1])
barrier = threading.Barrier(int(sys.argv[2]) + 1)
found = []
def put(number):
    job = NewJob(ref_id=f"{sys.argv[3]}-{number}", name="work", payload="{}", unique_key="report:7")
    barrier.wait(10)
    found.append(store.call(store.enqueue((job,)))[0])
threads = [threading.Thread(target=put, args=(number,)) for number in range(int(sys.argv[2]))]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.readline()
barrier.wait(10)
for thread in threads:
    thread.join(10)
for answer in found:
    print(answer.id, answer.existing, flush=True)
store.close()
"""


def test_ten_enqueues_of_one_key_from_two_processes_are_one_job(
    store_kind: Kind, tmp_path: Path, clock: OwnedClock
) -> None:
    world = World(store=store_kind.open(tmp_path, clock), clock=clock)
    node = world.node()
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, store_kind.place(tmp_path), str(EACH), str(number)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(PROCESSES)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=WAIT_S)[0].split() for process in processes]
    ids = [word for words in said for word in words[::2]]
    assert (len(ids), len(set(ids))) == (PROCESSES * EACH, 1)
    assert [word for words in said for word in words[1::2]].count("False") == 1
    world.end(node, world.take(node, int(ids[0])))
    assert not world.enqueue(world.new(unique_key=KEY))[0].existing
    world.healthy()
    world.store.close()


class Uniqueness(RuleBasedStateMachine):
    """Random lives of jobs with few keys, beside a model that only knows who holds what until when."""

    world: World

    @initialize(kind=st.sampled_from(sorted(KINDS)))
    def open(self, kind: str) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        clock = OwnedClock()
        self.world = World(store=KINDS[kind].open(Path(self.folder.name), clock), clock=clock)
        self.uid = "first"
        self.node = self.world.node(self.uid)
        self.until: dict[str, tuple[int, int | None]] = {}
        """Key: its holder, and the end of its span."""
        self.spans: dict[int, int] = {}
        self.keys: dict[int, str] = {}
        self.claims: dict[int, Claim] = {}

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.healthy()
            self.world.store.close()
            self.folder.cleanup()

    def held_by(self, key: str) -> int | None:
        job, until = self.until.get(key, (0, 0))
        now = self.world.clock.now_us()
        if until is not None:
            return job if until > now else None
        return None if self.world.state(job).is_final else job

    @rule(keys=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4), span=st.sampled_from([None, 5, 60]))
    def enqueue(self, keys: list[str], span: int | None) -> None:
        for_us = None if span is None else span * SECOND_US
        jobs = [self.world.new(unique_key=key, unique_for_us=for_us) for key in keys]
        holders = {key: self.held_by(key) for key in keys}
        for key, answer in zip(keys, self.world.enqueue(*jobs), strict=True):
            assert (answer.id == holders[key]) is answer.existing
            if not answer.existing:
                holders[key] = answer.id
                self.keys[answer.id] = key
                until = None if for_us is None else self.world.clock.now_us() + for_us
                self.until[key] = answer.id, until
                if until is not None:
                    self.spans[answer.id] = until

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        self.claims |= {claim.id: claim for claim in self.world.claim(self.node, limit)}

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(), kind=st.sampled_from([EndKind.RETURNED, EndKind.RAISED, EndKind.RELEASED]), last=st.booleans()
    )
    def end(self, data: st.DataObject, kind: EndKind, last: bool) -> None:
        job = data.draw(st.sampled_from(sorted(self.claims)))
        self.world.end(self.node, self.claims.pop(job), kind, permanent=last)

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(set(self.keys) - set(self.claims)) or [0]))
        self.world.store.call(self.world.store.cancel(job))

    @precondition(lambda self: self.keys)
    @rule(data=st.data())
    def requeue(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(sorted(self.keys)))
        key, ended = self.keys[job], self.world.state(job) in {State.FAILED, State.CANCELLED}
        other = self.held_by(key)
        answer = self.world.store.call(self.world.store.requeue(job))
        if not ended:
            assert answer is RequeueAnswer.REFUSED
        elif job in self.spans or other is None:
            assert answer is RequeueAnswer.REQUEUED
            if job not in self.spans:
                self.until[key] = job, None
        else:
            assert answer is RequeueAnswer.KEY_HELD

    @rule(seconds=st.sampled_from([1, 5, 60]))
    def wait(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.world.beat(self.node)

    @rule()
    def crash(self) -> None:
        """The node dies with everything that it runs, and another one comes."""
        uid = f"node-{next(self.world.numbers)}"
        self.world.reap(self.uid)
        self.claims.clear()
        self.uid, self.node = uid, self.world.node(uid)

    @rule()
    def tend(self) -> None:
        self.world.tend()

    @rule()
    def archive(self) -> None:
        self.world.archive()

    @invariant()
    def each_key_is_held_by_whom_the_model_says(self) -> None:
        if hasattr(self, "until"):
            for key in self.until:
                assert holder(self.world, key) == self.held_by(key)


TestUniqueness = Uniqueness.TestCase
TestUniqueness.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
