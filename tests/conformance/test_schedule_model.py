"""Random lives of schedules: whatever happens to clock, jobs and definitions, no instant runs twice and none is lost."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.schedule import Definition, Misfire, Overlap, ScheduleState
from headway.model.timetable import cron, every
from headway.store.protocol import JobFilter
from headway.store.scheduling import ScheduleRow, Tick, TickOutcome
from tests.conformance.lives import StoreLives
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import KINDS
from tests.conformance.scheduling import (
    APP,
    MINUTE,
    MINUTE_US,
    declare,
    fire,
    look,
    minutely,
    missed,
    next_instant,
    pause,
    put,
    remove,
    resume,
    ticks,
    trigger,
)

EXAMPLES = 40
STEPS = 40
NAMES = ("a", "b", "c")
GRACE_US = 10 * SECOND_US
numbers = st.integers(min_value=0, max_value=20)
definitions = st.builds(
    minutely,
    st.sampled_from(NAMES),
    timetable=st.sampled_from([cron("* * * * *"), cron("*/3 * * * *"), every(minutes=1), every(seconds=90)]),
    overlap=st.sampled_from(Overlap),
    misfire=st.sampled_from(Misfire),
    misfire_limit=st.sampled_from([100, 100, 2]),
)


def expected(definition: Definition, instants: Sequence[int], now_us: int) -> list[int]:
    """Which of the instants that have come run, as one would say it."""
    punctual = [one for one in instants if now_us - one <= GRACE_US]
    late = [one for one in instants if now_us - one > GRACE_US]
    match definition.misfire:
        case Misfire.SKIP:
            late = []
        case Misfire.ONCE:
            late = [] if punctual else late[-1:]
        case Misfire.ALL:
            pass
    return (late + punctual)[-definition.misfire_limit :]


class ScheduleLife(StoreLives):
    """One store; what must hold is said over ticks and jobs, and of time that passes step by step over the next instant."""

    def __init__(self) -> None:
        super().__init__()
        self.grants: list[Claim] = []
        self.node = 0
        self.uid = ""
        self.declared: dict[str, Definition] = {}

    @initialize(first=st.lists(definitions, min_size=1, max_size=3, unique_by=lambda one: one.name))
    def begin(self, first: list[Definition]) -> None:
        self.uid, self.node = self.register()
        self.register_schedules(first)

    # -- what code and people do

    @rule(changed=st.lists(definitions, max_size=3, unique_by=lambda one: one.name))
    def register_schedules(self, changed: list[Definition]) -> None:
        before = len(self._jobs())
        self.declared = {one.name: one for one in changed}
        declare(self.world, self.node, *changed)
        assert len(self._jobs()) == before

    @rule(definition=definitions)
    def register_one_more(self, definition: Definition) -> None:
        self.declared[definition.name] = definition
        declare(self.world, self.node, *self.declared.values())

    @rule(definition=definitions)
    def put_one(self, definition: Definition) -> None:
        """Under a name of its own, so that code has nothing to say of it."""
        named = minutely("d", timetable=definition.timetable, overlap=definition.overlap, misfire=definition.misfire)
        put(self.world, named)

    @precondition(lambda self: self._rows())
    @rule(which=numbers, verb=st.sampled_from([pause, resume, resume]))
    def pause_or_resume(self, which: int, verb: Any) -> None:
        verb(self.world, self._row(which).name)

    @precondition(lambda self: self._rows())
    @rule(which=numbers)
    def remove(self, which: int) -> None:
        remove(self.world, self._row(which).name)

    @precondition(lambda self: self._rows())
    @rule(which=numbers)
    def run_by_hand(self, which: int) -> None:
        before = self._row(which)
        trigger(self.world, before.name, force=True)
        after = look(self.world, before.name)
        assert (after.next_us, after.run_count) == (before.next_us, before.run_count)

    # -- what jobs do

    @rule(limit=st.integers(1, 3))
    def claim(self, limit: int) -> None:
        self.grants += self.world.claim(self.node, limit)

    @precondition(lambda self: self.grants)
    @rule(which=numbers, kind=st.sampled_from([EndKind.RETURNED, EndKind.RETURNED, EndKind.RAISED, EndKind.RELEASED]))
    def settle(self, which: int, kind: EndKind) -> None:
        claim = self.grants[-1 - which % len(self.grants)]
        self.world.turn(self.node, self.world.settlement(claim, kind))

    @precondition(lambda self: self._bad())
    @rule(which=numbers)
    def requeue(self, which: int) -> None:
        bad = self._bad()
        self.world.store.call(self.world.store.requeue(bad[which % len(bad)]))

    @precondition(lambda self: self._jobs())
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        jobs = sorted(self._jobs())
        self.world.store.call(self.world.store.cancel(jobs[-1 - which % len(jobs)]))

    @rule()
    def the_node_dies(self) -> None:
        self.world.reap(self.uid)
        self.uid, self.node = self.register()
        declare(self.world, self.node, *self.declared.values())

    # -- what time does

    @rule(minutes=st.integers(1, 4))
    def time_passes(self, minutes: int) -> None:
        """With a look every ten seconds: whatever was not judged before has its tick."""
        for _ in range(minutes * 6):
            before = {row.name: row for row in self._rows()}
            open_ = {name: [(one.from_us, one.until_us) for one in missed(self.world, name)] for name in before}
            self.clock.advance(10)
            self.world.beat(self.node)
            self._fire()
            for name, row in before.items():
                self._check_step(row, open_[name])
        self.world.tend()

    @rule(minutes=st.sampled_from([1, 2, 5, 30]))
    def nobody_looks(self, minutes: int) -> None:
        self._fire()  # a clock that was set back is seen first
        before = {row.name: (row, set(self._instants(row.name))) for row in self._rows()}
        self.clock.advance(minutes * MINUTE + 5)
        self.world.beat(self.node)
        self._fire()
        for row, ticked in before.values():
            if row.next_us is None or row.next_us <= row.judged_us or row.definition is None:
                continue
            now = self.clock.now_us()
            came = self._came(row, now)
            ran = set(self._instants(row.name)) - ticked
            assert ran == set(expected(row.definition, came, now)) - ticked
            counted = look(self.world, row.name).missed_count - row.missed_count
            assert counted == len(came) - len(expected(row.definition, came, now))

    @rule(seconds=st.sampled_from([1, 15, 60, 185, 600]))
    def the_clock_is_set_back(self, seconds: int) -> None:
        self.clock.step_wall(-seconds)

    @rule(seconds=st.sampled_from([15, 60, 185, 600]))
    def the_clock_is_set_forward(self, seconds: int) -> None:
        self.clock.step_wall(seconds)

    @rule(forward=st.sampled_from([185, 600]), back=st.sampled_from([60, 185, 600]), changed=st.none() | definitions)
    def the_clock_is_wrong_for_a_while(self, forward: int, back: int, changed: Definition | None) -> None:
        """And somebody looks meanwhile, and perhaps changes a schedule."""
        self.clock.step_wall(forward)
        self._fire()
        self.clock.step_wall(-back)
        if changed is not None:
            self.register_one_more(changed)
        self.time_passes(2)

    # -- what must hold after every step

    @invariant()
    def nothing_is_broken(self) -> None:
        self.world.healthy()

    @invariant()
    def every_tick_has_its_own_job(self) -> None:
        jobs = self._jobs()
        refs = Counter(jobs.values())
        assert all(count == 1 for count in refs.values())

    @invariant()
    def an_interval_never_waits_longer_than_it_is(self) -> None:
        if next_instant(self.world) == 0:
            return  # nobody has looked since the clock was set back
        for row in self._rows():
            every_us = getattr(getattr(row.definition, "timetable", None), "every_us", None)
            if row.next_us is not None and every_us is not None:
                assert row.next_us - self.clock.now_us() <= every_us + GRACE_US + SECOND_US

    def drain(self) -> None:
        """Whatever was done, an hour later everything runs by the clock again."""
        self.time_passes(1)
        self.clock.advance(3_600)
        self.world.beat(self.node)
        self._fire()
        before = {row.name: row.run_count + row.skip_count for row in self._rows() if row.next_us is not None}
        self.time_passes(4)
        for name, count in before.items():
            row = look(self.world, name)
            assert row.run_count + row.skip_count > count or row.state is not ScheduleState.ACTIVE

    # -- within

    def _fire(self) -> None:
        while fire(self.world).more:
            pass
        while (due := next_instant(self.world)) is not None and due <= self.clock.now_us():
            fire(self.world)

    def _check_step(self, row: ScheduleRow, open_: list[tuple[int, int]]) -> None:
        """An instant that was ahead, and not judged or open again, and has come within the step."""
        now = self.clock.now_us()
        if row.next_us is None or not row.next_us <= now or row.next_us <= now - GRACE_US:
            return
        is_open = any(begin <= row.next_us <= end for begin, end in open_)
        assert row.next_us > row.judged_us or is_open
        assert row.next_us in self._instants(row.name)
        assert not any(one.from_us <= row.next_us <= one.until_us for one in missed(self.world, row.name))

    def _came(self, row: ScheduleRow, now: int) -> list[int]:
        """The instants from the next one up to now, walked."""
        assert row.definition is not None
        assert row.next_us is not None
        table = row.definition.timetable
        step = table.every_us if hasattr(table, "every_us") else 3 * MINUTE_US if "/3" in table.text else MINUTE_US
        return list(range(row.next_us, now + 1, step))

    def _instants(self, name: str) -> list[int]:
        return [one.instant_us for one in self._ticks(name)]

    def _ticks(self, name: str) -> list[Tick]:
        return [one for one in ticks(self.world, name) if one.outcome is not TickOutcome.MANUAL]

    def _rows(self) -> tuple[ScheduleRow, ...]:
        return self.world.store.reader.call(self.world.store.reader.schedules(app=APP))

    def _row(self, which: int) -> ScheduleRow:
        rows = self._rows()
        return rows[which % len(rows)]

    def _jobs(self) -> dict[int, str]:
        found = self.world.store.reader.call(self.world.store.reader.page(JobFilter(), limit=1000)).rows
        return {row.id: row.ref_id for row in found}

    def _bad(self) -> list[int]:
        where = JobFilter(states=(State.FAILED, State.CANCELLED))
        return list(self.world.store.reader.call(self.world.store.reader.ids(where)))


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_random_life_of_schedules_keeps_its_promises(name: str) -> None:
    life = type("ScheduleLifeOf" + name.capitalize(), (ScheduleLife,), {"kind": KINDS[name]})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, EXAMPLES // KINDS[name].lives), stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
