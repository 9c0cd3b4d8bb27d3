"""Which days of a month a cron expression means: its two day fields, both of which must match."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

WEEK: Final = 7
EVERY_WEEKDAY: Final = (1 << WEEK) - 1
"""Bits 0 to 6: Sunday to Saturday."""
EVERY_DAY: Final = (1 << 32) - 2
"""Bits 1 to 31."""
EVERY_WEEK: Final = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28
"""Times a week's bits: the same in each week of a month."""
LAST: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """The day of the month and the day of the week of an expression, as bits."""

    days: int = EVERY_DAY
    """Bits 1 to 31."""
    from_end: int | None = None
    """`L-3` is 3, `L` is 0: that day instead of `days`."""
    nearest_weekday: bool = False
    """`W`: a Saturday or Sunday gives way to the nearest Monday to Friday of the same month."""
    weekdays: int = EVERY_WEEKDAY
    nth: int = 0
    """Of the weekdays in the month only this one, 1 to 5, or the last; 0 is each."""

    @property
    def by_number(self) -> bool:
        """Whether the day of the month leaves out any."""
        return self.days != EVERY_DAY or self.from_end is not None

    @property
    def by_weekday(self) -> bool:
        """Whether the day of the week leaves out any."""
        return self.weekdays != EVERY_WEEKDAY or self.nth != 0

    def of_month(self, length: int, first: int) -> int:
        """The matching days of a month of that many days whose first is that weekday, as bits 1 to 31."""
        days = self._numbered(length, first) & (1 << length + 1) - 2
        if self.weekdays != EVERY_WEEKDAY:
            days &= ((self.weekdays << WEEK | self.weekdays) >> first & EVERY_WEEKDAY) * EVERY_WEEK << 1
        if self.nth == LAST:
            days &= EVERY_WEEKDAY << length - 6
        elif self.nth:
            days &= EVERY_WEEKDAY << WEEK * self.nth - 6
        return days

    def _numbered(self, length: int, first: int) -> int:
        if self.from_end is None and not self.nearest_weekday:
            return self.days
        day = self.days.bit_length() - 1 if self.from_end is None else length - self.from_end
        if not 1 <= day <= length:
            return 0
        return 1 << (_nearest(day, length, first) if self.nearest_weekday else day)


def _nearest(day: int, length: int, first: int) -> int:
    """The Monday to Friday next to a day, within its month."""
    match (first + day - 1) % WEEK:
        case 6:  # Saturday
            return day - 1 if day > 1 else day + 2
        case 0:  # Sunday
            return day + 1 if day < length else day - 2
        case _:
            return day
