"""What a cron expression says and was probably not meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from headway.model.cron_days import Days
from headway.model.cron_field import HOUR, MINUTE, MONTHS, SECOND
from headway.model.cron_mask import DAYS_IN_MONTH, FEBRUARY, Mask

BOTH_DAYS: Final = "day of month and day of week must both match, unlike in Vixie cron, where one of them is enough"

LEAP_DAY: Final = 29


def warnings_of(mask: Mask, times: Sequence[str]) -> tuple[str, ...]:
    """A sentence for each; `times` are the fields of second, minute and hour as they were written."""
    found = [BOTH_DAYS] if mask.days.by_number and mask.days.by_weekday else []
    for text, field in zip(times, (SECOND, MINUTE, HOUR), strict=True):
        if text[1:2] == "/" and text[0] in "*?" and (field.high + 1) % int(text[2:]):
            step = int(text[2:])
            last = field.high - field.high % step
            found.append(f"{text} is not every {step} {field.name}s: behind {field.name} {last} it begins anew at 0")
    lowest = (mask.days.days & -mask.days.days).bit_length() - 1
    if short := ", ".join(_months_without(lowest, mask.months)):
        found.append(f"months without a day {lowest} ({short}) are passed over; L is the last day of every month")
    return tuple(found)


def why_never(mask: Mask) -> str:
    """For a mask that cannot come."""
    days = Days(days=mask.days.days, from_end=mask.days.from_end, nearest_weekday=mask.days.nearest_weekday)
    if Mask(minutes=1, hours=1, months=mask.months, days=days).can_come:
        return "it never comes: day of month and day of week must both match, and no day does; leave one of them *"
    return "it never comes: none of its months has such a day; L is the last day of a month"


def _months_without(day: int, months: int) -> Iterator[str]:
    """The months that have fewer days in some year."""
    for month, name in enumerate(MONTHS, 1):
        if months >> month & 1 and DAYS_IN_MONTH[month] < day:
            yield f"{name} in most years" if month == FEBRUARY and day == LEAP_DAY else name
