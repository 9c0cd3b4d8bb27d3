"""The next and the last instant of an expression, where the zone does nothing special or what Cronos' page describes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from headway.model.cron import parse

BERLIN = ZoneInfo("Europe/Berlin")
UTC_ZONE = ZoneInfo("UTC")


def us(text):
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1_000_000


def runs(text, start, count, zone=BERLIN):
    cron, at, found = parse(text), us(start), []
    for _ in range(count):
        at = cron.after(at, zone)
        found.append(datetime.fromtimestamp(at / 1_000_000, zone).isoformat(" ", "seconds"))
        assert cron.before(at, zone) == at
    return found


def test_a_time_in_the_gap_comes_when_the_gap_ends():
    assert runs("30 2 * * *", "2026-03-28T00:00+01:00", 3) == [
        "2026-03-28 02:30:00+01:00",
        "2026-03-29 03:00:00+02:00",
        "2026-03-30 02:30:00+02:00",
    ]


def test_a_fixed_time_in_the_repeated_hour_comes_once_before_the_shift():
    assert runs("30 2 * * *", "2026-10-24T12:00+02:00", 2) == ["2026-10-25 02:30:00+02:00", "2026-10-26 02:30:00+01:00"]


def test_an_interval_comes_in_both_passes_of_the_repeated_hour():
    assert runs("*/30 * * * *", "2026-10-25T01:30+02:00", 5) == [
        "2026-10-25 02:00:00+02:00",
        "2026-10-25 02:30:00+02:00",
        "2026-10-25 02:00:00+01:00",
        "2026-10-25 02:30:00+01:00",
        "2026-10-25 03:00:00+01:00",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 0 13 * FRI", "2026-02-13 00:00:00+00:00"),
        ("0 0 29 2 MON", "2044-02-29 00:00:00+00:00"),
        ("0 0 L * *", "2026-01-31 00:00:00+00:00"),
        ("0 0 L-1 2 *", "2026-02-27 00:00:00+00:00"),
        ("0 0 LW 2 *", "2026-02-27 00:00:00+00:00"),
        ("0 0 1W 8 *", "2026-08-03 00:00:00+00:00"),
        ("0 0 31W 5 *", "2026-05-29 00:00:00+00:00"),
        ("0 0 * * FRIL", "2026-01-30 00:00:00+00:00"),
        ("0 0 * * MON#2", "2026-01-12 00:00:00+00:00"),
        ("0 0 * * 7", "2026-01-04 00:00:00+00:00"),
    ],
)
def test_days(text, expected):
    assert runs(text, "2026-01-01T00:00", 1, UTC_ZONE) == [expected]


def test_it_is_strictly_after_and_at_or_before():
    cron, noon = parse("0 12 * * *"), us("2026-06-01T12:00")
    assert cron.after(noon - 1, UTC_ZONE) == noon
    assert cron.after(noon, UTC_ZONE) == us("2026-06-02T12:00")
    assert cron.before(noon, UTC_ZONE) == noon
    assert cron.before(noon - 1, UTC_ZONE) == us("2026-05-31T12:00")


# -- the ends of the calendar ------------------------------------------------------------------------------------------


def test_nothing_comes_after_the_last_day_but_one_of_the_calendar():
    every_second, new_year = parse("* * * * * *"), parse("0 0 1 1 *")
    last = us("9999-12-30T23:59:59")
    for zone in (UTC_ZONE, BERLIN, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")):
        assert every_second.after(last - 1, zone) == last
        assert every_second.after(last, zone) is None
        assert every_second.before(last + 10**12, zone) == last
        assert every_second.after(10**30, zone) is None
        assert new_year.after(last, zone) is None
        assert new_year.after(us("9999-06-01T00:00"), zone) is None
    assert parse("0 0 31 12 *").after(us("9999-06-01T00:00"), UTC_ZONE) is None
    assert parse("0 12 30 12 *").after(us("9999-06-01T00:00"), UTC_ZONE) == us("9999-12-30T12:00")


def test_nothing_comes_before_the_second_day_of_year_two():
    first = us("0002-01-02T00:00:00")
    every_second, new_year = parse("* * * * * *"), parse("0 0 1 1 *")
    for zone in (UTC_ZONE, BERLIN, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Etc/GMT+12")):
        assert every_second.before(first, zone) == first
        assert every_second.before(first - 1, zone) is None
        assert every_second.before(-(10**30), zone) is None
        assert every_second.after(-(10**30), zone) == first + 1_000_000
        assert new_year.before(us("0002-06-01T00:00"), zone) is None
        assert parse("0 0 31 12 *").before(us("0002-06-01T00:00"), zone) is None
        assert parse("0 0 1 3 *").before(us("0002-02-01T00:00"), zone) is None


# -- what came before, over a change of clocks ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("30 2 * * *", "2026-10-25T02:45+01:00", "2026-10-25T02:30+02:00"),
        ("30 2 * * *", "2026-10-25T02:15+01:00", "2026-10-25T02:30+02:00"),
        ("*/30 2 * * *", "2026-10-25T02:45+01:00", "2026-10-25T02:30+01:00"),
        ("*/30 2 * * *", "2026-10-25T05:00+01:00", "2026-10-25T02:30+01:00"),
        ("15/45 2 * * *", "2026-10-25T02:10+01:00", "2026-10-25T02:15+02:00"),
        ("*/30 2 * * *", "2026-10-25T02:10+02:00", "2026-10-25T02:00+02:00"),
        ("30 1 * * *", "2026-10-25T02:10+01:00", "2026-10-25T01:30+02:00"),
        ("30 2 * * *", "2026-03-29T03:10+02:00", "2026-03-29T03:00+02:00"),
        ("30 2 * * *", "2026-03-29T01:59:59+01:00", "2026-03-28T02:30+01:00"),
    ],
)
def test_the_last_one(text, at, expected):
    assert parse(text).before(us(at), BERLIN) == us(expected)
