"""What a deployment would change: the schedules that code declares, compared with those in the store. Pure.

What would be added, changed, left without code, and which instants of the next days would be new or gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from headway.model.clock import MICROSECOND
from headway.model.daysoff import begin_us, day_of
from headway.model.errors import HeadwayError
from headway.model.schedule import Definition, Managed, ScheduleState
from headway.model.timeline import Timeline
from headway.model.zone import zone_of
from headway.store.scheduling import ScheduleRow
from headway.view import timetables, words
from headway.view.schedule_page import compact, options, rules
from headway.view.secrets import Masking, mask

DAYS_DEFAULT: Final = 90
INSTANTS_MAX: Final = 10_000
"""So many instants of a schedule are compared; beyond, numbers are "at least"."""
FIRST: Final = 3
"""So many instants are named."""
_DAY: Final = timedelta(days=1)
PAUSED: Final = "it is paused: none of its instants fires until it is resumed"
SECRET: Final = "another secret value"  # noqa: S105 - words for one


class Kind(StrEnum):
    """What would become of a schedule."""

    ADDED = "added"
    CHANGED = "changed"
    RETURNS = "returns"
    """It is in the store, and no worker's code had it."""
    ORPHANED = "orphaned"
    """The code does not have it: it fires no more once no worker's code does."""
    KEPT = "kept"
    """It differs, and the store's word counts: it is managed there, or was removed for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """Instants, of which the first are named."""

    count: int
    is_least: bool
    first: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDay:
    """A day on which the clocks are changed, and the instants that would fall on it."""

    zone: str
    at_us: int
    """When that day begins."""
    shift_us: int
    """By how much they go forward; less than 0: back."""
    instants: Some


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Something about a schedule that would be another."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What would become of one schedule."""

    name: str
    kind: Kind
    when: str
    """In words: as it would be, or as it is where it would be nothing any more."""
    fields: tuple[Field, ...] = ()
    new: Some | None = None
    gone: Some | None = None
    clock_days: tuple[ClockDay, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What a deployment would change."""

    changes: tuple[Change, ...]
    unchanged: int
    days: int

    @property
    def differs(self) -> bool:
        """Whether anything would be another."""
        return any(one.kind is not Kind.KEPT for one in self.changes)


def compare(
    declared: Sequence[Definition],
    stored: Sequence[ScheduleRow],
    *,
    now_us: int,
    days: int = DAYS_DEFAULT,
    masking: Callable[[str], Masking],
) -> Diff:
    """Compare what code declares with the schedules of its app; `masking` says what of a handler's arguments is secret."""
    rows, codes = {row.name: row for row in stored}, {one.name for one in declared}
    window = _Window(now_us, now_us + timedelta(days=days) // MICROSECOND)
    found = [_declared(one, rows.get(one.name), window, masking) for one in declared]
    found += [_undeclared(row, window) for row in stored if row.name not in codes and _is_by_code(row)]
    changes = tuple(sorted((one for one in found if one is not None), key=lambda one: one.name))
    return Diff(changes=changes, unchanged=len(declared) - sum(one.name in codes for one in changes), days=days)


@dataclass(frozen=True, slots=True)
class _Window:
    """The next days."""

    from_us: int
    until_us: int


def _is_by_code(row: ScheduleRow) -> bool:
    """Whether it would be orphaned without code; one that is already, or was removed, would not change."""
    if row.state in {ScheduleState.ORPHANED, ScheduleState.REMOVED}:
        return False
    return row.definition is None or row.definition.managed is Managed.CODE


def _declared(
    made: Definition, row: ScheduleRow | None, window: _Window, masking: Callable[[str], Masking]
) -> Change | None:
    when = timetables.when_and_where(made.timetable, made.name)
    if row is None:
        return _moved(Change(name=made.name, kind=Kind.ADDED, when=when), None, made, window)
    old = row.definition
    fields = () if old is None else tuple(_fields(old, made, masking))
    if why := _why_kept(row, made):
        differs = row.state is ScheduleState.REMOVED or fields
        return Change(name=made.name, kind=Kind.KEPT, when=when, fields=fields, note=why) if differs else None
    note = PAUSED if row.state is ScheduleState.PAUSED else "" if old is not None else "the stored one cannot be read"
    if row.state is ScheduleState.ORPHANED:
        return _moved(
            Change(name=made.name, kind=Kind.RETURNS, when=when, fields=fields, note=note), None, made, window
        )
    change = Change(name=made.name, kind=Kind.CHANGED, when=when, fields=fields, note=note)
    if old is None or old.timing != made.timing:
        return _moved(change, row, made, window)
    return change if old.digest != made.digest else None


def _why_kept(row: ScheduleRow, made: Definition) -> str:
    """Why what code says of it would not be taken."""
    if row.state is ScheduleState.REMOVED:
        return f"it was removed for good, and stays so until headway recurring resume {row.name}"
    if row.definition is not None and row.definition.managed is Managed.DB:
        why = "it is managed in the store: what the code says is not taken"
        back = f"; to let the code manage it again: headway recurring remove {row.name} --yes, then restart a worker"
        return why + (back if made.managed is Managed.CODE else "")
    return ""


def _undeclared(row: ScheduleRow, window: _Window) -> Change:
    made = row.definition
    when = "" if made is None else timetables.when_and_where(made.timetable, made.name)
    note = PAUSED if row.state is ScheduleState.PAUSED else ""
    return _moved(Change(name=row.name, kind=Kind.ORPHANED, when=when, note=note), row, None, window)


def _moved(change: Change, row: ScheduleRow | None, made: Definition | None, window: _Window) -> Change:
    """The change with the instants that it brings and takes away."""
    before = _instants(None if row is None else row.definition, row.anchor_us if row else 0, window)
    after = _instants(made, window.from_us, window)  # what fires at other moments is counted from the deployment on
    ends = [one[-1] for one in (before, after) if len(one) > INSTANTS_MAX]
    least = bool(ends)
    if least:  # beyond the end of a list that was cut nobody knows what is new and what is gone
        before, after = ([at for at in one if at < min(ends)] for one in (before, after))
    new, gone = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    return Change(
        name=change.name,
        kind=change.kind,
        when=change.when,
        fields=change.fields,
        new=None if made is None else _some(new, least=least),
        gone=None if row is None else _some(gone, least=least),
        clock_days=() if made is None else tuple(_clock_days(made, window)),
        note=change.note,
    )


def _instants(made: Definition | None, anchor_us: int, window: _Window) -> list[int]:
    """Those of the window; one more than the maximum where there are more."""
    return [] if made is None else list(_between(made, anchor_us, window))


def _between(made: Definition, anchor_us: int, window: _Window) -> Iterator[int]:
    try:
        timeline = Timeline(made, anchor_us)
        at_us = timeline.after(window.from_us)
        for _ in range(INSTANTS_MAX + 1):
            if at_us is None or at_us > window.until_us:
                return
            yield at_us
            at_us = timeline.after(at_us)
    except HeadwayError:  # a stored one of a newer dialect
        return


def _some(found: Sequence[int], *, least: bool = False) -> Some:
    return Some(count=len(found), is_least=least, first=tuple(found[:FIRST]))


def _clock_days(made: Definition, window: _Window) -> Iterator[ClockDay]:
    """The days of the window on which the clocks of its zone are changed, if it comes on that day."""
    zone = zone_of(made.timetable.zone)
    for day in days_of_change(zone, window.from_us, window.until_us):
        begin, end = begin_us(day, zone), begin_us(day + _DAY, zone)
        found = _instants(made, window.from_us, _Window(max(begin - 1, window.from_us), end - 1))
        if found:
            shift = timetables.shift_us(begin, zone)
            some = _some(found[:INSTANTS_MAX], least=len(found) > INSTANTS_MAX)
            yield ClockDay(zone=made.timetable.zone, at_us=begin, shift_us=shift, instants=some)


def days_of_change(zone: ZoneInfo, from_us: int, until_us: int) -> Iterator[date]:
    """The days on which the clocks there are changed."""
    day, last = day_of(from_us, zone), day_of(until_us, zone)
    while day <= last:
        if timetables.shift_us(begin_us(day, zone), zone):
            yield day
        day += _DAY


def _fields(old: Definition, new: Definition, masking: Callable[[str], Masking]) -> Iterator[Field]:
    before, after = _facts(old, masking), _facts(new, masking)
    for name in dict.fromkeys((*before, *after)):
        if before.get(name, "") != after.get(name, ""):
            yield Field(name=name, before=before.get(name, ""), after=after.get(name, ""))
    if old.job.payload != new.job.payload and before["arguments"] == after["arguments"]:
        yield Field(name="arguments", before=SECRET, after=SECRET)


def _facts(made: Definition, masking: Callable[[str], Masking]) -> dict[str, str]:
    masked = mask(made.job.payload, masking(made.job.name))
    return {
        "when": timetables.written(made.timetable),
        "zone": made.timetable.zone,
        "handler": made.job.name,
        "arguments": compact(masked.arguments) if masked.readable else "unreadable",
        "description": made.description,
        "managed": made.managed.value,
        **dict(rules(made)),
        "not before": words.utc(made.start_us) or "",
        "not after": words.utc(made.end_us) or "",
        **{name: value if isinstance(value, str) else compact(value) for name, value in options(made.job)},
    }
