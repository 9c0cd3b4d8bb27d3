"""The meaning of a cron expression asked directly: every minute of every day, one by one, without a thought for speed.

It knows nothing of the package: its reading is naive, its days are tried against the calendar, and what a zone's clock
shows is found by walking through UTC. It holds where offsets are whole minutes and change at whole minutes, which is
everywhere since 1973. `H` is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

MACROS = {
    "@every_second": "* * * * * *",
    "@every_minute": "0 * * * * *",
    "@hourly": "0 0 * * * *",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@weekly": "0 0 0 * * 0",
    "@monthly": "0 0 0 1 * *",
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
NAMES = (*MONTHS, *WEEKDAYS)
NUMBERS = [*range(1, 13), *range(7)]
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FARTHEST = timedelta(hours=15)
"""Beyond any offset."""


@lru_cache
def zone_of(name: str) -> ZoneInfo:
    """From the locked package, so that the table does not depend on the machine."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)


@dataclass(frozen=True)
class Slow:
    """An expression as its six fields."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    day_of_month: str
    months: frozenset[int]
    day_of_week: str
    both: bool

    def day(self, day: date) -> bool:
        """Whether both day fields and the month match."""
        return day.month in self.months and self._numbered(day) and self._named(day)

    def _numbered(self, day: date) -> bool:
        text = self.day_of_month
        if "L" not in text and "W" not in text:
            return day.day in allowed(text, 1, 31)
        month = days_of_month(day)
        if text.startswith("L"):
            back = re.search(r"-(\d+)", text)
            number = len(month) - (int(back[1]) if back else 0)
        else:
            number = int(text.rstrip("W"))
        if not 1 <= number <= len(month):
            return False
        if not text.endswith("W"):
            return day.day == number
        working = [one.day for one in month if one.isoweekday() <= 5]
        return day.day == min(working, key=lambda one: abs(one - number))

    def _named(self, day: date) -> bool:
        text = self.day_of_week
        if "#" in text:
            name, _, nth = text.partition("#")
            return day.isoweekday() % 7 == int(name) % 7 and (day.day + 6) // 7 == int(nth)
        if text.endswith("L"):
            return day.isoweekday() % 7 == int(text[:-1]) % 7 and (day + 7 * DAY).month != day.month
        return day.isoweekday() % 7 in {number % 7 for number in allowed(text, 0, 7)}


def read(text: str) -> Slow:
    """Naively: what is wrong is not noticed."""
    words = MACROS.get(text.strip().lower(), text).upper().replace("?", "*").split()
    if len(words) == 5:
        words = ["0", *words]
    for name, number in zip(NAMES, NUMBERS, strict=True):
        words[4:] = [re.sub(rf"\b{name}", str(number), word) for word in words[4:]]
    return Slow(
        seconds=allowed(words[0], 0, 59),
        minutes=allowed(words[1], 0, 59),
        hours=allowed(words[2], 0, 23),
        day_of_month=words[3],
        months=allowed(words[4], 1, 12),
        day_of_week=words[5],
        both=any(sign in "".join(words[:3]) for sign in "*-/"),
    )


def numbers(text: str, low: int, high: int) -> Iterator[int]:
    """What a plain field lists, going round when a range ends before it begins (of weekdays, 7 and 0 are one)."""
    for item in text.split(","):
        span, _, step = item.partition("/")
        begin, _, end = span.partition("-")
        first = low if begin == "*" else int(begin)
        last = high if begin == "*" or (step and not end) else int(end or begin)
        around = 7 if (low, high) == (0, 7) else high - low + 1
        if last < first:
            last += around
        for value in range(first, last + 1, int(step or 1)):
            yield (value - low) % around + low


@lru_cache(maxsize=64)
def allowed(text: str, low: int, high: int) -> frozenset[int]:
    """The same as a set."""
    return frozenset(numbers(text, low, high))


def days_of_month(day: date) -> list[date]:
    """All of them."""
    first = day.replace(day=1)
    return [first + back * DAY for back in range(31) if (first + back * DAY).month == day.month]


@lru_cache(maxsize=64)
def shown(name: str, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """What the clocks of a zone show around a day: each minute in UTC with its local time, both without a zone."""
    zone = zone_of(name)
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - FARTHEST
    walk = []
    for _ in range(2 * FARTHEST // MINUTE + 1440):
        walk.append((at.replace(tzinfo=None), at.astimezone(zone).replace(tzinfo=None)))
        at += MINUTE
    return tuple(walk)


@lru_cache(maxsize=64)
def instants(name: str, day: date) -> dict[datetime, list[datetime]]:
    """For each minute of a local day: when the clock shows it, or where it goes on if it never does."""
    found: dict[datetime, list[datetime]] = {}
    minutes = [datetime.combine(day, time()) + minute * MINUTE for minute in range(1440)]
    walk = shown(name, day)
    for at, local in walk:
        if local.date() == day:
            found.setdefault(local, []).append(at)
    for minute in minutes:
        if minute not in found:
            ends = [at for (_, before), (at, local) in pairwise(walk) if before < minute < local]
            found[minute] = ends[:1]
    return found


def of_day(slow: Slow, name: str, day: date) -> set[datetime]:
    """Every instant that a local day brings."""
    found = set()
    shows = instants(name, day) if slow.day(day) else {}
    for hour in sorted(slow.hours):
        for minute in sorted(slow.minutes):
            local = datetime.combine(day, time(hour, minute))
            times = shows.get(local, [])
            exists = (
                bool(times) and times[0].replace(tzinfo=UTC).astimezone(zone_of(name)).replace(tzinfo=None) == local
            )
            for at in times if slow.both else times[:1]:
                for second in slow.seconds if exists else [0]:
                    found.add(at + timedelta(seconds=second))
    return found


def following(text: str, name: str, start: datetime, count: int, until: date) -> list[datetime]:
    """The first instants strictly after one, in UTC without a zone; fewer if a day is reached before."""
    slow = read(text)
    day = (start.replace(tzinfo=UTC).astimezone(zone_of(name)) - 2 * DAY).date()
    found: set[datetime] = set()
    enough: date | None = None
    while day <= until and (enough is None or day <= enough):
        found |= {at for at in of_day(slow, name, day) if at > start}
        if enough is None and len(found) >= count:
            enough = day + 2 * DAY  # a later local day may come before, where clocks go back over midnight
        day += DAY
    return sorted(found)[:count]
