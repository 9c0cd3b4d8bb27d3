"""What ended over time, as stacked bars: as wide as there is room, so that its text stays readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from headway.model.job import State
from headway.store.figures import Span
from headway.view import words
from headway.web.charts.figure import Label, Line, Numbers, Words
from headway.web.charts.scale import marks, percent, short

STACK: Final = (State.COMPLETED, State.SKIPPED, State.CANCELLED, State.FAILED)
"""From the ground up: what went wrong lies on top, where it is seen."""
HEIGHT: Final = 140.0
GAP: Final = 0.18
"""The share of a step that is left between two bars."""
HAIR: Final = 1.5
"""However few they are, they are seen: the least height of a part."""
EDGE: Final = 0.03
LABELS_MAX: Final = 7
"""Of more steps only some are named:"""
MINUTES_APART: Final = 10
HOURS_APART: Final = 4
DAYS_APART: Final = 5

HOUR_US: Final = 3_600 * words.SECOND_US
DAY_US: Final = 86_400 * words.SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The jobs of one state within a bar."""

    state: State
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step of time."""

    slot: str
    """Where the step begins."""
    slot_width: str
    x: str
    width: str
    parts: tuple[Part, ...]
    told: str
    """What to say of it to whoever points at it."""
    counted: str
    """The same without its moment."""
    at_us: int | None
    """Its moment, where it can be told by the clocks of who looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedChart:
    """The whole picture."""

    words: Words
    height: float
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    totals: tuple[tuple[State, int], ...]
    """How many altogether in each state that occurs, for the legend."""
    is_empty: bool
    is_movable: bool
    """Whether its moments can be told by other clocks: days of another zone are other ones."""


def ended_chart(spans: Sequence[Span], *, step_us: int, zone: tzinfo, title: str = "Jobs that ended") -> EndedChart:
    """The picture of these spans, oldest first."""
    totals = [sum(span.ended.get(state, 0) for state in STACK) for span in spans]
    axis = marks(max(totals, default=0))
    top = axis[-1]
    count = max(1, len(spans))
    return EndedChart(
        words=Words(title=title, told=_told(spans), numbers=_numbers(spans, step_us, zone)),
        height=HEIGHT,
        bars=tuple(_bar(span, index, count, top, step_us, zone) for index, span in enumerate(spans)),
        lines=tuple(Line(y=_y(mark, top), text=short(mark)) for mark in axis),
        labels=_labels(spans, step_us, zone),
        totals=tuple((state, number) for state in STACK if (number := total(spans, state))),
        is_empty=not any(totals),
        is_movable=step_us < DAY_US,
    )


def total(spans: Sequence[Span], state: State) -> int:
    """How many ended so, in all of them."""
    return sum(span.ended.get(state, 0) for span in spans)


def step_label(at_us: int, step_us: int, zone: tzinfo) -> str:
    """How a step is called: by its day, its hour or its minute."""
    local = words.local(at_us, zone)
    return f"{local.day} {local:%b}" if step_us >= DAY_US else f"{local:%H:%M}"


def _movable(at_us: int, step_us: int) -> int | None:
    return at_us if step_us < DAY_US else None


def _bar(span: Span, index: int, count: int, top: int, step_us: int, zone: tzinfo) -> Bar:
    ground, parts = HEIGHT, []
    for state in STACK:
        number = span.ended.get(state, 0)
        if number:
            height = max(HAIR, number / top * HEIGHT)
            ground = max(0.0, ground - height)
            parts.append(Part(state=state, y=round(ground, 2), height=round(height, 2)))
    return Bar(
        slot=percent(index / count),
        slot_width=percent(1 / count),
        x=percent((index + GAP / 2) / count),
        width=percent((1 - GAP) / count),
        parts=tuple(parts),
        told=f"{step_label(span.from_us, step_us, zone)}: {_counted(span)}",
        counted=_counted(span),
        at_us=_movable(span.from_us, step_us),
    )


def _counted(span: Span) -> str:
    named = (f"{words.grouped(span.ended[state])} {state.value}" for state in STACK if span.ended.get(state))
    return ", ".join(named) or "nothing ended"


def _y(mark: int, top: int) -> float:
    return round(HEIGHT - mark / top * HEIGHT, 2)


def _labels(spans: Sequence[Span], step_us: int, zone: tzinfo) -> tuple[Label, ...]:
    """The names of some steps: of round moments where they are many, and none that would stand out at an end."""
    count = len(spans)
    return tuple(
        Label(x=percent(share), text=step_label(span.from_us, step_us, zone), at_us=_movable(span.from_us, step_us))
        for index, span in enumerate(spans)
        if EDGE < (share := (index + 0.5) / count) < 1 - EDGE
        and _is_round(span.from_us, count - index, count, step_us, zone)
    )


def _is_round(at_us: int, from_end: int, count: int, step_us: int, zone: tzinfo) -> bool:
    if count <= LABELS_MAX:
        return True
    local = words.local(at_us, zone)
    if step_us < HOUR_US:
        return local.minute % MINUTES_APART == 0
    if step_us < DAY_US:
        return local.hour % HOURS_APART == 0
    return from_end % DAYS_APART == 0


def _told(spans: Sequence[Span]) -> str:
    if not any(span.ended.get(state) for span in spans for state in STACK):
        return "Nothing ended in this time."
    named = [f"{words.grouped(number)} {state.value}" for state in STACK if (number := total(spans, state))]
    return f"Altogether {', '.join(named)}."


def _numbers(spans: Sequence[Span], step_us: int, zone: tzinfo) -> Numbers:
    some = [span for span in reversed(spans) if any(span.ended.get(state) for state in STACK)]
    return Numbers(
        columns=("From", *(state.value.capitalize() for state in STACK)),
        rows=tuple(
            (step_label(span.from_us, step_us, zone), *(words.grouped(span.ended.get(state, 0)) for state in STACK))
            for span in some
        ),
        moments=tuple(span.from_us for span in some) if step_us < DAY_US else (),
    )
