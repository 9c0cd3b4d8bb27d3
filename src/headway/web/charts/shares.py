"""How much of a whole is in each state: one bar across, in the colours of the states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from headway.model.job import State
from headway.view import words
from headway.web.charts.scale import percent

ORDER: Final = (State.COMPLETED, State.SKIPPED, State.CANCELLED, State.FAILED)
LEAST: Final = 0.012
"""However few they are, they are seen: the least share of a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One part of the bar."""

    state: State
    x: str
    width: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """The bar."""

    parts: tuple[Share, ...]
    told: str


def shares(numbers: Mapping[State, int], whole: int | None = None, order: Sequence[State] = ORDER) -> Shares:
    """The bar of these numbers; what is missing to the whole stays empty."""
    given = [(state, numbers[state]) for state in order if numbers.get(state)]
    sizes = _sizes([number for _, number in given], max(whole or 0, sum(number for _, number in given)))
    parts, at = [], 0.0
    for (state, number), size in zip(given, sizes, strict=True):
        parts.append(Share(state=state, x=percent(at), width=percent(size), number=number))
        at += size
    told = ", ".join(f"{words.grouped(number)} {state.value}" for state, number in given)
    return Shares(parts=tuple(parts), told=told or "none")


def _sizes(numbers: Sequence[int], whole: int) -> list[float]:
    """The share of each: none so small that it is not seen, and together no more than the bar."""
    raised = [max(LEAST, number / whole) for number in numbers]
    over = max(1.0, sum(raised))
    return [share / over for share in raised]
