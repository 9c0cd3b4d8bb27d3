"""Random lives: whatever any old or current holder does in any order, the store looks like the pure model."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from headway.model.callback import NewCallback, as_text
from headway.model.claim import Claim
from headway.model.condition import Condition
from headway.model.errors import DuplicateRefId
from headway.model.job import FINAL, JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import Ask, JobFilter
from headway.store.verbs.outbox import as_body
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.pure import CALLBACK_RETRIES, Pure, PureJob
from tests.conformance.world import World, new

EXAMPLES = 100
STEPS = 30
NODES = 3
STEPS_S = (1, 6, 20, 31)
CALLBACK = as_text(NewCallback(job=new("", retries=CALLBACK_RETRIES)))
numbers = st.integers(min_value=0, max_value=11)


class Life(RuleBasedStateMachine):
    """One store, one model, one clock; the rules do the same to both."""

    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="headway-model-"))
        self.clock = OwnedClock()
        self.world = World(store=self.kind.open(self.folder, self.clock), clock=self.clock)
        self.pure = Pure(self.clock, lambda ref_id: self.world.row(ref_id).id)
        self.grants: list[tuple[int, Claim]] = []
        self.finals: dict[int, State] = {}
        self.reopened: set[int] = set()
        self.slots: list[int] = []

    def teardown(self) -> None:
        try:
            self._histories()
            self.world.healthy()
        finally:
            self.world.store.close()
            shutil.rmtree(self.folder)

    @initialize()
    def nodes(self) -> None:
        for _ in range(NODES):
            self.slots.append(self._register())

    # -- the client's side

    @rule(
        parents=st.lists(numbers, max_size=3), delay=st.sampled_from([0, 0, 5, 25]), priority=st.integers(-1, 1),
        expires=st.sampled_from([None, None, 3, 30]), retries=st.integers(0, 2), fragile=st.booleans(),
        when=st.sampled_from([None, None, *Condition]), callback=st.sampled_from([False, False, True]),
    )  # fmt: skip
    def enqueue(
        self, parents: list[int], delay: int, priority: int, expires: int | None, retries: int, fragile: bool,
        when: Condition | None, callback: bool,
    ) -> None:  # fmt: skip
        now = self.clock.now_us()
        ids = sorted(self.pure.jobs)
        depends_on = tuple(dict.fromkeys(ids[-1 - parent % len(ids)] for parent in parents)) if ids else ()
        expires_us = None if expires is None else now + expires * SECOND_US
        condition = when.value if when is not None and depends_on else None
        new = self.world.new(
            depends_on=depends_on, delay_us=delay * SECOND_US, priority=priority, expires_us=expires_us,
            retries=retries, interrupt_fails=fragile, content=b"content", condition=condition,
            callback=CALLBACK if callback else None,
        )  # fmt: skip
        (answer,) = self.world.enqueue(new)
        job = PureJob(
            id=answer.id, ref_id=new.ref_id, state=State.QUEUED, priority=priority, created_us=now, retries=retries,
            due_us=now + delay * SECOND_US, expires_us=expires_us, fragile=fragile, parents=depends_on,
            condition=condition, callback=callback,
        )  # fmt: skip
        self.pure.enqueue(job)
        assert (answer.state, answer.existing) == (job.state, False)

    @rule(parents=st.lists(numbers, max_size=2), delay=st.sampled_from([0, 0, 5]), retries=st.integers(0, 2))
    def a_caller_commits(self, parents: list[int], delay: int, retries: int) -> None:
        """A call in a transaction of its own; nobody makes it a job yet."""
        ids, now = sorted(self.pure.jobs), self.clock.now_us()
        depends_on = tuple(dict.fromkeys(ids[-1 - parent % len(ids)] for parent in parents)) if ids else ()
        new = self.world.new(depends_on=depends_on, delay_us=delay * SECOND_US, retries=retries, content=b"content")
        values = f"'default', '{as_body([new])}', {now}"
        self.kind.tamper(self.folder, f"INSERT INTO headway_outbox (app, body, put_at) VALUES ({values})")
        job = PureJob(
            id=0, ref_id=new.ref_id, state=State.QUEUED, priority=0, created_us=0, retries=retries,
            due_us=now + delay * SECOND_US if delay else 0, parents=depends_on,
        )  # fmt: skip
        self.pure.outbox.append(job)

    @rule()
    def admit(self) -> None:
        assert self.world.store.call(self.world.store.admit()) == self.pure.admit()

    @precondition(lambda self: self.pure.jobs)
    @rule(which=numbers)
    def enqueue_again(self, which: int) -> None:
        job = self._job(which)
        if job.callback_of is not None:  # the store chose its reference, and nobody asks for it again
            return
        (answer,) = self.world.enqueue(self.world.new(ref_id=job.ref_id, content=b"content"))
        assert (answer.id, answer.existing, answer.state) == (job.id, True, job.state)

    @precondition(lambda self: self.pure.jobs)
    @rule(which=numbers)
    def enqueue_a_clash(self, which: int) -> None:
        with pytest.raises(DuplicateRefId):
            self.world.enqueue(self.world.new(), self.world.new(ref_id=self._job(which).ref_id, content=b"other"))

    @precondition(lambda self: self.pure.jobs)
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        job = self._job(which)
        assert self.world.store.call(self.world.store.cancel(job.id)) is self.pure.cancel(job)

    @precondition(lambda self: self.pure.jobs)
    @rule(which=numbers)
    def requeue(self, which: int) -> None:
        self._requeue(self._job(which))

    @precondition(lambda self: any(job.state in {State.FAILED, State.CANCELLED} for job in self.pure.jobs.values()))
    @rule(which=numbers)
    def requeue_a_bad_one(self, which: int) -> None:
        bad = [job for job in self.pure.jobs.values() if job.state in {State.FAILED, State.CANCELLED}]
        self._requeue(bad[-1 - which % len(bad)])

    @precondition(lambda self: not self.pure.held)
    @rule()
    def hold(self) -> None:
        self.world.store.call(self.world.store.hold_claims())
        self.pure.held = True

    @precondition(lambda self: self.pure.held)
    @rule()
    def resume(self) -> None:
        assert self.world.store.call(self.world.store.resume_claims())
        self.pure.held = False

    def _requeue(self, job: PureJob) -> None:
        expected = self.pure.requeue(job)
        assert self.world.store.call(self.world.store.requeue(job.id)) is expected
        self.reopened |= {job.id, *(one.id for one in self.pure.callbacks(job))}
        if job.callback_of is not None:
            self.reopened.add(job.callback_of)

    # -- the worker's side

    @rule(slot=st.integers(0, NODES - 1), limit=st.integers(1, 3))
    def claim(self, slot: int, limit: int) -> None:
        node = self.slots[slot]
        answer = self.world.turn(node, asks=[Ask(limit=limit, names=frozenset({"work"}))])
        alive = self.pure.alive(node)
        assert answer.alive is alive
        granted = self.pure.claim(node, limit) if alive else []
        self.beat(slot)  # how much of a lease each turn gives is told in test_leases.py
        assert [(one.id, one.epoch) for one in answer.claims] == [(job.id, job.epoch) for job in granted]
        for one in answer.claims:
            assert (one.id, one.epoch) not in {(old.id, old.epoch) for _, old in self.grants}, "granted twice"
            self.grants.append((node, one))

    @precondition(lambda self: self.grants)
    @rule(which=numbers, kind=st.sampled_from(EndKind), permanent=st.booleans(), delay=st.sampled_from([0, 4]))
    def settle(self, which: int, kind: EndKind, permanent: bool, delay: int) -> None:
        """By any holder, old or current."""
        self._settle(*self.grants[-1 - which % len(self.grants)], kind, permanent=permanent, delay=delay)

    @precondition(lambda self: any(job.state is State.RUNNING for job in self.pure.jobs.values()))
    @rule(which=numbers, kind=st.sampled_from(EndKind), permanent=st.booleans(), delay=st.sampled_from([0, 4]))
    def settle_a_running_one(self, which: int, kind: EndKind, permanent: bool, delay: int) -> None:
        running = {(job.id, job.epoch) for job in self.pure.jobs.values() if job.state is State.RUNNING}
        holders = [grant for grant in self.grants if (grant[1].id, grant[1].epoch) in running]
        self._settle(*holders[which % len(holders)], kind, permanent=permanent, delay=delay)

    def _settle(self, node: int, claim: Claim, kind: EndKind, *, permanent: bool, delay: int) -> None:
        written = self.world.settlement(claim, kind, permanent=permanent, delay_us=delay * SECOND_US)
        answer = self.world.turn(node, written)
        state = self.pure.settle(written)
        assert answer.states == (state,)
        assert answer.accepted == (state is not None,)
        alive = self.pure.alive(node)
        assert (answer.alive, self.world.beat(node).alive) == (alive, alive)

    @precondition(lambda self: any(job.state is State.RUNNING for job in self.pure.jobs.values()))
    @rule(which=numbers)
    def its_own_transaction_is_committed(self, which: int) -> None:
        running = [job for job in self.pure.jobs.values() if job.state is State.RUNNING]
        job = running[which % len(running)]
        if job.id not in self.pure.marked:
            values = f"{job.id}, {job.epoch}, '7', {self.clock.now_us()}"
            text = f"INSERT INTO headway_done (job_id, epoch, result, done_at) VALUES ({values})"
            self.kind.tamper(self.folder, text)
            self.pure.marked.add(job.id)

    @rule(slot=st.integers(0, NODES - 1))
    def beat(self, slot: int) -> None:
        node = self.slots[slot]
        answer = self.world.beat(node)
        held = self.pure.held_by(node)
        assert answer.alive is self.pure.alive(node)
        if answer.alive:
            assert answer.owned == {(job.id, job.epoch) for job in held}
            assert {(stop.id, stop.epoch) for stop in answer.stops} == {
                (job.id, job.epoch) for job in held if job.cancel
            }
        else:
            assert (answer.owned, answer.stops) == (frozenset(), ())

    @rule()
    def reap(self) -> None:
        self._reap(())

    @rule(slot=st.integers(0, NODES - 1))
    def a_node_is_seen_to_be_dead(self, slot: int) -> None:
        self._reap((self.pure.nodes[self.slots[slot]].uid,))

    def _reap(self, dead: tuple[str, ...]) -> None:
        answer = self.world.reap(*dead)
        assert (set(answer.nodes), answer.held) == self.pure.reap(dead)

    @rule(slot=st.integers(0, NODES - 1))
    def leave(self, slot: int) -> None:
        node = self.slots[slot]
        assert self.world.store.call(self.world.store.leave(node)) == self.pure.leave(node)

    @rule(slot=st.integers(0, NODES - 1))
    def a_new_process_registers(self, slot: int) -> None:
        self.slots[slot] = self._register()

    # -- upkeep and time

    @rule()
    def tend(self) -> None:
        self.world.tend()
        self.pure.admit()
        self.pure.expire()
        self.pure.stage()

    @rule()
    def archive(self) -> None:
        before = self.clock.now_us() + 1
        assert self.world.store.call(self.world.store.archive(before_us=before)) == self.pure.archive(before)

    @rule(seconds=st.sampled_from(STEPS_S))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([3, 6, 9]), beating=st.booleans())
    def time_passes_as_in_life(self, seconds: int, beating: bool) -> None:
        for _ in range(seconds // 3):
            self.clock.advance(3)
            if beating:
                for slot in range(NODES):
                    self.beat(slot)
            self.reap()

    @rule(seconds=st.sampled_from([*STEPS_S, *(-step for step in STEPS_S)]))
    def the_wall_clock_is_set(self, seconds: int) -> None:
        self.clock.step_wall(seconds)

    @rule(seconds=st.sampled_from(STEPS_S))
    def the_boot_clock_runs_ahead(self, seconds: int) -> None:
        self.clock.step_boot(seconds)

    @rule()
    def the_machine_reboots(self) -> None:
        self.clock.reboot()

    # -- what must hold after every step

    @invariant()
    def the_store_looks_like_the_model(self) -> None:
        rows = self.world.store.reader.call(self.world.store.reader.page(JobFilter(), limit=1000)).rows
        assert [row.id for row in rows] == sorted(self.pure.jobs, reverse=True), "each job is shown once"
        for row in rows:
            assert seen(row) == expected(self.pure.jobs[row.id])

    @invariant()
    def the_model_itself_keeps_the_protocol(self) -> None:
        assert list(self.pure.breaches()) == []

    @invariant()
    def a_final_state_changes_only_by_requeue(self) -> None:
        for job in self.pure.jobs.values():
            before = self.finals.get(job.id)
            assert before is None or before is job.state or job.id in self.reopened
            if job.state in FINAL:
                self.finals[job.id] = job.state
            else:
                self.finals.pop(job.id, None)
        self.reopened.clear()

    def _histories(self) -> None:
        for job in self.pure.jobs.values():
            detail = self.world.detail(job.id)
            ended = [attempt.epoch for attempt in detail.attempts]
            running = [job.epoch] if job.state is State.RUNNING else []
            assert ended + running == list(range(1, job.epoch + 1)), "one attempt for every epoch"
            successes = [attempt for attempt in detail.attempts if attempt.kind is EndKind.RETURNED]
            well = job.state in {State.COMPLETED, State.EXECUTED} or job.code == "callback_failed"
            assert len(successes) == well, "completed means exactly one success"
            assert detail.payload == '{"x":1}', "in the main file or in the archive, never in neither"

    # -- within

    def _job(self, which: int) -> PureJob:
        ids = sorted(self.pure.jobs)
        return self.pure.jobs[ids[-1 - which % len(ids)]]

    def _register(self) -> int:
        info = self.world.info()
        from tests.conformance.world import LEASE_US

        node = self.world.store.call(self.world.store.register(info, lease_us=LEASE_US))
        self.pure.register(node, info.uid)
        return node


COMPARED = (
    "id", "ref_id", "state", "priority", "due_us", "created_us", "retries", "expires_us", "started_us", "finished_us",
    "epoch", "tries", "crashes", "code", "archived", "condition", "callback_of",
)  # fmt: skip


def seen(row: JobRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in COMPARED} | {
        "cancel asked for": row.cancel_us is not None,
        "suspect": row.suspect > 0,
        "held by": row.node_id if row.state is State.RUNNING else None,
        "waits for": row.parents_left if row.state is State.WAITING else 0,
        "blocked": row.blocked,
    }


def expected(job: PureJob) -> dict[str, object]:
    return {name: getattr(job, name) for name in COMPARED} | {
        "cancel asked for": job.cancel,
        "suspect": job.suspect,
        "held by": job.node,
        "waits for": len(job.waits) if job.state is State.WAITING else 0,
        "blocked": None,
    }


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_random_life_looks_like_the_model(name: str) -> None:
    life = type("LifeOf" + name.capitalize(), (Life,), {"kind": KINDS[name]})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, EXAMPLES // KINDS[name].lives), stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
