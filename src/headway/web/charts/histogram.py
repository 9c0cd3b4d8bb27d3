"""How often something took how long: bars along a logarithmic scale of durations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headway.view import words
from headway.web.charts.figure import Label, Numbers, Words
from headway.web.charts.scale import percent

BINS_MAX: Final = 24
HEIGHT: Final = 72.0
GAP: Final = 0.12
GROWTH: Final = 1.6
"""Each bar reaches so many times further than the one before."""
LABELS_MAX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar."""

    x: str
    width: str
    y: float
    height: float
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """The whole picture."""

    words: Words
    height: float
    columns: tuple[Column, ...]
    labels: tuple[Label, ...]


def histogram(durations_us: Sequence[int], *, title: str = "Run times") -> Histogram | None:
    """The picture of these durations; None where there are none."""
    if not durations_us:
        return None
    edges = _edges(min(durations_us), max(durations_us))
    counts = [sum(low <= one < high for one in durations_us) for low, high in edges]
    top = max(counts)
    ranges = [f"{words.duration(low)} to {words.duration(high)}" for low, high in edges]
    every = max(1, -(-len(edges) // LABELS_MAX))
    return Histogram(
        words=Words(
            title=title,
            told=f"{words.count(len(durations_us), 'run')}, {words.duration(min(durations_us))} to {words.duration(max(durations_us))}.",
            numbers=Numbers(
                columns=("Took", "Runs"),
                rows=tuple((name, words.grouped(n)) for name, n in zip(ranges, counts, strict=True) if n),
            ),
        ),
        height=HEIGHT,
        columns=tuple(
            Column(
                x=percent((index + GAP / 2) / len(edges)),
                width=percent((1 - GAP) / len(edges)),
                y=round(HEIGHT - count / top * HEIGHT, 2),
                height=round(count / top * HEIGHT, 2),
                told=f"{ranges[index]}: {words.count(count, 'run')}",
            )
            for index, count in enumerate(counts)
        ),
        labels=tuple(
            Label(x=percent((index + 0.5) / len(edges)), text=words.duration(low))
            for index, (low, _) in enumerate(edges)
            if index % every == every // 2
        ),
    )


def _edges(least: int, most: int) -> list[tuple[int, int]]:
    low = max(1, least)
    growth = max(GROWTH, (max(1, most) / low) ** (1 / BINS_MAX) * 1.01)
    edges: list[tuple[int, int]] = []
    at = float(low)
    while not edges or at <= most:
        begin = 0 if not edges and least < 1 else int(at)
        at = max(at * growth, begin + 1.0)
        edges.append((begin, int(at)))
    return edges
