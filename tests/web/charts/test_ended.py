"""What ended over time, as stacked bars."""

from zoneinfo import ZoneInfo

from headway.model.job import State
from headway.store.figures import Span
from headway.web.charts.ended import HAIR, HEIGHT, ended_chart, total

UTC = ZoneInfo("UTC")
HOUR_US = 3_600_000_000
NOON_US = 1_795_348_800_000_000  # 2026-11-22 12:00 UTC


def spans(*ended: dict[State, int]) -> tuple[Span, ...]:
    return tuple(Span(from_us=NOON_US + index * HOUR_US, ended=one) for index, one in enumerate(ended))


def minutes(count: int) -> tuple[Span, ...]:
    return tuple(Span(from_us=NOON_US + index * 60_000_000, ended={}) for index in range(count))


def number(length: str) -> float:
    assert length.endswith("%")
    return float(length[:-1])


def test_each_step_has_a_bar_and_failures_lie_on_top() -> None:
    chart = ended_chart(spans({State.COMPLETED: 8, State.FAILED: 2}, {}), step_us=HOUR_US, zone=UTC)
    first, second = chart.bars
    assert [part.state for part in first.parts] == [State.COMPLETED, State.FAILED]
    good, bad = first.parts
    assert good.y + good.height == HEIGHT
    assert bad.y + bad.height == good.y
    assert good.height == 4 * bad.height
    assert second.parts == ()
    assert number(second.slot) == 50
    assert first.told == "12:00: 8 completed, 2 failed"
    assert second.told == "13:00: nothing ended"
    assert chart.totals == ((State.COMPLETED, 8), (State.FAILED, 2))


def test_the_tallest_bar_stays_below_the_highest_line_and_lines_are_round_numbers() -> None:
    chart = ended_chart(spans({State.COMPLETED: 37}), step_us=HOUR_US, zone=UTC)
    assert [line.text for line in chart.lines] == ["0", "10", "20", "30", "40"]
    assert chart.lines[0].y == HEIGHT
    assert chart.lines[-1].y == 0
    assert chart.bars[0].parts[0].height == round(37 / 40 * HEIGHT, 2)


def test_a_single_failure_among_many_is_seen() -> None:
    chart = ended_chart(spans({State.COMPLETED: 100_000, State.FAILED: 1}), step_us=HOUR_US, zone=UTC)
    assert chart.bars[0].parts[-1].height == HAIR


def test_steps_are_named_by_the_clocks_of_the_zone_and_days_by_their_date() -> None:
    berlin = ended_chart(spans({State.COMPLETED: 1}), step_us=HOUR_US, zone=ZoneInfo("Europe/Berlin"))
    assert [label.text for label in berlin.labels] == ["13:00"]
    days = ended_chart(spans({State.COMPLETED: 1}), step_us=24 * HOUR_US, zone=UTC)
    assert [label.text for label in days.labels] == ["22 Nov"]


def test_moments_within_a_day_can_be_told_by_other_clocks_and_days_cannot() -> None:
    hours = ended_chart(spans({State.COMPLETED: 8}, {}), step_us=HOUR_US, zone=UTC)
    assert hours.is_movable
    assert [label.at_us for label in hours.labels] == [NOON_US, NOON_US + HOUR_US]
    assert [(bar.at_us, bar.counted) for bar in hours.bars] == [
        (NOON_US, "8 completed"),
        (NOON_US + HOUR_US, "nothing ended"),
    ]
    assert hours.words.numbers.moments == (NOON_US,)
    days = ended_chart(spans({State.COMPLETED: 1}), step_us=24 * HOUR_US, zone=UTC)
    assert not days.is_movable
    assert [label.at_us for label in days.labels] == [None]
    assert [bar.at_us for bar in days.bars] == [None]
    assert days.words.numbers.moments == ()


def test_of_sixty_steps_those_of_round_moments_are_named() -> None:
    chart = ended_chart(minutes(60), step_us=60_000_000, zone=UTC)
    assert [label.text for label in chart.labels] == ["12:10", "12:20", "12:30", "12:40", "12:50"]
    places = [number(label.x) for label in chart.labels]
    assert places == sorted(places)
    assert places[0] > 3
    assert places[-1] < 97


def test_the_table_has_the_numbers_of_the_steps_in_which_something_ended_newest_first() -> None:
    chart = ended_chart(spans({State.COMPLETED: 1}, {}, {State.FAILED: 1200}), step_us=HOUR_US, zone=UTC)
    assert chart.words.numbers.columns == ("From", "Completed", "Skipped", "Cancelled", "Failed")
    assert chart.words.numbers.rows == (("14:00", "0", "0", "0", "1 200"), ("12:00", "1", "0", "0", "0"))
    assert chart.words.told == "Altogether 1 completed, 1 200 failed."
    assert total(spans({State.FAILED: 2}, {State.FAILED: 3}), State.FAILED) == 5


def test_without_anything_it_says_so() -> None:
    chart = ended_chart(spans({}, {State.COMPLETED: 0}), step_us=HOUR_US, zone=UTC)
    assert chart.is_empty
    assert chart.words.told == "Nothing ended in this time."
    assert [line.text for line in chart.lines] == ["0", "1"]
