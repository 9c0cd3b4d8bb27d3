"""Days on which a schedule does not fire: single dates, dates of every year, days of the week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from headway.model.clock import EPOCH, MICROSECOND, to_us
from headway.model.errors import OptionInvalid

DATES_MAX: Final = 2_000
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LEAP_YEAR: Final = 2024
"""In which every day of a year exists."""
_DAY: Final = timedelta(days=1)


class DaysOff(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Days by the calendar of the schedule's own zone; made by `days_off`."""

    dates: tuple[date, ...] = ()
    yearly: tuple[tuple[int, int], ...] = ()
    """Months and days."""
    weekdays: tuple[int, ...] = ()
    """0 is Monday."""

    def includes(self, day: date) -> bool:
        """Whether nothing is to happen on that day."""
        return day.weekday() in self.weekdays or (day.month, day.day) in self.yearly or day in self.dates

    def end_us(self, us: int, zone: ZoneInfo) -> int | None:
        """If that moment lies on a day off: when that day ends. Else None."""
        day = day_of(us, zone)
        return begin_us(day + _DAY, zone) if self.includes(day) else None


def days_off(*, dates: Iterable[date] = (), yearly: Iterable[str] = (), weekdays: Iterable[str] = ()) -> DaysOff:
    """Days on which a schedule does not fire, by the calendar of its zone.

    `dates` are single days, `yearly` days of every year as "12-25", `weekdays` days of the week as "sat".
    Raises OptionInvalid for anything else, and where no day would be left.
    """
    found = DaysOff(
        dates=tuple(sorted({_date(one) for one in dates})),
        yearly=tuple(sorted({_month_and_day(one) for one in yearly})),
        weekdays=tuple(sorted({_weekday(one) for one in weekdays})),
    )
    if len(found.dates) > DATES_MAX:
        raise OptionInvalid(f"days_off takes at most {DATES_MAX:,} dates, not {len(found.dates):,}")
    if len(found.weekdays) == len(WEEKDAYS):
        raise OptionInvalid("days_off names every day of the week, so the schedule would never fire")
    return found


def day_of(us: int, zone: ZoneInfo) -> date:
    """The day on which a moment lies, there."""
    return (EPOCH + us * MICROSECOND).astimezone(zone).date()


def begin_us(day: date, zone: ZoneInfo) -> int:
    """When a day begins there: the first moment of it, also where midnight is skipped by a change of the clock."""
    midnight = to_us(datetime(day.year, day.month, day.day, tzinfo=zone))
    return midnight if day_of(midnight, zone) >= day else midnight + _gap_us(midnight, zone)


def _gap_us(us: int, zone: ZoneInfo) -> int:
    """By how much the clock is set forward around that moment."""
    later, earlier = (EPOCH + (us + shift) * MICROSECOND for shift in (_DAY // MICROSECOND, -_DAY // MICROSECOND))
    after, before = later.astimezone(zone).utcoffset(), earlier.astimezone(zone).utcoffset()
    assert after is not None
    assert before is not None
    return max(0, (after - before) // MICROSECOND)


def _date(value: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise OptionInvalid(f"days_off(dates=...) takes dates such as date(2026, 12, 24), not {value!r}")
    return value


def _month_and_day(value: Any) -> tuple[int, int]:
    try:
        month, day = (int(part) for part in str(value).split("-"))
        found = date(_LEAP_YEAR, month, day)
    except ValueError:
        raise OptionInvalid(f"days_off(yearly=...) takes days such as '12-25', not {value!r}") from None
    return found.month, found.day


def _weekday(value: Any) -> int:
    name = value.lower()[:3] if isinstance(value, str) else value
    if name not in WEEKDAYS:
        raise OptionInvalid(f"days_off(weekdays=...) takes {', '.join(WEEKDAYS)}, not {value!r}")
    return WEEKDAYS.index(name)
