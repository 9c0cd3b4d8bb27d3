"""Random lives of batches: whatever happens to their jobs, the counts are the states, and each callback comes once."""

import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
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

from headway.model.batch import BatchRow
from headway.model.claim import Claim
from headway.model.errors import BatchClosed, BatchCycle, BatchFull
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter
from tests.conformance.batching import call, cancel, create, seal
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.world import World

EXAMPLES = 40
STEPS = 40
BATCHES_MAX = 5
numbers = st.integers(min_value=0, max_value=11)
WELL = {State.COMPLETED, State.SKIPPED}


class BatchLife(RuleBasedStateMachine):
    """One store with a few batches in and after each other; the checks read only jobs' states and what the rules did."""

    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="headway-batches-"))
        clock = OwnedClock()
        self.world = World(store=self.kind.open(self.folder, clock), clock=clock)
        self.batches: list[int] = []
        self.grants: list[Claim] = []
        self.ended: set[int] = set()
        """Batches that were seen with everything ended, ever."""
        self.succeeded: set[int] = set()
        self.node = 0
        self.uid = ""

    def teardown(self) -> None:
        try:
            while self.world.tend():
                pass
            self.world.healthy()
        finally:
            self.world.store.close()
            shutil.rmtree(self.folder)

    @initialize()
    def register(self) -> None:
        info = self.world.info()
        self.uid = info.uid
        self.node = self.world.node(info.uid)

    # -- what clients do

    @precondition(lambda self: len(self.batches) < BATCHES_MAX)
    @rule(parent=st.none() | numbers, jobs=st.integers(0, 2), expected=st.sampled_from([None, None, 2, 3]))
    def create(self, parent: int | None, jobs: int, expected: int | None) -> None:
        outer = self.batches[parent % len(self.batches)] if parent is not None and self.batches else None
        try:
            batch = create(
                self.world, f"batch {len(self.batches)}", *(self.world.new(retries=1) for _ in range(jobs)),
                parent=outer, expected=expected, on_finish=call("f"), on_success=call("s"),
            )  # fmt: skip
        except BatchClosed:
            assert outer is not None
            assert self._rows()[outer].sealed_us is not None
            return
        self.batches.append(batch)

    @precondition(lambda self: self.batches)
    @rule(which=numbers, wait=st.none() | numbers, behind=st.none() | numbers, count=st.integers(1, 3))
    def add(self, which: int, wait: int | None, behind: int | None, count: int) -> None:
        batch = self._batch(which)
        jobs = sorted(self._jobs())
        facts = {
            "after_batches": () if wait is None else (f"batch {wait % BATCHES_MAX}",),
            "depends_on": () if behind is None or not jobs else (jobs[-1 - behind % len(jobs)],),
        }
        before = self._rows()[batch]
        try:
            self.world.enqueue(*(self.world.new(batch=batch, retries=1, **facts) for _ in range(count)))
        except BatchCycle:
            assert facts != {"after_batches": (), "depends_on": ()}
        except (BatchClosed, BatchFull):
            assert before.sealed_us is not None or (
                before.expected is not None and before.jobs + count > before.expected
            )
        else:
            assert before.sealed_us is None
            return
        assert self._rows()[batch] == before

    @rule(wait=numbers)
    def a_job_waits_for_a_batch(self, wait: int) -> None:
        self.world.put(after_batches=(f"batch {wait % BATCHES_MAX}",))

    @precondition(lambda self: self.batches)
    @rule(which=numbers)
    def seal(self, which: int) -> None:
        seal(self.world, self._batch(which))

    @precondition(lambda self: self.batches)
    @rule(which=numbers, limit=st.sampled_from([1, 1000]))
    def cancel(self, which: int, limit: int) -> None:
        cancel(self.world, self._batch(which), limit=limit)

    @precondition(lambda self: self._jobs())
    @rule(which=numbers)
    def cancel_a_job(self, which: int) -> None:
        self.world.store.call(self.world.store.cancel(self._job(which)))

    @precondition(lambda self: self._bad())
    @rule(which=numbers)
    def requeue(self, which: int) -> None:
        bad = self._bad()
        self.world.store.call(self.world.store.requeue(bad[-1 - which % len(bad)]))

    # -- what workers do, and what happens to them

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        self.grants += self.world.claim(self.node, limit)

    @precondition(lambda self: self.grants)
    @rule(
        which=numbers, count=st.integers(1, 3), permanent=st.booleans(), more=st.booleans(),
        kind=st.sampled_from([EndKind.RETURNED, EndKind.RETURNED, EndKind.RAISED, EndKind.RELEASED, EndKind.CRASHED]),
    )  # fmt: skip
    def settle(self, which: int, count: int, permanent: bool, more: bool, kind: EndKind) -> None:
        """Several in one turn, perhaps a second time, perhaps with a child in the same batch."""
        settlements = []
        for number in range(count):
            claim = self.grants[-1 - (which + number) % len(self.grants)]
            facts: dict[str, Any] = {}
            if more and claim.batch is not None and kind is EndKind.RETURNED:
                child = self.world.new(batch=claim.batch, parent_id=claim.id)
                facts = {"children": msgspec.json.encode([child]).decode()}
            settlements.append(self.world.settlement(claim, kind, permanent=permanent, **facts))
        self.world.turn(self.node, *settlements)

    @rule()
    def the_node_dies(self) -> None:
        self.world.reap(self.uid)
        self.register()

    @rule(seconds=st.sampled_from([1, 20]))
    def time_passes(self, seconds: int) -> None:
        self.world.clock.advance(seconds)
        self.world.beat(self.node)
        self.world.tend()

    @rule()
    def archive(self) -> None:
        self.world.archive()

    # -- what must hold after every step

    @invariant()
    def the_counts_are_the_states(self) -> None:
        jobs = self._jobs()
        for batch, row in self._rows().items():
            states = Counter(job.state for job in jobs.values() if job.batch == batch)
            assert row.jobs == states.total()
            assert [row.completed, row.failed, row.cancelled, row.skipped] == [
                states[State.COMPLETED], states[State.FAILED], states[State.CANCELLED], states[State.SKIPPED],
            ]  # fmt: skip

    @invariant()
    def a_batch_has_ended_exactly_if_everything_in_it_has(self) -> None:
        jobs, rows = self._jobs(), self._rows()
        for batch in sorted(rows, reverse=True):  # inner ones are younger
            row = rows[batch]
            states = [job.state for job in jobs.values() if job.batch == batch]
            inner = [one.outcome for one in rows.values() if one.parent == batch]
            over = row.sealed_us is not None and all(state.is_final for state in states) and None not in inner
            assert (row.outcome is not None) == over
            if over:
                well = WELL.issuperset(states) and WELL.issuperset(inner) and row.cancel_us is None
                assert (row.outcome is State.COMPLETED) == well
                self.ended.add(batch)
                if well:
                    self.succeeded.add(batch)

    @invariant()
    def each_callback_is_there_once_and_from_the_end_on(self) -> None:
        refs = Counter(job.ref_id for job in self._all() if job.name == "other")
        assert refs == Counter(
            [f"batch-{batch}-finish" for batch in self.ended] + [f"batch-{batch}-success" for batch in self.succeeded]
        )

    @invariant()
    def nobody_waits_for_a_batch_that_has_ended(self) -> None:
        ended = {row.name for row in self._rows().values() if row.outcome is not None}
        for job in self._all():
            if job.state is State.WAITING:
                waits = self.world.store.reader.call(self.world.store.reader.awaited(job.id))
                assert not {one.name for one in waits if one.waits} & ended

    # -- within

    def _rows(self) -> dict[int, BatchRow]:
        return {row.id: row for row in self.world.store.reader.call(self.world.store.reader.batches(limit=100))}

    def _all(self) -> tuple[JobRow, ...]:
        return self.world.store.reader.call(self.world.store.reader.page(JobFilter(), limit=1000)).rows

    def _jobs(self) -> dict[int, JobRow]:
        return {row.id: row for row in self._all() if row.name == "work"}

    def _bad(self) -> list[int]:
        return sorted(row.id for row in self._all() if row.state in {State.FAILED, State.CANCELLED})

    def _job(self, which: int) -> int:
        ids = sorted(self._jobs())
        return ids[-1 - which % len(ids)]

    def _batch(self, which: int) -> int:
        return self.batches[which % len(self.batches)]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_random_life_of_batches_keeps_its_promises(name: str) -> None:
    life = type("BatchLifeOf" + name.capitalize(), (BatchLife,), {"kind": KINDS[name]})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, EXAMPLES // KINDS[name].lives), stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
