"""What every chart has: its words, for who does not see it, and its numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A table of what a chart shows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    moments: tuple[int, ...] = ()
    """The moment in the first cell of each row, where it can be told by the clocks of who looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What a chart says, without being seen."""

    title: str
    told: str
    """A sentence or two: what is to be seen in it."""
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Text at an axis."""

    x: str
    text: str
    anchor: str = "middle"
    """start, middle or end: where of the text `x` is."""
    at_us: int | None = None
    """The moment that it tells by its time of day, which can be told by the clocks of who looks; None: it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across a chart, and the number that it stands for."""

    y: float
    text: str
