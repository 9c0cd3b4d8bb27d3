"""The next runs of schedules, for the line of time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.client.schedule import next_instants
from headway.model.errors import HeadwayError
from headway.model.schedule import ScheduleState
from headway.store.scheduling import ScheduleRow
from headway.view import timetables
from headway.web.charts.ahead import DOTS_MAX, Upcoming

TOLD_MAX: Final = 16
"""For so many schedules, the soonest, every run is looked for; of the others only the next is known."""


def coming(rows: Sequence[ScheduleRow], now_us: int) -> tuple[Upcoming, ...]:
    """Those that are active, the soonest first; one that is overdue is due now."""
    active = [row for row in rows if row.state is ScheduleState.ACTIVE and row.next_us is not None]
    active.sort(key=lambda row: (row.next_us or 0, row.name))
    return tuple(_upcoming(row, now_us, DOTS_MAX + 1 if index < TOLD_MAX else 1) for index, row in enumerate(active))


def _upcoming(row: ScheduleRow, now_us: int, count: int) -> Upcoming:
    first = max(row.next_us or 0, now_us)
    made = row.definition
    if made is None or count == 1:
        return Upcoming(name=row.name, instants=(first,))
    try:
        found = next_instants(row, now_us, count)
        when = timetables.when(made.timetable, made.name)
    except (HeadwayError, ArithmeticError):  # such as a zone that this computer does not know
        return Upcoming(name=row.name, instants=(first,))
    return Upcoming(name=row.name, instants=found or (first,), when=when)
