"""Shares, spreads, sparks and histograms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.job import State
from headway.store.figures import Quantiles
from headway.web.charts.histogram import histogram
from headway.web.charts.shares import ORDER, shares
from headway.web.charts.spark import spark
from headway.web.charts.spread import Scale


def number(length: str) -> float:
    return float(length.removesuffix("%"))


@given(st.dictionaries(st.sampled_from(ORDER), st.integers(0, 10**9)), st.integers(0, 10**9))
def test_shares_lie_side_by_side_and_never_fill_more_than_the_bar(numbers: dict[State, int], more: int) -> None:
    found = shares(numbers, sum(numbers.values()) + more)
    at = 0.0
    for part in found.parts:
        assert number(part.x) == pytest.approx(at, abs=0.05)
        assert number(part.width) > 0
        at += number(part.width)
    assert at <= 100.1
    assert [part.number for part in found.parts] == [numbers[one] for one in ORDER if numbers.get(one)]


def test_one_failure_among_a_million_is_seen() -> None:
    found = shares({State.COMPLETED: 999_999, State.FAILED: 1})
    assert number(found.parts[-1].width) > 1
    assert found.told == "999 999 completed, 1 failed"
    assert shares({}).parts == ()


def test_strips_share_a_scale_on_which_longer_is_further() -> None:
    quick = Quantiles(p50=2_000, p95=10_000, p99=20_000, longest=50_000)
    slow = Quantiles(p50=1_000_000, p95=5_000_000, p99=30_000_000, longest=60_000_000)
    scale = Scale.of([quick, None, slow])
    short, long = scale.strip(quick), scale.strip(slow)
    assert number(short.box_x) < number(long.box_x)
    assert long.dot_x == "100%"
    assert short.told == "half within 2 ms, 95 % within 10 ms, 99 % within 20 ms, the longest 50 ms"
    for strip in (short, long):
        assert number(strip.box_x) <= number(strip.line_x) <= number(strip.line_end) <= number(strip.dot_x)


def test_what_takes_no_time_is_drawn_too() -> None:
    nothing = Quantiles(p50=0, p95=0, p99=0, longest=0)
    assert Scale.of([nothing]).strip(nothing).box_x == "0%"


def test_a_spark_goes_from_edge_to_edge_and_the_highest_value_is_the_highest_point() -> None:
    found = spark([0, 5, 10], "ten at last")
    assert found.line == "M0 22.5 L50 12 L100 1.5"
    assert found.area.endswith("L100 24 L0 24 Z")
    assert spark([], "nothing").line == "M0 22.5 L100 22.5"
    assert spark([3], "level").line == "M0 1.5 L100 1.5"


@given(st.lists(st.integers(0, 10**11), min_size=1, max_size=200))
def test_each_duration_is_in_exactly_one_bar(durations: list[int]) -> None:
    found = histogram(durations)
    assert found is not None
    told = sum(int(row[1].replace(" ", "")) for row in found.words.numbers.rows)
    assert told == len(durations)
    assert len(found.columns) <= 30


def test_without_durations_there_is_no_histogram() -> None:
    assert histogram([]) is None
