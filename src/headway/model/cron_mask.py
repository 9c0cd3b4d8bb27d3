"""What a cron expression says once it is read: bits for each field, and the walk over them in local time.

Local time is a number of seconds since 1970-01-01 00:00 of the wall clock, without a zone. The walk goes by field: a
year costs as much as a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from headway.model.cron_days import Days

DAY: Final = 86_400
HOUR: Final = 3_600
MINUTE: Final = 60
YEAR_MIN: Final = 2
YEAR_MAX: Final = 9999
"""Python's calendar ends with it."""
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
DAYS_IN_MONTH: Final = (0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """Seconds, minutes, hours, months as bits, and the days."""

    seconds: int = 1
    minutes: int
    hours: int
    months: int
    """Bits 1 to 12."""
    days: Days

    @property
    def can_come(self) -> bool:
        """Whether any day matches: in 400 years each month begins on each weekday, in common and in leap years."""
        return any(
            self.days.of_month(length, first)
            for month in range(1, 13)
            if self.months >> month & 1
            for length in ((28, 29) if month == FEBRUARY else (DAYS_IN_MONTH[month],))
            for first in range(7)
        )

    def first(self, local: int) -> int | None:
        """The first matching second at or after this one; None after the last year."""
        number, second = divmod(local, DAY)
        today = date.fromordinal(number + EPOCH_DAY)
        year, month = today.year, today.month
        days = self._days(year, month) >> today.day
        if days & 1 and (found := self._time_from(second)) is not None:
            return number * DAY + found
        if days := days >> 1:
            return (number + 1 + _lowest(days)) * DAY + self._earliest
        while True:
            if months := self.months >> month + 1:
                month += 1 + _lowest(months)
            else:
                year, month = year + 1, _lowest(self.months)
                if year > YEAR_MAX:
                    return None
            if days := self._days(year, month):
                return (date(year, month, 1).toordinal() - 1 + _lowest(days) - EPOCH_DAY) * DAY + self._earliest

    def last(self, local: int) -> int | None:
        """The last matching second at or before this one; None before the first year."""
        number, second = divmod(local, DAY)
        today = date.fromordinal(number + EPOCH_DAY)
        year, month = today.year, today.month
        days = self._days(year, month)
        if days >> today.day & 1 and (found := self._time_until(second)) is not None:
            return number * DAY + found
        if days := days & (1 << today.day) - 1:
            return (number - today.day + _highest(days)) * DAY + self._latest
        while True:
            if months := self.months & (1 << month) - 1:
                month = _highest(months)
            else:
                year, month = year - 1, _highest(self.months)
                if year < YEAR_MIN:
                    return None
            if days := self._days(year, month):
                return (date(year, month, 1).toordinal() - 1 + _highest(days) - EPOCH_DAY) * DAY + self._latest

    def _days(self, year: int, month: int) -> int:
        if not self.months >> month & 1:
            return 0
        length = 29 if month == FEBRUARY and _is_leap(year) else DAYS_IN_MONTH[month]
        if not self.days.days & (2 << length) - 1:  # most years have no 29 February: no need to ask for its weekday
            return 0
        return self.days.of_month(length, date(year, month, 1).toordinal() % 7)  # day 7 of the calendar is a Sunday

    @property
    def _earliest(self) -> int:
        return _lowest(self.hours) * HOUR + _lowest(self.minutes) * MINUTE + _lowest(self.seconds)

    @property
    def _latest(self) -> int:
        return _highest(self.hours) * HOUR + _highest(self.minutes) * MINUTE + _highest(self.seconds)

    def _time_from(self, moment: int) -> int | None:
        """The first matching second of the day at or after this one."""
        hour, rest = divmod(moment, HOUR)
        minute, second = divmod(rest, MINUTE)
        if self.hours >> hour & 1:
            if self.minutes >> minute & 1 and (seconds := self.seconds >> second):
                return moment + _lowest(seconds)
            if minutes := self.minutes >> minute + 1:
                return hour * HOUR + (minute + 1 + _lowest(minutes)) * MINUTE + _lowest(self.seconds)
        if hours := self.hours >> hour + 1:
            return (hour + 1 + _lowest(hours)) * HOUR + _lowest(self.minutes) * MINUTE + _lowest(self.seconds)
        return None

    def _time_until(self, moment: int) -> int | None:
        """The last matching second of the day at or before this one."""
        hour, rest = divmod(moment, HOUR)
        minute, second = divmod(rest, MINUTE)
        if self.hours >> hour & 1:
            if self.minutes >> minute & 1 and (seconds := self.seconds & (2 << second) - 1):
                return moment - second + _highest(seconds)
            if minutes := self.minutes & (1 << minute) - 1:
                return hour * HOUR + _highest(minutes) * MINUTE + _highest(self.seconds)
        if hours := self.hours & (1 << hour) - 1:
            return _highest(hours) * HOUR + _highest(self.minutes) * MINUTE + _highest(self.seconds)
        return None


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _highest(bits: int) -> int:
    return bits.bit_length() - 1


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
