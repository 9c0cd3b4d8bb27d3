"""A line without axes: how a number went lately, beside the number itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 100.0
HEIGHT: Final = 24.0
EDGE: Final = 1.5
"""Room for the thickness of the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """The line, and the area below it, as the paths of a picture."""

    line: str
    area: str
    width: float
    height: float
    told: str


def spark(values: Sequence[int], told: str) -> Spark:
    """The line of these values, oldest first; one alone is drawn level."""
    points = list(values) if len(values) > 1 else [*values, *values] or [0, 0]
    top = max(*points, 1)
    step = WIDTH / (len(points) - 1)
    room = HEIGHT - 2 * EDGE
    placed = [
        f"{round(index * step, 2):g} {round(HEIGHT - EDGE - value / top * room, 2):g}"
        for index, value in enumerate(points)
    ]
    line = "M" + " L".join(placed)
    ground = f"{HEIGHT:g}"
    return Spark(line=line, area=f"{line} L{WIDTH:g} {ground} L0 {ground} Z", width=WIDTH, height=HEIGHT, told=told)
