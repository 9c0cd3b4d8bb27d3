"""Sets of numbers in words: "0, 15 and 40", "9 to 17 and 20", "every 2nd hour from 1 through 23"."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

RUN_MIN: Final = 3
"""So many neighbours are said as a range."""
STEPS_MIN: Final = 4
"""So many numbers at one distance are said as steps."""


def values_of(bits: int) -> tuple[int, ...]:
    """The numbers of the bits that are set, in order."""
    return tuple(number for number in range(bits.bit_length()) if bits >> number & 1)


def joined(words: Sequence[str], conjunction: str = "and") -> str:
    """A list as one says it: "a", "a and b", "a, b and c"."""
    return f" {conjunction} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def ordinal(number: int) -> str:
    """Such as "1st", "2nd", "13th"."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def distance(values: Sequence[int]) -> int:
    """The one distance between neighbours; 0 if there is none."""
    distances = {later - earlier for earlier, later in pairwise(values)}
    return distances.pop() if len(distances) == 1 else 0


def cycle(values: Sequence[int], length: int) -> int:
    """The distance of numbers that go round without a break: 15 for 5, 20, 35, 50 of 60; else 0."""
    step = distance(values)
    return step if step and values[0] < step and step * len(values) == length else 0


def counted(values: Sequence[int], unit: str) -> str:
    """Some values of a unit: "minute 5", "minutes 0, 15 and 40", "every 2nd minute from 1 through 59"."""
    if len(values) == 1:
        return f"{unit} {values[0]}"
    step = distance(values)
    if step > 1 and len(values) >= STEPS_MIN:
        return f"every {ordinal(step)} {unit} from {values[0]} through {values[-1]}"
    return f"{unit}s {joined(spans(values))}"


def spans(values: Sequence[int]) -> list[str]:
    """Numbers with their ranges: ["0", "9 to 17"]."""
    found: list[str] = []
    for low, high in _runs(values):
        if high - low + 1 >= RUN_MIN:
            found.append(f"{low} to {high}")
        else:
            found += [str(number) for number in range(low, high + 1)]
    return found


def round_run(values: Sequence[int], low: int, high: int) -> tuple[int, int] | None:
    """Where numbers that form one range begin and end; the range may go over the end: (12, 2) for months 1, 2 and 12."""
    runs = _runs(values)
    if len(runs) == 1:
        return runs[0]
    if len(runs) == 2 and runs[0][0] == low and runs[1][1] == high:  # noqa: PLR2004 - the two ends of one
        return runs[1][0], runs[0][1]
    return None


def _runs(values: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for value in values:
        if runs and value == runs[-1][1] + 1:
            runs[-1] = runs[-1][0], value
        else:
            runs.append((value, value))
    return runs
