"""A cron expression in words: "At 09:30, Monday to Friday". Made from what was read, so that it cannot say anything else."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, product
from typing import Final

from headway.model.cron import Cron
from headway.model.cron_days import LAST, Days
from headway.model.cron_field import HOUR, MINUTE, MONTH, SECOND
from headway.model.cron_mask import Mask
from headway.view.number_words import RUN_MIN, counted, cycle, joined, round_run, values_of

WEEKDAYS: Final = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
NTH: Final = ("", "first", "second", "third", "fourth", "fifth")
TIMES_FEW: Final = 2
"""So many times of a day are always told one by one,"""
TIMES_MAX: Final = 6
"""and so many if there is no shorter way to say them."""
ON_THE_HOUR: Final = (0,)


def in_words(cron: Cron) -> str:
    """When it comes, as an English sentence without a full stop; it holds for every expression that can be read."""
    return _times(cron.mask) + _days(cron.mask)


def _times(mask: Mask) -> str:
    seconds, minutes, hours = values_of(mask.seconds), values_of(mask.minutes), values_of(mask.hours)
    if listed := _listed(seconds, minutes, hours):
        return listed
    if seconds == ON_THE_HOUR:
        return _without_seconds(minutes, hours)
    return _with_seconds(seconds, minutes, hours)


def _listed(seconds: Sequence[int], minutes: Sequence[int], hours: Sequence[int]) -> str:
    """One after the other, or once in so many hours; nothing when there are too many."""
    several = product(hours, minutes, seconds)
    times = list(islice(several, TIMES_MAX + 1))
    step = cycle(hours, HOUR.high + 1) if len(minutes) == len(seconds) == 1 else 0
    if len(times) <= TIMES_FEW or (len(times) <= TIMES_MAX and not step):
        exact = any(second for _, _, second in times)
        return f"At {joined([_clock(*time, exact=exact) for time in times])}"
    match step:
        case 0:
            return ""
        case 1:
            return f"Every hour{_past(minutes[0], seconds[0])}"
        case _:
            begin = "" if times[0] == (0, 0, 0) else f" from {_clock(*times[0])}"
            return f"Every {step} hours{begin}"


def _without_seconds(minutes: Sequence[int], hours: Sequence[int]) -> str:
    often, run = _often(minutes, MINUTE.name), round_run(hours, HOUR.low, HOUR.high)
    every_hour = len(hours) == HOUR.high + 1
    if run and not every_hour and (often or len(minutes) == 1):
        begin, end = _clock(run[0], minutes[0], 0), _clock(run[1], minutes[-1], 0)
        return f"{often or 'Every hour'} from {begin} through {end}"
    if often:
        begin = f" from minute {minutes[0]}" if minutes[0] else ""
        return often + begin + ("" if every_hour else f", in {_hours(hours)}")
    return f"At {counted(minutes, MINUTE.name)} of {'every hour' if every_hour else _hours(hours)}"


def _with_seconds(seconds: Sequence[int], minutes: Sequence[int], hours: Sequence[int]) -> str:
    every_minute, every_hour = len(minutes) == MINUTE.high + 1, len(hours) == HOUR.high + 1
    if often := _often(seconds, SECOND.name):
        words = often + (f" from second {seconds[0]}" if seconds[0] else "")
    elif every_minute and len(seconds) == 1:
        words = f"Every minute at second {seconds[0]}"
    else:
        words = f"At {counted(seconds, SECOND.name)}" + (" of every minute" if every_minute else "")
    if not every_minute:
        words += f", in {counted(minutes, MINUTE.name)}" + (" of every hour" if every_hour else "")
    return words if every_hour else f"{words}, in {_hours(hours)}"


def _often(values: Sequence[int], unit: str) -> str:
    """Such as "Every 5 minutes", or nothing when they do not go round the clock without a break."""
    match cycle(values, MINUTE.high + 1):
        case 0:
            return ""
        case 1:
            return f"Every {unit}"
        case step:
            return f"Every {step} {unit}s"


def _past(minute: int, second: int) -> str:
    if second:
        return f" at minute {minute}, second {second}"
    return f" at minute {minute}" if minute else ""


def _hours(hours: Sequence[int]) -> str:
    words = counted(hours, HOUR.name)
    return words if words.startswith("every") else f"the {words}" if len(hours) > 1 else words


def _clock(hour: int, minute: int, second: int, *, exact: bool = False) -> str:
    return f"{hour:02}:{minute:02}" + (f":{second:02}" if second or exact else "")


def _days(mask: Mask) -> str:
    """Behind the times: which days, of which months."""
    days, months = mask.days, values_of(mask.months)
    of_month = f"of {MONTHS[months[0] - 1]}" if len(months) == 1 else "of the month"
    in_months = "" if mask.months == MONTH.every else _months(months)
    if days.by_number:
        words = f" {_numbered(days, of_month)}"
        if days.by_weekday:
            words += f" if that is {_named(days, 'of the month', 'or', 'a ')}"
    elif days.by_weekday:
        named = _named(days, of_month, "and", "")
        words = f", {named}" if " to " in named else f" on {named}"
    else:
        words = ", every day" if in_months else ""
    return words if len(months) == 1 and of_month in words else words + in_months


def _numbered(days: Days, of_month: str) -> str:
    if days.from_end is not None:
        return _from_end(days.from_end, of_month, nearest=days.nearest_weekday)
    numbers = counted(values_of(days.days), "day")
    if days.nearest_weekday:
        return f"on the weekday (Monday to Friday) nearest to {numbers} {of_month}"
    return f"on {numbers} {of_month}"


def _from_end(back: int, of_month: str, *, nearest: bool) -> str:
    if not back:
        return f"on the last {'weekday (Monday to Friday)' if nearest else 'day'} {of_month}"
    day = f"{back} {'day' if back == 1 else 'days'} before the last day {of_month}"
    return f"on the weekday (Monday to Friday) nearest to the day {day}" if nearest else day


def _named(days: Days, of_month: str, conjunction: str, article: str) -> str:
    weekdays = values_of(days.weekdays)
    if days.nth:
        which = "last" if days.nth == LAST else NTH[days.nth]
        return f"the {which} {WEEKDAYS[weekdays[0]]} {of_month}"
    run = round_run(weekdays, 0, len(WEEKDAYS) - 1)
    if run and len(weekdays) >= RUN_MIN:
        return f"{WEEKDAYS[run[0]]} to {WEEKDAYS[run[1]]}"
    # A week begins on Monday where it ends with the weekend.
    named = [WEEKDAYS[day] for day in sorted(weekdays, key=lambda day: (day - 1) % len(WEEKDAYS))]
    return article + joined(named, conjunction)


def _months(months: Sequence[int]) -> str:
    run = round_run(months, MONTH.low, MONTH.high)
    if run and len(months) >= RUN_MIN:
        return f" from {MONTHS[run[0] - 1]} to {MONTHS[run[1] - 1]}"
    return f" in {joined([MONTHS[month - 1] for month in months])}"
