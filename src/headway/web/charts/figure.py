"""What every chart has: its words, for who does not see it, and its numbers as a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """A table of what a chart shows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line across a chart, and the number that it stands for."""

    y: float
    text: str
