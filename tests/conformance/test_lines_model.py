"""Random lives of jobs in lines: after every step exactly those are ready whose turn it is, and in the end all have run."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from headway.model.claim import Claim, NewJob
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.model.rate import Window
from headway.store.protocol import JobFilter
from tests.conformance.lives import StoreLives
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind

EXAMPLES = 60
STEPS = 30
NODES = 2
DRAIN_TURNS = 400
NAMES = ("work", "other")
numbers = st.integers(min_value=0, max_value=20)
news = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "queue": st.sampled_from(["a", "b"]),
        "priority": st.integers(0, 2),
        "delay_us": st.sampled_from([0, 0, 0, 4 * SECOND_US]),
        "lane": st.sampled_from([None, None, "smtp", "fax"]),
        "key": st.sampled_from([None, "ann", "bob"]),
        "key_limit": st.sampled_from([1, 1, 2, 3]),
        "key_rate": st.sampled_from([None, None, Window(1, 4 * SECOND_US), Window(2, 9 * SECOND_US)]),
    }
)


def passes_lane(row: JobRow, rows: Sequence[JobRow]) -> bool:
    """The lowest id of its named worker, of which nothing runs."""
    same = [one for one in rows if one.lane == row.lane]
    return row.lane is None or (
        all(one.state is not State.RUNNING for one in same)
        and all(one.id >= row.id for one in same if one.state is State.QUEUED)
    )


def expected_ready(rows: Sequence[JobRow], starts: Mapping[str, Sequence[int]], now_us: int) -> set[int]:
    """The definition, as one would say it, at any cost; `starts` are those of jobs whose key has a rate, by key."""
    running = Counter(row.key for row in rows if row.state is State.RUNNING)
    taken: Counter[tuple[object, ...]] = Counter()
    found: set[int] = set()
    for row in sorted(rows, key=lambda one: (-one.priority, one.due_us, one.id)):
        if row.state is not State.QUEUED or not passes_lane(row, rows):
            continue
        if row.key is not None:
            group = (row.key, row.queue, row.name, row.key_limit, row.key_rate)
            places = (row.key_limit or 1) - running[row.key]
            if row.key_rate is not None:
                recent = sum(at > now_us - row.key_rate.span_us for at in starts.get(row.key, ()))
                places = min(places, row.key_rate.starts - recent)
            if taken[group] >= places:
                continue
            taken[group] += 1
        found.add(row.id)
    return found


class Lives(StoreLives):
    """One store, two nodes, and whatever may happen to a job."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: list[tuple[str, int]] = []
        self.held: list[tuple[int, Claim]] = []
        self.starts: defaultdict[str, list[int]] = defaultdict(list)

    @initialize()
    def nodes(self) -> None:
        self.slots = [self.register() for _ in range(NODES)]

    @rule(jobs=st.lists(news, min_size=1, max_size=4))
    def enqueue(self, jobs: list[dict[str, object]]) -> None:
        made: list[NewJob] = [self.world.new(retries=5, **facts) for facts in jobs]
        self.world.enqueue(*made)

    @rule(
        slot=st.integers(0, NODES - 1), limit=st.integers(1, 5), names=st.sampled_from([NAMES, NAMES[:1]]),
        queues=st.sampled_from([None, ("a",)]),
    )  # fmt: skip
    def claim(self, slot: int, limit: int, names: tuple[str, ...], queues: tuple[str, ...] | None) -> None:
        node = self.slots[slot][1]
        for claim in self.world.claim(node, limit, names=names, queues=queues):
            self.held.append((node, claim))
            rate = self.world.row(claim.id).key_rate
            if rate is not None and claim.key is not None:
                recent = sum(at > claim.claimed_us - rate.span_us for at in self.starts[claim.key])
                assert recent < rate.starts
                self.starts[claim.key].append(claim.claimed_us)

    @precondition(lambda self: self.held)
    @rule(which=numbers, kind=st.sampled_from(EndKind), permanent=st.booleans(), delay=st.sampled_from([0, 3]))
    def settle(self, which: int, kind: EndKind, permanent: bool, delay: int) -> None:
        node, claim = self.held.pop(which % len(self.held))
        self.world.settle(node, claim, kind, permanent=permanent, delay_us=delay * SECOND_US)

    @precondition(lambda self: self.rows())
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        rows = self.rows()
        self.world.store.call(self.world.store.cancel(rows[which % len(rows)].id))

    @precondition(lambda self: any(row.state in {State.FAILED, State.CANCELLED} for row in self.rows()))
    @rule(which=numbers)
    def requeue(self, which: int) -> None:
        rows = [row for row in self.rows() if row.state in {State.FAILED, State.CANCELLED}]
        self.world.store.call(self.world.store.requeue(rows[which % len(rows)].id))

    @rule(slot=st.integers(0, NODES - 1))
    def die(self, slot: int) -> None:
        self.world.reap(self.slots[slot][0])
        self.slots[slot] = self.register()

    @rule(slot=st.integers(0, NODES - 1))
    def leave(self, slot: int) -> None:
        self.world.store.call(self.world.store.leave(self.slots[slot][1]))
        self.slots[slot] = self.register()

    @rule(seconds=st.sampled_from([1, 5]))
    def time_passes(self, seconds: int) -> None:
        self._wait(seconds)

    @invariant()
    def those_are_ready_whose_turn_it_is(self) -> None:
        rows = self.rows()
        assert {row.id for row in rows if row.state is State.QUEUED and row.blocked is None} == expected_ready(
            rows, self.starts, self.clock.now_us()
        )

    @invariant()
    def no_more_run_than_may(self) -> None:
        running = [row for row in self.rows() if row.state is State.RUNNING]
        lanes = Counter(row.lane for row in running if row.lane is not None)
        assert all(count == 1 for count in lanes.values())
        for key, count in Counter(row.key for row in running if row.key is not None).items():
            assert count <= max(row.key_limit or 1 for row in running if row.key == key)

    def rows(self) -> tuple[JobRow, ...]:
        reader = self.world.store.reader
        return reader.call(reader.page(JobFilter(), limit=1000)).rows

    def _wait(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.world.tend()
        for _, node in self.slots:
            self.world.beat(node)

    def drain(self) -> None:
        """Whatever was done: nobody waits for ever."""
        for uid, _ in self.slots:
            self.world.reap(uid)
        self.slots = [self.register()]
        node = self.slots[0][1]
        for _ in range(DRAIN_TURNS):
            if all(row.state.is_final for row in self.rows()):
                return
            for claim in self.world.claim(node, 5):
                self.world.end(node, claim)
            self._wait(5)
        left = [row for row in self.rows() if not row.state.is_final]
        raise AssertionError(left)


@pytest.mark.timeout(60)
def test_random_lives_in_lines(store_kind: Kind) -> None:
    machine = type("ThisStoresLives", (Lives,), {"kind": store_kind})
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
