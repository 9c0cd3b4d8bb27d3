"""A year in every zone there is, and the days on which clocks do something rare."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

import pytest

from headway.model.cron import parse
from tests.model.cron_slow import zone_of

SECOND_US = 1_000_000
DAY_S = 86_400
YEAR = 2026
DAYS = [date(YEAR, 1, 1) + timedelta(days=number) for number in range(365)]
BEGIN = int(datetime(YEAR, 1, 1, tzinfo=UTC).timestamp())
NAMES = sorted((files("tzdata") / "zones").read_text().split())


def offset(name, at):
    return int(datetime.fromtimestamp(at, zone_of(name)).utcoffset().total_seconds())


def turn(name, low, high):
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(name, middle) == offset(name, low) else (low, middle)
    return high


@lru_cache(maxsize=1)
def rules():
    """What the clocks of a zone do in the year -> a zone that does so: many have one rule and several names."""
    found = {}
    for name in NAMES:
        daily = [(at, offset(name, at)) for at in range(BEGIN - DAY_S, BEGIN + 367 * DAY_S, DAY_S)]
        turns = [
            (turn(name, at, later), before, after)
            for (at, before), (later, after) in pairwise(daily)
            if before != after
        ]
        found.setdefault((daily[0][1], *turns), name)
    return found


def year(text, name):
    """Every instant whose local time is in the year, with that time."""
    cron, zone = parse(text), zone_of(name)
    at, found = (BEGIN - 2 * DAY_S) * SECOND_US, []
    while True:
        at = cron.after(at, zone)
        local = datetime.fromtimestamp(at // SECOND_US, zone)
        if local.year > YEAR:
            return found
        if local.year == YEAR:
            found.append((at, local))


def test_every_zone_of_the_package_is_here():
    assert len(NAMES) > 590
    assert {"Europe/Berlin", "UTC", "Australia/Lord_Howe", "Antarctica/Troll"} <= set(NAMES)
    assert 50 < len(rules()) < len(NAMES)


def test_a_daily_time_comes_once_on_every_day_in_every_named_zone():
    wrong = [name for name in NAMES if [local.date() for _, local in year("30 2 * * *", name)] != DAYS]
    assert wrong == []


@pytest.mark.parametrize("text", ["@daily", "0 12 * * *", "15 1 * * *", "0 0,59 3 * * *"])
def test_a_daily_time_comes_once_on_every_day_under_every_rule(text):
    times = 2 if "," in text else 1
    for name in rules().values():
        seen = [local.date() for _, local in year(text, name)]
        # Two times that fall into one gap both come when it ends, which is one instant.
        assert sorted(set(seen)) == DAYS, name
        assert len(seen) in {365 * times, 365 * times - (times - 1)}, name


def test_the_last_hour_of_a_day_comes_as_often_as_there_are_days_even_if_clocks_skip_it():
    for name in rules().values():
        assert len(year("30 23 * * *", name)) in {365, 366}, name
    # In Nuuk midnight follows 22:59:59 on the evening of 28 March: what is due at half past eleven comes then.
    assert [local.isoformat() for _, local in year("30 23 28 3 *", "America/Nuuk")] == ["2026-03-29T00:00:00-01:00"]


def distances(text, name, begin, end):
    cron, zone = parse(text), zone_of(name)
    at, found = cron.after(begin * SECOND_US, zone), set()
    while at < end * SECOND_US:
        later = cron.after(at, zone)
        found.add((later - at) // SECOND_US)
        at = later
    return found


HALF_SHIFTED = MappingProxyType({
    # Clocks are shifted by half an hour.
    "Australia/LHI": {1800, 3600, 5400},
    # They skip from 02:45 to 03:45, and three o'clock comes when the gap ends.
    "NZ-CHAT": {900, 2700, 3600},
})  # fmt: skip


@pytest.mark.parametrize("part", range(3))
def test_every_hour_is_an_hour_after_the_last_one_all_year_under_every_rule(part):
    for name in list(rules().values())[part::3]:
        expected = HALF_SHIFTED.get(name, {3600})
        assert distances("@hourly", name, BEGIN, BEGIN + 365 * DAY_S) == expected, name


@pytest.mark.parametrize("minutes", [5, 15, 30])
def test_minutes_that_divide_the_shift_keep_their_real_distance_over_every_change(minutes):
    for (_, *turns), name in rules().items():
        for at, _, _ in turns:
            found = distances(f"*/{minutes} * * * *", name, at - DAY_S // 4, at + DAY_S // 4)
            gap_at_a_quarter = (name, minutes) == ("NZ-CHAT", 30) and datetime.fromtimestamp(
                at, zone_of(name)
            ).month == 9
            assert found == ({900, 1800} if gap_at_a_quarter else {60 * minutes}), (name, at)
