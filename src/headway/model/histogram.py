"""Histograms of durations with logarithmic buckets: each is at most an eighth as wide as its lower end.

Numbers below sixteen have a bucket each; above, every doubling has eight. What is read out of a bucket is its middle, so
it is off by a sixteenth at most.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FINE_BITS: Final = 3
FINE: Final = 1 << FINE_BITS
"""Buckets of each doubling."""


def bucket_of(us: int) -> int:
    """The number of the bucket that holds a duration; it grows with the duration. Durations are not negative."""
    shift = us.bit_length() - FINE_BITS - 1
    return us if shift <= 0 else (shift << FINE_BITS) + (us >> shift)


def middle_of(bucket: int) -> int:
    """The duration in the middle of a bucket."""
    shift = (bucket >> FINE_BITS) - 1
    if shift <= 0:
        return bucket
    lowest = (FINE + (bucket & (FINE - 1))) << shift
    return lowest + ((1 << shift) >> 1)


def quantile(histogram: Mapping[int, int], part: float) -> int:
    """The duration that so large a part of a histogram's durations do not exceed, to within a sixteenth."""
    left = part * sum(histogram.values())
    last = 0
    for last in sorted(histogram):
        left -= histogram[last]
        if left <= 0:
            break
    return middle_of(last)
