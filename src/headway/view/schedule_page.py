"""One schedule as a page for people: what it is, how it stands, what it runs, its next and its latest instants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

import msgspec

from headway.model.claim import NewJob
from headway.model.job import State
from headway.model.schedule import Definition, Managed, ScheduleState
from headway.model.zone import zone_of
from headway.store.scheduling import MissedRange, ScheduleRow, SchedulerRow, Tick, TickOutcome
from headway.view import pages, records, schedules, timetables, words
from headway.view.pages import NOTE_WIDTH, DetailPage, Fact, Moment, Section
from headway.view.secrets import MASK, Masked, Masking, mask

BY_NAME_ONLY: Final = " (masked by name only: the application's code was not asked)"
NOT_TOLD: Final = frozenset({"ref_id", "name", "payload", "app", "content", "fleeting", "recurring", "due_us"})
"""Of the job of a schedule: what is told elsewhere, or belongs to one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Everything about a schedule that is shown together."""

    row: ScheduleRow
    scheduler: SchedulerRow
    next_us: tuple[int, ...]
    """Its next instants; of a paused one those it would have."""
    ticks: tuple[Tick, ...]
    missed: tuple[MissedRange, ...]
    idle: str = ""
    """Why nothing looks at it, if nothing does."""
    fault: str | None = None
    """Why it cannot be fired here, though nobody has tried yet."""

    @property
    def error(self) -> str | None:
        """What is wrong with it."""
        return self.row.error or self.fault


def record(shown: Shown, masking: Masking, *, now_us: int) -> records.Record:
    """Everything about a schedule, for programs; secrets masked."""
    made = shown.row.definition
    masked = mask(None if made is None else made.job.payload, masking)
    return {
        **schedules.record(shown.row, now_us, masked),
        "error": shown.error,
        "arguments": masked.arguments if masked.readable else MASK,
        "arguments_masked": "as declared" if masking.declared else "by name only",
        "options": {} if made is None else dict(options(made.job)),
        "next_runs": [words.utc(at) for at in shown.next_us],
        "runs_listed": [schedules.tick(one, masked) for one in shown.ticks],
        "missed_ranges": [schedules.missed(one) for one in shown.missed],
        "all_paused_at": words.utc(shown.scheduler.paused_us),
        "all_paused_by": shown.scheduler.paused_by,
    }


def page(shown: Shown, masking: Masking, *, now_us: int, zone: tzinfo | None = None) -> DetailPage:
    """Everything about a schedule in words, secrets masked."""
    row, made = shown.row, shown.row.definition
    masked = mask(None if made is None else made.job.payload, masking)
    facts = (*_standing(shown, now_us, zone), *(() if made is None else _definition(made, now_us, zone)))
    return DetailPage(
        title=f"schedule {words.visible(row.name)}",
        state=schedules.COLOURS[row.state],
        facts=tuple(Fact(label=label, value=words.visible(value)) for label, value in facts if value),
        sections=tuple(
            Section(title=title, text=pages.shown(text))
            for title, text in _sections(shown, masked, masking, now_us)
            if text
        ),
        history=tuple(_moment(one, masked, now_us, zone) for one in shown.ticks),
    )


def options(job: NewJob) -> Iterator[tuple[str, Any]]:
    """What was chosen for the jobs of a schedule, beside handler and arguments."""
    usual = NewJob(ref_id="", name="", payload="")
    for name in NewJob.__struct_fields__:
        value = getattr(job, name)
        if name not in NOT_TOLD and value != getattr(usual, name):
            yield (
                name,
                records.parsed(value) if name in {"options", "extras", "callback"} else msgspec.to_builtins(value),
            )


def _standing(shown: Shown, now_us: int, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    row = shown.row

    def when(at_us: int | None) -> str:
        return "" if at_us is None else f"{words.moment(at_us, zone)} ({words.age(at_us, now_us)})"

    stopped = shown.scheduler
    yield "state", row.state.value + _why(shown, now_us)
    if stopped.paused_us is not None:
        yield "all of the app", schedules.paused_words(stopped.paused_us, stopped.paused_by, now_us)
    yield "error", shown.error or ""
    yield "next run", when(row.next_us)
    yield "last run", "" if row.last is None else f"{_job(row.last)} {schedules.run(row.last, now_us)}".strip()
    yield "last success", when(row.last_success_us)
    counts = (
        words.count(row.run_count, "run"),
        f"{words.grouped(row.skip_count)} skipped" if row.skip_count else "",
        f"{words.grouped(row.missed_count)} missed" if row.missed_count else "",
    )
    yield "so far", ", ".join(part for part in counts if part)
    yield "created", when(row.created_us) + (f" by {row.created_by}" if row.created_by else "")
    if row.changed_us != row.created_us:
        yield "changed", when(row.changed_us) + (f" by {row.changed_by}" if row.changed_by else "")
    yield "app", row.app if row.app != "default" else ""


def _why(shown: Shown, now_us: int) -> str:
    if shown.row.state is ScheduleState.FAULTY:
        return ""  # its error is a line of its own
    why = schedules.note(shown.row, now_us, stopped=shown.scheduler.paused_us is not None, idle=shown.idle)
    return f" ({why.removeprefix('paused ')})" if why else ""


def _definition(made: Definition, now_us: int, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    table = made.timetable
    yield "when", timetables.when_and_where(table, made.name)
    yield "written", timetables.written(table) if timetables.written(table) != timetables.when(table) else ""
    yield "runs", made.job.name
    yield "for", made.description
    yield "managed", "in the store" if made.managed is Managed.DB else "by code"
    yield from rules(made)
    for label, at_us in (("not before", made.start_us), ("not after", made.end_us)):
        yield label, "" if at_us is None else f"{words.moment(at_us, zone)} ({words.age(at_us, now_us)})"
    for name, value in options(made.job):
        yield name.removesuffix("_us").replace("_", " "), value if isinstance(value, str) else compact(value)


def rules(made: Definition) -> Iterator[tuple[str, str]]:
    """What is to become of its instants, as labels and words."""
    yield "overlap", made.overlap.value
    yield "missed", _misfire(made)
    yield "at most", "" if made.max_runs is None else words.count(made.max_runs, "run")
    yield "jitter", f"up to {words.duration(made.jitter_us)}" if made.jitter_us else ""
    yield "days off", "" if made.excluding is None else timetables.days_off(made.excluding)
    yield "at first start", "runs at once" if made.run_at_start else ""
    yield "its jobs", "are forgotten soon after their end" if made.job.fleeting else ""


def _misfire(made: Definition) -> str:
    parts = [made.misfire.value, f"later than {words.duration(made.misfire_grace_us)} is missed"]
    if made.misfire_age_us is not None:
        parts.append(f"none older than {words.duration(made.misfire_age_us)}")
    return ", ".join([*parts, f"at most {made.misfire_limit}"] if made.misfire.value == "all" else parts)


def _sections(shown: Shown, masked: Masked, masking: Masking, now_us: int) -> Iterator[tuple[str, str]]:
    made = shown.row.definition
    if made is not None:
        how = "" if masking.declared else BY_NAME_ONLY
        text = pages.pretty(masked.arguments) if masked.readable else "not shown: they are no readable JSON"
        yield "arguments" + how, text
        title = "next runs" + (" if it were resumed now" if shown.row.state is ScheduleState.PAUSED else "")
        yield title, "\n".join(instants(made, shown.next_us, now_us))
    yield "missed", "\n".join(_missed(one, now_us) for one in shown.missed)


def instants(made: Definition, found: Sequence[int], now_us: int) -> Iterator[str]:
    """Instants by the clocks of the schedule's own zone, with what befalls those clocks on the day."""
    zone = zone_of(made.timetable.zone if found else timetables.UTC)
    for at_us in found:
        change = timetables.clock_change(at_us, zone)
        yield f"{timetables.moment(at_us, zone)}  {words.age(at_us, now_us)}" + (f"  {change}" if change else "")


def _missed(one: MissedRange, now_us: int) -> str:
    least = "at least " if one.is_least else ""
    span = words.moment(one.from_us)
    span += f" to {words.moment(one.until_us)}" if one.until_us != one.from_us else ""
    return f"{span}: {least}{words.count(one.count, 'instant')}, noted {words.age(one.noted_us, now_us)}"


def _moment(one: Tick, masked: Masked, now_us: int, zone: tzinfo | None) -> Moment:
    text = f"{_job(one)} {schedules.run(one, now_us)}".strip()
    if one.started_us is not None and one.finished_us is not None:
        text += f", took {words.duration(max(0, one.finished_us - one.started_us))}"
    if one.outcome is TickOutcome.MANUAL:
        text += f", run by {one.by or 'somebody'}"
    code = None if one.state is not None and one.code == one.state.value else one.code
    for why in dict.fromkeys((code, one.error, one.note)):
        text += f": {masked.text(why)}" if why else ""
    return Moment(
        at=words.moment(one.instant_us, zone),
        state=one.state or (State.SKIPPED if one.outcome is TickOutcome.SKIPPED else State.FAILED),
        text=words.cut(text, NOTE_WIDTH),
    )


def _job(one: Tick) -> str:
    return "" if one.job_id is None else f"job {one.job_id}"


def compact(value: Any) -> str:
    """A JSON value on one line."""
    return msgspec.json.encode(value).decode()
