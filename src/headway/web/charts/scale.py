"""Round numbers for an axis, and where a moment lies between two others."""

from __future__ import annotations

from typing import Final

LINES: Final = 4
"""So many lines at most, the ground line not counted."""
_STEPS: Final = (1, 2, 5)


def step_of(top: int, lines: int = LINES) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50 ... of which so few steps reach the top."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * lines >= top:
                return step * power
        power *= 10


def marks(top: int, lines: int = LINES) -> tuple[int, ...]:
    """The numbers to write at an axis from 0 up to the first that is not below the top; at least 0 and 1."""
    step = step_of(max(1, top), lines)
    count = max(1, -(-top // step))
    return tuple(step * index for index in range(count + 1))


def percent(share: float) -> str:
    """A share as a length of a picture that is as wide as there is room: 12.5%."""
    return f"{max(0.0, min(1.0, share)) * 100:.2f}".rstrip("0").rstrip(".") + "%"


def short(number: int) -> str:
    """A number in few characters: 950, 1.2k, 35k, 2M."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size:
            return f"{number / size:.1f}".removesuffix(".0") + unit if number < 10 * size else f"{number // size}{unit}"
    return str(number)
