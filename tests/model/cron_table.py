"""Makes cron_table.csv with the slow method: `python -m tests.model.cron_table`.

A row is an expression, a zone, a start and the next instants, all in UTC. Around each change of a zone's clocks it asks
what comes on both sides of it and within it; the calendar's own corners are asked in UTC.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.model.cron_slow import following, zone_of

FILE = Path(__file__).with_name("cron_table.csv")
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
COUNT = 4
YEARS_MAX = 125
"""Three times 29 February on a Monday, and once more."""

YEARS = (2024, 2029)
ALWAYS = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
CHANGED = (
    ("Pacific/Apia", 2011, 2013),  # no 30 December
    ("Pacific/Kwajalein", 1993, 1994),  # no 21 August
    ("Europe/Moscow", 2011, 2012),
    ("Europe/Moscow", 2014, 2015),
    ("Asia/Pyongyang", 2015, 2016),
    ("Asia/Pyongyang", 2018, 2019),
    ("Africa/Casablanca", 2018, 2020),
    ("Africa/Casablanca", 2026, 2027),
    ("America/Sao_Paulo", 2018, 2020),  # a gap at midnight
    ("Asia/Amman", 2022, 2023),
    ("Asia/Tehran", 2022, 2023),
    ("America/Havana", 2026, 2027),  # back over one o'clock, forward at midnight
    ("America/Caracas", 2016, 2017),
    ("Africa/Cairo", 2023, 2024),
    ("Asia/Beirut", 2026, 2027),
    ("Asia/Gaza", 2023, 2024),
    ("America/Nuuk", 2023, 2025),  # at 22:00, 23:00 and midnight
    ("Antarctica/Troll", 2026, 2027),  # two hours
    ("Pacific/Chatham", 2026, 2027),  # 02:45
    ("Europe/Dublin", 2026, 2027),
    ("America/Santiago", 2022, 2023),  # back over midnight
    ("Asia/Almaty", 2024, 2025),  # back over midnight, for good
    ("America/Asuncion", 2024, 2025),
    ("Antarctica/Casey", 2018, 2021),  # three hours
)
CALENDAR = (
    *("0 0 29 2 *", "0 0 29 2 MON", "0 0 L * *", "0 0 L-1 * *", "0 0 L-3 2 *", "0 0 L-28 2 *", "0 0 L-30 * *", "0 0 LW * *"),
    *("0 0 L-5W * *", "0 0 L-1W 2 *", "0 0 1W * *", "0 0 2W * *", "0 0 15W * *", "0 0 31W * *", "0 0 30W * *", "0 0 28W 2 *"),
    *("0 0 29W 2 *", "0 0 13 * FRI", "0 0 1-7 * MON", "0 0 L * FRI", "0 0 LW * FRI", "0 0 15W * MON", "0 0 13W * FRI"),
    *("0 0 * * FRIL", "0 0 * * 5L", "0 0 * * 0L", "0 0 * * 7L", "0 0 * * MON#1", "0 0 * * MON#2", "0 0 * * SUN#5"),
    *("0 0 * * 7#3", "0 0 * 2 SAT#5", "0 0 * 2 THU#4", "0 0 29-31 * *", "0 0 31 * *", "0 0 31 4-6 *", "0 0 1/10 * *"),
    *("0 0 */7 * *", "0 0 25-5 * *", "0 0 28-3/2 * *", "0 0 * DEC-FEB *", "0 0 1 NOV-MAR/2 *", "0 0 1 */5 *"),
    *("0 0 1 2/3 *", "0 0 * * FRI-MON", "0 0 * * 5-7", "0 0 * * 0-6", "0 0 * * 1-7", "0 0 * * */2", "0 0 * * 1/2"),
    *("0 0 * * 6-2/2", "0 0 * * SAT,SUN", "0 0 ? * ?", "0 0 ? 1 MON#1", "59 23 31 12 *", "0 0 1 1 *", "0 12 24 12 *"),
    *("*/7 * * * *", "5/15 * * * *", "23-1 * * * *", "50-10/10 * * * *", "45-15/2 1 * * *", "30,45-15/2 1 * * *"),
    *("0 22-2 * * *", "0 */5 * * *", "0 1/6 * * *", "*/15 9-17 * * 1-5", "0 9 1,15 * *", "30 6 * JUN-AUG MON-FRI"),
    *("* * * * * *", "*/20 * * * * *", "30 * * * * *", "59 59 23 * * *", "58-2 59 23 L * *", "10/25 0 0 1 * *"),
    *("@every_second", "@every_minute", "@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"),
)  # fmt: skip
STARTS = tuple(map(datetime.fromisoformat, ("2023-12-31T23:59:59", "2024-02-28T12:00", "2026-05-31T00:00:00.000001")))


def changes(name: str, begin: int, end: int) -> Iterator[tuple[datetime, int, int]]:
    """Every change of a zone's offset: the instant, and the minutes before and after it."""
    zone = zone_of(name)

    def offset(at: datetime) -> int:
        return at.astimezone(zone).utcoffset() // timedelta(minutes=1)

    at = datetime(begin, 1, 1, tzinfo=UTC)
    while at.year < end:
        if offset(at) != offset(at + HOUR):
            turn = next(turn for minute in range(1, 61) if offset(turn := at + minute * HOUR / 60) != offset(at))
            yield turn.replace(tzinfo=None), offset(at), offset(turn)
        at += HOUR


def questions(name: str, begin: int, end: int) -> Iterator[tuple[str, str, datetime]]:
    """What to ask around each change."""
    for turn, before, after in changes(name, begin, end):
        old, new = turn + timedelta(minutes=before), turn + timedelta(minutes=after)
        inside = min(old, new) + abs(new - old) / 2
        hour, minute = inside.hour, inside.minute
        yield f"{minute} {hour} * * *", name, turn - 27 * HOUR
        yield f"{minute} {hour} * * *", name, turn - SECOND
        yield f"{minute} {hour} * * *", name, turn
        yield f"{minute} * * * *", name, turn - HOUR
        yield f"*/20 {hour} * * *", name, turn - HOUR
        yield "*/30 * * * *", name, turn - HOUR
        yield "0 * * * *", name, turn - HOUR - SECOND
        yield f"10,50 {old.hour},{new.hour} {inside.day} {inside.month} *", name, turn - HOUR
        yield f"0 0 * * {inside.isoweekday()}", name, turn - 3 * HOUR
        yield f"*/25 {minute} {hour} * {inside.month} *", name, turn - HOUR / 2


def last_day(start: datetime) -> date:
    """How far the slow method looks."""
    return date(start.year + YEARS_MAX, 1, 1)


def rows() -> Iterator[tuple[str, str, str, str]]:
    """All of the table."""
    asked = [question for name in ALWAYS for question in questions(name, *YEARS)]
    asked += [question for name, begin, end in CHANGED for question in questions(name, begin, end)]
    asked += [(text, "UTC", start) for text in CALENDAR for start in STARTS]
    for text, name, start in asked:
        found = following(text, name, start, COUNT, last_day(start))
        yield text, name, start.isoformat(), " ".join(at.isoformat() for at in found)


def main() -> None:
    """Write the file."""
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("expression", "zone", "start", "next"))
        writer.writerows(rows())


if __name__ == "__main__":
    main()
