"""Estimated progress."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.progress import estimate, median


@pytest.mark.parametrize(
    ("elapsed", "durations", "expected"),
    [
        (5, [10], 0.5),
        (5, [1000, 10, 1], 0.5),
        (5, [10, 30], 0.25),
        (0, [10], 0.0),
        (-5, [10], 0.0),
        (10, [10], 0.99),
        (10**12, [10], 0.99),
        (5, [], None),
        (5, [0, 0], None),
    ],
)
def test_it_is_the_part_of_the_usual_time_that_has_passed(
    elapsed: int, durations: list[int], expected: float | None
) -> None:
    assert estimate(elapsed, durations) == expected


@given(st.lists(st.integers(min_value=0, max_value=1 << 52), min_size=1))
def test_half_of_the_numbers_lie_on_each_side_of_the_median(numbers: list[int]) -> None:
    middle = median(numbers)
    assert (
        sum(number <= middle for number in numbers) >= len(numbers) / 2 <= sum(number >= middle for number in numbers)
    )
