"""How long something takes: from the usual to the longest, several of them along one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from headway.store.figures import Quantiles
from headway.view import words
from headway.web.charts.scale import percent

FLOOR_US: Final = 1_000
"""Shorter is as good as nothing: the scale begins here, and is logarithmic."""
LEAST: Final = 0.015


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One strip: a box from the median to the 95th percentile, a line on to the 99th, a dot at the longest."""

    box_x: str
    box_width: str
    line_x: str
    line_end: str
    dot_x: str
    told: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a length of time lies, on a scale that several strips share."""

    top_us: int

    @classmethod
    def of(cls, given: Iterable[Quantiles | None]) -> Scale:
        """One that has room for all of them."""
        return cls(max((one.longest for one in given if one is not None), default=FLOOR_US))

    def strip(self, given: Quantiles) -> Spread:
        """The strip of one."""
        begin, end = self._at(given.p50), self._at(given.p95)
        begin = min(begin, 1 - LEAST)
        return Spread(
            box_x=percent(begin),
            box_width=percent(max(LEAST, end - begin)),
            line_x=percent(max(end, begin)),
            line_end=percent(self._at(given.p99)),
            dot_x=percent(self._at(given.longest)),
            told=f"half within {words.duration(given.p50)}, 95 % within {words.duration(given.p95)}, "
            f"99 % within {words.duration(given.p99)}, the longest {words.duration(given.longest)}",
        )

    def _at(self, span_us: int) -> float:
        if self.top_us <= FLOOR_US:
            return 0.0
        return math.log(max(FLOOR_US, span_us) / FLOOR_US) / math.log(self.top_us / FLOOR_US)
