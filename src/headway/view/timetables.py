"""Timetables and single instants in words: when something is to happen, and on which days the clocks are changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from headway.model.clock import EPOCH, MICROSECOND
from headway.model.daysoff import WEEKDAYS, DaysOff, begin_us, day_of
from headway.model.errors import HeadwayError
from headway.model.timetable import CronTable, IntervalTable, Timetable, parsed
from headway.view import words
from headway.view.cron_words import in_words

UTC: Final = "UTC"
DAY: Final = timedelta(days=1)


def when(table: Timetable, name: str = "") -> str:
    """A timetable in words: "At 02:00, Monday to Friday", "every 5 min"; what cannot be read is given as it is written."""
    match table:
        case CronTable(text):
            try:
                return in_words(parsed(text, name))
            except HeadwayError:
                return text
        case IntervalTable(every_us):
            return f"every {words.duration(every_us)}"
        case _:
            assert_never(table)


def when_and_where(table: Timetable, name: str = "") -> str:
    """The same, with its zone where that is not UTC."""
    return when(table, name) + ("" if table.zone == UTC else f" in {table.zone}")


def written(table: Timetable) -> str:
    """A timetable as code would write it, without the zone."""
    match table:
        case CronTable(text):
            return text
        case IntervalTable(every_us):
            return f"every {words.duration(every_us)}"
        case _:
            assert_never(table)


def moment(at_us: int, zone: ZoneInfo) -> str:
    """An instant by the clocks of a zone, with the day of the week and the offset: "Sun 2027-03-28 03:00:00 +02:00"."""
    at = words.local(at_us, zone)
    offset = at.strftime("%z")
    return f"{at:%a %Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def shift_us(at_us: int, zone: ZoneInfo) -> int:
    """By how much the clocks there are set forward on the day of an instant; less than 0: back. At the ends of the calendar 0."""
    try:
        day = day_of(at_us, zone)
        begin, end = begin_us(day, zone), begin_us(day + DAY, zone)
    except (OverflowError, ValueError):
        return 0
    return _offset_us(end, zone) - _offset_us(begin, zone)


def clock_change(at_us: int, zone: ZoneInfo) -> str:
    """What happens to the clocks on the day of an instant; nothing on most days."""
    shift = shift_us(at_us, zone)
    if not shift:
        return ""
    return f"clocks go {'forward' if shift > 0 else 'back'} {words.duration(abs(shift))} that day"


def days_off(given: DaysOff) -> str:
    """Days on which nothing is to happen."""
    named = [*(WEEKDAYS[day] for day in given.weekdays), *(f"{month:02}-{day:02}" for month, day in given.yearly)]
    return ", ".join([*named, *(day.isoformat() for day in given.dates)])


def _offset_us(at_us: int, zone: ZoneInfo) -> int:
    offset = (EPOCH + at_us * MICROSECOND).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // MICROSECOND
