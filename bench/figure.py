"""A figure: one number that is promised, and what was measured."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Aim(StrEnum):
    """Which side of its target a figure shall be on."""

    AT_LEAST = ">="
    AT_MOST = "<="


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One promised number. `measured` stands for the rounds: their median, unless the name says otherwise."""

    group: str
    name: str
    aim: Aim
    target: float
    unit: str
    """What target and measured count: "of raw", "ms", "MB", ..."""
    rounds: tuple[float, ...]
    """The judged number of each round."""
    detail: str = ""
    """The absolute figures behind it."""
    missing: str = ""
    """Why it could not be measured; then there are no rounds."""

    @property
    def measured(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def verdict(self) -> str:
        """Met, missed, or not measured."""
        if not self.rounds:
            return "not measured"
        met = self.measured >= self.target if self.aim is Aim.AT_LEAST else self.measured <= self.target
        return "met" if met else "missed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured."""

    quick: bool = False
    rounds: int = 3

    def of(self, full: int, quick: int) -> int:
        """A number of jobs, or its smaller stand-in."""
        return quick if self.quick else full


@dataclass(slots=True)
class Rounds:
    """Absolute figures by name, one per round."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def note(self, **found: float) -> None:
        """Keep the figures of one round."""
        for name, value in found.items():
            self.values.setdefault(name, []).append(value)

    def median(self, name: str) -> float:
        """The middle one."""
        return statistics.median(self.values[name])

    def ratios(self, over: str, under: str) -> tuple[float, ...]:
        """One figure by another, round by round: noise that lasts longer than a round falls out."""
        return tuple(a / b for a, b in zip(self.values[over], self.values[under], strict=True))


Measure = Callable[[Scale], Sequence[Figure]]
"""What each file of the benchmark offers."""


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def rate(number: float) -> str:
    """Jobs per second, for people."""
    return f"{number:,.0f} jobs/s"
