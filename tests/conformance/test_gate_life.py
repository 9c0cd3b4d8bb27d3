"""Gates in random lives: whatever dies, ends, is paused or resized, no claim lets through more than its gates allow."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.rate import Window
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.valve import explain, limit_rate, limits, pause, resize, resume
from tests.conformance.world import NAMES, World

QUEUES = ("a", "b")
queues = st.sampled_from(QUEUES)
LIMIT, RATE = 2, Window(3, 20 * SECOND_US)
HANDLERS = (*limits("work", limit=LIMIT), *limits("other", rate=RATE))


class Life(RuleBasedStateMachine):
    """Two nodes, two queues, two handlers with limits, and somebody who turns every valve."""

    kind: Kind

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = OwnedClock()
        self.world = World(store=self.kind.open(self.folder, self.clock), clock=self.clock)
        self.paused: set[str] = set()
        self.sizes: dict[str, int] = {}
        self.rates: dict[str, tuple[int, int, int]] = {}
        """starts, seconds, since when"""
        self.running: dict[int, tuple[int, Claim]] = {}
        self.starts: list[tuple[int, str, str]] = []
        self.nodes: list[tuple[str, int]] = []

    @initialize()
    def begin(self) -> None:
        for number in range(2):
            self._register(number)

    def teardown(self) -> None:
        self.world.healthy()
        self.world.store.close()
        shutil.rmtree(self.folder)

    def _register(self, slot: int) -> None:
        uid = f"node-{next(self.world.numbers)}"
        made = (uid, self.world.node(uid, limits=HANDLERS))
        self.nodes[slot : slot + 1] = [made]

    @rule(queue=queues, name=st.sampled_from(NAMES), count=st.integers(1, 4), priority=st.integers(0, 2))
    def enqueue(self, queue: str, name: str, count: int, priority: int) -> None:
        self.world.enqueue(*[self.world.new(queue=queue, name=name, priority=priority) for _ in range(count)])

    @rule(slot=st.integers(0, 1), limit=st.sampled_from([1, 2, 50]))
    def claim(self, slot: int, limit: int) -> None:
        node = self.nodes[slot][1]
        claims = self.world.claim(node, limit)
        for claim in claims:
            self.running[claim.id] = (node, claim)
            self.starts.append((claim.claimed_us, claim.queue, claim.name))
        for queue in {claim.queue for claim in claims}:
            self._check_queue(queue)
        for name in {claim.name for claim in claims}:
            self._check_handler(name)
        if len(claims) < limit:
            self._check_nothing_is_left_out()

    def _check_queue(self, queue: str) -> None:
        assert queue not in self.paused
        held = sum(claim.queue == queue for _, claim in self.running.values())
        assert held <= self.sizes.get(queue, held)
        if queue in self.rates:
            starts, seconds, since = self.rates[queue]
            after = max(self.clock.now_us() - seconds * SECOND_US, since - 1)
            assert sum(at > after for at, one, _ in self.starts if one == queue) <= starts

    def _check_handler(self, name: str) -> None:
        if name == "work":
            assert sum(claim.name == name for _, claim in self.running.values()) <= LIMIT
        else:
            after = self.clock.now_us() - RATE.span_us
            assert sum(at > after for at, _, one in self.starts if one == name) <= RATE.starts

    def _check_nothing_is_left_out(self) -> None:
        counts = self.world.store.reader.call(self.world.store.reader.counts())
        if not counts[State.QUEUED]:
            return
        from headway.store.protocol import JobFilter

        reader = self.world.store.reader
        for job in reader.call(reader.ids(JobFilter(states=(State.QUEUED,)), limit=5)):
            assert explain(self.world, job).gates, f"{job} could have started"

    @precondition(lambda self: self.running)
    @rule(which=st.integers(0, 99), kind=st.sampled_from([EndKind.RETURNED, EndKind.RAISED, EndKind.RELEASED]))
    def settle(self, which: int, kind: EndKind) -> None:
        job = sorted(self.running)[which % len(self.running)]
        node, claim = self.running.pop(job)
        self.world.end(node, claim, kind)

    @rule(slot=st.integers(0, 1))
    def a_node_dies(self, slot: int) -> None:
        uid, node = self.nodes[slot]
        self.world.reap(uid)
        self.running = {job: one for job, one in self.running.items() if one[0] != node}
        self._register(slot)

    @rule(slot=st.integers(0, 1))
    def a_node_leaves(self, slot: int) -> None:
        _, node = self.nodes[slot]
        self.world.store.call(self.world.store.leave(node))
        self.running = {job: one for job, one in self.running.items() if one[0] != node}
        self._register(slot)

    @rule(queue=queues)
    def pause(self, queue: str) -> None:
        assert pause(self.world, queue) is (queue not in self.paused)
        self.paused.add(queue)

    @rule(queue=queues)
    def resume(self, queue: str) -> None:
        assert resume(self.world, queue) is (queue in self.paused)
        self.paused.discard(queue)

    @rule(queue=queues, size=st.sampled_from([None, 1, 2, 5]))
    def resize(self, queue: str, size: int | None) -> None:
        resize(self.world, size, queue)
        if size is None:
            self.sizes.pop(queue, None)
        else:
            self.sizes[queue] = size

    @rule(queue=queues, rate=st.sampled_from([None, (1, 10), (3, 30), (5, 10)]))
    def limit_the_rate(self, queue: str, rate: tuple[int, int] | None) -> None:
        if rate is None:
            limit_rate(self.world, None, 1, queue)
            self.rates.pop(queue, None)
            return
        limit_rate(self.world, *rate, queue)
        _, seconds, since = self.rates.get(queue, (0, rate[1], self.clock.now_us() + 1))
        if rate[1] > seconds:  # what had left the shorter span may be forgotten
            since = max(since, self.clock.now_us() - seconds * SECOND_US + 1)
        self.rates[queue] = (*rate, since)

    @rule(seconds=st.sampled_from([1, 5, 12, 700]))
    def time_passes(self, seconds: int) -> None:
        self.clock.step_wall(seconds)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_no_claim_lets_through_more_than_its_gates_allow(name: str) -> None:
    life = type("GatesOf" + name.capitalize(), (Life,), {"kind": KINDS[name]})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, 40 // KINDS[name].lives), stateful_step_count=50, deadline=None, derandomize=True,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
