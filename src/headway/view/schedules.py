"""Schedules, for programs and for people: lists, and what became of their instants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from types import MappingProxyType
from typing import Final, assert_never

from headway.model.claim import NewJob
from headway.model.job import State
from headway.model.schedule import Definition, ScheduleState
from headway.model.timetable import CronTable
from headway.store.scheduling import MissedRange, ScheduleRow, SchedulerRow, Tick, TickOutcome
from headway.view import lateness, timetables, words
from headway.view.records import Record
from headway.view.secrets import NOTHING_SECRET, Masked
from headway.view.tables import NAME_WIDTH, NONE, NOTE_WIDTH, Column, Table

COLOURS: Final[Mapping[ScheduleState, State]] = MappingProxyType(
    {
        ScheduleState.ACTIVE: State.COMPLETED,
        ScheduleState.PAUSED: State.WAITING,
        ScheduleState.FINISHED: State.SKIPPED,
        ScheduleState.ORPHANED: State.CANCELLED,
        ScheduleState.FAULTY: State.FAILED,
        ScheduleState.REMOVED: State.SKIPPED,
    }
)
"""The state of a job that looks like it."""
COLUMNS: Final = (
    Column(title="app"),
    Column(title="name"),
    Column(title="state"),
    Column(title="when"),
    Column(title="zone"),
    Column(title="next run"),
    Column(title="last run"),
    Column(title="runs", right=True),
    Column(title="skipped", right=True),
    Column(title="missed", right=True),
    Column(title="note"),
)


def record(row: ScheduleRow, now_us: int, masked: Masked = NOTHING_SECRET) -> Record:
    """A schedule, for programs; `masked` are its arguments, whose secrets its latest run may have told."""
    late_us = lateness.overdue_us(row, now_us)
    return {
        "id": row.id,
        "app": row.app,
        "name": row.name,
        "state": row.state.value,
        **definition(row.definition),
        "next_at": words.utc(row.next_us),
        "overdue_seconds": late_us / words.SECOND_US if late_us else None,
        "last_run": None if row.last is None else tick(row.last, masked),
        "last_success_at": words.utc(row.last_success_us),
        "runs": row.run_count,
        "skipped": row.skip_count,
        "missed": row.missed_count,
        "error": row.error,
        "paused_at": words.utc(row.paused_us),
        "paused_by": row.paused_by,
        "waits_for_clock": row.waits_for_clock,
        "created_at": words.utc(row.created_us),
        "created_by": row.created_by,
        "changed_at": words.utc(row.changed_us),
        "changed_by": row.changed_by,
    }


def definition(made: Definition | None) -> Record:
    """What a schedule is; every value is None where the stored one cannot be read."""
    if made is None:
        return dict.fromkeys(definition(_EXAMPLE))
    table, off = made.timetable, made.excluding
    return {
        "cron": table.text if isinstance(table, CronTable) else None,
        "every_seconds": None if isinstance(table, CronTable) else table.every_us / words.SECOND_US,
        "zone": table.zone,
        "when": timetables.when(table, made.name),
        "handler": made.job.name,
        "queue": made.job.queue,
        "description": made.description,
        "managed": made.managed.value,
        "overlap": made.overlap.value,
        "misfire": made.misfire.value,
        "misfire_grace_seconds": made.misfire_grace_us / words.SECOND_US,
        "misfire_limit": made.misfire_limit,
        "misfire_age_seconds": None if made.misfire_age_us is None else made.misfire_age_us / words.SECOND_US,
        "start_at": words.utc(made.start_us),
        "end_at": words.utc(made.end_us),
        "max_runs": made.max_runs,
        "jitter_seconds": made.jitter_us / words.SECOND_US,
        "excluding": None if off is None else timetables.days_off(off),
        "run_at_start": made.run_at_start,
        "durable": not made.job.fleeting,
    }


def tick(value: Tick, masked: Masked = NOTHING_SECRET) -> Record:
    """What became of an instant, secrets masked."""
    spans = value.started_us is not None and value.finished_us is not None
    return {
        "at": words.utc(value.instant_us),
        "outcome": value.outcome.value,
        "job": value.job_id,
        "state": None if value.state is None else value.state.value,
        "made_at": words.utc(value.made_us),
        "started_at": words.utc(value.started_us),
        "finished_at": words.utc(value.finished_us),
        "seconds": max(0, (value.finished_us or 0) - (value.started_us or 0)) / words.SECOND_US if spans else None,
        "code": value.code,
        "error": masked.text(value.error),
        "by": value.by,
        "note": masked.text(value.note),
    }


def missed(value: MissedRange) -> Record:
    """Instants that were passed over."""
    return {
        "from": words.utc(value.from_us),
        "until": words.utc(value.until_us),
        "count": value.count,
        "at_least": value.is_least,
        "noted_at": words.utc(value.noted_us),
    }


def table(
    rows: Sequence[ScheduleRow],
    *,
    now_us: int,
    paused: Sequence[SchedulerRow] = (),
    idle: Mapping[str, str] = MappingProxyType({}),
    more: bool = False,
    zone: tzinfo | None = None,
) -> Table:
    """Schedules by app and name; `paused`: the apps of which none fires; `idle`: why nothing looks at those of an app."""
    stopped = {one.app for one in paused if one.paused_us is not None}
    apart = len({row.app for row in rows}) > 1
    foot = words.count(len(rows), "schedule") + ("; there are more: raise --limit" if more else "")
    for one in paused:
        if one.paused_us is not None:
            foot += (
                f"; none of app {words.visible(one.app)} fires: {paused_words(one.paused_us, one.paused_by, now_us)}"
            )
    return Table(
        columns=COLUMNS,
        rows=tuple(
            _cells(row, now_us, zone, apart=apart, stopped=row.app in stopped, idle=idle.get(row.app, ""))
            for row in rows
        ),
        states=tuple(COLOURS[row.state] for row in rows),
        foot=foot,
    )


def paused_words(at_us: int, by: str | None, now_us: int) -> str:
    """Since when something is paused, and who did it."""
    return f"paused{f' by {words.visible(by)}' if by else ''} {words.age(at_us, now_us)}"


def run(value: Tick, now_us: int) -> str:
    """How a run stands, or how it ended, in a few words."""
    match value.outcome:
        case TickOutcome.SKIPPED | TickOutcome.REFUSED:
            how = value.outcome.value
        case TickOutcome.STARTED | TickOutcome.MANUAL:
            how = "forgotten" if value.state is None else value.state.value
        case _:
            assert_never(value.outcome)
    at_us = value.finished_us or value.started_us or value.made_us
    return f"{how} {words.age(at_us, now_us)}"


def note(row: ScheduleRow, now_us: int, *, stopped: bool = False, idle: str = "") -> str:
    """Why a schedule is as it is, in a few words; nothing where its state says it all.

    `stopped`: all of its app are paused; `idle`: why nothing looks at it, if nothing does.
    """
    match row.state:
        case ScheduleState.FAULTY:
            return row.error or ""
        case ScheduleState.PAUSED if row.paused_us is not None:
            return paused_words(row.paused_us, row.paused_by, now_us)
        case ScheduleState.ORPHANED:
            return "no worker's code has it"
        case ScheduleState.REMOVED:
            return "headway recurring resume brings it back"
        case _ if row.waits_for_clock:
            return "waits: the clock was set back"
        case _:
            return "" if stopped else lateness.overdue(row, now_us, idle)


def _due(at_us: int, now_us: int, zone: tzinfo | None) -> str:
    late = "due " if at_us < now_us - words.JUST_NOW_US else ""
    return f"{late}{words.age(at_us, now_us)} ({words.moment(at_us, zone)})"


def _cells(
    row: ScheduleRow, now_us: int, zone: tzinfo | None, *, apart: bool, stopped: bool, idle: str
) -> tuple[str, ...]:
    made = row.definition
    due = "" if row.next_us is None else _due(row.next_us, now_us, zone)
    return (
        words.cut(row.app, NAME_WIDTH) if apart else "",
        words.cut(row.name, NAME_WIDTH),
        row.state.value,
        NONE if made is None else words.cut(timetables.when(made.timetable, made.name), NOTE_WIDTH),
        "" if made is None or made.timetable.zone == timetables.UTC else words.cut(made.timetable.zone, NAME_WIDTH),
        NONE if stopped else due or NONE,
        NONE if row.last is None else run(row.last, now_us),
        words.grouped(row.run_count),
        words.grouped(row.skip_count) if row.skip_count else "",
        words.grouped(row.missed_count) if row.missed_count else "",
        words.cut(note(row, now_us, stopped=stopped, idle=idle), NOTE_WIDTH),
    )


_EXAMPLE: Final = Definition(name="", timetable=CronTable("* * * * *"), job=NewJob(ref_id="", name="", payload="{}"))
