"""What a deployment would change, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

from headway.model.zone import zone_of
from headway.view import timetables, words
from headway.view.records import Record
from headway.view.schedule_diff import Change, ClockDay, Diff, Kind, Some

SIGNS: Final = MappingProxyType(
    {Kind.ADDED: "+", Kind.RETURNS: "+", Kind.CHANGED: "~", Kind.ORPHANED: "-", Kind.KEPT: "="}
)
MEANINGS: Final = MappingProxyType(
    {
        Kind.ADDED: "new",
        Kind.RETURNS: "back: no worker's code had it",
        Kind.CHANGED: "changed",
        Kind.ORPHANED: "would be orphaned, unless another worker's code has it: this code does not",
        Kind.KEPT: "stays as it is",
    }
)
INDENT: Final = "    "


def record(diff: Diff, app: str) -> Record:
    """For programs."""
    return {
        "app": app,
        "differs": diff.differs,
        "days": diff.days,
        "unchanged": diff.unchanged,
        "changes": [_change(one) for one in diff.changes],
    }


def lines(diff: Diff) -> Iterator[str]:
    """For people; moments in UTC, or with their offset."""
    for change in diff.changes:
        when = f": {change.when}" if change.when else ""
        yield f"{SIGNS[change.kind]} {words.visible(change.name)} ({MEANINGS[change.kind]}){when}"
        yield from (f"{INDENT}{words.visible(line)}" for line in _details(change, diff.days))
    as_it_is = f"{words.count(diff.unchanged, 'schedule')} as {'it is' if diff.unchanged == 1 else 'they are'}"
    yield f"{words.count(len(diff.changes), 'difference')}, {as_it_is}; nothing was changed"


def _details(change: Change, days: int) -> Iterator[str]:
    if change.note:
        yield change.note
    for field in change.fields:
        yield f"{field.name}: {field.before or 'nothing'} -> {field.after or 'nothing'}"
    for some, what in ((change.new, "new"), (change.gone, "lost")):
        if some is not None:
            yield f"{_instants(some, what)} in the next {words.count(days, 'day')}{_first(some)}"
    yield from (_clock_day(day) for day in change.clock_days)


def _instants(some: Some, what: str = "") -> str:
    return ("at least " if some.is_least else "") + words.count(some.count, f"{what} instant".strip())


def _first(some: Some) -> str:
    if not some.first:
        return ""
    named = ", ".join(f"{words.moment(at_us, zone_of(timetables.UTC))}" for at_us in some.first)
    return f": {named} UTC" + (", ..." if some.count > len(some.first) else "")


def _clock_day(day: ClockDay) -> str:
    zone, way = zone_of(day.zone), "forward" if day.shift_us > 0 else "back"
    named = ", ".join(timetables.moment(at_us, zone) for at_us in day.instants.first)
    more = ", ..." if day.instants.count > len(day.instants.first) else ""
    change = f"clocks go {way} {words.duration(abs(day.shift_us))} in {day.zone}"
    return f"{words.local(day.at_us, zone):%Y-%m-%d}, {change}: {_instants(day.instants)}: {named}{more}"


def _change(one: Change) -> Record:
    return {
        "name": one.name,
        "kind": one.kind.value,
        "when": one.when,
        "note": one.note,
        "fields": [{"field": each.name, "before": each.before, "after": each.after} for each in one.fields],
        "new": _some(one.new),
        "gone": _some(one.gone),
        "clock_days": [
            {
                "day": f"{words.local(day.at_us, zone_of(day.zone)):%Y-%m-%d}",
                "zone": day.zone,
                "shift_seconds": day.shift_us / words.SECOND_US,
                "instants": _some(day.instants),
            }
            for day in one.clock_days
        ],
    }


def _some(found: Some | None) -> Record | None:
    if found is None:
        return None
    return {"count": found.count, "at_least": found.is_least, "first": [words.utc(at_us) for at_us in found.first]}
