"""The next runs of schedules along a line."""

from zoneinfo import ZoneInfo

from headway.web.charts.ahead import DOTS_MAX, ROWS_MAX, Upcoming, ahead_chart

UTC = ZoneInfo("UTC")
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
NOW_US = 1_795_348_800_000_000 + 20 * MINUTE_US  # 2026-11-22 12:20 UTC


def chart(*given: Upcoming):
    return ahead_chart(given, now_us=NOW_US, zone=UTC)


def at(name: str, *minutes: int) -> Upcoming:
    return Upcoming(name=name, instants=tuple(NOW_US + one * MINUTE_US for one in minutes))


def test_the_soonest_comes_first_and_the_time_shown_is_the_shortest_with_three_runs() -> None:
    found = chart(at("late", 50), at("soon", 15, 45), at("never"), at("next", 30))
    assert found is not None
    assert [row.name for row in found.rows] == ["soon", "next", "late"]
    assert found.hours == 1
    assert found.rows[0].dots == ("25%", "75%")
    assert found.words.told == "3 schedules; next is soon, in 15 min."


def test_a_run_after_the_time_shown_is_no_dot() -> None:
    found = chart(at("often", 30, 90), at("a", 10), at("b", 20))
    assert found is not None
    assert {row.name: len(row.dots) for row in found.rows} == {"a": 1, "b": 1, "often": 1}


def test_what_runs_all_the_time_is_one_line() -> None:
    found = chart(Upcoming(name="busy", instants=tuple(NOW_US + n * 1_000_000 for n in range(1, DOTS_MAX + 2))))
    assert found is not None
    assert found.rows[0].dots == ()
    assert found.rows[0].band is not None
    assert found.rows[0].told.startswith("busy: many runs")


def test_far_runs_are_shown_over_days_and_nothing_due_is_no_picture() -> None:
    found = chart(at("weekly", 5 * 24 * 60))
    assert found is not None
    assert found.hours == 168
    assert found.words.title == "Scheduled runs of the next 7 days"
    assert chart(at("next year", 300 * 24 * 60)) is None
    assert chart() is None


def test_round_moments_stand_along_the_line() -> None:
    found = chart(at("a", 1), at("b", 2), at("c", 3))
    assert found is not None
    assert [label.text for label in found.labels] == ["now", "12:40", "12:50", "13:00", "13:10"]


def test_hours_can_be_told_by_other_clocks_and_days_cannot() -> None:
    near, far = chart(at("a", 1), at("b", 2), at("c", 3)), chart(at("weekly", 5 * 24 * 60))
    assert near is not None
    assert far is not None
    assert near.is_movable
    assert [label.at_us for label in near.labels[:3]] == [None, NOW_US + 20 * MINUTE_US, NOW_US + 30 * MINUTE_US]
    assert not far.is_movable
    assert {label.at_us for label in far.labels} == {None}


def test_of_many_schedules_the_soonest_have_a_row_and_the_others_are_counted() -> None:
    found = chart(*(at(f"s{n}", 5) for n in range(ROWS_MAX + 3)))
    assert found is not None
    assert len(found.rows) == ROWS_MAX
    assert found.more == 3
