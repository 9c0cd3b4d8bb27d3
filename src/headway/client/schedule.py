"""A schedule as it stands, and what became of its instants, for their readers: moments, not microseconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from headway.model.clock import from_us
from headway.model.firing import upcoming
from headway.model.job import State
from headway.model.schedule import Definition, Managed, Misfire, Overlap, ScheduleState
from headway.model.timetable import Timetable
from headway.model.zone import zone_of
from headway.store.scheduling import MissedRange, ScheduleRow, Tick


class Occurred(StrEnum):
    """What became of an instant."""

    STARTED = "started"
    """A job was enqueued for it."""
    SKIPPED = "skipped"
    """An earlier run had not ended."""
    REFUSED = "refused"
    """Its job could not be stored, as the note says; the schedule goes on."""
    MANUAL = "manual"
    """Somebody ran it."""
    MISSED = "missed"
    """Nothing looked at it in time, and the misfire rule does not make up for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An instant of a schedule, or several in a row that were missed."""

    scheduled_for: datetime
    """The instant; of several the first one; of a run by hand, when it was asked for."""
    outcome: Occurred
    job_id: int | None = None
    """None when there is none, or it was forgotten."""
    state: State | None = None
    """How its job stands, or how it ended."""
    created: datetime
    """When its job was enqueued, or it was found to have been missed."""
    started: datetime | None = None
    finished: datetime | None = None
    code: str | None = None
    error: str | None = None
    """The message of a failure."""
    by: str | None = None
    """Who ran it by hand."""
    note: str | None = None
    until: datetime | None = None
    """The last one of several that were missed."""
    count: int = 1
    """How many instants this stands for."""
    is_least: bool = False
    """More were missed than were counted."""

    @property
    def duration(self) -> timedelta | None:
        """How long its job ran; None before its end."""
        return None if self.started is None or self.finished is None else self.finished - self.started


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A look at a schedule; it does not change when the schedule does. All moments are in UTC."""

    name: str
    app: str
    state: ScheduleState
    timetable: Timetable | None
    """`str()` of it is its expression, or its interval. None, as all else that is defined, when it cannot be read: see `error`."""
    job: str | None
    """The name of the handler that it runs."""
    arguments: Mapping[str, Any] = field(repr=False)
    """What that gets each time, as plain JSON values; a copy."""
    description: str
    managed: Managed | None
    overlap: Overlap | None
    misfire: Misfire | None
    start_at: datetime | None
    end_at: datetime | None
    max_runs: int | None
    durable: bool
    error: str | None
    """Why it is faulty."""
    next_run: datetime | None
    """Its next instant; None when it does not fire."""
    last_run: Occurrence | None
    """Its latest run, by hand or by itself; not a skipped one."""
    last_success: datetime | None
    """When a run last ended well."""
    run_count: int
    """Runs that it started by itself."""
    skip_count: int
    missed_count: int
    created: datetime
    created_by: str | None
    changed: datetime
    """When its definition changed last."""
    changed_by: str | None
    paused: datetime | None
    paused_by: str | None
    waits_for_clock: bool
    """It ran up to a moment that is ahead of now: the clock was set back."""

    @property
    def is_paused(self) -> bool:
        """Whether somebody paused it. Whether all schedules of the app are paused is told by `jobs.scheduler_paused()`."""
        return self.paused is not None


def schedule_of(row: ScheduleRow) -> Schedule:
    """What a row amounts to."""
    made = row.definition
    return Schedule(
        name=row.name,
        app=row.app,
        state=row.state,
        timetable=None if made is None else made.timetable,
        job=None if made is None else made.job.name,
        arguments={} if made is None else msgspec.json.decode(made.job.payload),
        description="" if made is None else made.description,
        managed=None if made is None else made.managed,
        overlap=None if made is None else made.overlap,
        misfire=None if made is None else made.misfire,
        start_at=None if made is None else _moment(made.start_us),
        end_at=None if made is None else _moment(made.end_us),
        max_runs=None if made is None else made.max_runs,
        durable=made is None or not made.job.fleeting,
        error=row.error,
        next_run=_moment(row.next_us),
        last_run=None if row.last is None else occurrence_of(row.last),
        last_success=_moment(row.last_success_us),
        run_count=row.run_count,
        skip_count=row.skip_count,
        missed_count=row.missed_count,
        created=from_us(row.created_us),
        created_by=row.created_by,
        changed=from_us(row.changed_us),
        changed_by=row.changed_by,
        paused=_moment(row.paused_us),
        paused_by=row.paused_by,
        waits_for_clock=row.waits_for_clock,
    )


def occurrence_of(tick: Tick) -> Occurrence:
    """An instant that was judged by itself."""
    return Occurrence(
        scheduled_for=from_us(tick.instant_us),
        outcome=Occurred(tick.outcome.value),
        job_id=tick.job_id,
        state=tick.state,
        created=from_us(tick.made_us),
        started=_moment(tick.started_us),
        finished=_moment(tick.finished_us),
        code=tick.code,
        error=tick.error,
        by=tick.by,
        note=tick.note,
    )


def missed_of(one: MissedRange) -> Occurrence:
    """Instants that were passed over together."""
    return Occurrence(
        scheduled_for=from_us(one.from_us),
        outcome=Occurred.MISSED,
        created=from_us(one.noted_us),
        until=from_us(one.until_us),
        count=one.count,
        is_least=one.is_least,
    )


def history_of(ticks: tuple[Tick, ...], missed: tuple[MissedRange, ...], limit: int) -> tuple[Occurrence, ...]:
    """What became of the latest instants, newest first."""
    found = [*map(occurrence_of, ticks), *map(missed_of, missed)]
    return tuple(sorted(found, key=lambda one: one.until or one.scheduled_for, reverse=True)[:limit])


def next_runs_of(row: ScheduleRow, now_us: int, count: int) -> list[datetime]:
    """When it fires next, by the clocks of its own zone; of a paused one when it would, were it resumed now."""
    found = next_instants(row, now_us, count)
    return [] if row.definition is None or not found else in_zone(found, zone_of(row.definition.timetable.zone))


def next_instants(row: ScheduleRow, now_us: int, count: int, until_us: float = inf) -> tuple[int, ...]:
    """The same, as instants before a moment; one that is overdue is none of them."""
    made = row.definition
    if made is None or row.state not in {ScheduleState.ACTIVE, ScheduleState.PAUSED}:
        return ()
    if made.max_runs is not None:
        count = min(count, max(0, made.max_runs - row.run_count))
    first = () if row.next_us is None or not now_us <= row.next_us < until_us or not count else (row.next_us,)
    return (*first, *upcoming(made, first[0] if first else now_us, row.anchor_us, count - len(first), until_us))


def first_runs_of(made: Definition, now_us: int, count: int) -> list[datetime]:
    """When it would fire next, were it registered now."""
    if made.max_runs is not None:
        count = min(count, made.max_runs)
    return in_zone(upcoming(made, now_us, now_us, count), zone_of(made.timetable.zone))


def in_zone(instants: tuple[int, ...], zone: ZoneInfo) -> list[datetime]:
    """Moments as the clocks there show them."""
    return [from_us(one).astimezone(zone) for one in instants]


def _moment(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)
