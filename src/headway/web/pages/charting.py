"""Bars of what ended over time, worked out to be drawn as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headway.model.job import State
from headway.store.figures import Span
from headway.view import words

WIDTH: Final = 960
HEIGHT: Final = 160
GAP: Final = 0.18
"""The part of a step that is left free between two bars."""
ORDER: Final = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
"""From the bottom up."""
SLIVER: Final = 1.5
"""The least height of a part that is not nothing: one failure among thousands is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarPart:
    """What ended in one state."""

    state: State
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step of time."""

    x: float
    step: float
    width: float
    parts: tuple[BarPart, ...]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """All bars, and what stands around them."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    lines: tuple[float, ...]
    highest: int
    totals: tuple[tuple[State, int], ...]
    from_us: int | None
    until_us: int | None
    step_us: int
    said: str


def bars(spans: Sequence[Span]) -> Drawing:
    """Stacked bars, as high as the busiest step."""
    highest = max((sum(span.ended.values()) for span in spans), default=0)
    step = WIDTH / max(1, len(spans))
    step_us = spans[1].from_us - spans[0].from_us if len(spans) > 1 else 0
    totals = tuple(
        (state, total)
        for state in ORDER
        if (total := sum(span.ended.get(state, 0) for span in spans)) or state in {State.COMPLETED, State.FAILED}
    )
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        bars=tuple(_bar(span, index * step, step, highest) for index, span in enumerate(spans)),
        lines=tuple(round(HEIGHT * part / 4, 1) + 0.5 for part in range(4)),
        highest=highest,
        totals=totals,
        from_us=spans[0].from_us if spans else None,
        until_us=spans[-1].from_us + step_us if spans else None,
        step_us=step_us,
        said=", ".join(f"{words.grouped(total)} {state}" for state, total in totals),
    )


def _bar(span: Span, x: float, step: float, highest: int) -> Bar:
    parts: list[BarPart] = []
    top = float(HEIGHT)
    for state in ORDER:
        number = span.ended.get(state, 0)
        if number:
            height = max(SLIVER, HEIGHT * number / highest)
            top -= height
            parts.append(BarPart(state=state, y=round(max(0.0, top), 2), height=round(height, 2)))
    told = ", ".join(f"{words.grouped(span.ended[state])} {state}" for state in ORDER if span.ended.get(state))
    return Bar(
        x=round(x + step * GAP / 2, 2),
        step=round(step, 2),
        width=round(step * (1 - GAP), 2),
        parts=tuple(parts),
        title=f"{words.instant(span.from_us):%Y-%m-%d %H:%M} UTC: {told or 'nothing'}",
    )
