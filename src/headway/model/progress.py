"""Progress of a job that does not report any: estimated from how long its handler took lately."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Final

ESTIMATE_MAX: Final = 0.99
"""An estimate never says that a running job is done."""


def estimate(elapsed_us: int, durations_us: Sequence[int]) -> float | None:
    """The part of the usual run time that has passed, at most 0.99; None if nothing is known of earlier runs."""
    usual = median(durations_us) if durations_us else 0
    if usual <= 0:
        return None
    return min(ESTIMATE_MAX, max(0.0, elapsed_us / usual))
