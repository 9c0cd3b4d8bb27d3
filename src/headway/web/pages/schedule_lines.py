"""Schedules as lines of a list: what the store holds, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from headway.model.errors import ZoneUnknown
from headway.model.job import State
from headway.model.schedule import Managed, ScheduleState
from headway.model.zone import zone_of
from headway.store.scheduling import ScheduleRow, Tick, TickOutcome
from headway.view import schedules, timetables

RANK: Final[Mapping[ScheduleState, int]] = MappingProxyType({
    ScheduleState.FAULTY: 0,
    ScheduleState.ORPHANED: 1,
    ScheduleState.ACTIVE: 2,
    ScheduleState.PAUSED: 2,
    ScheduleState.FINISHED: 3,
    ScheduleState.REMOVED: 4,
})  # fmt: skip
"""Those that need somebody stand first, those that are over last."""
NO_TOGGLE: Final = frozenset({ScheduleState.FINISHED, ScheduleState.ORPHANED})
REMOVED_NOTE: Final = "removed for good; resuming brings it back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """One schedule."""

    row: ScheduleRow
    when: str
    """Its timetable in words."""
    zone: str
    """By whose clocks, where they are not those of UTC."""
    next_there: str
    """The next instant by those clocks."""
    is_coded: bool
    """Whether code says what it is, so that it cannot be changed here."""
    looks: State
    """The state of a job that looks like it."""
    last: str
    """How its last run stands, as a word."""
    last_us: int | None
    note: str
    """Why it is as it is."""
    may_toggle: bool

    @property
    def path(self) -> str:
        """Its page: by its number, as a name may be anything."""
        return path_of(self.row)


def path_of(row: ScheduleRow) -> str:
    """The page of a schedule."""
    return f"/recurring/{row.id}"


def line(row: ScheduleRow, now_us: int, *, stopped: bool, idle: str = "") -> ScheduleLine:
    """A schedule in words; `stopped`: all of the app are paused; `idle`: why nothing looks at it."""
    made, last = row.definition, row.last
    zone = timetables.UTC if made is None else made.timetable.zone
    note = schedules.note(row, now_us, stopped=stopped, idle=idle)
    return ScheduleLine(
        row=row,
        when="" if made is None else timetables.when(made.timetable, made.name),
        zone="" if zone == timetables.UTC else zone,
        next_there="" if zone == timetables.UTC or row.next_us is None else by_clocks(row.next_us, zone),
        is_coded=made is None or made.managed is Managed.CODE,
        looks=schedules.COLOURS[row.state],
        last="" if last is None else outcome(last),
        last_us=None if last is None else last.finished_us or last.started_us or last.made_us,
        note=REMOVED_NOTE if row.state is ScheduleState.REMOVED else note,
        may_toggle=row.state not in NO_TOGGLE,
    )


def in_order(rows: Sequence[ScheduleRow]) -> list[ScheduleRow]:
    """By what they need, then by name."""
    return sorted(rows, key=lambda row: (RANK[row.state], row.name.casefold()))


def outcome(tick: Tick) -> str:
    """What became of an instant, in one word."""
    match tick.outcome:
        case TickOutcome.SKIPPED | TickOutcome.REFUSED:
            return tick.outcome.value
        case _:
            return "forgotten" if tick.state is None else tick.state.value


def colour(tick: Tick) -> State:
    """The state that an instant looks like."""
    if tick.outcome is TickOutcome.REFUSED:
        return State.FAILED
    return tick.state or State.SKIPPED


def by_clocks(at_us: int, zone: str) -> str:
    """An instant by the clocks of a zone; nothing where this computer does not know it."""
    try:
        return timetables.moment(at_us, zone_of(zone))
    except ZoneUnknown:
        return ""
