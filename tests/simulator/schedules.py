"""The rules of schedules, asked after every commit: worked out anew from what a schedule is and how it stood before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.firing import COUNTED_MAX, SMALL_STEP_US
from headway.model.occurrence import ref_of
from headway.model.schedule import Definition, Misfire, Overlap
from headway.model.timeline import Timeline
from headway.model.timetable import IntervalTable
from tests.simulator.flow import SECOND_US
from tests.simulator.lines import Must

if TYPE_CHECKING:
    from tests.simulator.record import Row

SCHEDULES: Final = (
    "SELECT id, name, definition, timing, anchor_at, next_at, next_was, judged_to, judged_at, paused_at, orphaned_at,"
    " removed_at, finished_at, error, run_count, skip_count, missed_count FROM headway_schedule"
)
TICKS: Final = "SELECT schedule_id, instant, by_hand, outcome, job_id, ended_at, state, made_at FROM headway_tick"
MISSED: Final = "SELECT schedule_id, from_at, until_at, instants, is_least FROM headway_missed"
PAUSED: Final = "SELECT count(*) FROM headway_scheduler"
FIRING: Final = frozenset({"fire", "trigger"})
MOVING: Final = frozenset(
    {"declare", "put_schedule", "pause_schedule", "resume_schedule", "remove_schedule", "pause_scheduler"}
    | {"resume_scheduler", "hold_claims", "resume_claims", "tend", "trigger"}
)
"""Verbs beside which it cannot be told what a look for due schedules found."""
STEP_BACK_US: Final = SECOND_US
TICKS_KEPT: Final = 100
Key = tuple[int, int, int]


class ScheduleSeen(msgspec.Struct, frozen=True, array_like=True):
    """A schedule as a commit left it."""

    id: int
    name: str
    text: str
    timing: bytes
    anchor_us: int
    next_us: int | None
    next_was_us: int | None
    judged_us: int
    judged_at_us: int
    paused_us: int | None
    orphaned_us: int | None
    removed_us: int | None
    finished_us: int | None
    error: str | None
    run_count: int
    skip_count: int
    missed_count: int

    @property
    def definition(self) -> Definition:
        """What it is."""
        return _read(self.text)

    @property
    def line(self) -> Timeline:
        """Its instants."""
        return _line(self.text, self.anchor_us)

    @property
    def is_active(self) -> bool:
        """Nobody and nothing has stopped it."""
        return self.next_us is not None

    @property
    def way(self) -> tuple[bytes, int]:
        """Its instants are those of another timetable when this is another one."""
        is_interval = isinstance(self.definition.timetable, IntervalTable)
        return self.timing, self.anchor_us if is_interval else 0


class TickSeen(msgspec.Struct, frozen=True, array_like=True):
    """An instant that was judged by itself."""

    schedule: int
    instant_us: int
    by_hand: int
    outcome: str
    job: int | None
    ended_us: int | None
    state: str | None
    made_us: int

    @property
    def key(self) -> Key:
        return self.schedule, self.instant_us, self.by_hand


class RangeSeen(msgspec.Struct, frozen=True, array_like=True):
    """Instants that were passed over."""

    schedule: int
    from_us: int
    until_us: int
    count: int
    is_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What was committed."""

    verbs: frozenset[str]
    now_us: int
    was_held: bool
    """Before it."""
    forced: frozenset[int]
    """Jobs of runs that somebody forced."""

    @property
    def is_look(self) -> bool:
        """Whether due schedules were looked for, and nothing else was done to schedules."""
        return "fire" in self.verbs and not self.verbs & MOVING


NOTING: Final = frozenset({"fire", "declare", "put_schedule", "pause_schedule", "resume_schedule"})
"""Verbs that record what was missed: a look, and what ends the instants of a schedule while one of them is due."""


class ScheduleRules:
    """Remembers what every instant came to."""

    def __init__(self, must: Must) -> None:
        self._must = must
        self.rows: dict[int, ScheduleSeen] = {}
        self.ticks: dict[Key, TickSeen] = {}
        self.ranges: dict[tuple[int, int], RangeSeen] = {}
        self._raw: dict[Key, tuple[Any, ...]] = {}
        self._raw_rows: dict[int, tuple[Any, ...]] = {}
        self.is_paused = False
        """All of them."""
        self.tally: Counter[str] = Counter()
        self.removed: set[str] = set()
        """Names of those that people have removed, and that have not come back."""
        self._counts: Counter[tuple[int, str]] = Counter()
        """Ticks by schedule and outcome, also of those that were forgotten."""
        self._judged: defaultdict[int, set[int]] = defaultdict(set)
        """Instants that had a tick, ever."""
        self._side_by_side: set[Key] = set()
        """Runs that may run beside others."""
        self._ways: dict[tuple[int, int], tuple[bytes, int]] = {}
        """By which timetable a range was noted."""
        self._tick_ways: dict[Key, tuple[bytes, int]] = {}
        """And an instant judged."""
        self._uncounted: set[int] = set()
        """Schedules with ranges that are too long to be counted."""

    def hold(self, connection: Any, commit: Commit, jobs: Mapping[int, Row], requeued: Mapping[int, int]) -> None:
        """This was committed; `jobs` stand so now, and were requeued so often."""
        old_rows, old_ticks, old_ranges, was_paused = self.rows, self.ticks, self.ranges, self.is_paused
        self._read(connection)
        fresh: dict[int, list[TickSeen]] = defaultdict(list)
        for key in self.ticks.keys() - old_ticks.keys():
            fresh[key[0]].append(self.ticks[key])
        for key in old_ticks.keys() - self.ticks.keys():
            self._gone(old_ticks[key])
        for tick in self.ticks.values():
            self._follows(tick, old_ticks.get(tick.key), jobs)
        for schedule, those in fresh.items():
            those.sort(key=lambda one: one.instant_us)
            for tick in those:
                self._made(tick, self.rows[schedule], commit, jobs)
        off = was_paused or commit.was_held
        for row in self.rows.values():
            old, own = old_rows.get(row.id), [one for one in fresh[row.id] if not one.by_hand]
            self._stands(row)
            if commit.is_look:
                self._looked(row, old, own, commit, old_ranges, off=off)
            elif "fire" not in commit.verbs:
                self._must(not own, f"{row.name} fired, and nobody looked: {_shown(own)}")
                self._set(row, old, commit)
        self._ranges_and_ticks(old_ranges, fresh, commit)
        for row in self.rows.values():
            self._count(row)
        self._overlaps(jobs, requeued)
        self._notice(old_rows)

    def _read(self, connection: Any) -> None:
        raw = {one[0]: one for one in connection.execute(SCHEDULES)}
        known = self.rows
        self.rows = {
            key: known[key] if values == self._raw_rows.get(key) else ScheduleSeen(*values)
            for key, values in raw.items()
        }
        self._raw_rows = raw
        raw_ticks = {one[:3]: one for one in connection.execute(TICKS)}
        ticks = self.ticks
        self.ticks = {
            key: ticks[key] if values == self._raw.get(key) else TickSeen(*values) for key, values in raw_ticks.items()
        }
        self._raw = raw_ticks
        self.ranges = {one[:2]: RangeSeen(*one) for one in connection.execute(MISSED)}
        ((paused,),) = connection.execute(PAUSED)
        self.is_paused = bool(paused)

    # -- ticks ---------------------------------------------------------------------------------------------------

    def _gone(self, tick: TickSeen) -> None:
        row = self.rows.get(tick.schedule)
        if row is None or row.removed_us is not None:
            return
        later = sum(one.schedule == tick.schedule and one.instant_us > tick.instant_us for one in self.ticks.values())
        may = (tick.job is None or tick.ended_us is not None) and later >= TICKS_KEPT - 1
        self._must(may, f"the tick of {row.name} at {tick.instant_us} is gone")

    def _follows(self, tick: TickSeen, old: TickSeen | None, jobs: Mapping[int, Row]) -> None:
        """It stays what it was, and stands as its job does."""
        if tick is old and tick.job is None:
            return
        if old is not None and old is not tick:
            same = (old.outcome, old.made_us) == (tick.outcome, tick.made_us)
            same = same and (old.job == tick.job or (tick.job is None and old.job not in jobs))
            self._must(same, f"a tick changed from {old} to {tick}")
        if tick.job is None:
            return
        job = jobs.get(tick.job)
        self._must(job is not None, f"the job of {tick} is nowhere")
        assert job is not None
        state = job.state if job.is_final else None
        ended = (tick.ended_us is not None, tick.state) == (job.is_final, state)
        self._must(ended, f"{job.ref_id} is {job.state}, and its tick says {tick.state}")

    def _made(self, tick: TickSeen, row: ScheduleSeen, commit: Commit, jobs: Mapping[int, Row]) -> None:
        """A tick is new."""
        name = f"{row.name} at {tick.instant_us}"
        outcome = "by hand" if tick.by_hand else tick.outcome
        self.tally[outcome] += 1
        self._must(tick.made_us == commit.now_us, f"the tick of {name} was made at {tick.made_us}, not {commit.now_us}")
        job = None if tick.job is None else jobs[tick.job]
        self._must((job is None) == (outcome == "refused"), f"{name} was {outcome} with the job {tick.job}")
        if tick.by_hand:
            self._must("trigger" in commit.verbs, f"{name} was run by hand, and nobody asked for it")
            if tick.job in commit.forced:
                self._side_by_side.add(tick.key)
        else:
            self._must("fire" in commit.verbs, f"{name} fired, and nobody looked")
            self._must(tick.instant_us <= commit.now_us, f"{name} fired before its time, at {commit.now_us}")
            self._must(tick.instant_us not in self._judged[row.id], f"{name} was judged twice")
            self._judged[row.id].add(tick.instant_us)
            self._tick_ways[tick.key] = row.way
            self._counts[row.id, tick.outcome] += 1
            ref_id = ref_of(row.name, tick.instant_us)
            self._must(job is None or job.ref_id == ref_id, f"{name} is job {tick.job}, which is another's")
        if row.definition.overlap is Overlap.ALLOW:
            self._side_by_side.add(tick.key)

    def _overlaps(self, jobs: Mapping[int, Row], requeued: Mapping[int, int]) -> None:
        """Of what may not overlap nothing does; who was requeued has been told by a person to run."""
        running: defaultdict[int, list[str]] = defaultdict(list)
        for tick in self.ticks.values():
            if tick.job is None or tick.ended_us is not None or tick.key in self._side_by_side:
                continue
            job = jobs[tick.job]
            if job.state == "running" and not requeued.get(job.id):
                running[tick.schedule].append(job.ref_id)
        for those in running.values():
            self._must(len(those) <= 1, f"runs of one schedule overlap: {those}")

    # -- looks ---------------------------------------------------------------------------------------------------

    def _looked(
        self,
        row: ScheduleSeen,
        old: ScheduleSeen | None,
        own: list[TickSeen],
        commit: Commit,
        ranges: Mapping[tuple[int, int], RangeSeen],
        *,
        off: bool,
    ) -> None:
        """Due schedules were looked for: what came of this one?"""
        self._must(old is not None, f"{row.name} was made by a look")
        assert old is not None
        now_us, stood = commit.now_us, (old.next_us, old.judged_us, old.run_count, old.skip_count, old.missed_count)
        stands = (row.next_us, row.judged_us, row.run_count, row.skip_count, row.missed_count)
        if old.next_us is None or off:
            why = "all are paused or held" if off else "it is not active"
            self._must(
                not own and stands == stood, f"{row.name} was fired, and {why}: {_shown(own)}, {stood}, {stands}"
            )
            return
        if (
            old.judged_at_us > now_us + STEP_BACK_US
        ):  # looked for anew, from a little before on, and fired by the same look
            self.tally["set back"] += 1
            early = [tick.instant_us for tick in own if tick.instant_us < min(old.next_us, now_us - SMALL_STEP_US)]
            self._must(not early, f"{row.name} ran {early}, from long before the clock was set back")
            return
        if old.next_us > now_us:
            self._must(
                not own and stands == stood, f"{row.name} was fired or moved, and is due at {old.next_us}: {stands}"
            )
            return
        self._fired(row, old, own, now_us, ranges)

    def _fired(
        self,
        row: ScheduleSeen,
        old: ScheduleSeen,
        own: list[TickSeen],
        now_us: int,
        ranges: Mapping[tuple[int, int], RangeSeen],
    ) -> None:
        """It was due: every instant until now is judged, and the next one is later."""
        assert old.next_us is not None
        first, until_us, line, definition = old.next_us, now_us, old.line, old.definition
        again = first <= old.judged_us
        if again:
            until_us = min(
                [one.until_us for one in _of(ranges, row.id) if one.from_us <= first <= one.until_us] or [first]
            )
            until_us = min(until_us, now_us)
            self.tally["missed and open again"] += 1
        for tick in own:
            name = f"{row.name} at {tick.instant_us}"
            self._must(first <= tick.instant_us <= until_us, f"{name} ran, and was not due: {first} to {until_us}")
            is_one = tick.instant_us == first or line.after(tick.instant_us - 1) == tick.instant_us
            self._must(is_one, f"{name} ran, and is none of its instants")
        spent = definition.max_runs is not None and row.run_count >= definition.max_runs
        if definition.max_runs is not None:
            self._must(
                row.run_count <= definition.max_runs, f"{row.name} ran {row.run_count} times, and may {definition}"
            )
        if definition.max_runs is not None and row.next_us is not None:  # what was not tried stays due
            again, until_us = again or row.next_us > old.next_us, min(until_us, row.next_us - 1)
        self._covers(row, line, first, until_us, spent=spent)
        self._misfires(row, definition, own, now_us)
        if row.next_us is None:
            over = spent or line.after(until_us) is None or line.after(row.judged_us) is None
            self._must(over and row.finished_us is not None, f"{row.name} is over, and why?")
        else:
            self._must(again or row.next_us > now_us, f"{row.name} is due at {row.next_us}, and was fired at {now_us}")
            self._must(not spent, f"{row.name} ran {row.run_count} times, and goes on")
            is_one = line.after(row.next_us - 1) == row.next_us
            self._must(is_one, f"{row.name} is due at {row.next_us}, which is none of its instants")
            if not again:
                self._must(
                    row.next_us == line.after(now_us), f"{row.name} is due at {row.next_us}, and leaves some out"
                )
        self._must(
            row.judged_us >= old.judged_us, f"{row.name} was judged until {old.judged_us}, and now {row.judged_us}"
        )

    def _covers(self, row: ScheduleSeen, line: Timeline, first: int, until_us: int, *, spent: bool) -> None:
        """No instant is left out in silence."""
        at: int | None = first
        while at is not None and at <= until_us:
            if (row.id, at, 0) not in self.ticks:
                inside = [one.until_us for one in _of(self.ranges, row.id) if one.from_us <= at <= one.until_us]
                if not inside and spent:
                    return
                self._must(bool(inside), f"{row.name} at {at} neither ran nor was missed")
                at = max(inside)
            at = line.after(at)

    def _misfires(self, row: ScheduleSeen, definition: Definition, own: list[TickSeen], now_us: int) -> None:
        """What was missed runs as was asked for."""
        late = [one for one in own if one.instant_us < now_us - definition.misfire_grace_us]
        self.tally["made up for"] += len(late)
        self._must(len(own) <= definition.misfire_limit, f"{row.name} has {len(own)} runs, and may {definition}")
        match definition.misfire:
            case Misfire.SKIP:
                self._must(not late, f"{row.name} ran too late: {_shown(late)} at {now_us}")
            case Misfire.ONCE:
                alone = not late or len(own) == 1
                self._must(alone, f"{row.name} made up for more than one: {_shown(own)} at {now_us}")
            case Misfire.ALL:
                pass
        age_us = definition.misfire_age_us
        old = [] if age_us is None else [one for one in late if one.instant_us < now_us - age_us]
        self._must(not old, f"{row.name} made up for what is too old: {_shown(old)} at {now_us}")

    # -- what else moves a schedule ------------------------------------------------------------------------------

    def _set(self, row: ScheduleSeen, old: ScheduleSeen | None, commit: Commit) -> None:
        """It was registered, changed, paused or resumed; nothing fires because of that, and what was due then was missed."""
        now_us = commit.now_us
        if old is None:
            at_once = row.definition.run_at_start and row.next_us == now_us
            self._must(at_once or row.next_us == row.line.after(now_us), f"{row.name} is new and due at {row.next_us}")
            return
        counts = (old.run_count, old.skip_count)
        same = (row.run_count, row.skip_count) == counts
        self._must(same, f"{row.name} counts other runs than {counts}")
        if row.next_us is None or row.next_us == old.next_us:
            return
        if old.orphaned_us is not None and row.next_us == old.next_was_us:
            self.tally["back as it stood"] += 1
            return
        self._must(row.next_us > now_us, f"{row.name} is due at {row.next_us} because it was changed at {now_us}")
        is_one = row.line.after(row.next_us - 1) == row.next_us
        self._must(is_one, f"{row.name} is due at {row.next_us}, which is none of its instants")
        if row.judged_us <= now_us:
            after = row.line.after(now_us)
            self._must(row.next_us == after, f"{row.name} goes on at {row.next_us}, and its next instant is {after}")

    def _stands(self, row: ScheduleSeen) -> None:
        stops = (row.paused_us, row.orphaned_us, row.removed_us, row.finished_us, row.error)
        stopped = any(one is not None for one in stops)
        self._must(stopped == (row.next_us is None), f"{row.name} is due at {row.next_us}, and {stops} say otherwise")
        self._must(row.error is None, f"{row.name} cannot be fired: {row.error}")

    # -- what was passed over ------------------------------------------------------------------------------------

    def _ranges_and_ticks(
        self, before: Mapping[tuple[int, int], RangeSeen], fresh: Mapping[int, list[TickSeen]], commit: Commit
    ) -> None:
        """No instant has run and was missed as well, unless its schedule has become another meanwhile."""
        for key, one in self.ranges.items():
            row = self.rows[one.schedule]
            is_new = before.get(key) != one
            if is_new:
                noted = not NOTING.isdisjoint(commit.verbs)
                self._must(noted, f"{row.name} missed something, and nobody looked")
                within = (
                    self._ways[other]
                    for other, was in before.items()
                    if was.schedule == one.schedule and was.from_us <= one.from_us and one.until_us <= was.until_us
                )
                self._ways[key] = next(within, row.way)  # what is left of one is noted anew
                self.tally["missed"] += key not in before
                if one.is_least or one.count >= COUNTED_MAX:
                    self._uncounted.add(row.id)
                by_it = commit.is_look and self._ways[key] == row.way  # else by the timetable that it had before
                counted = one.is_least or not by_it or one.count == _count(row.line, one)
                self._must(counted, f"{row.name} missed {one}, which are not so many")
            if self._ways[key] != row.way:
                self._uncounted.add(row.id)
                continue
            ticks = (tick for tick in self.ticks.values() if tick.schedule == row.id) if is_new else fresh[row.id]
            both = [
                tick
                for tick in ticks
                if one.from_us <= tick.instant_us <= one.until_us and self._tick_ways.get(tick.key) == row.way
            ]
            self._must(not both, f"{row.name} ran at {_shown(both)}, and missed that: {one}")

    def _count(self, row: ScheduleSeen) -> None:
        """Its counts are those of its ticks and ranges."""
        real = (self._counts[row.id, "started"], self._counts[row.id, "skipped"])
        self._must(
            (row.run_count, row.skip_count) == real, f"{row.name} counts {row.run_count}, {row.skip_count}: {real}"
        )
        if row.removed_us is not None:  # its ranges are dropped; brought back, it goes on to count
            self._uncounted.add(row.id)
        if row.id not in self._uncounted:
            missed = sum(one.count for one in _of(self.ranges, row.id))
            self._must(
                row.missed_count == missed, f"{row.name} counts {row.missed_count} missed, and they are {missed}"
            )

    # -- for others ----------------------------------------------------------------------------------------------

    def _notice(self, before: Mapping[int, ScheduleSeen]) -> None:
        there = {row.name for row in self.rows.values() if row.removed_us is None}
        self.removed |= {row.name for row in before.values()} - there
        self.removed -= there

    def overdue(self, now_us: int, late_us: int) -> list[str]:
        """Those that were due so long ago and did not fire."""
        late = [row for row in self.rows.values() if row.next_us is not None and row.next_us < now_us - late_us]
        return [f"{row.name}, due at {row.next_us}" for row in late]


def _of(ranges: Mapping[tuple[int, int], RangeSeen], schedule: int) -> Iterator[RangeSeen]:
    return (one for one in ranges.values() if one.schedule == schedule)


def _count(line: Timeline, one: RangeSeen) -> int:
    count, at = 1, line.after(one.from_us)
    while at is not None and at <= one.until_us:
        count, at = count + 1, line.after(at)
    return count


def _shown(ticks: list[TickSeen]) -> str:
    return ", ".join(f"{one.instant_us} {one.outcome}" for one in ticks)


@lru_cache(maxsize=1024)
def _read(text: str) -> Definition:
    return msgspec.json.decode(text, type=Definition)


@lru_cache(maxsize=4096)
def _line(text: str, anchor_us: int) -> Timeline:
    return Timeline(_read(text), anchor_us)
