"""Firing: what is due is judged, its runs are inserted, and each schedule moves on; one transaction, in any process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Final, TypeVar

import msgspec

from headway.model.firing import SMALL_STEP_US, Passed, Verdict, judge, next_open
from headway.model.overlap import OpenRun, arrange
from headway.model.schedule import Definition, Overlap, Standing
from headway.model.timeline import Timeline
from headway.store.scheduling import Fired
from headway.store.verbs.aftermath import follow
from headway.store.verbs.cancel import cancel
from headway.store.verbs.missed import cut, note_passed, ranges_from
from headway.store.verbs.runs import Run, Written, insert_runs, open_runs, run_of
from headway.store.verbs.standing import is_readable, moment, read_definition, turned_back, why
from headway.store.verbs.tick import prune, taken
from headway.store.verbs.transaction import Row, Transaction

STEP_BACK_US: Final = 1_000_000
"""A schedule that was judged at a moment further ahead than this is looked at anew: the clock was set back."""
RUNS_STEP: Final = 200
"""No further schedule is fired in a transaction that makes so many runs; a single one may make more."""
WORK_S: Final = 0.05
"""No further schedule is looked at in a transaction after that: others wait for the writer lock meanwhile."""
PRUNE_EVERY: Final = 32
"""Ticks; so often the old ones of a schedule are deleted."""


T = TypeVar("T")


class Due(msgspec.Struct, frozen=True, gc=False):
    """A schedule's row, as it is fired."""

    id: int
    name: str
    text: bytes
    """The definition, which may be damaged so far that it is no text."""
    next_us: int
    judged_us: int
    anchor_us: int
    run_count: int
    skip_count: int

    @property
    def standing(self) -> Standing:
        """How far it has come."""
        return Standing(
            next_us=self.next_us, judged_us=self.judged_us, anchor_us=self.anchor_us, run_count=self.run_count
        )


class Plan(msgspec.Struct, frozen=True, gc=False):
    """What one schedule is to do."""

    due: Due
    definition: Definition
    verdict: Verdict
    ranges: Sequence[Passed]


def fire(tx: Transaction, app: str, limit: int) -> Fired:
    """Judge what is due, as many schedules as the time allows and at most so many; first those whose clock was set back."""
    is_off, next_us, _ = tx.rows("next_instant", {"app": app})[0]
    if is_off:
        return Fired()
    follow(tx)  # what ended in this transaction before has ended
    faulty: list[tuple[str, str]] = []
    end = tx.clock.monotonic() + WORK_S
    back, has_more_back = turn_back(tx, app, limit, faulty, end)
    rows = tx.rows("due_schedules", {"app": app, "now": tx.now_us, "limit": limit})
    plans, seen = _plans(tx, app, rows, faulty, end)
    written = _run(tx, app, plans, faulty)
    stopped = {name for name, _ in faulty}
    passed = sum(_move(tx, plan, written) for plan in plans if plan.due.name not in stopped)
    _, next_us, _ = tx.rows("next_instant", {"app": app})[0]
    return Fired(
        runs=sum(written.started.values()),
        skipped=sum(written.skipped.values()),
        passed=passed,
        faulty=tuple(faulty),
        set_back=back,
        more=has_more_back or len(rows) == limit or seen < len(rows),
        next_us=next_us,
    )


def turn_back(tx: Transaction, app: str, limit: int, faulty: list[tuple[str, str]], end: float) -> tuple[int, bool]:
    """Look anew for the next instant of those that were judged at a moment that has not come again; how many, and whether
    there may be more.
    """
    rows = tx.rows("ahead_schedules", {"app": app, "now": tx.now_us + STEP_BACK_US, "limit": limit})
    for place, row in enumerate(rows):
        if place and tx.clock.monotonic() > end:
            return place, True
        due = Due(*row)
        standing = _alone(tx, app, due, faulty, partial(_turned_back, tx, due, app))
        if standing is not None:
            _write(tx, due.id, standing)
    return len(rows), len(rows) == limit


def _turned_back(tx: Transaction, due: Due, app: str) -> Standing:
    ranges = ranges_from(tx, due.id, tx.now_us - SMALL_STEP_US)
    standing = turned_back(tx, due.id, _read(due, app), due.standing, ranges)
    moment(standing.next_us)
    return standing


def _alone(tx: Transaction, app: str, due: Due, faulty: list[tuple[str, str]], act: Callable[[], T]) -> T | None:
    """Whatever is wrong with a schedule stops it, and only it; what is wrong with the file is another matter."""
    try:
        return act()
    except tx.failures:
        raise
    except Exception as error:  # noqa: BLE001 - see above
        unread = not is_readable(due.text, due.name, app, due.anchor_us, tx.now_us)
        faulty.append(_stop(tx, due, why(error), unread=unread))
        return None


def _plans(
    tx: Transaction, app: str, rows: Sequence[Row], faulty: list[tuple[str, str]], end: float
) -> tuple[list[Plan], int]:
    """What these schedules are to do, as far as it is done in a short while; and how many were looked at."""
    plans: list[Plan] = []
    runs = 0
    for place, row in enumerate(rows):
        if place and (runs >= RUNS_STEP or tx.clock.monotonic() > end):
            return plans, place
        plan = _plan(tx, app, row, faulty)
        if plan is None:
            continue
        runs += len(plan.verdict.runs)
        if plans and runs > RUNS_STEP:
            return plans, place
        plans.append(plan)
    return plans, len(rows)


def _plan(tx: Transaction, app: str, row: Row, faulty: list[tuple[str, str]]) -> Plan | None:
    due = Due(*row)
    ranges = ranges_from(tx, due.id, due.next_us) if due.next_us <= due.judged_us else ()

    def judged() -> Plan:
        definition = _read(due, app)
        verdict = judge(definition, due.standing, tx.now_us, ranges)
        moment(verdict.next_us or 0)
        return Plan(due, definition, verdict, ranges)

    return _alone(tx, app, due, faulty, judged)


def _read(due: Due, app: str) -> Definition:
    return read_definition(due.text, due.name, app)


def _stop(tx: Transaction, due: Due, error: str, *, unread: bool = False) -> tuple[str, str]:
    tx.change("stop_schedule", {"id": due.id, "error": error, "unread": unread})
    return due.name, error


def _run(tx: Transaction, app: str, plans: Sequence[Plan], faulty: list[tuple[str, str]]) -> Written:
    """Insert the runs of these schedules, as overlaps allow."""
    there = taken(tx, [(plan.due.id, instant) for plan in plans for instant in plan.verdict.runs])
    open_ = open_runs(tx, [p.due.id for p in plans if p.verdict.runs and p.definition.overlap is not Overlap.ALLOW])
    runs: list[Run] = []
    for plan in plans:
        arranged = _alone(tx, app, plan.due, faulty, partial(_arrange, tx, plan, there, open_.get(plan.due.id, ())))
        runs += arranged or ()
    written = insert_runs(tx, runs)
    dues = {plan.due.id: plan.due for plan in plans}
    faulty += [_stop(tx, dues[schedule], error) for schedule, error in written.faulty.items()]
    return written


def _arrange(
    tx: Transaction, plan: Plan, there: AbstractSet[tuple[int, int]], open_runs: Sequence[OpenRun]
) -> list[Run]:
    """Prepare its runs, and cancel what is in their way."""
    due, verdict = plan.due, plan.verdict
    instants = [one for one in verdict.runs if (due.id, one) not in there]
    late = sum((due.id, one) not in there for one in verdict.runs[: verdict.late])
    arranged = arrange(plan.definition, instants, late, open_runs)
    runs = [run_of(due.id, plan.definition, one) for one in arranged]
    if any(one.cancels for one in arranged):
        for run in open_runs:
            cancel(tx, run.job_id, f"schedule {due.name}", None)
    return runs


def _move(tx: Transaction, plan: Plan, written: Written) -> int:
    """Write how far a schedule has come; answers how many instants were passed over."""
    due, verdict, now = plan.due, plan.verdict, tx.now_us
    started, skipped = written.started.get(due.id, 0), written.skipped.get(due.id, 0)
    passed = 0 if verdict.passed is None else verdict.passed.count
    missed = passed
    if plan.ranges:
        first_us, last_us = due.next_us, _last(verdict)
        out = cut(tx, due.id, Timeline(plan.definition, due.anchor_us), plan.ranges, first_us, last_us)
        missed = passed - out  # what was missed before is not counted twice, and what of it ran now is missed no more
    if verdict.passed is not None:
        note_passed(tx, due.id, verdict.passed)
    next_us = verdict.next_us
    if next_us is None and _has_runs_left(plan.definition, due.run_count + started):
        timeline = Timeline(plan.definition, due.anchor_us)
        next_us = next_open(timeline, _last(verdict), verdict.judged_us, plan.ranges)
    standing = Standing(next_us=next_us or 0, judged_us=verdict.judged_us, anchor_us=due.anchor_us)
    _write(tx, due.id, standing, started=started, skipped=skipped, missed=missed, finished_us=None if next_us else now)
    ticks = due.run_count + due.skip_count
    if due.id in written.refused or ticks // PRUNE_EVERY != (ticks + started + skipped) // PRUNE_EVERY:
        prune(tx, due.id)
    return passed


def _last(verdict: Verdict) -> int:
    """The last instant that was judged."""
    ran_us = verdict.runs[-1] if verdict.runs else 0
    return ran_us if verdict.passed is None else max(ran_us, verdict.passed.until_us)


def _has_runs_left(definition: Definition, run_count: int) -> bool:
    """Of those that may run so often only; skipped and refused runs do not count."""
    return definition.max_runs is not None and run_count < definition.max_runs


def _write(
    tx: Transaction,
    schedule_id: int,
    standing: Standing,
    *,
    started: int = 0,
    skipped: int = 0,
    missed: int = 0,
    finished_us: int | None = None,
) -> None:
    next_us = None if finished_us else standing.next_us
    values = (next_us, standing.judged_us, tx.now_us, standing.anchor_us, finished_us, started, skipped, missed)
    tx.change("move_schedule", (*values, schedule_id))
