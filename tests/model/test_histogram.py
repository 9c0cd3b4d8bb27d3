"""Buckets of durations: in order, without gaps, and as narrow as promised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.model.histogram import bucket_of, middle_of, quantile

durations = st.integers(min_value=0, max_value=2**62)


@given(durations)
def test_the_middle_of_a_bucket_is_within_a_sixteenth_of_what_is_in_it(us: int) -> None:
    assert abs(middle_of(bucket_of(us)) - us) * 16 <= us


@given(durations)
def test_buckets_grow_with_the_duration_one_by_one(us: int) -> None:
    assert bucket_of(us + 1) - bucket_of(us) in {0, 1}


@given(durations)
def test_the_middle_of_a_bucket_is_in_it(us: int) -> None:
    assert bucket_of(middle_of(bucket_of(us))) == bucket_of(us)


@pytest.mark.parametrize(("part", "expected"), [(0.0, 3), (0.5, 3), (0.51, 9), (0.9, 9), (0.95, 14), (1.0, 14)])
def test_a_quantile_is_not_exceeded_by_that_part(part: float, expected: int) -> None:
    assert quantile({9: 4, 3: 5, 14: 1}, part) == expected


@given(st.lists(st.integers(min_value=0, max_value=10**12), min_size=1), st.sampled_from((50, 95, 99)))
def test_a_quantile_is_near_that_of_the_durations(found: list[int], hundredth: int) -> None:
    histogram: dict[int, int] = {}
    for us in found:
        histogram[bucket_of(us)] = histogram.get(bucket_of(us), 0) + 1
    exact = sorted(found)[-(-len(found) * hundredth // 100) - 1]
    assert abs(quantile(histogram, hundredth / 100) - exact) * 16 <= exact
