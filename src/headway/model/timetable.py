"""Timetables: when something is to happen again and again. Cron expressions in a zone, and intervals."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Never, TypeAlias

import msgspec

from headway.model.clock import MICROSECOND
from headway.model.errors import OptionInvalid
from headway.model.zone import ZoneLike, refuse_other_words, zone_name

if TYPE_CHECKING:
    from headway.model.cron import Cron

EVERY_MIN: Final = timedelta(seconds=1)
EVERY_MAX: Final = timedelta(days=3660)
EVERY_OPTIONS: Final = ("seconds", "minutes", "hours", "days", "weeks", "zone")


class CronTable(msgspec.Struct, frozen=True, tag="cron"):
    """The instants of a cron expression; made by `cron`."""

    text: str
    zone: str = "UTC"

    def __str__(self) -> str:
        return self.text if self.zone == "UTC" else f"{self.text} {self.zone}"


class IntervalTable(msgspec.Struct, frozen=True, tag="every"):
    """Always the same time apart, counted from when the schedule was registered; made by `every`."""

    every_us: int
    zone: str = "UTC"
    """By whose calendar days off are days."""

    def __str__(self) -> str:
        return f"every {self.every_us * MICROSECOND}"


Timetable: TypeAlias = CronTable | IntervalTable


def cron(expression: str, *, zone: ZoneLike = "UTC", **unknown: Never) -> CronTable:
    """The instants of a cron expression of 5 fields, or 6 with seconds first, by the clocks of an IANA zone.

    `cron("0 2 * * *", zone="Europe/Berlin")` is 02:00 there, in summer and in winter. Raises CronInvalid with the
    position of what is wrong, ZoneUnknown for a zone that there is not. See docs/reference/cron.md.
    """
    refuse_other_words("cron", unknown)
    name = zone_name(zone)
    if not isinstance(expression, str):
        raise OptionInvalid(f"cron(...) takes an expression such as '0 2 * * *', not {expression!r}")
    parsed(expression, "")
    return CronTable(expression, name)


def every(
    interval: timedelta | None = None,
    *,
    seconds: float = 0,
    minutes: float = 0,
    hours: float = 0,
    days: float = 0,
    weeks: float = 0,
    zone: ZoneLike = "UTC",
    **unknown: Never,
) -> IntervalTable:
    """Once in each interval, without drift: the first time one interval after the schedule was registered first.

    At least one second. Which day it is for `excluding=` is told by `zone`. Raises OptionInvalid, ZoneUnknown.
    """
    refuse_other_words("every", unknown, EVERY_OPTIONS)
    name = zone_name(zone)
    if interval is not None and not isinstance(interval, timedelta):
        raise OptionInvalid(f"every(...) takes a duration such as timedelta(minutes=5), not {interval!r}")
    try:
        whole = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days, weeks=weeks)
        whole += timedelta() if interval is None else interval
    except (TypeError, ValueError, OverflowError) as error:
        raise OptionInvalid(f"every(...) takes numbers of seconds, minutes, hours, days or weeks: {error}") from error
    if not EVERY_MIN <= whole <= EVERY_MAX:
        raise OptionInvalid(f"every(...) takes {EVERY_MIN.seconds} second to {EVERY_MAX.days} days, not {whole}")
    return IntervalTable(whole // MICROSECOND, name)


class Every:
    """Presets, in UTC; `cron(...)` says the same by the clocks of a zone."""

    second: Final = CronTable("* * * * * *")
    """Every second."""
    minute: Final = CronTable("* * * * *")
    """Every minute."""
    hour: Final = CronTable("0 * * * *")
    """Every hour, on the hour."""
    day: Final = CronTable("0 0 * * *")
    """Every day, at midnight."""
    week: Final = CronTable("0 0 * * 0")
    """Every week, at midnight when Sunday begins."""
    month: Final = CronTable("0 0 1 * *")
    """Every month, at midnight when its first day begins."""
    year: Final = CronTable("0 0 1 1 *")
    """Every year, at midnight when the first of January begins."""


def timetable_of(value: Any) -> Timetable:
    """A timetable, or the cron expression of one in UTC, or a duration; OptionInvalid for anything else."""
    match value:
        case CronTable() | IntervalTable():
            return value
        case str():
            if interval := _INTERVAL.fullmatch(value.strip()):
                raise OptionInvalid(f"{value!r} is no cron expression: write {_written(*interval.groups())}")
            return cron(value)
        case timedelta():
            return every(value)
        case _:
            raise OptionInvalid(
                f"a timetable must be cron('0 2 * * *'), every(minutes=5), Every.day or a cron expression, not {value!r}"
            )


_INTERVAL: Final = re.compile(r"@?every\s+(\d+)\s*([a-zA-Z]*)")
_UNITS: Final = ("seconds", "minutes", "hours", "days", "weeks")


def _written(number: str, unit: str) -> str:
    """An interval in words as code writes it."""
    named = next((one for one in _UNITS if unit and one[0] == unit[0].lower()), None)
    return f"every({named}={number})" if named else "every(...), such as every(minutes=5)"


@lru_cache(maxsize=20_000)
def parsed(text: str, seed: str) -> Cron:
    """The expression, for the schedule of that name."""
    from headway.model.cron import parse  # what only enqueues has no use for it

    return parse(text, seed=seed)
