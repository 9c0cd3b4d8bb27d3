from datetime import UTC, datetime

from headway.model.clock import to_us
from headway.model.timetable import cron, every
from headway.view import schedule_preview
from tests.view.rows import NOW_US


def preview(table, from_us=NOW_US, count=2, name=""):
    return schedule_preview.preview(table, name=name, from_us=from_us, count=count)


def test_instants_are_told_by_the_clocks_there_and_days_on_which_those_change_are_marked():
    start = to_us(datetime(2027, 3, 27, tzinfo=UTC))
    found = preview(cron("30 2 * * *", zone="Europe/Berlin"), from_us=start, count=3)
    assert schedule_preview.headline(found) == "30 2 * * *: At 02:30 in Europe/Berlin"
    table = schedule_preview.instants(found, now_us=start)
    assert table.columns[0].title == "in Europe/Berlin"
    assert [(row[0], row[1], row[3]) for row in table.rows] == [
        ("Sat 2027-03-27 02:30:00 +01:00", "2027-03-27 01:30:00", ""),
        ("Sun 2027-03-28 03:00:00 +02:00", "2027-03-28 01:00:00", "clocks go forward 1 h that day"),
        ("Mon 2027-03-29 02:30:00 +02:00", "2027-03-29 00:30:00", ""),
    ]
    changes = [one["clocks_change_seconds"] for one in schedule_preview.record(found)["next"]]
    assert changes == [0, 3600, 0]


def test_an_interval_is_counted_from_the_given_moment_and_utc_is_told_once():
    found = preview(every(minutes=5))
    table = schedule_preview.instants(found, now_us=NOW_US)
    assert schedule_preview.headline(found) == "every 5 min"
    assert [row[:3] for row in table.rows] == [
        ("Sun 2026-11-22 03:05:00 +00:00", "", "in 5 min"),
        ("Sun 2026-11-22 03:10:00 +00:00", "", "in 10 min"),
    ]


def test_what_may_not_have_been_meant_is_said():
    (warning,) = preview(cron("0 0 13 * 5")).warnings
    assert "must both match" in warning


def test_the_name_decides_what_h_stands_for():
    table = cron("H * * * *")
    instants = {preview(table, name=name, count=1).instants for name in ("one", "two", "three", "four")}
    assert len(instants) > 1
