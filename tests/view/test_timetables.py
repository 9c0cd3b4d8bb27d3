from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from headway.model.clock import to_us
from headway.model.daysoff import days_off
from headway.model.timetable import CronTable, cron, every
from headway.view import timetables

BERLIN, LORD_HOWE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")


def at(text, zone=UTC):
    return to_us(datetime.fromisoformat(text).replace(tzinfo=zone))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (cron("0 2 * * 1-5"), "At 02:00, Monday to Friday"),
        (cron("0 2 * * *", zone="Europe/Berlin"), "At 02:00 in Europe/Berlin"),
        (every(minutes=5), "every 5 min"),
        (every(timedelta(days=1), zone="Europe/Berlin"), "every 1 d in Europe/Berlin"),
        (CronTable("not a cron expression"), "not a cron expression"),
    ],
)
def test_a_timetable_is_said_in_words_and_one_that_cannot_be_read_as_it_is_written(table, said):
    assert timetables.when_and_where(table) == said


def test_a_moment_carries_its_day_and_its_offset():
    assert timetables.moment(at("2027-03-28T01:00"), BERLIN) == "Sun 2027-03-28 03:00:00 +02:00"


@pytest.mark.parametrize(
    ("day", "zone", "said"),
    [
        ("2027-03-28T12:00", BERLIN, "clocks go forward 1 h that day"),
        ("2027-10-31T00:30", BERLIN, "clocks go back 1 h that day"),
        ("2027-03-29T00:00", BERLIN, ""),
        ("2027-04-04T12:00", LORD_HOWE, "clocks go back 30 min that day"),
        ("2027-03-28T12:00", UTC, ""),
    ],
)
def test_a_day_on_which_the_clocks_are_changed_is_marked(day, zone, said):
    assert timetables.clock_change(at(day, zone), ZoneInfo(str(zone))) == said


def test_days_off_are_listed():
    off = days_off(dates=[date(2026, 12, 24)], yearly=["01-01"], weekdays=["sat", "sun"])
    assert timetables.days_off(off) == "sat, sun, 01-01, 2026-12-24"
