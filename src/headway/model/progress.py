"""Progress of a job that does not report any: estimated from how long its handler took lately."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

ESTIMATE_MAX: Final = 0.99
"""An estimate never says that a running job is done."""


def estimate(elapsed_us: int, durations_us: Sequence[int]) -> float | None:
    """The part of the usual run time that has passed, at most 0.99; None if nothing is known of earlier runs."""
    if not durations_us:
        return None
    usual = median(durations_us)
    if usual <= 0:
        return None
    return min(ESTIMATE_MAX, max(0.0, elapsed_us / usual))


def median(numbers: Sequence[int]) -> float:
    """The middle of at least one number; of the two middle ones their mean. The standard library's takes long to import."""
    ordered = sorted(numbers)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
