"""The next runs of schedules, for the line of time."""

from __future__ import annotations

from collections.abc import Sequence

from headway.client.schedule import next_instants
from headway.model.errors import HeadwayError
from headway.model.schedule import ScheduleState
from headway.store.scheduling import ScheduleRow
from headway.view import timetables
from headway.web.charts.ahead import DOTS_MAX, HOUR_US, ROWS_MAX, Upcoming, hours_shown


def coming(rows: Sequence[ScheduleRow], now_us: int) -> tuple[Upcoming, ...]:
    """Those that are active, the soonest first; one that is overdue is due now.

    Of those that have a row in the picture every run is looked for that it shows, of the others only the next is known.
    """
    active = [row for row in rows if row.state is ScheduleState.ACTIVE and row.next_us is not None]
    active.sort(key=lambda row: (row.next_us or 0, row.name))
    firsts = [max(row.next_us or 0, now_us) for row in active]
    until_us = now_us + hours_shown(firsts, now_us) * HOUR_US
    return (
        *(_upcoming(row, now_us, until_us) for row in active[:ROWS_MAX]),
        *(
            Upcoming(name=row.name, instants=(at,))
            for row, at in zip(active[ROWS_MAX:], firsts[ROWS_MAX:], strict=True)
        ),
    )


def _upcoming(row: ScheduleRow, now_us: int, until_us: int) -> Upcoming:
    first = max(row.next_us or 0, now_us)
    made = row.definition
    if made is None:
        return Upcoming(name=row.name, instants=(first,))
    try:
        found = next_instants(row, now_us, DOTS_MAX + 1, until_us)
        when = timetables.when(made.timetable, made.name)
    except (HeadwayError, ArithmeticError):  # such as a zone that this computer does not know
        return Upcoming(name=row.name, instants=(first,))
    return Upcoming(name=row.name, instants=found or (first,), when=when)
