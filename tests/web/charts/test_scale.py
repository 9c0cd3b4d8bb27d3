"""Round numbers for an axis."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from headway.web.charts.scale import LINES, marks, percent, short


@given(st.integers(0, 10**12))
def test_marks_are_few_equal_steps_that_reach_the_top(top: int) -> None:
    found = marks(top)
    assert found[0] == 0
    assert found[-1] >= top
    assert 2 <= len(found) <= LINES + 1
    assert len({b - a for a, b in itertools.pairwise(found)}) == 1


def test_a_length_is_a_share_of_the_whole_and_never_outside() -> None:
    assert [percent(share) for share in (0, 0.125, 1 / 3, 1, 1.5, -2)] == [
        "0%",
        "12.5%",
        "33.33%",
        "100%",
        "100%",
        "0%",
    ]


def test_numbers_at_an_axis_are_short() -> None:
    assert [short(number) for number in (0, 950, 1_000, 1_250, 35_000, 2_000_000)] == [
        "0",
        "950",
        "1k",
        "1.2k",
        "35k",
        "2M",
    ]
