"""The instants of a schedule: those of its timetable, from its start to its end, without its days off."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from headway.model.daysoff import DaysOff, begin_us, day_of
from headway.model.schedule import Definition
from headway.model.timetable import CronTable, IntervalTable, Timetable, parsed
from headway.model.zone import zone_of

DAYS_OFF_MAX: Final = 10_000
"""So many days off, one found after the other, and there is no next instant."""


class Timeline:
    """Instants in order, in UTC microseconds."""

    __slots__ = ("_anchor_us", "_end_us", "_off", "_seed", "_start_us", "_table", "_zone")

    def __init__(self, definition: Definition, anchor_us: int) -> None:
        """Raises CronInvalid, ZoneUnknown where the definition came from a store that knew better."""
        self._table: Timetable = definition.timetable
        self._seed = definition.name
        self._zone: ZoneInfo = zone_of(self._table.zone)
        self._anchor_us = anchor_us
        self._off: DaysOff | None = definition.excluding
        self._start_us = definition.start_us
        self._end_us = definition.end_us

    def after(self, us: int) -> int | None:
        """The first instant after that moment; None if there is none."""
        if self._start_us is not None:
            us = max(us, self._start_us - 1)
        for _ in range(DAYS_OFF_MAX):
            found = self._next(us)
            if found is None or (self._end_us is not None and found > self._end_us):
                return None
            off_until = None if self._off is None else self._off.end_us(found, self._zone)
            if off_until is None:
                return found
            us = off_until - 1
        return None

    def latest(self, us: int) -> int | None:
        """The last instant up to that moment; None if there is none."""
        if self._end_us is not None:
            us = min(us, self._end_us)
        for _ in range(DAYS_OFF_MAX):
            found = self._last(us)
            if found is None or (self._start_us is not None and found < self._start_us):
                return None
            if self._off is None or self._off.end_us(found, self._zone) is None:
                return found
            us = begin_us(day_of(found, self._zone), self._zone) - 1
        return None

    def between(self, after_us: int, until_us: int) -> int | None:
        """How many instants come after a moment, up to another; None where only a walk tells."""
        if not isinstance(self._table, IntervalTable) or self._off is not None:
            return None
        first, last = self.after(after_us), self.latest(until_us)
        return 0 if first is None or last is None or last < first else (last - first) // self._table.every_us + 1

    def _next(self, us: int) -> int | None:
        match self._table:
            case CronTable(text):
                return parsed(text, self._seed).after(us, self._zone)
            case IntervalTable(every_us):
                steps = max(0, us - self._anchor_us) // every_us + 1
                return self._anchor_us + steps * every_us

    def _last(self, us: int) -> int | None:
        match self._table:
            case CronTable(text):
                return parsed(text, self._seed).before(us, self._zone)
            case IntervalTable(every_us):
                steps = (us - self._anchor_us) // every_us
                return self._anchor_us + steps * every_us if steps > 0 else None
