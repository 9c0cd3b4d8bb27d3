"""Schedules, as the API tells them."""

from __future__ import annotations

from typing import Any

import msgspec

from headway.model.schedule import ScheduleState
from headway.model.zone import zone_of
from headway.store.scheduling import ScheduleRow
from headway.view import schedule_page, schedule_preview, schedules, timetables, words
from headway.view.schedule_page import Shown
from headway.view.schedule_preview import Preview
from headway.view.secrets import Masking, mask
from headway.web.api.shapes.base import Moment, Record, Shape


class TickAnswer(Shape, frozen=True, kw_only=True):
    """What became of an instant."""

    at: Moment
    outcome: str
    job: int | None
    state: str | None
    made_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    seconds: float | None
    code: str | None
    error: str | None
    by: str | None
    note: str | None


class Missed(Shape, frozen=True, kw_only=True):
    """Instants that were passed over."""

    from_: Moment = msgspec.field(name="from")
    until: Moment
    count: int
    at_least: bool
    noted_at: Moment


class ScheduleItem(Shape, frozen=True, kw_only=True):
    """A schedule, as lists show it."""

    id: int
    app: str
    name: str
    state: ScheduleState
    is_enabled: bool
    """Whether it fires: its state is active."""
    job_type: str | None
    """The same as `handler`."""
    cron_expression: str | None
    """The same as `cron`, or the interval in words."""
    last_run_at: Moment | None
    """When its latest run was started, by itself or by hand."""
    next_run_at: Moment | None
    """The same as `nextAt`."""
    cron: str | None
    every_seconds: float | None
    zone: str | None
    when: str | None
    """In words."""
    handler: str | None
    queue: str | None
    description: str | None
    managed: str | None
    overlap: str | None
    misfire: str | None
    misfire_grace_seconds: float | None
    misfire_limit: int | None
    misfire_age_seconds: float | None
    start_at: Moment | None
    end_at: Moment | None
    max_runs: int | None
    jitter_seconds: float | None
    excluding: str | None
    run_at_start: bool | None
    durable: bool | None
    next_at: Moment | None
    overdue_seconds: float | None
    last_run: TickAnswer | None
    last_success_at: Moment | None
    runs: int
    skipped: int
    missed: int
    error: str | None
    paused_at: Moment | None
    paused_by: str | None
    waits_for_clock: bool
    created_at: Moment
    created_by: str | None
    changed_at: Moment
    changed_by: str | None


class Instant(Shape, frozen=True, kw_only=True):
    """An instant to come."""

    at: Moment
    local: str
    """By the clocks of the schedule's zone."""
    words: str
    """How far off it is: in 5 min."""


class ScheduleAnswer(ScheduleItem, frozen=True, kw_only=True):
    """Everything about one schedule, secrets masked."""

    arguments: Any
    arguments_masked: str
    options: dict[str, Any]
    next_runs: list[Instant]
    """Of a paused one when it would run, were it resumed now."""
    runs_listed: list[TickAnswer]
    missed_ranges: list[Missed]
    all_paused_at: Moment | None
    all_paused_by: str | None
    idle: str | None
    """Why nothing looks at it, if nothing does."""


class Coming(Shape, frozen=True, kw_only=True):
    """An instant of a timetable that is tried out."""

    at: Moment
    local: str
    clocks_change_seconds: float


class PreviewAnswer(Shape, frozen=True, kw_only=True):
    """A timetable that is tried out."""

    expression: str
    zone: str
    when: str
    warnings: list[str]
    next: list[Coming]


def item(row: ScheduleRow, masking: Masking, now_us: int) -> ScheduleItem:
    """A schedule of a list, secrets masked."""
    masked = mask(None if row.definition is None else row.definition.job.payload, masking)
    return ScheduleItem(**_item(schedules.record(row, now_us, masked), row))


def detail(shown: Shown, masking: Masking, now_us: int) -> ScheduleAnswer:
    """One schedule with everything."""
    found = schedule_page.record(shown, masking, now_us=now_us)
    made = shown.row.definition
    zone = timetables.UTC if made is None else made.timetable.zone
    return ScheduleAnswer(
        **{
            **_item(found, shown.row),
            "next_runs": [_instant(at_us, zone, now_us) for at_us in shown.next_us],
            "runs_listed": [TickAnswer(**one) for one in found["runs_listed"]],
            "missed_ranges": [Missed(from_=one.pop("from"), **one) for one in found["missed_ranges"]],
            "idle": shown.idle or None,
        }
    )


def preview(found: Preview) -> PreviewAnswer:
    """A timetable that is tried out."""
    record = schedule_preview.record(found)
    return PreviewAnswer(**{**record, "next": [Coming(**one) for one in record["next"]]})


def _item(record: Record, row: ScheduleRow) -> Record:
    made, last = row.definition, row.last
    return {
        **record,
        "last_run": None if record["last_run"] is None else TickAnswer(**record["last_run"]),
        "is_enabled": row.state is ScheduleState.ACTIVE,
        "job_type": record["handler"],
        "cron_expression": None if made is None else timetables.written(made.timetable),
        "last_run_at": None if last is None else words.utc(last.started_us or last.made_us),
        "next_run_at": record["next_at"],
    }


def _instant(at_us: int, zone: str, now_us: int) -> Instant:
    local = words.local(at_us, zone_of(zone)).isoformat()
    return Instant(at=words.utc(at_us) or "", local=local, words=words.age(at_us, now_us))
