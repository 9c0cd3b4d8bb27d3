"""Random lives of jobs and of runs that are not stored on shared named workers, whose processes may die at any moment.

After every step: one at a time, in the order in which they were asked for, and nobody waits while nothing runs.
"""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from headway.model.claim import Claim
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter
from tests.conformance.lives import StoreLives
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind

EXAMPLES = 30
STEPS = 30
LANES = ("smtp", "fax")
WORKERS = 2
PROCESSES = 3
ENTRIES_MAX = 14
DRAIN_ROUNDS = 60
numbers = st.integers(min_value=0, max_value=20)
lanes = st.sampled_from(LANES)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that wants to run on a named worker; entries are kept in the order in which they were asked for."""

    lane: str
    id: int
    is_turn: bool
    process: int = -1
    """Whose turn it is."""


class TurnLives(StoreLives):
    """One store, two nodes that run jobs, and three processes that run what is not stored."""

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[tuple[str, int]] = []
        self.processes: list[tuple[str, int]] = []
        self.held: list[tuple[int, Claim]] = []
        self.entries: list[Entry] = []
        self.jobs: dict[Entry, JobRow] = {}
        self.turns: dict[Entry, bool] = {}
        """Whether they run, of those that there are. Both, and who runs, as the latest look found them."""
        self.running: set[Entry] = set()

    @initialize()
    def begin(self) -> None:
        self.workers = [self.register() for _ in range(WORKERS)]
        self.processes = [self.register() for _ in range(PROCESSES)]

    # -- what is asked for

    @precondition(lambda self: len(self.entries) < ENTRIES_MAX)
    @rule(lane=lanes, count=st.integers(1, 2), delay=st.sampled_from([0, 0, 0, 3]), priority=st.integers(0, 2))
    def enqueue(self, lane: str, count: int, delay: int, priority: int) -> None:
        jobs = [
            self.world.new(lane=lane, delay_us=delay * SECOND_US, priority=priority, retries=5) for _ in range(count)
        ]
        self.entries += [Entry(lane, one.id, is_turn=False) for one in self.world.enqueue(*jobs)]

    @precondition(lambda self: len(self.entries) < ENTRIES_MAX)
    @rule(lane=lanes, process=st.integers(0, PROCESSES - 1))
    def ask(self, lane: str, process: int) -> None:
        turn = self.world.store.call(self.world.store.ask_turn(self.processes[process][1], lane, app="default"))
        assert turn is not None
        entry = Entry(lane, turn.id, is_turn=True, process=process)
        self.entries.append(entry)
        self._look()
        assert turn.runs is self.turns[entry]

    # -- what becomes of it

    @rule(worker=st.integers(0, WORKERS - 1), limit=st.integers(1, 4))
    def claim(self, worker: int, limit: int) -> None:
        node = self.workers[worker][1]
        self.held += [(node, one) for one in self.world.claim(node, limit)]

    @precondition(lambda self: self.held)
    @rule(which=numbers, kind=st.sampled_from(EndKind), delay=st.sampled_from([0, 3]))
    def settle(self, which: int, kind: EndKind, delay: int) -> None:
        node, claim = self.held.pop(which % len(self.held))
        self.world.settle(node, claim, kind, delay_us=delay * SECOND_US)

    @precondition(lambda self: self.turns)
    @rule(which=numbers)
    def a_run_ends_or_gives_up_waiting(self, which: int) -> None:
        turns = list(self.turns)
        assert self.world.store.call(self.world.store.end_turn(turns[which % len(turns)].id))

    @precondition(lambda self: self.jobs)
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        jobs = list(self.jobs)
        self.world.store.call(self.world.store.cancel(jobs[which % len(jobs)].id))

    @precondition(lambda self: any(row.state in {State.FAILED, State.CANCELLED} for row in self.jobs.values()))
    @rule(which=numbers)
    def requeue(self, which: int) -> None:
        ended = [entry for entry, row in self.jobs.items() if row.state in {State.FAILED, State.CANCELLED}]
        self.world.store.call(self.world.store.requeue(ended[which % len(ended)].id))

    @rule(lane=lanes)
    def restart(self, lane: str) -> None:
        running = {entry for entry in self.running if entry.lane == lane}
        stopped = self.world.store.call(self.world.store.stop_lane(lane, app="default", by="ann"))
        assert set(stopped.jobs) == {entry.id for entry in running if not entry.is_turn}
        asked = [entry.id for entry in running if entry.is_turn]
        assert len(stopped.runs) == len(asked)
        assert self.world.store.reader.call(self.world.store.turns_to_stop(asked)) == dict.fromkeys(asked, "ann")

    # -- what happens to processes

    @rule(process=st.integers(0, PROCESSES - 1), leaves=st.booleans())
    def a_process_with_runs_goes(self, process: int, leaves: bool) -> None:
        uid, node = self.processes[process]
        gone = [entry for entry in self.turns if entry.process == process]
        if leaves:
            self.world.store.call(self.world.store.leave(node))
        else:
            self.world.reap(uid)
        self.processes[process] = self.register()
        assert self.world.store.call(self.world.store.ask_turn(node, LANES[0], app="default")) is None
        self._look()
        assert not self.turns.keys() & set(gone)

    @rule(worker=st.integers(0, WORKERS - 1))
    def a_worker_dies(self, worker: int) -> None:
        self.world.reap(self.workers[worker][0])
        self.workers[worker] = self.register()

    @rule(seconds=st.sampled_from([1, 4]))
    def time_passes(self, seconds: int) -> None:
        self._wait(seconds)

    # -- what must hold

    @invariant()
    def one_at_a_time_in_order_and_nobody_waits_for_nothing(self) -> None:
        self._look()
        jobs, turns = self.jobs, self.turns
        running = {entry for entry, row in jobs.items() if row.state is State.RUNNING}
        running |= {entry for entry, runs in turns.items() if runs}
        waiting = [
            entry
            for entry in self.entries
            if turns.get(entry) is False or (entry in jobs and jobs[entry].state is State.QUEUED)
        ]
        begun, self.running = running - self.running, running
        for lane in LANES:
            there = [entry for entry in running if entry.lane == lane]
            line = [entry for entry in waiting if entry.lane == lane]
            assert len(there) <= 1
            for entry in begun & set(there):
                assert not [one for one in line if self.entries.index(one) < self.entries.index(entry)]
            ready = [entry for entry in line if entry in jobs and jobs[entry].blocked is None]
            assert ready == ([] if there else line[:1])  # and so the first is no turn: that would run

    # -- behind it

    def _look(self) -> None:
        reader = self.world.store.reader
        rows = {row.id: row for row in reader.call(reader.page(JobFilter(), limit=1000)).rows}
        self.jobs = {entry: rows[entry.id] for entry in self.entries if not entry.is_turn}
        asked = [entry for entry in self.entries if entry.is_turn]
        found = reader.call(self.world.store.turns([entry.id for entry in asked]))
        self.turns = {entry: found[entry.id] for entry in asked if entry.id in found}

    def _wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.world.tend()
        for _, node in (*self.workers, *self.processes):
            self.world.beat(node)

    def drain(self) -> None:
        """Whatever was done: what is left runs, one after the other."""
        if not self.workers:
            return
        self.a_worker_dies(0)
        for _ in range(DRAIN_ROUNDS):
            self.one_at_a_time_in_order_and_nobody_waits_for_nothing()
            if not self.turns and all(row.state.is_final for row in self.jobs.values()):
                return
            for entry in self.running:
                if entry.is_turn:
                    self.world.store.call(self.world.store.end_turn(entry.id))
            for node, claim in self.held:
                self.world.settle(node, claim)
            node = self.workers[0][1]
            self.held = [(node, one) for one in self.world.claim(node, 5)]
            self.one_at_a_time_in_order_and_nobody_waits_for_nothing()
            self._wait(4)
        raise AssertionError(self.jobs, self.turns)


@pytest.mark.timeout(60)
def test_random_lives_of_jobs_and_runs_on_named_workers(store_kind: Kind) -> None:
    machine = type("ThisStoresTurnLives", (TurnLives,), {"kind": store_kind})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(1, EXAMPLES // store_kind.lives),
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
